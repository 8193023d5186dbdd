"""The boundary of exact fields: a user's matrix as integers, or refused by name."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from linsub._core.arrays import as_matrix, refuse
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.spaces.fields import Field

__all__ = ["exact_matrix", "integer_rows"]

# Floats up to here convert to 64-bit integers.
_EXACT = 2.0**62

# And integers to floats.
_ROUNDED = 2.0**53


def exact_matrix(basis: Any, field: Field) -> np.ndarray:
    """Return residues (int64) for GF(p); integer multiples of the rows for the rationals."""
    refuse(basis, "basis")
    ints = _as_integers(basis)
    if ints is None:
        return _converted(_floats(basis), field)
    return _converted(ints, field)


def _as_integers(basis: Any) -> np.ndarray | None:
    """Return an array of integers, bools or Python objects; None where there are floats."""
    plain = isinstance(basis, np.ndarray | list | tuple)
    try:
        x = np.asarray(basis) if plain else None
    except (TypeError, ValueError):
        return None  # as_matrix says what is wrong with it
    if x is not None and x.dtype.kind == "f" and not isinstance(basis, np.ndarray):
        if np.abs(x).max(initial=0.0) >= _ROUNDED:
            x = np.asarray(basis, dtype=object)  # integers beside floats, or too long for 64 bits
    if x is None or x.dtype.kind not in "biuO" or x.ndim != 2:
        return None
    return x


def _floats(basis: Any) -> np.ndarray:
    x = as_matrix(basis, name="basis")
    if not isinstance(basis, np.ndarray) and np.abs(x).max(initial=0.0) >= _ROUNDED:
        raise InvalidInputError(
            f"basis is a {type(basis).__name__} with entries beyond 2**53, which may have been "
            "integers that no float holds; pass a NumPy array"
        )
    if x.dtype.kind == "c":
        raise InvalidTypeError(
            "basis is complex, and exact fields are the rationals and GF(p); pass integers"
        )
    broken = x != np.rint(x)
    if broken.any():
        i, j = (int(k) for k in np.unravel_index(int(np.argmax(broken)), x.shape))
        raise InvalidInputError(
            f"basis[{i}, {j}] is {x[i, j]}, no integer, and the field is exact; pass integers, or "
            "fractions.Fraction over the rationals"
        )
    return x


def _converted(x: np.ndarray, field: Field) -> np.ndarray:
    if x.dtype.kind == "O":
        return _from_objects(x, field)
    if x.dtype.kind == "f" and np.abs(x).max(initial=0.0) >= _EXACT:
        return _from_objects(x.astype(object), field)
    if not field.p:
        exact = x.astype(np.int64) if x.dtype.kind == "f" else x
        return _objects([[int(e) for e in row] for row in exact.tolist()], x.shape)
    if x.dtype.kind == "u":
        return np.asarray(x.astype(np.uint64) % np.uint64(field.p)).astype(np.int64)
    return np.mod(x.astype(np.int64), np.int64(field.p))


def _from_objects(x: np.ndarray, field: Field) -> np.ndarray:
    rows = []
    for i, row in enumerate(x):
        made = [_fraction(e, i, j, field) for j, e in enumerate(row)]
        rows.append([e.numerator % field.p for e in made] if field.p else integer_rows(made))
    if field.p:
        return np.array(rows, dtype=np.int64).reshape(x.shape)
    return _objects(rows, x.shape)


def integer_rows(row: list[Fraction]) -> list[int]:
    """Return the row times the least common multiple of its denominators."""
    scale = math.lcm(*(e.denominator for e in row))
    return [e.numerator * (scale // e.denominator) for e in row]


def _fraction(e: Any, i: int, j: int, field: Field) -> Fraction:
    where = f"basis[{i}, {j}] is {e!r}"
    if isinstance(e, np.generic):
        e = e.item()
    if isinstance(e, float) and not math.isfinite(e):
        raise NonFiniteError(f"{where}; drop or impute such entries first")
    if isinstance(e, float) and e != int(e):
        raise InvalidInputError(
            f"{where}, no integer, and the field is exact; pass integers, or fractions.Fraction "
            "over the rationals"
        )
    if not isinstance(e, int | float | Fraction):
        raise InvalidTypeError(f"{where} of type {type(e).__name__}, no integer or Fraction")
    exact = Fraction(e)
    # A Fraction of NumPy's integers keeps them, and they overflow.
    exact = Fraction(int(exact.numerator), int(exact.denominator))
    if field.p and exact.denominator != 1:
        raise InvalidInputError(
            f"{where}, and entries over {field.name} are integers; multiply its row by "
            f"{exact.denominator} first"
        )
    return exact


def _objects(rows: list[list[int]], shape: tuple[int, ...]) -> np.ndarray:
    found = np.empty(shape, dtype=object)
    for i, row in enumerate(rows):
        found[i, :] = row
    return found
