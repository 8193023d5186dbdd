"""Oja's rule: the product that it is, streams in closed form, growth, and its error laws."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.streaming import HistoryPCA, oja
from linsub.streaming.bounds import (
    batch_pca_variance,
    oja_asymptotic_variance,
    oja_axis_growth,
    oja_rank_one_tangent,
    oja_stationary_error,
)
from linsub.testing import gallery
from linsub.verify import Observation, claim

EPS = float(np.finfo(np.float64).eps)

# A case whose product itself is more sensitive than this shows nothing.
_SENSITIVE = 1e9

Found = tuple[np.ndarray, float]


def _stream_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = gallery.STREAMS[index % len(gallery.STREAMS)]
    n, d = int(rng.integers(1, 40)), int(rng.integers(1, 9))
    A = gallery.stream(kind, n, d, rng=rng)
    squares = np.sum(A**2, axis=1)
    eta = 10.0 ** rng.uniform(-3.0, 1.0) / max(float(np.median(squares)), 1e-30)
    power = int((-500, -200, 3, 200, 500)[index % 5])
    if not abs(math.frexp(eta)[1] - 2 * power) < 1000:
        power //= 100
    v0 = rng.standard_normal(d)
    return {"A": A, "eta": eta, "v0": v0, "power": power, "label": f"{kind} {n} x {d}"}


def _product(A: np.ndarray, eta: float, v0: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return the normalised product on v0, the logarithm of its norm, and its sensitivity."""
    wide = np.longdouble
    v = v0.astype(wide) / np.sqrt(np.sum(v0.astype(wide) ** 2))
    log, sizes = 0.0, []
    for a in A.astype(wide):
        v = v + wide(eta) * a * np.sum(a * v)
        size = np.sqrt(np.sum(v**2))
        sizes.append(float(size))
        log += float(np.log(size))
        v = v / size
    # A rounding at row i, eps (1 + eta ||a_i||^2) of v, meets the product of the later rows.
    P, sensitivity = np.eye(A.shape[1]), 1.0
    for a, size in zip(A[::-1], sizes[::-1], strict=True):
        sensitivity += float(np.linalg.norm(P, 2)) * (1.0 + eta * float(a @ a)) / size
        P = (P + eta * np.outer(P @ a, a)) / size
    return v.astype(np.float64), log, sensitivity


def _apart(found: np.ndarray, truth: np.ndarray) -> float:
    return float(min(np.linalg.norm(found - truth), np.linalg.norm(found + truth)))


@claim(
    "streaming-oja-product",
    source="Oja 1982; the update is linear, proof in docs/theory/streaming.md",
    kind="exact",
    domain="stream",
    subject=oja,
    mutants={
        "rows of norm 1": lambda A, eta, v0: oja(
            A / np.maximum(np.linalg.norm(A, axis=1, keepdims=True), 1e-300), eta, v0
        ),
        "from the last row": lambda A, eta, v0: oja(A[::-1], eta, v0),
        "the last row lost": lambda A, eta, v0: oja(A[:-1], eta, v0),
        "another rate": lambda A, eta, v0: oja(A, 1.000001 * eta, v0),
    },
    cases=_stream_case,
    budget=0.4,
)
def product(case: Any, subject: Callable[..., Found]) -> list[Observation] | None:
    """v_n is the normalised product of all I + eta a_i a_i^T on v_0, in the unit of eta a^2"""
    truth, log, sensitivity = _product(case.A, case.eta, case.v0)
    if not sensitivity < _SENSITIVE:
        return None
    vector, log_norm = subject(case.A, case.eta, case.v0)
    p = case.power
    scaled, same = subject(np.ldexp(case.A, p), float(np.ldexp(case.eta, -2 * p)), case.v0)
    return [
        Observation(_apart(vector, truth), 0.0, sensitivity, note="vector"),
        Observation(log_norm, log, sensitivity + abs(log), note="growth"),
        Observation(_apart(scaled, vector), 0.0, 0.0, note="unit, to the bit"),
        Observation(same, log_norm, 1.0 + abs(log), note="unit, growth"),
    ]


