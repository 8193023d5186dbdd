"""Products of a C-ordered matrix with few columns, four rows by three columns.

The narrow operand lies transposed, (b, n) with b a multiple of 3, so that the innermost
loop runs along rows of both. Twelve scalar accumulators become vectors: with the three
rows and the element that they meet they fill the 16 registers of AVX2, where sixteen of
them would spill (a third slower). An accumulator array would live in memory and run four
times slower. Rows of the narrow operand may be longer than n: their length is chosen for
aligned loads.
"""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["MULTIPLE", "backward", "both", "forward", "normal"]

# The number of columns is a multiple of this one.
MULTIPLE = 3

# Bytes of a row taken at a time: long, since each stretch ends in twelve sums across vectors.
# At 1500 x 1500, float32 and 12 columns, 2 KiB reached 11 to 27% less on AVX2, 4 KiB 4 to
# 8% less, 16 KiB the same.
STRETCH = 8192


@njit(reassociate=True)
def _dot_four(
    A: np.ndarray, i: int, span: tuple[int, int], Xt: np.ndarray, c: int, Yt: np.ndarray
) -> None:
    """Yt[c : c + 3, i : i + 4] += Xt[c : c + 3, span] A[i : i + 4, span]^T."""
    zero = A.dtype.type(0)
    low, high = span
    x0, x1, x2 = Xt[c, low:high], Xt[c + 1, low:high], Xt[c + 2, low:high]
    a0, a1, a2, a3 = A[i, low:high], A[i + 1, low:high], A[i + 2, low:high], A[i + 3, low:high]
    s00 = s01 = s02 = zero
    s10 = s11 = s12 = zero
    s20 = s21 = s22 = zero
    s30 = s31 = s32 = zero
    for j in range(high - low):
        u, v, w = x0[j], x1[j], x2[j]
        b0, b1, b2, b3 = a0[j], a1[j], a2[j], a3[j]
        s00 += b0 * u
        s01 += b0 * v
        s02 += b0 * w
        s10 += b1 * u
        s11 += b1 * v
        s12 += b1 * w
        s20 += b2 * u
        s21 += b2 * v
        s22 += b2 * w
        s30 += b3 * u
        s31 += b3 * v
        s32 += b3 * w
    _increase(Yt, c, i, s00, s01, s02)
    _increase(Yt, c, i + 1, s10, s11, s12)
    _increase(Yt, c, i + 2, s20, s21, s22)
    _increase(Yt, c, i + 3, s30, s31, s32)


@njit(reassociate=True)
def _dot_one(
    A: np.ndarray, i: int, span: tuple[int, int], Xt: np.ndarray, c: int, Yt: np.ndarray
) -> None:
    """Yt[c : c + 3, i] += Xt[c : c + 3, span] A[i, span]^T."""
    low, high = span
    x0, x1, x2 = Xt[c, low:high], Xt[c + 1, low:high], Xt[c + 2, low:high]
    a = A[i, low:high]
    s0 = s1 = s2 = A.dtype.type(0)
    for j in range(high - low):
        s0 += a[j] * x0[j]
        s1 += a[j] * x1[j]
        s2 += a[j] * x2[j]
    _increase(Yt, c, i, s0, s1, s2)


@njit()
def _increase(Yt: np.ndarray, c: int, i: int, s0: float, s1: float, s2: float) -> None:
    """Yt[c : c + 3, i] += (s0, s1, s2)."""
    Yt[c, i] += s0
    Yt[c + 1, i] += s1
    Yt[c + 2, i] += s2


@njit(reassociate=True)
def _add_four(
    A: np.ndarray, i: int, span: tuple[int, int], Yt: np.ndarray, c: int, Zt: np.ndarray
) -> None:
    """Zt[c : c + 3, span] += Yt[c : c + 3, i : i + 4] A[i : i + 4, span]."""
    low, high = span
    z0, z1, z2 = Zt[c, low:high], Zt[c + 1, low:high], Zt[c + 2, low:high]
    a0, a1, a2, a3 = A[i, low:high], A[i + 1, low:high], A[i + 2, low:high], A[i + 3, low:high]
    y00, y01, y02, y03 = Yt[c, i], Yt[c, i + 1], Yt[c, i + 2], Yt[c, i + 3]
    y10, y11, y12, y13 = Yt[c + 1, i], Yt[c + 1, i + 1], Yt[c + 1, i + 2], Yt[c + 1, i + 3]
    y20, y21, y22, y23 = Yt[c + 2, i], Yt[c + 2, i + 1], Yt[c + 2, i + 2], Yt[c + 2, i + 3]
    for j in range(high - low):
        b0, b1, b2, b3 = a0[j], a1[j], a2[j], a3[j]
        z0[j] += b0 * y00 + b1 * y01 + b2 * y02 + b3 * y03
        z1[j] += b0 * y10 + b1 * y11 + b2 * y12 + b3 * y13
        z2[j] += b0 * y20 + b1 * y21 + b2 * y22 + b3 * y23


