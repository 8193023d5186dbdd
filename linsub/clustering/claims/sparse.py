"""Elastic nets against their conditions of optimality, and exemplars against all costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.clustering import bounds, exemplar_selection, self_expressive_elastic_net
from linsub.testing import gallery
from linsub.verify import Observation, claim


def _samples(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return samples near a union of subspaces, with twins and a zero, and a penalty."""
    d, ambient = 1 + index % 3, int(rng.integers(4, 9))
    X, _, _ = gallery.union_of_subspaces(
        2, d, ambient, int(rng.integers(3, 12)), noise=0.2 * (index % 2), rng=rng
    )
    X = X * 10.0 ** rng.uniform(-1.0, 1.0)
    if index % 4 == 1:
        X[-1] = -X[0]
    if index % 5 == 2:
        X[0] = 0.0
    ratio = (1.0, 0.9, 0.3)[index % 3]
    gamma = float(10.0 ** rng.uniform(0.3, 3.0))
    label = f"{len(X)} x {ambient}, l1_ratio {ratio}"
    return {"X": X, "l1_ratio": ratio, "gamma": gamma, "label": label, "size": float(len(X))}


OPTIONS: dict[str, Any] = {
    "domain": "sampler", "cases": _samples, "budget": 0.4, "max_cases": 40, "min_cases": 12,
}  # fmt: skip


def _dense(C: Any) -> np.ndarray:
    return np.asarray(C.toarray() if hasattr(C, "toarray") else C)


def _penalties(X: np.ndarray, l1_ratio: float, gamma: float) -> tuple[np.ndarray, np.ndarray]:
    """Return lam and ridge of each sample from the definition of a relative gamma."""
    G = np.abs(X @ X.T)
    np.fill_diagonal(G, 0.0)
    lam = G.max(axis=1) / gamma
    return lam, lam * (1.0 - l1_ratio) / l1_ratio


def _capped(X: Any, **options: Any) -> Any:
    return self_expressive_elastic_net(X, max_support=1, **options)


def _more_ridge(X: Any, l1_ratio: float, gamma: float) -> Any:
    return self_expressive_elastic_net(X, l1_ratio=0.95 * l1_ratio, gamma=gamma)


def _hard(X: Any, l1_ratio: float, gamma: float) -> Any:
    C = self_expressive_elastic_net(X, l1_ratio=l1_ratio, gamma=gamma).C.toarray()
    return np.where(np.abs(C) > 0.1 * np.abs(C).max(), C, 0.0), None


@claim(
    "clustering-elastic-net",
    source="the conditions of Karush, Kuhn and Tucker; You, Li, Robinson & Vidal, CVPR 2016",
    kind="exact",
    subject=self_expressive_elastic_net,
    mutants={"one sample at most": _capped, "another ridge": _more_ridge, "cut": _hard},
    eps_multiple=1e4,
    **OPTIONS,
)
def elastic_net(case: Any, subject: Any) -> Any:
    """<x_j, r> = lam sign(c_j) + ridge c_j where c_j is not 0, and |<x_j, r>| <= lam elsewhere."""
    X = case.X
    C = _dense(subject(X, l1_ratio=case.l1_ratio, gamma=case.gamma)[0])
    lam, ridge = (p[:, None] for p in _penalties(X, case.l1_ratio, case.gamma))
    H = (X - C @ X) @ X.T
    off = np.where(C != 0.0, np.abs(H - lam * np.sign(C) - ridge * C), np.abs(H) - lam)
    np.fill_diagonal(off, np.abs(np.diag(C)))
    # A sample that no other correlates with has no penalty, and zeros.
    off[lam[:, 0] == 0.0] = np.abs(C[lam[:, 0] == 0.0])
    scale = float(np.square(X).sum(axis=1).max())
    return Observation(max(0.0, float(off.max())), 0.0, scale=scale)


