"""Sparse embeddings: each row goes to a few outputs that a hash of its number names."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import scalars
from linsub._core.random import RNGLike, Streams
from linsub.sketching.operator import Sketch

__all__ = ["OSNAP", "CountSketch"]

# Rows that are hashed at a time: their targets and signs stay in the first-level cache.
_PANEL = 512


class OSNAP(Sketch):
    """A sparse embedding with `sparsity` entries of +-1/sqrt(sparsity) in each column.

    The m outputs are cut into `sparsity` blocks of nearly equal size, and each row has one
    output in every block: S_tj = sign_k(j) / sqrt(s) for t = h_k(j), k = 1 .. s.

    Parameters
    ----------
    n : int
        Rows of what is sketched.
    m : int
        The embedding dimension.
    sparsity : int, optional
        At most m is used.
    rng : optional

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import OSNAP
    >>> S = OSNAP(1000, 80, rng=0)
    >>> A = np.random.default_rng(0).standard_normal((1000, 5))
    >>> (S @ A).shape
    (80, 5)
    """

    def __init__(self, n: int, m: int, *, sparsity: int = 8, rng: RNGLike | Streams = None) -> None:
        super().__init__(n, m, rng=rng)
        count = min(scalars.as_integer(sparsity, name="sparsity", low=1), self._m)
        self.sparsity = count
        self._starts = np.array([self._m * k // count for k in range(count + 1)], dtype=np.int64)
        self._keys = self._streams.generator("sketch").integers(0, 1 << 64, 2, np.uint64)

    def _scale(self) -> Any:
        return 1.0 / np.sqrt(self.sparsity)

    def _hashes(self, first: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the targets and signs (b, s) of the rows ``first : stop``."""
        from linsub.sketching._kernels.hashing import hash_blocks

        targets = np.empty((stop - first, self.sparsity), np.int32)
        signs = np.empty((stop - first, self.sparsity), np.int8)
        hash_blocks(self._keys[0], self._keys[1], first, self._starts, targets, signs)
        return targets, signs

    def _add(self, A: Any, first: int, out: np.ndarray) -> None:
        from linsub.sketching._kernels.scatter import add_csr, add_rows

        if sparse.issparse(A):
            targets, signs = self._hashes(first, first + A.shape[0])
            for part, target in _real_parts(A.data, out):
                add_csr(part, A.indices, A.indptr, targets, signs, target)
            return
        flat = out.view(np.float64)
        for i in range(0, A.shape[0], _PANEL):
            panel = np.ascontiguousarray(A[i : i + _PANEL])
            targets, signs = self._hashes(first + i, first + i + panel.shape[0])
            rows = panel.view(panel.real.dtype)
            add_rows(rows, targets, signs, flat, 0, rows.shape[1])

    def _adjoint(self, Y: np.ndarray, first: int, stop: int) -> np.ndarray:
        from linsub.sketching._kernels.scatter import take_rows

        out = np.empty((stop - first, Y.shape[1]), Y.dtype)
        targets, signs = self._hashes(first, stop)
        take_rows(Y.view(np.float64), targets, signs, out.view(np.float64))
        return out


class CountSketch(OSNAP):
    """The embedding with one entry of +-1 in each column: the fastest, and the coarsest.

    Parameters
    ----------
    n, m, rng
        As for :class:`OSNAP`.

    Examples
    --------
    >>> from linsub.sketching import CountSketch
    >>> CountSketch(1000, 80, rng=0).shape
    (80, 1000)
    """

    def __init__(self, n: int, m: int, *, rng: RNGLike | Streams = None) -> None:
        super().__init__(n, m, sparsity=1, rng=rng)


def _real_parts(data: np.ndarray, out: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    if data.dtype.kind != "c":
        return [(data, out)]
    return [
        (np.ascontiguousarray(data.real), out.real),
        (np.ascontiguousarray(data.imag), out.imag),
    ]
