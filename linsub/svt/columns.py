"""Vectors on their way in and out: double precision, sizes near one, real pairs where A is real."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import arrays
from linsub._core.dense.norms import column_norms, ldexp
from linsub.errors import InvalidInputError, NumericalError

__all__ = ["Columns"]


@dataclasses.dataclass
class Columns:
    """The columns of x, each times a power of two that brings it near 1.

    `X` (n, b), or (n, 2 b) with real parts and then imaginary parts where x is complex and A is
    real; `norms` (b,) are those of the scaled columns.
    """

    X: np.ndarray
    norms: np.ndarray
    exponents: np.ndarray
    split: bool
    single: bool
    dtype: np.dtype
    home: arrays.Home
    name: str

    @classmethod
    def of(cls, x: Any, rows: int, matrix: np.dtype, outer: np.dtype, name: str) -> Columns:
        """Check x, for a matrix with `rows` columns, of dtype `outer` and computing in `matrix`."""
        given = arrays.as_vector_or_matrix(x, name=name)
        if given.shape[0] != rows:
            raise InvalidInputError(
                f"{name} has shape {given.shape}; it needs {rows} rows to be multiplied by A"
            )
        dtype = np.result_type(given.dtype, outer)
        X = given[:, None] if given.ndim == 1 else given
        X = X.astype(np.complex128 if X.dtype.kind == "c" else np.float64)
        sizes = np.maximum(np.abs(X.real), np.abs(X.imag)).max(axis=0, initial=0.0)
        exponents = -np.frexp(sizes)[1]
        X = ldexp(X, exponents)
        norms = column_norms(X)
        split = X.dtype.kind == "c" and matrix.kind != "c"
        if split:
            X = np.concatenate([X.real, X.imag], axis=1)
        elif matrix.kind == "c":
            X = X.astype(np.complex128)
        return cls(X, norms, exponents, split, given.ndim == 1, dtype, arrays.home(x), name)

    def joined(self, values: np.ndarray) -> np.ndarray:
        """Return figures of the columns of X as figures of the columns of x, by their norm."""
        if not self.split:
            return values
        b = values.size // 2
        return np.asarray(np.hypot(values[:b], values[b:]))

    def give_back(self, Y: np.ndarray, error: np.ndarray) -> tuple[Any, np.ndarray]:
        """Return Y and the bounds of its columns in the unit and the type of x."""
        if self.split:
            b = Y.shape[1] // 2
            Y = Y[:, :b] + 1j * Y[:, b:]
        error = error + 0.5 * float(np.finfo(self.dtype).eps) * column_norms(Y)
        with np.errstate(over="ignore", under="ignore"):
            Y = ldexp(Y, -self.exponents).astype(self.dtype)
            # What is below the normal numbers of the type is rounded to a fixed size.
            floor = float(np.finfo(self.dtype).smallest_subnormal) * np.sqrt(max(1, Y.shape[0]))
            error = np.ldexp(error, -self.exponents) + floor * Y.any(axis=0)
        if not np.isfinite(Y).all():
            raise NumericalError(
                f"f(A) {self.name} exceeds the largest {self.dtype}; divide {self.name} or f by a "
                "power of two first"
            )
        out = Y[:, 0] if self.single else Y
        return self.home.give_back(np.ascontiguousarray(out)), error