def _simple_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = int(rng.integers(2, 30))
    eta = 10.0 ** rng.uniform(-2.0, 1.0)
    v0 = rng.standard_normal(d)
    if index % 2:
        u = rng.standard_normal(d)
        lengths = rng.standard_normal(int(rng.integers(1, 12)))
        A = np.outer(lengths, u / np.linalg.norm(u))
        return {"A": A, "u": u / np.linalg.norm(u), "eta": eta, "v0": v0, "label": "rank one"}
    # The stream on which every fixed rate fails, for some of these rates and sizes.
    counts = rng.integers(1, 20, d)
    squares = 1.0 / rng.integers(1, 30, d)
    axes = rng.permutation(np.repeat(np.arange(d), counts))
    A = np.eye(d)[axes] * np.sqrt(squares[axes])[:, None]
    named = {"counts": counts, "squares": squares, "u": None}
    return {"A": A, "eta": eta, "v0": v0, "label": "axes", **named}


@claim(
    "streaming-oja-closed-form",
    source="Kacham & Woodruff 2024 state such a stream; closed form in docs/theory/streaming.md",
    kind="exact",
    domain="stream",
    subject=oja,
    mutants={
        "normalised rows": lambda A, eta, v0: oja(
            A / np.linalg.norm(A, axis=1, keepdims=True), eta, v0
        ),
        "all rows at once": lambda A, eta, v0: _at_once(A, eta, v0),
    },
    cases=_simple_case,
    eps_multiple=300.0,
    budget=0.2,
)
def closed_form(case: Any, subject: Callable[..., Found]) -> Observation:
    """Rows along axes: v_n ~ exp(growth) v_0; along u: tan shrinks by prod 1 + eta ||a||^2"""
    vector = np.asarray(subject(case.A, case.eta, case.v0)[0])
    v0 = case.v0
    if case.u is not None:
        tangent = math.sqrt(max(float(v0 @ v0) / float(case.u @ v0) ** 2 - 1.0, 0.0))
        bound = oja_rank_one_tangent(tangent, np.sum(case.A**2, axis=1), case.eta)
        c = float(case.u @ vector)
        measured = float(np.linalg.norm(vector - c * case.u)) / abs(c)
        return Observation(measured, bound, 1.0 + tangent**2, note="rank one")
    growth = oja_axis_growth(case.squares, case.counts, case.eta)
    truth = v0 * np.exp(growth - growth.max())
    return Observation(_apart(vector, truth / np.linalg.norm(truth)), 0.0, 1.0, note="axes")


def _at_once(A: np.ndarray, eta: float, v0: np.ndarray) -> Found:
    v = v0 + eta * A.T @ (A @ v0)
    return v / np.linalg.norm(v), 0.0


def _growth_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    case = _stream_case(index, rng)
    return {**case, "eta": 10.0 ** rng.uniform(-12.0, 12.0)}


def _linearised(A: np.ndarray, eta: float, v0: np.ndarray) -> Found:
    """v + eta y (a - y v), which keeps the norm near 1 instead of letting it grow."""
    v = v0 / np.linalg.norm(v0)
    step = min(eta, 0.1 / max(float(np.sum(A**2, axis=1).max(initial=0.0)), 1e-300))
    for a in A:
        y = a @ v
        v = v + step * y * (a - y * v)
    return v / np.linalg.norm(v), float(np.log(np.linalg.norm(v)))


