"""Samples of rows: their means, their laws, and how many are enough."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.sensitivity import (
    RowSample,
    embedding_distortion,
    recursive_root_leverage,
    sample_rows,
)
from linsub.sensitivity.bounds import (
    oversampling,
    regression_factor,
    root_leverage_total,
    sensitivity_rate,
)
from linsub.verify import Observation, Sample, claim

EPS = float(np.finfo(np.float64).eps)
POWERS = (1.0, 1.5, 2.0, 3.0, 4.0)
MODES = ("bernoulli", "systematic", "iid")


def _small(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, d = 7, 2
    A = rng.standard_normal((n, d)) * np.exp(rng.uniform(-2.0, 2.0, (n, 1)))
    if index % 3 == 0:
        A[2] = 0.0
    if index % 4 == 0:
        A[3] = A[4]
    p, mode = POWERS[index % 5], MODES[index % 3]
    return {"A": A, "p": p, "mode": mode, "m": 3, "label": f"p = {p:g}, {mode}", "size": float(n)}


def _reweighted(change: Callable[[RowSample], np.ndarray]) -> Callable[..., RowSample]:
    def draw(A: Any, p: float, size: Any = None, **options: Any) -> Any:
        found = sample_rows(A, p, size, **options)
        return RowSample(found.indices, change(found), found.probabilities, p)

    return draw


def _outcomes(q: np.ndarray, mode: str, m: int) -> Any:
    """Yield every outcome's probability and counts."""
    n = q.size
    if mode == "iid":
        for draws in itertools.product(range(n), repeat=m):
            yield float(np.prod(q[list(draws)] / m)), np.bincount(draws, minlength=n)
    elif mode == "bernoulli":
        for mask in itertools.product((0, 1), repeat=n):
            counts = np.array(mask)
            yield float(np.prod(np.where(counts > 0, q, 1.0 - q))), counts
    else:
        # One outcome between any two ends of the intervals, where no point falls on one.
        ends = np.concatenate([[0.0], np.cumsum(np.where(q < 1.0, q, 0.0))])
        cuts = np.unique(np.concatenate([ends % 1.0, [0.0, 1.0]]))
        for low, high in itertools.pairwise(cuts):
            points = 0.5 * (low + high) + np.arange(n)
            counts = np.diff(np.searchsorted(points, ends)) + (q >= 1.0)
            yield float(high - low), counts


@claim(
    "sensitivity-unbiased",
    source="the definition; Woodruff & Yasuda 2023, arXiv 2306.00732, definition 1.1",
    kind="exact",
    domain="sampler",
    subject=sample_rows,
    mutants={
        "no weights": _reweighted(lambda s: np.ones(s.weights.size)),
        "of the norm": _reweighted(lambda s: s.weights ** (1.0 / max(s.p, 1.1))),
        "sum n": _reweighted(lambda s: s.weights * s.probabilities.size / s.weights.sum()),
    },
    cases=_small,
    budget=0.3,
    max_cases=30,
    eps_multiple=1000.0,
)
def unbiased(case: Any, subject: Callable[..., RowSample]) -> list[Observation]:
    """E ||S A x||_p^p = ||A x||_p^p and E rows = size, over all outcomes."""
    A, p, mode, m = case.A, case.p, case.mode, case.m
    rng = case.rng
    drawn = [subject(A, p, m, scores="leverage", mode=mode, rng=rng) for _ in range(20)]
    q = drawn[0].probabilities
    # The weight of one draw of each row, as it was met; rows that never came have the formula's.
    unit = np.divide(1.0, q, out=np.zeros_like(q), where=q > 0.0)
    for sample in drawn:
        counts = np.ones(sample.indices.size)
        if mode == "iid":
            counts = np.maximum(1.0, np.round(sample.weights * q[sample.indices]))
        unit[sample.indices] = sample.weights / counts
    X = rng.standard_normal((A.shape[1], 3))
    terms = np.abs(A @ X) ** p
    mean, rows = np.zeros(3), 0.0
    for chance, counts in _outcomes(q, mode, m):
        mean += chance * ((counts * unit) @ terms)
        rows += chance * counts.sum()
    seen = [
        Observation(value, exact, scale=float(exact), note="norm")
        for value, exact in zip(mean, terms.sum(axis=0), strict=True)
    ]
    return [*seen, Observation(rows, float(m), scale=float(m), note="rows")]


