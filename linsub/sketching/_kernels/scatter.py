"""Rows added to the few outputs that their hashes name."""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["add_csr", "add_rows", "take_rows"]


@njit()
def add_rows(
    A: np.ndarray, targets: np.ndarray, signs: np.ndarray, out: np.ndarray, low: int, high: int
) -> None:
    """out[t, low:high] += sign * A[i, low:high] for each row i and each of its targets t."""
    for i in range(A.shape[0]):
        for k in range(targets.shape[1]):
            row = out[targets[i, k]]
            sign = np.float64(signs[i, k])
            for j in range(low, high):
                row[j] += sign * A[i, j]


@njit()
def add_csr(
    data: np.ndarray,
    indices: np.ndarray,
    indptr: np.ndarray,
    targets: np.ndarray,
    signs: np.ndarray,
    out: np.ndarray,
) -> None:
    """Do the same for the rows of a CSR matrix."""
    for i in range(targets.shape[0]):
        for k in range(targets.shape[1]):
            row = out[targets[i, k]]
            sign = np.float64(signs[i, k])
            for p in range(indptr[i], indptr[i + 1]):
                row[indices[p]] += sign * data[p]


@njit()
def take_rows(Y: np.ndarray, targets: np.ndarray, signs: np.ndarray, out: np.ndarray) -> None:
    """out[i] = the sum of sign * Y[t] over the targets t of row i."""
    for i in range(targets.shape[0]):
        for j in range(Y.shape[1]):
            out[i, j] = 0.0
        for k in range(targets.shape[1]):
            sign = np.float64(signs[i, k])
            row = Y[targets[i, k]]
            for j in range(Y.shape[1]):
                out[i, j] += sign * row[j]
