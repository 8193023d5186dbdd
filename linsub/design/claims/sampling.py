"""Designs: weights, the law of volume sampling, how often G is well conditioned."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.design import (
    Design,
    christoffel_sample,
    discrete,
    hermite,
    legendre,
    repeated_dpp_sample,
    rescaled_volume_sample,
    sample_size_christoffel,
)
from linsub.verify import Observation, Sample, claim

EPS = float(np.finfo(np.float64).eps)


def _polynomials(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m = int(rng.integers(2, 7))
    features = hermite(m) if index % 2 else legendre(m)
    return {"features": features, "m": m, "label": repr(features), "size": float(m)}


def _replaced(design: Design, weights: np.ndarray) -> Design:
    return Design(design.points, weights, design.Phi)


def _no_weights(features: Any, size: int, **options: Any) -> Design:
    design = christoffel_sample(features, size, **options)
    return _replaced(design, np.ones(size))


def _inverted(features: Any, size: int, **options: Any) -> Design:
    design = christoffel_sample(features, size, **options)
    return _replaced(design, 1.0 / design.weights)


def _reference(features: Any, size: int, *, rng: Any) -> Design:
    """Points of the reference measure, with the weights of the others."""
    generator = np.random.default_rng(rng)
    normal = "hermite" in repr(features)
    x = generator.standard_normal(size) if normal else generator.uniform(-1.0, 1.0, size)
    Phi = features(x)
    return Design(x, features.size / np.square(Phi).sum(axis=1), Phi)


@claim(
    "design-weights",
    source="Cohen & Migliorati 2017, arXiv 1608.00512",
    kind="expectation",
    domain="sampler",
    subject=christoffel_sample,
    mutants={"none": _no_weights, "inverted": _inverted, "other points": _reference},
    cases=_polynomials,
    budget=0.4,
    max_cases=10,
)
def weights_are_right(case: Any, subject: Callable[..., Design]) -> list[Sample]:
    """E w(x) |phi_j(x)|^2 = 1 for every feature, and the trace of w phi phi^H is m always."""
    design = subject(case.features, 1500, rng=case.rng)
    m = case.m
    terms = np.asarray(design.weights)[:, None] * np.square(np.abs(design.Phi))
    seen = [Sample(terms[:, j], 1.0, note=f"feature {j}") for j in range(m)]
    # No term exceeds the trace.
    traces = terms.sum(axis=1)
    bounded = np.maximum(m - terms, 0.0)
    seen += [Sample(bounded[:, j], m - 1.0, note=f"less feature {j}") for j in range(m)]
    return [*seen, Sample(traces, m * (1.0 + 1e-10), note="trace")]


def _few(features: Any, size: int, **options: Any) -> Design:
    return christoffel_sample(features, size // 8, **options)


@claim(
    "design-chernoff",
    source="Tropp 2012, theorem 1.1; Cohen & Migliorati 2017",
    kind="probability",
    domain="sampler",
    subject=christoffel_sample,
    mutants={"an eighth of the points": _few, "points of the reference measure": _reference},
    failure_prob=0.1,
    cases=_polynomials,
    budget=0.6,
    max_cases=12,
    slack="The union over directions gives away a factor near m.",
)
def chernoff(case: Any, subject: Callable[..., Design]) -> list[Observation]:
    """lambda_min(G) >= 1 - delta with probability 1 - eta for the n of the formula."""
    n = sample_size_christoffel(case.m, 0.5, 0.1)
    rng = case.rng
    seen = []
    for _ in range(8):
        _, w, Phi = subject(case.features, n, rng=rng)
        G = Phi.conj().T @ (np.asarray(w)[:, None] * Phi) / len(w)
        seen.append(Observation(1.0 - float(np.linalg.eigvalsh(G)[0]), 0.5))
    return seen


def _four_points(index: int, rng: np.random.Generator) -> dict[str, Any]:
    Phi = rng.standard_normal((4, 2))
    Phi = Phi + 1j * rng.standard_normal((4, 2)) if index % 2 else Phi
    weights = rng.uniform(0.2, 1.0, 4)
    density = ("christoffel", "reference", "mixed")[index % 3]
    label = f"{density}, {'complex' if index % 2 else 'real'}"
    return {
        "features": discrete(Phi, weights), "mu": weights / weights.sum(), "density": density,
        "n": 3, "label": label, "size": 3.0,
    }  # fmt: skip


def _independent(features: Any, size: int, *, density: str, rng: Any) -> Design:
    return christoffel_sample(features, size, rng=rng)


def _ascending(features: Any, size: int, *, density: str, rng: Any) -> Design:
    """The right set in the wrong order."""
    drawn = rescaled_volume_sample(features, size, density=density, rng=rng)
    order = np.argsort(drawn.points)
    return Design(drawn.points[order], drawn.weights[order], drawn.Phi[order])


@claim(
    "design-volume-law",
    source="Nouy & Michel 2023, arXiv 2312.14057; Derezinski, Warmuth & Hsu 2018",
    kind="expectation",
    domain="sampler",
    subject=rescaled_volume_sample,
    mutants={"independent points": _independent, "in ascending order": _ascending},
    cases=_four_points,
    budget=1.2,
    min_cases=6,
    max_cases=6,
)
def volume_law(case: Any, subject: Callable[..., Design]) -> list[Sample]:
    """Tuples x have the probability (n-m)!/n! det(sum_i w phi phi^H) prod_i nu(x_i)."""
    features, mu, n = case.features, case.mu, case.n
    V = features(np.arange(4))
    christoffel = mu * np.square(np.abs(V)).sum(axis=1) / 2.0
    q = {"christoffel": christoffel, "reference": mu, "mixed": 0.5 * (mu + christoffel)}[
        case.density
    ]
    law: dict[tuple[int, ...], float] = {}
    for x in itertools.product(range(4), repeat=n):
        i = list(x)
        A = V[i] * np.sqrt(mu[i] / q[i])[:, None]
        p = float(np.linalg.det(A.conj().T @ A).real * np.prod(q[i])) / math.perm(n, 2)
        law[x] = max(p, 0.0)
    rng = case.rng
    drawn = [tuple(subject(features, n, density=case.density, rng=rng).points) for _ in range(250)]
    seen = []
    for first in range(4):  # each place of a tuple has the same law
        p = sum(value for x, value in law.items() if x[0] == first)
        hits = np.array([x[0] == first for x in drawn], float)
        seen += [Sample(hits, p, note=f"x_0 = {first}")]
    repeated = [x for x in law if len(set(x)) < n]
    p = sum(law[x] for x in repeated)
    hits = np.array([len(set(x)) < n for x in drawn], float)
    return [*seen, Sample(hits, p, note="a repeated point"), Sample(1 - hits, 1 - p, note="none")]


Draw = Callable[[Any, int, Any], Design]


def designs(features: Any, repeats: int, rng: Any) -> tuple[Design, Design, Design]:
    """Return independent points, volume sampling and repeated DPPs, of r m points each."""
    n = repeats * features.size
    return (
        christoffel_sample(features, n, rng=rng),
        rescaled_volume_sample(features, n, rng=rng),
        repeated_dpp_sample(features, repeats, rng=rng),
    )


def _exchanged(features: Any, repeats: int, rng: Any) -> tuple[Design, Design, Design]:
    iid, volume, dpp = designs(features, repeats, rng)
    return dpp, volume, iid


def _fewer_repeats(features: Any, repeats: int, rng: Any) -> tuple[Design, Design, Design]:
    iid, volume, _ = designs(features, repeats, rng)
    return iid, volume, repeated_dpp_sample(features, 1, rng=rng)


@claim(
    "design-order",
    source="Nouy & Michel 2023, arXiv 2312.14057 (measured there too, not proved)",
    kind="expectation",
    domain="sampler",
    subject=designs,
    mutants={"exchanged": _exchanged, "a single process": _fewer_repeats},
    cases=lambda index, rng: {
        "features": (legendre(6), hermite(6))[index % 2],
        "repeats": 4,
        "label": ("legendre", "hermite")[index % 2],
        "size": 6.0,
    },
    budget=1.2,
    min_cases=2,
    max_cases=2,
)
def order(case: Any, subject: Callable[..., Any]) -> list[Sample]:
    """lambda_min(G) >= 1/2 is likeliest for repeated DPPs, then volume sampling, then i.i.d."""
    rng = case.rng
    stable = np.empty((250, 3))
    for k in range(len(stable)):
        for j, (_, w, Phi) in enumerate(subject(case.features, case.repeats, rng)):
            G = Phi.conj().T @ (np.asarray(w)[:, None] * Phi) / len(w)
            stable[k, j] = np.linalg.eigvalsh(G)[0] >= 0.5
    iid, volume, dpp = stable.T
    return [
        Sample(iid - volume, 0.0, lower=-1.0, note="i.i.d. less volume"),
        Sample(volume - dpp, 0.0, lower=-1.0, note="volume less repeated DPP"),
    ]
