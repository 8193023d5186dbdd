"""Sets of items as users pass them."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["as_subsets"]


def as_subsets(S: Any, N: int, name: str = "S") -> tuple[np.ndarray, bool]:
    """Return sets (n, k) of indices below N, and whether S was a single one.

    Raises
    ------
    InvalidTypeError, InvalidInputError
        If S holds no integers, has other dimensions, or an index is out of range.
    """
    if isinstance(S, np.ma.MaskedArray):
        raise InvalidTypeError(f"{name} is a masked array; pass the indices that are not masked")
    try:
        sets = np.asarray(S)
    except ValueError as error:
        raise InvalidInputError(f"{name} holds sets of unequal sizes: {error}") from error
    if sets.size == 0:
        sets = sets.astype(np.int64)
    if sets.dtype.kind not in "iu":
        raise InvalidTypeError(f"{name} must hold integers, got dtype {sets.dtype}")
    if sets.ndim not in (1, 2):
        raise InvalidInputError(
            f"{name} must have shape (k,) or (n, k), got {sets.shape}: one set, or one a row"
        )
    if sets.size and not (sets.min() >= 0 and sets.max() < N):
        bad = sets[(sets < 0) | (sets >= N)].flat[0]
        raise InvalidInputError(f"{name} holds the index {bad}, which is not in 0 .. {N - 1}")
    return np.atleast_2d(sets.astype(np.int64)), sets.ndim == 1
