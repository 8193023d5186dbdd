"""One shrink of Frequent Directions: the rows kept so far to at most l, and what that costs."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from linsub._core.dense.eigh import eigh
from linsub._core.dense.qr import r_factor
from linsub._core.dense.svd import svd
from linsub.streaming import bounds

__all__ = ["EPS", "Engine", "Policy", "Shrunk", "Variant", "shrink"]

EPS = float(np.finfo(np.float64).eps)  # all small algebra is in double precision

Variant = Literal["fd", "robust", "isvd"]
Engine = Literal["auto", "gram", "svd"]

# The Gram matrix sees squares down to order * eps of the largest; where what is cut is hardly
# above, the stream is nearly of low rank and the SVD keeps its small directions too.
_RESOLVED = 100.0


@dataclasses.dataclass(frozen=True)
class Policy:
    """How rows are shrunk; `size` is l, `shrunk` how many values lose delta at least."""

    size: int
    shrunk: int
    variant: Variant
    engine: Engine

    @property
    def kept(self) -> int:
        """Rows that a sketch has at most after a shrink."""
        return self.size if self.variant == "isvd" else self.size - 1

    def factors(self, squares: np.ndarray, delta: float) -> np.ndarray:
        """Return what the directions with these squares, descending, are multiplied by."""
        found = np.ones(squares.size)
        if self.variant == "isvd":
            return found
        low = slice(self.size - self.shrunk, None)
        share = np.sqrt(np.minimum(delta / squares[low], 1.0))
        found[low] = np.sqrt((1.0 - share) * (1.0 + share))
        return found


@dataclasses.dataclass(frozen=True, eq=False)
class Shrunk:
    """``-rounding I <= C^T C - rows^T rows <= (delta + rounding) I``."""

    rows: np.ndarray
    delta: float
    rounding: float


def shrink(C: np.ndarray, S: Any, policy: Policy) -> Shrunk:
    """Return the rows of C and S as few.

    Parameters
    ----------
    C : ndarray (r, d)
    S : sparse (b, d) or None
        Never dense as a whole unless the SVD is asked for.
    policy : Policy
    """
    d, order = C.shape[1], C.shape[0] + (0 if S is None else S.shape[0])
    if d <= policy.kept:  # as many rows as there are directions: nothing has to go
        R = r_factor(_stacked(C, S))
        size = float(np.sum(np.square(R)))
        return Shrunk(R, 0.0, bounds.shrink_rounding(size, order, d, EPS))
    G = C @ C.T if S is None else _gram(C, S)
    total = float(G.diagonal().sum())
    rounding = bounds.shrink_rounding(total, order, d, EPS)
    if total == 0.0:
        return Shrunk(C[:0], 0.0, 0.0)
    if policy.engine == "svd":
        return _by_svd(_stacked(C, S), policy, rounding)
    squares, W = eigh(G, policy.kept + 1)
    squares = np.maximum(squares, 0.0)
    delta = float(squares[policy.kept]) if squares.size > policy.kept else 0.0
    if policy.engine == "auto" and delta <= _RESOLVED * order * EPS * float(squares[0]):
        return _by_svd(_stacked(C, S), policy, rounding)
    keep = min(policy.kept, int(np.count_nonzero(squares > delta)))
    W = W[:, :keep] * policy.factors(squares[:keep], delta)
    rows = W[: C.shape[0]].T @ C
    if S is not None:
        rows += np.asarray(S.T @ W[C.shape[0] :]).T
    return Shrunk(rows, delta, rounding)


def _by_svd(C: np.ndarray, policy: Policy, rounding: float) -> Shrunk:
    """Shrink by the SVD; values that are rounding of the largest are cut and not subtracted."""
    _, values, Vh = svd(C)
    squares = np.square(values)
    delta = float(squares[policy.kept]) if squares.size > policy.kept else 0.0
    # The error of a singular value, squared as its direction is.
    noise = (np.sqrt(max(C.shape)) * EPS) ** 2 * float(squares[0])
    cut = 0.0 if delta <= noise else delta
    keep = min(policy.kept, int(np.count_nonzero(squares > delta)))
    factors = policy.factors(squares[:keep], cut) * values[:keep]
    return Shrunk(factors[:, None] * Vh[:keep], cut, rounding + (delta - cut))


def _stacked(C: np.ndarray, S: Any) -> np.ndarray:
    return C if S is None else np.concatenate([C, S.toarray()])


def _gram(C: np.ndarray, S: Any) -> np.ndarray:
    """Return the Gram matrix of the rows of C and of S, from products with S."""
    r = C.shape[0]
    G = np.empty((r + S.shape[0],) * 2)
    G[:r, :r] = C @ C.T
    G[r:, :r] = np.asarray(S @ C.T)
    G[:r, r:] = G[r:, :r].T
    G[r:, r:] = (S @ S.T).toarray()
    return G
