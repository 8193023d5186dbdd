"""Reduced row echelon form over GF(p) and, 64 columns a word, over GF(2)."""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["inverse", "reduce_modulo", "reduce_packed"]


@njit()
def inverse(a: int, p: int) -> int:
    """Return the inverse of a modulo the prime p, by Euclid's algorithm; 0 < a < p."""
    r, s = p, a
    x, y = 0, 1
    while s != 0:
        q = r // s
        r, s = s, r - q * s
        x, y = y, x - q * y
    return x % p


@njit()
def reduce_modulo(M: np.ndarray, p: int, pivots: np.ndarray) -> int:
    """Reduce M (int64, entries in 0 .. p - 1, p < 2**31) in place; return its rank.

    A product and an entry are below 2**62 + 2**31. Its quotient by p is found in floating point
    to within one, because it is below 2**31, and mended: no division in the inner loop.
    """
    m, n = M.shape
    over = 1.0 / p
    rank = 0
    for c in range(n):
        if rank == m:
            break
        i = rank
        while i < m and M[i, c] == 0:
            i += 1
        if i == m:
            continue
        row = M[rank, c:]
        other = M[i, c:]
        if i != rank:
            for j in range(n - c):
                row[j], other[j] = other[j], row[j]
        if row[0] != 1:
            f = inverse(row[0], p)
            for j in range(n - c):
                row[j] = row[j] * f % p
        for k in range(m):
            if k == rank or M[k, c] == 0:
                continue
            target = M[k, c:]
            f = p - target[0]
            for j in range(n - c):
                x = target[j] + f * row[j]
                x -= np.int64(np.float64(x) * over) * p
                x += p if x < 0 else 0
                target[j] = x - (p if x >= p else 0)
        pivots[rank] = c
        rank += 1
    return rank


@njit()
def reduce_packed(W: np.ndarray, n: int, pivots: np.ndarray) -> int:
    """Reduce the rows of W (uint64, column c is bit c % 64 of word c // 64); return the rank."""
    m, words = W.shape
    one = np.uint64(1)
    rank = 0
    for c in range(n):
        if rank == m:
            break
        w = c >> 6
        bit = one << np.uint64(c & 63)
        i = rank
        while i < m and W[i, w] & bit == 0:
            i += 1
        if i == m:
            continue
        row = W[rank, w:]
        other = W[i, w:]
        if i != rank:
            for j in range(words - w):
                row[j], other[j] = other[j], row[j]
        for k in range(m):
            if k != rank and W[k, w] & bit != 0:
                target = W[k, w:]
                for j in range(words - w):
                    target[j] ^= row[j]
        pivots[rank] = c
        rank += 1
    return rank
