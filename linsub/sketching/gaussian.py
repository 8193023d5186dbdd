"""The dense Gaussian embedding, drawn in panels of rows and never stored."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from linsub._core import arrays
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidTypeError
from linsub.sketching import bounds, moments
from linsub.sketching.inputs import is_sparse
from linsub.sketching.operator import Sketch

__all__ = ["GaussianSketch"]

# Rows that are drawn at a time: four blocks of the generator, a product of some size.
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
        A label: sketches of different labels are independent, from one `rng`.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* Entry (i, j) depends on the seed, i and j alone, so that a sketch of more
    outputs or rows begins with the same entries before they are scaled. *Cost.* m n normal
    numbers and 2 m n d flops, 1024 rows at a time. *Accuracy.* Claims
    ``sketching-gaussian-moments``, ``sketching-gaussian-embedding``: the singular values of an
    embedded subspace of dimension d are within about sqrt(d/m) of 1.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import GaussianSketch
    >>> S = GaussianSketch(1000, 80, rng=0)
    >>> S.shape
    (80, 1000)
    >>> S.amm_variance(np.eye(1000)[:, :3])
    0.15
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
        kind: Any = np.dtype(dtype)
        if kind not in (np.float64, np.complex128):
            raise InvalidTypeError(f"dtype must be float64 or complex128, got {kind}")
        self.dtype = kind
        self._block = block
        self._streams.generator("sketch", block)  # refuses what is no label

    def _scale(self) -> float:
        return float(1.0 / np.sqrt(self._m))

    def _identity(self) -> tuple[Any, ...]:
        return (*super()._identity(), self.dtype.char, self._block)

    def test_matrix(self, dtype: Any = None) -> np.ndarray:
        """Return sqrt(m) S^H, (n, m), whose entries are independent and standard normal.

        In `dtype`, complex where that is: then they are those of a complex sketch of this seed.
        """
        kind = self.dtype if dtype is None else np.dtype(dtype)
        return self._draw(self._first, self._stop, arrays.canonical_dtype(kind, name="dtype"))

    def _draw(self, first: int, stop: int, kind: np.dtype) -> np.ndarray:
        size = (self._n, self._m)
        return self._streams.gaussian("sketch", size, kind, self._block, rows=(first, stop))

    def _add(self, A: Any, first: int, out: np.ndarray, n_threads: int) -> None:
        # BLAS has its own threads.
        rows: Any = A.tocsr() if is_sparse(A) else A
        for i in range(0, A.shape[0], _PANEL):
            panel = rows[i : i + _PANEL]
            Omega = self._draw(first + i, first + i + panel.shape[0], self.dtype).conj()
            if is_sparse(A):
                out += (panel.T @ Omega).T
            else:
                wide = np.complex128 if panel.dtype.kind == "c" else np.float64
                out += Omega.T @ panel.astype(wide, copy=False)

    def _adjoint(self, Y: np.ndarray, first: int, stop: int) -> np.ndarray:
        out = np.empty((stop - first, Y.shape[1]), np.result_type(Y.dtype, self.dtype))
        for i in range(first, stop, _PANEL):
            j = min(stop, i + _PANEL)
            out[i - first : j - first] = self._draw(i, j, self.dtype) @ Y
        return out

    def _variance(self, X: Any, Y: Any) -> float:
        F, T, _ = moments.sums(X, Y)
        return bounds.gaussian_variance(F, T, self._m, is_complex=self.dtype.kind == "c")
