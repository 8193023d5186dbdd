"""Projection processes: their law by enumeration, what is drawn, and what a defect does."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.dpp import bounds, projection_dpp, projection_logpmf
from linsub.verify import Observation, Sample, claim

DRAWS = 400


def _normal(rng: np.random.Generator, shape: tuple[int, int], is_complex: bool) -> np.ndarray:
    X = rng.standard_normal(shape)
    return X + 1j * rng.standard_normal(shape) if is_complex else X


def basis(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return an orthonormal U, graded in half of the cases, complex in half of them."""
    N = int(rng.integers(4, 9))
    m = int(rng.integers(1, 4)) if index else 2
    X = _normal(rng, (N, m), index % 2 == 1)
    if index // 2 % 2:
        X = X * np.exp(-0.5 * np.arange(N))[:, None]
    label = f"{'complex' if index % 2 else 'real'} {N} x {m}"
    return {"U": np.linalg.qr(X)[0], "label": label, "size": float(N)}


def _sets(N: int, m: int) -> np.ndarray:
    return np.array(list(itertools.combinations(range(N), m))).reshape(-1, m)


def _one_determinant(U: Any, S: Any, **options: Any) -> Any:
    return 0.5 * projection_logpmf(U, S, **options)


def _product_of_leverages(U: Any, S: Any, **options: Any) -> Any:
    return np.log(np.square(np.abs(U)).sum(axis=1)[S]).sum(axis=1)


