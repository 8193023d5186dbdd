"""The boundary of labels: any names of classes as the numbers 0, 1, ..."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["as_labels"]


def as_labels(labels: Any, *, name: str, size: int | None = None) -> np.ndarray:
    """Return labels of shape (N,) as int64, numbered by the order of their names.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If they are no vector, of another length, or nan.
    """
    if isinstance(labels, np.ma.MaskedArray):
        raise InvalidTypeError(f"{name} is a masked array; drop the masked entries first")
    try:
        given = np.asarray(labels)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{name} is no vector of labels: {error}") from error
    if given.ndim != 1 or (size is not None and given.size != size):
        wanted = "(N,)" if size is None else f"({size},)"
        raise InvalidInputError(f"{name} must have shape {wanted}, got {given.shape}")
    if given.dtype.kind == "O" and all(isinstance(x, str) for x in given):
        given = given.astype(np.str_)  # a column of a data frame
    if given.dtype.kind not in "biufUS":
        raise InvalidTypeError(f"{name} has dtype {given.dtype}; pass integers or strings")
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        raise InvalidInputError(f"{name} has entries that are not finite; label every sample")
    numbers: np.ndarray = np.unique(given, return_inverse=True)[1]
    return numbers.astype(np.int64)
