"""The record of a sample of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import arrays
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info, Record

__all__ = ["RowSample", "scaled_rows"]


class RowSample(Record):
    """Weighted rows that stand for all: ``indices, weights, probabilities, p = sample_rows(A, p)``.

    ``sum_j weights[j] |a_{indices[j]} x|^p`` is ``||A x||_p^p`` on average, for every x.

    Attributes
    ----------
    indices : ndarray of shape (m,), int64
        Ascending, each row once.
    weights : ndarray of shape (m,)
        Of ``|a x|^p``: how often the row was taken over how often it is taken on average.
    probabilities : ndarray of shape (n,)
        How often each row of A is taken on average: its probability, or for ``mode="iid"`` its
        expected number of draws. 0 for a row that is never taken.
    p : float

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import sample_rows
    >>> A = np.repeat(np.eye(2), 4, axis=0)
    >>> sample = sample_rows(A, 1, 4, rng=0, mode="systematic")
    >>> sample.apply(A).sum(axis=0).tolist()
    [4.0, 4.0]
    """

    _fields = ("indices", "weights", "probabilities", "p")
    indices: np.ndarray
    weights: np.ndarray
    probabilities: np.ndarray
    p: float
    certificate: None
    info: Info | None

    @property
    def shape(self) -> tuple[int, int]:
        """Of the sampling matrix S, (m, n)."""
        return self.indices.size, self.probabilities.size

    def apply(self, A: Any) -> Any:
        """Return ``S A``, the rows that were taken times ``weights^(1/p)``.

        Parameters
        ----------
        A : array_like of shape (n, d) or (n,), or sparse
            The matrix that was sampled, or another of as many rows: the responses of a
            regression.

        Returns
        -------
        array of shape (m, d) or (m,)
            In the type and precision of A; sparse where A is.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        """
        n = self.probabilities.size
        if sparse.issparse(A):
            given: Any = A
            _check_rows(given.shape[0], n)
            rows: Any = given.tocsr()[self.indices]
            arrays.check_all_finite(rows.data, name="A")
            return rows.multiply(self._scale()[:, None]).tocsr().astype(rows.dtype)
        dense = arrays.as_vector_or_matrix(A, name="A")
        _check_rows(dense.shape[0], n)
        return arrays.home(A).give_back(scaled_rows(dense[self.indices], self._scale()))

    def merge(self, other: RowSample) -> RowSample:
        """Return the sample of the rows of both, stacked: those of `other` come after.

        Parameters
        ----------
        other : RowSample
            With the same p.

        Raises
        ------
        InvalidInputError, InvalidTypeError
        """
        if not isinstance(other, RowSample):
            raise InvalidTypeError(f"other must be a RowSample, got {type(other).__name__}")
        if other.p != self.p:
            raise InvalidInputError(f"other has p = {other.p} and this sample has p = {self.p}")
        return RowSample(
            np.concatenate([self.indices, other.indices + self.probabilities.size]),
            np.concatenate([self.weights, other.weights]),
            np.concatenate([self.probabilities, other.probabilities]),
            self.p,
            info=Info("merged"),
        )

    def _scale(self) -> np.ndarray:
        return np.asarray(self.weights ** (1.0 / self.p))


def scaled_rows(rows: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return diag(scale) rows, multiplied in double precision and of the dtype of `rows`."""
    factor = scale if rows.ndim == 1 else scale[:, None]
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray((rows * factor).astype(rows.dtype, copy=False))


def _check_rows(found: int, wanted: int) -> None:
    if found != wanted:
        raise InvalidInputError(f"A has {found} rows and the sample was drawn from {wanted}")
