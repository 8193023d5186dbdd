"""The fast Walsh-Hadamard transform of the rows of a matrix, in pieces that stay in cache."""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["add_sampled", "butterflies", "transform"]


@njit()
def butterflies(x: np.ndarray, count: int, w: int) -> None:
    """Transform `count` rows of length w, contiguous in the vector x; count is a power of two.

    Two levels at a time. At distance h the rows of a group are one piece of length h * w, so
    that the inner loop is long and contiguous however narrow the rows are.
    """
    h = 1
    levels = 0
    while (1 << levels) < count:
        levels += 1
    if levels % 2 == 1:
        for g in range(0, count * w, 2 * w):
            a, b = x[g : g + w], x[g + w : g + 2 * w]
            for j in range(w):
                u, v = a[j], b[j]
                a[j] = u + v
                b[j] = u - v
        h = 2
    while h < count:
        size = h * w
        for g in range(0, count * w, 4 * size):
            a, b = x[g : g + size], x[g + size : g + 2 * size]
            c, d = x[g + 2 * size : g + 3 * size], x[g + 3 * size : g + 4 * size]
            for j in range(size):
                p, q = a[j] + b[j], a[j] - b[j]
                r, s = c[j] + d[j], c[j] - d[j]
                a[j] = p + r
                b[j] = q + s
                c[j] = p - r
                d[j] = q - s
        h *= 4


@njit()
def transform(
    X: np.ndarray, step: int, count: int, low: int, high: int, width: int, scratch: np.ndarray
) -> None:
    """Transform in place each set of `count` rows that lie `step` apart, ``low : high`` of them.

    `width` columns at a time go through `scratch`, which has room for count * width.
    """
    N = X.shape[0]
    for start in range(0, N, step * count):
        for first in range(start, start + step):
            for left in range(low, high, width):
                right = min(high, left + width)
                w = right - left
                for i in range(count):
                    row = X[first + i * step]
                    for j in range(w):
                        scratch[i * w + j] = row[left + j]
                butterflies(scratch, count, w)
                for i in range(count):
                    row = X[first + i * step]
                    for j in range(w):
                        row[left + j] = scratch[i * w + j]


@njit()
def parity(x: int) -> int:
    """Return the parity of the bits of x >= 0."""
    x ^= x >> 32
    x ^= x >> 16
    x ^= x >> 8
    x ^= x >> 4
    x ^= x >> 2
    x ^= x >> 1
    return x & 1


@njit()
def add_sampled(
    A: np.ndarray,
    low: int,
    signs: np.ndarray,
    first: int,
    sampled: np.ndarray,
    out: np.ndarray,
    scratch: np.ndarray,
) -> None:
    """out[r] += (H D A)[sampled[r], low : low + w] for out (r, w).

    A has the rows ``first ...`` of the whole matrix, which is zero elsewhere. With the rows of
    `scratch` (count, w) a power of two, H[k, o + i] = H[k, o] H[k % count, i] for o a multiple
    of it and i below it: blocks of so many rows are transformed, and of what is between blocks
    only the sampled outputs are formed.
    """
    count, w = scratch.shape
    flat = scratch.reshape(count * w)
    stop = first + A.shape[0]
    for block in range(first - first % count, stop, count):
        begin, end = max(block, first), min(block + count, stop)
        for i in range(0, (begin - block) * w):
            flat[i] = 0.0
        for i in range(begin, end):
            row = A[i - first, low : low + w]
            target = scratch[np.uint32(i - block)]
            sign = np.float64(signs[i])
            for j in range(w):
                target[j] = sign * row[j]
        for i in range((end - block) * w, count * w):
            flat[i] = 0.0
        butterflies(flat, count, w)
        for r in range(sampled.size):
            k = sampled[r]
            source = scratch[np.uint32(k & (count - 1))]
            flip = 1.0 - 2.0 * parity(k & block)
            target = out[np.uint32(r)]
            for j in range(w):
                target[j] += flip * source[j]
