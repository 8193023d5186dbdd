"""What StreamingTopEigenvector keeps of a stream, and what a chunk of rows does to it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.svd import svd
from linsub._core.random import Streams
from linsub.streaming.block_chains import BlockChains
from linsub.streaming.fd_shrink import Policy, shrink
from linsub.streaming.rate_grid import RateGrid
from linsub.streaming.row_sample import RowSample

__all__ = ["EPS", "Settings", "TopState"]

EPS = float(np.finfo(np.float64).eps)

# Rows are taken in by so many at once, counted from the first: the result does not depend on
# how they came in blocks. A chunk of 1000 columns fits a second-level cache.
CHUNK = 128

# With the covariance matrix each chunk reads and writes d^2 numbers: more rows share them.
_LARGEST_CHUNK = 512

# Standard errors by which two estimates of one number must differ for the order of the rows
# to be called other than random. The tails of both estimates are heavier than normal ones.
_SUSPICIOUS = 6.0


@dataclasses.dataclass(frozen=True)
class Settings:
    """The options of a stream, with the method settled."""

    method: str
    sketch_size: int
    heavy_rows: int
    heavy_threshold: float
    n_rates: int
    n_chains: int
    n_sampled: int

    @property
    def has_grid(self) -> bool:
        return self.method in ("combined", "oja_grid")

    @property
    def has_chains(self) -> bool:
        return self.method in ("combined", "block_power", "oja_grid")


class TopState:
    """The parts; all numbers are of the rows times ``2^-exponent``, which are below 1.

    Attributes
    ----------
    chunk : int
        Rows that are taken in at once.
    total : float
        ``||A||_F^2``.
    heavy, heavy_squares : ndarray (h, d), (h,)
        Rows that are kept as they are.
    sketch, shrinkage, rounding : ndarray (r, d), float, float
        Of the light rows.
    gram : ndarray (d, d) or None
        ``A^T A``, where the method keeps it.
    suspicion : float
        The largest difference of two estimates so far, in standard errors.
    """

    def __init__(self, d: int, settings: Settings, streams: Streams) -> None:
        self.d, self.settings, self.streams = d, settings, streams
        self.exponent: int | None = None
        self.chunk = CHUNK
        self.n_rows = self.chunks = 0
        self.total = self.shrinkage = self.rounding = self.suspicion = 0.0
        self.heavy = self.sketch = np.zeros((0, d))
        self.heavy_squares = np.zeros(0)
        self.gram: np.ndarray | None = None
        self.grid: RateGrid | None = None
        self.chains: BlockChains | None = None
        self.sample: RowSample | None = None
        if settings.method == "covariance":
            self.gram = np.zeros((d, d))
            self.chunk = max(CHUNK, min(_LARGEST_CHUNK, d))
        if settings.has_grid:
            self.grid = RateGrid(d, settings.n_rates, streams)
        if settings.has_chains:
            # Beside the grid alone they only time the blocks and watch its averages.
            limit = 1 if settings.method == "oja_grid" else settings.n_chains
            self.chains = BlockChains(d, limit, streams)
            self.sample = RowSample(d, settings.n_sampled, streams)

    def copy(self) -> TopState:
        """Return a state that goes on from here on its own."""
        made = TopState.__new__(TopState)
        made.__dict__.update(vars(self))
        for name in ("grid", "chains", "sample"):
            part = getattr(self, name)
            setattr(made, name, None if part is None else part.copy())
        return made

    def absorb(self, X: np.ndarray) -> None:
        """Take in a chunk of rows, finite numbers in double precision."""
        X = self._scaled(X)
        squares = np.einsum("ij,ij->i", X, X)
        self.total += float(squares.sum())
        self.n_rows += X.shape[0]
        self.chunks += 1
        if self.gram is not None:
            self.gram = self.gram + X.T @ X
            return
        if self.grid is not None:
            self.grid.absorb(X, squares, self.total)
        light, squares = self._split(X, squares)
        self._sketch(light)
        if self.chains is None or self.sample is None:
            return
        self.sample.absorb(light, squares)
        self.chains.absorb(light, squares)
        if self.chains.is_complete():
            self._turn()

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        """Return the rows in the unit of the state, which follows the largest entry."""
        peak = norms.max_abs(X)
        if peak > 0.0:
            p = int(np.frexp(peak)[1])
            if self.exponent is not None and p > self.exponent:
                self._rescale(self.exponent - p)
            self.exponent = p if self.exponent is None else max(p, self.exponent)
        p = -(self.exponent or 0)
        # A product with a power of two that is a normal number is the same, and ten times as fast.
        return X * math.ldexp(1.0, p) if abs(p) <= 1000 else norms.ldexp(X, p)

    def _rescale(self, p: int) -> None:
        """Go over to rows that are 2^p times as large."""
        for name in ("total", "shrinkage", "rounding"):
            setattr(self, name, math.ldexp(getattr(self, name), 2 * p))
        self.heavy, self.sketch = np.ldexp(self.heavy, p), np.ldexp(self.sketch, p)
        self.heavy_squares = np.ldexp(self.heavy_squares, 2 * p)
        self.gram = None if self.gram is None else np.ldexp(self.gram, 2 * p)
        for part in (self.grid, self.chains, self.sample):
            if part is not None:
                part.rescale(p)

    def _split(self, X: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Keep the heaviest rows of old and new, and return all others."""
        limit = self.settings.heavy_rows
        if limit == 0:
            return X, squares
        rows = np.concatenate([self.heavy, X])
        squares = np.concatenate([self.heavy_squares, squares])
        least = max(self.settings.heavy_threshold * self.total / self.d, 5e-324)
        heavy = np.flatnonzero(squares >= least)
        if heavy.size > limit:
            heavy = np.sort(heavy[np.argsort(-squares[heavy], kind="stable")[:limit]])
        self.heavy, self.heavy_squares = rows[heavy], squares[heavy]
        light = np.setdiff1d(np.arange(squares.size), heavy)
        return rows[light], squares[light]

    def _sketch(self, rows: np.ndarray) -> None:
        size = self.settings.sketch_size
        if size == 0 or rows.shape[0] == 0:
            return
        stacked = np.concatenate([self.sketch, rows])
        found = shrink(stacked, None, Policy(size, size, "fd", "auto"))
        self.sketch = found.rows
        self.shrinkage += found.delta
        self.rounding += found.rounding

    def _turn(self) -> None:
        assert self.chains is not None
        self.suspicion = max(self.suspicion, self.disagreement())
        guests, shift = np.zeros((self.d, 0)), 0
        if self.grid is not None:
            guests, shift = self.grid.averaged(), self.grid.shifted
            self.grid.mark()
        seeds = [self.kept_spectrum(1)[1][:, 0], *self.chains.combined(self.heavy)]
        self.chains.turn(self.heavy, guests, shift, seeds)

    def kept_spectrum(self, top: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the largest eigenvalues of ``S = B^T B + H^T H`` and their vectors, as columns."""
        _, sigma, Vh = svd(np.concatenate([self.sketch, self.heavy]))
        values = np.zeros(top)
        k = min(top, sigma.size)
        values[:k] = np.square(sigma[:k])
        vectors = np.eye(self.d, top)
        if k and values[0] > 0.0:
            vectors[:, :k] = Vh[:k].T
        return values, vectors

    def disagreement(self) -> float:
        """Return by how many standard errors a block and a sample of all rows differ at most."""
        assert self.chains is not None
        assert self.sample is not None
        if self.chains.block_rows < 32:
            return 0.0
        ahead, error = self.chains.measured(self.heavy)
        W = self.chains.watched()
        sampled, other = self.sample.estimate(W)
        sampled = sampled + np.square(self.heavy @ W).sum(axis=0)
        both = np.hypot(error, other)
        apart = np.where(both > 0.0, np.abs(ahead - sampled) / np.where(both > 0.0, both, 1.0), 0.0)
        return float(apart.max(initial=0.0))

    def doubt(self) -> float:
        """Return the largest disagreement so far, the block in progress included."""
        return 0.0 if self.chains is None else max(self.suspicion, self.disagreement())

    def is_disordered(self) -> bool:
        """Tell whether the rows so far do not look randomly ordered."""
        return self.doubt() > _SUSPICIOUS
