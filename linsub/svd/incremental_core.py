"""One merge of an incremental SVD: ``[P, C]`` to its leading part, and what it discards."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.eigh import eigh
from linsub._core.dense.qr import qr
from linsub._core.dense.svd import svd
from linsub.svd import bounds
from linsub.svd.rounding import product_rounding

__all__ = ["EPS", "Ledger", "Merged", "Policy", "Rule", "by_error", "by_rank", "compress"]

EPS = float(np.finfo(np.float64).eps)  # all small algebra is in double precision

# A Gram matrix resolves nothing below sqrt(eps) sigma_1; five digits are asked of its smallest
# kept value (notes: at 1e-10 the merge still corrects itself; beyond it QR takes over).
_GRAM_LIMIT = 1e-10

# Discarded squares above this share of ||M||_F^2 are read off the eigenvalues with six
# digits; smaller ones are measured as the norm of a residual.
_RESOLVED = 1e6 * EPS

# Eigenvalues are all computed up to this order, where that costs no more than a part of them.
_FULL_ORDER = 200

# Share of the squared error that may be spent while blocks still come; the rest is for the
# cut of the result, which sees all of them. (HAPOD's omega = 0.75 leaves about as much.)
_STREAM_SHARE = 0.5


@dataclasses.dataclass(frozen=True)
class Rule:
    """How many values a merge keeps.

    Attributes
    ----------
    count : callable
        Takes the descending spectrum (squares), the sum of all squares and the uncertainty of
        sums of them; returns how many to keep.
    noise : float
        Directions below this multiple of the largest are rounding of the data: they are not
        looked for, though their loss is measured.
    """

    count: Callable[[np.ndarray, float, float], int]
    noise: float = EPS


@dataclasses.dataclass(frozen=True)
class Ledger:
    """What a stream has discarded so far, in its own unit: the numbers of T1.

    Attributes
    ----------
    squares, top_squares : float
        Sums of ||D_t||_F^2 and of ||D_t||_2^2 since the direction last changed.
    earlier, earlier_top : float
        The errors at that change.
    uncertainty : float
        Rounding of the two sums.
    rounding : float
        Sum of the rounding of the merges.
    norm_squares : float
        ||A||_F^2.
    """

    squares: float = 0.0
    top_squares: float = 0.0
    earlier: float = 0.0
    earlier_top: float = 0.0
    uncertainty: float = 0.0
    rounding: float = 0.0
    norm_squares: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether the sums are the error, and not only a bound of it."""
        return self.earlier == 0.0

    @property
    def norm(self) -> float:
        return float(np.sqrt(self.norm_squares))

    def add(self, merged: Merged, appended: float) -> Ledger:
        """Return the ledger after a merge that appended `appended` squares to A."""
        return dataclasses.replace(
            self,
            squares=self.squares + merged.squares,
            top_squares=self.top_squares + merged.top_squares,
            uncertainty=self.uncertainty + merged.uncertainty,
            rounding=self.rounding + merged.rounding,
            norm_squares=self.norm_squares + appended,
        )

    def turn(self, rounding: float) -> Ledger:
        """Return the ledger after a change of direction."""
        upper = np.sqrt(self.squares + self.uncertainty)
        return dataclasses.replace(
            self,
            squares=0.0,
            top_squares=0.0,
            uncertainty=0.0,
            earlier=self.earlier + float(upper),
            earlier_top=self.earlier_top
            + float(min(np.sqrt(self.top_squares + self.uncertainty), upper)),
            rounding=self.rounding + rounding,
        )

    def scaled(self, factor: float) -> Ledger:
        """Return the ledger of factor * A."""
        squares = {"squares", "top_squares", "uncertainty", "norm_squares"}
        return Ledger(
            **{
                name: value * factor * (factor if name in squares else 1.0)
                for name, value in vars(self).items()
            }
        )

    def joined(self, other: Ledger) -> Ledger:
        """Return the ledger of [A, B]."""
        mine, its = vars(self), vars(other)
        both = {name: mine[name] + its[name] for name in mine}
        for name in ("earlier", "earlier_top"):  # ||[E, F]||^2 <= ||E||^2 + ||F||^2
            both[name] = float(np.hypot(mine[name], its[name]))
        return Ledger(**both)


@dataclasses.dataclass(frozen=True, eq=False)
class Merged:
    """``M ~ P W^H`` with orthonormal W, and the squares of ``M - P W^H``."""

    P: np.ndarray
    W: np.ndarray
    squares: float
    top_squares: float
    uncertainty: float
    rounding: float


