"""Lewis weights: fixed point, rates, error bounds, change of density; John weights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.results import Bound
from linsub.sensitivity import (
    JohnCertificate,
    JohnResult,
    LewisCertificate,
    LewisResult,
    john_weights,
    leverage_scores,
    lewis_weights,
)
from linsub.sensitivity.bounds import (
    change_of_density,
    john_average,
    lewis_contraction,
    lewis_rate,
    lewis_to_john,
)
from linsub.verify import Observation, claim

Weights = Callable[..., LewisResult]

# From far below 2 to where fixed points of Cohen and Peng no longer attract.
POWERS = (0.5, 1.0, 1.5, 2.0, 3.0, 3.9, 4.0, 8.0, 64.0)


def _tau(A: np.ndarray, w: np.ndarray, p: float) -> np.ndarray:
    """Scores of W^(1/2 - 1/p) A by Householder's QR, on the rows that count."""
    some = np.flatnonzero(w)
    Q = np.linalg.qr(w[some, None] ** (0.5 - 1.0 / p) * A[some])[0]
    tau = np.zeros(w.size)
    tau[some] = np.square(np.abs(Q)).sum(axis=1)
    return tau


def _objective(A: np.ndarray, w: np.ndarray, p: float) -> float:
    M = A.T @ (w[:, None] ** (1.0 - 2.0 / p) * A)
    return float(np.linalg.slogdet(M)[1] - (1.0 - 2.0 / p) * w.sum())