def _uniformly(A: Any, p: float, size: Any = None, **options: Any) -> RowSample:
    drawn = sample_rows(A, p, size, **{**options, "scores": np.ones(len(A))})
    q = sample_rows(A, p, size, **{**options, "rng": 0}).probabilities
    counts = np.round(drawn.weights * drawn.probabilities[drawn.indices])
    return RowSample(drawn.indices, counts / q[drawn.indices], q, p)


def _wrong_mode(A: Any, p: float, size: Any = None, *, mode: Any, **options: Any) -> RowSample:
    other: Any = "iid" if mode == "systematic" else mode
    return sample_rows(A, p, size, mode=other, **options)


def _ten(index: int, rng: np.random.Generator) -> dict[str, Any]:
    A, scores = np.ones((10, 1)), rng.permutation(np.arange(1.0, 11.0) ** 1.5)
    mode = MODES[index % 3]
    return {"A": A, "scores": scores, "mode": mode, "label": mode, "size": 10.0}


@claim(
    "sensitivity-inclusion",
    source="the definition of the three designs; Madow 1949 for the systematic one",
    kind="expectation",
    domain="sampler",
    subject=sample_rows,
    mutants={"uniform": _uniformly, "another design": _wrong_mode},
    cases=_ten,
    budget=0.4,
    min_cases=6,
    max_cases=6,
)
def inclusion(case: Any, subject: Callable[..., RowSample]) -> list[Sample]:
    """Row i is taken q_i times on average, and a systematic sample has m rows always."""
    rng = case.rng
    A, mode, m = case.A, case.mode, 4
    drawn = [subject(A, 1.0, m, scores=case.scores, mode=mode, rng=rng) for _ in range(400)]
    q = drawn[0].probabilities
    counts = np.zeros((len(drawn), len(A)))
    for k, sample in enumerate(drawn):
        counts[k, sample.indices] = np.round(sample.weights * q[sample.indices])
    seen = []
    for i in range(len(A)):
        seen.append(Sample(counts[:, i], q[i], note=f"row {i}"))
        seen.append(Sample(m - counts[:, i], m - q[i], note=f"not row {i}"))
    if mode == "systematic":
        rows = np.array([sample.indices.size for sample in drawn])
        seen.append(Sample(np.abs(rows - m), 0.0, note="rows"))
    return seen


