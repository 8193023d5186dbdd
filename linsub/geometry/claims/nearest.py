"""Nearest orthogonal matrices, Procrustes rotations and shared covers."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.errors import AccuracyWarning
from linsub.geometry import (
    NearestOrthogonal,
    bounds,
    nearest_orthogonal,
    polar_basis,
    procrustes,
)
from linsub.geometry.claims.orthonormal import EPS, frame, mixing, normal
from linsub.results import Bound
from linsub.verify import Observation, claim


def _values(A: np.ndarray) -> np.ndarray:
    return np.linalg.svd(A, compute_uv=False)


def _isometry(
    rng: np.random.Generator, shape: tuple[int, int], rank: int, kind: str, det: int | None
) -> np.ndarray:
    """Return a random partial isometry, or orthogonal matrix with a determinant."""
    left, right = frame(rng, shape[0], rank, kind), frame(rng, shape[1], rank, kind)
    if det is not None and np.linalg.det(left @ right.conj().T).real * det < 0:
        left[:, 0] *= -1
    return np.asarray(left @ right.conj().T)


def _turned(rng: np.random.Generator, Q: np.ndarray, size: float, kind: str) -> np.ndarray:
    """Return Q turned a little: Cayley's transform of a skew matrix has determinant 1."""
    S = size * normal(rng, Q.shape[0], Q.shape[0], kind)
    S = S - S.conj().T
    one = np.eye(Q.shape[0])
    return np.asarray(np.linalg.solve(one + S, (one - S) @ Q))


# --- the polar factor -----------------------------------------------------------------------


