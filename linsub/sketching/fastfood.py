"""Fastfood: products of Hadamard matrices, diagonals and a permutation."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub._core.random import RNGLike, Streams
from linsub.sketching.hadamard import padded, transform_rows
from linsub.sketching.operator import Sketch

__all__ = ["Fastfood"]


class Fastfood(Sketch):
    """S = V / (sqrt(m) ||g||) from blocks V = H G Pi H B of side N, the power of two above n.

    H is the Hadamard matrix, B has random signs, Pi is a permutation and G has independent
    normal numbers g. The m outputs are the first of ceil(m / N) such blocks, each with random
    numbers of its own.

    Parameters
    ----------
    n, m, rng
        As for :class:`OSNAP`; m may exceed n.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import Fastfood
    >>> P = Fastfood(4, 16, rng=0).toarray()
    >>> np.allclose(np.linalg.norm(P, axis=0), 1.0)
    True
    """

    def __init__(self, n: int, m: int, *, rng: RNGLike | Streams = None) -> None:
        super().__init__(n, m, rng=rng)
        self._side = padded(self._n)
        self._blocks = [self._draw(b) for b in range(-(-self._m // self._side))]

    def _draw(self, b: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the signs, the permutation and g / ||g|| of a block."""
        generator = self._streams.generator("sketch", b)
        signs = 1.0 - 2.0 * generator.integers(0, 2, self._side)
        order = generator.permutation(self._side)
        g = generator.standard_normal(self._side)
        return signs, order, g / np.linalg.norm(g)

    def _scale(self) -> Any:
        return 1.0 / np.sqrt(self._m)

    def _add(self, A: Any, first: int, out: np.ndarray) -> None:
        X = A.toarray() if sparse.issparse(A) else A
        stop, N = first + X.shape[0], self._side
        for b, (signs, order, g) in enumerate(self._blocks):
            Z = np.zeros((N, X.shape[1]), out.dtype)
            Z[first:stop] = signs[first:stop, None] * X
            transform_rows(Z)
            Z = g[:, None] * Z[order]
            transform_rows(Z)
            piece = out[b * N : (b + 1) * N]
            piece += Z[: piece.shape[0]]

    def _adjoint(self, Y: np.ndarray, first: int, stop: int) -> np.ndarray:
        out = np.zeros((stop - first, Y.shape[1]), Y.dtype)
        N = self._side
        for b, (signs, order, g) in enumerate(self._blocks):
            piece = Y[b * N : (b + 1) * N]
            Z = np.zeros((N, Y.shape[1]), Y.dtype)
            Z[: piece.shape[0]] = piece
            transform_rows(Z)
            W = np.empty_like(Z)
            W[order] = g[:, None] * Z
            transform_rows(W)
            out += signs[first:stop, None] * W[first:stop]
        return out
