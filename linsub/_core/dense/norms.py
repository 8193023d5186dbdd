"""Norms that neither overflow nor underflow, and the power of two that prevents both."""

from __future__ import annotations

import math

import numpy as np

__all__ = [
    "column_norms",
    "frobenius",
    "ldexp",
    "max_abs",
    "near_one",
    "one_norm",
    "power_of_two_scale",
    "spectral",
]

# Entries within this range can be squared twice (as in the norm of a column of A^H A), summed
# and multiplied by a few dimensions without leaving the normal numbers of the type; outside of
# it matrices are scaled first.
_SAFE = {np.dtype(np.float32): (2.0**-12, 2.0**12), np.dtype(np.float64): (2.0**-100, 2.0**100)}

# The largest exponents whose power of two, and its inverse, are normal numbers.
_EXPONENT = {np.dtype(np.float32): 126, np.dtype(np.float64): 1022}

# A sum of squares above this has lost nothing that counts to underflow: what was lost is
# below 1e-308 an entry.
_SQUARES_FROM = 1e-280


def max_abs(A: np.ndarray) -> float:
    """Return max |a_ij| (for complex entries the larger of the parts' sizes), 0 if empty."""
    if A.size == 0:
        return 0.0
    if A.dtype.kind == "c":
        return max(max_abs(A.real), max_abs(A.imag))
    # Not np.abs(A).max(): that makes a copy of A.
    return float(max(A.max(), -A.min()))


def power_of_two_scale(peak: float, dtype: np.dtype, *, always: bool = False) -> float:
    """Return a power of two that brings entries of size `peak` near 1; 1.0 where not needed.

    With `always` it is needed unless `peak` is in [1/2, 1): then A and 2^p A become the
    same matrix.
    """
    real = np.empty(0, dtype).real.dtype
    low, high = _SAFE[real]
    if peak == 0.0 or not math.isfinite(peak) or (low <= peak <= high and not always):
        return 1.0
    limit = _EXPONENT[real]
    return math.ldexp(1.0, max(-limit, min(limit, -math.frexp(peak)[1])))


def near_one(x: np.ndarray) -> tuple[np.ndarray, int]:
    """Return 2^p x with entries of 1 at most, and p, which is even."""
    peak = max_abs(x)
    if peak == 0.0:
        return x, 0
    p = -int(np.frexp(peak)[1]) // 2 * 2
    return ldexp(x, p), p


def ldexp(x: np.ndarray, p: int | np.ndarray) -> np.ndarray:
    """Return 2^p x, of complex x too, and of subnormal numbers, for which 2^p may overflow."""
    if x.dtype.kind != "c":
        return np.asarray(np.ldexp(x, p))
    found = np.empty_like(x)
    found.real, found.imag = np.ldexp(x.real, p), np.ldexp(x.imag, p)
    return found


def _sum_of_squares(A: np.ndarray) -> float:
    if A.dtype.kind == "c":
        return _sum_of_squares(A.real) + _sum_of_squares(A.imag)
    if A.dtype == np.float64:
        x = A.ravel(order="K") if A.flags.forc else A.ravel()
        return float(x @ x)
    return float(np.sum(np.square(A, dtype=np.float64)))


def frobenius(A: np.ndarray) -> float:
    """Return ||A||_F (of any number of dimensions) at any scale, accumulated in float64."""
    with np.errstate(over="ignore", under="ignore"):
        squares = _sum_of_squares(A)
    if _SQUARES_FROM < squares < np.inf:
        return float(np.sqrt(squares))
    if np.isnan(squares):
        return float("nan")
    peak = max_abs(A)
    if peak == 0.0 or not np.isfinite(peak):
        return peak
    exponent = int(np.frexp(peak)[1])
    scaled = np.ldexp(A.real.astype(np.float64), -exponent)
    total = _sum_of_squares(scaled)
    if A.dtype.kind == "c":
        total += _sum_of_squares(np.ldexp(A.imag.astype(np.float64), -exponent))
    with np.errstate(over="ignore"):
        return float(np.ldexp(np.sqrt(total), exponent))


def column_norms(A: np.ndarray) -> np.ndarray:
    """Return the Euclidean norm of each column, in float64, each at a scale of its own."""
    wide = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64, copy=False)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares = np.einsum("ij,ij->j", wide.real, wide.real)
        if A.dtype.kind == "c":
            squares += np.einsum("ij,ij->j", wide.imag, wide.imag)
        found = np.sqrt(squares)
    for j in np.flatnonzero(~((squares > _SQUARES_FROM) & (squares < np.inf))):
        found[j] = frobenius(A[:, j])
    return np.asarray(found)


def one_norm(A: np.ndarray) -> float:
    """Return the largest column sum of |a_ij|, accumulated in float64."""
    if A.size == 0:
        return 0.0
    return float(np.abs(A).sum(axis=0, dtype=np.float64).max())


def spectral(A: np.ndarray) -> float:
    """Return ||A||_2 of a small matrix, by LAPACK."""
    from linsub._core.dense.svd import singular_values

    S = singular_values(A)
    return float(S[0]) if S.size else 0.0
