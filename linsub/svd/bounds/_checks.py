"""Checks of the numbers that the formulas take."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["as_count", "as_nonnegative", "as_probability", "as_spectrum"]


def as_spectrum(sigma: Any, name: str = "sigma") -> np.ndarray:
    """Return singular values as a descending float64 vector of numbers that are not negative."""
    values = np.asarray(sigma)
    if values.ndim != 1:
        raise InvalidInputError(f"{name} must be a vector, got shape {values.shape}")
    if values.dtype.kind not in "fiu":
        raise InvalidTypeError(f"{name} holds singular values: real numbers, got {values.dtype}")
    values = values.astype(np.float64)
    if values.size and not (np.isfinite(values).all() and values.min() >= 0.0):
        raise InvalidInputError(f"{name} holds singular values: finite and not negative")
    if np.any(values[1:] > values[:-1]):
        i = int(np.argmax(values[1:] > values[:-1]))
        raise InvalidInputError(
            f"{name} must descend, but {name}[{i}] = {values[i]} < {name}[{i + 1}] = "
            f"{values[i + 1]}; sort it"
        )
    return values


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


def as_probability(value: Any, name: str = "failure_prob") -> float:
    """Return a number strictly between 0 and 1."""
    number = float(value)
    if not 0.0 < number < 1.0:
        raise InvalidInputError(f"{name} must be in (0, 1), got {number}")
    return number


def as_nonnegative(value: Any, name: str) -> float:
    """Return a number that is not negative; +inf (unknown) is one of them."""
    number = float(value)
    if not number >= 0.0:
        raise InvalidInputError(f"{name} must not be negative or nan, got {number}")
    return number
