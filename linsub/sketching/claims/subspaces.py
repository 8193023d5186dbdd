"""Cosine bases of gradients, and random subspaces."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy import fft

from linsub.sketching import RandomSubspace, bounds, dct_select
from linsub.verify import Observation, Sample, claim

_EPS = float(np.finfo(np.float64).eps)


def _gradient(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Gaussian, smooth, orthogonal and rank-one matrices, complex every other time."""
    m, n = int(rng.integers(1, 8)), int(rng.integers(1, 7))
    kind = index % 4
    G = rng.standard_normal((m, n))
    if kind == 1:
        G = np.cumsum(np.cumsum(G, axis=0), axis=1)
    if kind == 2:
        G = np.eye(n)  # all columns of G Q have one norm
    if kind == 3:
        G = np.outer(G[:, 0], G[0])
    if index % 8 >= 4:
        G = G * np.exp(1j * rng.uniform(0.0, 6.0, G.shape[1]))
    r = int(rng.integers(0, n)) if n > 1 else 0
    axis = int(index % 3 != 2)
    G = G if axis == 1 else G.T
    return {"G": G, "r": r, "axis": axis, "size": float(n), "label": f"kind {kind}, r = {r}"}


def _basis(n: int) -> np.ndarray:
    """Columns cos(pi (2 i + 1) j / (2 n)), of norm 1."""
    i, j = np.arange(n)[:, None], np.arange(n)
    Q = np.cos(np.pi * (2 * i + 1) * j / (2 * n)) * np.sqrt(2.0 / n)
    Q[:, 0] *= np.sqrt(0.5)
    return np.asarray(Q)


def _changed(change: Any) -> Any:
    def mutant(G: np.ndarray, r: int, **options: Any) -> Any:
        found = dct_select(G, r, **options)
        fields = {**found._asdict(), **change(G, found)}
        return type(found)(**fields, certificate=found.certificate, info=found.info)

    return mutant


def _other_transform(G: np.ndarray, found: Any) -> dict[str, Any]:
    S = fft.dct(G, type=3, norm="ortho", axis=found.axis)
    return {"coefficients": np.take(S, found.indices, axis=found.axis)}


def _shifted(G: np.ndarray, found: Any) -> dict[str, Any]:
    return {"indices": (found.indices + 1) % max(found.n, 1)}


@claim(
    "sketching-dct-selection",
    source="Modoranu et al., arXiv 2505.17967; Pythagoras",
    kind="exact",
    domain="matrix",
    subject=dct_select,
    cases=_gradient,
    mutants={
        "the DCT-III": _changed(_other_transform),
        "the next index": _changed(_shifted),
    },
    budget=0.3,
    max_cases=48,
    eps_multiple=200.0,
)
def dct_selection(case: Any, subject: Any) -> list[Observation]:
    """||G - G Q_J Q_J^T||_F^2 = ||G||_F^2 - sum_{j in J} ||G q_j||^2, and it is certified"""
    G = case.G
    found = subject(G, case.r, axis=case.axis)
    J, C = found.indices, found.coefficients
    G, C = (G, C) if case.axis == 1 else (G.T, C.T)
    Q = _basis(G.shape[1])
    size = float(np.linalg.norm(G)) or 1.0
    error = float(np.linalg.norm(G - C @ Q[:, J].T))
    sizes = np.linalg.norm(G @ Q, axis=0)
    certified = float(found.certificate.frobenius_error)
    # Errors of rounding alone are roots of differences; compare squares, where they are small.
    return [
        Observation(error**2, bounds.dct_error(sizes, J) ** 2, scale=size**2, note="identity"),
        Observation(certified**2, error**2, scale=size**2, note="certified"),
    ]


