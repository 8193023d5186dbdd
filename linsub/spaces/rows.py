"""What an engine knows of a space: basis rows, and how clear its rank was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

__all__ = ["Engine", "Pieces", "Positions", "Rows"]

Positions = Sequence[int]


class Rows(NamedTuple):
    """Basis rows in the representation of an engine.

    `low` and `high` are the largest number that counted as zero and the smallest that did not,
    on the way to this basis; `noise` is by how much the space may be turned, to first order,
    by what its data were rounded by, of which at most `most` counts; `atol` replaces it where
    the user says so.
    """

    basis: np.ndarray
    pivots: np.ndarray | None = None
    low: float = 0.0
    high: float = 1.0
    noise: float = 0.0
    most: float = 0.0
    atol: float | None = None

    @property
    def rank(self) -> int:
        return int(self.basis.shape[0])


class Pieces(NamedTuple):
    """Two spaces on S and P and on P and Q, in this order, with P in numbers or kept places."""

    left: Rows
    right: Rows
    overlap: int
    kept: list[int] | None = None
    angles: np.ndarray | None = None


class Engine(Protocol):
    """Spaces as arrays: exact ones and real ones answer to the same names.

    Sets of columns are lists of positions, and a result has its columns in the order of these.
    """

    def span(self, M: np.ndarray) -> Rows: ...
    def public(self, rows: Rows) -> np.ndarray: ...
    def tolerance(self, *rows: Rows) -> float: ...
    def reordered(self, rows: Rows, order: Positions) -> Rows: ...
    def negated(self, rows: Rows, P: Positions) -> Rows: ...
    def restricted(self, rows: Rows, S: Positions, Q: Positions) -> Rows: ...
    def contracted(self, rows: Rows, S: Positions, Q: Positions) -> Rows: ...
    def dual(self, rows: Rows) -> Rows: ...
    def total(self, a: Rows, b: Rows) -> Rows: ...
    def common(self, a: Rows, b: Rows) -> Rows: ...
    def contains(self, a: Rows, b: Rows) -> bool: ...
    def distance(self, a: Rows, b: Rows) -> float: ...
    def same(self, a: Rows, b: Rows, atol: float | None) -> bool: ...
    def composed(self, a: Rows, b: Rows, p: int, skew: bool) -> Rows: ...
    def overlap(self, rows: Rows, S: Positions, Q: Positions) -> int: ...
    def taken_apart(self, rows: Rows, S: Positions, Q: Positions) -> Pieces: ...
    def minimized(self, a: Rows, b: Rows, p: int) -> Pieces: ...
