"""The state of an incremental SVD: one side as a matrix, the other as a chain, and the ledger."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.qr import qr
from linsub._core.dense.svd import svd
from linsub.svd import bounds
from linsub.svd.growing_factor import GrowingFactor
from linsub.svd.incremental_core import EPS, Ledger, Merged, Policy, compress
from linsub.svd.rounding import product_rounding

__all__ = ["State", "absorbed", "adopt", "factors", "flip", "part_width", "rescale"]

# Columns of a merge: a Gram matrix of three times the rank at least, or of this order. Wider
# blocks are cut: the eigenvectors of many columns at once cost more than those of the parts
# (at rank 60, d = 1000: 36 ms for 500 columns at once, 20 ms for 4 parts).
_PART = 64

# Columns of a part over its rows, where these are few: 30 parts of 64 columns made a block of
# 2000 columns of height 100 ten times as slow as two parts.
_WIDE = 16


@dataclasses.dataclass(eq=False)
class State:
    """``scale * A ~ P V^H`` for appended columns; of A^H where rows are appended.

    Attributes
    ----------
    P : ndarray (d, k), float64 or complex128
        U diag(S), up to rounding: the columns need not be exactly orthogonal.
    grown : GrowingFactor or None
        V, where it is kept.
    scale : float
        A power of two; 0 until a block comes that is not zero.
    width : int
        Columns so far.
    ledger : Ledger
    mean : ndarray (d,) or None
        Weighted mean of the columns so far, times scale.
    weight : float
        Sum of the weights of the columns.
    imputed : int
        Entries that were missing.
    merges : int
    """

    P: np.ndarray
    grown: GrowingFactor | None = None
    scale: float = 0.0
    width: int = 0
    ledger: Ledger = dataclasses.field(default_factory=Ledger)
    mean: np.ndarray | None = None
    weight: float = 0.0
    imputed: int = 0
    merges: int = 0

    def copy(self) -> State:
        """Return a state that can be changed; the arrays are never changed in place."""
        return dataclasses.replace(self)


def rescale(state: State, scale: float) -> None:
    """Make room for entries that ask for this scale; never back, so that no digit is lost."""
    if state.scale == 0.0:
        state.scale = scale
    if scale < state.scale:
        ratio = scale / state.scale
        state.P = state.P * ratio
        state.ledger = state.ledger.scaled(ratio)
        if state.mean is not None:
            state.mean = state.mean * ratio
        state.scale = scale


def part_width(columns: int, rows: int) -> int:
    """Return how many columns are merged at a time into a state of so many columns and rows."""
    width = max(_PART, 2 * columns)
    # An SVD of few rows costs little more for many columns than for some.
    return _WIDE * rows if rows <= 2 * width <= _WIDE * rows else width


def absorbed(
    state: State, C: Any, scale: float | None, policy: Policy, forget: float = 1.0
) -> State:
    """Return the state with the columns of C / scale appended.

    Parameters
    ----------
    state : State
        It does not change.
    C : ndarray or sparse (CSC), (d, w)
    scale : float or None
        The power of two that C has been multiplied by; None if it has not been looked at.
    policy : callable
    forget : float, optional
        What the state is multiplied by before.
    """
    state = state.copy()
    if C.shape[1] == 0:
        return state
    if C.dtype.kind == "c" and state.P.dtype.kind != "c":
        _become_complex(state)
    data = C if isinstance(C, np.ndarray) else C.data
    if scale is None:
        scale = norms.power_of_two_scale(norms.max_abs(data), C.dtype)
        C = C * C.dtype.type(scale) if scale != 1.0 else C
    if (state.scale == 0.0 or scale < state.scale) and norms.max_abs(data) > 0.0:
        rescale(state, scale)
    ratio = (state.scale or scale) / scale
    if ratio != 1.0:
        C = C * C.dtype.type(ratio)
    width = C.shape[1]
    if forget != 1.0:
        _forget(state, forget)
    parts = -(-width // part_width(*state.P.shape[::-1]))
    edges = [round(i * width / parts) for i in range(parts + 1)]
    for first, last in itertools.pairwise(edges):
        part = C if parts == 1 else C[:, first:last]
        if state.mean is not None:
            _absorb_centred(state, part, policy)
        else:
            _absorb_plain(state, part, policy)
    return state


def _become_complex(state: State) -> None:
    wide = np.dtype(np.complex128)
    state.P = state.P.astype(wide)
    state.grown = None if state.grown is None else state.grown.astype(wide)
    state.mean = None if state.mean is None else state.mean.astype(wide)


def _forget(state: State, factor: float) -> None:
    state.P = state.P * factor
    state.ledger = state.ledger.scaled(factor)
    state.weight *= factor * factor
    if state.mean is not None and state.grown is not None:  # the column of weights
        turn = np.eye(state.grown.columns, dtype=state.grown.rows.dtype)
        turn[-1, -1] = factor
        state.grown = state.grown.append(turn, state.grown.rows[:0])


def _enter(state: State, merged: Merged, appended: float, width: int) -> None:
    state.P = merged.P
    state.ledger = state.ledger.add(merged, appended)
    state.width += width
    state.merges += 1


def _squares(C: Any) -> float:
    data = C if isinstance(C, np.ndarray) else C.data
    return norms.frobenius(data) ** 2


def _absorb_plain(state: State, C: Any, policy: Policy) -> None:
    k = state.P.shape[1]
    if not isinstance(C, np.ndarray) and C.dtype != state.P.dtype:
        C = C.astype(state.P.dtype)
    appended = _squares(C)
    merged = compress(state.P, C, policy(state.ledger, appended))
    if state.grown is not None:
        state.grown = state.grown.append(merged.W[:k], merged.W[k:])
    _enter(state, merged, appended, C.shape[1])
    state.weight += C.shape[1]


def _absorb_centred(state: State, C: Any, policy: Policy) -> None:
    """Append columns to a centred matrix (Ross et al.): the shift of the mean is a column.

    With the row v of weights of the old columns, ``[A, C]`` centred anew is
    ``[A_centred, C_centred, shift] Z^H`` with orthonormal ``Z``: the last column of Z is
    ``(a v; b 1)``. So T1 holds as it is, and V can be kept with v as one more column.
    """
    assert state.mean is not None
    dense = C if isinstance(C, np.ndarray) else C.toarray()  # one part, never the whole block
    k, width = state.P.shape[1], C.shape[1]
    mean = dense.mean(axis=1, dtype=state.P.dtype)
    before, total = state.weight, state.weight + width
    shift = mean - state.mean if before else np.zeros_like(mean)
    size = np.sqrt(before / total * width)
    block = np.empty((dense.shape[0], width + 1), state.P.dtype, order="F")
    np.subtract(dense, mean[:, None], out=block[:, :width])
    block[:, width] = size * shift
    appended = _squares(block)
    merged = compress(state.P, block, policy(state.ledger, appended))
    # ||C||_F is at most the first two terms
    reach = np.sqrt(appended) + (np.sqrt(width) + np.sqrt(total)) * norms.frobenius(mean)
    merged = dataclasses.replace(  # the means are rounded too
        merged, rounding=merged.rounding + product_rounding(width, EPS) * float(reach)
    )
    if state.grown is not None:
        a = -np.sqrt(width / total / before) if before else 0.0
        b = np.sqrt(before / total / width)
        turn = np.zeros((k + 1, merged.W.shape[1] + 1), state.P.dtype)
        turn[:k, :-1], turn[k, :-1], turn[k, -1] = merged.W[:k], a * merged.W[-1], 1.0
        rows = np.ones((width, merged.W.shape[1] + 1), state.P.dtype)
        rows[:, :-1] = merged.W[k:-1] + b * merged.W[-1]
        state.grown = state.grown.append(turn, rows)
    _enter(state, merged, appended, width)
    state.mean = state.mean + shift * (width / total) if before else mean
    state.weight = total


def adopt(state: State, other: State, policy: Policy, forget: float = 1.0) -> None:
    """Append the columns that another state has seen: one merge of the two."""
    other = other.copy()
    for one, two in ((state, other), (other, state)):
        if one.P.dtype.kind == "c" and two.P.dtype.kind != "c":
            _become_complex(two)
    if forget != 1.0:
        _forget(state, forget)
    scales = [one.scale for one in (state, other) if one.scale]
    for one in (state, other) if scales else ():
        rescale(one, min(scales))
    P, k = other.P, state.P.shape[1]
    before, width = state.weight, other.weight
    total = before + width
    shift = None
    if state.mean is not None and other.mean is not None and before and width:
        shift = other.mean - state.mean
        P = np.column_stack([P, np.sqrt(before / total * width) * shift])
    ledger = state.ledger.joined(other.ledger)
    appended = 0.0 if shift is None else _squares(P[:, -1:])
    merged = compress(state.P, P, policy(ledger, appended))
    if state.grown is not None and other.grown is not None:
        state.grown = _beside(state, other, merged.W, k, shift is not None)
    else:
        state.grown = None
    state.ledger = ledger.add(merged, appended)
    state.P = merged.P
    if state.mean is not None:
        state.mean = other.mean if not before else state.mean
        if shift is not None:
            state.mean = state.mean + shift * (width / total)
    state.width += other.width
    state.weight = total
    state.imputed += other.imputed
    state.merges += other.merges + 1


def _beside(state: State, other: State, W: np.ndarray, k: int, shifted: bool) -> GrowingFactor:
    """Return the growing factor of two states side by side, turned by W."""
    assert state.grown is not None
    assert other.grown is not None
    rows = other.grown.matrix()
    if state.mean is None:
        return state.grown.append(W[:k], rows @ W[k:])
    total = state.weight + other.weight
    last = W[-1] if shifted else np.zeros(W.shape[1], W.dtype)
    inner = W[k:-1] if shifted else W[k:]
    a = -np.sqrt(other.weight / total / state.weight) if shifted else 0.0
    b = np.sqrt(state.weight / total / other.weight) if shifted else 0.0
    turn = np.zeros((k + 1, W.shape[1] + 1), W.dtype)
    turn[:k, :-1], turn[k, :-1], turn[k, -1] = W[:k], a * last, 1.0
    under = rows[:, :-1] @ inner + b * rows[:, -1:] * last
    return state.grown.append(turn, np.column_stack([under, rows[:, -1]]))


def factors(state: State) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return U, S and V of ``P V^H``, orthonormal to rounding; V is None where not kept."""
    d, k = state.P.shape
    if k == 0:
        V = None if state.grown is None else np.zeros((state.width, 0), state.P.dtype)
        return np.zeros((d, 0), state.P.dtype), np.zeros(0), V
    Q, R = qr(state.P)
    U, S, Wh = svd(R)
    U = Q @ U
    if state.grown is None:
        return U, S, None
    # The rows come from as many products as there were merges, and with a mean they are
    # orthonormal only to eps ||mean|| / S: one more factorization makes them so.
    Q, R = qr(state.grown.matrix()[:, :k] @ (Wh.conj().T * S))
    Y, S, Zh = svd(R)
    return U[:, : Zh.shape[1]] @ Zh.conj().T, S, Q @ Y


def flip(state: State, keep: bool) -> None:
    """Turn to A^H, so that rows are appended after columns, or columns after rows."""
    U, S, V = factors(state)
    assert V is not None
    d = state.P.shape[0]
    state.P = np.asfortranarray(V * S)
    state.grown = GrowingFactor.start(U) if keep else None
    state.width = d
    # V has been multiplied out, and U is orthonormal up to rounding.
    norm = norms.frobenius(S)
    state.ledger = state.ledger.turn(
        (state.merges + 2.0) * bounds.merge_rounding(norm, S.size + 1, EPS)
    )
