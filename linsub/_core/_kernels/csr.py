"""Products of a CSR matrix with four columns at a time.

The four entries that one stored element meets lie side by side, X (n, 4), so that an
irregular access fetches all of them.
"""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["add4", "dot4", "normal4"]


@njit()
def dot4(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, X: np.ndarray, Y: np.ndarray
) -> None:
    """Y = A X."""
    zero = data.dtype.type(0)
    for i in range(Y.shape[0]):
        s0 = s1 = s2 = s3 = zero
        for p in range(indptr[i], indptr[i + 1]):
            j, a = indices[p], data[p]
            s0 += a * X[j, 0]
            s1 += a * X[j, 1]
            s2 += a * X[j, 2]
            s3 += a * X[j, 3]
        Y[i, 0], Y[i, 1], Y[i, 2], Y[i, 3] = s0, s1, s2, s3


@njit()
def add4(
    indptr: np.ndarray, indices: np.ndarray, data: np.ndarray, Y: np.ndarray, Z: np.ndarray
) -> None:
    """Z += A^T Y."""
    for i in range(Y.shape[0]):
        y0, y1, y2, y3 = Y[i, 0], Y[i, 1], Y[i, 2], Y[i, 3]
        for p in range(indptr[i], indptr[i + 1]):
            j, a = indices[p], data[p]
            Z[j, 0] += a * y0
            Z[j, 1] += a * y1
            Z[j, 2] += a * y2
            Z[j, 3] += a * y3


@njit()
def normal4(
    indptr: np.ndarray,
    indices: np.ndarray,
    data: np.ndarray,
    X: np.ndarray,
    Y: np.ndarray,
    Z: np.ndarray,
) -> None:
    """Y = A X and Z += A^T Y, each row of A while it is in cache."""
    zero = data.dtype.type(0)
    for i in range(Y.shape[0]):
        s0 = s1 = s2 = s3 = zero
        for p in range(indptr[i], indptr[i + 1]):
            j, a = indices[p], data[p]
            s0 += a * X[j, 0]
            s1 += a * X[j, 1]
            s2 += a * X[j, 2]
            s3 += a * X[j, 3]
        Y[i, 0], Y[i, 1], Y[i, 2], Y[i, 3] = s0, s1, s2, s3
        for p in range(indptr[i], indptr[i + 1]):
            j, a = indices[p], data[p]
            Z[j, 0] += a * s0
            Z[j, 1] += a * s1
            Z[j, 2] += a * s2
            Z[j, 3] += a * s3
