"""Weighted least squares: what a design with a known lambda_min guarantees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.design import (
    bounds,
    christoffel_sample,
    discrete,
    repeated_dpp_sample,
    rescaled_volume_sample,
    sample_size_christoffel,
    weighted_lstsq,
)
from linsub.verify import Observation, Sample, claim

EPS = float(np.finfo(np.float64).eps)


class _Problem:
    """A function on a Gauss-Legendre rule, whose integrals are sums."""

    def __init__(self, m: int, rough: float) -> None:
        x, w = np.polynomial.legendre.leggauss(200)
        self.x, self.mu = x, w / w.sum()
        self.features = discrete(np.polynomial.legendre.legvander(x, m - 1), w)
        self.V = self.features(np.arange(200))
        self.f = 1.0 / (1.0 + rough * x**2)
        self.best = self.V.T @ (self.mu * self.f)
        self.g = self.f - self.V @ self.best
        self.rest = float(self.mu @ self.g**2)

    def error(self, coef: np.ndarray) -> float:
        return float(self.mu @ (self.f - self.V @ coef) ** 2)


def _functions(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m = int(rng.integers(2, 8))
    rough = float(10.0 ** rng.uniform(0.0, 2.5))
    return {"problem": _Problem(m, rough), "m": m, "label": f"m = {m}", "size": float(m)}


def _unweighted(Phi: Any, y: Any, weights: Any) -> Any:
    return weighted_lstsq(Phi, y)


def _optimistic(Phi: Any, y: Any, weights: Any) -> Any:
    coef, lambda_min, cond = weighted_lstsq(Phi, y, weights)
    return coef, 100.0 * lambda_min, cond


def _wrong_by_a_tenth(Phi: Any, y: Any, weights: Any) -> Any:
    coef, lambda_min, cond = weighted_lstsq(Phi, y, weights)
    return 1.1 * coef + 0.5, lambda_min, cond


@claim(
    "design-stability",
    source="Cohen & Migliorati 2017; Haberstich, Nouy & Perrin 2022",
    kind="always",
    domain="sampler",
    subject=weighted_lstsq,
    mutants={"optimistic": _optimistic, "wrong": _wrong_by_a_tenth},
    cases=_functions,
    budget=0.4,
    max_cases=30,
    tight=0.5,
)
def stability(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """||f - u||^2 <= ||g||^2 + mean(w |g|^2) / lambda_min for every design of any points."""
    p, rng = case.problem, case.rng
    seen = []
    for design in (
        christoffel_sample(p.features, 3 * case.m, rng=rng),
        rescaled_volume_sample(p.features, case.m, rng=rng),
        repeated_dpp_sample(p.features, 2, rng=rng),
    ):
        i = design.points
        coef, lambda_min, cond = subject(design.Phi, p.f[i], design.weights)
        if not cond < 1e8:
            continue
        bound = p.rest + float(np.mean(design.weights * p.g[i] ** 2)) / lambda_min
        rounding = 1e3 * EPS * cond * (1.0 + bound)
        seen.append(Observation(p.error(coef), bound + rounding))
        uniform = bounds.uniform_error_factor(
            float(design.weights.max()), 1.0 - min(lambda_min, 0.99)
        )
        worst = float(np.abs(p.g).max())
        seen.append(Observation(np.sqrt(p.error(coef)), uniform * worst + rounding, note="uniform"))
    return seen


@claim(
    "design-error-factor",
    source="Cohen & Migliorati 2017; Haberstich, Nouy & Perrin 2022; docs/theory/design.md",
    kind="expectation",
    domain="sampler",
    subject=bounds.wls_error_factor,
    mutants={
        "no features": lambda m, n, delta, eta: bounds.wls_error_factor(1, 40 * n, delta, eta),
        "squared": lambda m, n, delta, eta: 1.0 + (m / n) ** 2 * 0.5,
    },
    cases=_functions,
    budget=1.0,
    min_cases=4,
    max_cases=6,
)
def error_factor(case: Any, subject: Callable[..., float]) -> list[Sample]:
    """E ||f-u||^2 <= (1 + (m/n)(1-delta)^-2/(1-eta)) ||g||^2 given lambda_min(G) >= 1-delta."""
    p, rng, m = case.problem, case.rng, case.m
    eta = delta = 0.5
    n = sample_size_christoffel(m, delta, eta)
    values = []
    for _ in range(120):
        design = christoffel_sample(p.features, n, rng=rng)
        coef, lambda_min, _ = weighted_lstsq(design.Phi, p.f[design.points], design.weights)
        if lambda_min >= 1.0 - delta:
            values.append(max(p.error(coef) / p.rest, 1.0))
    # Nothing is better than the best approximation, whose factor is 1.
    return [Sample(values, subject(m, n, delta, eta), lower=1.0)]
