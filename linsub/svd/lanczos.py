"""Thick-restart block Lanczos on A^H A: the engine for a few leading triplets.

Each step makes one fused product A^H (A X), which reads A once, and orthogonalizes the
result against the whole basis. Nothing of length m is stored. Squaring costs accuracy for
singular values below sqrt(eps) sigma_1; the engine says so (``graded``) and the driver
then hands its basis to Golub-Kahan.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core import products
from linsub._core.dense.cholesky import cholesky_qr2
from linsub._core.dense.eigh import eigh
from linsub._core.dense.qr import orthonormalize
from linsub._core.dense.svd import svd
from linsub._core.operators import Operator
from linsub._core.random import Streams
from linsub.svd.result import Factors

__all__ = ["block_lanczos", "default_basis", "leading_subspace", "rayleigh_ritz"]

# Ritz residuals are read from an eigendecomposition of order d; while d is small it costs
# as much as a step, so the next reading waits until the observed rate predicts success.
_FIRST_CHECK = 2  # blocks beyond the wanted rank before the first reading


@dataclasses.dataclass
class _State:
    """The Lanczos relation C V = V T + Q L E^H; V, Q share one buffer."""

    V: np.ndarray  # (n, capacity), the first `size` columns are the basis, then Q
    T: np.ndarray  # (capacity, capacity)
    size: int
    coupling: np.ndarray  # (b, b), L of the newest block
    arrow: int  # columns of V that the current block couples to, counted back from it


def default_basis(rank: int, block: int, n: int) -> int:
    """Return how many basis vectors to keep before a restart.

    Measured on sparse and dense rows: fewer cost more products than they save in
    orthogonalization, more cost the reverse, and within 30 % of these nothing changes.
    """
    wanted = max(4 * rank, rank + max(14 * block, 92))
    return int(min(wanted, max(n - block, rank + 2 * block)))


def _expand(op: Operator, state: _State, b: int, fill: np.random.Generator) -> None:
    """Apply C to the newest block and append the new direction."""
    d = state.size
    V, T = state.V, state.T
    X = V[:, d : d + b]
    Z = op.normal(X)
    # First against the blocks it couples to in exact arithmetic, whose coefficients are
    # large; what is then left along the others is rounding, for the whole basis to remove.
    near = slice(d - state.arrow, d + b)
    H = products.rmatmat(V[:, near], Z)
    Z = Z - products.matmat(V[:, near], H)
    full = V[:, : d + b]
    scale = float(np.abs(H).max(initial=0.0))
    new = orthonormalize(Z, against=full, gaussian=fill, scale=scale)
    G = new.H
    G[near] += H
    T[: d + b, d : d + b] = G
    T[d : d + b, : d + b] = G.conj().T
    diagonal = T[d : d + b, d : d + b]
    diagonal[...] = (diagonal + diagonal.conj().T) / 2
    V[:, d + b : d + 2 * b] = new.Q
    state.coupling = new.R
    state.size = d + b
    state.arrow = b


def _restart(state: _State, w: np.ndarray, Y: np.ndarray, keep: int, b: int) -> None:
    d = state.size
    block = state.V[:, d : d + b].copy()
    state.V[:, :keep] = state.V[:, :d] @ Y[:, :keep]
    state.V[:, keep : keep + b] = block
    state.T[...] = 0
    state.T[range(keep), range(keep)] = w[:keep]
    state.size = keep
    state.arrow = keep


def _residuals(state: _State, w: np.ndarray, Y: np.ndarray, rank: int, b: int) -> np.ndarray:
    """||A^H u_i - s_i v_i|| = ||L y_last|| / s_i, with A v_i = s_i u_i by construction."""
    last = state.coupling @ Y[state.size - b : state.size, :rank]
    s = np.sqrt(np.maximum(w[:rank], np.finfo(w.dtype).tiny))
    return np.asarray(np.linalg.norm(last, axis=0) / s)


def _next_check(history: list[tuple[int, float]], goal: float, b: int) -> int:
    """Return the basis size at which the residual should reach its goal."""
    size, value = history[-1]
    if len(history) < 2 or history[-2][0] >= size or value >= history[-2][1]:
        return size + b
    rate = np.log(history[-2][1] / value) / (size - history[-2][0])
    wait = np.log(value / goal) / rate
    return size + b * max(1, int(min(wait, 4 * b) / b))


@dataclasses.dataclass(frozen=True)
class Subspace:
    """Orthonormal approximations V (n, k) of the leading right singular vectors.

    `values` are all Ritz values of A^H A, descending, and `vectors()` those that follow V.
    """

    V: np.ndarray
    values: np.ndarray
    vectors: Callable[[], np.ndarray]
    converged: bool
    steps: int
    details: dict[str, Any]


def leading_subspace(
    op: Operator,
    rank: int,
    *,
    tol: float,
    streams: Streams,
    block: int = 8,
    basis: int | None = None,
    maxiter: int = 300,
    start: np.ndarray | None = None,
) -> Subspace:
    """Return the `rank` leading right singular vectors, to residuals of tol * sigma_1.

    Parameters
    ----------
    op : Operator of shape (m, n)
        The basis has columns of length n: pass the adjoint to work on the other side.
    rank : int
        From 1 to n.
    tol : float
        Bound asked of every residual, relative to sigma_1.
    block : int
        Columns of one product. Multiplicities up to it are met by the Krylov space
        itself, larger ones by the driver's completeness check.
    basis : int, optional
        Basis vectors to hold before a restart.
    maxiter : int
        Most products A^H (A X).
    start : ndarray of shape (n, any), optional
        Directions to begin with; random ones fill up the block.
    """
    n = op.shape[1]
    b = max(1, min(block, n))
    basis = default_basis(rank, b, n) if basis is None else basis
    basis = max(min(basis, n - b), min(n, rank))
    fill = streams.generator("start", (1, op.products))
    state = _start(op, b, basis, streams, start)
    history: list[tuple[int, float]] = []
    check = min(max(rank + _FIRST_CHECK * b, b), basis)
    converged = exhausted = False
    steps = restarts = 0
    maxiter = max(maxiter, -(-rank // b))  # fewer steps have no `rank` vectors to give
    while steps < maxiter:
        _expand(op, state, b, fill)
        steps += 1
        full = state.size + b > basis
        exhausted = state.size + b > n
        last = steps == maxiter
        if state.size < check and not (full or exhausted or last):
            continue
        d = state.size
        w, Y = eigh(state.T[:d, :d])
        wanted = min(rank, d)
        residual = _residuals(state, w, Y, wanted, b)
        goal = tol * float(np.sqrt(max(w[0], 0.0)))
        worst = float(residual.max(initial=0.0))
        converged = d >= rank and (worst <= goal)
        floor = w[0] * op.eps * 8 if w.size else 0.0
        if converged or exhausted or last or w[wanted - 1] <= floor:
            break
        if full:
            keep = min(rank + max(b, (d - rank) // 3), d - b)
            _restart(state, w, Y, keep, b)
            restarts += 1
            history.clear()
            check = state.size + 2 * b
        else:
            history.append((d, worst))
            check = _next_check(history, max(goal, 1e-300), b)
    Q = state.V[:, : state.size]
    return Subspace(
        V=Q @ Y[:, :rank],
        values=w,
        vectors=lambda: Q @ Y[:, rank:],
        converged=converged or exhausted,
        steps=steps,
        details={"restarts": restarts, "block": b},
    )


def block_lanczos(op: Operator, rank: int, **options: Any) -> Factors:
    """Return the `rank` leading triplets of `op`; the options are those of leading_subspace."""
    found = leading_subspace(op, rank, **options)
    factors = rayleigh_ritz(op, found.V)
    factors.converged = found.converged
    factors.iterations = found.steps
    factors.details = found.details
    return factors


def _start(op: Operator, b: int, basis: int, streams: Streams, start: np.ndarray | None) -> _State:
    n = op.shape[1]
    X = streams.gaussian("start", (n, b), op.dtype)
    if start is not None and start.shape[1]:
        X = np.concatenate([start.astype(op.dtype), X], axis=1)[:, :b]
    capacity = min(n, basis + 2 * b) + b
    V = np.empty((n, capacity), op.dtype, order="F")
    V[:, :b] = orthonormalize(X, gaussian=streams.generator("start", 2)).Q
    T = np.zeros((capacity, capacity), op.dtype)
    return _State(V, T, 0, np.zeros((b, b), op.dtype), 0)


def rayleigh_ritz(op: Operator, V: np.ndarray) -> Factors:
    """Turn an orthonormal V into triplets through a fresh product, QR and a small SVD.

    That restores what squaring and Lanczos rounding took from the small values.
    """
    W = op.matmat(V)
    Q, R = cholesky_qr2(W)
    P, S, Zh = svd(R)
    U = Q @ P
    Z = Zh.conj().T
    graded = bool(S.size and S[-1] <= 30 * np.sqrt(op.eps) * S[0])
    return Factors(
        U=U, S=S, V=V @ Z, method="lanczos", graded=graded, images=(W @ Z, op.rmatmat(U))
    )
