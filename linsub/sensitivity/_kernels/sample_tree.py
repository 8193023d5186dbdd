"""Trees of partial sums: build them, draw leaves in proportion to their mass, change a leaf.

A forest lies in one array: tree r, of n = starts[r + 1] - starts[r] leaves, fills the places
2 starts[r] up to 2 starts[r + 1]. Its node k has the children 2 k and 2 k + 1, the root is 1, place
0 is not used, and its leaves are the nodes n .. 2 n - 1, turned so that from left to right they
are items 0, 1, ..., n - 1. Nodes are sums of their children, at every moment.
"""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["build", "draw", "set_leaf"]


@njit()
def _leftmost(n: int) -> int:
    """Return the node that is the leaf of item 0: the first one of the deepest level."""
    first = 1
    while first < n:
        first *= 2
    return first


@njit()
def build(masses: np.ndarray, starts: np.ndarray, tree: np.ndarray) -> None:
    """Fill the trees of all items, from the leaves up; `masses` must not be negative."""
    for r in range(starts.size - 1):
        first, n = starts[r], starts[r + 1] - starts[r]
        base = 2 * first
        left = _leftmost(n)
        for i in range(n):
            k = left + i
            if k >= 2 * n:
                k -= n
            tree[base + k] = masses[first + i]
        for k in range(n - 1, 0, -1):
            tree[base + k] = tree[base + 2 * k] + tree[base + 2 * k + 1]


@njit()
def set_leaf(tree: np.ndarray, base: int, n: int, item: int, mass: float) -> None:
    """Give an item of the tree at `base` another mass, and recompute what lies above it."""
    k = _leftmost(n) + item
    if k >= 2 * n:
        k -= n
    tree[base + k] = mass
    k //= 2
    while k > 0:
        tree[base + k] = tree[base + 2 * k] + tree[base + 2 * k + 1]
        k //= 2


@njit()
def draw(
    tree: np.ndarray, starts: np.ndarray, which: np.ndarray, uniforms: np.ndarray, out: np.ndarray
) -> int:
    """Put into out[t] the item of tree which[t] (or of which[0]) at the quantile uniforms[t].

    Returns
    -------
    int
        The first t whose tree is empty or without mass, or -1.
    """
    n, left = -1, 1
    for t in range(uniforms.size):
        r = which[t] if which.size > 1 else which[0]
        base = 2 * starts[r]
        size = starts[r + 1] - starts[r]
        if size != n:
            n = size
            left = _leftmost(n)
        if n == 0 or not tree[base + 1] > 0.0:
            return t
        x = uniforms[t] * tree[base + 1]
        k = 1
        while k < n:
            k *= 2
            # A child without mass is never entered, wherever rounding has put x.
            if x >= tree[base + k] and tree[base + k + 1] > 0.0:
                x -= tree[base + k]
                k += 1
        out[t] = k - left if k >= left else k - left + n
    return -1
