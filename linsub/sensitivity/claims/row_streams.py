"""Streams of rows: online leverage, and what merging and reducing does to norms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.sensitivity import (
    MergeReduceCoreset,
    OnlineLeverageSampler,
    RowSample,
    StreamSample,
    StreamSampleCertificate,
    embedding_distortion,
    leverage_scores,
    sample_rows,
)
from linsub.sensitivity.bounds import interval_product, online_leverage_total
from linsub.verify import Observation, Sample, claim

EPS = float(np.finfo(np.float64).eps)


def _arriving(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, d = 120, 3
    kind = ("orthogonal", "Gaussian", "heavy tails", "new directions late")[index % 4]
    lam = (1.0, 1e-3, 10.0)[index % 3]
    A = rng.standard_normal((n, d)) if kind == "Gaussian" else rng.standard_t(1.5, (n, d))
    if kind == "new directions late":
        A[:80, 1:] = 0.0
    if kind == "orthogonal":
        # Each has t = 1, where log2(1 + t) = t.
        A = math.sqrt(lam) * np.eye(d)
    return {
        "A": A, "lam": lam, "blocked": index % 5 == 4, "label": kind, "size": float(len(A))
    }  # fmt: skip


def _online(A: np.ndarray, lam: float, blocked: bool, rng: Any) -> Any:
    stream = OnlineLeverageSampler(1.0, lam=lam, blocked=blocked, rng=rng)
    for block in np.array_split(A, 7):
        stream.update(block)
    return stream.result()


def _changed(factor: float) -> Callable[..., StreamSample]:
    def run(A: np.ndarray, lam: float, blocked: bool, rng: Any) -> StreamSample:
        found = _online(A, lam, blocked, rng)
        details = {**found.info.details, "total": found.info.details["total"] * factor}
        info = type(found.info)("changed", details=details)
        return StreamSample(found.rows, found.weights / factor, found.indices, 2.0, info=info)

    return run


@claim(
    "sensitivity-online-leverage",
    source="Cohen, Musco & Pachocki 2016, arXiv 1604.05448",
    kind="always",
    domain="stream",
    subject=_online,
    mutants={"a tenth less": _changed(0.9), "half more": _changed(1.5)},
    cases=_arriving,
    budget=0.3,
    max_cases=24,
    tight=0.999,
)
def online(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """Online scores are at least tau_i(lam), and their sum at most log2 det(I + A^T A/lam)."""
    A, lam = case.A, case.lam
    found = subject(A, lam, case.blocked, case.rng)
    # Ridge leverage is leverage with sqrt(lam) I below.
    tau, _ = leverage_scores(np.concatenate([A, math.sqrt(lam) * np.eye(A.shape[1])]))
    tau = tau[: len(A)]
    rounding = 1.0 + 1e4 * EPS
    # With c = 1 a row that is kept weighs one over its score.
    most = float((tau[found.indices] * found.weights).max(initial=0.0))
    total = found.info.details["total"]
    seen = [
        Observation(most, rounding, note="leverage over score"),
        Observation(float(tau.sum()), total * rounding, note="sum of leverage"),
    ]
    if not case.blocked:
        bound = online_leverage_total(np.linalg.svd(A, compute_uv=False).tolist(), lam)
        seen.append(Observation(total, bound * rounding, note="sum"))
    return seen


def _twice(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = 1 + index % 3
    A = rng.standard_t(2, (200, d))
    p = 1.0 if index % 2 else 2.0
    return {"A": A, "p": p, "label": f"p = {p:g}, d = {d}", "size": float(d)}


Interval = tuple[float, float]


@claim(
    "sensitivity-compounding",
    source="ratios of norms multiply",
    kind="always",
    domain="sampler",
    subject=interval_product,
    mutants={"the last alone": lambda parts: parts[-1], "the widest": lambda parts: max(
        parts, key=lambda part: part[1] - part[0])},
    cases=_twice,
    budget=0.25,
    max_cases=20,
    tight=0.999,
)  # fmt: skip
def compounding(case: Any, subject: Callable[[list[Interval]], Interval]) -> list[Observation]:
    """The distortion of a sample of a sample is within the product of the two intervals."""
    A, p, rng = case.A, case.p, case.rng
    first = sample_rows(A, p, 60, rng=rng)
    B = first.apply(A)
    second = sample_rows(B, p, 20, rng=rng)
    both = RowSample(
        first.indices[second.indices],
        first.weights[second.indices] * second.weights,
        np.ones(len(A)),
        p,
    )
    parts = [embedding_distortion(A, first, p), embedding_distortion(B, second, p)]
    low, high = subject([(part.lower, part.upper) for part in parts])
    found = embedding_distortion(A, both, p)
    return [
        Observation(found.upper, high * (1.0 + 1e-9), note="upper"),
        Observation(low, found.lower * (1.0 + 1e-9) + 1e-12, note="lower"),
    ]


def _stream(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d, p = ((1, 2.0), (2, 2.0), (2, 1.0), (2, 4.0), (3, 2.0))[index % 5]
    A = rng.standard_t(2, (900, d)) if index % 2 else rng.standard_normal((900, d))
    return {"A": A, "p": p, "label": f"p = {p:g}, d = {d}", "size": float(d)}


def _reduced(A: np.ndarray, p: float, size: int, rng: Any) -> Any:
    stream = MergeReduceCoreset(size, p, rng=rng)
    for block in np.array_split(A, 9):
        stream.update(block)
    return stream.result()


def _weights_lost(A: np.ndarray, p: float, size: int, rng: Any) -> StreamSample:
    """Weights 1 where there should be products."""
    found = _reduced(A, p, size, rng)
    weights = np.minimum(found.weights, 4.0)
    return StreamSample(
        found.rows, weights, found.indices, p, certificate=found.certificate, info=found.info
    )


def _one_level(A: np.ndarray, p: float, size: int, rng: Any) -> StreamSample:
    """The interval of a single reduction."""
    found = _reduced(A, p, size, rng)
    bounds = []
    for bound in (found.certificate.lower, found.certificate.upper):
        bounds.append(type(bound)(float(bound) ** 0.25, "bound", bound.of, origin="carried"))
    certificate = StreamSampleCertificate(*bounds)
    return StreamSample(*found, certificate=certificate, info=found.info)


@claim(
    "sensitivity-merge-reduce",
    source="Har-Peled & Mazumdar 2004; sensitivity-compounding and the additivity of p-th powers",
    kind="always",
    domain="stream",
    subject=_reduced,
    mutants={"weights cut": _weights_lost, "one level": _one_level},
    cases=_stream,
    budget=0.4,
    max_cases=15,
    slack="Errors of a level partly cancel; a product has all of them on one side.",
)
def merge_reduce(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """The distortion of what is kept of a stream is within the carried interval."""
    A, p = case.A, case.p
    found = subject(A, p, 60, case.rng)
    kept = RowSample(found.indices, found.weights, np.ones(len(A)), p)
    true = embedding_distortion(A, kept, p, method="search" if p == 4.0 else "exact", rng=0)
    low, high = float(found.certificate.lower), float(found.certificate.upper)
    return [
        Observation(true.upper, high * (1.0 + 1e-9), note="upper"),
        Observation(low, true.lower * (1.0 + 1e-9) + 1e-12, note="lower"),
    ]


def _short(index: int, rng: np.random.Generator) -> dict[str, Any]:
    A = rng.standard_normal((32, 2))
    return {"A": A, "p": (2.0, 1.0)[index % 2], "label": "32 rows", "size": 32.0}


def _uncertified(A: np.ndarray, p: float, rng: Any) -> StreamSample:
    stream = MergeReduceCoreset(8, p, scores="leverage", certify=False, rng=rng)
    return stream.update(A).result()


def _of_last_level(A: np.ndarray, p: float, rng: Any) -> StreamSample:
    found = _uncertified(A, p, rng)
    weights = found.weights**0.5
    return StreamSample(found.rows, weights, found.indices, p)


@claim(
    "sensitivity-stream-unbiased",
    source="the tower rule",
    kind="expectation",
    domain="stream",
    subject=_uncertified,
    mutants={
        "weights of one level": _of_last_level,
        "heavier": lambda A, p, rng: StreamSample(
            *(part * (1.5 if k == 1 else 1) for k, part in enumerate(_uncertified(A, p, rng)))
        ),
    },
    cases=_short,
    budget=0.4,
    min_cases=2,
    max_cases=2,
)
def stream_unbiased(case: Any, subject: Callable[..., StreamSample]) -> list[Sample]:
    """E ||S A x||_p^p = ||A x||_p^p through two levels."""
    A, p, rng = case.A, case.p, case.rng
    x = np.array([1.0, -0.5])
    norm = (np.abs(A @ x) ** p).sum()
    ratios = np.empty(200)
    for k in range(ratios.size):
        rows, weights, _, _ = subject(A, p, rng)
        ratios[k] = weights @ np.abs(rows @ x) ** p / norm
    return [
        Sample(ratios, 1.0, lower=None, note="not more"),
        Sample(-ratios, -1.0, lower=None, note="not less"),
    ]
