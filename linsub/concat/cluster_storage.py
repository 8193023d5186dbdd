"""What a cluster is stored as, and its error, measured on what is stored."""

from __future__ import annotations

import dataclasses

import numpy as np

from linsub._core.dense import norms
from linsub.concat import bounds
from linsub.concat.cluster_compression import compress_blocks
from linsub.concat.collection import Collection

__all__ = ["StoredCluster", "store_cluster", "whole"]


@dataclasses.dataclass(frozen=True, eq=False)
class StoredCluster:
    """A basis with coefficients, or one block as it is.

    Attributes
    ----------
    members : list of int
        The blocks, ascending.
    U : ndarray (m, k), or None where the one block is stored whole
    parts : list of ndarray (k, n_i)
        Of scale times the blocks; empty where `U` is None.
    lower, upper : float
        Around ||M - U C||_F / ||M||_F; both zero for a zero matrix.
    errors : list of float
        An upper bound of ||scale (A_i - U C_i)||_F for each member.
    cost : int
        Numbers stored.
    exceeds : bool
        Whether the block is whole because no basis of the rank meets the budget.
    """

    members: list[int]
    U: np.ndarray | None
    parts: list[np.ndarray]
    lower: float
    upper: float
    errors: list[float]
    cost: int
    exceeds: bool = False

    @property
    def rank(self) -> int:
        return -1 if self.U is None else int(self.U.shape[1])


def whole(blocks: Collection, i: int, exceeds: bool = False) -> StoredCluster:
    """Return one block as it is."""
    cost = blocks.height * blocks.widths[i]
    return StoredCluster([i], None, [], 0.0, 0.0, [0.0], cost, exceeds)


def store_cluster(
    blocks: Collection, members: list[int], rank: int, error: float, keep: int
) -> list[StoredCluster]:
    """Return the cluster at the smallest rank that is measured to meet the budget.

    A cluster that does not meet it, which rounding alone can bring about, is halved; one
    that costs as much as its blocks is taken apart; a block without a basis is whole.
    """
    members = sorted(members)
    width = sum(blocks.widths[i] for i in members)
    found = compress_blocks(blocks, members, keep)
    cheaper = bounds.storage(blocks.height, width, None)
    open_ranks = np.flatnonzero(found.tails(rank)[0] <= error * error * found.energy)
    costly = False
    for k in range(
        int(open_ranks[0]) if open_ranks.size else rank + 1, min(rank, found.S.size) + 1
    ):
        if k * (blocks.height + width) >= cheaper:
            costly = True
            break
        stored = _measured(blocks, members, found.U[:, :k])
        if stored.upper <= error:
            return [stored]
    if len(members) == 1:
        exceeds = not costly or found.rank_for(rank, error) is None
        return [whole(blocks, members[0], exceeds)]
    halves = [[i] for i in members] if costly else [members[::2], members[1::2]]
    return [stored for half in halves for stored in store_cluster(blocks, half, rank, error, keep)]


def _measured(blocks: Collection, members: list[int], basis: np.ndarray) -> StoredCluster:
    """Project the blocks on the basis, and measure what the stored numbers give back.

    The residual is formed entry by entry from the rounded factors: its size rests neither
    on the orthogonality of the basis nor on how it was found.
    """
    U = np.ascontiguousarray(basis.astype(blocks.dtype))
    size_u = norms.frobenius(U)
    parts, residuals, errors = [], [], []
    squares_c = 0.0
    for i in members:
        A = blocks.block(i)
        C = U.conj().T @ A
        R = norms.frobenius(A - U @ C)
        size_c = norms.frobenius(C)
        slack = _slack(
            blocks, blocks.widths[i], U.shape[1], float(blocks.squares[i]), size_u, size_c
        )
        parts.append(C)
        residuals.append(R)
        errors.append(R + slack)
        squares_c += size_c**2
    width = sum(blocks.widths[i] for i in members)
    energy = float(blocks.squares[members].sum())
    slack = _slack(blocks, width, U.shape[1], energy, size_u, float(np.sqrt(squares_c)))
    lower, upper = bounds.relative_enclosure(
        float(np.linalg.norm(residuals)), slack, float(np.sqrt(energy)), blocks.height * width
    )
    cost = U.shape[1] * (blocks.height + width)
    return StoredCluster(members, U, parts, lower, upper, errors, cost)


def _slack(
    blocks: Collection, width: int, rank: int, energy: float, basis: float, coefficients: float
) -> float:
    return bounds.reconstruction_rounding(
        (blocks.height, width, rank),
        float(np.sqrt(energy)),
        basis,
        coefficients,
        blocks.eps,
        float(np.finfo(blocks.dtype).smallest_subnormal),
        blocks.scale,
    )
