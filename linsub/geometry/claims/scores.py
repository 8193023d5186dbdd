"""Scores of strange samples, and directions that an operator hardly sees."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.geometry import nullspace_projection, pca_model
from linsub.verify import Observation, claim


def _samples(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = int(rng.integers(2, 9))
    n = int(rng.integers(3, 20))
    X = rng.standard_normal((n, d)) * 10.0 ** rng.uniform(-2.0, 0.0, d)
    X = X + rng.standard_normal(d) * 10.0 ** (index % 4)
    rank = int(rng.integers(0, min(n - 1, d) + 1))
    return {"X": X, "rank": rank, "label": f"{n} x {d}, rank {rank}", "size": float(n)}


def _uncentred(X: Any, rank: int) -> Any:
    model = pca_model(X, rank=rank)
    return type(model)(0.0 * model.mean, *tuple(model)[1:])


@claim(
    "geometry-anomaly-scores",
    source="Jackson & Mudholkar 1979; Tipping & Bishop 1999, eq. 7",
    kind="exact",
    domain="sampler",
    subject=pca_model,
    cases=_samples,
    mutants={"not centred": _uncentred},
    budget=0.2,
    max_cases=40,
    eps_multiple=1e4,
)
def anomaly_scores(case: Any, subject: Any) -> Any:
    """Q and T2 + Q/noise are the distances to the subspace and of the Gaussian of PPCA."""
    X = case.X
    model = subject(X, rank=case.rank)
    # About the mean, so that the reference itself does not lose what the scores keep.
    Y = X - X.mean(axis=0)
    _, S, Vh = np.linalg.svd(Y)
    w = np.zeros(X.shape[1])
    w[: S.size] = S**2 / (X.shape[0] - 1)
    k = case.rank
    if k and w[k - 1] < 1e-3 * w[0]:
        return None  # hardly determined directions
    if k < w.size and k and w[k - 1] - w[k] < 1e-2 * w[0]:
        return None
    Z = case.rng.standard_normal((3, X.shape[1])) * np.sqrt(w[0])
    noise = w[k:].mean() if k < w.size else 0.0
    noise = max(noise, 1e-6 * (w[0] if k else noise))
    inside = ((Z @ Vh[:k].T) ** 2 / w[:k]).sum(axis=1)
    outside = ((Z @ Vh[k:].T) ** 2).sum(axis=1)
    far = float(np.abs(X).max() / np.sqrt(w[0]))
    q, p = (model.scores(Z + X.mean(axis=0), kind) for kind in ("residual", "ppca"))
    expected = inside + (outside / noise if k < w.size else 0.0)
    scale = float(w[0]) * far
    return [
        Observation(float(np.abs(q - outside).max()), 0.0, scale=scale, note="residual"),
        Observation(
            float(np.abs(p - expected).max()), 0.0, scale=far * float(w[0] / noise), note="ppca"
        ),
    ]


def _operators(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m, n = int(rng.integers(1, 12)), int(rng.integers(2, 12))
    A = rng.standard_normal((m, n)) * 10.0 ** rng.uniform(-3.0, 0.0, n)
    rank = int(rng.integers(0, min(m, n - 1) + 1))
    v = rng.standard_normal(n)
    if index % 3 == 0 and rank < min(m, n):
        v = np.linalg.svd(A)[2][rank]  # attains the bound
    return {"A": A, "v": v, "rank": rank, "label": f"{m} x {n}, rank {rank}"}


def _one_less(A: Any, v: Any, rank: int) -> Any:
    return nullspace_projection(A, v, max(0, rank - 1))


@claim(
    "geometry-null-directions",
    source="Eckart & Young 1936; Chen et al. 2024 (LOCO), sec. 4",
    kind="always",
    domain="sampler",
    subject=nullspace_projection,
    cases=_operators,
    mutants={"one vector fewer": _one_less},
    tight=0.999,
    budget=0.2,
    max_cases=60,
    min_cases=15,
)
def null_directions(case: Any, subject: Any) -> Any:
    """||A d|| <= sigma_{r+1} off the r leading right singular vectors, and as certified."""
    found = subject(case.A, case.v, case.rank)
    S = np.linalg.svd(case.A, compute_uv=False)
    leak = float(np.linalg.norm(case.A @ found.directions))
    following = float(S[case.rank]) if case.rank < S.size else 0.0
    return [
        Observation(leak, following * (1 + 1e-9) + 1e-13 * float(S[0]), note="next value"),
        Observation(leak, float(found.certificate.leak), note="certificate"),
    ]
