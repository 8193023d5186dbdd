"""The boundary of streams: a block of rows in one form, or an error before anything changes."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy import sparse

from linsub._core import arrays
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError

__all__ = ["NanPolicy", "as_rows"]

NanPolicy = Literal["raise", "omit"]


def as_rows(
    X: Any, n_features: int | None, *, nan_policy: NanPolicy = "raise", name: str = "X"
) -> Any:
    """Return a block of rows in float64: a C-ordered array, or CSR where `X` is sparse.

    Parameters
    ----------
    X : array_like or sparse, (b, d)
        Any b, 0 too. A vector is refused: ``X[None, :]`` is a block of one row.
    n_features : int or None
        The width that is expected; None before the first block.
    nan_policy : {"raise", "omit"}, optional
        ``omit`` drops the rows that hold a nan or an infinite entry.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        The message names the row.
    """
    rows: Any = _sparse_rows(X, name) if sparse.issparse(X) else _dense_rows(X, name)
    if rows.shape[1] == 0:
        raise InvalidInputError(f"{name} has shape {rows.shape}: rows have no entries")
    if n_features is not None and rows.shape[1] != n_features:
        raise InvalidInputError(
            f"{name} has {rows.shape[1]} columns and the rows before had {n_features}"
        )
    bad = _bad_rows(rows)
    if bad.size == 0:
        return rows
    if nan_policy == "raise":
        raise NonFiniteError(
            f"{name} has {bad.size} of {rows.shape[0]} rows that are not finite, the first is row "
            f"{bad[0]}; drop them, or pass nan_policy='omit'"
        )
    return rows[np.setdiff1d(np.arange(rows.shape[0]), bad)]


def _dense_rows(X: Any, name: str) -> np.ndarray:
    rows = arrays.as_matrix(X, name=name, check_finite=False)
    if rows.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex and streams are real; pass real rows")
    return np.ascontiguousarray(rows, dtype=np.float64)


def _sparse_rows(X: Any, name: str) -> Any:
    if X.ndim != 2:
        raise InvalidInputError(f"{name} must be 2-D, got shape {X.shape}")
    if X.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex and streams are real; pass real rows")
    arrays.canonical_dtype(X.dtype, name=name)
    rows: Any = sparse.csr_array(X, dtype=np.float64, copy=True)
    rows.sum_duplicates()
    return rows


def _bad_rows(rows: Any) -> np.ndarray:
    """Return the rows with an entry that is no finite number, at the cost of one sum first."""
    if isinstance(rows, np.ndarray):
        # A finite sum needs finite entries; one that is not may be an overflow.
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(rows.sum()):
                return np.zeros(0, dtype=np.intp)
        return np.flatnonzero(~np.isfinite(rows).all(axis=1))
    entries = np.flatnonzero(~np.isfinite(rows.data))
    return np.unique(np.searchsorted(rows.indptr, entries, side="right") - 1)
