"""What is known of a vector and a stream bounds the angle to the top eigenvector."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.streaming import bounds
from linsub.testing import gallery
from linsub.verify import Observation, claim

EPS = float(np.finfo(np.float64).eps)
FULL = 5000


def spectrum(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the eigenvalues of A^T A and v_1."""
    _, S, Vh = np.linalg.svd(A, full_matrices=A.shape[0] < A.shape[1])
    lam = np.zeros(A.shape[1])
    lam[: S.size] = np.square(S)
    return lam, Vh[0]


def sine(v: np.ndarray, w: np.ndarray) -> float:
    return float(np.linalg.norm(v - w * (w @ v)))


def streams(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a stream of every kind in turn."""
    kind = gallery.STREAMS[index % len(gallery.STREAMS)]
    n, d = int(rng.integers(1, 120)), int(rng.integers(2, 12))
    A = gallery.stream(kind, n, d, rng=rng)
    return {"A": A, "label": f"{kind} {n} x {d}", "size": float(A.size)}


def _rated(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a stream with a rate between 1e-12 and 1e12 and a row to begin at."""
    if index % 4 == 3:
        # One heavy direction and the next one met last, at full strength.
        A = np.zeros((41, 3))
        A[:40, 0], A[40, 1] = 1.0, float(rng.uniform(0.2, 1.0))
        return {"A": A, "eta": float(rng.uniform(0.5, 2.0)), "late": 0, "v0": None, "label": "last"}
    case = streams(index, rng)
    A = case["A"]
    eta = 10.0 ** rng.uniform(-12.0, 12.0)
    if index % 2:  # where something happens
        eta = float(rng.uniform(0.1, 30.0)) / max(float(np.square(A).sum()), 1e-300)
        eta = min(max(eta, 1e-300), 1e300)
    late = int(rng.integers(0, A.shape[0])) if index % 5 == 0 else 0
    return {**case, "eta": eta, "late": late, "v0": rng.standard_normal(A.shape[1])}


def _oja(A: np.ndarray, eta: float, v: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the direction of the iterate and log of its norm, row by row."""
    log_norm = 0.0
    for a in A:
        v = v + (eta * float(a @ v)) * a
        size = float(np.linalg.norm(v))
        v, log_norm = v / size, log_norm + math.log(size)
    return v, log_norm


@claim(
    "streaming-growth",
    source="docs/theory/streaming.md; after Price & Xun 2024",
    kind="always",
    domain="stream",
    subject=bounds.growth_bound,
    mutants={
        "the start forgotten": lambda eta, lam2, log_norm, p0=1.0, **kw: bounds.growth_bound(
            eta, lam2, log_norm, 0.0, **kw
        ),
        "a fifth of the noise": lambda eta, lam2, log_norm, p0=1.0, **kw: bounds.growth_bound(
            eta, 0.04 * lam2, log_norm, p0, **kw
        ),
    },
    cases=_rated,
    tight=0.9,
    budget=0.5,
    max_cases=120,
    full_cases=FULL,
)
def growth(case: Any, subject: Callable[..., float]) -> list[Observation]:
    """||P v_n|| / ||v_n|| <= sqrt(eta lambda_2 / 2) + ||P v_0|| / ||v_n||, at any rate"""
    A, eta = case.A, case.eta
    _, v1 = spectrum(A)
    total = float(np.square(A).sum())
    start = case.v0 if case.v0 is not None else np.array([1.0, 0.0, 0.0])
    v, log_norm = _oja(A[case.late :], eta, start / np.linalg.norm(start))
    kappa = bounds.growth_rounding(eta, total, A.shape[0], A.shape[1])
    found = []
    for w, name in ((v1, "v_1"), (np.eye(A.shape[1])[-1], "any w")):
        AP = A - np.outer(A @ w, w)
        above = float(np.square(np.linalg.norm(AP, 2))) * (1.0 + 1e-12)
        # What is left of a large direction by rounding is not zero.
        above += (30.0 * EPS) ** 2 * total * A.shape[1]
        start_off = sine(start / np.linalg.norm(start), w)
        bound = subject(eta, above, log_norm, min(1.0, start_off + 1e-15), rounding=kappa)
        found.append(Observation(sine(v, w), bound + 30.0 * EPS, note=name))
    return found


@claim(
    "streaming-heavy-row",
    source="docs/theory/streaming.md",
    kind="always",
    domain="stream",
    subject=bounds.heavy_row_bound,
    mutants={
        "no root": lambda row_sq, lam2: min(1.0, lam2 / row_sq),
        "half": lambda row_sq, lam2: 0.5 * bounds.heavy_row_bound(row_sq, lam2),
    },
    cases=streams,
    tight=0.9,
    budget=0.2,
    full_cases=FULL,
)
def heavy_row(case: Any, subject: Callable[..., float]) -> Observation | None:
    """sin(a_i, v_1) <= sqrt(lambda_2) / ||a_i|| for every row"""
    lam, v1 = spectrum(case.A)
    sizes = np.linalg.norm(case.A, axis=1)
    if lam[0] == 0.0:
        return None
    worst = Observation(0.0, 1.0)
    for a, size in zip(case.A, sizes, strict=True):
        if size * size <= 1e-12 * lam[0]:
            continue
        slack = 100.0 * EPS * math.sqrt(lam[0]) / size
        seen = Observation(sine(a / size, v1), subject(size * size, float(lam[1])) + slack)
        if seen.measured * worst.bound >= worst.measured * seen.bound:
            worst = seen
    return worst


def _pairs(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a matrix and a unit vector at some angle from its top eigenvector."""
    d = 2 if index % 3 == 0 else int(rng.integers(2, 10))
    A = rng.standard_normal((int(rng.integers(1, 20)), d)) * 10.0 ** rng.uniform(-1.5, 1.5, d)
    if index % 5 == 4:
        A[1:] = A[:1]
    _, v1 = spectrum(A)
    x = rng.standard_normal(d)
    x -= v1 * (v1 @ x)
    angle = 10.0 ** rng.uniform(-6.0, 0.1)
    v = math.cos(angle) * v1 + math.sin(angle) * x / np.linalg.norm(x)
    return {"A": A, "v": v / np.linalg.norm(v), "size": float(d), "label": f"d = {d}"}


@claim(
    "streaming-residual",
    source="Davis & Kahan 1970; docs/theory/streaming.md",
    kind="always",
    domain="pair",
    subject=bounds.residual_certificate,
    mutants={
        "half": lambda rho, r, lam2: 0.5 * bounds.residual_certificate(rho, r, lam2),
        "the gap of none": lambda rho, r, lam2: bounds.residual_certificate(rho, r, 0.0),
    },
    cases=_pairs,
    tight=0.99,
    budget=0.2,
    full_cases=FULL,
)
def residual(case: Any, subject: Callable[..., float]) -> list[Observation]:
    """sin(v, v_1) <= ||M v - rho v|| / (rho - lambda_2), and with ||A||_F^2 - rho for lambda_2"""
    lam, v1 = spectrum(case.A)
    Av = case.A @ case.v
    rho = float(Av @ Av)
    small = 100.0 * EPS * float(lam.sum())
    r = float(np.linalg.norm(case.A.T @ Av - rho * case.v)) + small
    off = sine(case.v, v1) - 100.0 * EPS * float(lam[0]) / max(float(lam[0] - lam[1]), 1e-300)
    return [
        Observation(max(off, 0.0), subject(rho, r, float(lam[1]) + small), note="lambda_2"),
        Observation(max(off, 0.0), subject(rho, r, float(lam.sum()) - rho + small), note="trace"),
    ]


@claim(
    "streaming-rayleigh",
    source="docs/theory/streaming.md",
    kind="always",
    domain="pair",
    subject=bounds.rayleigh_bound,
    mutants={
        "no root": lambda rho, lam1, lam2: bounds.rayleigh_bound(rho, lam1, lam2) ** 2,
        "lambda_1 alone": lambda rho, lam1, lam2: bounds.rayleigh_bound(rho, lam1, 0.0),
    },
    cases=_pairs,
    tight=0.99,
    budget=0.2,
    full_cases=FULL,
)
def rayleigh(case: Any, subject: Callable[..., float]) -> list[Observation]:
    """sin(v, v_1) <= sqrt((l_1 - rho) / (l_1 - l_2)) for any l_1 >= lambda_1 and l_2 >= lambda_2"""
    lam, v1 = spectrum(case.A)
    rho = float(np.square(np.linalg.norm(case.A @ case.v)))
    small = 100.0 * EPS * float(lam.sum())
    off = max(0.0, sine(case.v, v1) - 1e-12)
    return [
        Observation(
            off,
            subject(
                rho - small, (1.0 + more) * float(lam[0]) + small, (1.0 + more) * float(lam[1])
            ),
            note=f"{more:g} above",
        )
        for more in (0.0, 0.3)
    ]


@claim(
    "streaming-trace",
    source="docs/theory/streaming.md",
    kind="always",
    domain="pair",
    subject=bounds.trace_bound,
    mutants={
        "no root": lambda rho, total: bounds.trace_bound(rho, total) ** 2,
        "half": lambda rho, total: 0.5 * bounds.trace_bound(rho, total),
    },
    cases=_pairs,
    tight=0.99,
    budget=0.2,
    full_cases=FULL,
)
def trace(case: Any, subject: Callable[..., float]) -> Observation:
    """sin(v, v_1) <= sqrt(1 - rho / ||A||_F^2) where rho > ||A||_F^2 / 2"""
    lam, v1 = spectrum(case.A)
    total = float(lam.sum())
    rho = float(np.square(np.linalg.norm(case.A @ case.v)))
    off = max(0.0, sine(case.v, v1) - 1e-12)
    return Observation(off, subject(rho - 100.0 * EPS * total, total))


@claim(
    "streaming-angle-sum",
    source="The triangle inequality on the sphere",
    kind="always",
    domain="formula",
    subject=bounds.angle_sum_bound,
    mutants={
        "the larger": lambda a, b: max(a, b),
        "a root of squares": lambda a, b: min(1.0, math.hypot(a, b)),
    },
    cases=lambda index, rng: {"angles": 10.0 ** rng.uniform(-5.0, 0.19, 2), "size": 3.0},
    tight=0.999,
    budget=0.1,
    full_cases=FULL,
)
def angle_sum(case: Any, subject: Callable[..., float]) -> list[Observation]:
    """sin of the angle from x over y to z is at most sin(a + b), and 1 beyond pi/2"""
    a, b = (float(x) for x in case.angles)
    turn = float(case.rng.uniform(-1.0, 1.0))
    found = []
    for c in (-1.0, turn):
        x = np.array([math.cos(a), math.sin(a), 0.0])
        z = np.array([math.cos(b), math.sin(b) * c, math.sin(b) * math.sqrt(max(0.0, 1.0 - c * c))])
        bound = subject(math.sin(a), math.sin(b)) if max(a, b) < math.pi / 2 else 1.0
        found.append(Observation(sine(x, z), bound + 8.0 * EPS))
    return found


def _steps(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a semidefinite matrix of any rank and an angle."""
    d = 2 if index % 2 == 0 else int(rng.integers(2, 8))
    B = rng.standard_normal((1 if index % 4 == 0 else int(rng.integers(1, 10)), d))
    B[:, 0] *= 10.0 ** rng.uniform(0.0, 1.5)
    x = rng.standard_normal(d)
    x[0] = 0.0
    tangent = 10.0 ** rng.uniform(-4.0, 0.5)
    z = tangent * x / np.linalg.norm(x)
    z[0] = 1.0 if index % 8 < 4 else -1.0
    return {"B": B, "z": z, "tangent": tangent, "size": float(d), "label": f"d = {d}"}


@claim(
    "streaming-psd-step",
    source="docs/theory/streaming.md",
    kind="always",
    domain="pair",
    subject=bounds.psd_step_bound,
    mutants={
        "no cross terms": lambda a, b, t: b * t / a,
        "half": lambda a, b, t: 0.5 * bounds.psd_step_bound(a, b, t),
    },
    cases=_steps,
    tight=0.99,
    budget=0.2,
    full_cases=FULL,
)
def psd_step(case: Any, subject: Callable[..., float]) -> Observation:
    """tan t' <= (sqrt(a b) + b tan t) / (a - sqrt(a b) tan t) after a step with any N >= 0"""
    N = case.B.T @ case.B
    a, b = float(N[0, 0]), float(np.linalg.norm(N[1:, 1:], 2)) * (1.0 + 1e-14)
    y = N @ case.z
    bound = subject(a, b, case.tangent)
    tangent = float(np.linalg.norm(y[1:])) / abs(float(y[0])) if y[0] != 0.0 else 1e300
    # Where the denominator cancels so does the first entry of N z.
    return Observation(tangent, bound * (1.0 + 1e-10) if bound < 1e6 else math.inf)
