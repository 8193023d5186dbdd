"""Where each row goes, and with which sign: a function of the key and the row alone."""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["hash_blocks", "mix"]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


@njit()
def mix(x: np.uint64) -> np.uint64:
    """Return the bits of x stirred (the finalizer of splitmix64), a bijection."""
    x = (x ^ (x >> np.uint64(30))) * _FIRST
    x = (x ^ (x >> np.uint64(27))) * _SECOND
    return x ^ (x >> np.uint64(31))


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
    count = targets.shape[1]
    for i in range(targets.shape[0]):
        x = mix(key0 + _STEP * np.uint64(first + i))
        for k in range(count):
            # A second key, or two keys that differ little would give shifted hashes.
            bits = mix((x ^ key1) + _STEP * np.uint64(k + 1))
            size = np.uint64(starts[k + 1] - starts[k])
            where = ((bits >> np.uint64(32)) * size) >> np.uint64(32)
            targets[i, k] = starts[k] + np.int64(where)
            signs[i, k] = 1 - 2 * np.int64(bits & np.uint64(1))
