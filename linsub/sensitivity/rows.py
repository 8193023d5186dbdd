"""The rows of a tall matrix, block by block: dense or sparse, of any scale, in double precision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import arrays
from linsub._core.dense import norms
from linsub._core.dense.triangular import multiply_rows
from linsub.sensitivity.matrix_input import as_dense_or_csr, check_finite_entries

__all__ = ["Rows"]

# Rows of a block: at 1e5 x 100, 1024 to 4096 are alike, and the sums of a Gram matrix are the
# shorter, in their bound, the smaller a block is.
BLOCK = 1024

# Columns whose largest entries lie within these powers of two are squared and summed as they are.
_SAFE = 100

# Rows that are converted at a time for a sketch, whose result is as large as a few hundred.
_SKETCHED = 1 << 13


class Rows:
    """Blocks of ``A D``, where D is a diagonal of powers of two, without the columns of zeros.

    Attributes
    ----------
    shape : tuple of int
        Of A.
    width : int
        Columns that are not zero; `columns` are their indices.
    exponents : ndarray of int or None
        ``D = 2^-exponents``; None where D = I.
    dtype : dtype
        float64 or complex128.
    eps : float
        Of the precision that A came in.
    ridge : float
        The matrix is that of A with ``sqrt(ridge) I`` below.
    home : Home
    """

    def __init__(self, A: Any, *, name: str = "A", ridge: float = 0.0) -> None:
        self.home = arrays.Home() if sparse.issparse(A) else arrays.home(A)
        self.sparse = bool(sparse.issparse(A))
        self.array: Any = as_dense_or_csr(A, name, check_finite=False)
        self.shape: tuple[int, int] = self.array.shape
        self.eps = float(np.finfo(self.array.dtype).eps)
        self.dtype = np.dtype(np.complex128 if self.array.dtype.kind == "c" else np.float64)
        peaks = self._peaks(name)
        self.ridge = ridge
        if ridge > 0.0:
            peaks = np.maximum(peaks, np.sqrt(ridge))
        self.columns = np.flatnonzero(peaks)
        self.width = int(self.columns.size)
        powers = np.frexp(peaks[self.columns])[1]
        unsafe = self.width > 0 and np.abs(powers).max() > _SAFE
        self.exponents = powers if unsafe else None
        if self.sparse:
            self._prepare_sparse()

    @property
    def height(self) -> int:
        """Rows, those of the ridge among them."""
        return self.shape[0] + (self.width if self.ridge > 0.0 else 0)

    def _peaks(self, name: str) -> np.ndarray:
        """Return the largest size of an entry of each column; raise where one is not finite."""
        n, d = self.shape
        if self.sparse:
            peaks = np.zeros(d)
            with np.errstate(invalid="ignore"):
                np.maximum.at(peaks, self.array.indices, _sizes(self.array.data))
        else:
            peaks = np.zeros(d)
            for i in range(0, n, BLOCK):
                peaks = np.maximum(peaks, _column_peaks(self.array[i : i + BLOCK]))
        if not np.isfinite(peaks).all():
            check_finite_entries(self.array, name)
        return peaks

    def _prepare_sparse(self) -> None:
        A = self.array
        if self.width < self.shape[1]:
            A = A[:, self.columns]
        if self.exponents is not None:
            A = A.copy()
            A.data = norms.ldexp(A.data.astype(self.dtype), -self.exponents[A.indices])
        self.array = A.astype(self.dtype, copy=False)

    def given(self) -> np.ndarray:
        """Return A itself in double precision, dense, zero columns left out."""
        X = self.array.toarray() if self.sparse else self.array[:, self.columns]
        X = np.asarray(X, self.dtype)
        if self.sparse and self.exponents is not None:
            X = norms.ldexp(X, self.exponents)
        return X

    def take(self, index: np.ndarray) -> np.ndarray:
        """Return some rows of A D, dense."""
        if self.sparse:
            return np.asarray(self.array[index].toarray())
        X = self.array[index][:, self.columns].astype(self.dtype)
        return X if self.exponents is None else norms.ldexp(X, -self.exponents)

    def root(self) -> np.ndarray:
        """Return the diagonal of ``sqrt(ridge) D``."""
        powers = np.zeros(self.width, int) if self.exponents is None else self.exponents
        return np.asarray(np.ldexp(np.sqrt(self.ridge), -powers))

    def blocks(self, size: int = BLOCK) -> Iterator[np.ndarray]:
        """Yield dense blocks from top to bottom, which the receiver must not change."""
        for i in range(0, self.shape[0], size):
            yield self._dense(i, min(i + size, self.shape[0]))
        if self.ridge > 0.0:
            yield np.diag(self.root()).astype(self.dtype)

    def _dense(self, start: int, stop: int) -> np.ndarray:
        if self.sparse:
            return np.asarray(self.array[start:stop].toarray())
        X = self.array[start:stop]
        if self.width < self.shape[1]:
            X = X[:, self.columns]
        X = X.astype(self.dtype, copy=False)
        return X if self.exponents is None else norms.ldexp(X, -self.exponents)

    def products(
        self, T: np.ndarray, columns: np.ndarray, *, triangular: bool, ridge: bool = False
    ) -> Iterator[tuple[int, np.ndarray]]:
        """Yield ``(first row, block[:, columns] T)``; of the ridge too if asked for.

        A triangle is multiplied in place, in a buffer that the next block overwrites.
        """
        n = self.shape[0]
        whole = columns.size == self.width
        if self.sparse:
            A = self.array if whole else self.array[:, columns]
            for i in range(0, n, BLOCK):
                yield i, np.asarray(A[i : i + BLOCK] @ T)
        else:
            buffer = np.empty((min(n, BLOCK), columns.size), self.dtype)
            for i in range(0, n, BLOCK):
                X = self._dense(i, min(i + BLOCK, n))
                if not triangular:
                    yield i, (X if whole else X[:, columns]) @ T
                    continue
                Z = buffer[: X.shape[0]]
                if whole:
                    Z[...] = X
                else:
                    np.take(X, columns, axis=1, out=Z)
                yield i, multiply_rows(Z, T)
        if ridge and self.ridge > 0.0:
            yield n, np.diag(self.root())[:, columns] @ T

    def part(self, start: int, columns: np.ndarray) -> np.ndarray:
        """Return some columns of the block that begins with this row, or of the ridge."""
        n = self.shape[0]
        if start >= n:
            return np.diag(self.root())[:, columns]
        return self._dense(start, min(start + BLOCK, n))[:, columns]

    def whole(self) -> np.ndarray:
        """Return all of A D, dense."""
        return self._dense(0, self.shape[0])

    def sketched(self, S: Any) -> np.ndarray:
        """Return S A D of a sketch S, the rows of the ridge below."""
        n = self.shape[0]
        if self.sparse:
            C = np.asarray(S @ self.array, self.dtype)
        elif self.plain:
            C = np.asarray(S @ self.array)
        else:
            C = np.zeros((S.shape[0], self.width), self.dtype)
            for i in range(0, n, _SKETCHED):
                stop = min(i + _SKETCHED, n)
                C += S.part(i, stop) @ self._dense(i, stop)
        return np.concatenate([C, np.diag(self.root())]) if self.ridge > 0.0 else C

    @property
    def plain(self) -> bool:
        """Whether A D is the user's own array."""
        same = self.width == self.shape[1] and self.exponents is None
        return not self.sparse and same and self.array.dtype == self.dtype

    def gram(self) -> tuple[np.ndarray, int]:
        """Return the Gram matrix, and the number of terms that its sums count as."""
        if self.sparse:
            G = np.asarray((self.array.conj().T @ self.array).toarray())
            terms = int(np.bincount(self.array.indices, minlength=1).max(initial=0))
        else:
            G = np.zeros((self.width, self.width), self.dtype)
            for i in range(0, self.shape[0], BLOCK):
                X = self._dense(i, min(i + BLOCK, self.shape[0]))
                G += X.conj().T @ X
            terms = self.terms
        if self.ridge > 0.0:
            G[np.diag_indices(self.width)] += np.square(self.root())
        return G, terms + 2

    @property
    def terms(self) -> int:
        """The number of terms that a sum over all rows counts as: a block's and the blocks."""
        return min(BLOCK, self.height) + -(-self.height // BLOCK) + 1


def _sizes(x: np.ndarray) -> np.ndarray:
    """Return bounds on |x| within sqrt(2) for complex x, which neither over- nor underflow."""
    size = np.maximum(np.abs(x.real), np.abs(x.imag)) if x.dtype.kind == "c" else np.abs(x)
    return np.asarray(size)


def _column_peaks(X: np.ndarray) -> np.ndarray:
    if X.dtype.kind == "c":
        return np.asarray(np.maximum(_column_peaks(X.real), _column_peaks(X.imag)))
    # Not np.abs(X).max(axis=0): that makes a copy of X.
    return np.asarray(np.maximum(X.max(axis=0), -X.min(axis=0)), np.float64)
