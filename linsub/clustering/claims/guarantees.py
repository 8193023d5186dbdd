"""What keeps self-expression within subspaces, inradii, and how well subspaces are recovered."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy.spatial import ConvexHull

from linsub.clustering import (
    Inradius,
    Preservation,
    bounds,
    inradius,
    k_subspaces,
    preservation_certificate,
    self_expressive_omp,
    subspace_preserving_error,
)
from linsub.geometry import subspace_distance
from linsub.verify import Observation, claim

_EPS = float(np.finfo(np.float64).eps)


def _points(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = 2 + index % 2
    n = int(rng.integers(d, 8))
    P = rng.standard_normal((n, d))
    if index % 3 == 0:
        P /= np.linalg.norm(P, axis=1, keepdims=True)
    if index % 4 == 1:
        P[-1] = -P[0]
    if index % 5 == 2:
        P[:, 0] *= 1e-3
    if index % 6 == 4:
        P = np.eye(d)  # a cross polytope: the uniform weights are the best
    scale = 2.0 ** float(rng.integers(-300, 300))
    return {"P": P * scale, "near": P, "scale": scale, "label": f"{n} points of R^{d}"}


def _by_enumeration(P: np.ndarray) -> float:
    """The least distance of a hyperplane through d points that has no point beyond it."""
    least, d = np.inf, P.shape[1]
    if np.linalg.matrix_rank(P) < d:
        return 0.0
    for rows in itertools.combinations(np.concatenate([P, -P]), d):
        A = np.array(rows)
        if np.linalg.cond(A) < 1e12:
            y = np.linalg.solve(A, np.ones(d))
            if np.abs(P @ y).max() <= 1.0 + 1e-9:
                least = min(least, 1.0 / float(np.linalg.norm(y)))
    return least


def _one_sided(P: Any, **options: Any) -> Inradius:
    """Without the negatives."""
    hull = ConvexHull(np.concatenate([P, np.zeros((1, P.shape[1]))]), qhull_options="QJ")
    r = float(-hull.equations[:, -1].max())
    return Inradius(r, r)


def _farthest(P: Any, **options: Any) -> Inradius:
    """The longest point for the nearest facet."""
    r = float(np.linalg.norm(P, axis=1).max())
    return Inradius(r, r)


def _of_fewer(P: Any, **options: Any) -> Inradius:
    return inradius(P[:-1], **options)


@claim(
    "clustering-inradius",
    source="Soltanolkotabi & Candes, Ann. Statist. 40 (2012); the bounds: min over max",
    kind="always",
    domain="sampler",
    subject=inradius,
    cases=_points,
    mutants={"one sided": _one_sided, "the longest": _farthest, "one point less": _of_fewer},
    tight=0.999999,
    budget=0.5,
    max_cases=30,
    min_cases=12,
)
def inradii(case: Any, subject: Any) -> Any:
    """The enclosures hold the inradius, by facets and by designs, and are above sigma / sqrt(n)."""
    n, d = case.near.shape
    r = _by_enumeration(case.near)
    room = 1e-13 * float(np.linalg.cond(case.near)) if r > 0.0 else 0.0
    sigma = np.linalg.svd(case.near, compute_uv=False)[-1]
    uniform = bounds.inradius_from_design(float(sigma**2 / n / 64.0), d, n) * 8.0
    found = [Observation(uniform, r * (1.0 + room), note="sigma / sqrt(n)")]
    for method in ("exact", "bounds"):
        lower, upper = np.array(subject(case.P, method=method, rng=case.rng)[:2]) / case.scale
        found += [
            Observation(float(lower), r * (1.0 + room), note=f"{method}, from below"),
            Observation(r * (1.0 - room), float(upper), note=f"{method}, from above"),
        ]
    return found


def _seed(index: int, rng: np.random.Generator) -> dict[str, Any]:
    return {"index": index, "label": f"union {index}"}


def _planes(rng: np.random.Generator, kind: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points on three lines of R^2, or planes of R^4, any two of which span the space.

    Independent subspaces would prove nothing: there basis pursuit cannot go wrong. Two of these are
    at one angle, the difference of their alphas.
    """
    d = 2 if kind % 3 == 0 else 1
    alphas = np.arange(3) * np.pi / 3.0 + rng.uniform(-0.3, 0.3, 3)
    counts = rng.integers(2, 5, 3) if d == 1 else rng.integers(4, 7, 3)
    if kind % 6 < 2:
        counts[1] = d  # which do not span the second one without one of them
    parts = []
    for alpha, count in zip(alphas, counts, strict=True):
        # Nearly even on the circle: near the largest inradius that so many points have.
        beta = (np.arange(count) + rng.uniform(-0.3, 0.3, count)) * np.pi / count + rng.uniform(
            0, 6
        )
        A = np.stack([np.cos(beta), np.sin(beta)], axis=1) if d == 2 else np.sign(beta)[:, None]
        parts.append(np.concatenate([np.cos(alpha) * A, np.sin(alpha) * A], axis=1))
    X = np.concatenate(parts) @ np.linalg.qr(rng.standard_normal((2 * d, 2 * d)))[0]
    sizes = 10.0 ** rng.uniform(-3.0, 3.0, (len(X), 1)) if kind % 4 < 2 else 1.0
    return X * sizes, np.repeat(np.arange(3), counts)


