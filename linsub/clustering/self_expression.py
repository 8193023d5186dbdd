"""The record of a representation of samples by samples, and the affinity that is made of it."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
from scipy import sparse

from linsub._core import scalars
from linsub.clustering.largest import largest_of_rows
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["SelfExpression", "SelfExpressionCertificate", "affinity_of"]


@dataclasses.dataclass(frozen=True, eq=False)
class SelfExpressionCertificate(Certificate):
    """What is known of a representation. Unknown is None.

    Attributes
    ----------
    kkt_violation : Bound
        By how much the conditions of an optimum are violated at most, over all samples and all
        candidates, relative to the largest squared norm; measured.
    """

    kkt_violation: Bound | None = None


class SelfExpression(Record):
    """Samples by other samples: ``C, residual = self_expressive_omp(X, n_nonzero=5)``.

    Attributes
    ----------
    C : csr_array or ndarray of shape (N, N)
        ``x_i ~ sum_j C_ij x_j``; its diagonal is zero.
    residual : ndarray of shape (N,)
        ``||x_i - sum_j C_ij x_j||``.
    certificate : SelfExpressionCertificate
    info : Info
    """

    _fields = ("C", "residual")
    C: Any
    residual: np.ndarray
    certificate: SelfExpressionCertificate | None
    info: Info | None

    def affinity(
        self, *, normalize: Literal["l2", "max"] | None = None, top: int | None = None
    ) -> Any:
        """Return ``|C| + |C|^T``, of rows brought to one size and cut to their largest entries.

        Parameters
        ----------
        normalize : {"l2", "max"}, optional
            Bring rows of C to norm 1, or their largest entry to 1, first.
        top : int, optional
            Keep that many entries of a row, the largest; the first of equal ones.

        Returns
        -------
        csr_array or ndarray of shape (N, N)
        """
        return affinity_of(self.C, normalize=normalize, top=top)


def affinity_of(
    C: Any, *, normalize: Literal["l2", "max"] | None = None, top: int | None = None
) -> Any:
    """Return the affinity of a representation, as :meth:`SelfExpression.affinity` does."""
    if normalize is not None:
        scalars.as_choice(normalize, name="normalize", choices=("l2", "max"))
    if top is not None:
        top = scalars.as_integer(top, name="top", low=1)
    size: Any = abs(C)
    if normalize is not None:
        size = _scaled(size, normalize)
    if top is not None and top < size.shape[1]:
        size = _cut(size, top)
    return size + size.T


def _scaled(size: Any, how: str) -> Any:
    """Divide rows by their largest entry, and then by their norm."""
    if isinstance(size, np.ndarray):
        largest = size.max(axis=1)
    else:
        largest = size.max(axis=1).toarray().ravel()
    size = _divided(size, largest)
    if how == "l2":
        squares = size * size if isinstance(size, np.ndarray) else size.multiply(size)
        size = _divided(size, np.sqrt(np.asarray(squares.sum(axis=1)).ravel()))
    return size


def _divided(size: Any, by: np.ndarray) -> Any:
    factor = np.where(by > 0.0, by, 1.0)
    if isinstance(size, np.ndarray):
        return size / factor[:, None]
    rows: Any = sparse.csr_array(size)
    rows.data = rows.data / np.repeat(factor, np.diff(rows.indptr))
    return rows


def _cut(size: Any, top: int) -> Any:
    """Keep the largest entries of each row."""
    if isinstance(size, np.ndarray):
        return largest_of_rows(size, top)
    rows: Any = sparse.csr_array(size)
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    order = np.lexsort((rows.indices, -rows.data, row))
    place = np.arange(row.size) - np.repeat(rows.indptr[:-1], np.diff(rows.indptr))
    kept = order[place < top]
    return sparse.csr_array((rows.data[kept], (row[kept], rows.indices[kept])), shape=rows.shape)
