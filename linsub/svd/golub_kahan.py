"""Thick-restart block Golub-Kahan: A V = P R with both bases orthonormal.

Nothing is squared, so small singular values keep their accuracy, at the price of a basis
on each side and two readings of A a step. The same loop with a growing basis and the free
indicator ||A||_F^2 - ||R||_F^2 = ||A (I - V V^H)||_F^2 finds the rank for a given error
(Hallman's randUBV, with both sides reorthogonalized and the rank certified from below).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import products
from linsub._core.dense import norms
from linsub._core.dense.qr import orthonormalize
from linsub._core.dense.svd import svd
from linsub._core.operators import Operator
from linsub._core.random import Streams
from linsub.svd import bounds
from linsub.svd.lanczos import default_basis
from linsub.svd.norm_bound import FROBENIUS_PROBES
from linsub.svd.result import Factors
from linsub.svd.rounding import product_rounding

__all__ = ["golub_kahan", "golub_kahan_to_error"]


@dataclasses.dataclass
class _State:
    """A V = P R; the newest block V[:, size : size + b] has not met A yet."""

    V: np.ndarray
    P: np.ndarray
    R: np.ndarray
    size: int
    coupling: np.ndarray

    def grow(self, capacity: int) -> None:
        """Make room for `capacity` columns."""
        if capacity <= self.P.shape[1]:
            return
        extra = max(capacity - self.P.shape[1], self.P.shape[1] // 2)
        self.V = np.asfortranarray(np.pad(self.V, ((0, 0), (0, extra))))
        self.P = np.asfortranarray(np.pad(self.P, ((0, 0), (0, extra))))
        self.R = np.pad(self.R, ((0, extra), (0, extra)))


def _start(
    op: Operator, b: int, capacity: int, streams: Streams, start: np.ndarray | None, most: int = 0
) -> _State:
    m, n = op.shape
    X = streams.gaussian("start", (n, b), op.dtype)
    if start is not None and start.shape[1]:
        width = max(b, min(start.shape[1], most))
        X = np.concatenate([start.astype(op.dtype), X], axis=1)[:, :width]
    first = X.shape[1]
    V = np.zeros((n, capacity + first), op.dtype, order="F")
    P = np.zeros((m, capacity + first), op.dtype, order="F")
    V[:, :first] = orthonormalize(X, gaussian=streams.generator("start", 2)).Q
    R = np.zeros((capacity + first, capacity + first), op.dtype)
    return _State(V, P, R, 0, np.zeros((first, first), op.dtype))


def _advance(op: Operator, state: _State, b: int, fill: np.random.Generator) -> np.ndarray:
    """Send the newest right block through A; return the new left block."""
    d = state.size
    W = op.matmat(state.V[:, d : d + b])
    left = orthonormalize(W, against=state.P[:, :d], gaussian=fill)
    state.P[:, d : d + b] = left.Q
    state.R[:d, d : d + b] = left.H
    state.R[d : d + b, d : d + b] = left.R
    state.size = d + b
    return left.Q


def _expand(op: Operator, state: _State, b: int, fill: np.random.Generator) -> None:
    """Send the newest right block through A, and its image back through A^H."""
    d = state.size
    state.grow(d + 2 * b)
    Z = op.rmatmat(_advance(op, state, b, fill))
    right = orthonormalize(Z, against=state.V[:, : d + b], gaussian=fill)
    state.V[:, d + b : d + 2 * b] = right.Q
    state.coupling = right.R


def _restart(state: _State, X: np.ndarray, S: np.ndarray, Yh: np.ndarray, keep: int) -> None:
    d = state.size
    b = state.coupling.shape[0]
    block = state.V[:, d : d + b].copy()
    state.V[:, :keep] = state.V[:, :d] @ Yh[:keep].conj().T
    state.P[:, :keep] = state.P[:, :d] @ X[:, :keep]
    state.V[:, keep : keep + b] = block
    state.R[...] = 0
    state.R[range(keep), range(keep)] = S[:keep]
    state.size = keep


def _finish(
    state: _State, X: np.ndarray, S: np.ndarray, Yh: np.ndarray, rank: int, **outcome: Any
) -> Factors:
    d = state.size
    return Factors(
        U=products.matmat(state.P[:, :d], X[:, :rank]),
        S=S[:rank].copy(),
        V=products.matmat(state.V[:, :d], Yh[:rank].conj().T),
        method="golub-kahan",
        **outcome,
    )


def golub_kahan(
    op: Operator,
    rank: int,
    *,
    tol: float,
    streams: Streams,
    block: int = 8,
    basis: int | None = None,
    maxiter: int = 300,
    start: np.ndarray | None = None,
) -> Factors:
    """Return the `rank` leading triplets of `op`, to residuals of tol * sigma_1.

    Parameters are those of :func:`linsub.svd.lanczos.leading_subspace`; `rank` plus two
    blocks must not exceed min(m, n), and the leading directions of `start` are used, all of
    them where a restart leaves room for blocks as wide as that.
    """
    short = min(op.shape)
    b = max(1, min(block, short))
    basis = default_basis(rank, b, short) if basis is None else basis
    fill = streams.generator("start", (1, op.products))
    state = _start(op, b, basis + 2 * b, streams, start, most=(short - rank) // 3)
    b_now = state.coupling.shape[0]
    # Room for the wanted triplets and two blocks, and for one more beyond the basis.
    basis = max(min(max(basis, rank + 2 * b_now), short - b_now), min(short, rank))
    converged = False
    restarts = 0
    steps = 0
    worst = np.inf
    maxiter = max(maxiter, -(-rank // b_now))  # fewer steps have no `rank` vectors to give
    while steps < maxiter:
        steps += 1
        _expand(op, state, b_now, fill)
        d = state.size
        exhausted = d + b_now > short
        full = d + b_now > basis
        if d < rank and not exhausted and not full:
            continue
        X, S, Yh = svd(state.R[:d, :d])
        last = state.coupling @ X[d - b_now : d, :rank]
        worst = float(np.linalg.norm(last, axis=0).max(initial=0.0))
        converged = exhausted or (d >= rank and worst <= tol * float(S[0]))
        if converged:
            break
        if full and steps < maxiter:
            keep = min(rank + max(b_now, (d - rank) // 3), d - b_now)
            _restart(state, X, S, Yh, max(keep, min(rank, d - b_now)))
            restarts += 1
    return _finish(
        state, X, S, Yh, rank, converged=converged, iterations=steps,
        details={"restarts": restarts, "block": b_now, "residual": worst},
    )  # fmt: skip


def _rank_for(S: np.ndarray, total: float, missing: float, error: float) -> tuple[int, int, bool]:
    """Return (rank that meets the error, rank that no matrix can do without, met).

    With A V = P R, sum_{i<=r} sigma_i(A)^2 lies between sum_{i<=r} S_i^2 and that plus
    `missing` >= ||A (I - V V^H)||_F^2.
    """
    squares = np.square(S, dtype=np.float64)
    # Summed from the small end, so that the tails keep their digits.
    tails = np.concatenate([np.cumsum(squares[::-1])[::-1], [0.0]])
    allowed = error * error * total
    met = bool(missing <= allowed)
    rank = int(np.argmax(tails + missing <= allowed)) if met else len(S)
    least = int(np.argmax(tails <= allowed)) if met else len(S)
    return rank, min(least, rank), met


class _Missing:
    """What the basis does not hold yet, ||A (I - V V^H)||_F^2, and ||A||_F^2.

    By subtraction where ||A||_F is known. Where only products are, 16 probes bound the first
    at every step, each step with a share of the failure probability, and what is captured
    bounds the second from below.
    """

    def __init__(self, op: Operator, streams: Streams, failure_prob: float) -> None:
        norm = op.frobenius()
        self.total = None if norm is None else norm * norm
        # Rounding of the two squares, and of the products: no error below its root is seen.
        self.rounding = product_rounding(max(op.shape), op.eps)
        self.failure_prob = failure_prob
        if self.total is None:
            self._probes = streams.gaussian(
                "probe", (op.shape[1], FROBENIUS_PROBES), op.dtype, (10, 0)
            )
            self._images = op.matmat(self._probes)

    def __call__(self, state: _State, step: int, done: bool) -> tuple[float, float]:
        """Return (missing, total), the first from above, the second from below."""
        d = state.size
        R = state.R[:d, :d]
        captured = float(np.square(np.abs(R), dtype=np.float64).sum())
        if self.total is not None:
            missing = max(self.total - captured, 0.0) + self.rounding * self.total
            return (0.0 if done else missing), self.total
        if done:
            return 0.0, captured
        # sum_s 6 / (pi s)^2 = 1
        share = self.failure_prob * 6.0 / (np.pi * step) ** 2
        E = self._images - state.P[:, :d] @ (R @ (state.V[:, :d].conj().T @ self._probes))
        bound = bounds.frobenius_from_probes(
            norms.frobenius(E), FROBENIUS_PROBES, share, complex_probes=E.dtype.kind == "c"
        )
        return (bound + self.rounding * float(np.sqrt(captured))) ** 2, captured


def golub_kahan_to_error(
    op: Operator,
    error: float,
    *,
    max_rank: int,
    streams: Streams,
    block: int = 8,
    failure_prob: float = 1e-6,
) -> Factors:
    """Return a leading part with ||A - U S V^H||_F <= error ||A||_F, of the least rank seen.

    `op` has at least as many rows as columns, or a full basis would not hold all of A.
    The basis grows until the error is met and one more block no longer lowers the rank.
    ``details["rank_at_least"]`` is certified, where ||A||_F is known: no matrix of lower
    rank meets the error.
    """
    short = min(op.shape)
    b = max(1, min(block, short))
    fill = streams.generator("start", (1, op.products))
    measure = _Missing(op, streams, failure_prob)
    state = _start(op, b, min(short, 16 * b) + 2 * b, streams, None)
    previous = short + 1
    steps = 0
    while True:
        _expand_within(op, state, min(b, short - state.size), short, fill)
        steps += 1
        d = state.size
        done = d >= short
        missing, total = measure(state, steps, done)
        beyond = d >= max_rank + 2 * b
        if missing > error * error * total and not done and not beyond:
            continue
        X, S, Yh = svd(state.R[:d, :d])
        rank, least, met = _rank_for(S, total, missing, error)
        if done or beyond or rank >= previous or rank == least:
            break
        if met:
            previous = rank
    cut = min(rank, max_rank)
    details = {"rank_needed": rank if met else None, "block": b}
    if measure.total is not None:
        details["rank_at_least"] = least
    return _finish(
        state, X, S, Yh, cut, converged=met and rank <= max_rank, iterations=steps, details=details
    )


def _expand_within(
    op: Operator, state: _State, b: int, short: int, fill: np.random.Generator
) -> None:
    """Expand by b columns; at the end of the space there is no whole block left to prepare."""
    d = state.size
    if d + 2 * b <= short:
        _expand(op, state, b, fill)
        return
    state.grow(d + 2 * b)
    left = _advance(op, state, b, fill)
    rest = min(b, short - d - b)
    if rest > 0:
        Z = op.rmatmat(left)
        right = orthonormalize(Z[:, :rest], against=state.V[:, : d + b], gaussian=fill)
        state.V[:, d + b : d + b + rest] = right.Q
