"""How the claims measure: the truth about a case, in a unit where nothing overflows."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.svd import SVDResult

__all__ = [
    "EPS",
    "Truth",
    "call",
    "certificate_mutant",
    "engine",
    "factor_mutant",
    "frobenius",
    "haar",
    "norm2",
    "seed_of",
    "truth",
    "values",
    "with_spectrum",
]

EPS = float(np.finfo(np.float64).eps)

# The reference values are LAPACK's in double precision: right to this multiple of eps sigma_1.
REFERENCE = 30.0

# Multiplications in extended precision, which has no BLAS: about a tenth of a second.
_AFFORDABLE = 2e7

# Engines that the certificates are tried with, besides the one that `auto` takes. Small
# blocks leave the Krylov spaces room in small matrices.
_ENGINES: tuple[dict[str, Any], ...] = (
    {},
    {"method": "lanczos", "block": 2},
    {"method": "golub-kahan", "block": 2},
    {"method": "gram"},
    {"method": "subspace"},
    {"method": "lapack"},
)


def call(subject: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call a subject with those of the options that it takes, so that users' own fit in."""
    try:
        known = inspect.signature(subject).parameters
    except (TypeError, ValueError):
        return subject(*args)
    if not any(item.kind is inspect.Parameter.VAR_KEYWORD for item in known.values()):
        options = {name: value for name, value in options.items() if name in known}
    return subject(*args, **options)


def engine(case: Any) -> dict[str, Any]:
    """Options of the engine that this case is tried with."""
    return dict(_ENGINES[case.seed[1] % len(_ENGINES)]) if len(case.seed) > 1 else {}


def seed_of(case: Any) -> int:
    """Return a seed for the subject: a function of the case alone."""
    return int(case.rng.integers(2**32))


def frobenius(A: np.ndarray) -> float:
    """Frobenius norm of what is neither huge nor tiny."""
    return float(np.linalg.norm(A)) if A.size else 0.0


def norm2(A: np.ndarray) -> float:
    """Spectral norm of what is neither huge nor tiny."""
    return float(np.linalg.norm(A, 2)) if A.size else 0.0


def values(A: np.ndarray) -> np.ndarray:
    """Singular values by LAPACK in double precision."""
    return np.linalg.svd(A, compute_uv=False)


def haar(rng: np.random.Generator, m: int, n: int, kind: str = "d") -> np.ndarray:
    """Orthonormal columns in random position."""
    G = rng.standard_normal((m, n))
    if np.dtype(kind).kind == "c":
        G = G + 1j * rng.standard_normal((m, n))
    return np.linalg.qr(G)[0]


def with_spectrum(
    rng: np.random.Generator, sigma: np.ndarray, m: int, n: int, kind: str = "d"
) -> np.ndarray:
    """Matrix with these singular values, in random position."""
    U, V = haar(rng, m, sigma.size, kind), haar(rng, n, sigma.size, kind)
    return np.asarray((U * sigma) @ V.conj().T)


@dataclasses.dataclass(frozen=True)
class Truth:
    """A case in double precision, scaled by the power of two that brings A near 1."""

    A: np.ndarray
    sigma: np.ndarray
    exponent: int
    eps: float

    @property
    def norm(self) -> float:
        """||A||_F, scaled."""
        return float(np.hypot.reduce(self.sigma, initial=0.0))

    @property
    def top(self) -> float:
        """sigma_1, scaled."""
        return float(self.sigma[0]) if self.sigma.size else 0.0

    @property
    def reference_error(self) -> float:
        """How wrong the reference values may be."""
        return REFERENCE * EPS * self.top

    @property
    def rounding(self) -> float:
        """A modest multiple of the rounding of the case's own precision."""
        return 30.0 * self.eps * float(np.sqrt(max(self.A.shape))) * self.norm

    def wider(self, depth: int) -> np.dtype[Any]:
        """A precision beyond the case's own: double for single, extended for double.

        Products of A.size times `depth` that would take long in extended precision stay in
        double; every bound that is judged allows for that much rounding.
        """
        if self.eps > 1e-10 or self.A.size * depth > _AFFORDABLE:
            return self.A.dtype
        return np.dtype(np.clongdouble if self.A.dtype.kind == "c" else np.longdouble)

    def scaled(self, x: Any) -> np.ndarray:
        """Bring a quantity in the unit of A into this unit."""
        return np.ldexp(np.asarray(x, dtype=np.float64), -self.exponent)

    def factors(self, result: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return U, S, Vh in double precision and in this unit."""
        U, S, Vh = (np.asarray(part) for part in result)
        return U.astype(self.A.dtype), self.scaled(S), Vh.astype(self.A.dtype)

    def error(self, U: np.ndarray, S: np.ndarray, Vh: np.ndarray) -> np.ndarray:
        """A - U S Vh, its rounding far below that of the case's precision."""
        wide = self.wider(S.size)
        product = (U.astype(wide) * S.astype(wide)) @ Vh.astype(wide)
        return np.asarray((self.A.astype(wide) - product).astype(self.A.dtype))


def truth(case: Any) -> Truth:
    """Return the truth about a case of the domain `matrix`."""
    A = np.asarray(case.A)
    peak = float(max(np.abs(A.real).max(initial=0.0), np.abs(A.imag).max(initial=0.0)))
    exponent = int(np.frexp(peak)[1])
    wide = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64)
    if wide.dtype.kind == "c":
        wide.real, wide.imag = np.ldexp(wide.real, -exponent), np.ldexp(wide.imag, -exponent)
    else:
        wide = np.ldexp(wide, -exponent)
    sigma = np.ldexp(np.asarray(case.sigma, dtype=np.float64), -exponent)
    real = np.dtype(A.dtype).type(0).real.dtype
    eps = float(np.finfo(real if real.kind == "f" else np.float64).eps)
    return Truth(wide, sigma, exponent, eps)


def certificate_mutant(
    subject: Callable[..., Any], name: str, change: Callable[[Any, Any], Any]
) -> Callable[..., Any]:
    """Return `subject` with one entry of its certificate replaced by change(value, result)."""

    def mutant(A: Any, rank: int, **options: Any) -> Any:
        result = subject(A, rank, **options)
        bound = getattr(result.certificate, name)
        if bound is None:
            return result
        wrong = dataclasses.replace(bound, value=change(np.asarray(bound.value), result))
        certificate = dataclasses.replace(result.certificate, **{name: wrong})
        return SVDResult(*result, certificate=certificate, info=result.info)

    return mutant


def factor_mutant(
    subject: Callable[..., Any], change: Callable[[Any, Any, Any], tuple[Any, Any, Any]]
) -> Callable[..., Any]:
    """Return `subject` with its factors replaced and its certificate kept."""

    def mutant(A: Any, rank: int, **options: Any) -> Any:
        result = subject(A, rank, **options)
        fields = change(*(np.array(part) for part in result))
        return SVDResult(*fields, certificate=result.certificate, info=result.info)

    return mutant