def _held(case: Any, subject: Any, condition: str) -> Any:
    """Return the first union of the case for which the subject says that the condition holds."""
    rng = case.rng
    for tries in range(1, 41):
        X, labels = _planes(rng, case.index + tries)
        if subject(X, labels, condition=condition).holds:
            return X, labels, f"the first of {tries} for which it holds"
    return None


def _may_be_wrong(X: np.ndarray, labels: np.ndarray, i: int) -> float:
    """Return the largest share in which a solution of basis pursuit could use another class.

    The facets of the hull of all other samples that x_i's ray meets are the optimal dual points;
    a sample is in some solution if and only if it is on all of them.
    """
    X = X / np.linalg.norm(X, axis=1, keepdims=True)
    others = np.delete(X, i, axis=0)
    equations = ConvexHull(np.concatenate([others, -others])).equations
    Y = -equations[:, :-1] / equations[:, -1:]
    values = Y @ X[i]
    y = Y[values >= values.max() * (1.0 - 1e-9)].mean(axis=0)
    inner = np.abs(others @ y)
    return float(inner[np.delete(labels, i) != labels[i]].max())


def _average(X: Any, labels: Any, condition: Any) -> Preservation:
    """Half of the coherence."""
    found = preservation_certificate(X, labels, condition=condition)
    met = found.incoherence * 0.5 < found.inradius
    return Preservation(bool(met.all()), *found[1:])


def _half_checked(X: Any, labels: Any, condition: Any) -> Preservation:
    """The first class alone."""
    found = preservation_certificate(X, labels, condition=condition)
    assert found.info is not None
    return Preservation(bool(found.info.details["classes"][0]), *found[1:])


def _with_itself(X: Any, labels: Any, condition: Any) -> Preservation:
    """No point is left out: each is a neighbour of its own."""
    X2, labels2 = np.concatenate([X, X]), np.concatenate([labels, labels])
    return preservation_certificate(X2, labels2, condition=condition)


UNIONS: dict[str, Any] = {
    "kind": "always", "domain": "sampler", "subject": preservation_certificate, "cases": _seed,
    "mutants": {"half the coherence": _average, "one class": _half_checked,
                "nothing left out": _with_itself},
    "max_cases": 200, "min_cases": 200, "budget": 1.0,
}  # fmt: skip


@claim(
    "clustering-preserved-by-projections",
    source="You, Robinson & Vidal, CVPR 2016, and Soltanolkotabi & Candes 2012; proof in the docs",
    slack="nothing wrong is measured as 0: the condition is sufficient, and far from necessary",
    **UNIONS,
)
def by_projections(case: Any, subject: Any) -> Any:
    """Where projections are below the inradius, SSC-OMP has no wrong connection; 200 unions."""
    found = _held(case, subject, "projection")
    if found is None:
        return None
    X, labels, note = found
    # Up to D others: a step that leaves the class would be seen.
    C = self_expressive_omp(X, n_nonzero=X.shape[1], tol=1e-8).C
    return Observation(subspace_preserving_error(C, labels), 0.0, note=note)


@claim(
    "clustering-preserved-by-dual-directions",
    source="Soltanolkotabi & Candes, Ann. Statist. 40 (2012), Theorem 2.5",
    tight=0.8,
    **UNIONS,
)
def by_dual_directions(case: Any, subject: Any) -> Any:
    """Where dual directions are less coherent than the inradius, basis pursuit does not err."""
    found = _held(case, subject, "dual")
    if found is None:
        return None
    X, labels, note = found
    # One sample of each class; the first of each, as they were drawn in no order.
    worst = max(_may_be_wrong(X, labels, int(np.argmax(labels == k))) for k in range(3))
    # A sample of another class is in no solution while it is inside of the optimal facets.
    return Observation(worst, 1.0 - 1e-9, note=note)


