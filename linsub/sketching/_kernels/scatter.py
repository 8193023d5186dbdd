"""Rows added to the few outputs that a table of hashes names.

A table has the targets and signs of row i at ``ptr[i] .. ptr[i + 1] - 1``, its targets all
different. Every loop adds the rows to an output in their order, so that the sums do not depend
on the layout of the rows, on how they are split or on who adds them. Targets are read as
unsigned numbers, which need no check for a negative index: that is worth a factor of two.
"""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["add_columns", "add_csc", "add_csr", "add_rows", "copy_panel", "take_rows"]

# Of a tile that is transposed: the rows and columns of it stay in the first-level cache.
_TILE = 16


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
def add_columns(
    At: np.ndarray,
    first: int,
    ptr: np.ndarray,
    targets: np.ndarray,
    signs: np.ndarray,
    out: np.ndarray,
) -> None:
    """Do the same for the rows ``first ...`` of A, given by its columns At, and out (d, m)."""
    n = ptr.size - 1
    for j in range(At.shape[0]):
        a, sums = At[j, first : first + n], out[j]
        for i in range(n):
            for q in range(ptr[i], ptr[i + 1]):
                sums[np.uint32(targets[q])] += np.float64(signs[q]) * a[i]


@njit()
def copy_panel(At: np.ndarray, first: int, panel: np.ndarray) -> None:
    """Fill panel (b, d) with the columns ``first : first + b`` of At (d, n)."""
    b, d = panel.shape
    for i0 in range(0, b, _TILE):
        for j0 in range(0, d, _TILE):
            for i in range(i0, min(b, i0 + _TILE)):
                for j in range(j0, min(d, j0 + _TILE)):
                    panel[i, j] = At[j, first + i]


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
        for q in range(ptr[i], ptr[i + 1]):
            x = out[np.uint32(targets[q])]
            f = np.float64(signs[q])
            for p in range(indptr[i], indptr[i + 1]):
                x[np.uint64(indices[p])] += f * data[p]


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
            i = np.uint64(indices[p])
            for q in range(ptr[i], ptr[i + np.uint64(1)]):
                sums[np.uint32(targets[q])] += np.float64(signs[q]) * data[p]


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
