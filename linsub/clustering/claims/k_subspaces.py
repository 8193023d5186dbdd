"""K-subspaces: costs that do not rise, and the answer of small problems by enumeration."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from linsub.clustering import k_subspaces
from linsub.testing import gallery
from linsub.verify import Observation, claim


def _union(index: int, rng: np.random.Generator) -> dict[str, Any]:
    K, d = 2 + index % 2, 1 + index % 3
    ambient = int(rng.integers(d + 1, 9))
    X, _, _ = gallery.union_of_subspaces(
        K, d, ambient, int(rng.integers(d + 1, 12)), noise=0.2 * (index % 2), rng=rng
    )
    if index % 5 == 3:
        X[1] = X[0]
    label = f"{X.shape[0]} x {ambient}, {K} of dimension {d}"
    return {"X": X, "K": K, "d": d, "label": label, "affine": index % 4 == 2}


def _small(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, D = int(rng.integers(4, 8)), int(rng.integers(2, 4))
    return {"X": rng.standard_normal((n, D)), "label": f"{n} x {D}", "size": float(n)}


class _Rising:
    """A run whose last step is not taken, so that its cost is that of the step before."""

    def __init__(self, X: Any, K: int, d: int, **options: Any) -> None:
        found = k_subspaces(X, K, d, **options)
        path = _path_of(found)
        self.path = np.append(path, path[-1] * 1.01 + 1e-9)
        self.found = found


def _path_of(found: Any) -> np.ndarray:
    return np.asarray(found.path if isinstance(found, _Rising) else found.info.details["cost_path"])


@claim(
    "clustering-kss-monotone",
    source="Bradley & Mangasarian, J. Global Optim. 16 (2000): both steps are exact",
    kind="always",
    domain="sampler",
    subject=k_subspaces,
    cases=_union,
    mutants={"a step that raises it": _Rising},
    tight=0.9,
    budget=0.5,
    max_cases=30,
    min_cases=10,
)
def monotone(case: Any, subject: Any) -> Any:
    """The cost of a run does not rise, and the cost handed back is not above its last one."""
    found = subject(case.X, case.K, case.d, n_init=3, affine=case.affine, rng=case.rng)
    path = _path_of(found)
    rounding = 64.0 * case.X.shape[1] * float(np.finfo(np.float64).eps) * np.square(case.X).sum()
    observed = [
        Observation(float(after), float(before) + rounding, note=f"step {i}")
        for i, (before, after) in enumerate(itertools.pairwise(path))
    ]
    if not isinstance(found, _Rising):
        observed.append(Observation(found.cost, float(path[-1]) + rounding, note="handed back"))
    return observed


def _partitions(n: int) -> Any:
    """Yield all ways to cut n samples in two, as a mask."""
    for bits in range(2 ** (n - 1)):
        yield np.array([bits >> i & 1 for i in range(n)], dtype=bool)


def _cost_of(X: np.ndarray, mask: np.ndarray, d: int) -> float:
    total = 0.0
    for rows in (X[mask], X[~mask]):
        if rows.shape[0]:
            total += float(np.square(np.linalg.svd(rows, compute_uv=False)[d:]).sum())
    return total


def _single_start(X: Any, K: int, d: int, **options: Any) -> Any:
    return k_subspaces(X, K, d, **{**options, "n_init": 1, "maxiter": 1})


@claim(
    "clustering-kss-optimum",
    source="Tseng, J. Optim. Theory Appl. 105 (2000): the problem; here by enumeration",
    kind="exact",
    domain="sampler",
    subject=k_subspaces,
    cases=_small,
    mutants={"one step of one run": _single_start},
    budget=0.5,
    max_cases=24,
    min_cases=8,
    eps_multiple=1e3,
)
def optimum(case: Any, subject: Any) -> Any:
    """With many starts the least cost over all partitions of few samples is found."""
    X = case.X
    least = min(_cost_of(X, mask, 1) for mask in _partitions(X.shape[0]))
    found = subject(X, 2, 1, n_init=60, rng=case.rng)
    return Observation(float(found.cost), least, scale=float(np.square(X).sum()))
