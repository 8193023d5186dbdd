"""Many targets a round: which atoms to look at, and the optimum among them."""

import numpy as np

from linsub._core.jit import njit
from linsub.clustering._kernels.active_set import descend

__all__ = ["price_by_gram", "solve_on_working_sets"]


@njit(reassociate=True)
def price_by_gram(G, correlations, index, value, count, H):  # type: ignore[no-untyped-def]
    """Write correlations[i] - sum_p value[i, p] G[index[i, p]] to row i of H."""
    for i in range(H.shape[0]):
        out, given = H[i], correlations[i]
        for j in range(out.size):
            out[j] = given[j]
        for p in range(count[i]):
            factor, row = value[i, p], G[index[i, p]]
            for j in range(out.size):
                out[j] -= factor * row[j]


@njit()
def sift(keys, atoms, at, size):  # type: ignore[no-untyped-def]
    """Restore the heap, least key first, below an entry that was replaced."""
    while True:
        child = 2 * at + 1
        if child >= size:
            return
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[at] <= keys[child]:
            return
        keys[at], keys[child] = keys[child], keys[at]
        atoms[at], atoms[child] = atoms[child], atoms[at]
        at = child


@njit()
def gather(H, weights, level, taken, top, keys, W, w):  # type: ignore[no-untyped-def]
    """Append to W[:w] the atoms with the largest |H_j| / weights_j above a level, `top` at most."""
    heap = W[w:]
    size, root = np.int64(0), np.int64(0)
    least = level
    for j in range(H.size):
        key = np.abs(H[j])
        if weights.size > 1:
            key /= weights[j]
        if key <= least or taken[j]:
            continue
        if size < top:
            keys[size], heap[size] = key, j
            size += 1
            if size == top:
                for at in range(size // 2 - 1, -1, -1):
                    sift(keys, heap, at, size)
                least = keys[0]
        else:
            keys[0], heap[0] = key, j
            sift(keys, heap, root, size)
            least = keys[0]
    return w + size


@njit()
def solve_on_working_sets(  # type: ignore[no-untyped-def]
    S, by_gram, K, H, todo, owner, weights, lam, ridge, level, tol, floor, cap, top,
    index, value, count, status, G, L, vectors, ints, W, taken, keys,
):  # fmt: skip
    """Improve the codes of the targets todo[:], whose gradients are the rows of H.

    S: atoms as rows, or their Gram matrix (by_gram); K (t, n) correlations of the targets;
    owner (t,) the atom that a target must not use, or -1; weights (t, n), or (1, 1) for all 1; lam,
    ridge (t,) penalties; level (t,) atoms with |H_j| / weights_j above it come in, `top` (t,) at
    most; index, value (t, room), count, status (t,): codes, changed in place.
    G (room, width), L (room, room), vectors (6, width), ints (4, width), W (width,), taken (n,),
    keys (width,): workspace.
    """
    room, width = G.shape
    g, weight, c, h = vectors[0], vectors[1], vectors[2], vectors[3]
    signs, d = vectors[4], vectors[5]
    place, banned, A = ints[0], ints[1], ints[2]
    slots = ints[3]
    for i in todo:
        own = weights[min(i, weights.shape[0] - 1)]
        k = count[i]
        for p in range(k):
            W[p], c[p] = index[i, p], value[i, p]
            taken[W[p]] = True
        if owner[i] >= 0:
            taken[owner[i]] = True
        w = gather(H[i], own, level[i], taken, min(top[i], width - k), keys, W, k)
        for p in range(k):
            taken[W[p]] = False
        if owner[i] >= 0:
            taken[owner[i]] = False
        for q in range(w):
            g[q] = K[i, W[q]]
            weight[q] = lam[i] * (own[W[q]] if own.size > 1 else 1.0)
        found, ended = descend(
            S, by_gram, W, w, k, g, weight, ridge[i], tol, floor[i], cap, G, L, c, h, signs, place,
            banned, A[:room], slots[:room], d[:room],
        )  # fmt: skip
        for t in range(found):
            index[i, t], value[i, t] = W[A[t]], c[A[t]]
        count[i], status[i] = found, ended