def compress(P: np.ndarray, C: Any, rule: Rule) -> Merged:
    """Return the leading part of ``M = [P, C]``, of as many columns as the rule keeps.

    Parameters
    ----------
    P : ndarray (d, k), float64 or complex128
        Any columns: nothing here rests on their being orthogonal, so that no defect
        accumulates (the Gram matrix is that of the columns as they are).
    C : ndarray (d, w) or sparse
    rule : Rule
    """
    d, order = P.shape[0], P.shape[1] + C.shape[1]
    sparse = not isinstance(C, np.ndarray)
    if d <= order:
        return _by_svd(_beside(P, C), rule)
    M = None if sparse else _beside(P, C)
    G = _sparse_gram(P, C) if M is None else np.asarray(M.conj().T @ M)
    total = float(G.diagonal().real.sum())
    if total == 0.0:
        return Merged(P[:, :0], np.zeros((order, 0), P.dtype), 0.0, 0.0, 0.0, 0.0)
    noise = (product_rounding(d, EPS) + product_rounding(order, EPS)) * total
    top = order if order <= _FULL_ORDER else P.shape[1] + 1
    squares, W = eigh(G, top)
    squares = np.maximum(squares, 0.0)
    keep = rule.count(squares, total, noise)
    if keep == squares.size < order:  # the part of the spectrum was too small
        squares, W = eigh(G)
        squares = np.maximum(squares, 0.0)
        keep = rule.count(squares, total, noise)
    sound = int(np.count_nonzero(squares > _GRAM_LIMIT * squares[0]))
    W = W[:, : min(keep, sound)]
    k = P.shape[1]
    kept = M @ W if M is not None else P @ W[:k] + np.asarray(C @ W[k:])
    rest = (
        float(squares[W.shape[1] :].sum())
        if squares.size == order
        else total - float(squares[: W.shape[1]].sum())
    )
    rounding = bounds.merge_rounding(float(np.sqrt(total)), order, EPS)
    uncertainty = float(np.sqrt(W.shape[1] + 1.0)) * noise
    if keep <= sound and rest > _RESOLVED * total:
        first = float(squares[keep]) if keep < squares.size else rest
        return Merged(kept, W, rest, min(first, rest), uncertainty, rounding)
    M = _beside(P, C) if M is None else M
    found = norms.frobenius(M - kept @ W.conj().T)
    if keep > sound and found > max(rounding, rule.noise * float(np.sqrt(total))):
        return _by_qr(M, rule)
    return Merged(kept, W, found * found, found * found, 0.0, rounding)


def _beside(P: np.ndarray, C: Any) -> np.ndarray:
    """Return [P, C] with contiguous columns."""
    M = np.empty((P.shape[0], P.shape[1] + C.shape[1]), P.dtype, order="F")
    M[:, : P.shape[1]] = P
    M[:, P.shape[1] :] = C if isinstance(C, np.ndarray) else C.toarray()
    return M


def _sparse_gram(P: np.ndarray, C: Any) -> np.ndarray:
    """Return the Gram matrix of [P, C] without forming a dense C."""
    k = P.shape[1]
    G = np.empty((k + C.shape[1],) * 2, P.dtype)
    Ch = C.conj().T if P.dtype.kind == "c" else C.T
    G[:k, :k] = P.conj().T @ P
    G[k:, :k] = Ch @ P
    G[:k, k:] = G[k:, :k].conj().T
    G[k:, k:] = (Ch @ C).toarray()
    return G


def _by_svd(M: np.ndarray, rule: Rule) -> Merged:
    """Merge a matrix of few rows by its SVD."""
    U, S, Wh = svd(M)
    return _cut(U, S, Wh, norms.frobenius(M), M.shape[1], rule)


def _by_qr(M: np.ndarray, rule: Rule) -> Merged:
    """Merge what is too graded for a Gram matrix by QR and the SVD of R."""
    Q, R = qr(M)
    U, S, Wh = svd(R)
    return _cut(Q @ U, S, Wh, norms.frobenius(M), M.shape[1], rule)


def _cut(
    U: np.ndarray, S: np.ndarray, Wh: np.ndarray, norm: float, order: int, rule: Rule
) -> Merged:
    rounding = bounds.merge_rounding(norm, order, EPS)
    squares = np.square(S)
    keep = rule.count(squares, float(squares.sum()), rounding * rounding)
    # values that are rounding of the largest have no direction of their own
    noise = rule.noise * float(np.sqrt(order)) * float(S.max(initial=0.0))
    keep = min(keep, int(np.count_nonzero(noise < S)))
    rest = float(squares[keep:].sum())
    first = float(squares[keep]) if keep < S.size else 0.0
    W = np.asfortranarray(Wh[:keep].conj().T)
    return Merged(U[:, :keep] * S[:keep], W, rest, first, 0.0, rounding)


# Takes the ledger and the squares that are about to be appended, and returns the rule.
Policy = Callable[[Ledger, float], Rule]


def by_rank(rank: int | None, noise: float) -> Policy:
    """Return the policy of a fixed rank; None keeps all that is not rounding."""

    def count(squares: np.ndarray, total: float, floor: float) -> int:
        return squares.size if rank is None else min(rank, squares.size)

    return lambda ledger, appended: Rule(count, noise)


def by_error(error: float, share: float = _STREAM_SHARE) -> Policy:
    """Return the policy of a relative Frobenius error that the whole stream may have."""

    def policy(ledger: Ledger, appended: float) -> Rule:
        reach = error * float(np.sqrt(ledger.norm_squares + appended))

        def count(squares: np.ndarray, total: float, floor: float) -> int:
            budget = max(reach - ledger.earlier - ledger.rounding, 0.0)
            allowed = share * budget * budget - ledger.squares - ledger.uncertainty
            tails = np.cumsum(squares[::-1])[::-1] + max(total - float(squares.sum()), 0.0)
            return int(np.count_nonzero(tails + floor > allowed))

        return Rule(count)

    return policy