@claim(
    "streaming-oja-growth",
    source="Price & Xun 2024; proof in docs/theory/streaming.md",
    kind="always",
    domain="stream",
    subject=oja,
    mutants={
        "the norm held near one": _linearised,
        "the norm of the last row": lambda A, eta, v0: (v0, float(np.log1p(A[-1] @ A[-1]))),
    },
    cases=_growth_case,
    slack="rows that are not orthogonal to the vector make it grow",
    budget=0.3,
)
def growth(case: Any, subject: Callable[..., Found]) -> list[Observation]:
    """log ||v_n|| never decreases, and grows by log(1 + eta ||a||^2) at most, at any rate"""
    cuts = sorted({0, *range(1, len(case.A) + 1, max(1, len(case.A) // 6)), len(case.A)})
    logs = [0.0 if n == 0 else subject(case.A[:n], case.eta, case.v0)[1] for n in cuts]
    seen = []
    with np.errstate(over="ignore"):
        most = np.log1p(case.eta * np.sum(case.A**2, axis=1))
    for i, (low, high) in enumerate(itertools.pairwise(cuts)):
        before, after = logs[i : i + 2]
        rounding = 30.0 * EPS * (1.0 + abs(after) + high)
        seen.append(Observation(before - after, rounding, note="never less"))
        seen.append(Observation(after - before, float(most[low:high].sum()) + rounding))
    return seen


# ---------------------------------------------------------------------- error laws

_LAMBDA = np.array([1.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1])
_RUNS = 40


def _rows(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.standard_normal((n, _LAMBDA.size)) * np.sqrt(_LAMBDA))


def _mean_error(run: Callable[[np.ndarray, np.ndarray], Any], n: int, rng: Any) -> float:
    """Return the mean of sin^2 over runs that begin at the truth: no start is to be forgotten."""
    top = np.eye(_LAMBDA.size)[0]
    rows = [_rows(n, rng) for _ in range(_RUNS)]
    vectors = [np.asarray(run(X, top)).ravel() for X in rows]
    return float(np.mean([float(v[1:] @ v[1:]) for v in vectors]))


_LENGTHS = (300, 600, 1200, 2400)
_C, _BETA = 3.0, 20.0


@claim(
    "streaming-oja-decaying",
    source="textbook stochastic approximation; derivation in docs/theory/streaming.md",
    kind="rate",
    domain="stream",
    subject=oja,
    slope=(-1.3, -0.75),
    mutants={
        "a constant rate": lambda X, eta, v0: oja(X, eta[0], v0),
        "one over the root": lambda X, eta, v0: oja(X, 0.1 * np.sqrt(eta), v0),
    },
    cases=lambda index, rng: {"n": _LENGTHS[index % 4], "label": f"n = {_LENGTHS[index % 4]}"},
    min_cases=8,
    max_cases=8,
    full_cases=80,
    budget=0.4,
)
def decaying(case: Any, subject: Callable[..., Found]) -> Observation:
    """At the rates c / (beta + t) the squared sine falls like V(c) / n"""
    rates = _C / (_BETA + np.arange(1.0, case.n + 1.0))
    found = _mean_error(lambda X, top: subject(X, rates, top)[0], case.n, case.rng)
    return Observation(found, oja_asymptotic_variance(_LAMBDA, _C) / case.n, size=float(case.n))


_STEPS = (0.04, 0.02, 0.01, 0.005)


@claim(
    "streaming-oja-constant",
    source="textbook stochastic approximation; derivation in docs/theory/streaming.md",
    kind="rate",
    domain="stream",
    subject=oja,
    slope=(0.75, 1.3),
    mutants={
        "rates that decay": lambda X, eta, v0: oja(X, eta / np.arange(1.0, len(X) + 1.0), v0),
        "the square of the rate": lambda X, eta, v0: oja(X, 10.0 * eta**2, v0),
    },
    cases=lambda index, rng: {"eta": _STEPS[index % 4], "label": f"eta = {_STEPS[index % 4]}"},
    min_cases=8,
    max_cases=8,
    full_cases=80,
    budget=0.4,
)
def constant(case: Any, subject: Callable[..., Found]) -> Observation:
    """At a constant rate the squared sine stays at a height in proportion to the rate"""
    n = int(6.0 / case.eta)
    found = _mean_error(lambda X, top: subject(X, case.eta, top)[0], n, case.rng)
    return Observation(found, oja_stationary_error(_LAMBDA, case.eta), size=case.eta)


def _history(X: np.ndarray, start: np.ndarray) -> Any:
    # All rows in one batch: power steps on the sample covariance.
    pca = HistoryPCA(1, batch=len(X), sweeps=25, start=start[None, :])
    return pca.update(X).result()[0]


@claim(
    "streaming-batch-pca",
    source="Anderson 1963; derivation in docs/theory/streaming.md",
    kind="rate",
    domain="stream",
    subject=_history,
    slope=(-1.3, -0.75),
    mutants={
        "the last 100 rows": lambda X, start: _history(X[-100:], start),
        "the root of the rows": lambda X, start: _history(X[: int(4 * np.sqrt(len(X)))], start),
    },
    cases=lambda index, rng: {"n": _LENGTHS[index % 4], "label": f"n = {_LENGTHS[index % 4]}"},
    min_cases=8,
    max_cases=8,
    full_cases=80,
    budget=0.5,
)
def batch_pca(case: Any, subject: Callable[..., Any]) -> Observation:
    """The top eigenvector of the sample covariance has the squared sine V / n"""
    found = _mean_error(subject, case.n, case.rng)
    return Observation(found, batch_pca_variance(_LAMBDA) / case.n, size=float(case.n))
