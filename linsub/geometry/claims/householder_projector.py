"""The Householder projector: nearest partial isometries and gradients."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from linsub.errors import AccuracyWarning
from linsub.geometry import HouseholderProjector, bounds
from linsub.geometry.claims.reflectors import (
    DTYPES,
    eps_of,
    gaussian,
    inner,
    one_by_one,
    packed,
    tangent,
)
from linsub.verify import Observation, claim


def _targets(index: int, rng: np.random.Generator) -> Mapping[str, Any]:
    dtype = DTYPES[index % 4]
    m, n = int(rng.integers(1, 25)), int(rng.integers(1, 25))
    k = min(m, n)
    S = np.sort(rng.uniform(0.0, (1.5, 10.0, 0.3)[index // 4 % 3], k))[::-1]
    if index // 12 % 2:
        S = np.round(4 * S) / 4  # ties, and zeros
    U = np.linalg.qr(gaussian(rng, (m, k), np.complex128))[0]
    V = np.linalg.qr(gaussian(rng, (n, k), np.complex128))[0]
    if np.dtype(dtype).kind != "c":
        U, V = np.linalg.qr(U.real)[0], np.linalg.qr(V.real)[0]
    W = ((U * S) @ V.conj().T).astype(dtype)
    # Of the matrix as it was rounded.
    sigma = np.linalg.svd(W.astype(np.complex128), compute_uv=False)
    rank = int(rng.integers(1, k + 1))
    label = f"{m}x{n} rank {rank} {W.dtype}"
    return {"W": W, "sigma": sigma, "rank": rank, "dtype": W.dtype, "label": label}


def _fitted(W: np.ndarray, rank: int) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)  # ties are among the cases
        return np.asarray(HouseholderProjector(rank).fit(W).matrix())


def _official(W: np.ndarray, rank: int) -> np.ndarray:
    """HouseholderGAN's: packed factors of the singular vectors, read as vectors."""
    U, _, Vh = np.linalg.svd(W, full_matrices=False)
    U, V = packed(U), packed(np.ascontiguousarray(Vh.conj().T))
    return np.asarray(U[:, :rank] @ V[:, :rank].conj().T)


def _random_isometry(rng: np.random.Generator, m: int, n: int, r: int, kind: str) -> np.ndarray:
    dtype = np.complex128 if kind == "c" else np.float64
    U, V = (np.linalg.qr(gaussian(rng, (s, r), dtype))[0] for s in (m, n))
    return np.asarray(U @ V.conj().T)


@claim(
    "geometry-projector-nearest",
    source="Mirsky 1960; von Neumann 1937",
    kind="always",
    domain="sampler",
    subject=_fitted,
    cases=_targets,
    mutants={
        "packed factors as vectors": _official,
        "signs lost": lambda W, rank: np.abs(_fitted(W, rank)),
        "one direction short": lambda W, rank: _fitted(W, rank) * (1 - 1 / (rank + 1)),
    },
    slack="an equality: what is compared is its rounding, with a measured constant",
    budget=0.5,
    min_cases=24,
)
def nearest(case: Any, subject: Any) -> list[Observation]:
    """the projector of W is as near to W as a partial isometry of its rank can be, and is one"""
    wide = np.complex128 if case.W.dtype.kind == "c" else np.float64
    W, P = case.W.astype(wide), np.asarray(subject(case.W, case.rank)).astype(wide)
    eps, r = eps_of(case.W.dtype), case.rank
    slack = bounds.projector_rounding(max(W.shape), r, float(np.linalg.norm(W)), eps)
    fro, two = bounds.polar_distance(case.sigma, r), bounds.isometry_distance(case.sigma, r)
    return [
        Observation(abs(float(np.linalg.norm(W - P)) - fro), slack, note="frobenius"),
        Observation(abs(float(np.linalg.norm(W - P, 2)) - two), slack, note="spectral"),
        Observation(float(np.linalg.norm(P @ P.conj().T @ P - P)), slack, note="isometry"),
        Observation(abs(float(np.linalg.norm(P)) ** 2 - r), 2 * r * slack, note="rank"),
    ]


