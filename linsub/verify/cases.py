"""Cases of a domain, each a function of ``(seed, index)`` alone."""

from __future__ import annotations

import functools
import math
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError
from linsub.verify.inputs import UserMatrix
from linsub.verify.observations import Case
from linsub.verify.registry import Claim

__all__ = ["CaseSource", "case_for", "case_source", "input_ranks", "takes_input"]

CaseSource = Callable[[int], Any]

# The first cases: the shipped data set at these ranks and precisions (its rank is 61).
DIGITS = ((10, np.float64), (40, np.float32))


def case_source(made: Claim, seed: int, matrix: UserMatrix | None = None) -> CaseSource:
    """Return the function from a case index to the case of a claim."""
    if matrix is not None:
        return functools.partial(_input_case, matrix, seed)
    if made.cases is not None:
        return functools.partial(_own_case, made, seed)
    return functools.partial(case_for, made.domain, seed)


def case_for(domain: str, seed: int, index: int) -> Any:
    """Return one case of a domain; the same one for the same arguments.

    The first ``matrix`` cases are the real data set that ships with the package; the
    others come from :mod:`linsub.testing.gallery`.
    """
    if domain == "matrix":
        if index < len(DIGITS):
            return _digits_case(seed, index)
        return _gallery_case(seed, index - len(DIGITS))
    if domain == "formula":
        return _spectrum_case(seed, index)
    raise InvalidInputError(
        f"the domain {domain!r} has no shipped cases; give the claim its own with cases="
    )


def takes_input(made: Claim) -> bool:
    """Tell whether a claim can be tried on the user's own matrix."""
    return made.domain == "matrix" and made.cases is None


def _own_case(made: Claim, seed: int, index: int) -> Any:
    assert made.cases is not None
    entropy = (seed, index, zlib.crc32(made.id.encode()))
    # two streams: what builds the case, and what the claim then draws from case.rng
    rng = np.random.default_rng((*entropy, 1))
    built = made.cases(index, rng)
    return Case(entropy, **built) if isinstance(built, Mapping) else built


def _gallery_case(seed: int, index: int) -> Any:
    from linsub.testing import gallery

    return gallery.case(seed, index)


@functools.lru_cache(maxsize=1)
def _digits() -> tuple[np.ndarray, np.ndarray]:
    from linsub.testing import load_digits

    A = np.asarray(load_digits().data, dtype=np.float64)
    return A, reference_spectrum(A)


def _digits_case(seed: int, index: int) -> Case:
    A, sigma = _digits()
    rank, dtype = DIGITS[index]
    # pixels are small integers, so that single precision holds the same matrix
    A = A.astype(dtype)
    label = f"digits {A.dtype.name} rank {rank}"
    return Case((seed, index), A=A, sigma=sigma, rank=rank, label=label, dtype=A.dtype, real=True)


def reference_spectrum(A: np.ndarray) -> np.ndarray:
    """Return the singular values by LAPACK in double precision, whatever the scale.

    The matrix is brought near 1 by an exact power of two, so that nothing inside
    LAPACK over- or underflows.
    """
    largest = float(max(np.abs(A.real).max(), np.abs(A.imag).max()))
    exponent = math.frexp(largest)[1]
    wide = np.complex128 if A.dtype.kind == "c" else np.float64
    B = A.astype(wide)
    if wide is np.complex128:
        B.real, B.imag = np.ldexp(B.real, -exponent), np.ldexp(B.imag, -exponent)
    else:
        B = np.ldexp(B, -exponent)
    sigma: np.ndarray = np.linalg.svd(B, compute_uv=False)
    return np.asarray(np.ldexp(sigma, exponent))


def input_ranks(shape: tuple[int, int]) -> list[int]:
    """Ranks at which a user's matrix of that shape is tried."""
    full = min(shape)
    ranks = {1, 2, 5, 10, 20, 50, full // 2, full - 1, full}
    return sorted(rank for rank in ranks if 1 <= rank <= full)


_SPECTRA: dict[int, tuple[UserMatrix, np.ndarray]] = {}


def _input_case(matrix: UserMatrix, seed: int, index: int) -> Case:
    kept = _SPECTRA.get(id(matrix))
    if kept is None or kept[0] is not matrix:
        _SPECTRA.clear()  # one matrix at a time is enough, and matrices are large
        kept = _SPECTRA[id(matrix)] = (matrix, reference_spectrum(matrix.A))
    ranks = input_ranks(matrix.A.shape)
    rank = ranks[index % len(ranks)]
    m, n = matrix.A.shape
    label = f"{matrix.name} {m}x{n} rank {rank}"
    A = matrix.A.copy()  # a subject may write into its input
    return Case((seed, index), A=A, sigma=kept[1], rank=rank, label=label, dtype=A.dtype)


_SPECTRUM_MODES = ("polynomial", "exponential", "flat", "staircase", "spiked", "step", "low rank")


def _spectrum_case(seed: int, index: int) -> Case:
    """Return a spectrum with sizes, a rank and the parameters of a sketch."""
    rng = np.random.default_rng((seed, index, zlib.crc32(b"formula")))
    mode = _SPECTRUM_MODES[index % len(_SPECTRUM_MODES)]
    count = int(rng.integers(2, 201))
    i = np.arange(1, count + 1, dtype=np.float64)
    edge = int(rng.integers(1, count + 1))
    if mode == "polynomial":
        sigma = i ** -rng.uniform(0.1, 3.0)
    elif mode == "exponential":
        sigma = np.exp(-(i - 1.0) * rng.uniform(0.01, 1.0))
    elif mode == "flat":
        sigma = np.ones(count)
    elif mode == "staircase":
        sigma = 2.0 ** -np.floor(4.0 * (i - 1.0) / count)
    elif mode == "spiked":
        sigma = np.where(i <= edge, rng.uniform(2.0, 1e3), 1.0)
    elif mode == "step":
        sigma = np.where(i <= edge, 1.0, 10.0 ** -rng.uniform(1.0, 12.0))
    else:
        sigma = np.where(i <= edge, 1.0 / i, 0.0)
    return Case(
        (seed, index),
        sigma=sigma * 10.0 ** rng.uniform(-3.0, 3.0),
        n=count,
        m=count + int(rng.integers(0, 200)),
        rank=int(rng.integers(0, count)),
        oversampling=int(rng.integers(2, 21)),
        power_iterations=int(rng.integers(0, 4)),
        label=f"{mode} spectrum of {count}",
        size=float(count),
    )
