"""The state of a sketch by Frequent Directions, and what rows, a merge and fading do to it.

Rows are kept times ``2^exponent``, so that their squares neither over- nor underflow; the scalars
are those of the scaled rows. A state is never changed: rows are written behind the last one that
it counts, into memory that no other state counts, and a failed update leaves it as it was.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from scipy import sparse

from linsub._core.dense import norms
from linsub.streaming import bounds
from linsub.streaming.fd_shrink import EPS, Policy, shrink
from linsub.streaming.heavy_rows import Heavy

__all__ = ["State", "absorbed", "faded", "joined", "scaled_to", "settled"]

# The size that rows are kept at: their squares and sums of them stay far from both ends.
_LOW, _HIGH = 2.0**-100, 2.0**100

# Up to this share of nonzeros products with sparse rows beat dense ones.
_SPARSE_DENSITY = 0.2


@dataclasses.dataclass(frozen=True, eq=False)
class State:
    """Rows ``K[:count]`` and sparse ones that wait, the heavy ones, and the ledger.

    Attributes
    ----------
    K : ndarray (l + buffer, d)
    count : int
    exponent : int
    waiting : tuple of CSR arrays
    heavy : Heavy
    shrinkage, rounding : float
        ``-rounding I <= A^T A - (rows)^T (rows) <= (shrinkage + rounding) I``.
    squares : float
        ``||A||_F^2``, summed row by row.
    """

    K: np.ndarray
    count: int = 0
    exponent: int = 0
    waiting: tuple[Any, ...] = ()
    heavy: Heavy = dataclasses.field(default_factory=Heavy)
    shrinkage: float = 0.0
    rounding: float = 0.0
    squares: float = 0.0
    shrinks: int = 0
    n_samples: int = 0
    n_omitted: int = 0
    n_updates: int = 0

    @property
    def rows(self) -> np.ndarray:
        """The dense rows, the heavy ones not among them."""
        return self.K[: self.count]

    @property
    def all_rows(self) -> np.ndarray:
        """The dense rows and the heavy ones."""
        if self.heavy.squares.size == 0:
            return self.rows
        return np.concatenate([self.rows, self.heavy.rows])

    @property
    def squares_above(self) -> float:
        """An upper bound on the squares, which were rounded in each row and once a row."""
        terms = math.sqrt(self.K.shape[1]) + math.sqrt(self.n_samples + 1.0)
        return self.squares * (1.0 + 4.0 * terms * EPS)

    @property
    def n_waiting(self) -> int:
        return sum(part.shape[0] for part in self.waiting)

    def copied(self) -> State:
        """Return a state of its own memory, without room for more rows than there are."""
        return dataclasses.replace(self, K=self.rows.copy())


def absorbed(state: State, X: Any, policy: Policy, buffer: int) -> State:
    """Return the state with the rows of X (dense or CSR, in the caller's unit) added."""
    entries = X if isinstance(X, np.ndarray) else X.data
    state = _fit_for(state, norms.max_abs(entries))
    X = _times_power(X, state.exponent)
    squares = _row_squares(X)
    if not squares.any():
        return state
    running = np.cumsum(np.concatenate([[state.squares], squares]))
    heavy, light = state.heavy.taken(X, squares, running[1:])
    state = dataclasses.replace(state, heavy=heavy, squares=float(running[-1]))
    return _appended(state, light, policy, buffer)


def _appended(state: State, X: Any, policy: Policy, buffer: int) -> State:
    if isinstance(X, np.ndarray):
        return _with_dense(state, X, policy, buffer)
    start = 0
    while start < X.shape[0]:
        if state.n_waiting == buffer:
            state = settled(state, policy, buffer)
        stop = min(X.shape[0], start + buffer - state.n_waiting)
        state = dataclasses.replace(state, waiting=(*state.waiting, X[start:stop]))
        start = stop
    return state


def _with_dense(state: State, X: np.ndarray, policy: Policy, buffer: int) -> State:
    """Fill the buffer, and shrink whenever a row comes that has no room: at fixed rows."""
    most, d = policy.size + buffer, X.shape[1]
    K, count = state.K, state.count
    if K.shape[0] < most:
        K = np.empty((most, d))
        K[:count] = state.rows
    spare: np.ndarray | None = None
    loss, rounding, shrinks, start = state.shrinkage, state.rounding, state.shrinks, 0
    while start < X.shape[0]:
        if count == most:
            found = shrink(K, None, policy)
            # The first buffer may be that of the caller's state, which must not change.
            K, spare = (
                (np.empty((most, d)) if spare is None else spare),
                K if shrinks > state.shrinks else None,
            )
            count = found.rows.shape[0]
            K[:count] = found.rows
            loss, rounding, shrinks = loss + found.delta, rounding + found.rounding, shrinks + 1
        stop = min(X.shape[0], start + most - count)
        K[count : count + stop - start] = X[start:stop]
        count, start = count + stop - start, stop
    return dataclasses.replace(
        state, K=K, count=count, shrinkage=loss, rounding=rounding, shrinks=shrinks
    )


def settled(state: State, policy: Policy, buffer: int, *, few: bool = False) -> State:
    """Return the state with no sparse row waiting; with `few` of at most `policy.size` rows.

    Nothing of the given state is written to.
    """
    if not state.waiting and not (few and state.count > policy.size):
        return state
    S = sparse.vstack(state.waiting, format="csr") if state.waiting else None
    if S is not None and S.nnz > _SPARSE_DENSITY * S.shape[0] * S.shape[1]:
        rest = dataclasses.replace(state.copied(), waiting=())
        state = _with_dense(rest, S.toarray(), policy, buffer)
        return settled(state, policy, buffer, few=few)
    if S is not None and state.count + S.shape[0] <= policy.size:
        K = np.concatenate([state.rows, S.toarray()])
        return dataclasses.replace(state, K=K, count=K.shape[0], waiting=())
    found = shrink(state.rows, S, policy)
    return dataclasses.replace(
        state,
        K=found.rows,
        count=found.rows.shape[0],
        waiting=(),
        shrinkage=state.shrinkage + found.delta,
        rounding=state.rounding + found.rounding,
        shrinks=state.shrinks + 1,
    )


def joined(state: State, other: State, policy: Policy, buffer: int) -> State:
    """Return the state of both streams."""
    exponent = min(state.exponent, other.exponent)
    state, other = scaled_to(state, exponent), scaled_to(other, exponent)
    heavy, light = state.heavy.joined(other.heavy)
    state = dataclasses.replace(
        state,
        heavy=heavy,
        shrinkage=bounds.merged_shrinkage([state.shrinkage, other.shrinkage]),
        rounding=state.rounding + other.rounding,
        squares=state.squares + other.squares,
        shrinks=state.shrinks + other.shrinks,
        n_samples=state.n_samples + other.n_samples,
        n_omitted=state.n_omitted + other.n_omitted,
        n_updates=state.n_updates + other.n_updates,
    )
    for part in (other.rows, *other.waiting, light):
        if part.shape[0]:
            state = _appended(state, part, policy, buffer)
    return state


def faded(state: State, decay: float) -> State:
    """Return the state of ``decay * A``."""
    if decay == 1.0:
        return state
    squared = decay * decay
    # Each product is rounded once, which moves the square of a row by 2 eps of it at most.
    state = dataclasses.replace(
        state,
        K=state.rows * decay,
        waiting=tuple(part * decay for part in state.waiting),
        heavy=state.heavy.faded(decay),
        shrinkage=bounds.decayed_shrinkage(state.shrinkage, decay, 0.0),
        rounding=squared * state.rounding + 2.0 * EPS * squared * state.squares,
        squares=squared * state.squares,
    )
    if 0.0 < state.squares < _LOW * _LOW:
        state = scaled_to(state, state.exponent - math.frexp(math.sqrt(state.squares))[1])
    return state


def scaled_to(state: State, exponent: int) -> State:
    """Return the same state in another unit."""
    shift = exponent - state.exponent
    if shift == 0:
        return state
    return dataclasses.replace(
        state,
        K=norms.ldexp(state.rows, shift),
        exponent=exponent,
        waiting=tuple(_times_power(part, shift) for part in state.waiting),
        heavy=state.heavy.scaled(shift),
        shrinkage=_ldexp(state.shrinkage, 2 * shift),
        rounding=_ldexp(state.rounding, 2 * shift),
        squares=_ldexp(state.squares, 2 * shift),
    )


def _fit_for(state: State, peak: float) -> State:
    """Return the state in a unit in which rows with entries up to `peak` are near 1."""
    if peak == 0.0:
        return state
    size = math.sqrt(state.squares)
    fresh = -math.frexp(peak)[1]
    if size == 0.0:
        exponent = 0 if _LOW <= peak <= _HIGH else fresh
        return dataclasses.replace(scaled_to(state, exponent), exponent=exponent)
    largest = max(_ldexp(peak, state.exponent), size)
    if _LOW <= largest <= _HIGH:
        return state
    return scaled_to(
        state, state.exponent - math.frexp(largest)[1] if math.isfinite(largest) else fresh
    )


def _ldexp(value: float, shift: int) -> float:
    try:
        return math.ldexp(value, shift)
    except OverflowError:
        return math.inf


def _times_power(X: Any, exponent: int) -> Any:
    if exponent == 0:
        return X
    if isinstance(X, np.ndarray):
        return norms.ldexp(X, exponent)
    scaled = X.copy()
    scaled.data = norms.ldexp(X.data, exponent)
    return scaled


def _row_squares(X: Any) -> np.ndarray:
    with np.errstate(under="ignore"):
        if isinstance(X, np.ndarray):
            return np.asarray(np.einsum("ij,ij->i", X, X))
        return np.asarray(X.multiply(X).sum(axis=1)).ravel()
