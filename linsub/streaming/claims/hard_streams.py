"""Streams on which methods fail as formulas say, and certificates that hold on all of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.streaming import EigResult, StreamingTopEigenvector, bounds
from linsub.streaming.claims.top import FULL, sine, spectrum
from linsub.testing import gallery
from linsub.verify import Observation, claim


def _hard(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d, k, m = int(rng.integers(2, 9)), int(rng.integers(1, 6)), int(rng.integers(1, 30))
    A = rng.permutation(gallery.hard_fixed_rate(d, k, m))
    eta = 10.0 ** rng.uniform(-3.0, 3.0)
    start = rng.standard_normal(d)
    return {"A": A, "k": k, "m": m, "eta": eta, "start": start, "size": float(d)}


@claim(
    "streaming-hard-rate",
    source="docs/theory/streaming.md; cf. Kacham & Woodruff 2024",
    kind="exact",
    domain="stream",
    subject=bounds.hard_rate_cosine,
    mutants={
        "the limit of small rows": lambda eta, k, m, first, rest: bounds.hard_rate_cosine(
            eta, k, 10**9, first, rest
        ),
        "one heavy row more": lambda eta, k, m, first, rest: bounds.hard_rate_cosine(
            eta, k + 1, m, first, rest
        ),
    },
    cases=_hard,
    eps_multiple=5000.0,
    budget=0.3,
    max_cases=40,
    full_cases=FULL,
)
def hard_rate(case: Any, subject: Callable[..., float]) -> Observation:
    """cos^2(v_n, e_1) of Oja at any fixed rate, in any order, on the stream that none solves"""
    v = case.start.copy()
    for a in case.A:
        v = v + (case.eta * float(a @ v)) * a
        v /= np.linalg.norm(v)
    squares = np.square(case.start)
    expected = subject(case.eta, case.k, case.m, float(squares[0]), float(squares[1:].sum()))
    return Observation(float(v[0] * v[0]), expected)


def _succeeding(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a hard stream for which the best rate's cosine is small, in one of three orders."""
    d, k, m = 48, 3, 12
    A = gallery.hard_fixed_rate(d, k, m)
    order = ("random", "heavy first", "heavy last")[index % 3]
    light = rng.permutation(A[k:])
    if order == "random":
        A = rng.permutation(A)
    else:
        A = np.vstack([A[:k], light] if order == "heavy first" else [light, A[:k]])
    A = A @ np.linalg.qr(rng.standard_normal((d, d)))[0]
    return {"A": A, "k": k, "m": m, "label": order, "size": float(d)}


def _stream(A: np.ndarray, **options: Any) -> EigResult:
    """Return the result for a stream that comes in a few blocks, without a covariance matrix."""
    stream = StreamingTopEigenvector(A.shape[1], **{"covariance_limit": 0, **options})
    for block in np.array_split(A, 5):
        stream.update(block)
    return stream.result()


@claim(
    "streaming-hard-order",
    source="docs/theory/streaming.md; cf. Kacham & Woodruff 2024",
    kind="always",
    domain="stream",
    subject=_stream,
    mutants={
        "no heavy rows": lambda A, **kw: _stream(A, method="oja_grid", heavy_rows=0, sketch_size=0),
        "chains that are old": lambda A, **kw: _stream(
            A[::2], method="block_power", heavy_rows=0, sketch_size=0
        ),
    },
    cases=_succeeding,
    slack="The rows of e_1 are kept as they are: the answer is right to rounding.",
    budget=0.3,
    max_cases=12,
    full_cases=300,
)
def hard_order(case: Any, subject: Callable[..., EigResult]) -> list[Observation]:
    """Where every rate of Oja has cos^2 < 1/2 in the mean, auto is right in every order"""
    grid = np.geomspace(1e-2, 1e3, 200)
    best = max(bounds.hard_rate_cosine(eta, case.k, case.m, 1.0, 47.0) for eta in grid)
    _, v1 = spectrum(case.A)
    result = subject(case.A, rng=0)
    return [
        Observation(best, 0.5, note="the best rate"),
        Observation(sine(np.asarray(result.vector), v1), 0.1, note="auto"),
    ]


