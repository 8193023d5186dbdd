"""Norms that neither overflow nor underflow, and the power of two that prevents both."""

from __future__ import annotations

import numpy as np

__all__ = ["column_norms", "frobenius", "max_abs", "power_of_two_scale", "spectral"]

# Entries within this range can be squared, summed and multiplied by a few dimensions
# without leaving the normal numbers of the type; outside of it matrices are scaled first.
_SAFE = {np.dtype(np.float32): (2.0**-30, 2.0**30), np.dtype(np.float64): (2.0**-300, 2.0**300)}

# The largest exponents whose power of two, and its inverse, are normal numbers.
_EXPONENT = {np.dtype(np.float32): 126, np.dtype(np.float64): 1022}


def max_abs(A: np.ndarray) -> float:
    """Return max |a_ij| (for complex entries the larger of the parts' sizes), 0 if empty."""
    if A.size == 0:
        return 0.0
    if A.dtype.kind == "c":
        return max(max_abs(A.real), max_abs(A.imag))
    # Not np.abs(A).max(): that makes a copy of A.
    return float(max(A.max(), -A.min()))


def power_of_two_scale(peak: float, dtype: np.dtype) -> float:
    """Return a power of two that brings entries of size `peak` near 1; 1.0 where not needed."""
    real = np.empty(0, dtype).real.dtype
    low, high = _SAFE[real]
    if peak == 0.0 or not np.isfinite(peak) or low <= peak <= high:
        return 1.0
    limit = _EXPONENT[real]
    return float(np.ldexp(1.0, int(np.clip(-np.frexp(peak)[1], -limit, limit))))


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
    if 1e-280 < squares < np.inf:
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
    """Return the Euclidean norm of each column, in float64, at any scale."""
    peak = max_abs(A)
    if A.size == 0 or peak == 0.0 or not np.isfinite(peak):
        return np.full(A.shape[1], peak if A.size else 0.0)
    alpha = float(np.ldexp(1.0, -int(np.clip(np.frexp(peak)[1], -1000, 1000))))
    scaled = np.abs(A).astype(np.float64) * alpha
    return np.asarray(np.sqrt(np.einsum("ij,ij->j", scaled, scaled)) / alpha)


def spectral(A: np.ndarray) -> float:
    """Return ||A||_2 of a small matrix, by LAPACK."""
    from linsub._core.dense.svd import singular_values

    S = singular_values(A)
    return float(S[0]) if S.size else 0.0
