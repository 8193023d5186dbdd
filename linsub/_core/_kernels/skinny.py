"""Products of a C-ordered matrix with few columns, four by four.

The narrow operand lies transposed, (b, n) with b a multiple of 4, so that the innermost
loop runs along rows of both. Sixteen scalar accumulators stay in registers and become
vectors; an accumulator array would live in memory and run four times slower.
"""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["backward", "both", "forward", "normal"]


@njit(reassociate=True)
def _dot_panel(A: np.ndarray, first: int, stop: int, Xt: np.ndarray, c: int, Yt: np.ndarray) -> None:
    """Yt[c : c + 4, rows] = Xt[c : c + 4] A[rows]^T for the rows from first to stop."""
    zero = A.dtype.type(0)
    x0, x1, x2, x3 = Xt[c], Xt[c + 1], Xt[c + 2], Xt[c + 3]
    i = first
    while i + 3 < stop:
        a0, a1, a2, a3 = A[i], A[i + 1], A[i + 2], A[i + 3]
        s00 = s01 = s02 = s03 = zero
        s10 = s11 = s12 = s13 = zero
        s20 = s21 = s22 = s23 = zero
        s30 = s31 = s32 = s33 = zero
        for j in range(A.shape[1]):
            u, v, w, z = x0[j], x1[j], x2[j], x3[j]
            b0, b1, b2, b3 = a0[j], a1[j], a2[j], a3[j]
            s00 += b0 * u
            s01 += b0 * v
            s02 += b0 * w
            s03 += b0 * z
            s10 += b1 * u
            s11 += b1 * v
            s12 += b1 * w
            s13 += b1 * z
            s20 += b2 * u
            s21 += b2 * v
            s22 += b2 * w
            s23 += b2 * z
            s30 += b3 * u
            s31 += b3 * v
            s32 += b3 * w
            s33 += b3 * z
        Yt[c, i], Yt[c + 1, i], Yt[c + 2, i], Yt[c + 3, i] = s00, s01, s02, s03
        Yt[c, i + 1], Yt[c + 1, i + 1], Yt[c + 2, i + 1], Yt[c + 3, i + 1] = s10, s11, s12, s13
        Yt[c, i + 2], Yt[c + 1, i + 2], Yt[c + 2, i + 2], Yt[c + 3, i + 2] = s20, s21, s22, s23
        Yt[c, i + 3], Yt[c + 1, i + 3], Yt[c + 2, i + 3], Yt[c + 3, i + 3] = s30, s31, s32, s33
        i += 4
    while i < stop:
        a0 = A[i]
        s00 = s01 = s02 = s03 = zero
        for j in range(A.shape[1]):
            s00 += a0[j] * x0[j]
            s01 += a0[j] * x1[j]
            s02 += a0[j] * x2[j]
            s03 += a0[j] * x3[j]
        Yt[c, i], Yt[c + 1, i], Yt[c + 2, i], Yt[c + 3, i] = s00, s01, s02, s03
        i += 1


@njit(reassociate=True)
def _add_panel(A: np.ndarray, first: int, stop: int, Yt: np.ndarray, c: int, Zt: np.ndarray) -> None:
    """Zt[c : c + 4] += Yt[c : c + 4, rows] A[rows] for the rows from first to stop."""
    z0, z1, z2, z3 = Zt[c], Zt[c + 1], Zt[c + 2], Zt[c + 3]
    i = first
    while i + 3 < stop:
        a0, a1, a2, a3 = A[i], A[i + 1], A[i + 2], A[i + 3]
        y00, y01, y02, y03 = Yt[c, i], Yt[c, i + 1], Yt[c, i + 2], Yt[c, i + 3]
        y10, y11, y12, y13 = Yt[c + 1, i], Yt[c + 1, i + 1], Yt[c + 1, i + 2], Yt[c + 1, i + 3]
        y20, y21, y22, y23 = Yt[c + 2, i], Yt[c + 2, i + 1], Yt[c + 2, i + 2], Yt[c + 2, i + 3]
        y30, y31, y32, y33 = Yt[c + 3, i], Yt[c + 3, i + 1], Yt[c + 3, i + 2], Yt[c + 3, i + 3]
        for j in range(A.shape[1]):
            b0, b1, b2, b3 = a0[j], a1[j], a2[j], a3[j]
            z0[j] += b0 * y00 + b1 * y01 + b2 * y02 + b3 * y03
            z1[j] += b0 * y10 + b1 * y11 + b2 * y12 + b3 * y13
            z2[j] += b0 * y20 + b1 * y21 + b2 * y22 + b3 * y23
            z3[j] += b0 * y30 + b1 * y31 + b2 * y32 + b3 * y33
        i += 4
    while i < stop:
        a0 = A[i]
        y00, y10, y20, y30 = Yt[c, i], Yt[c + 1, i], Yt[c + 2, i], Yt[c + 3, i]
        for j in range(A.shape[1]):
            z0[j] += a0[j] * y00
            z1[j] += a0[j] * y10
            z2[j] += a0[j] * y20
            z3[j] += a0[j] * y30
        i += 1


@njit()
def forward(A: np.ndarray, Xt: np.ndarray, Yt: np.ndarray, panel: int) -> None:
    """Yt = Xt A^T."""
    for first in range(0, A.shape[0], panel):
        stop = min(A.shape[0], first + panel)
        for c in range(0, Xt.shape[0], 4):
            _dot_panel(A, first, stop, Xt, c, Yt)


@njit()
def backward(A: np.ndarray, Yt: np.ndarray, Zt: np.ndarray, panel: int) -> None:
    """Zt += Yt A."""
    for first in range(0, A.shape[0], panel):
        stop = min(A.shape[0], first + panel)
        for c in range(0, Yt.shape[0], 4):
            _add_panel(A, first, stop, Yt, c, Zt)


@njit()
def normal(A: np.ndarray, Xt: np.ndarray, Yt: np.ndarray, Zt: np.ndarray, panel: int) -> None:
    """Yt = Xt A^T and Zt += Yt A, each panel of A while it is in cache."""
    for first in range(0, A.shape[0], panel):
        stop = min(A.shape[0], first + panel)
        for c in range(0, Xt.shape[0], 4):
            _dot_panel(A, first, stop, Xt, c, Yt)
        for c in range(0, Xt.shape[0], 4):
            _add_panel(A, first, stop, Yt, c, Zt)


@njit()
def both(
    A: np.ndarray, Xt: np.ndarray, Wt: np.ndarray, Yt: np.ndarray, Zt: np.ndarray, panel: int
) -> None:
    """Wt = Xt A^T and Zt += Yt A in one reading of A."""
    for first in range(0, A.shape[0], panel):
        stop = min(A.shape[0], first + panel)
        for c in range(0, Xt.shape[0], 4):
            _dot_panel(A, first, stop, Xt, c, Wt)
        for c in range(0, Yt.shape[0], 4):
            _add_panel(A, first, stop, Yt, c, Zt)