def _gap_of(c: np.ndarray, h: np.ndarray, rest: float, lam: float, ridge: float) -> float:
    """Return the better bound of the two dual points."""
    largest = float(np.abs(h).max(initial=0.0))
    scales = ([1.0] if ridge > 0.0 else []) + [min(1.0, lam / largest) if largest > 0.0 else 1.0]
    return min(
        float(bounds.elastic_net_gap(rest, s, bounds.fenchel_term(c, s * h, lam, ridge).sum()))
        for s in scales
    )


def _half(c: np.ndarray, h: np.ndarray, rest: float, lam: float, ridge: float) -> float:
    return 0.5 * _gap_of(c, h, rest, lam, ridge)


def _no_fit(c: np.ndarray, h: np.ndarray, rest: float, lam: float, ridge: float) -> float:
    return _gap_of(c, h, 0.0, lam, ridge)


@claim(
    "clustering-elastic-net-gap",
    source="Fenchel's duality; Mairal, Foundations and Trends in Machine Learning (2010)",
    kind="always",
    subject=_gap_of,
    mutants={"half of it": _half, "without the residual": _no_fit},
    tight=0.9,
    **OPTIONS,
)
def gap(case: Any, subject: Any) -> Any:
    """P(c) - min P is at most the gap to a dual point, and ridge ||c - c*||^2 / 2 not more."""
    X = case.X
    found: Any = self_expressive_elastic_net(X, l1_ratio=case.l1_ratio, gamma=case.gamma)
    best, certified = found.C.toarray(), np.asarray(found.certificate.objective_gap.value)
    lam, ridge = _penalties(X, case.l1_ratio, case.gamma)
    seen = []
    for i in case.rng.choice(np.flatnonzero(lam > 0.0), 3):
        others = np.arange(len(X)) != i
        S = X[others]

        def objective(c: np.ndarray, S: np.ndarray = S, i: int = i) -> float:
            rest = X[i] - c @ S
            penalty = lam[i] * np.abs(c).sum() + 0.5 * ridge[i] * (c @ c)
            return float(0.5 * rest @ rest + penalty)

        least = objective(best[i, others])
        # The optimum is known up to its own gap, which is proved.
        unit = lam[i] / case.l1_ratio
        slack = certified[i] * unit + 1e-13 * max(least, float(X[i] @ X[i]))
        step = float(case.rng.choice([0.0, 1e-3, 0.3]))
        c = (1.0 - step) * best[i, others] + step * case.rng.standard_normal(len(S)) * (step < 0.1)
        rest = X[i] - c @ S
        allowed = subject(c, rest @ S.T, float(np.linalg.norm(rest)), lam[i], ridge[i])
        seen.append(Observation(objective(c) - least, allowed + slack, note="objective"))
        zero = np.zeros(len(S))
        allowed = subject(zero, X[i] @ S.T, float(np.linalg.norm(X[i])), lam[i], ridge[i])
        seen.append(Observation(objective(zero) - least, allowed + slack, note="at 0"))
        if ridge[i] > 0.0:
            away = float(np.linalg.norm(c - best[i, others]))
            far = bounds.distance_to_minimizer(allowed_at(c, rest, S, lam[i], ridge[i]), ridge[i])
            more = bounds.distance_to_minimizer(slack, ridge[i])
            seen.append(Observation(away, float(far + more), note="distance"))
    return seen


def allowed_at(c: np.ndarray, rest: np.ndarray, S: np.ndarray, lam: float, ridge: float) -> float:
    """Return the gap of the formulas themselves."""
    return _gap_of(c, rest @ S.T, float(np.linalg.norm(rest)), lam, ridge)


def _first_ones(X: Any, n_exemplars: int, **options: Any) -> Any:
    indices, costs = exemplar_selection(X, n_exemplars, **options)
    return np.sort(indices)[: indices.size], costs


def _cheapest(X: Any, n_exemplars: int, exemplars: Any, **options: Any) -> Any:
    indices, costs = exemplar_selection(X, n_exemplars, exemplars=exemplars, **options)
    return np.r_[indices[:1], indices[:0:-1]], costs


