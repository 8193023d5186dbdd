"""Fast transforms: moments by enumeration, isometries, and what all operators share."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from linsub.sketching import (
    OSNAP,
    SRCT,
    SRHT,
    CountSketch,
    Fastfood,
    GaussianSketch,
    SparseSign,
    bounds,
    fwht,
)
from linsub.sketching.claims.hashed import Biased, moments, operands
from linsub.verify import Observation, claim

_SAMPLED: dict[str, Any] = {"SRHT": SRHT, "SRCT": SRCT}
_SIZES = (("SRHT", 3, 2), ("SRCT", 4, 2), ("SRHT", 4, 3), ("SRCT", 3, 1), ("SRCT", 5, 2))
_ALL: tuple[Any, ...] = (OSNAP, CountSketch, SparseSign, GaussianSketch, SRHT, SRCT, Fastfood)


def _sampled_cases(index: int, rng: np.random.Generator) -> dict[str, Any]:
    name, n, m = _SIZES[index % len(_SIZES)]
    X, Y = operands(n, index, rng)
    return {"X": X, "Y": Y, "m": m, "name": name, "label": f"{name}, {n} rows to {m}"}


def _chosen(name: str, signs: Any, sampled: Any) -> Any:
    return _SAMPLED[name].from_choice(signs, sampled)


@claim(
    "sketching-sampled-moments",
    source="Tropp 2011 for the construction; the variances by enumeration of pairs",
    kind="exact", domain="sampler", subject=_chosen, cases=_sampled_cases,
    mutants={
        "no signs": lambda name, signs, rows: _chosen(name, np.ones_like(signs), rows),
        "variance of another": lambda *a: Biased(_chosen(*a), variance=1.01),
        "one row twice": lambda name, signs, rows: _chosen(name, signs, np.r_[0, rows[1:]]),
        "scaled": lambda *a: Biased(_chosen(*a), factor=1.01),
    },
    budget=0.4, min_cases=5, max_cases=10,
)  # fmt: skip
def sampled_moments(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """E S^T S = I for SRHT and SRCT, with their variances, over all signs and samples."""
    n = case.X.shape[0]
    N = 1 << (n - 1).bit_length() if case.name == "SRHT" else n
    every = (
        (1.0, subject(case.name, np.array(signs), np.array(rows)))
        for signs in itertools.product((1, -1), repeat=n)
        for rows in itertools.combinations(range(N), case.m)
    )
    return moments(every, case.X, case.Y)


def _lengths(index: int, rng: np.random.Generator) -> dict[str, Any]:
    N = (1, 2, 8, 64, 256, 2048, 16, 128)[index % 8]
    x = rng.standard_normal((N, 2)) * np.exp(rng.uniform(-20.0, 20.0, (N, 1)))
    if index % 3 == 1:
        x = x + 1j * rng.standard_normal((N, 2))
    return {"x": x.astype(np.complex128 if x.dtype.kind == "c" else float), "label": f"{N} rows"}


def _hadamard(N: int) -> np.ndarray:
    H = np.ones((1, 1))
    while H.shape[0] < N:
        H = np.block([[H, H], [H, -H]])
    return H


@claim(
    "sketching-fwht",
    source="Higham 2002, theorem 24.2, for butterflies without products",
    kind="always", domain="sampler", subject=fwht, cases=_lengths,
    mutants={
        "single precision": lambda x: fwht(x.astype(np.complex64 if x.dtype.kind == "c" else "f")),
        "normalized": lambda x: fwht(x, norm="ortho"),
        "another order": lambda x: fwht(x)[::-1],
    },
    slack="all roundings in one direction",
    budget=0.4, min_cases=8, max_cases=8,
)  # fmt: skip
def transform(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """||fl(H x) - H x|| <= ((1 + u)^log2(N) - 1) sqrt(N) ||x||."""
    N = case.x.shape[0]
    parts = (case.x.real, case.x.imag) if case.x.dtype.kind == "c" else (case.x,)
    H = _hadamard(N)
    found = np.asarray(subject(case.x)).astype(np.clongdouble)
    exact = sum(unit * _exact(H, part) for unit, part in zip((1.0, 1j), parts, strict=False))
    bound = bounds.transform_rounding(N, float(np.finfo(float).eps)) * N**0.5
    seen = []
    for j in range(case.x.shape[1]):
        off = float(np.linalg.norm((found[:, j] - exact[:, j]).astype(complex)))
        size = float(np.linalg.norm(case.x[:, j]))
        # What the reference in extended precision loses.
        seen.append(Observation(off, bound * size + N**0.5 * size * 2.0**-60))
    return seen


def _exact(H: np.ndarray, x: np.ndarray) -> Any:
    """H x in extended precision."""
    return np.stack([(H * column).astype(np.longdouble).sum(axis=1) for column in x.T], axis=1)


def _any_operator(index: int, rng: np.random.Generator) -> dict[str, Any]:
    made = _ALL[index % len(_ALL)]
    n = int(rng.integers(1, 700))
    m = int(rng.integers(1, min(n, 30) + 1))
    A = rng.standard_normal((n, 3))
    if index // len(_ALL) % 2:
        A = A + 1j * rng.standard_normal((n, 3))
    A[rng.random((n, 3)) < 0.5] = 0.0
    cut = int(rng.integers(0, n + 1))
    seed = int(rng.integers(1 << 60))
    return {"A": A, "made": made, "m": m, "draw": seed, "cut": cut, "label": made.__name__}


def _made(kind: Any, n: int, m: int, seed: int) -> Any:
    return kind(n, m, rng=seed)


class _Wrong:
    """An operator with something that is not its own."""

    def __init__(self, S: Any, adjoint: float = 1.0, part: int = 0) -> None:
        self.S, self.adjoint, self.shift = S, adjoint, part

    def __getattr__(self, name: str) -> Any:
        return getattr(self.S, name)

    def __matmul__(self, A: Any) -> Any:
        return self.S @ A

    def rmatmat(self, Y: Any) -> Any:
        return self.adjoint * self.S.rmatmat(Y)

    def part(self, first: int, stop: int) -> Any:
        n = self.S.shape[1]
        k = self.shift if stop + self.shift <= n else 0
        return self.S.part(first + k, stop + k)


@claim(
    "sketching-linear",
    source="linearity",
    kind="exact", domain="sampler", subject=_made, cases=_any_operator,
    mutants={
        "another adjoint": lambda *a: _Wrong(_made(*a), adjoint=1.0 + 1e-9),
        "rows numbered from 0 in each part": lambda *a: _Wrong(_made(*a), part=1),
    },
    eps_multiple=60.0, budget=0.5, min_cases=14, max_cases=28,
)  # fmt: skip
def linear(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """S A, S^H Y, sparse A, the parts and the sums of S are of one matrix."""
    A, n = case.A, case.A.shape[0]
    S = subject(case.made, n, case.m, case.draw)
    D = np.asarray(S.toarray())
    SA = np.asarray(S @ A)
    size = float(np.max(np.abs(D) @ np.abs(A), initial=0.0)) + float(np.linalg.norm(A))
    cut = case.cut
    pairs = {
        "array": (SA, D @ A),
        "adjoint": (np.asarray(S.rmatmat(SA)), D.T @ SA),
        "CSR": (np.asarray(S @ sparse.csr_array(A)), SA),
        "CSC": (np.asarray(S @ sparse.csc_array(A)), SA),
        "Fortran": (np.asarray(S @ np.asfortranarray(A)), SA),
        "parts": (np.asarray(S.part(0, cut) @ A[:cut]) + np.asarray(S.part(cut, n) @ A[cut:]), SA),
    }
    grown = {"adjoint": float(np.abs(D).sum(axis=0).max())}
    return [
        Observation(
            float(np.abs(x - y).max()), 0.0, size * max(1.0, grown.get(name, 1.0)), note=name
        )
        for name, (x, y) in pairs.items()
    ]


def _whole(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n = int(rng.integers(1, 1400)) if index else 1
    name = ("SRHT", "SRCT")[index % 2]
    seed = int(rng.integers(1 << 60))
    return {"A": rng.standard_normal((n, 2)), "name": name, "draw": seed, "label": f"{name}, {n}"}


def _full(name: str, n: int, seed: int) -> Any:
    return _SAMPLED[name](n, 1 << (n - 1).bit_length() if name == "SRHT" else n, rng=seed)


@claim(
    "sketching-fast-isometry",
    source="Parseval's identity",
    kind="exact", domain="sampler", subject=_full, cases=_whole,
    mutants={"scaled": lambda *a: Biased(_full(*a), factor=1.0 + 1e-9)},
    eps_multiple=60.0, budget=0.2, min_cases=8, max_cases=20,
)  # fmt: skip
def isometry(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """With all rows of the transform, (S A)^T (S A) = A^T A."""
    SA = np.asarray(subject(case.name, case.A.shape[0], case.draw) @ case.A)
    G, exact = SA.T @ SA, case.A.T @ case.A
    size = float(np.abs(exact).max())
    return [Observation(float(np.abs(G - exact).max()), 0.0, size)]


def _factors(index: int, rng: np.random.Generator) -> dict[str, Any]:
    N = (1, 2, 4, 8, 32)[index % 5]
    return {
        "signs": 1 - 2 * rng.integers(0, 2, N),
        "order": rng.permutation(N),
        "g": rng.standard_normal(N),
        "label": f"side {N}",
    }


def _block(signs: Any, order: Any, g: Any) -> np.ndarray:
    return np.asarray(Fastfood.from_factors(signs, order, g).toarray())


@claim(
    "sketching-fastfood",
    source="Le, Sarlos & Smola 2013; the singular values from H H^T = N I",
    kind="exact", domain="sampler", subject=_block, cases=_factors,
    mutants={
        "no last transform": lambda s, o, g: fwht(_block(s, o, g), norm="ortho"),
        "one g for all": lambda s, o, g: _block(s, o, np.ones_like(g)),
        "scaled": lambda s, o, g: 1.01 * _block(s, o, g),
    },
    eps_multiple=200.0, budget=0.3, min_cases=10, max_cases=15,
)  # fmt: skip
def fastfood(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """A whole block has the singular values sqrt(N) |g_i| / ||g||, rows and columns of norm 1."""
    N = case.g.size
    S = subject(case.signs, case.order, case.g)
    s = np.linalg.svd(S, compute_uv=False)
    exact = bounds.fastfood_singular_values(case.g, N)
    seen = [
        Observation(float(a), float(b), float(exact[0]), note="singular value")
        for a, b in zip(s, exact, strict=True)
    ]
    for axis, note in ((0, "column"), (1, "row")):
        for size in np.linalg.norm(S, axis=axis):
            seen.append(Observation(float(size), 1.0, note=note))
    if N <= 8:
        every = [
            subject(np.array(b), case.order, case.g) for b in itertools.product((1, -1), repeat=N)
        ]
        mean = np.mean([V.T @ V for V in every], axis=0)
        seen.append(Observation(float(np.abs(mean - np.eye(N)).max()), 0.0, note="unbiased"))
    return seen
