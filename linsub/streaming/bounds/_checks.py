"""Checks of the numbers that the formulas take."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["as_count", "as_descending", "as_nonnegative", "as_share"]


def as_nonnegative(value: Any, name: str) -> float:
    """Return a number that is not negative; +inf (unknown) is one of them."""
    number = float(value)
    if not number >= 0.0:
        raise InvalidInputError(f"{name} must not be negative or nan, got {number}")
    return number


def as_count(value: Any, name: str, low: int = 0, high: int | None = None) -> int:
    """Return an integer in low..high."""
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidTypeError(f"{name} must be an integer, got {value!r}") from None
    if number < low or (high is not None and number > high):
        upper = "" if high is None else f" and at most {high}"
        raise InvalidInputError(f"{name} must be at least {low}{upper}, got {number}")
    return number


def as_share(value: Any, name: str) -> float:
    """Return a number in (0, 1]."""
    number = float(value)
    if not 0.0 < number <= 1.0:
        raise InvalidInputError(f"{name} must be in (0, 1], got {number}")
    return number


def as_descending(values: Any, name: str) -> np.ndarray:
    """Return a descending float64 vector of finite numbers that are not negative."""
    found = np.asarray(values)
    if found.ndim != 1 or found.dtype.kind not in "fiu":
        raise InvalidInputError(f"{name} must be a vector of real numbers, got {values!r}")
    found = found.astype(np.float64)
    if found.size and not (np.isfinite(found).all() and found.min() >= 0.0):
        raise InvalidInputError(f"{name} must be finite and not negative")
    if np.any(found[1:] > found[:-1]):
        raise InvalidInputError(f"{name} must descend; sort it")
    return found