def _tall(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = 2 + index % 3
    kind = ("Gaussian", "heavy tails", "coherent")[index % 3]
    A = rng.standard_normal((400, d)) if kind == "Gaussian" else rng.standard_t(1.5, (400, d))
    if kind == "coherent":
        A[:d] = 1e3 * np.eye(d)
    return {"A": A, "label": kind, "size": float(d)}


def _share(divisor: float) -> Callable[..., RowSample]:
    def draw(A: Any, p: float, *, error: float, delta: float, rng: Any) -> RowSample:
        asked = sample_rows(A, p, error=error, delta=delta, rng=0)
        size = int(np.ceil(asked.probabilities.sum() / divisor))
        return sample_rows(A, p, size, rng=rng)

    return draw


def _off(A: np.ndarray, sample: RowSample, p: float) -> float:
    found = embedding_distortion(A, sample, p)
    return max(1.0 - found.lower, found.upper - 1.0)


@claim(
    "sensitivity-bernstein",
    source="Tropp 2012, theorem 1.6 (matrix Bernstein)",
    kind="probability",
    domain="sampler",
    subject=sample_rows,
    mutants={"an eighth of the rows": _share(8.0)},
    failure_prob=0.1,
    cases=_tall,
    budget=0.25,
    max_cases=20,
    slack="The union over directions, and that a row has all of its leverage in one of them.",
)
def bernstein(case: Any, subject: Callable[..., RowSample]) -> list[Observation]:
    """p = 2: 1 - e <= ||S A x||/||A x|| <= 1 + e with probability 1 - delta for c rows a score."""
    rng = case.rng
    seen = []
    for _ in range(6):
        sample = subject(case.A, 2.0, error=0.5, delta=0.1, rng=rng)
        seen.append(Observation(_off(case.A, sample, 2.0), 0.5))
    return seen


def _line(index: int, rng: np.random.Generator) -> dict[str, Any]:
    A = rng.standard_normal((1200, 2))
    return {"A": A, "p": 1.0, "label": "p = 1, Gaussian", "size": 1200.0}


@claim(
    "sensitivity-net",
    source="Bernstein's inequality on a net",
    kind="probability",
    domain="sampler",
    subject=sample_rows,
    mutants={"a hundredth of the rows": _share(100.0)},
    failure_prob=0.1,
    cases=_line,
    budget=0.3,
    min_cases=4,
    max_cases=8,
    slack="The net counts directions that no row tells apart.",
)
def net(case: Any, subject: Callable[..., RowSample]) -> list[Observation]:
    """p >= 1: ||S A x||_p/||A x||_p within 1 -+ e with probability 1 - delta for c of the net."""
    rng = case.rng
    samples = [subject(case.A, case.p, error=0.5, delta=0.1, rng=rng) for _ in range(3)]
    return [Observation(_off(case.A, sample, case.p), 0.5) for sample in samples]


def _rounds(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = 2 + index % 3
    p = (0.5, 1.0, 1.5, 2.0)[index % 4]
    n = 4096
    # All leverages equal: the power mean is attained.
    i = np.arange(n)[:, None]
    A = np.where((i >> np.arange(d)) & 1, 1.0, -1.0)
    if index % 2:
        A = rng.standard_t(2, (n, d))
    return {"A": A, "p": p, "c": 2.0, "label": f"p = {p:g}", "size": float(n)}


def _squared(A: Any, p: float, **options: Any) -> RowSample:
    return recursive_root_leverage(A, p / 2.0, **options)


@claim(
    "sensitivity-root-leverage",
    source="Cohen & Peng 2015, arXiv 1412.0588; the power mean",
    kind="always",
    domain="sampler",
    subject=recursive_root_leverage,
    mutants={"tau to the p/4": _squared},
    cases=_rounds,
    budget=0.1,
    max_cases=16,
    tight=0.999,
)
def root_leverage(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """A round keeps at most c n^(1 - p/2) d^(p/2) of n rows on average."""
    A, p, c = case.A, case.p, case.c
    details = subject(A, p, oversampling=c, rng=case.rng).info.details
    d = A.shape[1]
    return [
        Observation(mean, c * root_leverage_total(n, d, p) * (1.0 + 100.0 * d * EPS))
        for n, mean in zip(details["rows"], details["expected"], strict=False)
    ]


def _responses(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, p = 200, (2.0, 1.0)[index % 2]
    d = 3 if p == 2.0 else 1
    A = rng.standard_t(2, (n, d))
    b = A.sum(axis=1) + rng.standard_t(2, n)
    return {"A": A, "b": b, "p": p, "label": f"p = {p:g}", "size": float(n)}


def fitted(A: np.ndarray, b: np.ndarray, p: float) -> np.ndarray:
    """Return the minimizer of ||A x - b||_p, p = 2, or p = 1 with one column: a median."""
    if p == 2.0:
        return np.asarray(np.linalg.lstsq(A, b, rcond=None)[0])
    a = A[:, 0]
    used = a != 0.0
    x, w = b[used] / a[used], np.abs(a[used])
    order = np.argsort(x)
    half = np.searchsorted(np.cumsum(w[order]), 0.5 * w.sum())
    return np.asarray(x[order[half : half + 1]])


def _from_sample(A: np.ndarray, b: np.ndarray, p: float, sample: RowSample) -> np.ndarray:
    return fitted(sample.apply(A), sample.apply(b), p)


@claim(
    "sensitivity-sampled-regression",
    source="three inequalities; Drineas, Mahoney & Muthukrishnan 2006",
    kind="always",
    domain="sampler",
    subject=_from_sample,
    mutants={
        "a tenth off": lambda A, b, p, sample: 5.0 + _from_sample(A, b, p, sample),
        "none": lambda A, b, p, sample: 10.0 * np.ones(A.shape[1]),
    },
    cases=_responses,
    budget=0.2,
    max_cases=20,
    slack="The minimizer is seldom where both ends of the distortion are.",
)
def regression(case: Any, subject: Callable[..., np.ndarray]) -> Observation:
    """||A x' - b||_p <= (upper/lower) min ||A x - b||_p with the measured distortion of [A b]."""
    A, b, p = case.A, case.b, case.p
    whole = np.column_stack([A, b])
    sample = sample_rows(whole, p, 60, rng=case.rng)
    found = embedding_distortion(whole, sample, p)

    def loss(x: np.ndarray) -> float:
        return float(np.sum(np.abs(A @ x - b) ** p) ** (1.0 / p))

    factor = regression_factor(found.lower, found.upper)
    least = loss(fitted(A, b, p))
    return Observation(loss(subject(A, b, p, sample)), factor * least * (1.0 + 1e-10))


def _merged(first: RowSample, second: RowSample) -> RowSample:
    return first.merge(second)


def _no_offset(first: RowSample, second: RowSample) -> RowSample:
    found = first.merge(second)
    indices = np.concatenate([first.indices, second.indices])
    return RowSample(indices, found.weights, found.probabilities, found.p)


def _shared(first: RowSample, second: RowSample) -> RowSample:
    found = first.merge(second)
    return RowSample(found.indices, found.weights / 2.0, found.probabilities, found.p)


@claim(
    "sensitivity-merge",
    source="the definition",
    kind="exact",
    domain="sampler",
    subject=_merged,
    mutants={"no offset": _no_offset, "half of each weight": _shared},
    cases=_small,
    budget=0.1,
    max_cases=20,
)
def merge(case: Any, subject: Callable[..., RowSample]) -> list[Observation]:
    """The merge of two samples is a sample of the stack: its p-th powers are their sums."""
    A, p, rng = case.A, case.p, case.rng
    B = A[::-1] + rng.standard_normal(A.shape)
    first = sample_rows(A, p, 4, mode=case.mode, rng=rng)
    second = sample_rows(B, p, 5, mode=case.mode, rng=rng)
    found = subject(first, second)
    x = rng.standard_normal(A.shape[1])

    def power(sample: RowSample, M: np.ndarray) -> float:
        return float((np.abs(sample.apply(M) @ x) ** p).sum())

    parts = power(first, A) + power(second, B)
    total = float(found.probabilities.sum())
    return [
        Observation(power(found, np.concatenate([A, B])), parts, scale=parts, note="norms"),
        Observation(total, first.probabilities.sum() + second.probabilities.sum(), note="rows"),
    ]


def _proved(p: float, d: int, e: float, delta: float) -> float:
    return oversampling(p, d, e, delta, bound="net", power="p")


@claim(
    "sensitivity-oversampling",
    source="Bernstein's inequality",
    kind="always",
    domain="formula",
    subject=_proved,
    mutants={
        "no net": lambda p, d, e, delta: oversampling(p, 1, e, delta, bound="net", power="p"),
        "half": lambda p, d, e, delta: 0.5 * _proved(p, d, e, delta),
    },
    cases=lambda index, rng: {
        "p": float(rng.uniform(1.0, 6.0)), "d": int(rng.integers(2, 30)),
        "e": float(rng.uniform(0.05, 0.9)), "delta": 10.0 ** rng.uniform(-6, -0.5),
        "label": "formula", "size": 1.0,
    },
    budget=0.1,
    max_cases=40,
    slack="The failure probability is evaluated for the best of all radii, of which 32 are tried.",
)  # fmt: skip
def enough(case: Any, subject: Callable[..., float]) -> Observation:
    """2 (1 + 2/g)^d exp(-c e^2/(2 + 2e/3)) <= delta for a radius g that proves the error."""
    c = subject(case.p, case.d, case.e, case.delta)
    p, low, high = case.p, (1.0 - case.e) ** (1.0 / case.p), (1.0 + case.e) ** (1.0 / case.p)
    g = np.geomspace(1e-4, 1.0, 4000) * min(high - 1.0, 1.0 - low)
    e = np.minimum((high * (1.0 - g)) ** p - 1.0, 1.0 - (low + g * high) ** p)
    e = np.where(low + g * high < 1.0, np.maximum(e, 1e-12), 1e-12)
    log_failure = np.log(2.0) + case.d * np.log1p(2.0 / g) - c * e**2 / (2.0 + 2.0 * e / 3.0)
    return Observation(float(np.exp(log_failure.min())), case.delta * (1.0 + 1e-6))


def _cube(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m = 6 + index % 6
    p = (1.0, 1.5)[index // 6 % 2]
    return {"m": m, "p": p, "label": f"cube {m}, p = {p:g}", "size": float(2**m)}


def sign_cube(m: int) -> np.ndarray:
    """Return all 2^m vectors of signs: rows that matter alike."""
    return np.where((np.arange(2**m)[:, None] >> np.arange(m)) & 1, 1.0, -1.0)


def rows_needed(A: np.ndarray, p: float, error: float, rng: np.random.Generator) -> float:
    """Return about how many uniform rows keep norms in many directions within 1 -+ error."""
    n, d = A.shape
    X = np.concatenate([np.eye(d), rng.standard_normal((d, 100))], axis=1)
    norms = (np.abs(A @ X) ** p).sum(axis=0) ** (1.0 / p)
    size = float(d)
    while size < n:
        off = []
        for _ in range(7):
            S = sample_rows(A, p, int(size), scores=np.ones(n), rng=rng)
            B = S.apply(A)
            worst = 1.0
            if B.shape[0] >= d:
                ends = np.linalg.svd(B)[2].T
                exact = (np.abs(A @ ends) ** p).sum(axis=0) ** (1.0 / p)
                ratios = (np.abs(B @ np.concatenate([X, ends], axis=1)) ** p).sum(axis=0)
                ratios = ratios ** (1.0 / p) / np.concatenate([norms, exact])
                worst = float(np.abs(ratios - 1.0).max())
            off.append(worst)
        if np.median(off) <= error:
            return size
        size *= 1.15
    return float(n)


@claim(
    "sensitivity-rows-rate",
    source="Woodruff & Yasuda 2023, arXiv 2306.00732 (rates; the constants are not known)",
    kind="rate",
    domain="sampler",
    subject=rows_needed,
    mutants={
        "as many always": lambda A, p, error, rng: 40.0,
        "squared": lambda A, p, error, rng: rows_needed(A, p, error, rng) ** 2,
    },
    slope=(0.4, 2.6),
    cases=_cube,
    budget=0.4,
    min_cases=6,
    max_cases=12,
)
def rows_rate(case: Any, subject: Callable[..., float]) -> Observation:
    """Sign cubes: rows for a distortion of 1/2 grow about as the rate S^(2/p), p < 2."""
    m, p = case.m, case.p
    A = sign_cube(m)
    # All sensitivities are equal, and attained at the row itself.
    total = m**p / float((np.abs(A.sum(axis=1)) ** p).mean())
    rate = sensitivity_rate(p, total, m, 0.5)
    return Observation(subject(A, p, 0.5, case.rng), rate, size=rate)
