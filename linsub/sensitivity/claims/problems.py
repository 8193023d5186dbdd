"""Total sensitivities from samples, lp regression, and mu of the logistic loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.sensitivity import (
    bounds,
    lewis_weights,
    logistic_mu,
    lp_regression,
    lp_sensitivities,
    total_sensitivity,
)
from linsub.verify import Observation, Sample, claim

EPS = float(np.finfo(np.float64).eps)


def _tall(index: int, rng: np.random.Generator) -> dict[str, Any]:
    p = (1.8, 2.2, 1.7)[index % 3]
    A = rng.standard_t(4.0, (60, 2))
    return {"A": A, "p": p, "exact": lp_sensitivities(A, p).total, "label": f"p = {p}"}


def _without_weights(A: Any, p: float, **options: Any) -> Any:
    """Rows drawn in proportion to bounds, and averaged as if evenly."""
    rng = np.random.default_rng(options["rng"])
    w = lewis_weights(A, p).weights
    drawn = rng.choice(w.size, 4, p=w / w.sum())
    total = w.size * float(lp_sensitivities(A, p, rows=drawn).values.mean())
    return total, total, total


def _narrow(A: Any, p: float, **options: Any) -> Any:
    total, lower, upper = total_sensitivity(A, p, **options)
    return total, total - 0.02 * (total - lower), total + 0.02 * (upper - total)


@claim(
    "sensitivity-total-unbiased",
    source="docs/theory/sensitivity.md; Padmanabhan, Woodruff & Zhang 2023 (another estimator)",
    kind="expectation",
    domain="sampler",
    subject=total_sensitivity,
    mutants={"not weighted": _without_weights},
    cases=_tall,
    budget=0.5,
    min_cases=3,
    max_cases=3,
)
def unbiased(case: Any, subject: Callable[..., Any]) -> list[Sample]:
    """E of U sigma_i / u_i, i drawn in proportion to u, is the total."""
    rng = case.rng
    values = np.array([subject(case.A, case.p, gamma=0.05, rng=rng)[0] for _ in range(40)])
    top = 2.0 * case.exact
    return [
        Sample(values, case.exact * (1.0 + 1e-8), note="above"),
        Sample(np.maximum(top - values, 0.0), top - case.exact * (1.0 - 1e-8), note="below"),
    ]


@claim(
    "sensitivity-total-interval",
    source="Chebyshev; Hoeffding 1963; docs/theory/sensitivity.md",
    kind="probability",
    domain="sampler",
    subject=total_sensitivity,
    mutants={"a fiftieth of it": _narrow},
    failure_prob=0.05,
    cases=_tall,
    budget=0.5,
    min_cases=3,
    max_cases=6,
    slack="The inequalities know the range of shares only, not their law.",
)
def interval(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """The total is within the interval but for a probability delta."""
    rng = case.rng
    seen = []
    for _ in range(15):
        total, lower, upper = subject(case.A, case.p, gamma=0.05, rng=rng)
        outside = max(lower - case.exact, case.exact - upper)
        seen.append(Observation(outside, 1e-8 * total))
    return seen


def _drawn(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, d = int(rng.integers(3, 12)), int(rng.integers(1, 4))
    p = (1.0, 1.5, 3.0, 4.0)[index % 4]
    A = rng.standard_t(2.0, (n, d)) if index % 3 else np.tile(np.eye(d), (3, 1))
    return {"A": A, "p": p, "label": f"{A.shape}, p = {p}"}


@claim(
    "sensitivity-total-variance",
    source="docs/theory/sensitivity.md",
    kind="always",
    domain="sampler",
    subject=bounds.total_sample_size,
    mutants={
        "without delta": lambda ratio, gamma, delta: bounds.total_sample_size(ratio, gamma, 0.999),
        "a larger gamma": lambda ratio, gamma, delta: bounds.total_sample_size(
            ratio, min(0.99, 4.0 * gamma), delta
        ),
    },
    cases=_drawn,
    budget=0.3,
    max_cases=16,
    slack="A variance of ratio - 1 would need all shares at the two ends of their range.",
)
def variance(case: Any, subject: Callable[..., int]) -> list[Observation]:
    """Var(U sigma_i / u_i) <= (ratio - 1) S^2, enumerated; m draws fail with delta at most."""
    w, rank = lewis_weights(case.A, case.p)[:2]
    found = lp_sensitivities(case.A, case.p)
    rows = w > 0.0
    w, sigma = w[rows], found.values[rows]
    X = w.sum() * sigma / w
    relative = float(w @ X**2 / w.sum()) / found.total**2 - 1.0
    ratio = float(rank) ** abs(1.0 - case.p / 2.0)
    gamma, delta = 0.1, 0.01
    size = subject(ratio, gamma, delta)
    # What m draws of the worst law with that ratio do, in Chebyshev's or Hoeffding's inequality.
    chebyshev = (ratio - 1.0) / (gamma**2 * size)
    hoeffding = 2.0 * np.exp(-2.0 * size * gamma**2 / max(ratio - 1.0, 1e-9) ** 2)
    return [
        Observation(relative, ratio - 1.0 + 1e-8, note="variance"),
        Observation(min(chebyshev, float(hoeffding)), delta, note="failure"),
    ]


def _fits(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, d = int(rng.integers(2, 14)), int(rng.integers(1, 4))
    p = (1.5, 3.0, 1.0, np.inf, 8.0, 1.1, 2.0)[index % 7]
    A = rng.standard_normal((n, d))
    b = rng.standard_normal(n) if index % 3 else rng.integers(-2, 3, n).astype(float)
    w = rng.uniform(0.1, 2.0, n) if index % 2 else None
    return {"A": A, "b": b, "p": p, "w": w, "label": f"{A.shape}, p = {p}"}


def _least_squares(A: Any, b: Any, p: float, **options: Any) -> Any:
    x = lp_regression(A, b, 2.0, **options).x
    return x, *lp_regression(A, b, p, **options)[1:]


def _no_weights(A: Any, b: Any, p: float, **options: Any) -> Any:
    return lp_regression(A, b, p)


@claim(
    "sensitivity-regression",
    source="docs/theory/sensitivity.md (duality of norms)",
    kind="always",
    domain="sampler",
    subject=lp_regression,
    mutants={"least squares": _least_squares, "no weights": _no_weights},
    cases=_fits,
    budget=0.4,
    max_cases=28,
    tight=0.99,
)
def regression(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """||A x - b||_p >= y^T b / ||y||_q for A^T y = 0: no x is below value - gap."""
    A, b, p = case.A, case.b, case.p
    x, value, gap, _ = subject(A, b, p, weights=case.w)

    def norm(X: np.ndarray) -> np.ndarray:
        R = np.abs(A @ X - b[:, None])
        if p == np.inf:
            return np.asarray(R.max(axis=0))
        w = np.ones(b.size) if case.w is None else case.w
        return np.asarray((w @ R**p) ** (1.0 / p))

    spread = 10.0 ** case.rng.uniform(-6.0, 0.0, 50)
    others = x[:, None] + spread * case.rng.standard_normal((x.size, 50))
    size = float(norm(0.0 * others).max())
    return [
        Observation(float(norm(x[:, None])[0]), value + 1e-12 * size, note="value"),
        Observation(value - gap, float(norm(others).min()) + 1e-12 * size, note="others"),
        Observation(gap, 1e-8 * value + 1e-12 * size, note="gap"),
        Observation(value, float(norm(x[:, None])[0]) + 1e-9 * size, note="value, below"),
    ]


def _classes(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, d = int(rng.integers(8, 40)), int(rng.integers(1, 4))
    A = rng.standard_normal((n, d)) + 0.2
    A = np.vstack([A, -A[:d] - 0.1 * A[:1]])
    return {"A": A, "label": f"{A.shape}"}


def _scaled_mu(factor: float) -> Callable[..., Any]:
    def call(A: Any) -> Any:
        mu, lower, upper, x = logistic_mu(A)
        return mu, lower * factor, upper * factor, x

    return call


@claim(
    "sensitivity-logistic",
    source="Munteanu et al. 2018 (mu); docs/theory/sensitivity.md (the program)",
    kind="always",
    domain="sampler",
    subject=logistic_mu,
    mutants={"too low": _scaled_mu(0.999), "too high": _scaled_mu(1.001)},
    cases=_classes,
    budget=0.3,
    max_cases=20,
    tight=0.99,
)
def logistic(case: Any, subject: Callable[..., Any]) -> list[Observation] | None:
    """mu = sup ||(A x)^+||_1 / ||(A x)^-||_1 = min max v / min v, v > 0 with A^T v = 0."""
    A = case.A
    mu, lower, upper, x = subject(A)
    if mu == np.inf:
        return None

    def ratio(X: np.ndarray) -> np.ndarray:
        R = A @ X
        return np.asarray(np.maximum(R, 0.0).sum(axis=0) / np.maximum(-R, 0.0).sum(axis=0))

    reached = ratio(np.column_stack([x, -x])).max()
    X = case.rng.standard_normal((A.shape[1], 200))
    return [
        Observation(float(ratio(X).max()), upper * (1.0 + 1e-12), note="other x"),
        Observation(float(reached), upper * (1.0 + 1e-12), note="reached"),
        Observation(lower, float(reached) * (1.0 + 1e-9), note="witness"),
        Observation(upper, lower * (1.0 + 1e-8), note="gap"),
    ]
