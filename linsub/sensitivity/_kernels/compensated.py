"""Products of matrices as if in twice the working precision, each entry with its error bound.

Dot products by error-free transformations (Ogita, Rump & Oishi 2005, algorithm 5.3): nothing
here may be reordered.
"""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["product", "residual"]

# Veltkamp's constant: 2^27 + 1 splits 53 bits into two halves.
_SPLIT = 134217729.0


@njit()
def _two_product(a: float, b: float) -> tuple[float, float]:
    """a b = p + e exactly."""
    p = a * b
    c = _SPLIT * a
    a1 = c - (c - a)
    a2 = a - a1
    c = _SPLIT * b
    b1 = c - (c - b)
    b2 = b - b1
    return p, a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)


@njit()
def _two_sum(a: float, b: float) -> tuple[float, float]:
    """a + b = s + e exactly."""
    s = a + b
    z = s - a
    return s, (a - (s - z)) + (b - z)


@njit()
def product(A: np.ndarray, Xt: np.ndarray, out: np.ndarray, sizes: np.ndarray) -> None:
    """Fill out (n, r) with A X and sizes (n, r) with |A| |X|, given X^T; entries at most 1."""
    n, d = A.shape
    for j in range(n):
        for k in range(Xt.shape[0]):
            s, low, size = 0.0, 0.0, 0.0
            for i in range(d):
                p, e = _two_product(A[j, i], Xt[k, i])
                s, f = _two_sum(s, p)
                low += e + f
                size += abs(p)
            out[j, k] = s + low
            sizes[j, k] = size


@njit()
def residual(
    A: np.ndarray, x: np.ndarray, b: np.ndarray, out: np.ndarray, sizes: np.ndarray
) -> None:
    """Fill out (n,) with b - A x and sizes (n,) with |b| + |A| |x|."""
    for j in range(A.shape[0]):
        s, low, size = b[j], 0.0, abs(b[j])
        for i in range(A.shape[1]):
            p, e = _two_product(-A[j, i], x[i])
            s, f = _two_sum(s, p)
            low += e + f
            size += abs(p)
        out[j] = s + low
        sizes[j] = size
