"""Rows added to the few outputs that a table of hashes names.

A table has the targets and signs of row i at ``ptr[i] .. ptr[i + 1] - 1``, its targets all
different. Every loop adds the rows to an output in their order, so that the sums do not depend
on the layout of the rows, on how they are split or on who adds them. Targets are read as
unsigned numbers, which need no check for a negative index: that is worth a factor of two.
"""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["add_csc", "add_csr", "add_rows", "add_single", "take_rows"]


@njit()
def add_rows(
    A: np.ndarray, ptr: np.ndarray, targets: np.ndarray, signs: np.ndarray, out: np.ndarray
) -> None:
    """out[t] += sign * A[i] for each row i of the C-ordered A and each of its targets t."""
    d = A.shape[1]
    for i in range(A.shape[0]):
        a = A[i]
        q, end = ptr[i], ptr[i + 1]
        while q + 2 <= end:  # the row is loaded once for two outputs
            x, y = out[np.uint32(targets[q])], out[np.uint32(targets[q + 1])]
            f, g = np.float64(signs[q]), np.float64(signs[q + 1])
            for j in range(d):
                x[j] += f * a[j]
                y[j] += g * a[j]
            q += 2
        if q < end:
            x = out[np.uint32(targets[q])]
            f = np.float64(signs[q])
            for j in range(d):
                x[j] += f * a[j]


@njit()
def add_single(A: np.ndarray, targets: np.ndarray, signs: np.ndarray, out: np.ndarray) -> None:
    """Do the same with one target for each row: a seventh of the time is saved."""
    d = A.shape[1]
    for i in range(A.shape[0]):
        a, x = A[i], out[np.uint32(targets[i])]
        f = np.float64(signs[i])
        for j in range(d):
            x[j] += f * a[j]


@njit()
def add_csr(
    data: np.ndarray,
    indices: np.ndarray,
    indptr: np.ndarray,
    ptr: np.ndarray,
    targets: np.ndarray,
    signs: np.ndarray,
    out: np.ndarray,
) -> None:
    """Do the same for the rows of a CSR matrix, one for each row of the table."""
    for i in range(ptr.size - 1):
        first, end = ptr[i], ptr[i + 1]
        if end == first + 1:
            x = out[np.uint32(targets[first])]
            f = np.float64(signs[first])
            for p in range(indptr[i], indptr[i + 1]):
                x[np.uint64(indices[p])] += f * data[p]
            continue
        for p in range(indptr[i], indptr[i + 1]):
            j, value = np.uint64(indices[p]), np.float64(data[p])
            for q in range(first, end):
                out[np.uint32(targets[q]), j] += np.float64(signs[q]) * value


@njit()
def add_csc(
    data: np.ndarray,
    indices: np.ndarray,
    indptr: np.ndarray,
    ptr: np.ndarray,
    targets: np.ndarray,
    signs: np.ndarray,
    out: np.ndarray,
) -> None:
    """Do the same for the columns of a CSC matrix, and out (d, m)."""
    for j in range(indptr.size - 1):
        sums = out[j]
        for p in range(indptr[j], indptr[j + 1]):
            i, value = np.uint64(indices[p]), np.float64(data[p])
            for q in range(ptr[i], ptr[i + np.uint64(1)]):
                sums[np.uint32(targets[q])] += np.float64(signs[q]) * value


@njit()
def take_rows(
    Y: np.ndarray, ptr: np.ndarray, targets: np.ndarray, signs: np.ndarray, out: np.ndarray
) -> None:
    """out[i] = the sum of sign * Y[t] over the targets t of row i."""
    k = Y.shape[1]
    for i in range(out.shape[0]):
        row = out[i]
        for j in range(k):
            row[j] = 0.0
        for q in range(ptr[i], ptr[i + 1]):
            f = np.float64(signs[q])
            y = Y[np.uint32(targets[q])]
            for j in range(k):
                row[j] += f * y[j]