@claim(
    "geometry-projector-optimal",
    source="Mirsky 1960; von Neumann 1937",
    kind="always",
    domain="sampler",
    subject=bounds.polar_distance,
    cases=_targets,
    mutants={
        "one rank more": lambda sigma, rank: bounds.polar_distance(sigma, rank - 1),
        "sigma kept whole": lambda sigma, rank: float(np.linalg.norm(sigma)),
        "a hundredth more": lambda sigma, rank: 1.01 * bounds.polar_distance(sigma, rank),
    },
    tight=0.999,
    budget=0.3,
    min_cases=24,
)
def optimal(case: Any, subject: Any) -> list[Observation]:
    """no partial isometry of rank r is nearer to W than (sum (sigma_i - 1)^2 + tail)^(1/2)"""
    W, r, rng = case.W.astype(np.complex128), case.rank, case.rng
    U, _, Vh = np.linalg.svd(W, full_matrices=False)
    least = float(subject(case.sigma, r))
    others = [
        ("attained", U[:, :r] @ Vh[:r]),
        ("random", _random_isometry(rng, W.shape[0], W.shape[1], r, case.W.dtype.kind)),
        ("the last ones", U[:, -r:] @ Vh[-r:]),
    ]
    slack = 1e-13 * (1.0 + float(np.linalg.norm(W)))
    return [
        Observation(least, float(np.linalg.norm(W - Z)) + slack, note=note) for note, Z in others
    ]


def _training(index: int, rng: np.random.Generator) -> Mapping[str, Any]:
    dtype = DTYPES[index % 4]
    m, n = int(rng.integers(2, 13)), int(rng.integers(2, 13))
    r = int(rng.integers(1, min(m, n) + 1))
    k = r + int(rng.integers(0, 3))
    made = {
        name: gaussian(rng, shape, dtype)
        for name, shape in {
            "Vu": (m, k), "Vv": (n, k), "dVu": (m, k), "dVv": (n, k), "G": (m, n),
        }.items()
    }  # fmt: skip
    return {**made, "r": r, "dtype": np.dtype(dtype), "label": f"{m}x{n} rank {r}"}


def _projector_vjp(
    Vu: np.ndarray, Vv: np.ndarray, r: int, G: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    gVu, gVv = HouseholderProjector.from_reflectors(Vu, Vv, rank=r).vjp(G)
    return np.asarray(gVu), np.asarray(gVv)


@claim(
    "geometry-projector-vjp",
    source="proof in docs/theory/geometry.md",
    kind="exact",
    domain="sampler",
    subject=_projector_vjp,
    cases=_training,
    mutants={
        "one side alone": lambda Vu, Vv, r, G: (
            _projector_vjp(Vu, Vv, r, G)[0],
            np.zeros_like(Vv),
        ),
        "all columns": lambda Vu, Vv, r, G: _projector_vjp(Vu, Vv, min(G.shape), G),
        "twice": lambda Vu, Vv, r, G: tuple(2 * g for g in _projector_vjp(Vu, Vv, r, G)),
    },
    budget=0.4,
    min_cases=16,
)
def projector_gradient(case: Any, subject: Any) -> Observation:
    """<gVu, dVu> + <gVv, dVv> = <G, dP> for P = U_r V_r^H along any (dVu, dVv)"""
    gVu, gVv = subject(case.Vu, case.Vv, case.r, case.G)
    (U, dU), (V, dV) = (
        (one_by_one(A, E), tangent(A, E, dA, np.zeros_like(E)))
        for A, dA, E in (
            (case.Vu, case.dVu, np.eye(len(case.Vu), case.r)),
            (case.Vv, case.dVv, np.eye(len(case.Vv), case.r)),
        )
    )
    true = inner(case.G, dU @ V.conj().T + U @ dV.conj().T)
    moved = sum(
        float(np.linalg.norm(np.linalg.norm(dA, axis=0) / np.linalg.norm(A, axis=0)))
        for A, dA in ((case.Vu, case.dVu), (case.Vv, case.dVv))
    )
    scale = float(np.linalg.norm(case.G)) * moved * case.Vu.shape[1]
    return Observation(inner(gVu, case.dVu) + inner(gVv, case.dVv), true, scale=scale)