@claim(
    "clustering-exemplars",
    source="You, Li, Robinson & Vidal, ECCV 2018, Lemma 1 and Algorithm 2",
    kind="exact",
    subject=exemplar_selection,
    mutants={"sorted": _first_ones, "backwards": _cheapest},
    eps_multiple=1e7,
    **{**OPTIONS, "budget": 0.25, "min_cases": 6},
)
def exemplars(case: Any, subject: Any) -> Any:
    """Each exemplar is a sample of largest cost over those before it, and costs never rise."""
    X = case.X[np.any(case.X != 0.0, axis=1)][::2]
    start = int(case.rng.integers(len(X)))
    k = min(3, len(X))
    options = {"l1_ratio": case.l1_ratio, "gamma": 20.0}
    indices, costs = subject(X, k, exemplars=[start], **options)
    unit = X / np.linalg.norm(X, axis=1)[:, None]
    seen = []
    before = np.full(len(X), np.inf)
    for t in range(1, len(indices)):
        cost = _all_costs(unit, np.asarray(indices[:t]), **options)
        cost[indices[:t]] = -np.inf
        rise = float(np.max(np.delete(cost, indices[:t]) - np.delete(before, indices[:t])))
        seen.append(Observation(max(0.0, rise), 0.0, scale=10.0, note="no rise"))
        seen.append(Observation(float(cost[indices[t]]), float(cost.max()), 10.0, note="largest"))
        seen.append(Observation(float(costs[t]), float(cost.max()), 10.0, note="cost"))
        before = cost
    return seen or None


def _all_costs(
    unit: np.ndarray, chosen: np.ndarray, l1_ratio: float, gamma: float
) -> np.ndarray:  # fmt: skip
    """Return what every sample costs over the chosen ones, by one call for each of them."""
    costs = np.empty(len(unit))
    for i, x in enumerate(unit):
        rows = np.vstack([x, unit[chosen]])
        C = self_expressive_elastic_net(
            rows, l1_ratio=l1_ratio, gamma=gamma, gamma_relative=False
        ).C.toarray()[0]
        rest = x - C @ rows
        costs[i] = (
            l1_ratio * np.abs(C).sum() + (1 - l1_ratio) / 2 * (C @ C) + gamma / 2 * (rest @ rest)
        )
    return costs


def _wider(one: Any, other: Any) -> Any:
    return bounds.largest_cosine(2.0 * one, 2.0 * other)


def _sum_of_angles(one: Any, other: Any) -> Any:
    return bounds.largest_cosine(one, -np.asarray(other))


@claim(
    "clustering-nearest-codes",
    source="the inequality of Cauchy and Schwarz, within a subspace and across it",
    kind="always",
    subject=bounds.largest_cosine,
    mutants={"twice the angles": _wider, "the sum of the angles": _sum_of_angles},
    tight=0.99,
    domain="sampler", cases=_samples, budget=0.1, max_cases=40, min_cases=6,
)  # fmt: skip
def nearest(case: Any, subject: Any) -> Any:
    """|<a, b>| of unit vectors is at most cos(x - y), x and y their angles with a subspace."""
    k = case.X.shape[1]
    a, b = case.rng.standard_normal((2, k))
    inside = int(case.rng.integers(1, k))
    a[inside:] *= case.rng.choice([0.1, 1.0, 10.0])
    seen = []
    for other in (
        b,
        np.r_[2.0 * a[:inside], -0.5 * a[inside:]],
        np.r_[2.0 * a[:inside], a[inside:]],
    ):
        units = [c / np.linalg.norm(c) for c in (a, other)]
        one, two = (
            np.arctan2(np.linalg.norm(c[inside:]), np.linalg.norm(c[:inside])) for c in units
        )
        allowed = float(subject(one, two)) + 8.0 * k * float(np.finfo(np.float64).eps)
        seen.append(Observation(abs(float(units[0] @ units[1])), allowed))
    return seen