@claim(
    "dpp-projection-law",
    source="Hough, Krishnapur, Peres & Virág 2006; Macchi 1975",
    kind="exact",
    domain="sampler",
    subject=projection_logpmf,
    mutants={"no square": _one_determinant, "leverages alone": _product_of_leverages},
    cases=basis,
    budget=0.4,
    max_cases=40,
)
def projection_law(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """The probabilities |det U_S|^2 sum to 1, and those of A being in S to det K_A, K = U U^H."""
    U = case.U
    N, m = U.shape
    sets = _sets(N, m)
    p = np.exp(np.asarray(subject(U, sets)))
    seen = [Observation(float(p.sum()), 1.0, note="sum", eps_multiple=1000.0)]
    K = U @ U.conj().T
    for size in range(1, min(m, 2) + 1):
        for A in itertools.combinations(range(N), size):
            inside = np.isin(sets, A).sum(axis=1) == size
            exact = float(np.linalg.det(K[np.ix_(A, A)]).real)
            seen.append(
                Observation(float(p[inside].sum()), exact, note=f"{A} in S", eps_multiple=1000.0)
            )
    return seen


def two_sided(hits: np.ndarray, p: float, note: str) -> list[Sample]:
    """Return the two samples that say that an event has probability p."""
    hits = hits.astype(float)
    return [Sample(hits, p, note=note), Sample(1.0 - hits, 1.0 - p, note=f"not {note}")]


def _without_replacement(U: Any, *, n_samples: int, rng: Any) -> np.ndarray:
    generator = np.random.default_rng(rng)
    lev = np.square(np.abs(U)).sum(axis=1)
    draw = [
        generator.choice(U.shape[0], U.shape[1], replace=False, p=lev / lev.sum())
        for _ in range(n_samples)
    ]
    return np.array(draw)


def _uniform(U: Any, *, n_samples: int, rng: Any) -> np.ndarray:
    generator = np.random.default_rng(rng)
    return np.array([generator.permutation(U.shape[0])[: U.shape[1]] for _ in range(n_samples)])


def _unconjugated(U: Any, *, n_samples: int, rng: Any) -> np.ndarray:
    """The process of another range: real and imaginary parts mixed up."""
    other = np.linalg.qr(U.real + U.imag)[0]
    return projection_dpp(other, n_samples=n_samples, rng=rng)


@claim(
    "dpp-projection-inclusion",
    source="Hough, Krishnapur, Peres & Virág 2006, algorithm 18; Barthelmé et al. 2023",
    kind="expectation",
    domain="sampler",
    subject=projection_dpp,
    mutants={
        "leverages without replacement": _without_replacement,
        "uniform": _uniform,
        "conjugates lost": _unconjugated,
    },
    cases=basis,
    budget=0.6,
    max_cases=12,
)
def projection_inclusion(case: Any, subject: Callable[..., Any]) -> list[Sample]:
    """Row i is drawn with probability ||U_i||^2, and the likelier sets as often as they should."""
    U = case.U
    N, m = U.shape
    drawn = np.asarray(subject(U, n_samples=DRAWS, rng=case.rng))
    seen = []
    for i in range(N):
        p = min(1.0, float(np.square(np.abs(U[i])).sum()))
        seen += two_sided((drawn == i).any(axis=1), p, f"{i} in S")
    sets = _sets(N, m)
    law = np.square(np.abs([np.linalg.det(U[S]) for S in sets]))
    order = np.argsort(-law)
    likely = {tuple(sets[k]) for k in order[: max(1, len(order) // 4)]}
    p = min(1.0, float(law[order[: len(likely)]].sum()))
    hits = np.array([tuple(np.sort(S)) in likely for S in drawn])
    return seen + two_sided(hits, p, "S among the likeliest quarter")


def _chain_rule(U: np.ndarray) -> dict[tuple[int, ...], float]:
    """Return the law of sets when each item is drawn by its distance from those before."""
    N, m = U.shape
    law: dict[tuple[int, ...], float] = {}
    for order in itertools.permutations(range(N), m):
        p, Q = 1.0, np.zeros((0, m), U.dtype)
        for i in order:
            rest = U - (U @ Q.conj().T) @ Q
            left = np.square(np.abs(rest)).sum(axis=1)
            p *= left[i] / left.sum()
            Q = np.vstack([Q, rest[i] / np.sqrt(left[i])])
        key = tuple(sorted(order))
        law[key] = law.get(key, 0.0) + p
    return law


def _skewed(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return columns that are orthonormal up to a defect from 1e-7 to 1/2."""
    N, m = ((6, 2), (4, 3), (4, 2))[index % 3]
    e = 10.0 ** -rng.uniform(0.3, 7.0)
    # In an eigenbasis of the defect: 1 + e and 1 - e as far as there are columns.
    scale = np.sqrt(1.0 + e * np.where(np.arange(m) % 2, -1.0, 1.0))
    U = np.linalg.qr(_normal(rng, (N, m), index % 2 == 1))[0] * scale
    return {"U": U, "defect": e, "label": f"{N} x {m}, e = {e:.1e}", "size": float(N)}


@claim(
    "dpp-chain-rule-distance",
    source="docs/theory/dpp.md",
    kind="always",
    domain="sampler",
    subject=bounds.chain_rule_distance,
    mutants={
        "one step": lambda m, defect: bounds.chain_rule_distance(1, defect / m / 4),
        "squared": lambda m, defect: bounds.chain_rule_distance(m, defect * defect),
    },
    cases=_skewed,
    budget=0.5,
    max_cases=30,
    slack="Steps are bounded one by one by what the worst of them may do; random rows average.",
)
def chain_rule_distance(case: Any, subject: Callable[..., float]) -> Observation:
    """The law drawn from U is within (((1+e)/(1-e))^m - 1)/2 of its range's, e = ||U^H U - I||."""
    U = case.U
    law = _chain_rule(U)
    norm = float(np.linalg.det(U.conj().T @ U).real)
    exact = {S: abs(np.linalg.det(U[list(S)])) ** 2 / norm for S in law}
    distance = 0.5 * sum(abs(law[S] - exact[S]) for S in law)
    return Observation(distance, subject(U.shape[1], case.defect) + 1e-13)


def _defects(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m = int(rng.integers(1, 12))
    rank = 1 if index % 2 == 0 else m
    V = np.linalg.qr(rng.standard_normal((m, m)))[0][:, :rank]
    sizes = 10.0 ** -rng.uniform(0.0, 6.0, rank)
    return {"E": (V * sizes) @ V.T, "label": f"rank {rank} of {m}", "size": float(m)}


def _ratio(subject: Callable[..., float], failure: float) -> float:
    """Return the ratio for which the formula gives that probability of failure."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if subject(middle, 2) < failure else (low, middle)
    return low


@claim(
    "dpp-unseen-defect",
    source="docs/theory/dpp.md",
    kind="probability",
    domain="sampler",
    subject=bounds.unseen_defect,
    mutants={
        "a tenth": lambda ratio, probes=2: bounds.unseen_defect(ratio, probes) / 10.0,
        "one more probe": lambda ratio, probes=2: (0.5 * ratio) ** (probes + 1),
    },
    failure_prob=0.1,
    cases=_defects,
    budget=0.3,
    max_cases=40,
    slack="Chernoff's bound gives away a factor of e for two probes.",
)
def unseen_defect(case: Any, subject: Callable[..., float]) -> list[Observation]:
    """Two Gaussian probes see less than r ||E||_F with probability at most e r^2."""
    ratio = _ratio(subject, 0.1)
    Z = case.rng.standard_normal((20, case.E.shape[0], 2))
    seen = np.sqrt(np.square(case.E @ Z).sum(axis=(1, 2)) / 2.0)
    whole = float(np.linalg.norm(case.E))
    return [Observation(ratio * whole, float(s)) for s in seen]
