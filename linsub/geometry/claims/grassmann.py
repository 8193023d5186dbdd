"""Geodesics, logarithms, parallel transport, retractions and rank-one steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.geometry import (
    bounds,
    grassmann_exp,
    grassmann_geodesic,
    grassmann_log,
    grassmann_retract,
    parallel_transport,
    rank_one_geodesic_step,
)
from linsub.testing.gallery import ANGLE_SETS, subspace_pair
from linsub.verify import Observation, claim

# Roundings of a CS decomposition and an SVD add up to some tens of eps in the Frobenius norm of
# a few columns; the formulas that the mutants use are wrong by 1e7 eps.
_ROUNDINGS = 100.0
_RIGHT = np.pi / 2
_SHAPES = ((12, 3), (60, 4), (5, 4), (6, 3), (7, 1), (3, 3), (40, 8))


def _normal(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> np.ndarray:
    Z = rng.standard_normal(shape)
    return Z + 1j * rng.standard_normal(shape) if kind == "D" else Z


def _frame(rng: np.random.Generator, n: int, p: int, kind: str) -> np.ndarray:
    return np.asarray(np.linalg.qr(_normal(rng, (n, p), kind))[0])


def _tangent(X: np.ndarray, rng: np.random.Generator, kind: str) -> np.ndarray:
    D = _normal(rng, X.shape, kind)
    if X.shape[0] == X.shape[1]:
        return np.zeros_like(D)
    for _ in range(2):
        D = D - X @ (X.conj().T @ D)
    return D


def group(X: np.ndarray, D: np.ndarray, t: float, Z: np.ndarray) -> np.ndarray:
    """Return ``exp(t (D X^H - X D^H)) Z`` by the eigenvalues of the skew-Hermitian matrix."""
    w, V = np.linalg.eigh(1j * (D @ X.conj().T - X @ D.conj().T))
    found = (V * np.exp(-1j * t * w)) @ (V.conj().T @ Z)
    return found if np.iscomplexobj(D) or np.iscomplexobj(Z) else np.asarray(found.real)


def _outside(Y: np.ndarray, Z: np.ndarray) -> float:
    """Return ``||(I - Y Y^H) Z||_F``, by which a basis Z is not in the range of Y."""
    return float(np.linalg.norm(Z - Y @ (Y.conj().T @ Z)))


def tangents(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return X with tangent vectors D and H and a time: any rank and lengths up to 20."""
    kind = "dD"[index % 2]
    n, p = _SHAPES[index // 2 % len(_SHAPES)]
    X = _frame(rng, n, p, kind)
    D = _tangent(X, rng, kind)
    rank = min(p, n - p)
    if index % 5 == 1:
        rank = min(rank, 1)
    norm = (1.0, 1e-8, 20.0, 0.0, _RIGHT, 1e-160)[index // 4 % 6]
    U, S, Vh = np.linalg.svd(D, full_matrices=False)
    S = np.where(np.arange(S.size) < rank, S, 0.0)
    S = S * (norm / S[0] if S[0] > 0.0 else 0.0)
    return {
        "X": X,
        "D": (U * S) @ Vh,
        "H": _tangent(X, rng, kind),
        "t": (1.0, 0.5, -1.0)[index % 3],
        "label": f"{n} x {p} {kind}, ||D||_2 = {norm:.2g}",
        "size": float(n * p),
    }


def pairs(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return pairs of subspaces with known angles: the hard sets, and those of random pairs."""
    kind = "dD"[index % 2]
    names = list(ANGLE_SETS)
    name = names[index // 2 % len(names)]
    theta = np.sort(np.array(ANGLE_SETS[name]))
    if index % 5 == 4:
        theta = np.sort(rng.uniform(0.0, _RIGHT, 3))
        name = "random"
    n = int(rng.choice([2 * theta.size, 12, 60]))
    n = max(n, 2 * theta.size)
    X, Y = subspace_pair(n, theta, rng=rng, dtype={"d": float, "D": complex}[kind])
    return {
        "X": X,
        "Y": Y,
        "theta": theta,
        "t": (0.5, 0.25, 1.0)[index % 3],
        "label": f"{name} in {n} {kind}",
        "size": float(X.size),
    }


# ------------------------------------------------------------------ what other formulas give


def _by_tangent(X: np.ndarray, Y: np.ndarray) -> Any:
    """``arctan`` of ``(I - X X^H) Y (X^H Y)^{-1}``, as pymanopt has it."""
    C = X.conj().T @ Y
    U, S, Vh = np.linalg.svd((Y - X @ C) @ np.linalg.pinv(C), full_matrices=False)
    return grassmann_log(X, Y)._replace(D=(U * np.arctan(S)) @ Vh)


def _by_sine(X: np.ndarray, Y: np.ndarray) -> Any:
    """Algorithm 5.3 of Bendokat, Zimmermann & Absil: arcsin of the sines."""
    Q, _, Rh = np.linalg.svd(Y.conj().T @ X)
    B = Y @ (Q @ Rh)
    U, S, Vh = np.linalg.svd(B - X @ (X.conj().T @ B), full_matrices=False)
    return grassmann_log(X, Y)._replace(D=(U * np.arcsin(np.minimum(S, 1.0))) @ Vh)


def _by_cosine(X: np.ndarray, Y: np.ndarray) -> Any:
    """Angles by arccos."""
    log = grassmann_log(X, Y)
    c = np.minimum(np.linalg.svd(X.conj().T @ Y, compute_uv=False), 1.0)
    return log._replace(D=(log.Qs * np.arccos(c)) @ log.Ux.conj().T)


_LOGS: dict[str, Callable[..., Any]] = {
    "by the tangent": _by_tangent,
    "by the sine": _by_sine,
    "by the cosine": _by_cosine,
}


@claim(
    "geometry-exp",
    source="Edelman, Arias & Smith 1998, equation 2.65; proof in docs/theory/geometry.md",
    kind="exact",
    domain="pair",
    subject=grassmann_exp,
    cases=tangents,
    mutants={
        "the retraction": lambda X, D, t: grassmann_retract(X, t * D),
        "backwards": lambda X, D, t: grassmann_exp(X, D, -t),
        "the straight line": lambda X, D, t: X + t * D,
    },
    eps_multiple=_ROUNDINGS,
    budget=0.3,
)
def exponential(case: Any, subject: Any) -> list[Observation]:
    """exp_X(t D) = exp(t (D X^H - X D^H)) X, orthonormal, at the folded angles"""
    X, D, t = case.X, case.D, case.t
    Z = subject(X, D, t)
    sigma = np.abs(t) * np.linalg.svd(D, compute_uv=False)
    size = max(1.0, float(sigma.max(initial=0.0)))
    p = X.shape[1]
    cosines = np.linalg.svd(X.conj().T @ Z, compute_uv=False)
    folded = np.cos(bounds.exponential_angles(sigma))
    return [
        Observation(float(np.linalg.norm(Z - group(X, D, t, X))), 0.0, size, note="group"),
        Observation(float(np.linalg.norm(Z.conj().T @ Z - np.eye(p))), 0.0, note="basis"),
        Observation(float(np.abs(cosines - folded).max(initial=0.0)), 0.0, size, note="angles"),
    ]


@claim(
    "geometry-log",
    source="Bjorck & Golub 1973; Edelman, Arias & Smith 1998; proof in docs/theory/geometry.md",
    kind="exact",
    domain="pair",
    subject=grassmann_log,
    cases=pairs,
    mutants=_LOGS,
    eps_multiple=_ROUNDINGS,
    budget=0.3,
)
def logarithm(case: Any, subject: Any) -> list[Observation]:
    """exp_X(log_X(Y)) spans Y, X^H log = 0 and ||log|| = dist(X, Y), at all angles together"""
    X, Y = case.X, case.Y
    D = subject(X, Y).D
    length = float(np.linalg.norm(case.theta))
    return [
        Observation(_outside(Y, group(X, D, 1.0, X)), 0.0, note="end"),
        Observation(float(np.linalg.norm(X.conj().T @ D)), 0.0, note="tangent"),
        Observation(float(np.linalg.norm(D)), length, max(1.0, length), note="length"),
    ]


def _right(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = {"d": float, "D": complex}["dD"[index % 2]]
    count = 1 + index // 2 % 3
    others = rng.uniform(0.0, _RIGHT, index // 6 % 3)
    theta = np.sort(np.concatenate([np.full(count, _RIGHT), others]))
    X, Y = subspace_pair(2 * theta.size + index % 3, theta, rng=rng, dtype=kind)
    return {"X": X, "Y": Y, "theta": theta, "label": f"{count} right of {theta.size}"}


@claim(
    "geometry-cut-locus",
    source="Bendokat, Zimmermann & Absil, arXiv 2011.13699, theorem 5.5",
    kind="exact",
    domain="pair",
    subject=grassmann_log,
    cases=_right,
    mutants={
        "by the tangent": _by_tangent,
        "by the sine": _by_sine,
        "said to be unique": lambda X, Y: grassmann_log(X, Y)._replace(unique=True),
    },
    eps_multiple=_ROUNDINGS,
    budget=0.2,
)
def cut_locus(case: Any, subject: Any) -> list[Observation]:
    """at right angles log_X(Y) is one of several shortest tangent vectors that end in Y"""
    X, Y = case.X, case.Y
    log = subject(X, Y)
    length = float(np.linalg.norm(case.theta))
    # Turned the other way in the plane of the largest angle, it ends in the same subspace.
    other = log.D - 2.0 * np.outer(log.Qs[:, -1] * log.angles[-1], log.Ux[:, -1].conj())
    return [
        Observation(_outside(Y, group(X, log.D, 1.0, X)), 0.0, note="end"),
        Observation(_outside(Y, group(X, other, 1.0, X)), 0.0, note="the other end"),
        Observation(float(np.linalg.norm(log.D)), length, length, note="length"),
        Observation(float(log.unique), 0.0, note="unique"),
    ]


def _short(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return tangent vectors of norms up to pi/2, the largest with one long direction."""
    kind = "dD"[index % 2]
    n, p = _SHAPES[index // 2 % len(_SHAPES)]
    X = _frame(rng, n, p, kind)
    U, S, Vh = np.linalg.svd(_tangent(X, rng, kind), full_matrices=False)
    least = 10.0 ** -rng.uniform(0.0, 12.0, S.size) * 0.7
    S = np.where(np.arange(S.size) < min(p, n - p), least, 0.0)
    S[0] = (1e-8, 0.5, 1.2, _RIGHT - 1e-6)[index // 2 % 4] if p < n else 0.0
    if kind == "D":
        # In complex spaces planes of pi/2 alone are turned about by a phase.
        S[0] = min(S[0], 1.2)
    return {"X": X, "D": (U * S) @ Vh, "label": f"{n} x {p} {kind}", "size": float(n * p)}


@claim(
    "geometry-injectivity",
    source="Wong 1967; Bendokat, Zimmermann & Absil, arXiv 2011.13699; log_condition in docs",
    kind="exact",
    domain="pair",
    subject=grassmann_log,
    cases=_short,
    mutants=_LOGS,
    eps_multiple=_ROUNDINGS,
    budget=0.2,
)
def injectivity(case: Any, subject: Any) -> Observation:
    """log_X(exp_X(D)) = D for ||D||_2 < pi/2, to rounding times the condition of the log"""
    X, D = case.X, case.D
    sigma = np.linalg.svd(D, compute_uv=False)
    assert sigma.max(initial=0.0) < bounds.injectivity_radius()
    field = "complex" if np.iscomplexobj(X) else "real"
    condition = bounds.log_condition(sigma, field=field)
    found = subject(X, group(X, D, 1.0, X)).D
    return Observation(float(np.linalg.norm(found - D)), 0.0, condition)


@claim(
    "geometry-diameter",
    source="Wong 1967, Proc. Natl. Acad. Sci. USA 57; proof in docs/theory/geometry.md",
    kind="always",
    domain="pair",
    subject=lambda X, Y: float(np.linalg.norm(grassmann_log(X, Y).D)),
    cases=lambda index, rng: _opposite(index, rng),
    mutants={
        "without identifying X and -X": lambda X, Y: (
            np.pi - float(np.linalg.norm(grassmann_log(X, Y).D))
        ),
        "in the unit of the projectors": lambda X, Y: float(
            np.sqrt(2.0) * np.linalg.norm(grassmann_log(X, Y).D)
        ),
    },
    tight=0.999,
    budget=0.2,
)
def diameter(case: Any, subject: Any) -> Observation:
    """dist(X, Y) <= sqrt(min(p, n - p)) pi / 2, attained by right angles"""
    n, p = case.X.shape
    rounding = 100.0 * np.finfo(float).eps
    return Observation(
        subject(case.X, case.Y), bounds.grassmann_diameter(n, p) + rounding, note=case.label
    )


def _opposite(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "dD"[index % 2]
    n, p = _SHAPES[index // 2 % len(_SHAPES)]
    Q = _frame(rng, n, n, kind)
    if index % 3:
        return {"X": Q[:, :p], "Y": _frame(rng, n, p, kind), "label": f"random {n} x {p}"}
    return {"X": Q[:, :p], "Y": Q[:, n - p :], "label": f"farthest {n} x {p}"}


def _chord(X: np.ndarray, Y: np.ndarray, t: float) -> np.ndarray:
    U, _, Vh = np.linalg.svd(Y.conj().T @ X)
    return np.asarray(np.linalg.qr((1.0 - t) * X + t * (Y @ (U @ Vh)))[0])


@claim(
    "geometry-geodesic",
    source="Edelman, Arias & Smith 1998, theorem 2.3; proof in docs/theory/geometry.md",
    kind="exact",
    domain="pair",
    subject=grassmann_geodesic,
    cases=pairs,
    mutants={
        "the chord": _chord,
        "too fast": lambda X, Y, t: grassmann_geodesic(X, Y, np.sqrt(t)),
        "along the retraction": lambda X, Y, t: grassmann_retract(X, t * grassmann_log(X, Y).D),
    },
    eps_multiple=_ROUNDINGS,
    budget=0.3,
)
def geodesic(case: Any, subject: Any) -> list[Observation]:
    """angles(X, g(t)) = t angles(X, Y) and angles(g(t), Y) = (1 - t) angles(X, Y)"""
    Z, t = subject(case.X, case.Y, case.t), case.t
    begin, end = grassmann_log(case.X, Z).angles, grassmann_log(Z, case.Y).angles
    return [
        Observation(float(np.abs(begin - t * case.theta).max()), 0.0, note="from X"),
        Observation(float(np.abs(end - (1.0 - t) * case.theta).max()), 0.0, note="to Y"),
    ]


def _projected(X: np.ndarray, D: np.ndarray, H: np.ndarray, t: float) -> np.ndarray:
    Z = grassmann_exp(X, D, t)
    return np.asarray(H - Z @ (Z.conj().T @ H))


def _rescaled(X: np.ndarray, D: np.ndarray, H: np.ndarray, t: float) -> np.ndarray:
    """An isometry onto the tangent space that is not parallel."""
    found = _projected(X, D, H, t)
    return np.asarray(found * (np.linalg.norm(H) / max(float(np.linalg.norm(found)), 1e-300)))


@claim(
    "geometry-transport",
    source="Edelman, Arias & Smith 1998, theorem 2.4; proof in docs/theory/geometry.md",
    kind="exact",
    domain="pair",
    subject=parallel_transport,
    cases=tangents,
    mutants={
        "projection": _projected,
        "projection with the length restored": _rescaled,
        "not moved": lambda X, D, H, t: H,
        "backwards": lambda X, D, H, t: parallel_transport(X, D, H, -t),
    },
    eps_multiple=_ROUNDINGS,
    budget=0.3,
)
def transport(case: Any, subject: Any) -> list[Observation]:
    """transport along D is H -> exp(t (D X^H - X D^H)) H: isometric, tangent, parallel"""
    X, D, H, t = case.X, case.D, case.H, case.t
    found = subject(X, D, H, t)
    end = group(X, D, t, X)
    norm = float(np.linalg.norm(H))
    size = norm * max(1.0, abs(t) * float(np.linalg.norm(D, 2)))
    return [
        Observation(float(np.linalg.norm(found - group(X, D, t, H))), 0.0, size, note="group"),
        Observation(float(np.linalg.norm(end.conj().T @ found)), 0.0, size, note="tangent"),
        Observation(float(np.linalg.norm(found)), norm, norm, note="isometric"),
    ]


@claim(
    "geometry-retraction",
    source="Absil, Mahony & Sepulchre 2008, 4.1.2; proof in docs/theory/geometry.md",
    kind="exact",
    domain="pair",
    subject=grassmann_retract,
    cases=tangents,
    mutants={
        "the exponential": lambda X, D, method: grassmann_exp(X, D),
        "half of the way": lambda X, D, method: grassmann_retract(X, D / 2, method=method),
    },
    eps_multiple=_ROUNDINGS,
    budget=0.3,
)
def retraction(case: Any, subject: Any) -> list[Observation]:
    """retract(X, D) is an orthonormal basis of X + D, at the angles arctan sigma(D)"""
    X, D = case.X, case.D
    Z = subject(X, D, method=("polar", "qr")[case.seed[1] % 2])
    sigma = np.linalg.svd(D, compute_uv=False)
    Q = np.linalg.qr(X + D)[0]
    cosines = np.sort(np.linalg.svd(X.conj().T @ Z, compute_uv=False))[::-1]
    wanted = np.cos(bounds.retraction_angles(sigma))
    size = max(1.0, float(sigma.max(initial=0.0)))
    return [
        Observation(_outside(Q, Z), 0.0, size, note="range"),
        Observation(float(np.linalg.norm(Z.conj().T @ Z - np.eye(X.shape[1]))), 0.0, note="basis"),
        Observation(float(np.abs(cosines - wanted).max(initial=0.0)), 0.0, size, note="angles"),
    ]


def _steps(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "dD"[index % 2]
    n, p = _SHAPES[index // 2 % len(_SHAPES)]
    S = _frame(rng, n, p, kind)
    x = _normal(rng, (n,), kind)
    along, across = S @ (S.conj().T @ x), x
    for _ in range(2):
        across = across - S @ (S.conj().T @ across)
        across = across / np.linalg.norm(across) if p < n else across
    mix = ((1.0, 1.0), (1.0, 1e-9), (1e-9, 1.0), (1.0, 0.0), (0.0, 1.0))[index // 3 % 5]
    x = mix[0] * along + mix[1] * across
    step = (0.3, -0.7, 2.0)[index % 3]
    return {"S": S, "x": x, "step": step, "label": f"{n} x {p} {kind} {mix}"}


def _by_retraction(S: np.ndarray, x: np.ndarray, step: float) -> np.ndarray:
    w = S.conj().T @ x
    D = np.outer(x - S @ w, w.conj()) * (step / max(float(np.linalg.norm(w)), 1e-300))
    return np.asarray(grassmann_retract(S, D - S @ (S.conj().T @ D)))


def _euclidean(S: np.ndarray, x: np.ndarray, step: float) -> np.ndarray:
    w = S.conj().T @ x
    return np.asarray(
        S + np.outer(x - S @ w, w.conj()) * (step / max(float(np.linalg.norm(w)), 1e-300))
    )


@claim(
    "geometry-rank-one",
    source="Balzano, Nowak & Recht 2010, arXiv 1006.4046; Edelman, Arias & Smith 1998",
    kind="exact",
    domain="pair",
    subject=rank_one_geodesic_step,
    cases=_steps,
    requires=lambda case: case.S.shape[1] < case.S.shape[0],
    mutants={
        "retracted": _by_retraction,
        "not orthonormalized": _euclidean,
        "away": lambda S, x, step: rank_one_geodesic_step(S, x, -step),
        "w not of length 1": lambda S, x, step: rank_one_geodesic_step(
            S, x, step * float(np.linalg.norm(S.conj().T @ x))
        ),
    },
    eps_multiple=_ROUNDINGS,
    budget=0.2,
)
def rank_one(case: Any, subject: Any) -> list[Observation] | None:
    """the step is the exponential of step (I - S S^H) x w^H, w = S^H x / ||S^H x||"""
    S, x = case.S, case.x
    w = S.conj().T @ x
    inside = float(np.linalg.norm(w))
    found = subject(S, x, case.step)
    p = S.shape[1]
    basis = Observation(float(np.linalg.norm(found.conj().T @ found - np.eye(p))), 0.0)
    if inside <= 1e-12 * float(np.linalg.norm(x)):
        # No gradient: nothing moves, which the exponential of rounding would not say.
        return [basis, Observation(float(np.linalg.norm(found - S)), 0.0, note="stays")]
    D = np.outer(x - S @ w, w.conj()) / inside
    expected = group(S, D, case.step, S)
    # Rounding of S^H x turns w where x is nearly orthogonal to S.
    size = max(1.0, float(np.linalg.norm(x)) / inside * abs(case.step) * float(np.linalg.norm(D)))
    return [basis, Observation(float(np.linalg.norm(found - expected)), 0.0, size)]
