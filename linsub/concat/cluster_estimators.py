"""What the three published algorithms know about the error of a growing cluster.

Each holds an upper bound of E_r(M)^2 ||M||_F^2 as a sum of squares. The published code
takes 1 - (sum of eigenvalues) / ||M||^2, which is zero long before the error is.
"""

from __future__ import annotations

import abc

import numpy as np

from linsub._core.dense.qr import orthonormalize
from linsub._core.dense.svd import singular_values
from linsub.concat.cluster_compression import compress, compress_blocks, join
from linsub.concat.collection import Collection

__all__ = ["Estimate", "IncrementalEstimate", "ResidualEstimate", "WeylEstimate"]


class Estimate(abc.ABC):
    """The error of one growing cluster."""

    def __init__(self, blocks: Collection, rank: int, error: float, keep: int) -> None:
        self.blocks, self.rank, self.keep = blocks, rank, keep
        self.budget = error * error
        self.energy = 0.0

    @abc.abstractmethod
    def start(self, seed: list[int]) -> bool:
        """Begin with these blocks; False where their error exceeds the budget."""

    @abc.abstractmethod
    def add(self, i: int) -> bool:
        """Take in block i, or leave all as it is and return False."""

    def _fits(self, rest: float, energy: float) -> bool:
        return rest <= self.budget * energy

    def _singular_squares(self, seed: list[int]) -> np.ndarray:
        A = np.concatenate([self.blocks.block(i) for i in seed], axis=1)
        return np.asarray(np.square(singular_values(A).astype(np.float64)))


class WeylEstimate(Estimate):
    """B1: columns that are appended lower no singular value.

    The energy of the seed beyond the rank, and all of the others'. Where the seed is no
    wider than the rank, the first term is zero; a block that is wider has its own tail.
    """

    def start(self, seed: list[int]) -> bool:
        self.energy = float(self.blocks.squares[seed].sum())
        self.rest = 0.0
        if sum(self.blocks.widths[i] for i in seed) > self.rank:
            self.rest = float(self._singular_squares(seed)[self.rank :].sum())
        return self._fits(self.rest, self.energy)

    def add(self, i: int) -> bool:
        square = float(self.blocks.squares[i])
        if not self._fits(self.rest + square, self.energy + square):
            return False
        self.rest, self.energy = self.rest + square, self.energy + square
        return True


class ResidualEstimate(Estimate):
    """B2, the sum form: singular values of the parts beyond the span of those before.

    ``sum_{i<=r} sigma_i(M)^2 >= sum_{i<=r} T_(i)^2``; what is left over are the smaller T
    and all of the energy inside of the span.
    """

    def start(self, seed: list[int]) -> bool:
        first = compress_blocks(self.blocks, seed, self.blocks.height)
        self.Q = first.U[:, first.S > 0]
        self.squares = np.square(first.S)
        self.inside = first.dropped
        self.energy = first.energy
        return self._fits(self._rest(self.squares, self.inside), self.energy)

    def _rest(self, squares: np.ndarray, inside: float) -> float:
        return float(np.sort(squares)[::-1][self.rank :].sum()) + inside

    def add(self, i: int) -> bool:
        A = self.blocks.block(i).astype(self.Q.dtype, copy=False)
        energy = self.energy + float(self.blocks.squares[i])
        new = orthonormalize(A, against=self.Q)
        squares = np.append(self.squares, np.square(singular_values(new.R)))
        inside = self.inside + float(np.square(np.abs(new.H)).sum())
        if not self._fits(self._rest(squares, inside), energy):
            return False
        self.squares, self.inside, self.energy = squares, inside, energy
        self.Q = np.concatenate([self.Q, new.Q], axis=1)
        return True


class IncrementalEstimate(Estimate):
    """B3, Brand's incremental SVD without V: an upper bound of the error (T2)."""

    def start(self, seed: list[int]) -> bool:
        self.state = compress_blocks(self.blocks, seed, self.keep)
        return self._within()

    def _within(self) -> bool:
        rest = float(self.state.tails(self.rank)[1][-1])
        return self._fits(rest, self.state.energy)

    def add(self, i: int) -> bool:
        before = self.state
        block = compress(self.blocks.block(i), float(self.blocks.squares[i]), self.keep)
        self.state = join(before, block, self.keep)
        if not self._within():
            self.state = before
            return False
        return True
