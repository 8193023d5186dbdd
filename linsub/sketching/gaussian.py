"""The dense Gaussian embedding, drawn in panels of rows and never stored."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from scipy import sparse

from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidTypeError
from linsub.sketching.operator import Sketch

__all__ = ["GaussianSketch"]

# Rows that are drawn at a time: four blocks of the generator.
_PANEL = 1024


class GaussianSketch(Sketch):
    """S with independent entries of N(0, 1/m).

    Parameters
    ----------
    n, m, rng
        As for :class:`OSNAP`.
    dtype : {float64, complex128}, optional
        Complex entries have independent real and imaginary parts of variance 1/(2m).
    block : int or tuple of int, optional
        Another number gives an independent sketch from the same `rng`.

    Examples
    --------
    >>> from linsub.sketching import GaussianSketch
    >>> GaussianSketch(1000, 80, rng=0).shape
    (80, 1000)
    """

    def __init__(
        self,
        n: int,
        m: int,
        *,
        rng: RNGLike | Streams = None,
        dtype: DTypeLike = np.float64,
        block: int | tuple[int, ...] = 0,
    ) -> None:
        super().__init__(n, m, rng=rng)
        kind = np.dtype(dtype)
        if kind not in (np.float64, np.complex128):
            raise InvalidTypeError(f"dtype must be float64 or complex128, got {kind}")
        self.dtype = kind
        self._block = block

    def _scale(self) -> Any:
        return 1.0 / np.sqrt(self._m)

    def test_matrix(self, dtype: DTypeLike = None) -> np.ndarray:
        """Return sqrt(m) S^H, (n, m), of independent standard normal entries."""
        kind = self.dtype if dtype is None else np.dtype(dtype)
        return self._draw(self._first, self._stop, kind)

    def _draw(self, first: int, stop: int, kind: np.dtype) -> np.ndarray:
        size = (self._n, self._m)
        return self._streams.gaussian("sketch", size, kind, self._block, rows=(first, stop))

    def _add(self, A: Any, first: int, out: np.ndarray) -> None:
        for i in range(0, A.shape[0], _PANEL):
            panel = A[i : i + _PANEL]
            Omega = self._draw(first + i, first + i + panel.shape[0], self.dtype).conj()
            if sparse.issparse(panel):
                out += (panel.T @ Omega).T
            else:
                out += Omega.T @ panel.astype(np.result_type(panel.dtype, np.float64), copy=False)

    def _adjoint(self, Y: np.ndarray, first: int, stop: int) -> np.ndarray:
        kind = np.result_type(Y.dtype, self.dtype)
        out = np.empty((stop - first, Y.shape[1]), kind)
        for i in range(first, stop, _PANEL):
            j = min(stop, i + _PANEL)
            out[i - first : j - first] = self._draw(i, j, self.dtype) @ Y
        return out
