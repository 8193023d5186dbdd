"""The state of a Gram matrix that grows, and what rows and a merge do to it.

Rows count times ``2^exponent``, so that their squares neither over- nor underflow. A state is
never changed: rows are written behind the last one that it counts, into memory that no other
state counts, and the matrix is copied once an update.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.gram import add_gram
from linsub.streaming import bounds
from linsub.streaming.fd_shrink import EPS

__all__ = ["GramState", "added", "folded", "joined"]

# Rows that wait for a product: enough for the product to outweigh the copy of G that an update
# makes, and not more memory than G.
_LEAST_ROWS, _MOST_ROWS = 32, 512

_LOW, _HIGH = 2.0**-100, 2.0**100


@dataclasses.dataclass(frozen=True, eq=False)
class GramState:
    """``G = sum (x - mean)(x - mean)^T`` of `folded_rows` rows, and ``P[:count]`` that wait.

    G is F-ordered and its upper triangle counts.
    """

    G: np.ndarray
    mean: np.ndarray
    P: np.ndarray
    count: int = 0
    exponent: int = 0
    peak: float = 0.0
    rounding: float = 0.0
    folded_rows: int = 0
    folds: int = 0
    n_omitted: int = 0

    @staticmethod
    def empty(d: int) -> GramState:
        """Return the state of no rows."""
        return GramState(np.zeros((d, d), order="F"), np.zeros(d), np.zeros((0, d)))

    @property
    def n_samples(self) -> int:
        return self.folded_rows + self.count

    def copied(self) -> GramState:
        """Return a state of its own memory; G is never written to."""
        return dataclasses.replace(self, P=self.P[: self.count].copy())


def _room(d: int) -> int:
    return max(_LEAST_ROWS, min(_MOST_ROWS, d))


def added(state: GramState, X: Any, center: bool) -> GramState:
    """Return the state with the rows of X (dense or CSR, in the caller's unit) added."""
    entries = X if isinstance(X, np.ndarray) else X.data
    state = _fit_for(state, norms.max_abs(entries))
    return _appended(state, X, state.exponent, center)


def _appended(state: GramState, X: Any, shift: int, center: bool) -> GramState:
    """Return the state with the rows of ``2^shift X`` added, which are in its unit."""
    room, start, own = _room(X.shape[1]), 0, False
    P, count = state.P, state.count
    if P.shape[0] < room:
        P = np.empty((room, X.shape[1]))
        P[:count] = state.P[:count]
    while start < X.shape[0]:
        if count == room:
            # G is copied once, and P belongs to the caller's state until it is left behind.
            state = _fold(state, P, center, in_place=own)
            P, count, own = (P if own else np.empty_like(P)), 0, True
        stop = min(X.shape[0], start + room - count)
        part = X[start:stop]
        part = part if isinstance(part, np.ndarray) else part.toarray()
        rows = P[count : count + stop - start]
        rows[...] = norms.ldexp(part, shift) if shift else part
        count, start = count + stop - start, stop
    return dataclasses.replace(state, P=P, count=count)


def folded(state: GramState, center: bool) -> GramState:
    """Return the state with no row waiting; nothing of the given one is written to."""
    if state.count == 0:
        return state
    return dataclasses.replace(_fold(state, state.P[: state.count], center), count=0)


def joined(state: GramState, other: GramState, center: bool) -> GramState:
    """Return the state of both streams."""
    exponent = min(state.exponent, other.exponent)
    state, other = _scaled_to(state, exponent), _scaled_to(other, exponent)
    if other.folded_rows:
        G = state.G + other.G
        n, m = state.folded_rows, other.folded_rows
        mean, trace = state.mean, float(G.diagonal().sum())
        rounding = state.rounding + other.rounding + bounds.gram_rounding(trace, 0, 1, EPS)
        if center:
            gap = other.mean - mean
            row = math.sqrt(n * m / (n + m)) * gap
            add_gram(G, np.ascontiguousarray(row[None, :]))
            mean = mean + (m / (n + m)) * gap
            # The means are rounded, relative to themselves.
            sizes = min(n, m) * (float(state.mean @ state.mean) + float(other.mean @ other.mean))
            rounding += _mean_rounding(sizes, state.folds + other.folds)
        state = dataclasses.replace(
            state,
            G=G,
            mean=mean,
            rounding=rounding,
            folded_rows=n + m,
            folds=state.folds + other.folds + 1,
        )
    state = dataclasses.replace(
        state,
        peak=max(state.peak, other.peak),
        n_omitted=state.n_omitted + other.n_omitted,
    )
    return _appended(state, other.P[: other.count], 0, center)


def _fold(state: GramState, X: np.ndarray, center: bool, *, in_place: bool = False) -> GramState:
    """Return the state with the scaled rows X in its matrix."""
    G = state.G if in_place else state.G.copy(order="F")
    n, b = state.folded_rows, X.shape[0]
    squares = float(np.einsum("ij,ij->", X, X))
    mean, folds = state.mean, state.folds + 1
    rounding = state.rounding
    if center:
        own = X.mean(axis=0)
        gap = own - mean
        X = np.concatenate([X - own, math.sqrt(n * b / (n + b)) * gap[None, :]])
        mean = mean + (b / (n + b)) * gap
        sizes = squares + min(n, b) * float(state.mean @ state.mean)
        rounding += _mean_rounding(sizes, folds) + bounds.gram_rounding(squares, b, 0, EPS)
    add_gram(G, X)
    trace = float(G.diagonal().sum())
    rounding += bounds.gram_rounding(squares, b, 0, EPS) + bounds.gram_rounding(trace, 0, 1, EPS)
    return dataclasses.replace(
        state, G=G, mean=mean, rounding=rounding, folded_rows=n + b, folds=folds
    )


def _mean_rounding(squares: float, folds: int) -> float:
    """Rounding of the step between two means, whose entries went through `folds` sums.

    The step enters as ``n b / (n + b)`` times its square: errors of eps of the means count
    with the means' squares times the fewer rows.
    """
    return bounds.gram_rounding(squares, 1, 4, EPS) * math.sqrt(folds)


def _fit_for(state: GramState, peak: float) -> GramState:
    """Return the state in a unit in which entries up to `peak` are near 1."""
    if peak == 0.0:
        return state
    fresh = -math.frexp(peak)[1]
    if state.peak == 0.0:
        exponent = 0 if _LOW <= peak <= _HIGH else fresh
        return dataclasses.replace(_scaled_to(state, exponent), exponent=exponent, peak=peak)
    largest = max(peak, state.peak)
    state = dataclasses.replace(state, peak=largest)
    if math.frexp(largest)[1] + state.exponent <= math.frexp(_HIGH)[1]:
        return state
    return _scaled_to(state, -math.frexp(largest)[1])


def _scaled_to(state: GramState, exponent: int) -> GramState:
    """Return the same state in another unit."""
    shift = exponent - state.exponent
    if shift == 0:
        return state
    return dataclasses.replace(
        state,
        G=norms.ldexp(state.G, 2 * shift),
        mean=norms.ldexp(state.mean, shift),
        P=norms.ldexp(state.P[: state.count], shift),
        exponent=exponent,
        rounding=math.ldexp(state.rounding, 2 * shift),
    )
