"""An orthonormal basis of the subspace that a user's matrix spans, in double precision."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix
from linsub._core.dense import norms
from linsub._core.dense.qr import qr
from linsub._core.dense.svd import singular_values, svd

__all__ = [
    "Basis",
    "as_rtol",
    "basis_of",
    "decided",
    "default_rtol",
    "from_triangle",
    "in_double",
    "like",
    "powers_of_two",
    "scaled_columns",
]

# A matrix this near to orthonormal is its own basis: a factorization would move it by as much,
# and what its entries say about tiny angles would be lost.
_ORTHONORMAL = 4.0


# Norms that a single power of two, itself an ordinary number, brings near 1.
_ORDINARY = 2.0**500


class Basis(NamedTuple):
    """``Q`` (n, rank) spans the columns whose relative singular values exceed `rtol`.

    `kept` and `dropped` are the smallest singular value that was kept and the largest that
    was dropped, relative to the largest one; 0 where there is none.
    """

    Q: np.ndarray
    rank: int
    kept: float
    dropped: float
    rtol: float


def default_rtol(A: np.ndarray) -> float:
    """Return max(n, p) eps of the type that the entries were rounded to, at most sqrt(eps)."""
    eps = float(np.finfo(A.dtype).eps)
    # Rounding entries moves singular values by sqrt(p) eps at most: without an end, long columns
    # in single precision would lose directions that they have.
    return min(float(max(A.shape)) * eps, float(np.sqrt(eps)))


def as_rtol(rtol: float | None, A: np.ndarray) -> float:
    """Return the threshold that the caller gave, checked, or the default for A."""
    if rtol is None:
        return default_rtol(A)
    return scalars.as_real(rtol, name="rtol", low=0.0, high=1.0, include=(True, False))


def in_double(A: np.ndarray, *, copy: bool = True) -> np.ndarray:
    """Return A in double precision: a copy, or perhaps A itself where it will not be kept."""
    return A.astype(np.complex128 if A.dtype.kind == "c" else np.float64, copy=copy)


def like(x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return a fresh x in the precision of `dtype`; complex if x is, or the dtype."""
    kind = np.result_type(dtype, np.complex64) if x.dtype.kind == "c" else dtype
    return x.astype(kind, copy=False)


def basis_of(
    A: Any, *, name: str = "A", rtol: float | None = None, check_finite: bool = True
) -> Basis:
    """Return the basis of range(A); the columns are brought to one size first.

    Parameters
    ----------
    A : array_like of shape (n, p)
    rtol : float, optional
        In [0, 1). Singular values of the scaled columns up to rtol times the largest count
        as zero; by default max(n, p) eps of the dtype of A, and at most sqrt(eps).
    """
    A = as_matrix(A, name=name, check_finite=check_finite)
    rtol = as_rtol(rtol, A)
    wide = in_double(A)
    eps = float(np.finfo(np.float64).eps)
    if 0 < A.shape[1] <= A.shape[0] and norms.max_abs(wide) <= 2.0:
        defect = norms.frobenius(wide.conj().T @ wide - np.eye(A.shape[1]))
        if defect <= 0.5 * _ORTHONORMAL * eps * np.sqrt(A.shape[1]):
            return Basis(wide, A.shape[1], 1.0, 0.0, rtol)
    return from_triangle(*qr(scaled_columns(wide)), rtol)


def scaled_columns(A: np.ndarray) -> np.ndarray:
    """Bring the norm of each column to [sqrt(1/2), sqrt(2)) by a power of two; zeros stay.

    Unit columns, the most common ones, are then far from where the power changes.
    """
    size = norms.column_norms(A)
    if np.all((size == 0.0) | ((size > 1.0 / _ORDINARY) & (size < _ORDINARY))):
        exponents = 1 - np.frexp(np.sqrt(2.0) * size)[1]
        return A * np.ldexp(1.0, np.where(size > 0.0, exponents, 0))
    peaks = np.abs(A.real).max(axis=0, initial=0.0)
    if A.dtype.kind == "c":
        peaks = np.maximum(peaks, np.abs(A.imag).max(axis=0, initial=0.0))
    # Twice, since the norm of what is not yet scaled can overflow, and since no single power
    # of two takes the smallest subnormal number to 1.
    A = powers_of_two(A, -np.frexp(peaks)[1])
    return powers_of_two(A, 1 - np.frexp(np.sqrt(2.0) * norms.column_norms(A))[1])


def powers_of_two(A: np.ndarray, exponents: Any) -> np.ndarray:
    """Return A diag(2^exponents), also where those powers are no numbers of the type."""
    with np.errstate(over="ignore", under="ignore"):
        if A.dtype.kind == "c":
            scaled = np.empty_like(A)
            scaled.real, scaled.imag = np.ldexp(A.real, exponents), np.ldexp(A.imag, exponents)
            return scaled
        return np.asarray(np.ldexp(A, exponents))


def from_triangle(Q: np.ndarray, R: np.ndarray, rtol: float) -> Basis:
    """Return the basis of the range of Q R, Q orthonormal, by the singular values of R."""
    # The singular values decide, so that no graded matrix (as Kahan's) hides its rank.
    rank, kept, dropped = decided(singular_values(R), rtol)
    if rank < Q.shape[1]:
        Q = Q @ svd(R)[0][:, :rank]
    return Basis(Q, rank, kept, dropped, rtol)


def decided(S: np.ndarray, rtol: float) -> tuple[int, float, float]:
    """Return the rank, and the smallest value kept and the largest dropped over the largest."""
    top = float(S[0]) if S.size else 0.0
    rank = int(np.count_nonzero(rtol * top < S)) if top else 0
    kept = float(S[rank - 1]) / top if rank else 0.0
    dropped = float(S[rank]) / top if rank < S.size and top else 0.0
    return rank, kept, dropped
