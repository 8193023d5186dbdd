"""Sampling access to a matrix: rows by their norms, entries within rows, and cheap changes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense import norms
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.sensitivity.forest import Forest, as_indices, as_size, relative_squares
from linsub.sensitivity.matrix_input import as_dense_or_csr
from linsub.sensitivity.query_vector import new_entries

__all__ = ["SampleQueryMatrix"]

# As for vectors: totals of trees are kept within these, each at its own power of two.
_LOW, _HIGH = 2.0**-200, 2.0**200

# Entries whose squares are taken at once when the trees are built.
_CHUNK = 1 << 20


class SampleQueryMatrix:
    """A matrix that can be sampled by rows and by entries, in proportion to squares.

    Row i has the probability ``||a_i||^2 / ||A||_F^2``, and within it column j
    ``|a_ij|^2 / ||a_i||^2``.

    Parameters
    ----------
    A : array_like or sparse of shape (m, n)
        Real or complex; copied. Of a sparse matrix the stored entries alone have leaves.
    check_finite : bool, optional
        Refuse nan and inf.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    norm : float
        ``||A||_F``.
    row_norms : ndarray of shape (m,)

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* A tree of sums for each row, as in :class:`SampleQueryVector`, each at a power of
    two of its own, so that the law within a row does not depend on how small the row is; and one
    tree of the squares of the norms of the rows. *Cost.* One pass to build; log2 m + log2 n a
    sample or a change. Memory: A, and 2 numbers in double precision for each of its entries
    (each stored one, if it is sparse). *Accuracy.* As for vectors (``sensitivity-tree``), in
    each of the two steps.

    References
    ----------
    Chia, Gilyen, Li, Lin, Tang and Wang, JACM 69 (2022), arXiv 1910.06151; Tang, STOC 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import SampleQueryMatrix
    >>> A = SampleQueryMatrix([[0.0, 3.0], [4.0, 0.0]])
    >>> A.norm, A.row_norms.tolist()
    (5.0, [3.0, 4.0])
    >>> rows, columns = A.sample(4, rng=0)
    >>> bool((A.query(rows, columns) > 0.0).all())
    True
    """

    def __init__(self, A: Any, *, check_finite: bool = True) -> None:
        given: Any = as_dense_or_csr(A, "A", check_finite)
        self._sparse = not isinstance(given, np.ndarray)
        self._A: Any = given.copy() if self._sparse else np.array(given, order="C")
        m, n = self._A.shape
        held: Any = self._A
        self._values: np.ndarray = held.data if self._sparse else held.reshape(-1)
        starts = held.indptr if self._sparse else n * np.arange(m + 1)
        self._starts = np.asarray(starts, np.int64)
        self._exponents = self._row_exponents()
        self._forest = Forest(self._squares(), self._starts)
        self._exponent, masses = self._row_masses()
        self._rows = Forest.single(masses)

    def _row_exponents(self) -> np.ndarray:
        """Return, for each row, the power of two above its largest entry."""
        x = self._values
        m = self._starts.size - 1
        peaks = np.zeros(m)
        filled = np.flatnonzero(np.diff(self._starts))
        if filled.size:
            for part in (x.real, x.imag) if x.dtype.kind == "c" else (x,):
                largest = np.maximum.reduceat(np.abs(part), self._starts[filled])
                peaks[filled] = np.maximum(peaks[filled], largest)
        return np.frexp(peaks)[1].astype(np.int64)

    def _squares(self) -> np.ndarray:
        """Return the squares of all entries, each at the power of two of its row."""
        found = np.empty(self._values.size)
        for first in range(0, found.size, _CHUNK):
            places = np.arange(first, min(first + _CHUNK, found.size))
            if self._sparse:
                row = np.searchsorted(self._starts, places, side="right") - 1
            else:
                row = places // self._A.shape[1]
            found[places] = relative_squares(self._values[places], self._exponents[row])
        return found

    def _row_masses(self) -> tuple[int, np.ndarray]:
        """Return a common power of two and the squares of the rows' norms over its square."""
        roots = self._forest.roots()
        alive = roots > 0.0
        if not alive.any():
            return 0, np.zeros(roots.size)
        exponent = int(self._exponents[alive].max())
        with np.errstate(under="ignore"):
            return exponent, np.ldexp(roots, 2 * (self._exponents - exponent))

    @property
    def shape(self) -> tuple[int, int]:
        return (int(self._A.shape[0]), int(self._A.shape[1]))

    @property
    def dtype(self) -> np.dtype:
        return self._values.dtype

    @property
    def norm(self) -> float:
        """``||A||_F``."""
        with np.errstate(over="ignore", under="ignore"):
            return float(np.ldexp(math.sqrt(self._rows.root()), self._exponent))

    @property
    def row_norms(self) -> np.ndarray:
        """``||a_i||`` of all rows."""
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(np.ldexp(np.sqrt(self._forest.roots()), self._exponents))

    def query(self, i: Any, j: Any) -> Any:
        """Return ``a_ij``, for a pair of indices or two arrays of the same shape."""
        rows, columns = as_indices(i, self.shape[0], "i"), as_indices(j, self.shape[1], "j")
        if rows.shape != columns.shape:
            raise InvalidInputError(f"i has shape {rows.shape} and j has {columns.shape}")
        if not self._sparse:
            return self._A[rows, columns]
        found = np.zeros(rows.size, self.dtype)
        for t, (row, column) in enumerate(zip(rows.flat, columns.flat, strict=True)):
            place = self._place(int(row), int(column))
            if place is not None:
                found[t] = self._values[place]
        return found[0] if rows.ndim == 0 else found.reshape(rows.shape)

    def sample_rows(self, size: int | None = None, *, rng: RNGLike = None) -> Any:
        """Draw rows independently, row i with probability ``||a_i||^2 / ||A||_F^2``.

        Parameters
        ----------
        size : int, optional
            How many; by default one index is returned by itself.
        rng : None, int, Generator, ..., optional
            Seed or generator, as taken by :func:`numpy.random.default_rng`.

        Returns
        -------
        int, or ndarray of shape (size,), int64
        """
        count = as_size(size)
        generator = Streams(rng).generator("sample")
        found = self._draw_rows(generator.random(1 if count is None else count))
        return int(found[0]) if count is None else found

    def sample_within(self, rows: Any, *, rng: RNGLike = None) -> Any:
        """Draw a column for each row of an array, j with probability ``|a_ij|^2 / ||a_i||^2``.

        Parameters
        ----------
        rows : int or array_like of int, shape (k,)
            None of them may be zero.
        rng : None, int, Generator, ..., optional

        Returns
        -------
        int, or ndarray of shape (k,), int64
        """
        given = as_indices(rows, self.shape[0], "rows")
        flat = given.reshape(-1)
        uniforms = Streams(rng).generator("sample", 1).random(flat.size)
        found = self._draw_within(flat, uniforms)
        return int(found[0]) if given.ndim == 0 else found.reshape(given.shape)

    def sample(
        self, size: int | None = None, *, rng: RNGLike = None
    ) -> tuple[np.ndarray, np.ndarray] | tuple[int, int]:
        """Draw entries independently, (i, j) with probability ``|a_ij|^2 / ||A||_F^2``.

        Returns
        -------
        rows, columns : ndarray of shape (size,), int64
            Or two integers, without `size`.
        """
        count = as_size(size)
        streams = Streams(rng)
        k = 1 if count is None else count
        rows = self._draw_rows(streams.generator("sample").random(k))
        columns = self._draw_within(rows, streams.generator("sample", 1).random(k))
        if count is None:
            return int(rows[0]), int(columns[0])
        return rows, columns

    def update(self, i: int, j: int, value: Any) -> None:
        """Set ``a_ij = value``.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            Also where a sparse matrix does not store the entry. Nothing has changed then.
        """
        i = scalars.as_integer(i, name="i", low=0, high=self.shape[0] - 1)
        j = scalars.as_integer(j, name="j", low=0, high=self.shape[1] - 1)
        (new,) = new_entries(value, 1, self.dtype)
        place = self._place(i, j)
        if place is None:
            raise InvalidInputError(
                f"a[{i}, {j}] is not stored, and the pattern of a sparse matrix is fixed; store "
                "explicit zeros where entries are to come, or pass a dense array"
            )
        first, stop = int(self._starts[i]), int(self._starts[i + 1])
        self._values[place] = new
        with np.errstate(over="ignore"):
            mass = float(relative_squares(self._values[place : place + 1], self._exponents[i])[0])
            self._forest.set(i, place - first, mass)
        if not _LOW <= self._forest.root(i) <= _HIGH:
            row = self._values[first:stop]
            self._exponents[i] = math.frexp(norms.max_abs(row))[1]
            self._forest.set_all(i, relative_squares(row, self._exponents[i]))
        with np.errstate(over="ignore", under="ignore"):
            root = self._forest.root(i)
            shift = 2 * (int(self._exponents[i]) - self._exponent) if root > 0.0 else 0
            self._rows.set(0, i, float(np.ldexp(root, shift)))
        if not _LOW <= self._rows.root() <= _HIGH:
            self._exponent, masses = self._row_masses()
            self._rows.set_all(0, masses)

    @property
    def matrix(self) -> Any:
        """The matrix itself, not to be written to: an array in C order, or CSR."""
        return self._A

    def toarray(self) -> np.ndarray:
        """Return the matrix as a dense copy."""
        return np.array(self._A.toarray() if self._sparse else self._A)

    def __repr__(self) -> str:
        kind = "sparse, " if self._sparse else ""
        return f"SampleQueryMatrix({kind}shape={self.shape}, dtype={self.dtype})"

    def _place(self, i: int, j: int) -> int | None:
        """Return where a_ij is among the values, or None."""
        first, stop = int(self._starts[i]), int(self._starts[i + 1])
        if not self._sparse:
            return first + j
        place = first + int(np.searchsorted(self._A.indices[first:stop], j))
        return place if place < stop and self._A.indices[place] == j else None

    def _draw_rows(self, uniforms: np.ndarray) -> np.ndarray:
        found, bad = self._rows.at(uniforms)
        if bad >= 0:
            raise InvalidInputError("A is zero or has no rows: there is nothing to draw")
        return found

    def _draw_within(self, rows: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
        if rows.size == 0:
            return np.zeros(0, np.int64)
        found, bad = self._forest.at(uniforms, rows)
        if bad >= 0:
            raise InvalidInputError(f"row {rows[bad]} of A is zero: it has no entry to draw")
        return (
            found
            if not self._sparse
            else self._A.indices[self._starts[rows] + found].astype(np.int64)
        )
