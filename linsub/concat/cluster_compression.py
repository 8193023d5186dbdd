"""A group of blocks as one truncated factor that knows what it has dropped."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from linsub._core.dense.svd import svd
from linsub.concat import bounds
from linsub.concat.collection import Collection

__all__ = ["OVERSAMPLING", "Compressed", "compress", "compress_blocks", "join"]

# Directions that are kept beyond the rank, for what is dropped to lie below the cut of the next
# merges too. That of Shamrai's code; with 0, 2 and 10 the ratios of benchmarks/clustering.py
# are lower by 0 to 2%.
OVERSAMPLING = 5

# Columns that are factored at one go where a group is long: fewer truncations, and an SVD
# of this width costs less than what reading it does.
_BATCH = 512


@dataclasses.dataclass(frozen=True, eq=False)
class Compressed:
    """M M^H = U S^2 U^H + D for blocks M, with D positive semidefinite.

    Attributes
    ----------
    U : ndarray (m, k)
    S : ndarray (k,)
        In double precision, like U, whatever the blocks are in.
    dropped : float
        tr D: the squares of all singular values that were discarded (T1).
    peak : float
        A bound of ||D||_2: the squares of the largest one of each truncation.
    energy : float
        ||M||_F^2.
    width : int
        Columns of M.
    """

    U: np.ndarray
    S: np.ndarray
    dropped: float
    peak: float
    energy: float
    width: int

    @property
    def columns(self) -> np.ndarray:
        """U S, whose Gram matrix with others' is that of the blocks up to D."""
        return np.asarray(self.U * self.S)

    def tails(self, rank: int) -> tuple[np.ndarray, np.ndarray]:
        """Return lower and upper bounds of tail_k(M)^2 for k = 0 .. rank (T2).

        Sums of squares that are left out, never a difference to ||M||^2: such a difference
        holds nothing below the rounding of the largest square.
        """
        return bounds.two_sided_tails(self.S, self.dropped, rank, top=self.peak)

    def rank_for(self, rank: int, error: float) -> int | None:
        """Return the smallest k <= rank whose error is certified to meet the budget."""
        fine = self.tails(rank)[1] <= error * error * self.energy
        return int(np.argmax(fine)) if fine.any() else None


def _double(A: np.ndarray) -> np.ndarray:
    return A.astype(np.complex128 if A.dtype.kind == "c" else np.float64, copy=False)


def _truncated(
    A: np.ndarray, keep: int, before: tuple[float, float], energy: float, width: int
) -> Compressed:
    U, S, _ = svd(A)
    squares = np.square(S[keep:])
    dropped = before[0] + float(squares.sum())
    peak = before[1] + (float(squares[0]) if squares.size else 0.0)
    return Compressed(
        np.ascontiguousarray(U[:, :keep]), S[:keep].copy(), dropped, peak, energy, width
    )


def compress(A: np.ndarray, energy: float, keep: int) -> Compressed:
    """Return the truncated factor of one block of the given ||A||_F^2."""
    return _truncated(_double(A), keep, (0.0, 0.0), energy, A.shape[1])


def join(a: Compressed, b: Compressed, keep: int) -> Compressed:
    """Return the truncated factor of both groups side by side."""
    return _truncated(
        np.concatenate([a.columns, b.columns], axis=1),
        keep,
        (a.dropped + b.dropped, a.peak + b.peak),
        a.energy + b.energy,
        a.width + b.width,
    )


def compress_blocks(blocks: Collection, members: Iterable[int], keep: int) -> Compressed:
    """Return the truncated factor of some blocks of a collection, read once."""
    limit = max(_BATCH, 4 * keep)
    state: Compressed | None = None
    batch: list[np.ndarray] = []
    energy, width = 0.0, 0

    def flush() -> Compressed:
        part = compress(np.concatenate(batch, axis=1), energy, keep)
        return part if state is None else join(state, part, keep)

    for i in members:
        batch.append(_double(blocks.block(i)))
        energy, width = energy + float(blocks.squares[i]), width + blocks.widths[i]
        if width >= limit:
            state = flush()
            batch, energy, width = [], 0.0, 0
    return flush() if batch or state is None else state
