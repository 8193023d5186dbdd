"""Seed and grow: the frame of the three published clustering algorithms."""

from __future__ import annotations

import numpy as np

from linsub._core.progress import Progress
from linsub.concat.cluster_compression import compress_blocks
from linsub.concat.cluster_estimators import (
    Estimate,
    IncrementalEstimate,
    ResidualEstimate,
    WeylEstimate,
)
from linsub.concat.collection import Collection

__all__ = ["ESTIMATES", "grow"]

ESTIMATES: dict[str, type[Estimate]] = {
    "incremental": IncrementalEstimate,
    "residual": ResidualEstimate,
    "weyl": WeylEstimate,
}


def grow(
    blocks: Collection,
    members: list[int],
    rank: int,
    error: float,
    *,
    method: str,
    order: str,
    patience: int,
    keep: int,
) -> list[list[int]]:
    """Group the blocks `members`, none of them zero, one cluster after another.

    A cluster starts from the largest block that is left and those after it that fit into
    `rank` columns together, and takes in candidates for as long as the estimate of its
    error stays within the budget. After `patience` clusters in a row that took in nothing
    the rest are left alone.
    """
    left = sorted(members, key=lambda i: (-blocks.squares[i], i))
    clusters: list[list[int]] = []
    barren = 0
    with Progress(len(left), "clustering blocks") as progress:
        while left and barren < patience:
            seed = _seed(blocks, left, rank)
            estimate: Estimate = ESTIMATES[method](blocks, rank, error, keep)
            grown: list[int] = []
            if estimate.start(seed):
                grown = _grown(blocks, estimate, left[len(seed) :], seed, order)
                barren = 0 if grown else barren + 1
            else:
                seed = seed[:1]  # a block beyond the budget: its own cluster, stored whole
            taken = {*seed, *grown}
            clusters.append([*seed, *grown])
            left = [i for i in left if i not in taken]
            progress.advance(len(taken), note=f"{len(clusters)} clusters")
    return clusters + [[i] for i in left]


def _seed(blocks: Collection, left: list[int], rank: int) -> list[int]:
    """Return the largest block and those after it while all fit into `rank` columns."""
    seed, width = [left[0]], blocks.widths[left[0]]
    for i in left[1:]:
        width += blocks.widths[i]
        if width > rank:
            break
        seed.append(i)
    return seed


def _grown(
    blocks: Collection, estimate: Estimate, candidates: list[int], seed: list[int], order: str
) -> list[int]:
    if order == "norm":
        queue = candidates[::-1]
    else:
        queue = _by_residual(blocks, candidates, seed)
    grown: list[int] = []
    for i in queue:
        if not estimate.add(i):
            break
        grown.append(i)
    return grown


def _by_residual(blocks: Collection, candidates: list[int], seed: list[int]) -> list[int]:
    """Sort by ||(I - Q Q^H) A_i||_F, Q an orthonormal basis of the seed."""
    found = compress_blocks(blocks, seed, blocks.height)
    Q = found.U[:, found.S > 0].astype(blocks.dtype)
    sizes = []
    for i in candidates:
        A = blocks.block(i)
        # Here a difference of squares will do: it decides on an order and on no error.
        inside = np.square(np.abs(Q.conj().T @ A)).sum(dtype=np.float64)
        sizes.append(blocks.squares[i] - float(inside))
    return [candidates[k] for k in np.argsort(sizes, kind="stable")]
