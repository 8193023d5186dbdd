"""Nodes that the eigenvectors do not know of: labels by the nearest subspace of a cluster."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.svd import svd

__all__ = ["by_nearest_subspace"]

# Share of the energy of a cluster's samples that its subspace holds.
_ENERGY = 0.95


def by_nearest_subspace(
    rows: np.ndarray, labels: np.ndarray, parts: list[np.ndarray], k: int
) -> np.ndarray:
    """Return labels in which each part has that of the subspace that holds most of it.

    `rows` (N, D) are unit; there is at least one part; `labels` are -1 where they are to be found.
    All subspaces get one dimension, the median of what each would need: a wider one would attract
    what is nobody's.
    """
    labels = labels.copy()
    inside = [np.flatnonzero(labels == cluster) for cluster in range(k)]
    factors = [svd(rows[members])[1:] for members in inside]
    needed = [
        1 + int(np.searchsorted(np.cumsum(s**2), _ENERGY * np.square(s).sum()))
        for s, _ in factors
        if s.size
    ]
    rank = max(1, int(np.median(needed))) if needed else 1
    largest = int(np.argmax([members.size for members in inside]))
    nodes = np.concatenate(parts)
    starts = np.cumsum([0, *(part.size for part in parts[:-1])])
    amounts = [np.square(rows[nodes] @ Vh[:rank].T).sum(axis=1) for _, Vh in factors]
    held = np.add.reduceat(np.stack(amounts, axis=1), starts, axis=0)
    chosen = np.where(held.any(axis=1), np.argmax(held, axis=1), largest)
    labels[nodes] = np.repeat(chosen, [part.size for part in parts])
    return labels