def _to_project(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "dD"[index % 2]
    m, n = (int(x) for x in rng.integers(1, 9, 2))
    options: dict[str, Any] = {}
    form = index // 2 % 4
    if form == 1:
        options = {"rank": int(rng.integers(0, min(m, n) + 1))}
    elif form > 1:
        kind, n = "d", max(m, 2)
        m, options = n, {"det": 1 if form == 2 else -1}
    k = min(m, n)
    sigma = np.sort(10.0 ** rng.uniform(-2.0, 1.0, k))[::-1]
    if index % 5 == 0:
        sigma[:] = sigma[0]  # Higham's lemma is attained
    A = (frame(rng, m, k, kind) * sigma) @ frame(rng, n, k, kind).conj().T
    return {"A": A, "options": options, "kind": kind, "label": f"{m} x {n} {options}"}


def _flips(case: Any, U: np.ndarray, Vh: np.ndarray) -> bool:
    det = case.options.get("det")
    return det is not None and bool(np.linalg.det(U @ Vh).real * det < 0)


def _plain(Q: np.ndarray, A: np.ndarray) -> NearestOrthogonal:
    return NearestOrthogonal(Q, float(np.linalg.norm(A - Q)))


def _by_qr(A: np.ndarray, **options: Any) -> NearestOrthogonal:
    Q = np.linalg.qr(A)[0] if A.shape[0] >= A.shape[1] else np.linalg.qr(A.conj().T)[0].conj().T
    return _plain(Q, A)


def _flip_first(A: np.ndarray, *, rank: int | None = None, det: int | None = None) -> Any:
    if det is None:
        return nearest_orthogonal(A, rank=rank)
    U, _, Vh = np.linalg.svd(A)
    if np.linalg.det(U @ Vh) * det < 0:
        U[:, 0] *= -1
    return _plain(U @ Vh, A)


@claim(
    "geometry-polar-nearest",
    source="Fan and Hoffman 1955; Higham 2008, Functions of Matrices, theorems 8.4 and 8.7",
    kind="always",
    domain="matrix",
    subject=nearest_orthogonal,
    cases=_to_project,
    mutants={
        "the QR factor": _by_qr,
        "flips the largest": _flip_first,
        "any determinant": lambda A, rank=None, det=None: nearest_orthogonal(A, rank=rank),
        "full rank": lambda A, rank=None, det=None: nearest_orthogonal(A, det=det),
    },
    tight=0.999,
    budget=0.4,
)
def polar_nearest(case: Any, subject: Any) -> list[Observation]:
    """No isometry of that rank or determinant is nearer to A, and the distance has a closed form"""
    A, rng = case.A, case.rng
    Q = subject(A, **case.options).Q
    U, sigma, Vh = np.linalg.svd(A, full_matrices=False)
    rank = case.options.get("rank", sigma.size)
    rounding = bounds.orthogonality_rounding(max(A.shape), sigma.size, EPS)
    rounding *= max(float(sigma[0]), 1.0)
    least = bounds.polar_distance(sigma, rank, _flips(case, U, Vh))
    distance = float(np.linalg.norm(A - Q))
    found = _values(Q)
    kind_of = float(np.abs(found - (np.arange(found.size) < rank)).max())
    seen = [
        Observation(distance, least + rounding, note="closed form"),
        Observation(least, distance + rounding, note="closed form from below"),
        Observation(kind_of, rounding, note="singular values 1 and 0"),
    ]
    det = case.options.get("det")
    if det is not None:
        seen.append(Observation(abs(float(np.linalg.det(Q)) - det), 8 * rounding, note="det"))
    for size in (None, 1e-3):
        other = (
            _isometry(rng, A.shape, rank, case.kind, det)
            if size is None
            else _turned(rng, Q, size, case.kind)
        )
        seen.append(
            Observation(distance, float(np.linalg.norm(A - other)) + rounding, note="another")
        )
    return seen


def _certified(**changes: Callable[[Any], float]) -> Any:
    def mutant(A: np.ndarray) -> NearestOrthogonal:
        made = nearest_orthogonal(A)
        said: Any = made.certificate
        new = {name: Bound(f(said), "bound", "") for name, f in changes.items()}
        return NearestOrthogonal(*made, certificate=dataclasses.replace(said, **new))

    return mutant


def _no_options(case: Any) -> bool:
    return not case.options


@claim(
    "geometry-polar-enclosure",
    source="Higham 2008, Functions of Matrices, lemma 8.17",
    kind="always",
    domain="matrix",
    subject=nearest_orthogonal,
    cases=lambda index, rng: _to_project(8 * (index // 2) + index % 2, rng),
    requires=_no_options,
    mutants={
        "the upper end at sigma_max": _certified(
            spectral_upper=lambda said: float(said.spectral_lower) * (1 + 1e-9)
        ),
        "the lower end at sigma_min": _certified(
            spectral_lower=lambda said: float(said.spectral_upper) * (1 - 1e-9)
        ),
        "half": _certified(spectral_upper=lambda said: float(said.spectral_upper) / 2),
    },
    tight=0.999,
    budget=0.3,
)
def polar_enclosure(case: Any, subject: Any) -> list[Observation]:
    """||A^H A - I|| / (sigma_max + 1) <= ||A - Q|| <= ||A^H A - I|| / (sigma_min + 1)"""
    A = case.A
    made = subject(A)
    true = float(np.linalg.norm(A - made.Q, 2))
    certificate = made.certificate
    rounding = 8.0 * EPS * max(float(_values(A)[0]), 1.0)
    return [
        Observation(true, float(certificate.spectral_upper) + rounding, note="upper"),
        Observation(float(certificate.spectral_lower), true + rounding, note="lower"),
    ]


def _two_near(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "dD"[index % 2]
    n = int(rng.integers(1, 6))
    sigma = 10.0 ** -rng.uniform(0.0, 3.0, n)
    A = (frame(rng, n, n, kind) * sigma) @ frame(rng, n, n, kind)
    E = 10.0 ** -rng.uniform(0.0, 6.0) * normal(rng, n, n, kind)
    if index % 4 == 1:  # the smallest value passes through zero: attained
        U, s, Vh = np.linalg.svd(A)
        E = -(1.0 + rng.uniform(0.1, 2.0)) * s[-1] * np.outer(U[:, -1], Vh[-1])
    return {"A": A, "E": E, "label": f"{n} x {n} {kind}"}


@claim(
    "geometry-polar-perturbation",
    source="R.-C. Li 1995, SIAM J. Matrix Anal. Appl. 16, theorem 1",
    kind="always",
    domain="pair",
    subject=nearest_orthogonal,
    cases=_two_near,
    mutants={
        "the QR factor": _by_qr,
        "singular vectors left": lambda A: _plain(np.linalg.svd(A)[0], A),
        "twice as far": lambda A: _plain(2.0 * nearest_orthogonal(A).Q, A),
    },
    tight=0.99,
    budget=0.3,
)
def polar_perturbation(case: Any, subject: Any) -> Observation:
    """||Q - Q~||_F <= 2 ||A - A~||_F / (sigma_min + sigma~_min)"""
    A, B = case.A, case.A + case.E
    moved = float(np.linalg.norm(subject(A).Q - subject(B).Q))
    sa, sb = _values(A), _values(B)
    # Rounding is a perturbation of A and of B too.
    rounding = bounds.orthogonality_rounding(sa.size, sa.size, EPS) * float(sa[0] + sb[0])
    norm = float(np.linalg.norm(case.E)) + 2.0 * rounding
    least = [max(float(s[-1]) - rounding, 0.0) for s in (sa, sb)]
    return Observation(moved, bounds.polar_perturbation(norm, *least))


# --- Procrustes -----------------------------------------------------------------------------


def _two_sets(index: int, rng: np.random.Generator) -> dict[str, Any]:
    det = (None, 1, -1)[index % 3]
    kind = "d" if det is not None else "dD"[index // 3 % 2]
    n = int(rng.integers(1, 6))
    m = int(rng.integers(1, 12))
    A = normal(rng, m, n, kind) * 10.0 ** rng.uniform(-3.0, 3.0)
    noise = (0.0, 1e-8, 0.1, 10.0)[index // 6 % 4]
    turn = frame(rng, n, n, kind)
    B = rng.uniform(0.1, 5.0) * A @ turn + noise * float(np.linalg.norm(A)) * normal(
        rng, m, n, kind
    )
    if index % 7 == 6:
        B = normal(rng, m, n, kind)
    options = {"det": det, "scale": bool(index // 2 % 2)}
    return {"A": A, "B": B, "options": options, "kind": kind, "label": f"{m} x {n} {options}"}


def _residual(case: Any, R: np.ndarray, scale: float) -> float:
    wide = np.clongdouble if case.kind == "D" else np.longdouble
    off = scale * (case.A.astype(wide) @ R.astype(wide)) - case.B
    return float((np.abs(off) ** 2).sum())


def _any_det(A: np.ndarray, B: np.ndarray, *, scale: bool, det: int | None) -> Any:
    return procrustes(A, B, scale=scale)


def _backwards(A: np.ndarray, B: np.ndarray, *, scale: bool, det: int | None) -> Any:
    R, s, residual = procrustes(A, B, scale=scale, det=det)  # type: ignore[arg-type]
    return R.conj().T, s, residual


def _ratio_of_norms(A: np.ndarray, B: np.ndarray, *, scale: bool, det: int | None) -> Any:
    R, _, residual = procrustes(A, B, det=det)  # type: ignore[arg-type]
    return R, float(np.linalg.norm(B) / np.linalg.norm(A)) if scale else 1.0, residual


def _flip_largest(A: np.ndarray, B: np.ndarray, *, scale: bool, det: int | None) -> Any:
    U, S, Vh = np.linalg.svd(A.conj().T @ B)
    if det is not None and np.linalg.det(U @ Vh).real * det < 0:
        U[:, 0] *= -1
    R = U @ Vh
    s = float(S.sum() / np.linalg.norm(A) ** 2) if scale else 1.0
    return R, s, float(np.linalg.norm(s * A @ R - B))


_WRONG = {
    "backwards": _backwards,
    "the ratio of the norms": _ratio_of_norms,
    "flips the largest": _flip_largest,
}


@claim(
    "geometry-procrustes-residual",
    source="Schoenemann 1966; Umeyama 1991, PAMI 13, lemma",
    kind="exact",
    domain="pair",
    subject=procrustes,
    cases=_two_sets,
    mutants={**_WRONG, "any determinant": _any_det},
    budget=0.4,
    min_cases=24,
)
def procrustes_residual(case: Any, subject: Any) -> list[Observation]:
    """||s A R - B||^2 is ||A||^2 + ||B||^2 - 2 t, or ||B||^2 - t^2 / ||A||^2 with the best s"""
    R, s, residual = subject(case.A, case.B, **case.options)
    U, sigma, Vh = np.linalg.svd(case.A.conj().T @ case.B)
    a, b = float(np.linalg.norm(case.A)), float(np.linalg.norm(case.B))
    flips = _flips(case, U, Vh)
    least = bounds.procrustes_residual(a, b, sigma, scale=case.options["scale"], flipped=flips)
    unit = math.sqrt(max(case.A.shape)) * (b if case.options["scale"] else a + b) ** 2
    true = _residual(case, R, s)
    return [
        Observation(true, least**2, scale=unit, note="closed form"),
        Observation(residual**2, true, scale=unit, note="reported"),
        Observation(float(np.linalg.norm(R.conj().T @ R - np.eye(R.shape[0]))), 0.0, note="R"),
    ]


@claim(
    "geometry-procrustes-optimum",
    source="Schoenemann 1966; Kabsch 1976; Umeyama 1991, PAMI 13",
    kind="always",
    domain="pair",
    subject=procrustes,
    cases=_two_sets,
    mutants={
        **_WRONG,
        "identity": lambda A, B, scale, det: (np.eye(A.shape[1]), 1.0, 0.0),
    },
    tight=0.99,
    budget=0.4,
    min_cases=24,
)
def procrustes_optimum(case: Any, subject: Any) -> list[Observation]:
    """No rotation, and no scale where one is sought, brings A nearer to B"""
    rng, det = case.rng, case.options["det"]
    R, s, _ = subject(case.A, case.B, **case.options)
    n = R.shape[0]
    true = _residual(case, R, s)
    size = float(np.linalg.norm(case.A)) * max(s, 1.0) + float(np.linalg.norm(case.B))
    slack = bounds.orthogonality_rounding(max(case.A.shape), n, EPS) * size**2
    seen = []
    for size_ in (None, None, 1e-3, 1e-1):
        if size_ is None:
            Z = _isometry(rng, (n, n), n, case.kind, det)
        else:
            Z = _turned(rng, R, size_, case.kind)
        t = s * float(rng.uniform(0.5, 1.5)) if case.options["scale"] else 1.0
        seen.append(Observation(true, _residual(case, Z, t) + slack))
    if case.options["scale"]:
        moved = s * (1.0 + 1e-4 * float(rng.choice([-1.0, 1.0])))
        seen.append(Observation(true, _residual(case, R, moved) + slack, note="scale"))
    if det is not None:
        off = abs(float(np.linalg.det(R)) - det)
        seen.append(Observation(off, 30.0 * n * EPS, note="det"))
    return seen


# --- shared covers --------------------------------------------------------------------------


def _overlapping(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "dD"[index % 2]
    shared = int(rng.integers(0, 3)) if index % 3 else 0
    widths = [int(w) for w in rng.integers(1, 4, int(rng.integers(1, 4)))]
    n = shared + sum(widths) + int(rng.integers(1, 10))
    common = frame(rng, n, shared, kind)
    blocks = []
    for width in widths:
        part = frame(rng, n, width, kind)
        X, _ = np.linalg.qr(np.concatenate([common, part], axis=1))
        blocks.append(X @ mixing(rng, X.shape[1], kind))
    return {
        "blocks": blocks,
        "rank": shared + sum(widths),
        "columns": sum(X.shape[1] for X in blocks),
        "label": f"{len(blocks)} subspaces, {shared} dimensions shared",
    }


def _quiet(blocks: list[np.ndarray]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        return polar_basis(blocks)


def _always_polar(blocks: list[np.ndarray]) -> Any:
    U, _, Vh = np.linalg.svd(np.concatenate(_bases(blocks), axis=1), full_matrices=False)
    Q = U @ Vh
    return Q, Q.shape[1]


def _bases(blocks: list[np.ndarray]) -> list[np.ndarray]:
    return [np.linalg.qr(X)[0] for X in blocks]


@claim(
    "geometry-polar-basis-rank",
    source="Loewdin 1950; DC-Merge 2026, arXiv 2603.06242 (without the rank)",
    kind="exact",
    domain="blocks",
    subject=_quiet,
    cases=_overlapping,
    mutants={
        "invents directions": _always_polar,
        "the first block": lambda blocks: (_bases(blocks)[0], blocks[0].shape[1]),
        "one by one": lambda blocks: (
            np.linalg.qr(np.concatenate(blocks, axis=1))[0],
            _quiet(blocks).rank,
        ),
    },
    budget=0.3,
)
def polar_basis_rank(case: Any, subject: Any) -> list[Observation]:
    """polar_basis has as many columns as the sum of the subspaces has dimensions, and spans it"""
    Q, rank = subject(case.blocks)
    bases = _bases(case.blocks)
    joined = np.concatenate(bases, axis=1)
    sigma = _values(joined)
    # How well the sum is determined: its smallest value that is not zero.
    unit = math.sqrt(joined.shape[0]) * float(sigma[0] / sigma[case.rank - 1])
    seen = [
        Observation(float(rank), float(case.rank), scale=0.0, note="rank"),
        Observation(float(Q.shape[1]), float(case.rank), scale=0.0, note="columns"),
        Observation(
            float(np.linalg.norm(joined - Q @ (Q.conj().T @ joined), 2)), 0.0, unit, note="span"
        ),
        Observation(
            float(np.linalg.norm(Q.conj().T @ Q - np.eye(Q.shape[1]))), 0.0, unit, note="Q"
        ),
    ]
    if case.rank == case.columns and case.rank:
        # The nearness to bases, whichever they are, shows in the singular values alone.
        off = Q.conj().T @ _own(case.blocks, Q)
        seen.append(
            Observation(float(np.linalg.norm(off - off.conj().T)), 0.0, unit, note="polar factor")
        )
    return seen


def _own(blocks: list[np.ndarray], Q: np.ndarray) -> np.ndarray:
    """Return bases of the blocks turned to agree with Q: then Q^H of them is Hermitian."""
    turned, at = [], 0
    for basis in _bases(blocks):
        part = Q[:, at : at + basis.shape[1]]
        U, _, Vh = np.linalg.svd(basis.conj().T @ part)
        turned.append(basis @ (U @ Vh))
        at += basis.shape[1]
    return np.concatenate(turned, axis=1)
