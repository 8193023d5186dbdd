"""Leverage of each row with respect to the rows before it, and the triangle of all of them."""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["absorb"]


@njit()
def absorb(
    R: np.ndarray, X: np.ndarray, scores: np.ndarray, update: bool, tolerance: float
) -> None:
    """Set scores to ``x^T (R^T R)^-1 x``, inf outside of its range, and R to that of [R; X].

    R (d, d) is upper triangular, a row of zeros wherever its diagonal is zero. With `update` each
    row is absorbed before the next is scored; without it R stays as it is. What is left of an
    entry is zero below `tolerance` times the size of what it was computed from.
    """
    n, d = X.shape
    w, size, fresh = np.empty(d), np.empty(d), -1
    for i in range(n):
        fresh = -1
        t = 0.0
        for j in range(d):
            w[j] = X[i, j]
            size[j] = abs(w[j])
        for j in range(d):
            if R[j, j] == 0.0:
                if abs(w[j]) > tolerance * size[j]:
                    fresh = j
                    break
                continue
            y = w[j] / R[j, j]
            t += y * y
            for k in range(j + 1, d):
                c = R[j, k] * y
                w[k] -= c
                size[k] += abs(c)
        scores[i] = np.inf if fresh >= 0 else t
        if not update:
            continue
        for j in range(d):
            w[j] = X[i, j]
        for j in range(d):
            if R[j, j] == 0.0:
                if j == fresh:
                    for k in range(j, d):
                        R[j, k] = w[k]
                    break
                # Rounding, not a direction.
                continue
            if w[j] == 0.0:
                continue
            r = np.hypot(R[j, j], w[j])
            c, s = R[j, j] / r, w[j] / r
            R[j, j] = r
            for k in range(j + 1, d):
                a, b = R[j, k], w[k]
                R[j, k] = c * a + s * b
                w[k] = c * b - s * a