def _rows(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = int(rng.integers(1, 6))
    n = int(rng.integers(d + 1, 40))
    A = rng.standard_t(2, (n, d)) if index % 2 else rng.standard_normal((n, d))
    if index % 3 == 1:
        A[-1] = A[0]
    if index % 3 == 2 and n > d + 1:
        A[-1] = 0.0
    p = POWERS[index % len(POWERS)]
    return {"A": A, "p": p, "label": f"{n} x {d}, p = {p}", "size": float(n)}


def _some_steps(A: Any, p: float, **options: Any) -> LewisResult:
    """Cohen and Peng's map whatever p is, from uniform weights."""
    A = np.asarray(A)
    found = lewis_weights(A, p, **options)
    w = np.where(np.abs(A).max(axis=1) > 0.0, found.rank / A.shape[0], 0.0)
    for _ in range(15):
        some = w > 0.0
        tau = _tau(A, w, p)
        w[some] = tau[some] ** (0.5 * p) * w[some] ** (1.0 - 0.5 * p)
    return LewisResult(w, found.rank, certificate=found.certificate)


def _only_leverage(A: Any, p: float, **options: Any) -> LewisResult:
    found = lewis_weights(A, p, **options)
    return LewisResult(leverage_scores(A).scores, found.rank, certificate=found.certificate)


@claim(
    "sensitivity-lewis-fixed-point",
    source="Lewis 1978; Cohen & Peng 2015, arXiv 1412.0588",
    kind="always",
    domain="matrix",
    subject=lewis_weights,
    mutants={"fifteen steps of Cohen and Peng": _some_steps, "leverage scores": _only_leverage},
    cases=_rows,
    budget=0.4,
    max_cases=36,
    slack="The bound has the tolerance of the iteration, and the iteration does better.",
)
def fixed_point(case: Any, subject: Weights) -> list[Observation]:
    """w_i = tau_i(W^(1/2 - 1/p) A), the sum is the rank; w_i = |a_i|^p / ||a||_p^p for d = 1."""
    A, p = case.A, case.p
    w, rank = subject(A, p)
    c: Any = subject(A, p).certificate
    off = float(np.abs(_tau(A, w, p) - w).max())
    seen = [
        Observation(off, c.residual.value + 1e-11, note="residual"),
        Observation(abs(float(w.sum()) - rank), 1e-10 * rank + 1e-13, note="sum"),
    ]
    if A.shape[1] == 1:
        size = np.abs(A[:, 0]) / np.abs(A).max()
        closed = size**p / np.sum(size**p)
        seen.append(Observation(float(np.abs(w - closed).max()), 1e-8, note="d = 1"))
    return seen


def _many(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = int(rng.integers(1, 5))
    n = int(rng.integers(d + 1, 25))
    A = rng.standard_normal((n, d))
    p = float((0.5, 1.0, 1.7, 3.0, 6.0, 12.0)[index % 6])
    return {"A": A, "p": p, "label": f"{n} x {d}, p = {p}", "size": p}


@claim(
    "sensitivity-lewis-rate",
    source="derived in docs/theory/sensitivity.md; for kappa = p/2 Cohen & Peng 2015",
    kind="always",
    domain="matrix",
    subject=lewis_rate,
    mutants={
        "that of kappa = p/2 for all": lambda p, kappa: abs(1.0 - 0.5 * p),
        "the mean of the ends": lambda p, kappa: (
            0.5 * (abs(1.0 - 2.0 * kappa / p) + abs(1.0 - kappa))
        ),
    },
    cases=_many,
    budget=0.4,
    max_cases=36,
    tight=0.99,
)
def linearisation(case: Any, subject: Callable[..., float]) -> list[Observation]:
    """The derivative of log w += kappa (log tau - log w) has spectral radius <= lewis_rate."""
    A, p = case.A, case.p
    w = lewis_weights(A, p, tol=1e-12).weights
    n = w.size
    h = 1e-5
    J = np.empty((n, n))
    for k in range(n):
        e = np.zeros(n)
        e[k] = h
        J[:, k] = (np.log(_tau(A, w * np.exp(e), p)) - np.log(_tau(A, w * np.exp(-e), p))) / (2 * h)
    seen = []
    for kappa in (0.5 * p, 1.0, 2.0 * p / (p + 2.0)):
        step = np.eye(n) + kappa * (J - np.eye(n))
        radius = float(np.abs(np.linalg.eigvals(step)).max())
        seen.append(Observation(radius, subject(p, kappa) + 1e-6, note=f"kappa = {kappa:.3g}"))
    return seen


@claim(
    "sensitivity-lewis-contraction",
    source="Cohen & Peng 2015, arXiv 1412.0588, lemma 3.2; the metric of Thompson 1963",
    kind="always",
    domain="matrix",
    subject=lewis_contraction,
    mutants={
        "its square": lambda p: (1.0 - 0.5 * p) ** 2,
        "for p - 2": lambda p: 0.4 * abs(p - 2.0),
    },
    cases=_many,
    budget=0.2,
    max_cases=60,
    tight=0.999,
)
def contraction(case: Any, subject: Callable[..., float]) -> list[Observation]:
    """max |log T(w) - log T(v)| <= |1 - p/2| max |log w - log v| for T of Cohen and Peng."""
    A, p, rng = case.A, case.p, case.rng
    n = A.shape[0]
    u = rng.standard_normal(n)
    seen = []
    for move in (rng.standard_normal(n), np.full(n, 0.3), 1e-3 * rng.standard_normal(n)):
        images = []
        for x in (u, u + move):
            log_tau = np.log(_tau(A, np.exp(x), p))
            images.append(0.5 * p * log_tau + (1.0 - 0.5 * p) * x)
        moved = float(np.abs(images[0] - images[1]).max())
        seen.append(Observation(moved, subject(p) * float(np.abs(move).max()) + 1e-11))
    return seen


def _narrow(A: Any, p: float, **options: Any) -> LewisResult:
    found = lewis_weights(A, p, **options)
    c: Any = found.certificate
    error = None if c.log_error is None else Bound(0.2 * c.log_error.value, "bound", "log error")
    factor = None if c.one_sided is None else Bound(1.0, "bound", "factor")
    less = LewisCertificate(c.residual, error, factor)
    return LewisResult(*found, certificate=less)


def _loose(index: int, rng: np.random.Generator) -> dict[str, Any]:
    made = _rows(index, rng)
    if index % 4 == 0:  # the error is along the map's slowest direction
        made["A"] = rng.standard_normal((made["A"].shape[0], 1))
    return {**made, "maxiter": int(rng.integers(1, 6))}


@claim(
    "sensitivity-lewis-error",
    source="Banach's fixed point theorem in the metric of Thompson; Cohen & Peng 2015",
    kind="always",
    domain="matrix",
    subject=lewis_weights,
    mutants={"a fifth, and no factor": _narrow},
    cases=_loose,
    budget=0.4,
    max_cases=40,
    tight=0.4,
)
def error_bounds(case: Any, subject: Weights) -> list[Observation] | None:
    """max |log w - log w*| <= log_error for p < 4, and tau_i(w) <= one_sided w_i for every p."""
    A, p = case.A, case.p
    options = {"maxiter": case.maxiter, "on_fail": "return", "method": "relaxed"}
    found = subject(A, p, **options)
    w = found.weights
    c: Any = found.certificate
    some = w > 0.0
    seen = []
    if c.one_sided is not None:
        ratio = _tau(A, w, p)[some] / w[some]
        bound = c.one_sided.value * (1.0 + 1e-9)
        seen.append(Observation(float(ratio.max()), bound, note="one-sided"))
    if c.log_error is not None:
        exact = lewis_weights(A, p, tol=1e-12).weights
        off = float(np.abs(np.log(w[some]) - np.log(exact[some])).max())
        seen.append(Observation(off, c.log_error.value + 1e-8, note="log"))
    return seen or None


def mm_step(A: np.ndarray, w: np.ndarray, p: float) -> np.ndarray:
    """The step with kappa = 1."""
    scores = leverage_scores(w[:, None] ** (0.5 - 1.0 / p) * A).scores
    return np.asarray(scores)


def _longer(A: np.ndarray, w: np.ndarray, p: float) -> np.ndarray:
    return np.asarray(w * (mm_step(A, w, p) / w) ** (0.5 * p))


@claim(
    "sensitivity-lewis-monotone",
    source="minorize-maximize; log det(A^H e^u A) is convex in u",
    kind="always",
    domain="matrix",
    subject=mm_step,
    mutants={"kappa = p/2": _longer, "none of the weights": lambda A, w, p: w[::-1]},
    cases=lambda index, rng: {
        "A": rng.standard_t(2, (20, 3)), "p": (2.5, 4.0, 9.0, 30.0)[index % 4],
        "label": f"p = {(2.5, 4.0, 9.0, 30.0)[index % 4]}", "size": 20.0,
    },
    budget=0.2,
    max_cases=24,
    slack="A step raises the objective by more than nothing.",
)  # fmt: skip
def monotone(case: Any, subject: Callable[..., np.ndarray]) -> list[Observation]:
    """F(w) = log det(A^H W^(1-2/p) A) - (1 - 2/p) sum w never falls for kappa = 1 and p > 2."""
    A, p = case.A, case.p
    w = case.rng.uniform(0.01, 1.0, A.shape[0])
    seen = []
    before = _objective(A, w, p)
    for _ in range(5):
        w = subject(A, w, p)
        after = _objective(A, w, p)
        seen.append(Observation(before - after, 1e-11 * (1.0 + abs(before))))
        before = after
    return seen


def _cube(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """The sign cube, the hexagon, the identity, and rows at random."""
    p = (0.7, 1.0, 1.5, 3.0, 4.0, 8.0)[(index // 4) % 6]
    kind = ("cube", "hexagon", "identity", "random")[index % 4]
    if kind == "cube":
        A = np.array(list(itertools.product((-1.0, 1.0), repeat=4)))
    elif kind == "hexagon":
        angle = np.pi * np.arange(3) / 3.0
        A = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    elif kind == "identity":
        A = np.eye(4)
    else:
        A = rng.standard_t(2, (25, 4))
    return {"A": A, "p": p, "label": f"{kind}, p = {p}", "size": float(A.shape[0])}


@claim(
    "sensitivity-lewis-density",
    source="Lewis 1978; Wojtaszczyk 1991, III.B; Chen & Derezinski 2021 for p < 2",
    kind="always",
    domain="matrix",
    subject=change_of_density,
    mutants={
        "the ends of the other side of 2": lambda p, r: change_of_density(p, r)[::-1],
        "a smaller power": lambda p, r: tuple(c**0.5 for c in change_of_density(p, r)),
    },
    cases=_cube,
    budget=0.3,
    max_cases=48,
    tight=0.999,
)
def density(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """c (x^H M x)^(p/2) <= ||A x||_p^p <= C (x^H M x)^(p/2), M = A^H W^(1-2/p) A, for all x."""
    A, p, rng = case.A, case.p, case.rng
    w, rank = lewis_weights(A, p, tol=1e-12)
    M = A.T @ (w[:, None] ** (1.0 - 2.0 / p) * A)
    low, high = subject(p, rank)
    d = A.shape[1]
    X = np.concatenate([np.eye(d), np.ones((1, d)), A[:6], rng.standard_normal((20, d))])
    X = np.concatenate([X, np.linalg.solve(M, A[:6].T).T])
    seen = []
    for x in X:
        size = float(x @ M @ x) ** (0.5 * p)
        value = float(np.sum(np.abs(A @ x) ** p))
        seen.append(Observation(value, high * size * (1.0 + 1e-8), note="above"))
        seen.append(Observation(low * size, value * (1.0 + 1e-8), note="below"))
    return seen


@claim(
    "sensitivity-lewis-john",
    source="Hoelder's inequality; derived in docs/theory/sensitivity.md",
    kind="always",
    domain="matrix",
    subject=lewis_to_john,
    mutants={"without the 2": lambda p, n, r: (n / r) ** (1.0 / p), "none": lambda p, n, r: 1.0},
    cases=lambda index, rng: {
        "A": _design(index, rng), "p": (3.0, 8.0, 40.0)[index % 3],
        "label": f"p = {(3.0, 8.0, 40.0)[index % 3]}", "size": 30.0,
    },
    budget=0.3,
    max_cases=24,
    tight=0.95,
)  # fmt: skip
def lewis_near_john(case: Any, subject: Callable[..., float]) -> Observation:
    """v = r w^(1-2/p) / sum w^(1-2/p) has max a_i^H (A^H V A)^-1 a_i <= (n/r)^(2/p)."""
    A, p = case.A, case.p
    w, rank = lewis_weights(A, p)
    v = w ** (1.0 - 2.0 / p)
    v *= rank / v.sum()
    return Observation(float(_g(A, v).max()), subject(p, A.shape[0], rank) * (1.0 + 1e-8))


def _design(index: int, rng: np.random.Generator) -> np.ndarray:
    """Random rows; or one row of weight 1 and very many of equal small weights."""
    if index % 2:
        return rng.standard_t(3, (30, 3))
    n = 200
    angle = np.pi * np.arange(n) / n
    plane = np.stack([np.cos(angle), np.sin(angle), np.zeros(n)], axis=1)
    return np.concatenate([plane, [[0.0, 0.0, 1.0]]])


def _g(A: np.ndarray, v: np.ndarray) -> np.ndarray:
    Q = np.linalg.qr(A)[0]
    M = Q.T @ (v[:, None] * Q)
    return np.asarray(np.einsum("ij,ij->i", Q, np.linalg.solve(M, Q.T).T))


def _uniform(A: Any, **options: Any) -> JohnResult:
    found = john_weights(A, **options)
    n = found.weights.size
    return JohnResult(np.full(n, found.rank / n), found.rank, certificate=found.certificate)


def _modest(A: Any, **options: Any) -> JohnResult:
    found = john_weights(A, **options)
    c: Any = found.certificate
    less = JohnCertificate(Bound(0.5 * c.excess.value, "bound", "x"), Bound(0.0, "bound", "y"))
    return JohnResult(*found, certificate=less)


@claim(
    "sensitivity-john-optimal",
    source="Kiefer & Wolfowitz 1960; Todd & Yildirim 2007",
    kind="always",
    domain="matrix",
    subject=john_weights,
    mutants={"uniform weights": _uniform, "half of the excess": _modest},
    cases=lambda index, rng: {
        "A": rng.standard_t(3, (int(rng.integers(4, 60)), 3)), "tol": 10.0 ** rng.uniform(-8, -1),
        "method": ("away", "average")[index % 2], "label": ("away", "average")[index % 2],
        "size": 30.0,
    },
    budget=0.5,
    max_cases=30,
    tight=0.99,
)  # fmt: skip
def john_is_optimal(case: Any, subject: Callable[..., JohnResult]) -> list[Observation]:
    """max g - 1 <= excess, sum v = r, and log det lacks at most r log(max g)."""
    tol = case.tol if case.method == "away" else max(case.tol, 0.02)
    found = subject(case.A, tol=tol, method=case.method)
    v = found.weights
    c: Any = found.certificate
    best = john_weights(case.A, tol=1e-10).weights
    Q = np.linalg.qr(case.A)[0]
    gap = np.linalg.slogdet(Q.T @ (best[:, None] * Q))[1]
    gap -= np.linalg.slogdet(Q.T @ (v[:, None] * Q))[1]
    excess = float(_g(case.A, v).max()) - 1.0
    return [
        Observation(excess, c.excess.value + 1e-12, note="excess"),
        Observation(excess, tol * (1.0 + 1e-6) + 1e-12, note="tolerance"),
        Observation(float(gap), c.volume_gap.value + 1e-11, note="volume"),
        Observation(abs(float(v.sum()) - found.rank), 1e-12, note="sum"),
    ]


@claim(
    "sensitivity-john-average",
    source="Cohen, Cousins, Lee & Yang 2019, arXiv 1905.11580",
    kind="always",
    domain="matrix",
    subject=john_average,
    mutants={
        "half as much": lambda n, r, steps: math.sqrt(john_average(n, r, steps)),
        "twice the steps": lambda n, r, steps: john_average(n, r, 2 * steps),
    },
    cases=lambda index, rng: {
        "A": _design(index, rng), "steps": int(rng.integers(1, 12)), "label": f"case {index}",
        "size": 30.0,
    },
    budget=0.2,
    max_cases=24,
    tight=0.9,
)  # fmt: skip
def average_of_iterates(case: Any, subject: Callable[..., float]) -> Observation:
    """The average of T iterates of w <- tau(W^(1/2) A) has max g <= (n/r)^(1/T)."""
    A = case.A
    n, r = A.shape
    w, total = np.full(n, r / n), np.zeros(n)
    for _ in range(case.steps):
        total += w
        w = w * _g(A, w)
    largest = float(_g(A, total / case.steps).max())
    return Observation(largest, subject(n, r, case.steps) * (1.0 + 1e-10))
