"""Projectors: what a projection leaves, and oblique and orthogonal ones by their angles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub.geometry import bounds, complement_projection, oblique_projector, orth
from linsub.geometry.claims.orthonormal import EPS, mixing, normal
from linsub.testing.gallery import subspace_pair
from linsub.verify import Observation, claim

_RIGHT = np.pi / 2


def _protected(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "dD"[index % 2]
    m, n = (int(x) for x in rng.integers(6, 30, 2))
    k = int(rng.integers(1, 4))
    W = normal(rng, m, n, kind)
    U, s, Vh = np.linalg.svd(W, full_matrices=False)
    steps = int(rng.integers(1, 20))
    size = 10.0 ** rng.uniform(-2.0, 2.0)
    return {
        "W": W,
        "U": U[:, :k],
        "s": s[:k],
        "V": Vh[:k].conj().T,
        "updates": [size * normal(rng, m, n, kind) for _ in range(steps)],
        "size": float(m * n),
        "label": f"{m} x {n}, {k} kept, {steps} steps",
    }


@claim(
    "geometry-complement",
    source="Wedin 1972 for the triplets; projections twice, Parlett 1980",
    kind="always",
    domain="stream",
    subject=complement_projection,
    cases=_protected,
    mutants={
        "core": lambda G, U, V, mode: complement_projection(G, U, V, mode="core"),
        "left only": lambda G, U, V, mode: complement_projection(G, U, V, mode="left"),
        "nothing is left": lambda G, U, V, mode: 0.0 * G,
        "without the conjugate": lambda G, U, V, mode: G - U @ (U.T @ G),
    },
    slack="the roundings of all steps are added up, and cancel",
    budget=0.4,
)
def complement(case: Any, subject: Any) -> list[Observation]:
    """With mode="both" singular triplets of W stay so through any number of updates"""
    W, U, V = case.W.copy(), case.U, case.V
    total = float(np.linalg.norm(W))
    for G in case.updates:
        W = W - subject(G, U, V, mode="both")
        total += float(np.linalg.norm(G)) + float(np.linalg.norm(W))
    length, k = max(W.shape), U.shape[1]
    bound = bounds.complement_rounding(length, k, total, EPS)
    G = case.updates[0]
    size = bounds.complement_rounding(length, k, float(np.linalg.norm(G)), EPS)
    seen = [
        Observation(float(np.linalg.norm(W @ V - U * case.s)), bound, note="W V = U S"),
        Observation(
            float(np.linalg.norm(U.conj().T @ W - case.s[:, None] * V.conj().T)),
            bound,
            note="U^H W = S V^H",
        ),
    ]
    P, R = np.eye(W.shape[0]) - U @ U.conj().T, np.eye(W.shape[1]) - V @ V.conj().T
    closed = {
        "both": P @ G @ R,
        "left": P @ G,
        "right": G @ R,
        "core": G - U @ (U.conj().T @ G @ V) @ V.conj().T,
    }
    for mode, expected in closed.items():
        off = float(np.linalg.norm(subject(G, U, V, mode=mode) - expected))
        seen.append(Observation(off, 2.0 * size * math.sqrt(length), note=mode))
    return seen


def _pair(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "dD"[index % 2]
    k = int(rng.integers(1, 5))
    angles = np.sort(rng.uniform(0.0, 1.4, k))
    if index % 4 == 1:
        angles[-1] = _RIGHT - 10.0 ** -rng.uniform(1.0, 5.0)
    if index % 4 == 2:
        angles[: k // 2] = 10.0 ** -rng.uniform(1.0, 12.0)
        angles.sort()
    more = int(rng.integers(0, 3)) if index % 3 == 0 else 0
    n = 2 * k + more + int(rng.integers(1, 12))
    X, Y = subspace_pair(n, angles, p=k + more, rng=rng, dtype=kind)
    return {"X": X, "Y": Y, "angles": angles, "n": n, "label": f"{k} angles in {n}"}


def _same_dimension(case: Any) -> bool:
    return bool(case.X.shape == case.Y.shape)


class _Wrong:
    def __init__(self, P: np.ndarray, norm: float) -> None:
        self.P, self.norm = P, norm

    def to_dense(self) -> np.ndarray:
        return self.P


@claim(
    "geometry-oblique-norm",
    source="Ljance 1958; Szyld, Numer. Algorithms 42 (2006)",
    kind="exact",
    domain="pair",
    subject=oblique_projector,
    cases=_pair,
    requires=_same_dimension,
    mutants={
        "orthogonal": lambda X, Y: _Wrong(X @ X.conj().T, oblique_projector(X, Y).norm),
        "the other way": lambda X, Y: oblique_projector(Y, X),
        "no inverse": lambda X, Y: _Wrong(X @ (X.conj().T @ Y) @ Y.conj().T, 1.0),
        "the smallest angle": lambda X, Y: _Wrong(
            oblique_projector(X, Y).to_dense(), 1.0 / float(oblique_projector(X, Y).cosines[0])
        ),
    },
    budget=0.4,
)
def oblique(case: Any, subject: Any) -> list[Observation]:
    """P = P^2 has range X and kernel Y-perp, and ||P|| = ||I - P|| = 1 / cos theta_max"""
    X, Y = case.X, case.Y
    projector = subject(X @ mixing(case.rng, X.shape[1]), Y)
    P, one = projector.to_dense(), np.eye(case.n)
    expected = bounds.oblique_norm(math.cos(float(case.angles[-1])))
    unit = expected**2 * math.sqrt(case.n)  # the condition of 1 / cos
    norm = float(np.linalg.norm(P, 2))
    return [
        Observation(norm, expected, scale=unit, note="||P||"),
        Observation(projector.norm, expected, scale=unit, note="norm"),
        Observation(float(np.linalg.norm(one - P, 2)), expected, scale=unit, note="||I - P||"),
        Observation(float(np.linalg.norm(P @ P - P, 2)), 0.0, scale=unit, note="P^2"),
        Observation(float(np.linalg.norm(P @ X - X, 2)), 0.0, scale=unit, note="range"),
        Observation(
            float(np.linalg.norm(P - P @ Y @ Y.conj().T, 2)), 0.0, scale=unit, note="kernel"
        ),
    ]


@claim(
    "geometry-projector-difference",
    source="Golub and Van Loan, Matrix Computations, theorem 2.5.1; Afriat 1957",
    kind="exact",
    domain="pair",
    subject=orth,
    cases=_pair,
    mutants={
        "a direction is lost": lambda A: (orth(A).Q[:, :-1], 0),
        "not orthonormal": lambda A: (np.linalg.qr(A)[0] * 1.001, 0),
        "the columns as they are": lambda A: (A, 0),
    },
    budget=0.3,
)
def projector_difference(case: Any, subject: Any) -> list[Observation]:
    """The eigenvalues of P_X - P_Y are +-sin theta_i, and its norm is sin theta_max"""
    p, q = case.X.shape[1], case.Y.shape[1]
    Q, _ = subject(case.X @ mixing(case.rng, p))
    D = Q @ Q.conj().T - case.Y @ case.Y.conj().T
    found = np.linalg.eigvalsh(D)[::-1]
    expected = bounds.projector_eigenvalues(case.angles, p, q, case.n)
    unit = math.sqrt(case.n)
    return [
        Observation(float(np.abs(found - expected).max()), 0.0, scale=unit, note="eigenvalues"),
        Observation(
            float(np.abs(found).max()),
            bounds.projector_difference(case.angles, p, q),
            scale=unit,
            note="norm",
        ),
    ]
