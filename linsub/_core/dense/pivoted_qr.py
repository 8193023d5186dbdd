"""QR factorizations with column pivoting, of matrices at any scale."""

from __future__ import annotations

import numpy as np
from scipy import linalg

__all__ = ["pivoted_qr"]


def pivoted_qr(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the economic Q (m, r), R (r, n) and order (n,) with A[:, order] = Q R.

    The diagonal of R descends in size; entries must be at a scale where they can be squared.
    """
    m, n = A.shape
    if min(m, n) == 0:
        return np.zeros((m, 0), A.dtype), np.zeros((0, n), A.dtype), np.arange(n)
    Q, R, order = linalg.qr(A, mode="economic", pivoting=True, check_finite=False)
    return Q, R, np.asarray(order, np.int64)
