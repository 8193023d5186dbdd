"""Representations in closed form, and doubly stochastic affinities, against their conditions."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.clustering import (
    bounds,
    doubly_stochastic_projection,
    low_rank_representation,
    self_expressive_ridge,
    sinkhorn_symmetric,
)
from linsub.testing import gallery
from linsub.verify import Observation, claim


def _samples(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return samples near a union of subspaces, tall and wide, with twins and outliers."""
    d, ambient = 1 + index % 3, int(rng.integers(4, 12))
    X, labels, _ = gallery.union_of_subspaces(
        2, d, ambient, int(rng.integers(2, 15)), noise=0.3 * (index % 2), rng=rng
    )
    X = X * 10.0 ** rng.uniform(-1.0, 1.0)
    if index % 4 == 1:
        X[-1] = X[0]
    if index % 5 == 2:
        X[0] = 0.0
    n = X.shape[0]
    label = f"{n} x {ambient}, dimension {d}"
    return {"X": X, "labels": labels, "label": label, "size": float(n)}


def _with_diagonal(X: Any, alpha: float) -> Any:
    return self_expressive_ridge(X, alpha=alpha, exclude_self=False)


def _erased_diagonal(X: Any, alpha: float) -> Any:
    C = np.array(self_expressive_ridge(X, alpha=alpha, exclude_self=False).C)
    np.fill_diagonal(C, 0.0)
    return C, None


OPTIONS: dict[str, Any] = {
    "domain": "sampler", "cases": _samples, "budget": 0.3, "max_cases": 40, "min_cases": 12,
}  # fmt: skip


@claim(
    "clustering-ridge",
    source="Lu et al., ECCV 2012; the zero diagonal by the inverse of a bordered matrix",
    kind="exact",
    subject=self_expressive_ridge,
    mutants={"diagonal left": _with_diagonal, "diagonal erased": _erased_diagonal},
    eps_multiple=1e3,
    **OPTIONS,
)
def ridge(case: Any, subject: Any) -> Any:
    """Row i of C is the ridge regression of x_i on the other samples."""
    X = case.X
    alpha = float(np.square(X).sum() / X.shape[0] * 10.0 ** case.rng.uniform(-3.0, 1.0))
    C = np.asarray(subject(X, alpha=alpha)[0])
    found = []
    for i in case.rng.choice(X.shape[0], 3):
        others = np.delete(X, i, axis=0)
        expected = np.linalg.solve(others @ others.T + alpha * np.eye(len(others)), others @ X[i])
        gap = float(np.abs(np.delete(C[i], i) - expected).max()) + abs(float(C[i, i]))
        found.append(Observation(gap, 0.0, scale=max(1.0, float(np.abs(expected).max()))))
    return found


def _transposed(X: Any) -> Any:
    return low_rank_representation(X, rank=max(1, int(np.linalg.matrix_rank(X)) - 1))


def _values_kept(X: Any, tau: float) -> Any:
    """Project without shrinking."""
    U, weights = low_rank_representation(X, tau=tau)
    return type(low_rank_representation(X))(U, np.ones_like(weights))


def _soft(X: Any, tau: float) -> Any:
    """Shrink by 1 / (sqrt(tau) sigma), not by its square."""
    U, weights = low_rank_representation(X, tau=tau)
    return type(low_rank_representation(X))(U, 1.0 - np.sqrt(1.0 - weights))


@claim(
    "clustering-lrr",
    source="Liu et al., IEEE TPAMI 35 (2013), Theorem 4.1",
    kind="exact",
    subject=low_rank_representation,
    mutants={"one direction less": _transposed},
    eps_multiple=1e3,
    **OPTIONS,
)
def lrr(case: Any, subject: Any) -> Any:
    """C X = X with the least nuclear norm, rank(X): C is an orthogonal projector."""
    X = case.X
    C = np.asarray(subject(X).to_dense())
    rank = int(np.linalg.matrix_rank(X))
    scale = float(np.linalg.norm(X)) or 1.0
    nuclear = float(np.linalg.svd(C, compute_uv=False).sum())
    return [
        Observation(float(np.linalg.norm(C @ X - X)) / scale, 0.0, note="C X = X"),
        Observation(nuclear, float(rank), scale=float(max(rank, 1)), note="nuclear norm"),
        Observation(float(np.linalg.norm(C @ C - C)), 0.0, note="projector"),
    ]


