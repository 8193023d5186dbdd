"""Canonical correlations, alignment and centred kernel alignment."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.geometry import CCAResult, align_subspaces, cca, linear_cka
from linsub.verify import Observation, Sample, claim

EPS = float(np.finfo(np.float64).eps)


def views(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return two views of n samples with a shared signal, with offsets, scales and copies."""
    complex_ = index % 2 == 1
    n = int(rng.integers(25, 60))
    p, q = (int(i) for i in rng.integers(1, 9, 2))
    shared = int(rng.integers(1, 4))
    noise = 10.0 ** rng.uniform(-6.0, 0.5)

    def normal(*shape: int) -> np.ndarray:
        Z = rng.standard_normal(shape)
        return Z + 1j * rng.standard_normal(shape) if complex_ else Z

    S = normal(n, shared)
    X = S @ normal(shared, p) + noise * normal(n, p)
    Y = S @ normal(shared, q) + noise * normal(n, q)
    X, Y = X + 10.0 * normal(p), Y - 5.0
    form = ("plain", "copies", "constant", "scales")[index // 2 % 4]
    rank = min(p, q)
    if form == "copies":
        X = np.concatenate([X, X[:, :1]], axis=1)
    elif form == "constant":
        Y = np.concatenate([Y, np.full((n, 1), 3.0)], axis=1)
    elif form == "scales":
        X = X * 10.0 ** rng.integers(-100, 100, p)
    return {"X": X, "Y": Y, "rank": rank, "size": float(n), "label": f"{form} {n} {p} {q}"}


def _basis(X: np.ndarray, rank: int) -> np.ndarray:
    """Return a basis of the centred columns: of copies and constants without a decision."""
    Z = X - X.mean(axis=0)
    size = np.abs(Z).max(axis=0)
    Z = Z[:, size > 1e-13 * np.abs(X).max(axis=0)] / size[size > 1e-13 * np.abs(X).max(axis=0)]
    U, s, _ = np.linalg.svd(Z, full_matrices=False)
    return np.asarray(U[:, s > 1e-12 * s[0]])


def _with(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Any]:
    def mutant(X: Any, Y: Any, k: int, **options: Any) -> Any:
        result = cca(X, Y, k, **options)
        return CCAResult(change(result.correlations), *result[1:], info=result.info)

    return mutant


def _uncentred(X: Any, Y: Any, k: int, **options: Any) -> Any:
    result = cca(X, Y, k, **options)
    P, Q = (np.linalg.qr(Z / np.abs(Z).max(axis=0))[0] for Z in (X, Y))
    c = np.linalg.svd(P.conj().T @ Q, compute_uv=False)[:k]
    return CCAResult(c, *result[1:], info=result.info)


@claim(
    "geometry-cca",
    source="Bjorck & Golub 1973",
    kind="always",
    domain="pair",
    subject=cca,
    cases=views,
    mutants={"not centred": _uncentred, "squared": _with(np.square)},
    slack="both sides are rounding",
    budget=0.4,
)
def canonical(case: Any, subject: Any) -> list[Observation]:
    """Correlations are the cosines of the angles of centred spaces, and the variates have them"""
    k = case.rank
    result = subject(case.X, case.Y, k)
    P, Q = _basis(case.X, k), _basis(case.Y, k)
    c = np.linalg.svd(P.conj().T @ Q, compute_uv=False)[:k]
    Zx, Zy = result.transform(case.X), result.transform_y(case.Y)
    n = case.X.shape[0]
    # Weights that take differences of large entries amplify their rounding.
    A, B = result.x_weights, result.y_weights
    X, Y = (np.abs(Z).max(axis=0) for Z in (case.X, case.Y))
    room = 30.0 * EPS * n * float(1.0 + (X @ np.abs(A)).max() + (Y @ np.abs(B)).max())
    cross = Zx.conj().T @ Zy / (n - 1) - np.diag(result.correlations)
    defect = Zx.conj().T @ Zx / (n - 1) - np.eye(k)
    return [
        Observation(float(np.abs(result.correlations - c).max()), room, note="cosines"),
        Observation(float(np.abs(cross).max()), room, note="cross-covariance"),
        Observation(float(np.abs(defect).max()), room, note="unit variances"),
    ]


@claim(
    "geometry-cca-ridge",
    source="Vinod 1976",
    kind="always",
    domain="pair",
    subject=cca,
    cases=views,
    requires=lambda case: not case.label.startswith("scales"),
    mutants={
        "without the ridge": lambda X, Y, k, ridge: cca(X, Y, k),
        "half of the ridge": lambda X, Y, k, ridge: cca(X, Y, k, ridge=0.5 * ridge),
    },
    slack="both sides are rounding",
    budget=0.4,
)
def ridged(case: Any, subject: Any) -> Observation:
    """With a ridge: singular values of (Sx + r I)^(-1/2) Sxy (Sy + r I)^(-1/2), r = ridge s_1^2"""
    ridge = float(10.0 ** case.rng.uniform(-4.0, 0.0))
    roots = []
    for Z in (case.X, case.Y):
        Z = Z - Z.mean(axis=0)
        w, V = np.linalg.eigh(Z.conj().T @ Z)
        roots.append(Z @ (V / np.sqrt(np.maximum(w, 0.0) + ridge * w[-1])) @ V.conj().T)
    c = np.linalg.svd(roots[0].conj().T @ roots[1], compute_uv=False)[: case.rank]
    found = subject(case.X, case.Y, case.rank, ridge=ridge).correlations
    return Observation(float(np.abs(found - c).max()), 1e-10)


@claim(
    "geometry-align",
    source="Schonemann 1966; docs/theory/geometry.md",
    kind="always",
    domain="pair",
    subject=align_subspaces,
    cases=views,
    mutants={
        "the other map": lambda X, Y, k, map: align_subspaces(
            X, Y, k, "affine" if map == "orthogonal" else "orthogonal"
        ),
    },
    slack="both sides are rounding",
    budget=0.4,
)
def aligned(case: Any, subject: Any) -> list[Observation]:
    """Between variates the orthogonal map leaves 2 sum (1 - c_j), the affine sum (1 - c_j^2)"""
    k, n = case.rank, case.X.shape[0]
    c = np.asarray(cca(case.X, case.Y, k).correlations)
    found = []
    for name, square in (("orthogonal", 2.0 * (1.0 - c)), ("affine", 1.0 - c**2)):
        result = subject(case.X, case.Y, k, map=name)
        off = result.transform(case.X) - result.target(case.Y)
        measured = float(np.square(np.abs(off)).sum()) / (n - 1)
        found.append(Observation(abs(measured - float(square.sum())), 1e-9, note=name))
    return found


def _kernel_cka(X: np.ndarray, Y: np.ndarray, unbiased: bool) -> float:
    """The definitions, with n x n kernels and a mean over all sets of four samples."""
    n = X.shape[0]
    K, L = X @ X.conj().T, Y @ Y.conj().T
    H = np.eye(n) - np.ones((n, n)) / n
    i, j, q, r = np.array(list(itertools.permutations(range(n), 4))).T

    def hsic(K: np.ndarray, L: np.ndarray) -> float:
        if not unbiased:
            return float(np.trace(K @ H @ L @ H).real)
        return float(np.mean(K[i, j] * (L[j, i] - L[j, q] - L[r, i] + L[r, q])).real)

    return hsic(K, L) / float(np.sqrt(hsic(K, K) * hsic(L, L)))


def _published(X: Any, Y: Any, unbiased: bool) -> float:
    """The formula for real kernels, whatever they are."""
    n = len(X)
    K, L = (Z @ Z.conj().T for Z in (X - X.mean(axis=0), Y - Y.mean(axis=0)))
    if not unbiased:
        return linear_cka(X, Y)

    def hsic(K: np.ndarray, L: np.ndarray) -> float:
        K, L = (M - np.diag(np.diag(M)) for M in (K, L))
        total = K.sum() * L.sum() / ((n - 1) * (n - 2))
        return float((np.trace(K @ L) + total - 2.0 * (K @ L).sum() / (n - 2)).real)

    return hsic(K, L) / float(np.sqrt(hsic(K, K) * hsic(L, L)))


def _features(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, p, q = int(rng.integers(6, 11)), *(int(i) for i in rng.integers(1, 60, 2))
    shape = 1 if index % 2 else 0
    X, Y = rng.standard_normal((n, p)), rng.standard_normal((n, q)) + 1.0
    Y[:, 0] += X[:, 0]
    if shape:
        X, Y = X + 1j * rng.standard_normal((n, p)), Y + 1j * rng.standard_normal((n, q))
    # One size a column, so that the reference needs no scaling of its own.
    X, Y = (Z / np.abs(Z).max(axis=0) for Z in (X, Y))
    return {"X": X, "Y": Y, "size": float(n), "label": f"{n} x {p}, {q}"}


@claim(
    "geometry-cka",
    source="Kornblith et al. 2019; Song et al. 2012",
    kind="exact",
    domain="pair",
    subject=linear_cka,
    cases=_features,
    mutants={
        "biased for unbiased": lambda X, Y, unbiased: linear_cka(X, Y),
        "real formula for complex features": _published,
        "not centred": lambda X, Y, unbiased: (
            np.linalg.norm(X.conj().T @ Y) ** 2
            / (np.linalg.norm(X.conj().T @ X) * np.linalg.norm(Y.conj().T @ Y))
        ),
    },
    eps_multiple=3000.0,
    budget=0.4,
)
def alignment(case: Any, subject: Any) -> list[Observation]:
    """linear_cka is the ratio of HSICs of the n x n kernels, biased and unbiased"""
    return [
        Observation(subject(case.X, case.Y, unbiased=u), _kernel_cka(case.X, case.Y, u), note=note)
        for u, note in ((False, "biased"), (True, "unbiased"))
    ]


def _independent(index: int, rng: np.random.Generator) -> dict[str, Any]:
    draws = 150
    pairs = [rng.standard_normal((2, 10, 40)) for _ in range(draws)]
    return {"pairs": pairs, "size": 10.0, "label": f"{draws} unrelated pairs"}


@claim(
    "geometry-cka-unbiased",
    source="Song et al. 2012",
    kind="expectation",
    domain="sampler",
    subject=linear_cka,
    cases=_independent,
    mutants={"biased": lambda X, Y, unbiased: linear_cka(X, Y)},
    slack="an equality, tested from both sides",
    budget=0.6,
    min_cases=1,
    max_cases=4,
    full_cases=20,
)
def unrelated(case: Any, subject: Any) -> list[Sample]:
    """The mean of the unbiased alignment of unrelated Gaussian features is 0"""
    found = np.array([subject(X, Y, unbiased=True) for X, Y in case.pairs])
    # Of X and -X alike: the estimate is at least -1.
    return [
        Sample(found, 0.0, lower=None, note="not above"),
        Sample(-found, 0.0, lower=None, note="not below"),
    ]