def _index(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d, beta2 = 2 * int(rng.integers(1, 20)), 10.0 ** rng.uniform(-2.0, 5.0)
    A = gallery.index_instance(d, 1, beta2, 0, rng=rng)
    return {"A": A, "beta2": beta2, "size": float(d)}


@claim(
    "streaming-index",
    source="docs/theory/streaming.md; cf. Kacham & Woodruff 2024",
    kind="exact",
    domain="stream",
    subject=bounds.index_instance_cosine,
    mutants={
        "1 - 1 / b^2": lambda beta2: 1.0 - 1.0 / (1.0 + beta2 * beta2),
        "another weight": lambda beta2: bounds.index_instance_cosine(1.01 * beta2),
    },
    cases=_index,
    budget=0.1,
    full_cases=FULL,
)
def index_instance(case: Any, subject: Callable[..., float]) -> Observation:
    """cos^2(q, v_1) of a query and the row that it asks for, in closed form"""
    _, v1 = spectrum(case.A)
    q = case.A[-1] / np.linalg.norm(case.A[-1])
    return Observation(float(q @ v1) ** 2, subject(case.beta2))


def _blocked(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = int(rng.integers(1, 4))
    A = rng.standard_normal((60, d)) / np.arange(1, d + 1)
    if index % 3 == 2:
        A = np.ones((1, 1))  # one row that is there or not
    return {"A": A, "t": float(rng.choice([1.5, 2.0, 4.0])), "size": float(A.size)}


def _accuracy(subject: Callable[..., float], failure: float, *numbers: Any) -> float:
    """Return the eps for which the formula gives that probability of failure."""
    low, high = 1e-6, 1e4
    for _ in range(80):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if subject(middle, *numbers) > failure else (low, middle)
    return high


@claim(
    "streaming-block-concentration",
    source="Tropp 2012, theorem 1.6 (matrix Bernstein)",
    kind="probability",
    domain="stream",
    subject=bounds.block_concentration,
    mutants={
        "a hundred times the rows": lambda eps, t, rho, lam1, d: bounds.block_concentration(
            eps, t, rho, 100.0 * lam1, d
        ),
        "no dimension": lambda eps, t, rho, lam1, d: bounds.block_concentration(
            4.0 * eps, t, rho, lam1, d
        ),
    },
    failure_prob=0.05,
    cases=_blocked,
    slack="Bernstein's inequality gives a factor 2 d away in front of the exponential.",
    budget=0.3,
    max_cases=40,
    full_cases=500,
)
def block_concentration(case: Any, subject: Callable[..., float]) -> list[Observation]:
    """||t B^T B - M|| < eps lambda_1 but for a probability 2 d exp(-eps^2 lambda_1 / ...)"""
    A, t = case.A, case.t
    M = A.T @ A
    lam1 = float(np.linalg.norm(M, 2))
    rho = float(np.square(A).sum(axis=1).max())
    eps = _accuracy(subject, 0.05, t, rho, lam1, A.shape[1])
    kept = case.rng.random((20, A.shape[0])) < 1.0 / t
    return [Observation(float(np.linalg.norm(t * A[k].T @ A[k] - M, 2)), eps * lam1) for k in kept]


METHODS = ("auto", "covariance", "fd", "block_power", "oja_grid")


def _any_stream(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a stream of any kind and scale, and a method with small sizes."""
    kind = gallery.STREAMS[index % len(gallery.STREAMS)]
    n, d = int(rng.integers(1, 700 if index % 4 == 0 else 200)), int(rng.integers(1, 16))
    A = gallery.stream(kind, n, d, rng=rng)
    if index % 5 == 4:
        A = A * 2.0 ** float(rng.choice([-600, 600, -1000]))
    elif index % 7 == 6:
        A = A.astype(np.float32)
    method = METHODS[int(rng.integers(0, len(METHODS)))]
    options: dict[str, Any] = {
        "method": method,
        "order": ("random", "adversarial")[int(rng.integers(0, 2))],
        "heavy_rows": int(rng.choice([0, 2, 8, 32])),
        "sketch_size": int(rng.choice([1, 3, 8, 32] if method == "fd" else [0, 1, 3, 8, 32])),
        "n_rates": int(rng.choice([1, 4, 16])),
    }
    return {
        "A": A,
        "options": options,
        "label": f"{kind} {n} x {d}, {method}",
        "size": float(A.size),
    }


def _changed(change: Callable[[EigResult], EigResult]) -> Callable[..., EigResult]:
    return lambda A, **options: change(_stream(A, **options))


def _with(result: EigResult, **wrong: Any) -> EigResult:
    fields = {**result._asdict(), **wrong}
    return EigResult(**fields, certificate=result.certificate, info=result.info)


def _narrow(result: EigResult) -> EigResult:
    second = result.certificate.second_upper if result.certificate is not None else None
    assert second is not None
    wrong = dataclasses.replace(second, value=0.5 * float(second))
    made = _with(result)
    made.certificate = dataclasses.replace(result.certificate, second_upper=wrong)  # type: ignore[type-var]
    return made


@claim(
    "streaming-top-certificate",
    source="docs/theory/streaming.md",
    kind="always",
    domain="stream",
    subject=_stream,
    mutants={
        "a third of the bound": _changed(lambda r: _with(r, sin_bound=0.3 * r.sin_bound)),
        "what was lost is forgotten": _changed(lambda r: _with(r, value=r.value[[0, 0]])),
        "half of lambda_2": _changed(_narrow),
        "the upper end for the lower": _changed(lambda r: _with(r, value=r.value[[1, 1]])),
    },
    cases=_any_stream,
    slack="Certificates allow for every stream that would have left the same state.",
    budget=1.2,
    min_cases=24,
    max_cases=150,
    full_cases=FULL,
)
def top_certificate(case: Any, subject: Callable[..., EigResult]) -> list[Observation]:
    """sin(v, v_1) <= sin_bound and lower <= lambda_1 <= upper, by every method, in every order"""
    peak = float(np.abs(case.A).max(initial=0.0))
    p = math.frexp(peak)[1]
    lam, v1 = spectrum(np.ldexp(case.A.astype(np.float64), -p))
    result = subject(case.A, rng=1, **case.options)
    second = result.certificate.second_upper if result.certificate is not None else None
    assert second is not None
    found = [
        Observation(abs(float(np.linalg.norm(result.vector)) - 1.0), 1e-14, note="norm"),
        Observation(float(result.status == "certified"), float(result.sin_bound < 1.0)),
    ]
    # The reference has errors of its own.
    gap = max(float(lam[0] - lam[1]), 1e-300) if lam.size > 1 else 1.0
    slack = 60.0 * np.finfo(np.float64).eps * float(lam[0])
    off = sine(np.asarray(result.vector), v1)
    if result.sin_bound < 1.0:
        found.append(Observation(off, result.sin_bound + slack / gap, note="sine"))
    if abs(p) > 300:  # eigenvalues beyond the numbers
        return found
    ends = [*np.asarray(result.value), float(second)]
    low, high, below = (math.ldexp(float(x), -2 * p) for x in ends)
    found.append(Observation(low, float(lam[0]) + slack, note="lower end"))
    found.append(Observation(float(lam[0]), high + slack, note="upper end"))
    if lam.size > 1:
        found.append(Observation(float(lam[1]), below + slack, note="lambda_2"))
    return found
