"""Frequent Directions: a sketch of the rows seen so far, with the error of its covariance."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense.svd import svd
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound, Info
from linsub.streaming import bounds
from linsub.streaming.fd_shrink import EPS, shrink
from linsub.streaming.result import EigCertificate, EigResult
from linsub.streaming.rows import as_rows

__all__ = ["FrequentDirections"]


class FrequentDirections:
    """A sketch B of few rows with ``0 <= A^T A - B^T B <= shrinkage I``, for rows that arrive once.

    Parameters
    ----------
    n_features : int, optional
        d, the length of a row; by default that of the first block.
    sketch_size : int, optional
        l, the rows that B may have.
    """

    def __init__(self, n_features: int | None = None, sketch_size: int = 64) -> None:
        self.n_features = (
            None if n_features is None else scalars.as_integer(n_features, name="n_features", low=1)
        )
        self.sketch_size = scalars.as_integer(sketch_size, name="sketch_size", low=1)
        self._rows = np.zeros((0, self.n_features or 1))
        self._shrinkage = self._rounding = 0.0
        self.n_samples = 0

    def update(self, X: Any) -> FrequentDirections:
        """Append rows."""
        rows = as_rows(X, self.n_features)
        rows = rows if isinstance(rows, np.ndarray) else rows.toarray()
        old = self._rows if self.n_features is not None else np.zeros((0, rows.shape[1]))
        delta = rounding = 0.0
        for i in range(0, rows.shape[0], 2 * self.sketch_size):
            found = shrink(
                np.concatenate([old, rows[i : i + 2 * self.sketch_size]]), self.sketch_size
            )
            old, delta, rounding = (
                found.rows,
                delta + found.shrinkage,
                rounding + found.rounding,
            )
        self.n_features = rows.shape[1]
        self._rows, self.n_samples = old, self.n_samples + rows.shape[0]
        self._shrinkage, self._rounding = self._shrinkage + delta, self._rounding + rounding
        return self

    def merge(self, other: FrequentDirections) -> FrequentDirections:
        """Append all that another sketch has seen."""
        if not isinstance(other, FrequentDirections):
            raise InvalidTypeError(
                f"other must be a FrequentDirections, got {type(other).__name__}"
            )
        if other.n_features is None:
            return self
        seen, delta, rounding = self.n_samples, other._shrinkage, other._rounding
        self.update(other._rows)
        self.n_samples = seen + other.n_samples
        self._shrinkage, self._rounding = self._shrinkage + delta, self._rounding + rounding
        return self

    def result(self) -> EigResult:
        """Return the top eigenvector."""
        return self.top_eigenvector()

    @property
    def sketch(self) -> np.ndarray:
        """B, (r, d)."""
        return self._rows.copy()

    @property
    def shrinkage(self) -> float:
        """What the sketch has lost: ``A^T A - B^T B <= shrinkage I``."""
        return self._shrinkage

    @property
    def rounding(self) -> float:
        """Allowance for rounding, on either side of the sandwich."""
        return self._rounding

    def top_eigenvector(self) -> EigResult:
        """Return the top eigenvector of ``A^T A`` as far as the sketch knows it."""
        if self.n_features is None:
            raise InvalidInputError("there is no row yet: call update() first")
        _, S, Vh = svd(self._rows)
        first = float(S[0]) ** 2 if S.size else 0.0
        second = float(S[1]) ** 2 if S.size > 1 else 0.0
        rounding = self._rounding + 8.0 * (self.sketch_size + 1) * EPS * first
        vector = Vh[0] if first > 0.0 else np.eye(1, self.n_features)[0]
        vector = vector * (1.0 if vector[np.argmax(np.abs(vector))] > 0.0 else -1.0)
        sine = bounds.eigenvector_certificate(first, second, self._shrinkage, rounding)
        if self.n_features == 1:
            sine = 0.0
        lower, upper = max(first - rounding, 0.0), first + self._shrinkage + rounding
        certificate = EigCertificate(
            sine=Bound(sine, "bound", "sin(v, v_1)", origin="carried") if sine < 1.0 else None,
            value_lower=Bound(lower, "bound", "lambda_1 >=", origin="carried"),
            value_upper=Bound(upper, "bound", "lambda_1", origin="carried"),
            second_upper=Bound(
                second + self._shrinkage + rounding, "bound", "lambda_2", origin="carried"
            ),
        )
        return EigResult(
            vector,
            np.array([lower, upper]),
            sine,
            "certified" if sine < 1.0 else "uncertified",
            certificate=certificate,
            info=Info("frequent directions", passes=1, details={"n_samples": self.n_samples}),
        )