def _peaked(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """As above; and columns with one large entry beside columns of many small ones."""
    if index % 4 != 3:
        return _gradient(index, rng)
    m = int(rng.integers(100, 300))
    S = np.zeros((m, 2))
    S[0, 0], S[:, 1] = 10.0, 0.06
    return {"G": S @ _basis(2).T, "r": 1, "axis": 1, "size": 2.0, "label": f"note's, m = {m}"}


@claim(
    "sketching-dct-optimal",
    source="enumeration; proof in docs/theory/sketching.md",
    kind="always",
    domain="matrix",
    subject=dct_select,
    cases=_peaked,
    mutants={
        "by the 1-norm": lambda G, r, **options: dct_select(G, r, norm=1, **options),
        "the first columns": _changed(lambda G, found: {"indices": np.arange(found.indices.size)}),
    },
    tight=0.999,
    budget=0.3,
    max_cases=48,
)
def dct_optimal(case: Any, subject: Any) -> list[Observation]:
    """The choice by the 2-norm has the least error of all r-subsets, at most sqrt(1 - r/n) ||G||"""
    found = subject(case.G, case.r, axis=case.axis)
    G = case.G if case.axis == 1 else case.G.T
    n = G.shape[1]
    sizes = np.linalg.norm(G @ _basis(n), axis=0)
    norm = float(np.linalg.norm(G))
    rounding = bounds.dct_rounding(n, norm, _EPS)
    error = bounds.dct_error(sizes, found.indices)
    every = [bounds.dct_error(sizes, J) for J in itertools.combinations(range(n), case.r)]
    return [
        Observation(error, min(every) + rounding, note="least"),
        Observation(error, bounds.dct_error_bound(n, case.r, norm) + rounding, note="1 - r/n"),
    ]


def _spaces(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = ("dense", "sparse", "fastfood")[index % 3]
    D = int(rng.integers(1, 80))
    d = int(rng.integers(1, D + 1))
    return {"D": D, "d": d, "kind": kind, "size": float(D), "label": f"{kind} {D} x {d}"}


class _WithoutNorms(RandomSubspace):
    """Columns that have the norm 1 on average."""

    def matmat(self, z: Any) -> np.ndarray:
        sizes = np.random.default_rng(0).chisquare(self.shape[0], self.shape[1])
        scale = np.sqrt(sizes / self.shape[0])
        return super().matmat((scale * np.asarray(z).T).T)


class _AnotherAdjoint(RandomSubspace):
    """The adjoint of another draw."""

    def rmatmat(self, g: Any) -> np.ndarray:
        return np.asarray(RandomSubspace(*self.shape, self.kind, rng=99).T @ g)


@claim(
    "sketching-random-subspace",
    source="Li, Farkhoor, Liu & Yosinski 2018; Le, Sarlos & Smola 2013",
    kind="exact",
    domain="matrix",
    subject=RandomSubspace,
    cases=_spaces,
    mutants={"norms on average": _WithoutNorms, "the adjoint of another": _AnotherAdjoint},
    budget=0.3,
    max_cases=36,
    eps_multiple=300.0,
)
def random_subspace(case: Any, subject: Any) -> list[Observation]:
    """P has columns of norm 1, and <P z, g> = <z, P^T g>"""
    rng = case.rng
    P = subject(case.D, case.d, case.kind, rng=rng)
    z, g = rng.standard_normal(case.d), rng.standard_normal(case.D)
    norms = np.linalg.norm(P.matmat(np.eye(case.d)), axis=0)
    scale = float(np.linalg.norm(z) * np.linalg.norm(g))
    worst = float(norms[np.argmax(np.abs(norms - 1.0))])
    return [
        Observation(worst, 1.0, note="norm"),
        Observation(float(P.matmat(z) @ g), float(z @ P.rmatmat(g)), scale=scale, note="adjoint"),
    ]


def _constraints(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """The sums of c blocks of 20 parameters are to be 1, 2, ..., c."""
    c = 10
    d = (3, 5, 9, 10)[index % 4]
    B = np.kron(np.eye(c), np.ones(20))
    return {"B": B, "b": np.arange(1.0, c + 1.0), "d": d, "size": float(d), "label": f"d = {d}"}


class _FewerDimensions(RandomSubspace):
    """One dimension less than asked for."""

    def __init__(self, D: int, d: int, kind: str = "dense", **options: Any) -> None:
        super().__init__(D, d - 1, kind, **options)


@claim(
    "sketching-intrinsic-step",
    source="Li, Farkhoor, Liu & Yosinski 2018; proof in docs/theory/sketching.md",
    kind="expectation",
    domain="sampler",
    subject=RandomSubspace,
    cases=_constraints,
    mutants={"one dimension less": _FewerDimensions},
    budget=0.5,
    min_cases=8,
    max_cases=12,
)
def intrinsic_step(case: Any, subject: Any) -> list[Sample]:
    """E min_z ||B P z - b||^2 = max(0, 1 - d/c) ||b||^2 for c orthogonal constraints"""
    B, b = case.B, case.b
    size = float(b @ b)
    rng = case.rng
    left = []
    for _ in range(80):
        P = subject(B.shape[1], case.d, rng=rng)
        Q = np.linalg.svd(B @ P.toarray(), full_matrices=False)[0]
        residual = b - Q @ (Q.T @ b)
        left.append(float(residual @ residual) / size)
    values = np.clip(left, 0.0, 1.0)
    share = bounds.intrinsic_residual(len(b), case.d)
    return [
        Sample(values, share + 1e-12, note="at most"),
        Sample(1.0 - values, 1.0 - share + 1e-12, note="at least"),
    ]
