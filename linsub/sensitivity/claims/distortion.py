"""Distortions: what is proved holds all ratios, and what is found is attained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.sensitivity import DistortionResult, RowSample, embedding_distortion, sample_rows
from linsub.verify import Observation, claim

EPS = float(np.finfo(np.float64).eps)

# Power and columns of the cases.
SETTINGS = ((2.0, 4), (1.0, 2), (1.0, 3), (4.0, 3), (6.0, 2), (4.0, 5), (1.0, 1), (2.0, 7))


def _sampled(index: int, rng: np.random.Generator) -> dict[str, Any]:
    p, d = SETTINGS[index % len(SETTINGS)]
    n = 60
    A = rng.standard_normal((n, d)) if index % 2 else rng.standard_t(1.5, (n, d))
    if index % 5 == 0:
        A[:, -1] *= 1e-6
    if index % 7 == 0:
        A[10:20] = A[:10]
    return {"A": A, "p": p, "label": f"p = {p:g}, d = {d}", "size": float(d)}


def _narrower(A: Any, S: Any, p: float, **options: Any) -> DistortionResult:
    found = embedding_distortion(A, S, p, **options)
    middle, half = 0.5 * (found.upper + found.lower), 0.4 * (found.upper - found.lower)
    return DistortionResult(middle - half, middle + half, found.exact, found.x_min, found.x_max)


def _of_columns(A: Any, S: RowSample, p: float, **options: Any) -> DistortionResult:
    """Only the ratios of the columns of A."""
    ratios = [float(_ratio(A, S, p, x)) for x in np.eye(A.shape[1])]
    low, high = min(ratios), max(ratios)
    x = np.eye(A.shape[1])
    return DistortionResult(low, high, True, x[int(np.argmin(ratios))], x[int(np.argmax(ratios))])


def _ratio(A: np.ndarray, S: RowSample, p: float, X: np.ndarray) -> np.ndarray:
    top = np.abs(S.apply(A) @ X) ** p
    return np.asarray((top.sum(axis=0) / (np.abs(A @ X) ** p).sum(axis=0)) ** (1.0 / p))


@claim(
    "sensitivity-distortion-contains",
    source="singular values; extreme rays; the symmetric lift",
    kind="always",
    domain="sampler",
    subject=embedding_distortion,
    mutants={"narrower": _narrower, "columns only": _of_columns},
    cases=_sampled,
    budget=0.5,
    max_cases=32,
    tight=0.999,
)
def contains(case: Any, subject: Callable[..., DistortionResult]) -> list[Observation]:
    """No ratio ||S A x||_p/||A x||_p is outside of a proved interval, nor of one that is exact."""
    A, p, rng = case.A, case.p, case.rng
    S = sample_rows(A, p, 25, rng=rng)
    found = subject(A, S, p, rng=0)
    searched = embedding_distortion(A, S, p, method="search", rng=0)
    X = rng.standard_normal((A.shape[1], 300)) / np.abs(A).max(axis=0)[:, None]
    ends = np.stack([searched.x_min, searched.x_max, found.x_min, found.x_max], axis=1)
    ratios = _ratio(A, S, p, np.concatenate([X, ends], axis=1))
    # Of a ratio that is evaluated with columns six orders apart.
    slack = 1.0 + 1e-9
    return [
        Observation(float(ratios.max()), found.upper * slack, note="above"),
        Observation(found.lower, float(ratios.min()) * slack + 1e-12, note="below"),
    ]


def _lifted(A: Any, S: Any, p: float) -> DistortionResult:
    return embedding_distortion(A, S, p, method="lift")


@claim(
    "sensitivity-distortion-lift",
    source="the symmetric lift of order 1 is the matrix itself",
    kind="exact",
    domain="sampler",
    subject=_lifted,
    mutants={
        "narrower": lambda A, S, p: _narrower(A, S, p, method="lift"),
        "search in other data": lambda A, S, p: embedding_distortion(A[:, :1], S, p),
    },
    cases=lambda index, rng: {
        "A": rng.standard_t(2, (60, 2 + index % 5)), "p": 2.0,
        "label": f"d = {2 + index % 5}", "size": 2.0,
    },
    budget=0.2,
    max_cases=16,
    eps_multiple=1e5,
)  # fmt: skip
def lift_of_order_one(case: Any, subject: Callable[..., DistortionResult]) -> list[Observation]:
    """For p = 2 the lift is exact: its interval is that of the singular values."""
    S = sample_rows(case.A, 2.0, 30, rng=case.rng)
    found, exact = subject(case.A, S, 2.0), embedding_distortion(case.A, S, 2.0)
    return [
        Observation(found.lower, exact.lower, note="lower"),
        Observation(found.upper, exact.upper, note="upper"),
    ]
