"""Fastfood: products of Hadamard matrices, diagonals and a permutation."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from linsub._core import arrays
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.sketching.hadamard import padded, transform_rows
from linsub.sketching.hash_values import as_order, as_signs
from linsub.sketching.inputs import is_sparse
from linsub.sketching.operator import Sketch

__all__ = ["Fastfood"]

# Entries that are transformed at a time.
_PIECE = 1 << 22


class Fastfood(Sketch):
    """S = V / (sqrt(m) ||g||) with blocks V = H G Pi H B, for any m, above n too.

    H is the Hadamard matrix of side N, the least power of two that is at least n; B has random
    signs, Pi is a permutation and G has independent standard normal numbers g. The m outputs are
    the first of ceil(m / N) such blocks, each with random numbers of its own.

    Parameters
    ----------
    n, m, rng
        As for :class:`OSNAP`.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* Le, Sarlos and Smola (2013). Every row of V has the norm sqrt(N) ||g||, and every
    column too: a whole block has columns of norm sqrt(N / m). It is no isometry: its singular
    values are proportional to the |g_i|. *Cost.* 2 N log2(N) additions a block and a column;
    3 N numbers a block are stored. *Accuracy.* Claim ``sketching-fastfood``. No exact variance
    of products is known here.

    References
    ----------
    Le, Sarlos and Smola, ICML (2013).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import Fastfood
    >>> P = Fastfood(4, 16, rng=0).toarray()
    >>> np.allclose(np.linalg.norm(P, axis=0), 1.0)
    True
    """

    _digest: bytes | None = None

    def __init__(self, n: int, m: int, *, rng: RNGLike | Streams = None) -> None:
        super().__init__(n, m, rng=rng)
        self._side = padded(self._n)
        self._blocks = [self._draw(b) for b in range(-(-self._m // self._side))]

    @classmethod
    def from_factors(cls, signs: Any, order: Any, g: Any, *, n: int | None = None) -> Fastfood:
        """Return a whole block of given signs (N,), permutation (N,) and numbers g (N,).

        Row i of Pi x is ``x[order[i]]``; N is a power of two, and m = N.

        Parameters
        ----------
        n : int, optional
            Rows of what is sketched, above N/2; N by default.
        """
        sign = as_signs(signs, "signs", 1)
        N = sign.size
        n = N if n is None else n
        new = cls(n, N, rng=Streams.replay(0))
        if new._side != N:
            raise InvalidInputError(
                f"signs has {N} entries, and {new._side} are needed for n = {n}"
            )
        scale = arrays.as_vector(g, name="g", size=N)
        norm = float(np.linalg.norm(scale))
        if scale.dtype.kind == "c" or norm == 0.0:
            raise InvalidInputError("g must be real and not zero")
        new._blocks = [(sign.astype(float), as_order(order, "order", N), scale / norm)]
        content = [x.tobytes() for x in new._blocks[0]]
        new._digest = hashlib.sha256(b"".join(content)).digest()
        return new

    def _draw(self, b: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the signs, the permutation and g / ||g|| of a block."""
        generator = self._streams.generator("sketch", b)
        signs = 1.0 - 2.0 * generator.integers(0, 2, self._side)
        order = generator.permutation(self._side)
        g = generator.standard_normal(self._side)
        return signs, order, g / np.linalg.norm(g)

    def _identity(self) -> tuple[Any, ...]:
        if self._digest is None:
            return super()._identity()
        return type(self), self._n, self._m, self._digest

    def _scale(self) -> float:
        return float(1.0 / np.sqrt(self._m))

    def _add(self, A: Any, first: int, out: np.ndarray, n_threads: int) -> None:
        width = max(1, _PIECE // self._side)
        columns: Any = A.tocsc() if is_sparse(A) else A
        for j in range(0, A.shape[1], width):
            X = columns[:, j : j + width]
            X = X.toarray() if is_sparse(X) else X
            self._add_piece(X, first, out[:, j : j + width], n_threads)

    def _add_piece(self, X: np.ndarray, first: int, out: np.ndarray, n_threads: int) -> None:
        stop, N = first + X.shape[0], self._side
        for b, (signs, order, g) in enumerate(self._blocks):
            Z = np.zeros((N, X.shape[1]), out.dtype)
            np.multiply(signs[first:stop, None], X, out=Z[first:stop])
            transform_rows(Z, n_threads)
            Z = g[:, None] * Z[order]
            transform_rows(Z, n_threads)
            piece = out[b * N : (b + 1) * N]
            piece += Z[: piece.shape[0]]

    def _adjoint(self, Y: np.ndarray, first: int, stop: int) -> np.ndarray:
        out = np.zeros((stop - first, Y.shape[1]), Y.dtype)
        N, width = self._side, max(1, _PIECE // self._side)
        for j in range(0, Y.shape[1], width):
            for b, (signs, order, g) in enumerate(self._blocks):
                piece = Y[b * N : (b + 1) * N, j : j + width]
                Z = np.zeros((N, piece.shape[1]), Y.dtype)
                Z[: piece.shape[0]] = piece
                transform_rows(Z)
                W = np.empty_like(Z)
                W[order] = g[:, None] * Z
                transform_rows(W)
                out[:, j : j + width] += signs[first:stop, None] * W[first:stop]
        return out
