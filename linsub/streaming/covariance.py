"""The exact A^T A of rows that arrive once."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.streaming.rows import as_rows

__all__ = ["StreamingCovariance"]


class StreamingCovariance:
    """The matrix ``A^T A`` of all rows so far, in d^2 numbers.

    Parameters
    ----------
    n_features : int, optional
        d; by default that of the first block.
    """

    def __init__(self, n_features: int | None = None) -> None:
        self.n_features = (
            None if n_features is None else scalars.as_integer(n_features, name="n_features", low=1)
        )
        self.n_samples = 0
        self._gram: np.ndarray | None = None

    def update(self, X: Any) -> StreamingCovariance:
        """Append rows."""
        rows = as_rows(X, self.n_features)
        more = rows.T @ rows
        more = more if isinstance(more, np.ndarray) else more.toarray()
        self._gram = more if self._gram is None else self._gram + more
        self.n_features = rows.shape[1]
        self.n_samples += rows.shape[0]
        return self

    def merge(self, other: StreamingCovariance) -> StreamingCovariance:
        """Append all that another has seen."""
        if not isinstance(other, StreamingCovariance):
            raise InvalidTypeError(
                f"other must be a StreamingCovariance, got {type(other).__name__}"
            )
        if other._gram is not None:
            self._gram = other._gram.copy() if self._gram is None else self._gram + other._gram
            self.n_features = other.n_features
            self.n_samples += other.n_samples
        return self

    def result(self) -> np.ndarray:
        """Return ``A^T A``."""
        if self._gram is None:
            raise InvalidInputError("there is no row yet: call update() first")
        return self._gram.copy()
