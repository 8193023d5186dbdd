"""One reading of a tall matrix: the squared lengths of its rows, and U^H (U Z) for two probes."""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["by_columns", "by_rows", "row_squares"]

# Rows of a panel that is read twice from cache where the columns are contiguous; and after
# which partial sums are added up, so that rounding does not grow with the root of N.
_PANEL = 256


@njit(reassociate=True)
def row_squares(A: np.ndarray, out: np.ndarray) -> None:
    """Fill `out` with the squared lengths of the rows of A, whatever its order."""
    N, m = A.shape
    if A.strides[0] >= A.strides[1]:
        for i in range(N):
            total = 0.0
            for j in range(m):
                re, im = np.float64(A[i, j].real), np.float64(A[i, j].imag)
                total += re * re + im * im
            out[i] = total
        return
    out[:] = 0.0
    for j in range(m):
        for i in range(N):
            re, im = np.float64(A[i, j].real), np.float64(A[i, j].imag)
            out[i] += re * re + im * im


@njit(reassociate=True)
def by_rows(U: np.ndarray, Z: np.ndarray, masses: np.ndarray, W: np.ndarray) -> None:
    """Fill masses (N,) and add U^H (U Z^T) to W (2, m); U is C-ordered."""
    N, m = U.shape
    part = np.empty((2, m), W.dtype)
    for first in range(0, N, _PANEL):
        part[:] = 0
        for i in range(first, min(first + _PANEL, N)):
            total = 0.0
            y0, y1 = Z[0, 0] * 0, Z[0, 0] * 0
            for j in range(m):
                u = U[i, j]
                re, im = np.float64(u.real), np.float64(u.imag)
                total += re * re + im * im
                y0 += u * Z[0, j]
                y1 += u * Z[1, j]
            masses[i] = total
            for j in range(m):
                w = np.conj(U[i, j])
                part[0, j] += w * y0
                part[1, j] += w * y1
        W += part


@njit(reassociate=True)
def by_columns(Ut: np.ndarray, Z: np.ndarray, masses: np.ndarray, W: np.ndarray) -> None:
    """Do the same for the C-ordered transpose of U."""
    m, N = Ut.shape
    y = np.empty((2, _PANEL), W.dtype)
    for first in range(0, N, _PANEL):
        stop = min(first + _PANEL, N)
        y[:] = 0
        masses[first:stop] = 0.0
        for j in range(m):
            z0, z1 = Z[0, j], Z[1, j]
            for i in range(first, stop):
                u = Ut[j, i]
                re, im = np.float64(u.real), np.float64(u.imag)
                masses[i] += re * re + im * im
                y[0, i - first] += u * z0
                y[1, i - first] += u * z1
        for j in range(m):
            w0, w1 = W[0, 0] * 0, W[0, 0] * 0
            for i in range(first, stop):
                w = np.conj(Ut[j, i])
                w0 += w * y[0, i - first]
                w1 += w * y[1, i - first]
            W[0, j] += w0
            W[1, j] += w1
