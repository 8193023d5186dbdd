"""Spectra of affinities and cuts against dense references, smoothed attributes against theirs."""

from __future__ import annotations

import dataclasses
import itertools
import warnings
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import eigsh

from linsub.clustering import attributed_subspace_clustering, bounds, spectral_labels
from linsub.errors import AccuracyWarning
from linsub.results import Bound
from linsub.testing import gallery
from linsub.verify import Observation, claim

_EPS = float(np.finfo(np.float64).eps)


def _quiet(subject: Any, *arguments: Any, **options: Any) -> Any:
    """Call without the warning that a graph shows no clusters, as most of these do not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        return subject(*arguments, **options)


def _normalized(W: np.ndarray) -> np.ndarray:
    degree = W.sum(axis=1)
    scale = np.where(degree > 0.0, 1.0 / np.sqrt(np.where(degree > 0.0, degree, 1.0)), 0.0)
    return np.asarray(scale[:, None] * W * scale)


def _ring(n: int, extra: int, rng: np.random.Generator) -> np.ndarray:
    """Return a connected graph: a ring and some chords, with weights."""
    W = np.zeros((n, n))
    i = np.arange(n)
    W[i, (i + 1) % n] = rng.uniform(0.1, 1.0, n)
    a, b = rng.integers(0, n, (2, extra))
    W[a, b] += rng.uniform(0.1, 1.0, extra) * (a != b)
    return W + W.T


def _graph(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a connected graph, every fourth large enough for Lanczos."""
    n = int(rng.integers(320, 420)) if index % 4 == 0 else int(rng.integers(5, 60))
    W = _ring(n, 4 * n, rng) * 10.0 ** rng.uniform(-3.0, 3.0)
    return {"W": W, "k": int(rng.integers(1, 5)), "label": f"{n} nodes", "size": float(n)}


def _shifted(W: Any, k: int, **options: Any) -> Any:
    found = _quiet(spectral_labels, W, k, **options)
    values = found.eigenvalues * (1.0 - 1e-9)
    return dataclasses.make_dataclass("Found", ["eigenvalues", "certificate"])(
        values, found.certificate
    )


@claim(
    "clustering-spectral-residuals",
    source="Weyl's theorem: Parlett, The Symmetric Eigenvalue Problem (1998), Theorem 4.5.1",
    kind="always",
    domain="sampler",
    subject=spectral_labels,
    cases=_graph,
    mutants={"values off by 1e-9": _shifted},
    slack="an eigenvalue is in error by about the square of its residual",
    budget=0.5,
    max_cases=16,
    min_cases=8,
)
def residuals(case: Any, subject: Any) -> Any:
    """Within the certified residual of each value the normalized affinity has an eigenvalue."""
    exact = np.linalg.eigvalsh(_normalized(case.W))
    tol = 1e-3 if case.k % 2 else 1e-8
    found = _quiet(subject, case.W, case.k, n_init=1, tol=tol)
    reference = 8.0 * len(exact) * _EPS
    return [
        Observation(float(np.abs(exact - value).min()), float(size) + reference, note=f"pair {i}")
        for i, (value, size) in enumerate(
            zip(found.eigenvalues, found.certificate.residuals.value, strict=True)
        )
    ]