def _noiseless(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = int(rng.integers(1, 6))
    n = d + int(rng.integers(0, 7))
    N = max(1, d + int(rng.integers(-4, 3)))
    return {"d": d, "n": n, "N": N, "label": f"{N} samples, {d} of {n} dimensions"}


def _farthest_fit(X: np.ndarray, V: np.ndarray) -> np.ndarray:
    """Return the basis that holds the samples and is otherwise as far from V as it can be."""
    d = V.shape[1]
    r = min(X.shape[0], d)
    held = np.linalg.svd(X)[2][:r].T
    outside = np.linalg.svd(np.concatenate([V.T, held.T]))[2][d:].T
    inside = V @ np.linalg.svd(held.T @ V)[2][r:].T
    return np.concatenate([held, outside, inside], axis=1)[:, :d]


def _unlimited(N: int, d: int, n: int) -> float:
    return float(np.sqrt(2.0 * max(0, d - N)))


def _one_short(N: int, d: int, n: int) -> float:
    return bounds.phase_transition_distance(N + 1, d, n)


@claim(
    "clustering-phase-transition",
    source="Wang et al., arXiv 2409.02426 (2024), the theorem on one subspace without noise",
    kind="exact",
    domain="formula",
    subject=bounds.phase_transition_distance,
    cases=_noiseless,
    mutants={"no limit by n": _unlimited, "a sample less": _one_short},
    budget=0.3,
    max_cases=60,
    min_cases=20,
    eps_multiple=1e7,  # a distance 0 is found from residuals of eps over the least singular value
)
def phase_transition(case: Any, subject: Any) -> Any:
    """The farthest optimal fit to N < d samples is sqrt(2 min(d - N, n - d)) away."""
    rng = case.rng
    V = np.linalg.qr(rng.standard_normal((case.n, case.d)))[0]
    X = rng.standard_normal((case.N, case.d)) @ V.T
    U = _farthest_fit(X, V)
    fitted = float(np.linalg.norm(X - X @ U @ U.T))
    distance = subspace_distance(U, V, "projection", orthonormal=True)
    return [
        Observation(fitted, 0.0, scale=float(np.linalg.norm(X)), note="optimal"),
        Observation(distance, float(subject(case.N, case.d, case.n)), note="distance"),
    ]


def _noisy(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = int(rng.integers(1, 5))
    n = d + int(rng.integers(1, 7))
    V = np.linalg.qr(rng.standard_normal((n, d)))[0]
    N = d + int(rng.integers(0, 20))
    A = rng.standard_normal((N, d))
    E = 10.0 ** rng.uniform(-8.0, 0.0) * rng.standard_normal((N, n))
    if index % 3 == 0:
        # The weakest direction turns out of the subspace, and nothing else: equality.
        W, S, _ = np.linalg.svd(A, full_matrices=False)
        out = np.linalg.svd(V.T)[2][-1]
        E = 10.0 ** rng.uniform(-4.0, -0.1) * S[-1] * np.outer(W[:, -1], out)
    X = A @ V.T
    scale = 2.0 ** float(rng.integers(-200, 200))
    label = f"{N} samples, {d} of {n} dimensions"
    return {"X": X * scale, "E": E * scale, "V": V, "label": label}


def _last_directions(X: Any, K: int, d: int, **options: Any) -> Any:
    Vh = np.linalg.svd(X)[2]
    return None, [Vh[-d:].T]


def _first_samples(X: Any, K: int, d: int, **options: Any) -> Any:
    return None, [np.linalg.qr(X[:d].T)[0]]


@claim(
    "clustering-recovery",
    source="Wedin, BIT 12 (1972), with the measured singular value; Wang et al. 2024",
    kind="always",
    domain="sampler",
    subject=k_subspaces,
    cases=_noisy,
    mutants={"the last directions": _last_directions, "the first samples": _first_samples},
    tight=0.99,
    budget=0.4,
    max_cases=40,
    min_cases=12,
)
def recovery(case: Any, subject: Any) -> Any:
    """The best fit to noisy samples is at most sqrt(2) ||E||_F / sigma_d(X + E) from the truth."""
    noisy = case.X + case.E
    n, d = case.V.shape
    U = np.asarray(subject(noisy, 1, d, n_init=1, rng=case.rng)[1][0])
    distance = subspace_distance(U, case.V, "projection")
    sigma = np.linalg.svd(noisy, compute_uv=False)
    rounding = 16.0 * n * _EPS * float(sigma[0])
    bound = bounds.recovery_error(
        float(np.linalg.norm(case.E)), float(sigma[d - 1]), d, n, rounding=rounding
    )
    return Observation(float(distance), bound * (1.0 + 1e-12))
