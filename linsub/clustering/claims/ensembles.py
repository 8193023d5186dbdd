"""Agreement of random subspaces, descent of block diagonal representations, layers."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np

from linsub.clustering import (
    BlockDiagonalResult,
    block_diagonal_representation,
    bounds,
    ensemble_k_subspaces,
    layerwise_gram,
    self_expressive_ridge,
)
from linsub.results import Info
from linsub.verify import Observation, Sample, claim

RUNS = 2000


def _angles(index: int, rng: np.random.Generator) -> dict[str, Any]:
    directions = np.sort(rng.uniform(0.0, np.pi, 4))
    X = np.stack([np.cos(directions), np.sin(directions)], axis=1)
    X *= rng.choice([-1.0, 1.0], (4, 1)) * 10.0 ** rng.uniform(-1.0, 1.0, (4, 1))
    gaps = np.abs(directions[:, None] - directions)
    return {"X": X, "angles": np.minimum(gaps, np.pi - gaps), "label": "4 samples in the plane"}


def _fitted(X: Any, K: int, dim: int, **options: Any) -> Any:
    return ensemble_k_subspaces(X, K, dim, **{**options, "maxiter": 5})


@claim(
    "clustering-ekss-expectation",
    source="Lipor, Hong, Tan & Balzano 2021, thm 4, for two lines in the plane",
    kind="expectation",
    domain="sampler",
    subject=ensemble_k_subspaces,
    cases=_angles,
    mutants={"subspaces that were fitted": _fitted},
    budget=0.4,
    max_cases=6,
    min_cases=3,
)
def agreement(case: Any, subject: Any) -> Any:
    """Samples at angle t are nearest to the same of two random lines with probability 1 - 2t/pi."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # four samples are no graph worth cutting
        _, affinity = subject(case.X, 2, 1, n_runs=RUNS, n_neighbors=3, maxiter=0, rng=case.rng)
    share = affinity.toarray()
    found = []
    for i, j in itertools.combinations(range(4), 2):
        expected = bounds.agreement_of_lines(float(case.angles[i, j]))
        count = round(float(share[i, j]) * RUNS)
        values = np.r_[np.ones(count), np.zeros(RUNS - count)]
        found.append(Sample(values, expected, note=f"{i}, {j}: not more"))
        found.append(Sample(1.0 - values, 1.0 - expected, note=f"{i}, {j}: not less"))
    return found


def _samples(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, D = int(rng.integers(3, 14)), int(rng.integers(1, 6))
    X = rng.standard_normal((n, D))
    if index % 4 == 1:
        X[-1] = X[0]
    k = int(rng.integers(1, n))
    weights = {"lam": 10.0 ** rng.uniform(-1.0, 2.0), "gamma": 10.0 ** rng.uniform(-2.0, 0.0)}
    return {"X": X, "k": k, **weights, "label": f"{n} x {D}, k = {k}", "size": float(n)}


def _backwards(X: Any, k: int, lam: float, gamma: float, **options: Any) -> Any:
    found = block_diagonal_representation(X, k, lam, gamma, **options)
    done: Any = found.info
    path = np.asarray(done.details["objective"])[::-1]
    info = Info(method="backwards", details={"objective": path})
    return BlockDiagonalResult(found.B, found.Z, info=info)


@claim(
    "clustering-bdr-monotone",
    source="Lu et al. 2019, thm 5",
    kind="always",
    domain="sampler",
    subject=block_diagonal_representation,
    cases=_samples,
    mutants={"read backwards": _backwards},
    tight=0.99,
    budget=0.4,
    max_cases=30,
    min_cases=8,
)
def bdr_monotone(case: Any, subject: Any) -> Any:
    """The objective of BDR does not rise, and its last value is that of what is handed back."""
    found = subject(case.X, case.k, case.lam, case.gamma, maxiter=25, on_fail="return")
    X, (B, Z) = case.X, found
    path = np.asarray(found.info.details["objective"])
    rounding = 1e-11 * float(np.square(X).sum())
    observed = [
        Observation(float(after), float(before) + rounding, note=f"step {i}")
        for i, (before, after) in enumerate(itertools.pairwise(path))
    ]
    bottom = float(np.linalg.eigvalsh(np.diag(B.sum(axis=1)) - B)[: case.k].sum())
    value = 0.5 * np.square(X - Z @ X).sum() + 0.5 * case.lam * np.square(Z - B).sum()
    value = float(value + case.gamma * bottom)
    observed.append(Observation(value, float(path[-1]) + rounding, note="handed back"))
    return observed


def _layers(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n = int(rng.integers(2, 12))
    widths = rng.integers(1, 6, size=1 + index % 4)
    layers = [rng.standard_normal((n, d)) for d in widths]
    return {"layers": layers, "label": f"{n} samples, widths {widths.tolist()}", "size": float(n)}


def _first_only(layers: Any) -> Any:
    return layerwise_gram(layers[:1]) * len(layers)


@claim(
    "clustering-layers",
    source="Sindicic & Kopriva 2025; block columns of one matrix",
    kind="exact",
    domain="sampler",
    subject=layerwise_gram,
    cases=_layers,
    mutants={"the first layer alone": _first_only},
    budget=0.2,
    max_cases=30,
    eps_multiple=1e4,
)
def layers(case: Any, subject: Any) -> Any:
    """One C for all layers is that of the concatenated features: sum_l ||H_l - C H_l||^2."""
    whole = np.hstack(case.layers)
    one = self_expressive_ridge(gram=subject(case.layers), alpha=0.3)
    other = self_expressive_ridge(whole, alpha=0.3)
    gap = float(np.abs(np.asarray(one.C) - np.asarray(other.C)).max())
    C = np.asarray(other.C)
    apart = sum(float(np.square(H - C @ H).sum()) for H in case.layers)
    together = float(np.square(whole - C @ whole).sum())
    size = float(np.square(whole).sum())
    return [
        Observation(gap, 0.0, scale=max(1.0, size), note="C"),
        Observation(apart, together, scale=size, note="residuals"),
    ]
