"""Rows as directions and sizes: each by a power of two of its own, so that none is lost."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core.arrays import as_matrix
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["UnitRows", "as_unit_rows", "unit_parts"]


@dataclasses.dataclass(frozen=True)
class UnitRows:
    """Rows ``size_i 2^exponent_i unit_i``.

    Attributes
    ----------
    unit : ndarray of shape (n, d)
        Of norm 1 in float64 and C order; 0 where the row is 0.
    size : ndarray of shape (n,)
        0, or between 1/2 and the square root of d.
    exponent : ndarray of shape (n,)
        Integers.
    dtype : dtype
        Of what is handed back.
    """

    unit: np.ndarray
    size: np.ndarray
    exponent: np.ndarray
    dtype: np.dtype


def as_unit_rows(A: Any, name: str) -> UnitRows:
    """Return the rows of a real matrix that is not empty.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    """
    matrix = as_matrix(A, name=name)
    if matrix.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; sparse codes are of real rows")
    if 0 in matrix.shape:
        raise InvalidInputError(f"{name} has shape {matrix.shape}: there is nothing in it")
    wide = matrix.astype(np.float64, copy=False)
    return UnitRows(*unit_parts(wide), matrix.dtype)


def unit_parts(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the unit rows of a float64 matrix, their sizes and their exponents."""
    exponent = np.frexp(np.abs(X).max(axis=1, initial=0.0))[1].astype(np.int64)
    near = np.ascontiguousarray(np.ldexp(X, -exponent[:, None]))
    size = np.sqrt(np.einsum("ij,ij->i", near, near))
    near /= np.where(size > 0.0, size, 1.0)[:, None]
    return near, size, exponent