@njit(reassociate=True)
def _add_one(
    A: np.ndarray, i: int, span: tuple[int, int], Yt: np.ndarray, c: int, Zt: np.ndarray
) -> None:
    """Zt[c : c + 3, span] += Yt[c : c + 3, i] A[i, span]."""
    low, high = span
    z0, z1, z2 = Zt[c, low:high], Zt[c + 1, low:high], Zt[c + 2, low:high]
    a, y0, y1, y2 = A[i, low:high], Yt[c, i], Yt[c + 1, i], Yt[c + 2, i]
    for j in range(high - low):
        z0[j] += a[j] * y0
        z1[j] += a[j] * y1
        z2[j] += a[j] * y2


@njit()
def _dot_rows(A: np.ndarray, rows: tuple[int, int], Xt: np.ndarray, Yt: np.ndarray) -> None:
    """Yt[:, rows] = Xt A[rows]^T."""
    Yt[:, rows[0] : rows[1]] = 0
    width = STRETCH // A.itemsize
    fours = rows[1] - (rows[1] - rows[0]) % 4
    for low in range(0, A.shape[1], width):
        span = (low, min(A.shape[1], low + width))
        for c in range(0, Xt.shape[0], MULTIPLE):
            for i in range(rows[0], fours, 4):
                _dot_four(A, i, span, Xt, c, Yt)
            for i in range(fours, rows[1]):
                _dot_one(A, i, span, Xt, c, Yt)


@njit()
def _add_rows(A: np.ndarray, rows: tuple[int, int], Yt: np.ndarray, Zt: np.ndarray) -> None:
    """Zt += Yt[:, rows] A[rows]."""
    width = STRETCH // A.itemsize
    fours = rows[1] - (rows[1] - rows[0]) % 4
    for low in range(0, A.shape[1], width):
        span = (low, min(A.shape[1], low + width))
        for c in range(0, Yt.shape[0], MULTIPLE):
            for i in range(rows[0], fours, 4):
                _add_four(A, i, span, Yt, c, Zt)
            for i in range(fours, rows[1]):
                _add_one(A, i, span, Yt, c, Zt)


@njit()
def forward(
    A: np.ndarray, Xt: np.ndarray, Yt: np.ndarray, start: int, stop: int, panel: int
) -> None:
    """Yt[:, start:stop] = Xt A[start:stop]^T, `panel` rows of A at a time."""
    for first in range(start, stop, panel):
        _dot_rows(A, (first, min(stop, first + panel)), Xt, Yt)


@njit()
def backward(
    A: np.ndarray, Yt: np.ndarray, Zt: np.ndarray, start: int, stop: int, panel: int
) -> None:
    """Zt += Yt[:, start:stop] A[start:stop]."""
    for first in range(start, stop, panel):
        _add_rows(A, (first, min(stop, first + panel)), Yt, Zt)


@njit()
def normal(
    A: np.ndarray, Xt: np.ndarray, Yt: np.ndarray, Zt: np.ndarray, start: int, stop: int, panel: int
) -> None:
    """Yt[:, start:stop] = Xt A[start:stop]^T, then Zt += Yt[:, start:stop] A[start:stop].

    Each panel of A goes through both while it is in the second-level cache.
    """
    for first in range(start, stop, panel):
        rows = (first, min(stop, first + panel))
        _dot_rows(A, rows, Xt, Yt)
        _add_rows(A, rows, Yt, Zt)


@njit()
def both(
    A: np.ndarray,
    Xt: np.ndarray,
    Wt: np.ndarray,
    Yt: np.ndarray,
    Zt: np.ndarray,
    start: int,
    stop: int,
    panel: int,
) -> None:
    """Wt[:, start:stop] = Xt A[start:stop]^T and Zt += Yt[:, start:stop] A[start:stop]."""
    for first in range(start, stop, panel):
        rows = (first, min(stop, first + panel))
        _dot_rows(A, rows, Xt, Wt)
        _add_rows(A, rows, Yt, Zt)
