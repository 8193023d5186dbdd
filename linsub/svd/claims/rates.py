"""Rates without a gap: how fast the error of an iteration falls when nothing separates values."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator

from linsub.svd import bounds, randomized_svd, truncated_svd
from linsub.svd.claims.measure import call
from linsub.verify import Observation, claim

# A spectrum that falls evenly from 1 to 0: at these numbers of steps the gap, 1 / _SIDE, is
# not felt, and the error falls by the rates that hold for every spectrum.
_SIDE, _RANK, _BLOCK, _DRAWS = 1000, 2, 4, 5
_ITERATIONS = (1, 2, 4, 8, 16)
_STEPS = (2, 3, 4, 6, 8, 12)


def _even_spectrum() -> tuple[np.ndarray, LinearOperator]:
    sigma = 1.0 - np.arange(_SIDE) / _SIDE

    def product(X: np.ndarray) -> np.ndarray:
        return np.asarray((sigma * X.T).T)

    operator = LinearOperator(
        shape=(_SIDE, _SIDE),
        matvec=product,
        rmatvec=product,
        matmat=product,
        rmatmat=product,
        dtype=np.float64,
    )
    return sigma, operator


def _error(case: Any, subject: Any, **options: Any) -> float:
    """Return the median over some seeds of max_i (sigma_i^2 - ||A v_i||^2) / sigma_{k+1}^2."""
    sigma, A = _even_spectrum()
    rng, found = case.rng, []
    for _ in range(_DRAWS):
        seed = int(rng.integers(2**32))
        Vh = np.asarray(call(subject, A, _RANK, rng=seed, certify=False, **options)[2])
        reached = ((sigma * Vh) ** 2).sum(axis=1)
        found.append(float(np.max(sigma[:_RANK] ** 2 - reached)) / sigma[_RANK] ** 2)
    return float(np.median(found))


@claim(
    "svd-subspace-rate",
    source="Musco & Musco 2015, theorem 1; Halko, Martinsson & Tropp 2011, corollary 10.10",
    kind="rate",
    domain="formula",
    subject=randomized_svd,
    cases=lambda index, rng: {"steps": _ITERATIONS[index % len(_ITERATIONS)]},
    slope=(-1.5, -0.7),
    mutants={
        "iterations ignored": lambda A, r, *, n_iter, **kw: randomized_svd(A, r, n_iter=1, **kw),
    },
    min_cases=len(_ITERATIONS),
    max_cases=2 * len(_ITERATIONS),
    full_cases=4 * len(_ITERATIONS),
    budget=1.0,
)
def subspace_rate(case: Any, subject: Any) -> Observation:
    """max_i (sigma_i^2 - ||A v_i||^2) / sigma_{k+1}^2 falls like log(n) / q without a gap"""
    options = {"n_iter": case.steps, "n_oversamples": _BLOCK - _RANK}
    power = 2 * case.steps + 2
    factor = bounds.subspace_iteration_factor(_RANK, _BLOCK, _SIDE, power)
    # of the squares, to first order
    return Observation(_error(case, subject, **options), factor**2 - 1.0, size=float(power))


def block_krylov(A: Any, rank: int, *, steps: int, **options: Any) -> Any:
    """Return what block Lanczos has after so many steps, converged or not."""
    options = {"method": "lanczos", "block": _BLOCK, "tol": 1e-14, "on_fail": "return", **options}
    return truncated_svd(A, rank, maxiter=steps, **options)


def _power(A: Any, rank: int, *, steps: int, **options: Any) -> Any:
    oversamples = _BLOCK - _RANK
    return randomized_svd(A, rank, n_oversamples=oversamples, n_iter=steps - 1, **options)


@claim(
    "svd-krylov-rate",
    source="Musco & Musco 2015, theorem 1",
    kind="rate",
    domain="formula",
    subject=block_krylov,
    cases=lambda index, rng: {"steps": _STEPS[index % len(_STEPS)]},
    slope=(-3.2, -1.6),
    mutants={"subspace iteration": _power},
    min_cases=len(_STEPS),
    max_cases=2 * len(_STEPS),
    full_cases=4 * len(_STEPS),
    budget=1.0,
)
def krylov_rate(case: Any, subject: Any) -> Observation:
    """max_i (sigma_i^2 - ||A v_i||^2) / sigma_{k+1}^2 falls like (log(n) / q)^2 in Krylov spaces"""
    measured = _error(case, subject, steps=case.steps)
    return Observation(measured, (np.log(_SIDE) / case.steps) ** 2, size=float(case.steps))
