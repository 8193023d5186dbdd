"""Functions of A^H A from sampled rows and columns: even singular value transformations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_vector, home
from linsub._core.dense import norms
from linsub._core.dense.eigh import eigh
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound, Info
from linsub.sensitivity import bounds
from linsub.sensitivity.access_result import EvenTransform, SampledCertificate
from linsub.sensitivity.length_squared import (
    gram_defect,
    matrix_near_one,
    sampled_columns,
    sampled_rows,
)

__all__ = ["even_svt"]

CERTIFY = ("norms", "exact")
_EPS = float(np.finfo(np.float64).eps)

# The quotient (f(x) - f(0)) / x is not formed nearer to zero than this share of the largest
# eigenvalue, where f(0) cancels: half of the digits are kept.
_NEAREST = math.sqrt(_EPS)


def even_svt(
    A: Any,
    f: Callable[[np.ndarray], np.ndarray],
    r: int,
    c: int,
    *,
    quotient: Callable[[np.ndarray], np.ndarray] | None = None,
    lipschitz: tuple[float, float] | None = None,
    failure_prob: float = 0.05,
    certify: str = "norms",
    rng: RNGLike = None,
    check_finite: bool = True,
) -> EvenTransform:
    """Approximate ``f(A^H A)`` by ``R^H core R + f(0) I`` from r sampled rows and c columns.

    Parameters
    ----------
    A : SampleQueryMatrix, array_like or sparse of shape (m, n)
    f : callable
        Of arrays of nonnegative numbers, real; for example ``lambda x: x / (1 + x)``.
    r, c : int
        Rows of A and columns of those rows that are drawn, with repetitions.
    quotient : callable, optional
        ``(f(x) - f(0)) / x``, where it is known without cancellation near x = 0.
    lipschitz : tuple of float, optional
        Lipschitz constants of f and of the quotient on [0, ``||A||_F^2``]. With them the error is
        bounded.
    failure_prob : float, optional
        Of ``error_bound`` with ``certify="norms"``.
    certify : {"norms", "exact"}
        ``norms``: by the law of the draws. ``exact``: the defects are measured, 2 m n^2 flops, and
        with them ``error_bound`` is certain; ``error`` too is measured, by an
        eigendecomposition of order n.
    rng : None, int, Generator, ..., optional
        Seed or generator, as taken by :func:`numpy.random.default_rng`.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    EvenTransform
        ``R, core, constant, rows, columns``; ``apply(x)`` multiplies.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Theorem 5.1 of Chia and others: ``core`` is the quotient of ``C C^H``, C the
    sampled columns of R. *Cost.* One pass for the norms, O(r n + r^2 c + r^3). *Accuracy.*
    ``error_bound`` is ``L ||A^H A - R^H R||_F + Lbar ||R||_2^2 ||R R^H - C C^H||_F``, proved in
    the theory pages; claims ``sensitivity-even-transform`` and ``sensitivity-even-rate``.

    References
    ----------
    Chia, Gilyen, Li, Lin, Tang and Wang, JACM 69 (2022), arXiv 1910.06151.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import even_svt
    >>> A = np.linalg.qr(np.random.default_rng(0).standard_normal((200, 5)))[0]
    >>> found = even_svt(A, lambda x: x / (1.0 + x), 2000, 2000, rng=0)
    >>> bool(np.linalg.norm(found.toarray() - 0.5 * np.eye(5)) < 0.1)
    True
    """
    B, exponent, dtype = matrix_near_one(A, check_finite)
    r, c = scalars.as_integer(r, name="r", low=1), scalars.as_integer(c, name="c", low=1)
    delta = scalars.as_real(
        failure_prob, name="failure_prob", low=0.0, high=1.0, include=(False, False)
    )
    certify = scalars.as_choice(certify, name="certify", choices=CERTIFY)
    constants = _constants(lipschitz)
    for name, function in (("f", f), ("quotient", quotient)):
        if not callable(function) and (function is not None or name == "f"):
            raise InvalidTypeError(f"{name} is a {type(function).__name__} and must be callable")
    streams = Streams(rng)
    rows, R, size = sampled_rows(B, r, streams.generator("sample", 0))
    columns, C = sampled_columns(R, c, streams.generator("sample", 1))
    with np.errstate(over="ignore", under="ignore"):
        unit = float(np.ldexp(1.0, 2 * exponent))
    if not 0.0 < unit < np.inf:
        raise InvalidInputError(
            f"the squares of A are beyond the range of double precision (its largest entry is near "
            f"2^{exponent}); divide A by a power of two, and take f of the multiple"
        )
    constant = float(_values(f, np.zeros(1), "f")[0])
    w, U = eigh(C @ C.conj().T)
    g = _quotient(f, quotient, np.maximum(w, 0.0) * unit, constant)
    core = (U * (g * unit)) @ U.conj().T
    certificate = _certificate(
        (B, R, C, core), f, constant, constants, (size, unit, delta), certify
    )
    scale = float(np.ldexp(1.0, exponent))
    give = home(A).give_back
    return EvenTransform(
        give((R * scale).astype(dtype)),
        give((core / unit).astype(dtype)),
        constant,
        rows,
        columns,
        certificate=certificate,
        info=Info(method="even_svt", details={"r": r, "c": c}),
    )


def _constants(lipschitz: Any) -> tuple[float, float] | None:
    if lipschitz is None:
        return None
    found = as_vector(lipschitz, name="lipschitz", size=2)
    if found.dtype.kind == "c":
        raise InvalidTypeError("lipschitz is complex; its two constants are real")
    if not (found >= 0.0).all():
        raise InvalidInputError(
            f"lipschitz is {lipschitz}: two constants that are not negative are needed"
        )
    return float(found[0]), float(found[1])


def _values(f: Callable[[np.ndarray], Any], x: np.ndarray, name: str) -> np.ndarray:
    """Return f(x), or say what is wrong with it."""
    found = as_vector(f(x), name=f"{name}(x)", size=x.size)
    if found.dtype.kind == "c":
        raise InvalidTypeError(f"{name}(x) is complex; real functions only")
    return found.astype(np.float64)


def _quotient(f: Any, quotient: Any, x: np.ndarray, constant: float) -> np.ndarray:
    """Return (f(x) - f(0)) / x at the eigenvalues x, not nearer to zero than can be formed."""
    if quotient is not None:
        return _values(quotient, x, "quotient")
    peak = float(x.max(initial=0.0))
    if peak == 0.0:
        return np.zeros(x.size)
    away = np.maximum(x, _NEAREST * peak)
    return np.asarray((_values(f, away, "f") - constant) / away)


def _certificate(
    parts: tuple[Any, np.ndarray, np.ndarray, np.ndarray],
    f: Any,
    constant: float,
    constants: tuple[float, float] | None,
    sizes: tuple[float, float, float],
    certify: str,
) -> SampledCertificate:
    B, R, C, core = parts
    size, unit, delta = sizes
    n = R.shape[1]
    what = "||R^H core R + f(0) I - f(A^H A)||_F"
    rounding = bounds.sampled_rounding(n + sum(R.shape), size**2, _EPS)
    error = defect = limit = None
    inner = 0.0
    if certify == "exact":
        defect = gram_defect(B, R) + rounding
        inner = norms.frobenius(R @ R.conj().T - C @ C.conj().T) + rounding
        error = _error(B, R, core, f, constant, unit)
    if constants is not None:
        if defect is not None:
            found = bounds.even_transform_error(
                constants, defect * unit, inner * unit, norms.spectral(R) * math.sqrt(unit)
            )
        else:
            # Each of the two with half of the failure probability.
            first, second = size**2 / math.sqrt(R.shape[0]), size**2 / math.sqrt(C.shape[1])
            tails = [bounds.sampled_tail(x, x, delta / 2.0) + rounding for x in (first, second)]
            found = bounds.even_transform_error(
                constants, tails[0] * unit, tails[1] * unit, norms.spectral(R) * math.sqrt(unit)
            )
        # The quotient is not formed below a share of the largest eigenvalue, which is at least
        # 1 / min(r, c) of ||A||_F^2, and there it has lost half of its digits.
        largest = abs(constant) + constants[0] * size**2 * unit
        nearest = _NEAREST * (size**4 * unit**2 * constants[1] + 2.0 * min(C.shape) * largest)
        total = found + nearest + bounds.sampled_rounding(n, math.sqrt(n) * largest, _EPS)
        limit = (
            Bound(total, "probabilistic", what, delta)
            if defect is None
            else Bound(total, "bound", what)
        )
    return SampledCertificate(
        error=error,
        error_bound=limit,
        gram_defect=None
        if defect is None
        else Bound(defect * unit, "exact", "||A^H A - R^H R||_F"),
        frobenius_norm=Bound(size * math.sqrt(unit), "exact", "||A||_F"),
    )


def _error(B: Any, R: np.ndarray, core: np.ndarray, f: Any, constant: float, unit: float) -> Bound:
    """Return the error, by an eigendecomposition of A^H A."""
    G = B.conj().T @ B
    G = G if isinstance(G, np.ndarray) else G.toarray()
    w, U = eigh(np.asarray(G))
    values = _values(f, np.maximum(w, 0.0) * unit, "f")
    truth = (U * values) @ U.conj().T
    found = R.conj().T @ core @ R + constant * np.eye(R.shape[1])
    sizes = norms.frobenius(truth) + norms.frobenius(found)
    rounding = bounds.sampled_rounding(R.shape[1], sizes, _EPS)
    return Bound(
        norms.frobenius(truth - found) + rounding,
        "estimate",
        "||R^H core R + f(0) I - f(A^H A)||_F",
    )
