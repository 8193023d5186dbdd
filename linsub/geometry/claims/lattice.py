"""Intersections, sums, complements and overlaps of subspaces."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.geometry import (
    bounds,
    principal_angles,
    random_overlap_moments,
    subspace_complement,
    subspace_intersection,
    subspace_overlap,
    subspace_sum,
)
from linsub.testing import gallery
from linsub.verify import Observation, Sample, claim

_EPS = float(np.finfo(float).eps)


def _sharing(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return A and B that share a known number of dimensions, others being as near as 1e-6."""
    dtype = np.complex128 if index % 2 else np.float64
    shared = int(rng.integers(0, 4))
    apart = np.where(
        rng.random(int(rng.integers(0, 4))) < 0.5,
        rng.uniform(0.1, np.pi / 2),
        10.0 ** rng.uniform(-6, -1),
    )
    theta = np.concatenate([np.zeros(shared), apart])
    k = theta.size
    p = k + int(rng.integers(0, 3))
    n = max(p + apart.size + int(rng.choice([0, 0, 5])), 1)
    X, Y = gallery.subspace_pair(n, theta, p=p, rng=rng, dtype=dtype)
    A = X @ np.linalg.qr(rng.standard_normal((p, p)))[0] * 2.0
    B = np.concatenate([Y, Y[:, :1]], axis=1) if k and index % 3 == 0 else Y
    if index // 2 % 2:
        A, B, X, Y = B, A, Y, X
    return {"A": A, "B": B, "X": X, "Y": Y, "shared": shared, "n": n, "angles": np.sort(theta)}


def _lattice(A: Any, B: Any) -> tuple[Any, Any]:
    return subspace_intersection(A, B).basis, subspace_sum(A, B).basis


def _by_cosines(A: Any, B: Any) -> tuple[Any, Any]:
    """A test of 1 - cos against 1e-10, which takes angles up to 1.4e-5 for zero."""
    atol = 1.4e-5
    return subspace_intersection(A, B, atol=atol).basis, subspace_sum(A, B, atol=atol).basis


def _beyond(Q: np.ndarray, A: np.ndarray) -> float:
    """How far A is from the range of Q."""
    left = A - Q @ (Q.conj().T @ A)
    return float(np.linalg.norm(left - Q @ (Q.conj().T @ left)))


@claim(
    "geometry-lattice",
    source="Grassmann's formula for dimensions; Golub & Van Loan 2013, section 6.4.4",
    kind="exact",
    domain="pair",
    subject=_lattice,
    cases=_sharing,
    mutants={
        "decided by cosines": _by_cosines,
        "the smaller one": lambda A, B: (
            A if A.shape[1] <= B.shape[1] else B,
            subspace_sum(A, B).basis,
        ),
        "the larger one": lambda A, B: (
            subspace_intersection(A, B).basis,
            subspace_sum(*((A, A) if A.shape[1] >= B.shape[1] else (B, B))).basis,
        ),
    },
    budget=0.4,
    max_cases=120,
)
def lattice(case: Any, subject: Any) -> list[Observation]:
    """dim(A + B) + dim(A and B) = p + q, the intersection in both, both in the sum"""
    cap, both = (np.asarray(Q) for Q in subject(case.A, case.B))
    X, Y, size = case.X, case.Y, float(np.sqrt(case.n))
    found = {
        "dimension": float(abs(cap.shape[1] - case.shared)),
        "dimensions": float(abs(cap.shape[1] + both.shape[1] - X.shape[1] - Y.shape[1])),
        "in A": _beyond(X, cap),
        "in B": _beyond(Y, cap),
        "A in the sum": _beyond(both, X),
        "B in the sum": _beyond(both, Y),
        "orthonormal": float(np.linalg.norm(both.conj().T @ both - np.eye(both.shape[1]))),
        "orthonormal intersection": float(
            np.linalg.norm(cap.conj().T @ cap - np.eye(cap.shape[1]))
        ),
    }
    # A + B, and the complement of what the complements share.
    apart = subspace_intersection(subspace_complement(X).basis, subspace_complement(Y).basis).basis
    across = float(np.linalg.norm(apart.conj().T @ both))
    # Rounding moves what an angle of 1e-6 adds to the sum by 1e6 eps.
    near = float(np.min(np.sin(case.angles[case.angles > 0]), initial=1.0))
    return [
        *(Observation(x, 0.0, scale=size, note=note) for note, x in found.items()),
        Observation(across, 0.0, scale=size / near, note="complements"),
    ]


def _unorthogonal(A: Any) -> Any:
    """What the columns of the identity leave of A, without orthonormalizing it."""
    A = np.asarray(A)
    return np.eye(A.shape[0])[:, A.shape[1] :].astype(A.dtype)


@claim(
    "geometry-complement-angles",
    source="Knyazev & Argentati 2006, SIAM J. Matrix Anal. Appl. 29",
    kind="exact",
    domain="pair",
    subject=subspace_complement,
    cases=_sharing,
    mutants={
        "conjugate forgotten": lambda A: subspace_complement(np.conj(A)).basis,
        "columns of the identity": _unorthogonal,
        "one dimension less": lambda A: subspace_complement(A).basis[:, 1:],
    },
    budget=0.4,
    max_cases=120,
)
def complement_angles(case: Any, subject: Any) -> list[Observation]:
    """the angles between the complements that are not 0 are those between the subspaces"""
    bases = [np.asarray(getattr(subject(Q), "basis", subject(Q))) for Q in (case.X, case.Y)]
    size = float(np.sqrt(case.n))
    found = []
    for Q, N in zip((case.X, case.Y), bases, strict=True):
        lost = abs(Q.shape[1] + N.shape[1] - case.n)
        found.append(Observation(float(lost), 0.0, note="dimension"))
        found.append(Observation(float(np.linalg.norm(Q.conj().T @ N)), 0.0, size, note="beside"))
    theta = np.asarray(principal_angles(*bases))
    count = max(theta.size, case.angles.size)
    # Zeros are appended where one of the pairs has fewer angles.
    padded = (np.concatenate([np.zeros(count - x.size), x]) for x in (theta, case.angles))
    mine, known = (np.sort(x) for x in padded)
    return [*found, Observation(float(np.max(np.abs(mine - known), initial=0.0)), 0.0, size)]


