"""The registry that `matrix` looks names up in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from linsub.testing.gallery.factors import Draw

__all__ = ["ENTRIES", "Builder", "Entry", "Values", "register"]

Builder = Callable[[int, int, Draw], np.ndarray]
Values = Callable[[int, int, float], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Entry:
    """A named matrix: how it is built, what it is, and its singular values where known."""

    name: str
    build: Builder
    about: str
    tags: frozenset[str]
    # Exact singular values (m, n, 1/cond as a power of two), in any order.
    values: Values | None = None
    # Sides that it is defined for, where not all are.
    fits: Callable[[int, int], bool] | None = None


ENTRIES: dict[str, Entry] = {}


def square(m: int, n: int) -> bool:
    """Tell whether a matrix of this shape is square."""
    return m == n


def register(
    name: str,
    *tags: str,
    values: Values | None = None,
    fits: Callable[[int, int], bool] | None = None,
) -> Callable[[Builder], Builder]:
    """Enter a builder under a name; its docstring says what the matrix is.

    The tag ``exact`` says that the entries are small whole numbers or powers of two, so
    that every precision holds the same matrix and the closed form is the truth about it.
    """

    def enter(build: Builder) -> Builder:
        about = (build.__doc__ or "").strip().removesuffix(".")
        known = {*tags, *(["closed_form"] if values else []), *(["square"] if fits else [])}
        ENTRIES[name] = Entry(name, build, about, frozenset(known), values, fits)
        return build

    return enter