def _pieces(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return graphs of several components, of pairs and of twins among others."""
    count = int(rng.integers(1, 7))
    sizes = [2] * count if index % 3 == 0 else [int(rng.integers(2, 12)) for _ in range(count)]
    if index % 3 == 1:
        sizes = [sizes[0]] * count
    blocks = [_ring(size, size, rng) for size in sizes]
    if index % 3 == 1:
        blocks = [blocks[0]] * count
    n = sum(sizes)
    W = np.asarray(sparse.block_diag(blocks).todense())
    order = rng.permutation(n)
    label = f"{n} nodes, {count} components"
    return {"W": W[np.ix_(order, order)], "count": count, "label": label, "size": float(n)}


def _whole(W: Any, k: int, **options: Any) -> Any:
    """Lanczos on the whole graph, from a vector that sees one direction of each eigenspace."""
    S = _normalized(np.asarray(W))
    found = _quiet(spectral_labels, W, k, **options)
    wanted = min(k + 1, S.shape[0] - 1)
    values = np.sort(eigsh(S, k=wanted, v0=np.ones(len(S)), which="LA", tol=0)[0])[::-1]
    if values.size < found.eigenvalues.size:
        values = np.append(values, -1.0)
    return dataclasses.make_dataclass("Found", ["eigenvalues"])(values)


def _unnormalized(W: Any, k: int, **options: Any) -> Any:
    values = np.sort(np.linalg.eigvalsh(np.asarray(W)))[::-1][: k + 1]
    return dataclasses.make_dataclass("Found", ["eigenvalues"])(values)


@claim(
    "clustering-spectral-components",
    source="Fiedler 1973; Mohar, The Laplacian Spectrum of Graphs (1991), Theorem 2.1",
    kind="exact",
    domain="sampler",
    subject=spectral_labels,
    cases=_pieces,
    mutants={"one Krylov space": _whole, "not normalized": _unnormalized},
    eps_multiple=1e3,
    budget=0.4,
    max_cases=30,
    min_cases=10,
)
def components(case: Any, subject: Any) -> Any:
    """The eigenvalues are those of the whole graph, and 1 is there once a component."""
    exact = np.sort(np.linalg.eigvalsh(_normalized(case.W)))[::-1]
    # So many clusters that no component is dust.
    k = min(case.count + 1, len(exact))
    found = np.asarray(_quiet(subject, case.W, k, n_init=1).eigenvalues)
    ones = int(np.count_nonzero(found > 1.0 - 1e-9))
    return [
        Observation(float(np.abs(found - exact[: found.size]).max()), 0.0, note="values"),
        Observation(float(ones), float(min(case.count, found.size)), note="ones"),
    ]


def _cuttable(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return small graphs; every third is constant on blocks, where the bound is attained."""
    k = int(rng.integers(2, 4))
    if index % 3 == 0:
        B = rng.uniform(0.0, 0.2, (k, k)) + np.eye(k)
        W = np.kron(B + B.T, np.ones((2, 2)))
    else:
        W = _ring(int(rng.integers(5, 9 if k == 2 else 7)), 6, rng)
    if index % 5 == 1:
        W[0] = W[:, 0] = 0.0
    return {"W": W * 10.0 ** rng.uniform(-3, 3), "k": k, "label": f"{len(W)} nodes, {k} clusters"}


def _cut(W: np.ndarray, labels: np.ndarray) -> float:
    total = 0.0
    for c in np.unique(labels):
        inside = labels == c
        volume = float(W[inside].sum())
        if volume > 0.0:
            total += float(W[np.ix_(inside, ~inside)].sum()) / volume
    return total


def _of_certificate(change: Any) -> Any:
    def made(W: Any, k: int, **options: Any) -> Any:
        found = _quiet(spectral_labels, W, k, **options)
        cut, least = change(np.asarray(W), found, k)
        certificate = dataclasses.replace(
            found.certificate,
            cut=Bound(cut, "exact", "cut"), least_cut=Bound(least, "bound", "cut >="),
        )  # fmt: skip
        return type(found)(*found, certificate=certificate, info=found.info)

    return made


_CUT_MUTANTS = {
    "first eigenvalue counted twice less": _of_certificate(
        lambda W, found, k: (float(found.certificate.cut), k - float(found.eigenvalues[1:k].sum()))
    ),
    "a cut over the number of nodes": _of_certificate(
        lambda W, found, k: (
            sum(
                float(W[np.ix_(found.labels == c, found.labels != c)].sum())
                / np.count_nonzero(found.labels == c)
                for c in range(k)
            ),
            float(found.certificate.least_cut),
        )
    ),
}


@claim(
    "clustering-normalized-cut",
    source="Yu & Shi, ICCV 2003: the relaxation; Fan, Proc. Nat. Acad. Sci. 35 (1949)",
    kind="always",
    domain="sampler",
    subject=spectral_labels,
    cases=_cuttable,
    mutants=_CUT_MUTANTS,
    tight=0.99,
    budget=0.5,
    max_cases=24,
    min_cases=9,
)
def normalized_cut(case: Any, subject: Any) -> Any:
    """No partition has a normalized cut below k less the k largest eigenvalues."""
    W, k = case.W, case.k
    found = _quiet(subject, W, k, n_init=1)
    # Nodes without edges have no volume, nor have clusters of such nodes alone.
    edged = np.flatnonzero(W.any(axis=1))
    part, n = W[np.ix_(edged, edged)], edged.size
    count = np.unique(found.labels[edged]).size
    least = min(
        _cut(part, np.array(labels))
        for labels in itertools.product(range(count), repeat=n)
        if labels[0] == 0 and len(set(labels)) == count
    )
    rounding = 64.0 * n * _EPS
    reported, true = float(found.certificate.cut), _cut(W, found.labels)
    return [
        Observation(float(found.certificate.least_cut), least + rounding, note="bound"),
        Observation(least, true + rounding, note="labels"),
        Observation(abs(reported - true), rounding, note="reported"),
    ]


def _attributed(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, k = int(rng.integers(12, 40)), int(rng.integers(2, 4))
    A, X, _ = gallery.attributed_graph(n, k, degree=4.0, n_attributes=12, words=4.0, rng=rng)
    X = X.toarray() * 10.0 ** rng.uniform(-2, 2)
    if index % 3 == 1:
        X[0] = 0.0
    if index % 4 == 2:
        A = A * 0.25
    order, alpha = int(rng.integers(0, 8)), float(rng.uniform(0.3, 1.7))
    return {"A": A, "X": X, "k": k, "order": order, "alpha": alpha, "label": f"{n} nodes"}


def _smoothed(case: Any) -> np.ndarray:
    """Return Z of the note, densely and power by power."""
    A, X = case.A.toarray(), case.X
    n = len(X)
    degree = X @ X.sum(axis=0)
    rows = X / np.sqrt(np.where(degree > 0.0, degree, 1.0))[:, None]
    looped = A + (A.max() or 1.0) * np.eye(n)
    P = _normalized(looped) + np.eye(n)
    P /= P.sum(axis=1, keepdims=True)
    weights = bounds.smoothing_weights(case.alpha, case.order)
    return np.asarray(sum(w * np.linalg.matrix_power(P, t) @ rows for t, w in enumerate(weights)))


def _run(subject: Any, case: Any, **options: Any) -> Any:
    return subject(
        case.A, case.X, case.k, order=case.order, alpha=case.alpha, weighting="none", n_init=1,
        rng=0, **options,
    )  # fmt: skip


def _one_step_less(A: Any, X: Any, k: int, **options: Any) -> Any:
    return attributed_subspace_clustering(A, X, k, **{**options, "order": options["order"] + 1})


def _plain_weights(A: Any, X: Any, k: int, **options: Any) -> Any:
    return attributed_subspace_clustering(A, X, k, **{**options, "weighting": "tfidf"})


ATTRIBUTED: dict[str, Any] = {
    "kind": "exact", "domain": "sampler", "subject": attributed_subspace_clustering,
    "cases": _attributed, "budget": 0.4, "max_cases": 24, "min_cases": 8, "eps_multiple": 1e4,
}  # fmt: skip


@claim(
    "clustering-attributed-residual",
    source="Lin, Yang, Zheng & Ke, KDD 2025; Fan 1949: the projector on leading vectors",
    mutants={"one step more": _one_step_less, "other weights": _plain_weights},
    **ATTRIBUTED,
)
def attributed_residual(case: Any, subject: Any) -> Any:
    """The embedding leaves of the smoothed attributes what the k leading triples leave."""
    Z = _smoothed(case)
    sigma = np.linalg.svd(Z, compute_uv=False)
    found = _run(subject, case, skip_first=False)
    U = found.embedding
    rest = float(np.square(Z - U @ (U.T @ Z)).sum())
    energy = float(np.square(sigma).sum())
    return [
        Observation(rest, float(np.square(sigma[case.k :]).sum()), scale=energy, note="tail"),
        Observation(
            float(np.abs(found.singular_values - sigma[: case.k]).max()), 0.0,
            scale=float(sigma[0]), note="values",
        ),
    ]  # fmt: skip


def _other_root(A: Any, X: Any, k: int, *, modularity: float, **options: Any) -> Any:
    """Shrink the mean direction by gamma, and not by 1 - sqrt(1 - gamma)."""
    wrong = 1.0 - (1.0 - modularity) ** 2 if modularity < 1.0 else 0.9
    return attributed_subspace_clustering(A, X, k, modularity=wrong, **options)


def _without(A: Any, X: Any, k: int, *, modularity: float, **options: Any) -> Any:
    return attributed_subspace_clustering(A, X, k, modularity=0.0, **options)


@claim(
    "clustering-attributed-modularity",
    source="derived from Lin, Yang, Zheng & Ke, KDD 2025: the modularity as a Gram matrix",
    mutants={"another root": _other_root, "no null model": _without},
    **ATTRIBUTED,
)
def attributed_modularity(case: Any, subject: Any) -> Any:
    """The squared values are the leading eigenvalues of the modularity, above 1 too."""
    Z = _smoothed(case)
    degree = Z @ Z.sum(axis=0)
    Z = Z / np.sqrt(np.where(degree > 0.0, degree, 1.0))[:, None]
    affinity = Z @ Z.T
    omega = affinity.sum(axis=1)
    gamma = float(case.rng.choice([0.3, 0.9, 1.0, 1.5, 30.0]))
    B = affinity - gamma * np.outer(omega, omega) / omega.sum()
    exact = np.sort(np.linalg.eigvalsh(B))[::-1][: case.k]
    found = _run(subject, case, modularity=gamma)
    U, squares = found.embedding, np.square(found.singular_values)
    scale = float(np.abs(affinity).sum(axis=1).max())
    observed = [
        Observation(
            float(np.abs(squares - np.maximum(exact, 0.0)).max()), 0.0, scale=scale, note="values"
        ),
        Observation(float(np.vdot(U, B @ U)), float(exact.sum()), scale=scale, note="trace"),
    ]
    if gamma >= 1.0:
        null = float(np.abs(B.sum(axis=1)).max()) if gamma == 1.0 else 0.0
        observed.append(Observation(null, 0.0, scale=scale, note="constants are null"))
    return observed
