"""Where each row goes, and with which sign: a function of the key and the row's number alone."""

from __future__ import annotations

import math

import numpy as np

from linsub._core.jit import njit

__all__ = ["hash_blocks", "hash_signs", "select"]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_TWO_53 = 2.0**-53


@njit()
def mix(x: np.uint64) -> np.uint64:
    """Return the bits of x stirred (the finalizer of splitmix64), a bijection."""
    x = (x ^ (x >> np.uint64(30))) * _FIRST
    x = (x ^ (x >> np.uint64(27))) * _SECOND
    return x ^ (x >> np.uint64(31))


@njit()
def _bits(key0: np.uint64, key1: np.uint64, row: int, k: int) -> np.uint64:
    """Return the k-th 64 random bits of a row."""
    # With one key alone the hashes of two keys would be shifts of one another.
    x = mix(key0 + _STEP * np.uint64(row))
    return mix((x ^ key1) + _STEP * np.uint64(k + 1))


@njit()
def hash_blocks(
    key0: np.uint64,
    key1: np.uint64,
    first: int,
    starts: np.ndarray,
    targets: np.ndarray,
    signs: np.ndarray,
) -> None:
    """Fill ``targets`` and ``signs`` (b, s): row first + i has one target in each block of outputs.

    Block k holds the outputs ``starts[k] .. starts[k + 1] - 1``.
    """
    for i in range(targets.shape[0]):
        for k in range(targets.shape[1]):
            bits = _bits(key0, key1, first + i, k)
            size = np.uint64(starts[k + 1] - starts[k])
            where = ((bits >> np.uint64(32)) * size) >> np.uint64(32)
            targets[i, k] = starts[k] + np.int64(where)
            signs[i, k] = 1 - 2 * np.int64(bits & np.uint64(1))


@njit()
def hash_signs(
    key0: np.uint64,
    key1: np.uint64,
    first: int,
    m: int,
    density: float,
    ptr: np.ndarray,
    targets: np.ndarray,
    signs: np.ndarray,
) -> int:
    """Fill the targets of each row: every output with probability `density`, independently.

    The gaps between them are geometric. Returns how many rows were filled before there was no
    room for another one.
    """
    scale = -1.0 / math.log1p(-density) if density < 1.0 else 0.0
    at = 0
    ptr[0] = 0
    for i in range(ptr.size - 1):
        t, k = -1, 0
        while True:
            bits = _bits(key0, key1, first + i, k)
            k += 1
            u = (np.float64(np.int64(bits >> np.uint64(11))) + 0.5) * _TWO_53
            gap = -math.log(u) * scale
            if gap >= m - 1 - t:
                break
            t += 1 + int(gap)
            if at == targets.size:
                return i
            targets[at] = t
            signs[at] = 1 - 2 * np.int64(bits & np.uint64(1))
            at += 1
        ptr[i + 1] = at
    return int(ptr.size - 1)


@njit()
def select(
    ptr: np.ndarray, targets: np.ndarray, signs: np.ndarray, low: int, high: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what of a table goes to the outputs ``low : high``, numbered from low on."""
    where = np.zeros_like(ptr)
    at = 0
    for i in range(ptr.size - 1):
        for q in range(ptr[i], ptr[i + 1]):
            at += low <= targets[q] < high
        where[i + 1] = at
    kept, kept_signs = np.empty(at, targets.dtype), np.empty(at, signs.dtype)
    at = 0
    for q in range(targets.size):
        if low <= targets[q] < high:
            kept[at], kept_signs[at] = targets[q] - low, signs[q]
            at += 1
    return where, kept, kept_signs
