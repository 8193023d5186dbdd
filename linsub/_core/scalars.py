"""Checks of scalar arguments: integers, reals, choices and flags.

Each returns a plain Python value or raises an error that names the argument, the value
and what would have been accepted. A bool is not an integer here: ``rank=True`` is a slip.
"""

from __future__ import annotations

import difflib
import math
import numbers
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["as_choice", "as_flag", "as_integer", "as_real"]

# Long strings and arrays are cut here, so that a message stays on a few lines.
_SHOWN = 60


def as_integer(value: Any, *, name: str, low: int | None = None, high: int | None = None) -> int:
    """Return `value` as an int within ``low .. high`` (ends included).

    Parameters
    ----------
    value : int, numpy.integer or 0-d integer array
        Floats are refused even when integral: a rank that was computed as a float is
        often off by one.
    name : str
        The argument's name, for messages.
    low, high : int, optional
        The ends of the range; an end that is None is open.

    Raises
    ------
    InvalidTypeError
        If `value` is not an integer.
    InvalidInputError
        If it is out of range.
    """
    item = _unwrap(value)
    if isinstance(item, bool | np.bool_):
        raise InvalidTypeError(f"{name} must be an integer, got the bool {item}")
    try:
        number = operator.index(item)
    except TypeError:
        raise InvalidTypeError(_not_an_integer(item, name)) from None
    if (low is not None and number < low) or (high is not None and number > high):
        allowed = _interval(name, low, high, (True, True))
        raise InvalidInputError(f"{name} must satisfy {allowed}, got {_shorten(number)}")
    return number


def as_real(
    value: Any,
    *,
    name: str,
    low: float | None = None,
    high: float | None = None,
    include: tuple[bool, bool] = (True, True),
) -> float:
    """Return `value` as a finite float within a range.

    Parameters
    ----------
    value : real number or 0-d real array
    name : str
        The argument's name, for messages.
    low, high : float, optional
        The ends of the range; an end that is None is open.
    include : tuple of bool, optional
        Whether each end belongs to the range.

    Raises
    ------
    InvalidTypeError
        If `value` is not a real number.
    InvalidInputError
        If it is nan, infinite or out of range.
    """
    item = _unwrap(value)
    if isinstance(item, bool | np.bool_):
        raise InvalidTypeError(f"{name} must be a real number, got the bool {item}")
    if not isinstance(item, numbers.Real | np.floating | np.integer):
        extra = f"; pass float({name})" if _is_number_text(item) else ""
        if isinstance(item, numbers.Complex):
            extra = f"; pass its real part or abs({name})"
        raise InvalidTypeError(f"{name} must be a real number, got {_describe(item)}{extra}")
    try:
        number = float(item)
    except OverflowError:
        raise InvalidInputError(f"{name} must be finite, got {_shorten(item)}") from None
    if not math.isfinite(number):
        raise InvalidInputError(f"{name} must be finite, got {number}")
    below = low is not None and (number < low or (number == low and not include[0]))
    above = high is not None and (number > high or (number == high and not include[1]))
    if below or above:
        allowed = _interval(name, low, high, include)
        raise InvalidInputError(f"{name} must satisfy {allowed}, got {number:.17g}")
    return number


def as_choice(value: Any, *, name: str, choices: Iterable[str]) -> str:
    """Return `value` if it is one of `choices`, and suggest the nearest one otherwise.

    Raises
    ------
    InvalidTypeError
        If `value` is not a string.
    InvalidInputError
        If it is not one of `choices`.
    """
    allowed = tuple(choices)
    listed = ", ".join(repr(choice) for choice in allowed)
    if not isinstance(value, str):
        raise InvalidTypeError(f"{name} must be one of {listed}, got {_describe(value)}")
    if value in allowed:
        return str(value)
    folded = {choice.lower().replace("_", "-"): choice for choice in allowed}
    word = value.lower().replace("_", "-")
    near = difflib.get_close_matches(word, folded, n=1, cutoff=0.6)
    hint = f"; did you mean {folded[near[0]]!r}?" if near else ""
    raise InvalidInputError(f"{name} must be one of {listed}, got {_shorten(value)}{hint}")


def as_flag(value: Any, *, name: str) -> bool:
    """Return `value` as a bool; only True and False are taken, not 0, 1 or strings.

    Raises
    ------
    InvalidTypeError
        If `value` is neither.
    """
    item = _unwrap(value)
    if isinstance(item, bool | np.bool_):
        return bool(item)
    raise InvalidTypeError(f"{name} must be True or False, got {_describe(item)}")


def _unwrap(value: Any) -> Any:
    """Return the element of a 0-d array of any library, and anything else as it is."""
    if getattr(value, "shape", None) != () or isinstance(value, np.generic):
        return value
    if hasattr(value, "item"):
        return value.item()
    # The array API has no item().
    return np.asarray(value).item() if hasattr(value, "__array_namespace__") else value


def _not_an_integer(value: Any, name: str) -> str:
    text = f"{name} must be an integer, got {_describe(value)}"
    if isinstance(value, numbers.Real):
        return f"{text}; pass int({name}) if the rounding is meant"
    if _is_number_text(value):
        return f"{text}; pass int({name})"
    return text


def _is_number_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True


def _interval(name: str, low: float | None, high: float | None, include: tuple[bool, bool]) -> str:
    left = "" if low is None else f"{low} {'<=' if include[0] else '<'} "
    right = "" if high is None else f" {'<=' if include[1] else '<'} {high}"
    return f"{left}{name}{right}"


def _describe(value: Any) -> str:
    if value is None:
        return "None"
    shape = getattr(value, "shape", None)
    if shape is not None and shape != ():
        return f"an array of shape {tuple(shape)}"
    return f"{_shorten(value)} of type {type(value).__name__}"


def _shorten(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # an int of more digits than Python prints
        return f"an integer of {value.bit_length()} bits"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
