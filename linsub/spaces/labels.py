"""Labels of columns, and sets of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, KeysView, Sequence, Set
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["Columns", "as_columns", "as_labels", "as_subset", "listed", "ordered"]

Columns = tuple[Hashable, ...]

# Labels that a message shows before it goes on with "...".
_SHOWN = 6


def listed(labels: Iterable[Hashable]) -> str:
    """Return labels for a message, the first few of them; sets in an order of their own."""
    labels = sorted(labels, key=repr) if isinstance(labels, set) else list(labels)
    shown = ", ".join(repr(label) for label in labels[:_SHOWN])
    return f"[{shown}{', ...' if len(labels) > _SHOWN else ''}]"


def as_labels(labels: Any, *, name: str) -> Columns:
    """Return distinct, hashable labels, or say which are not."""
    if isinstance(labels, str | bytes) or not isinstance(labels, Iterable):
        raise InvalidTypeError(
            f"{name} must be a list of labels, got {labels!r}; put one label into a list"
        )
    if isinstance(labels, np.ndarray) and labels.dtype == np.bool_:
        raise InvalidTypeError(
            f"{name} is a mask of {labels.size} bools, and columns are named by their labels; "
            "pass the labels, [c for c, inside in zip(space.columns, mask) if inside]"
        )
    found = [x.item() if isinstance(x, np.generic) else x for x in labels]
    seen: set[Hashable] = set()
    for label in found:
        try:
            again = label in seen
        except TypeError:
            raise InvalidTypeError(
                f"{name} has the label {label!r} of type {type(label).__name__}, which has no "
                "hash; use numbers, strings or tuples of them"
            ) from None
        if again:
            raise InvalidInputError(f"{name} has the label {label!r} more than once")
        if label != label:
            raise InvalidInputError(f"{name} has the label {label!r}, which is not equal to itself")
        seen.add(label)
    return tuple(found)


def ordered(labels: Any, *, name: str) -> Any:
    """Return labels that are to name columns one by one, or say that a set has no order."""
    if isinstance(labels, Set) and not isinstance(labels, KeysView):
        raise InvalidTypeError(
            f"{name} is a {type(labels).__name__}, which has no order to name columns in; "
            "pass a list"
        )
    return labels


def as_columns(columns: Any, n: int) -> Columns:
    """Return the labels of n columns; 0 .. n - 1 by default."""
    if columns is None:
        return tuple(range(n))
    found = as_labels(ordered(columns, name="columns"), name="columns")
    if len(found) != n:
        raise InvalidInputError(f"columns has {len(found)} labels, and basis has {n} columns")
    return found


def as_subset(labels: Any, columns: Sequence[Hashable], *, name: str) -> list[int]:
    """Return the positions of some of the columns, in the order of the columns."""
    wanted = set(as_labels(labels, name=name))
    unknown = wanted.difference(columns)
    if unknown:
        raise InvalidInputError(
            f"{name} has {listed(unknown)}, which are no columns of this space; "
            f"its columns are {listed(columns)}"
        )
    return [i for i, label in enumerate(columns) if label in wanted]