def _overlapping(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return random, contained, orthogonal and necessarily overlapping subspaces."""
    n = int(rng.integers(1, 10))
    p, q = (int(x) for x in rng.integers(1, n + 1, size=2))
    G = np.asarray(rng.standard_normal((n, n)), dtype=np.complex128 if index % 2 else np.float64)
    if index % 2:
        G = G + 1j * rng.standard_normal((n, n))
    Q = np.linalg.qr(G)[0]
    form = index // 2 % 3
    # The first, the last and (for as little as there can be) opposite ends of one frame.
    Y = {0: Q[:, :q], 1: Q[:, n - q :]}.get(form)
    if Y is None:
        Y = np.linalg.qr(rng.standard_normal((n, q)))[0]
    return {"A": Q[:, :p], "B": Y, "n": n, "p": p, "q": Y.shape[1], "form": form}


def _overlap(A: Any, B: Any, kind: str) -> float:
    return float(subspace_overlap(A, B, kind))


@claim(
    "geometry-overlap-range",
    source="dimension count; arXiv 2505.14185 for the mode subspace overlap",
    kind="always",
    domain="pair",
    subject=_overlap,
    cases=_overlapping,
    mutants={
        "divided by the larger": lambda A, B, kind: (
            _overlap(A, B, kind) * min(A.shape[1], B.shape[1]) / max(A.shape[1], B.shape[1])
        ),
        "not squared": lambda A, B, kind: float(
            np.linalg.norm(A.conj().T @ B) / min(A.shape[1], B.shape[1]) ** 0.25
        ),
        "conjugate forgotten": lambda A, B, kind: _overlap(np.conj(A), B, kind),
    },
    tight=0.999,
    budget=0.3,
    max_cases=120,
)
def overlap_range(case: Any, subject: Any) -> list[Observation]:
    """max(0, p + q - n) / min(p, q) <= overlap <= 1, attained, and min <= mso"""
    low, high = bounds.overlap_range(case.n, case.p, case.q)
    value = float(subject(case.A, case.B, "mso"))
    slack = 20.0 * _EPS * case.n
    found = [
        Observation(value, 1.0 + slack, note="upper"),
        Observation(low / high, value + slack, note="lower"),
        Observation(float(subject(case.A, case.B, "min")), value + slack, note="min"),
    ]
    if case.form == 0:  # contained
        found.append(Observation(1.0, value + slack, note="contained"))
    if case.form == 1:  # as little as there can be
        found.append(Observation(value, low / high + slack, note="least"))
    # The energy of an orthonormal basis counts every direction once.
    energy = float(subject(case.A, case.B, "energy")) * case.q
    found.append(Observation(abs(energy - value * high), slack * case.n, note="energy"))
    return found


_DRAWS = 2000


def _random_pairs(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return draws of ||X^H Y||_F^2 for uniformly random X and a fixed Y."""
    field = "complex" if index % 2 else "real"
    n = int(rng.integers(2, 6))
    p, q = (int(x) for x in rng.integers(1, n, size=2))
    G = rng.standard_normal((_DRAWS, n, p))
    Z = G + 1j * rng.standard_normal(G.shape) if field == "complex" else G
    X = np.linalg.qr(Z)[0]
    draws = np.square(np.abs(X[:, :q])).sum(axis=(1, 2))
    return {"n": n, "p": p, "q": q, "field": field, "draws": draws}


@claim(
    "geometry-random-overlap",
    source="second moments of a Haar projector: Collins & Sniady 2006; derived in the docs",
    kind="expectation",
    domain="pair",
    subject=random_overlap_moments,
    cases=_random_pairs,
    mutants={
        "real variance for complex": lambda n, p, q, field: random_overlap_moments(n, p, q),
        "complex variance for real": lambda n, p, q, field: random_overlap_moments(
            n, p, q, field="complex"
        ),
        "independent entries": lambda n, p, q, field: (p * q / n, 2.0 * p * q / n**2),
        "the larger over n": lambda n, p, q, field: (
            max(p, q) / n,
            random_overlap_moments(n, p, q, field=field).variance,
        ),
    },
    slack="a sample bounds its mean from both sides, and attains neither",
    budget=0.5,
    max_cases=24,
    full_cases=200,
)
def random_overlap(case: Any, subject: Any) -> list[Sample]:
    """E ||X^H Y||_F^2 = p q / n, with the variance of docs/theory/geometry.md"""
    mean, variance = subject(case.n, case.p, case.q, field=case.field)
    low, high = bounds.overlap_range(case.n, case.p, case.q)
    exact = case.p * case.q / case.n
    squares = np.square(case.draws - exact)
    largest = max(high - exact, exact - low) ** 2 * (1.0 + 1e-9) + 1e-12
    # Shifted by the least there can be, so that a draw is near 0 and the test is sharp.
    low, high = low - 1e-9, high + 1e-9
    return [
        Sample(case.draws - low, mean - low, note="mean from above"),
        Sample(high - case.draws, high - mean, note="mean from below"),
        Sample(squares, variance, note="variance from above"),
        Sample(largest - squares, largest - variance, note="variance from below"),
    ]