@claim(
    "clustering-lrsc",
    source="Vidal & Favaro, Pattern Recognition Letters 43 (2014), Theorem 1",
    kind="exact",
    subject=low_rank_representation,
    mutants={"not shrunk": _values_kept, "shrunk by the root": _soft},
    eps_multiple=1e3,
    **OPTIONS,
)
def lrsc(case: Any, subject: Any) -> Any:
    """The objective of the noisy low-rank representation is the least one, in closed form."""
    X = case.X
    sigma = np.linalg.svd(X, compute_uv=False)
    tau = float(10.0 ** case.rng.uniform(-0.5, 1.5) / np.square(sigma).mean())
    U, weights = subject(X, tau=tau)
    rest = X - (U * weights) @ (U.T @ X)
    value = float(np.sum(weights) + 0.5 * tau * np.square(rest).sum())
    least = bounds.shrunk_objective(sigma, tau)
    shrunk = np.sort(bounds.shrunk_representation(sigma, tau))[::-1][: len(weights)]
    return [
        Observation(value, least, scale=max(1.0, least), note="objective"),
        Observation(float(np.abs(shrunk - weights).max(initial=0.0)), 0.0, note="eigenvalues"),
    ]


def _affinity(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n = int(rng.integers(2, 25))
    K = rng.random((n, n)) ** (1 + 4 * (index % 3))
    return {"K": K + K.T, "label": f"{n} nodes", "size": float(n)}


DOUBLY: dict[str, Any] = {**OPTIONS, "cases": _affinity}


def _clipped(K: Any, eta: float) -> Any:
    """Scale what is positive of the shifted kernel by its row sums."""
    A = np.maximum(np.asarray(K) / eta - np.median(K) / eta, 1e-3)
    return sinkhorn_symmetric(A, tol=1e-12)


def _other_eta(K: Any, eta: float) -> Any:
    return doubly_stochastic_projection(K, 1.1 * eta)


@claim(
    "clustering-doubly-stochastic",
    source="the conditions of Karush, Kuhn and Tucker; Lim, Vidal & Haeffele 2020",
    kind="exact",
    subject=doubly_stochastic_projection,
    mutants={"clipped and scaled": _clipped, "another eta": _other_eta},
    eps_multiple=1e7,
    **DOUBLY,
)
def doubly_stochastic(case: Any, subject: Any) -> Any:
    """A >= 0 has row sums 1, and K / eta - A is a sum a_i + a_j on its support and less off it."""
    K = case.K
    n = K.shape[0]
    eta = float(10.0 ** case.rng.uniform(-1.5, 1.0))
    A = subject(K, eta)[0]
    A = np.asarray(A.toarray() if hasattr(A, "toarray") else A)
    # The multipliers by least squares on the support, whatever the subject says of them.
    i, j = np.nonzero(A)
    B = np.zeros((i.size, n))
    np.add.at(B, (np.arange(i.size), i), 1.0)
    np.add.at(B, (np.arange(i.size), j), 1.0)
    gap = K / eta - A
    a = np.linalg.lstsq(B, gap[i, j], rcond=None)[0]
    scale = float(np.abs(K).max()) / eta + 1.0
    on = float(np.abs(B @ a - gap[i, j]).max())
    return [
        Observation(float(np.abs(A.sum(axis=1) - 1.0).max()), 0.0, note="row sums"),
        Observation(min(0.0, float(A.min())), 0.0, note="sign"),
        Observation(on, 0.0, scale=scale, note="multipliers"),
    ]


def _rows_only(K: Any) -> Any:
    A = K / K.sum(axis=1, keepdims=True)
    return A, np.ones(len(K))


def _one_step(K: Any) -> Any:
    u = 1.0 / np.sqrt(K.sum(axis=1))
    return u[:, None] * K * u, u


@claim(
    "clustering-sinkhorn",
    source="Sinkhorn & Knopp, Pacific J. Math. 21 (1967)",
    kind="exact",
    subject=sinkhorn_symmetric,
    mutants={"rows only": _rows_only, "one step": _one_step},
    eps_multiple=1e6,
    **DOUBLY,
)
def sinkhorn(case: Any, subject: Any) -> Any:
    """A = diag(u) K diag(u) is symmetric with row sums 1."""
    A, u = subject(case.K)
    A = np.asarray(A)
    return [
        Observation(float(np.abs(A.sum(axis=1) - 1.0).max()), 0.0, note="row sums"),
        Observation(float(np.abs(A - A.T).max()), 0.0, note="symmetric"),
        Observation(float(np.abs(u[:, None] * case.K * u - A).max()), 0.0, note="form"),
    ]
