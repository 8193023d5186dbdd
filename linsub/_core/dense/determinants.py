"""Logarithms of determinants, and the factorizations that give them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg
from scipy.linalg import lapack

from linsub._core.dense import norms

__all__ = ["cholesky_lower", "inverse_from_lower", "log_abs_det", "log_volume", "split_range"]


def log_volume(A: np.ndarray) -> float:
    """Return log |det(A A^H)|^(1/2) of a wide A (k, r), -inf where its rows are dependent.

    Columns are sorted by size and rows pivoted: Householder's QR is then accurate for each
    column by itself (Cox & Higham 1998), however different their sizes are.
    """
    k, r = A.shape
    if k == 0:
        return 0.0
    if k > r:
        return -np.inf
    alpha = norms.power_of_two_scale(norms.max_abs(A), A.dtype, always=True)
    sizes = norms.column_norms(A)
    T = np.asfortranarray((A[:, np.argsort(-sizes, kind="stable")] * alpha).conj().T)
    R = linalg.qr(T, mode="r", pivoting=True, check_finite=False)[0]
    pivots = np.abs(np.diag(R)[:k])
    if not pivots.min() > 0.0:
        return -np.inf
    return float(np.sum(np.log(pivots)) - k * np.log(alpha))


def log_abs_det(A: np.ndarray) -> float:
    """Return log |det A| of a square matrix, by LU with partial pivoting."""
    if A.shape[0] == 0:
        return 0.0
    return float(np.linalg.slogdet(A)[1])


def cholesky_lower(A: np.ndarray, *, overwrite: bool = False) -> np.ndarray | None:
    """Return the lower C with C C^H = A in Fortran order, or None where there is none."""
    potrf: Any = lapack.get_lapack_funcs("potrf", (A,))
    C, info = potrf(A, lower=True, clean=True, overwrite_a=overwrite)
    return np.asarray(C) if info == 0 and np.isfinite(C.diagonal()).all() else None


def inverse_from_lower(C: np.ndarray) -> np.ndarray:
    """Return (C C^H)^-1, Hermitian to the last bit."""
    potri: Any = lapack.get_lapack_funcs("potri", (C,))
    X, _ = potri(C, lower=True)
    return np.asarray(np.tril(X) + np.tril(X, -1).conj().T)


def split_range(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the R (n, n) of a tall A = Q R and a basis (m, m - n) of what Q leaves."""
    m, n = A.shape
    if n == 0:
        return np.zeros((0, 0), A.dtype), np.eye(m, dtype=A.dtype)
    Q, R = linalg.qr(A, mode="full", check_finite=False)
    return R[:n], Q[:, n:]
