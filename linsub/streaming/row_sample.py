"""Rows drawn with probability proportional to their squares, whatever the order of the stream."""

from __future__ import annotations

import numpy as np

from linsub._core.random import Streams

__all__ = ["RowSample"]


class RowSample:
    """k independent draws of a row, row i with probability ``||a_i||^2 / ||A||_F^2``.

    ``||A v||^2`` is ``||A||_F^2`` times the mean of the squared cosines of v to the draws, for any
    v that does not depend on them, in any order of the rows.
    """

    def __init__(self, d: int, size: int, streams: Streams) -> None:
        self.streams = streams
        self.rows = np.zeros((size, d))  # of norm 1; zero before the first draw
        self.mass = 0.0
        self.chunks = 0

    def copy(self) -> RowSample:
        """Return a sample that goes on from here on its own."""
        made = RowSample.__new__(RowSample)
        made.streams, made.rows = self.streams, self.rows.copy()
        made.mass, made.chunks = self.mass, self.chunks
        return made

    def rescale(self, p: int) -> None:
        """Go over to rows that are 2^p times as large."""
        self.mass = float(np.ldexp(self.mass, 2 * p))

    def absorb(self, X: np.ndarray, squares: np.ndarray) -> None:
        """Let each draw move to one of these rows with its probability."""
        k = self.rows.shape[0]
        uniforms = self.streams.generator("sample", self.chunks).random((2, k))
        self.chunks += 1
        sums = np.cumsum(squares)
        mass = float(sums[-1]) if sums.size else 0.0
        if mass == 0.0:
            return
        self.mass += mass
        moved = np.flatnonzero(uniforms[0] * self.mass < mass)
        chosen = np.searchsorted(sums, uniforms[1, moved] * mass, side="right")
        chosen = np.minimum(chosen, np.flatnonzero(squares)[-1])
        self.rows[moved] = X[chosen] / np.sqrt(squares[chosen])[:, None]

    def estimate(self, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return estimates of ``||A w||^2`` for columns w of norm 1, and their standard errors."""
        k = self.rows.shape[0]
        if self.mass == 0.0 or k < 2:
            return np.zeros(W.shape[1]), np.full(W.shape[1], np.inf)
        cosines = np.square(self.rows @ W)
        error = self.mass * cosines.std(axis=0, ddof=1) / np.sqrt(k)
        return self.mass * cosines.mean(axis=0), error
