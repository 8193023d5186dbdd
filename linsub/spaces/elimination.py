"""Reduced row echelon form over exact fields, which is the canonical basis of a row space.

Over GF(2) rows are packed into words of 64 columns and added by XOR; over GF(p) residues are
64-bit integers; over the rationals Bareiss' elimination keeps integers, all of them minors of
the matrix, and rows end as primitive integer vectors.
"""

from __future__ import annotations

import math

import numpy as np

from linsub.spaces.bounds import minor_bits
from linsub.spaces.fields import Field

__all__ = ["reduced"]

# Bareiss' step subtracts two products of minors: in 64 bits where each has 30.
_SMALL = 30.0

# Entries from which on packing bits pays (32 x 32: 30 us beside 34; 64 x 64: 116 beside 365).
_PACKED = 1024


def reduced(M: np.ndarray, field: Field) -> tuple[np.ndarray, np.ndarray]:
    """Return the nonzero rows of the canonical form of M, and the columns of their pivots.

    M is of dtype int64 with entries in 0 .. p - 1 for GF(p), and holds Python integers for the
    rationals. Pivots are 1 over GF(p), and positive with rows of greatest common divisor 1
    over the rationals. M itself is left as it is.
    """
    m, n = M.shape
    if m == 0 or n == 0:
        return M[:0], np.zeros(0, dtype=np.int64)
    if field.p == 2 and M.size >= _PACKED:
        return _modulo_two(M)
    if not field.p:
        return _rational(M)
    from linsub.spaces._kernels.elimination import reduce_modulo

    R = np.array(M, dtype=np.int64, order="C")
    pivots = np.empty(min(m, n), dtype=np.int64)
    rank = reduce_modulo(R, field.p, pivots)
    return (R if rank == m else R[:rank].copy()), pivots[:rank]


def _modulo_two(M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from linsub.spaces._kernels.elimination import reduce_packed

    m, n = M.shape
    words = -(-n // 64)
    packed = np.zeros((m, 8 * words), dtype=np.uint8)
    packed[:, : -(-n // 8)] = np.packbits(M.astype(np.uint8), axis=1, bitorder="little")
    W = packed.view("<u8").astype(np.uint64)
    pivots = np.empty(min(m, n), dtype=np.int64)
    rank = reduce_packed(W, n, pivots)
    bits = np.ascontiguousarray(W[:rank].astype("<u8")).view(np.uint8)
    R = np.unpackbits(bits, axis=1, count=n, bitorder="little")
    return R.astype(np.int64), pivots[:rank]


def _rational(M: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bareiss' fraction-free elimination, in the form of Gauss and Jordan.

    After k pivots every entry is a minor of order k or k + 1, and the division by the pivot
    before is exact; so all pivots are equal in the end.
    """
    R = _primitive(M)
    m, n = R.shape
    size = max((abs(e) for e in R.flat), default=0)
    if size and minor_bits(min(m, n), size) < _SMALL:
        R = R.astype(np.int64)
    before, rank, j = 1, 0, 0
    columns, pivots = list(range(n)), []
    while rank < m and j < R.shape[1]:
        below = np.flatnonzero(R[rank:, j] != 0)
        if below.size == 0:
            j += 1
            continue
        i = rank + int(below[0])
        if i != rank:
            R[[rank, i]] = R[[i, rank]]
        pivot, factors = R[rank, j], R[:, j]
        R = np.delete(R, j, axis=1)  # columns of pivots are known
        row = R[rank]
        R = (R * pivot - np.outer(factors, row)) // before
        R[rank] = row
        before = pivot
        pivots.append(columns.pop(j))
        rank += 1
    found = np.zeros((rank, n), dtype=object)
    found[:, columns] = R[:rank] if before > 0 else -R[:rank]
    found[np.arange(rank), pivots] = abs(int(before))
    return _primitive(found), np.array(pivots, dtype=np.int64)


def _primitive(M: np.ndarray) -> np.ndarray:
    """Return the rows divided by the greatest common divisor of their entries."""
    made = M.copy()
    for i, row in enumerate(M):
        divisor = math.gcd(*row)
        if divisor > 1:
            made[i] = row // divisor
    return made
