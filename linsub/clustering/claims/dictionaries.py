"""Learned dictionaries: costs that do not rise and that are those of the factors."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from linsub.clustering import bounds, ksvd, orthogonal_dictionary
from linsub.verify import Observation, claim


def _targets(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return targets that few atoms code, with noise, zeros and twins, and a metric."""
    d, n = int(rng.integers(2, 7)), int(rng.integers(5, 40))
    atoms = int(rng.integers(2, 9))
    k = 1 + index % min(3, atoms)
    S = rng.standard_normal((n, atoms)) * (rng.random((n, atoms)) < k / atoms)
    Y = S @ rng.standard_normal((atoms, d)) + 0.1 * (index % 2) * rng.standard_normal((n, d))
    if index % 3 == 2:
        Y[1] = Y[0]
    A = rng.standard_normal((d + 2, d)) * np.logspace(0.0, -float(index % 4), d)
    if index % 5 == 4:
        A[:, -1] = A[:, 0]
    label = f"{n} x {d}, {k} of {atoms} atoms"
    return {"Y": Y, "A": A, "atoms": atoms, "k": k, "exact": index % 2 == 1, "label": label}


def _true_cost(case: Any, D: np.ndarray, codes: Any) -> tuple[float, float]:
    """Return the cost by the activations themselves, and the rounding of it."""
    S = codes.toarray()
    cost = float(np.linalg.norm((case.Y - S @ D) @ case.A.T))
    size = float(np.linalg.norm(case.Y) + np.linalg.norm(np.abs(S) @ np.abs(D)))
    size *= float(np.linalg.norm(case.A))
    return cost, bounds.dictionary_cost(cost, size, 4 * case.A.shape[0]) - cost


def _observed(case: Any, found: Any) -> list[Observation]:
    D, codes, cost = found
    true, rounding = _true_cost(case, D, codes)
    path = np.asarray(found.info.details["cost_path"])
    bound = float(found.certificate.cost) if found.certificate is not None else float(cost)
    observed = [
        Observation(float(after), float(before) + rounding, note=f"step {i}")
        for i, (before, after) in enumerate(itertools.pairwise(path))
    ]
    return [
        *observed,
        Observation(true, bound + rounding, note="cost of the factors"),
        Observation(float(cost), float(path[-1]) + 2.0 * rounding, note="handed back"),
    ]


def _mixed(found: Any) -> Any:
    """Return codes with two atoms exchanged."""
    D = found.D.copy()
    D[[0, 1]] = D[[1, 0]]
    return type(found)(D, found.codes, found.cost, certificate=found.certificate, info=found.info)


def _mixed_atoms(*given: Any, **options: Any) -> Any:
    return _mixed(ksvd(*given, **options))


def _no_metric(Y: Any, *given: Any, metric: Any, **options: Any) -> Any:
    """Learn without the metric, and call the cost that of the metric."""
    del metric
    found = ksvd(Y, *given, **options)
    return type(found)(*found, certificate=None, info=found.info)


OPTIONS: dict[str, Any] = {
    "domain": "sampler", "cases": _targets, "kind": "always", "tight": 0.99, "budget": 0.4,
    "max_cases": 16, "min_cases": 10,
}  # fmt: skip


@claim(
    "clustering-ksvd",
    source="Aharon, Elad & Bruckstein 2006; the metric of CoSpaDi, arXiv 2509.22075",
    subject=ksvd,
    mutants={"two atoms exchanged": _mixed_atoms, "without the metric": _no_metric},
    **OPTIONS,
)
def monotone(case: Any, subject: Any) -> Any:
    """The cost never rises, is ||(Y - S D) A^T||_F, and not below the best of that rank."""
    found = subject(
        case.Y, case.atoms, case.k, metric=case.A, exact=case.exact, maxiter=5,
        on_fail="return", rng=case.rng,
    )  # fmt: skip
    observed = _observed(case, found)
    sigma = np.linalg.svd(case.Y @ case.A.T, compute_uv=False)
    least = bounds.least_dictionary_cost(sigma, case.atoms)
    _, rounding = _true_cost(case, found.D, found.codes)
    return [*observed, Observation(least, float(found.cost) + rounding, note="rank")]


def _mixed_orthogonal(*given: Any, **options: Any) -> Any:
    return _mixed(orthogonal_dictionary(*given, **options))


def _oblique(Y: Any, k: int, **options: Any) -> Any:
    """Learn as many atoms that are not orthogonal."""
    rank = int(np.linalg.matrix_rank(options["metric"]))
    return ksvd(Y, rank, min(k, rank), **options)


@claim(
    "clustering-orthogonal-dictionary",
    source="Lesage, Gribonval, Bimbot & Benaroya, ICASSP 2005",
    subject=orthogonal_dictionary,
    mutants={"two atoms exchanged": _mixed_orthogonal, "oblique atoms": _oblique},
    **OPTIONS,
)
def orthogonal(case: Any, subject: Any) -> Any:
    """The cost never rises, the atoms are orthogonal in the metric, and the codes are the best."""
    k = min(case.k, case.Y.shape[1])
    found = subject(case.Y, k, metric=case.A, maxiter=30, on_fail="return", rng=case.rng)
    atoms = found.D @ case.A.T
    size = np.linalg.norm(atoms, axis=1)
    inner = (case.Y @ case.A.T) @ atoms.T / size
    best = np.sort(np.square(inner), axis=1)[:, -k:].sum()
    # What A does not see is in no atom and costs nothing.
    least = np.square(case.Y @ case.A.T).sum() - best
    cosines = (atoms / size[:, None]) @ (atoms / size[:, None]).T - np.eye(size.size)
    eps = float(np.finfo(np.float64).eps)
    # Atoms along weak directions of the metric know their angle to its condition.
    spread = float(np.linalg.norm(case.A) / size.min())
    total = float(np.square(case.Y @ case.A.T).sum())
    return [
        *_observed(case, found),
        Observation(float(np.abs(cosines).max()), 100.0 * eps * spread, note="orthogonal"),
        Observation(float(found.cost) ** 2, least + 100.0 * eps * spread * total, note="codes"),
    ]
