"""Denoisers of low-rank Gaussians against Gaussian algebra, and coding rates of partitions."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.clustering import (
    CodingRates,
    bounds,
    coding_rate,
    coding_rate_reduction,
    molrg_loss,
    molrg_posterior_mean,
)
from linsub.verify import Observation, claim


def _mixture(index: int, rng: np.random.Generator) -> dict[str, Any]:
    D, K = int(rng.integers(1, 7)), int(rng.integers(1, 4))
    dims = rng.integers(1, D + 1, K) if index % 2 else np.full(K, int(rng.integers(1, D + 1)))
    bases = [np.linalg.qr(rng.standard_normal((D, int(d))))[0] for d in dims]
    s, gamma = 10.0 ** rng.uniform(-1.0, 1.0, 2)
    if index % 7 == 3:
        s = 0.0
    X = rng.standard_normal((5, D)) * np.hypot(s, gamma)
    label = f"{K} subspaces of dimension {dims.tolist()} in R^{D}"
    return {"bases": bases, "X": X, "s": float(s), "gamma": float(gamma), "label": label}


def _no_dimensions(bases: Any, x: Any, s: float, gamma: float) -> np.ndarray:
    """Weights without the determinants, as in the paper."""
    phi = 0.5 * s**2 / gamma**2 / (s**2 + gamma**2)
    scores = np.stack([phi * np.square(x @ U).sum(axis=1) for U in bases])
    w = np.exp(scores - scores.max(axis=0))
    w /= w.sum(axis=0)
    mean = sum(w_k[:, None] * (x @ U @ U.T) for w_k, U in zip(w, bases, strict=True))
    return np.asarray(s / (s**2 + gamma**2) * mean)


def _hard(bases: Any, x: Any, s: float, gamma: float) -> np.ndarray:
    """The nearest subspace alone."""
    best = np.argmax([np.square(x @ U).sum(axis=1) for U in bases], axis=0)
    rows = [x[i] @ bases[k] @ bases[k].T for i, k in enumerate(best)]
    return np.asarray(s / (s**2 + gamma**2) * np.array(rows))


@claim(
    "clustering-molrg-posterior",
    source="Wang et al., arXiv 2409.02426 (2024), with the determinants for unequal dimensions",
    kind="exact",
    domain="sampler",
    subject=molrg_posterior_mean,
    cases=_mixture,
    mutants={"no determinants": _no_dimensions, "hard": _hard},
    budget=0.3,
    max_cases=40,
    min_cases=15,
    eps_multiple=1e6,  # the reference solves with covariances of condition up to 1e4
)
def posterior(case: Any, subject: Any) -> Any:
    """E[x_0 | x] of the mixture, by the conditional law of each dense joint Gaussian."""
    s, gamma, X = case.s, case.gamma, case.X
    logs, means = [], []
    for U in case.bases:
        prior = U @ U.T
        joint = s**2 * prior + gamma**2 * np.eye(len(U))
        solved = np.linalg.solve(joint, X.T)
        logs.append(-0.5 * np.sum(X.T * solved, axis=0) - 0.5 * np.linalg.slogdet(joint)[1])
        means.append((s * prior @ solved).T)
    w = np.exp(np.array(logs) - np.max(logs, axis=0))
    w /= w.sum(axis=0)
    expected = np.einsum("kn,knd->nd", w, np.array(means))
    gap = float(np.abs(np.asarray(subject(case.bases, X, s, gamma)) - expected).max())
    return Observation(gap, 0.0, scale=float(np.abs(X).max()) / gamma + 1.0)


def _two_unions(index: int, rng: np.random.Generator) -> dict[str, Any]:
    D, K, N = int(rng.integers(1, 7)), int(rng.integers(1, 4)), int(rng.integers(1, 10))
    d = int(rng.integers(1, D + 1))
    both = [
        [np.linalg.qr(rng.standard_normal((D, d)))[0] for _ in range(K)] for _ in range(2)
    ]  # fmt: skip
    s, gamma = 10.0 ** rng.uniform(-1.5, 1.5, 2)
    label = f"{N} samples, {K} subspaces of dimension {d} in R^{D}"
    X = rng.standard_normal((N, D)) * 10.0 ** rng.uniform(-2.0, 2.0)
    return {"both": both, "X": X, "s": float(s), "gamma": float(gamma), "label": label}


def _objective(X: np.ndarray, bases: list[np.ndarray]) -> tuple[float, np.ndarray]:
    """Return the K-subspaces objective and the labels."""
    squares = np.array([np.square(X - X @ U @ U.T).sum(axis=1) for U in bases])
    return float(squares.min(axis=0).sum()), squares.argmin(axis=0)


def _without_noise(bases: Any, X: Any, s: float, gamma: float) -> float:
    return molrg_loss(bases, X, s, gamma * 1e-9)


def _first_subspace(bases: Any, X: Any, s: float, gamma: float) -> float:
    return molrg_loss(bases[:1], X, s, gamma)


@claim(
    "clustering-diffusion",
    source="Wang et al., arXiv 2409.02426 (2024); the closed form in the docs",
    kind="exact",
    domain="sampler",
    subject=molrg_loss,
    cases=_two_unions,
    mutants={"nothing of the noise": _without_noise, "one subspace": _first_subspace},
    budget=0.3,
    max_cases=40,
    min_cases=15,
    eps_multiple=1e3,
)
def diffusion(case: Any, subject: Any) -> Any:
    """The loss is the expectation over noise, and an affine function of the K-subspaces cost."""
    X, s, gamma = case.X, case.s, case.gamma
    N, D = X.shape
    losses, costs, found = [], [], []
    for bases in case.both:
        cost, labels = _objective(X, bases)
        # E ||A (s x + gamma e) - x||^2 = ||(s A - I) x||^2 + gamma^2 ||A||_F^2 for standard e.
        expected = 0.0
        for k, U in enumerate(bases):
            A = s / (s**2 + gamma**2) * U @ U.T
            rows = X[labels == k]
            expected += float(np.square(rows @ (s * A - np.eye(D))).sum())
            expected += len(rows) * gamma**2 * float(np.square(A).sum())
        loss = float(subject(bases, X, s, gamma))
        energy = float(np.square(X).sum()) / N + expected / N
        found.append(Observation(loss, expected / N, scale=energy, note="expectation"))
        losses.append(loss)
        costs.append(cost)
    c = s**2 / (s**2 + gamma**2)
    slope = (2.0 * c - c * c) / N
    gap = losses[0] - losses[1]
    expected = slope * (costs[0] - costs[1])
    found.append(Observation(gap, expected, scale=energy, note="slope"))
    return found


def _memberships(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, d = int(rng.integers(1, 9)), int(rng.integers(1, 6))
    Z = rng.standard_normal((n, d))
    Z /= np.linalg.norm(Z, axis=1, keepdims=True)
    if index % 4 == 3:
        Z[:] = Z[0]
    count = (1, 2, 4, 40)[index % 4]
    # By Birkhoff a mean of permutations is any doubly stochastic matrix; of one, the least rate.
    shares = rng.dirichlet(np.ones(count))
    G = sum(p * np.eye(n)[rng.permutation(n)] for p in shares)
    if index % 5 == 2:
        G = np.full((n, n), 1.0 / n)
    label = f"{n} samples in R^{d}, {count} permutations"
    return {"Z": Z, "G": G, "eps": float(10.0 ** rng.uniform(-2.0, 1.0)), "label": label}


def _unscaled(Z: Any, **options: Any) -> CodingRates:
    """Half the logarithm, as Ma et al. count."""
    found = coding_rate_reduction(Z, **options)
    return CodingRates(0.5 * found.reduction, 0.5 * found.whole, 0.5 * found.parts)


def _sum_of_classes(Z: Any, membership: Any, **options: Any) -> CodingRates:
    """Not weighted by the sizes."""
    found = coding_rate_reduction(Z, membership=membership, **options)
    return CodingRates(found.reduction, found.whole, found.parts * len(Z))


@claim(
    "clustering-coding-rate",
    source="Ding et al., ICCV 2023, with concavity and Birkhoff's theorem; proof in the docs",
    kind="always",
    domain="sampler",
    subject=coding_rate_reduction,
    cases=_memberships,
    mutants={"half the logarithm": _unscaled, "a sum over classes": _sum_of_classes},
    tight=0.999999,
    budget=0.3,
    max_cases=40,
    min_cases=15,
)
def coding_rates(case: Any, subject: Any) -> Any:
    """log(1 + d / eps^2) <= R_c <= R for unit samples and a doubly stochastic membership."""
    d = case.Z.shape[1]
    found = subject(case.Z, membership=case.G, eps=case.eps)
    least = bounds.least_coding_rate(d, case.eps)
    # Entries of size d / eps^2 are rounded before the logarithm.
    room = 64.0 * d * float(np.finfo(np.float64).eps) * (1.0 + d / case.eps**2)
    return [
        Observation(least, found.parts + room, note="from below"),
        Observation(found.parts, found.whole + room, note="from above"),
    ]


def _orthogonal(index: int, rng: np.random.Generator) -> dict[str, Any]:
    K = int(rng.integers(1, 4))
    dims = rng.integers(1, 4, K)
    D = int(dims.sum()) + int(rng.integers(0, 3))
    Q = np.linalg.qr(rng.standard_normal((D, D)))[0]
    parts, at, counts = [], 0, []
    for d in dims:
        # Copies of an orthonormal basis: isotropic, of norm 1.
        frames = [np.linalg.qr(rng.standard_normal((d, d)))[0] for _ in range(rng.integers(1, 4))]
        parts.append(np.concatenate(frames) @ Q[:, at : at + d].T)
        counts.append(len(parts[-1]))
        at += int(d)
    labels = np.repeat(np.arange(K), counts)
    mixed = rng.permutation(len(labels))
    Z = np.concatenate(parts)[mixed]
    label = f"{counts} samples of dimensions {dims.tolist()} in R^{D}"
    eps = float(10.0 ** rng.uniform(-1.5, 1.5))
    return {"Z": Z, "labels": labels[mixed], "counts": counts, "dims": dims, "eps": eps,
            "label": label}  # fmt: skip


def _unweighted(Z: Any, labels: Any, eps: float) -> CodingRates:
    whole = coding_rate(Z, eps)
    parts = float(np.mean([coding_rate(Z[labels == k], eps) for k in np.unique(labels)]))
    return CodingRates(whole - parts, whole, parts)


def _other_eps(Z: Any, labels: Any, eps: float) -> CodingRates:
    return coding_rate_reduction(Z, labels, eps=eps * eps)


@claim(
    "clustering-orthogonal-rate",
    source="Yu et al., NeurIPS 2020, the rates at the optimum",
    kind="exact",
    domain="sampler",
    subject=coding_rate_reduction,
    cases=_orthogonal,
    mutants={"classes not weighted": _unweighted, "eps squared": _other_eps},
    budget=0.3,
    max_cases=40,
    min_cases=15,
    eps_multiple=1e5,
)
def orthogonal_rates(case: Any, subject: Any) -> Any:
    """Both rates in closed form for isotropic classes on orthogonal subspaces."""
    D = case.Z.shape[1]
    found = subject(case.Z, case.labels, eps=case.eps)
    given = case.counts, case.dims, D, case.eps
    whole, parts = bounds.orthogonal_rate(*given), bounds.orthogonal_class_rate(*given)
    scale = 1.0 + whole
    return [
        Observation(found.whole, whole, scale=scale, note="whole"),
        Observation(found.parts, parts, scale=scale, note="classes"),
        Observation(found.reduction, whole - parts, scale=scale, note="reduction"),
    ]
