"""Hashes, signs and choices that a caller gives, checked: kernels trust them."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["as_choice_of_rows", "as_hashes", "as_order", "as_sign_matrix", "as_signs"]


def _integers(x: Any, name: str, ndim: int) -> np.ndarray:
    arrays.refuse(x, name)
    found = np.asarray(x)
    if found.ndim != ndim:
        raise InvalidInputError(f"{name} must have {ndim} dimensions, got shape {found.shape}")
    if found.size == 0:
        return found.astype(np.int64)
    if found.dtype.kind not in "iu":
        raise InvalidTypeError(f"{name} must hold integers, got dtype {found.dtype}")
    return found.astype(np.int64)


def as_signs(x: Any, name: str, ndim: int, allowed: tuple[int, ...] = (-1, 1)) -> np.ndarray:
    """Return signs as int8."""
    found = _integers(x, name, ndim)
    bad = ~np.isin(found, allowed)
    if bad.any():
        raise InvalidInputError(
            f"{name} must hold {', '.join(map(str, allowed))} only, got {found[bad][0]}"
        )
    return np.ascontiguousarray(found, dtype=np.int8)


def as_sign_matrix(x: Any) -> np.ndarray:
    """Return signs (m, n) of 1, -1 and 0, with at least one row."""
    found = as_signs(x, "signs", 2, (-1, 0, 1))
    if found.shape[0] == 0:
        raise InvalidInputError(f"signs must have a row at least, got shape {found.shape}")
    return found


def as_hashes(targets: Any, signs: Any, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return targets (n, s) as int32, signs as int8, and where the s blocks of m begin."""
    where = _integers(targets, "targets", 2)
    sign = as_signs(signs, "signs", 2)
    if sign.shape != where.shape:
        raise InvalidInputError(
            f"signs must have the shape {where.shape} of targets, got {sign.shape}"
        )
    count = where.shape[1]
    if not 1 <= count <= m:
        raise InvalidInputError(f"targets must have from 1 to m = {m} columns, got {count}")
    starts = np.array([m * k // count for k in range(count + 1)])
    bad = (where < starts[:-1]) | (where >= starts[1:])
    if bad.any():
        i, k = np.argwhere(bad)[0]
        raise InvalidInputError(
            f"targets[{i}, {k}] must be in {starts[k]} .. {starts[k + 1] - 1}, got {where[i, k]}"
        )
    return np.ascontiguousarray(where, dtype=np.int32), sign, starts


def as_choice_of_rows(x: Any, name: str, size: int) -> np.ndarray:
    """Return different indices below `size`, at least one."""
    found = _integers(x, name, 1)
    if found.size == 0 or found.min() < 0 or found.max() >= size:
        raise InvalidInputError(f"{name} must hold indices in 0 .. {size - 1}, and one at least")
    if np.unique(found).size != found.size:
        raise InvalidInputError(f"{name} must hold different indices")
    return found


def as_order(x: Any, name: str, size: int) -> np.ndarray:
    """Return a permutation of ``0 .. size - 1``."""
    found = as_choice_of_rows(x, name, size)
    if found.size != size:
        raise InvalidInputError(f"{name} must be a permutation of 0 .. {size - 1}")
    return found
