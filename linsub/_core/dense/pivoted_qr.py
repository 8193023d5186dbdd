"""QR factorizations with column pivoting, of matrices at any scale."""

from __future__ import annotations

import numpy as np
from scipy import linalg

__all__ = ["pivoted_qr", "pivoted_r"]


def pivoted_qr(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the economic Q (m, r), R (r, n) and order (n,) with A[:, order] = Q R.

    The diagonal of R descends in size; entries must be at a scale where they can be squared.
    """
    m, n = A.shape
    if min(m, n) == 0:
        return np.zeros((m, 0), A.dtype), np.zeros((0, n), A.dtype), np.arange(n)
    Q, R, order = linalg.qr(A, mode="economic", pivoting=True, check_finite=False)
    return Q, R, np.asarray(order, np.int64)


def pivoted_r(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return R (r, n) and the order of :func:`pivoted_qr` alone.

    With the rows in descending order of size the factorization is accurate for each row by
    itself (Cox & Higham 1998), however different their sizes are.
    """
    m, n = A.shape
    if min(m, n) == 0:
        return np.zeros((0, n), A.dtype), np.arange(n)
    R, order = linalg.qr(A, mode="r", pivoting=True, check_finite=False)
    return np.asarray(R[: min(m, n)]), np.asarray(order, np.int64)
