"""Markov chains whose stationary law is a k-DPP: one item is exchanged a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense import norms
from linsub._core.dense.determinants import cholesky_lower
from linsub._core.dense.triangular import solve
from linsub._core.random import RNGLike, Streams
from linsub.dpp.greedy import dpp_map_greedy
from linsub.dpp.kernel_checks import as_hermitian, as_indices
from linsub.dpp.spectrum import squared_sizes
from linsub.errors import InvalidInputError

__all__ = ["dpp_mcmc"]

KERNELS = ("down-up", "exchange")


def dpp_mcmc(
    L: Any,
    k: int,
    n_steps: int,
    *,
    init: Any = "greedy",
    kernel: str = "down-up",
    rng: RNGLike = None,
) -> np.ndarray:
    """Walk over the sets of k items with the k-DPP of L, P(S) ~ det L_S, as stationary law.

    Parameters
    ----------
    L : array_like (N, N)
        Hermitian positive semidefinite.
    k : int
        1 to N.
    n_steps : int
    init : "greedy" or sequence of int, optional
        Where to start: the set of :func:`dpp_map_greedy`, or k items with det L_S > 0.
    kernel : {"down-up", "exchange"}
        "down-up" drops an item at random and takes one back in proportion to the determinant.
        "exchange" proposes one to drop and one to take, and accepts with half the smaller of 1
        and the ratio of the determinants.
    rng : optional
        A seed or a generator.

    Returns
    -------
    ndarray of int64 (n_steps, k)
        The set after each step; the last row is the sample. An item stays in its column.

    Raises
    ------
    InvalidInputError
        If k exceeds the numerical rank, or the set to start from has determinant zero.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Both are reversible with respect to the k-DPP, and lazy enough that no
    eigenvalue is negative. "down-up" has a spectral gap of at least 1 / k (Anari, Liu, Oveis
    Gharan & Vinzant 2019; ``dpp-down-up-gap``), so that some k log(1 / P(S_0)) steps suffice, of
    "exchange" N k log(1 / P(S_0)) (Anari, Oveis Gharan & Rezaei 2016). For an exact sample there
    is :class:`KDPP`. *Cost.* A step of "down-up" N k^2 flops, of "exchange" k^3 / 3; no
    decomposition of L.

    References
    ----------
    Anari, Oveis Gharan & Rezaei, COLT 2016; Anari, Liu, Oveis Gharan & Vinzant, STOC 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import dpp_mcmc
    >>> dpp_mcmc(np.diag([1.0, 1.0, 0.0]), 2, 2, rng=0)
    array([[0, 1],
           [0, 1]])
    """
    matrix, eps = as_hermitian(L, "L")
    N = matrix.shape[0]
    k = scalars.as_integer(k, name="k", low=1, high=max(N, 1))
    n_steps = scalars.as_integer(n_steps, name="n_steps", low=0)
    kernel = scalars.as_choice(kernel, name="kernel", choices=KERNELS)
    if isinstance(init, str):
        scalars.as_choice(init, name="init", choices=("greedy",))
        S = dpp_map_greedy(L, k=k).indices.copy()
    else:
        S = as_indices(init, N, "init").copy()
        if S.size != k:
            raise InvalidInputError(f"init has {S.size} items and k is {k}")
    matrix = matrix * norms.power_of_two_scale(norms.max_abs(matrix), matrix.dtype, always=True)
    if _is_singular(matrix, S, eps):
        raise InvalidInputError(
            "init has determinant zero, and the chain cannot leave from there; pass 'greedy'"
        )
    step = _down_up if kernel == "down-up" else _exchange
    uniforms = Streams(rng).generator("sample").random((n_steps, 3))
    states = np.empty((n_steps, k), np.int64)
    for t in range(n_steps):
        step(matrix, S, uniforms[t])
        states[t] = S
    return states


def _down_up(L: np.ndarray, S: np.ndarray, u: np.ndarray) -> None:
    """Exchange an item of S, chosen at random, for one in proportion to what is left of it."""
    at = min(int(u[0] * S.size), S.size - 1)
    kept = np.delete(S, at)
    left = _left_of(L, kept)
    # The item that was dropped can always come back.
    left[S[at]] = max(left[S[at]], np.finfo(float).tiny)
    cdf = np.cumsum(left)
    j = int(np.searchsorted(cdf, u[1] * cdf[-1], side="right"))
    S[at] = min(j, int(np.flatnonzero(left)[-1]))


def _exchange(L: np.ndarray, S: np.ndarray, u: np.ndarray) -> None:
    """Propose an item for another; accept with min(1, ratio of determinants) / 2."""
    N, k = L.shape[0], S.size
    if k == N:
        return
    at = min(int(u[0] * k), k - 1)
    others = np.setdiff1d(np.arange(N), S, assume_unique=True)
    j = others[min(int(u[1] * others.size), others.size - 1)]
    kept = np.delete(S, at)
    before, after = _left_of(L, kept, np.array([S[at], j]))
    if 2.0 * u[2] * before < min(before, after):
        S[at] = j


def _left_of(L: np.ndarray, kept: np.ndarray, items: np.ndarray | None = None) -> np.ndarray:
    """Return det L_{kept + j} / det L_kept for all items j, or for those asked for."""
    items = np.arange(L.shape[0]) if items is None else items
    left = L.diagonal().real[items].copy()
    if kept.size:
        C = cholesky_lower(L[np.ix_(kept, kept)])
        if C is None:
            raise InvalidInputError(
                "L is numerically singular on a set that the chain met; lower k, or use KDPP"
            )
        left -= squared_sizes(solve(C, L[np.ix_(kept, items)], lower=True)).sum(axis=0)
        left[np.isin(items, kept)] = 0.0
    return np.asarray(np.maximum(left, 0.0))


def _is_singular(L: np.ndarray, S: np.ndarray, eps: float) -> bool:
    """Whether the determinant of L_S is zero up to rounding."""
    C = cholesky_lower(L[np.ix_(S, S)])
    if C is None:
        return True
    pivots = C.diagonal().real ** 2
    return bool(pivots.min() <= S.size * eps * L.diagonal().real[S].max())
