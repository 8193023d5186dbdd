"""Sensitivities: duality, closed forms, brackets, what changes them and what does not."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.sensitivity import (
    bounds,
    leverage_scores,
    lewis_weights,
    lp_sensitivities,
    sensitivity_upper_bounds,
)
from linsub.verify import Observation, claim

EPS = float(np.finfo(np.float64).eps)
EXPONENTS = (1.5, 3.0, 1.1, 4.0, 2.0, 8.0, 1.0, np.inf)

# Brackets are wider than the values' own gap by this.
_ROOM = 1.0 + 1e-9


def rows(index: int, rng: np.random.Generator) -> np.ndarray:
    """Return a small matrix: Gaussian, tied, with duplicates, heavy tails, graded, with zeros."""
    n, d = int(rng.integers(4, 14)), int(rng.integers(1, 4))
    A = rng.standard_normal((n, d))
    kind = index % 6
    if kind == 1:
        A = rng.integers(-2, 3, (n, d)).astype(float) + np.eye(n, d)
    elif kind == 2:
        A = np.repeat(A[: n // 2 + 1], 2, axis=0)
    elif kind == 3:
        A = rng.standard_t(1.5, (n, d))
    elif kind == 4:
        A = A * 10.0 ** rng.uniform(-3.0, 3.0, (n, 1))
    elif kind == 5:
        A = np.tile(np.linalg.qr(A)[0], (2, 1))
        A[n] = 0.0
    return A


def cases(index: int, rng: np.random.Generator) -> dict[str, Any]:
    A = rows(index, rng)
    p = EXPONENTS[index % len(EXPONENTS)]
    return {"A": A, "p": p, "label": f"{A.shape[0]} x {A.shape[1]}, p = {p}", "dtype": A.dtype}


def smooth_cases(index: int, rng: np.random.Generator) -> dict[str, Any]:
    A = rows(index, rng)
    p = EXPONENTS[index % 6]
    return {"A": A, "p": p, "label": f"{A.shape[0]} x {A.shape[1]}, p = {p}", "dtype": A.dtype}


def share(A: np.ndarray, X: np.ndarray, p: float) -> np.ndarray:
    """Return |a_i x|^p / ||A x||_p^p for all rows and the columns x, in extended precision."""
    R = np.abs(A.astype(np.longdouble) @ X.astype(np.longdouble))
    R = R / np.where(R.max(axis=0) > 0.0, R.max(axis=0), 1.0)
    if p == np.inf:
        return R.astype(np.float64)
    return np.asarray(R**p / np.maximum((R**p).sum(axis=0), 1e-300), np.float64)


def _bracket_only(A: Any, p: float, **options: Any) -> Any:
    return lp_sensitivities(A, p, method="bracket")


def _by_leverage(A: Any, p: float, **options: Any) -> Any:
    found = lp_sensitivities(A, p, **options)
    tau = leverage_scores(A).scores
    return found._replace(lower=tau, upper=tau, values=tau)


def _low(A: Any, p: float, **options: Any) -> Any:
    found = lp_sensitivities(A, p, **options)
    return found._replace(upper=0.999 * found.upper, lower=0.999 * found.lower)


@claim(
    "sensitivity-duality",
    source="docs/theory/sensitivity.md; Woodruff & Yasuda 2023, section 4",
    kind="always",
    domain="matrix",
    subject=lp_sensitivities,
    mutants={"a bracket": _bracket_only, "leverage": _by_leverage, "too low": _low},
    cases=cases,
    budget=0.5,
    max_cases=24,
    tight=0.99,
)
def duality(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """|a_i x|^p / ||A x||_p^p <= ||y||_q^p for A^T y = a_i; the two meet to within rtol."""
    A, p = case.A, case.p
    found = subject(A, p, rtol=1e-9)
    X = np.concatenate([case.rng.standard_normal((A.shape[1], 40)), A.T], axis=1)
    random = float((share(A, X, p) - found.upper[:, None]).max())
    # At the witness: its own rounding moves the share by a few eps times the condition of A.
    attained = np.diag(share(A, found.x.T, p))
    gap = float((found.upper - found.lower * (1.0 + 1.1e-9)).max())
    at = int(np.argmax(found.upper))
    return [
        Observation(random, 1e-13, note="other x"),
        Observation(gap, 1e-13, note="gap"),
        Observation(float((attained - found.upper).max()), 1e-13, note="witness above"),
        Observation(float((found.lower - attained).max()), 1e-10, note="witness below"),
        Observation(float(attained[at]), float(found.upper[at]) * _ROOM, note="attained"),
    ]


def enumerated(A: np.ndarray, p: float) -> np.ndarray:
    """Return sensitivities for p = 1 and inf by trying every extreme x; A has full column rank.

    The ratio is quasi-convex on each cell where all ``sign(a_j x)`` are fixed (p = 1), or where the
    same row is the largest (p = inf): it is attained on a ray orthogonal to d - 1 rows, or to d - 1
    sums and differences of rows.
    """
    n, d = A.shape
    planes = A if p == 1.0 else np.array(
        [A[i] + s * A[j] for i in range(n) for j in range(i) for s in (1.0, -1.0)]
    ).reshape(-1, d)  # fmt: skip
    if d == 1:
        return np.asarray(share(A, np.ones((1, 1)), p)[:, 0])
    X: list[np.ndarray] = []
    for chosen in itertools.combinations(range(len(planes)), d - 1):
        B = planes[list(chosen)]
        if d == 2:
            X.append(np.array([-B[0, 1], B[0, 0]]))
        else:
            X.append(np.cross(B[0], B[1]))
    candidates = np.array(X).T
    # Of parallel planes what is left is rounding.
    size = np.linalg.norm(candidates, axis=0)
    candidates = candidates[:, size > 1e-12 * size.max()]
    return np.asarray(share(A, candidates, p).max(axis=1))


def _forms(index: int, rng: np.random.Generator) -> dict[str, Any]:
    s = np.sqrt(0.75)
    p = (1.0, 1.5, 3.0, 4.0, 2.0)[index % 5]
    kind = ("hexagon", "cube", "column", "enumerated")[index % 4]
    if kind == "hexagon":
        A = np.array([[1.0, 0.0], [0.5, s], [-0.5, s]])
        expected = np.full(3, bounds.hexagon_sensitivity(p))
    elif kind == "cube":
        d = 2 + index // 4 % 3
        A = np.array(list(itertools.product([-1.0, 1.0], repeat=d)))
        expected = np.full(2**d, bounds.sign_cube_total(d, p) / 2**d)
    elif kind == "column":
        A = rng.standard_normal((7, 1)) * 10.0 ** rng.uniform(-100.0, 100.0)
        t = np.abs(A[:, 0] / np.abs(A).max()) ** p
        expected = t / t.sum()
    else:
        p = (1.0, np.inf)[index // 4 % 2]
        d = 2 if p == np.inf else 2 + index // 8 % 2
        A = rng.standard_normal((6, d))
        expected = enumerated(A, p)
    return {"A": A, "p": p, "expected": expected, "label": f"{kind}, p = {p}"}


def _other_p(A: Any, p: float, **options: Any) -> Any:
    return lp_sensitivities(A, p + 0.01 if p < np.inf else 20.0, **options)


@claim(
    "sensitivity-closed-forms",
    source="docs/theory/sensitivity.md",
    kind="exact",
    domain="matrix",
    subject=lp_sensitivities,
    mutants={"another p": _other_p, "leverage": _by_leverage},
    cases=_forms,
    budget=0.3,
    max_cases=20,
    eps_multiple=1e4,
)
def closed_forms(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """Hexagon, sign cube, one column; for p = 1 and inf the best of all extreme x."""
    found = subject(case.A, case.p, rtol=1e-12)
    worst = int(np.argmax(np.abs(found.values - case.expected)))
    return [Observation(float(found.values[worst]), float(case.expected[worst]))]


def _exchanged(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        low, high = function(*arguments)
        return high, low

    return call


@claim(
    "sensitivity-leverage-bracket",
    source="docs/theory/sensitivity.md (Hoelder)",
    kind="always",
    domain="matrix",
    subject=bounds.leverage_bracket,
    mutants={
        "exchanged": _exchanged(bounds.leverage_bracket),
        "no power": lambda tau, n, p: (tau, tau),
    },
    cases=cases,
    budget=0.3,
    max_cases=20,
    tight=0.99,
)
def leverage(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """n^(p/2-1) tau^(p/2) <= sigma <= tau^(p/2) for p <= 2, and the other way for p >= 2."""
    A, p = case.A, case.p
    found = lp_sensitivities(A, p)
    low, high = subject(leverage_scores(A).scores, A.shape[0], p)
    return _inside(found, low, high)


def _inside(found: Any, low: np.ndarray, high: np.ndarray) -> list[Observation]:
    """Observe the row that is nearest to each end of its bracket."""
    seen = []
    for small, large, note in ((low, found.upper, "below"), (found.lower, high, "above")):
        ratio = small / np.maximum(large, 1e-300)
        i = int(np.argmax(ratio))
        seen.append(Observation(float(small[i]), float(large[i]) * _ROOM + 1e-14, note=note))
    return seen


@claim(
    "sensitivity-density",
    source="Lewis 1978; Chen & Derezinski 2021; docs/theory/sensitivity.md",
    kind="always",
    domain="matrix",
    subject=bounds.density_bracket,
    mutants={
        "exchanged": _exchanged(bounds.density_bracket),
        "a smaller factor": lambda w, rank, p: bounds.density_bracket(w, max(1, rank - 1), p),
        "Lewis weights themselves": lambda w, rank, p: (w, w),
    },
    cases=smooth_cases,
    budget=0.4,
    max_cases=20,
    tight=0.99,
)
def density(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """rank^(p/2-1) w <= sigma <= w for p <= 2, the other way for p >= 2; so for their sum."""
    A, p = case.A, case.p
    found = lp_sensitivities(A, p)
    weights, rank = lewis_weights(A, p, tol=1e-13)[:2]
    low, high = subject(weights, rank, p)
    ends = bounds.total_bracket(A.shape[0], rank, p)
    below, above = found.total_bounds
    return [
        *_inside(found, low, high),
        Observation(ends[0], above * _ROOM, note="total, below"),
        Observation(below, ends[1] * _ROOM, note="total, above"),
    ]


def _weighted(index: int, rng: np.random.Generator) -> dict[str, Any]:
    made = cases(index, rng)
    n = made["A"].shape[0]
    weights = 10.0 ** rng.uniform(-2.0, 2.0, n) if index % 3 else np.ones(n)
    return {**made, "weights": weights}


def _half_power(A: Any, p: float, weights: Any) -> np.ndarray:
    found = sensitivity_upper_bounds(A, p, weights)
    return np.asarray(found**1.2)


@claim(
    "sensitivity-any-weights",
    source="docs/theory/sensitivity.md",
    kind="always",
    domain="matrix",
    subject=sensitivity_upper_bounds,
    mutants={
        "a larger power": _half_power,
        "of leverage": lambda A, p, weights: leverage_scores(A).scores ** (max(p, 3.0) / 2),
    },
    cases=_weighted,
    budget=0.3,
    max_cases=20,
    tight=0.99,
)
def any_weights(case: Any, subject: Callable[..., np.ndarray]) -> list[Observation]:
    """sigma_i <= (sum w)^(p/2-1) g_i^(p/2), or g_i^(p/2) max_j w_j^(1-2/p) g_j^(1-p/2)."""
    A, p = case.A, case.p
    found = lp_sensitivities(A, p)
    high = subject(A, p, case.weights)
    seen = _inside(found, np.zeros(A.shape[0]), high)[1:]
    nonzero = A.any(axis=1)
    half = 0.5 - (0.0 if p == np.inf else 1.0 / p)
    tau = leverage_scores(case.weights[:, None] ** half * A).scores[nonzero]
    w = case.weights[nonzero]
    low, other = bounds.weights_bracket(np.log(w), np.log(tau / w ** (2.0 * half)), p)
    seen.append(Observation(float((low - found.upper[nonzero]).max()), 1e-9, note="below"))
    seen.append(Observation(float((found.lower[nonzero] - other).max()), 1e-9, note="above"))
    return seen


def _no_root(A: Any, p: float, **options: Any) -> Any:
    """As if sigma itself, not its p-th root, were what grows with p."""
    found = lp_sensitivities(A, p, **options)
    return found._replace(upper=found.upper**p, lower=found.lower**p)


@claim(
    "sensitivity-monotone",
    source="docs/theory/sensitivity.md",
    kind="always",
    domain="matrix",
    subject=lp_sensitivities,
    mutants={
        "no root": _no_root,
        "the other way": lambda A, p, **options: lp_sensitivities(A, 9.0 / p, **options),
    },
    cases=smooth_cases,
    budget=0.5,
    max_cases=16,
    tight=0.99,
)
def monotone(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """sigma^(1/p) and max sigma grow with p; fewer rows have larger sigma; a new one at most 1."""
    A, p = case.A, case.p
    larger = p + 0.5
    first, second = subject(A, p), subject(A, larger)
    low = first.lower ** (1.0 / p)
    high = second.upper ** (1.0 / larger)
    fewer = subject(A[1:], p)
    i = int(np.argmax(low / np.maximum(high, 1e-300)))
    j = int(np.argmax(first.lower[1:] / np.maximum(fewer.upper, 1e-300)))
    return [
        Observation(float(low[i]), float(high[i]) * _ROOM, note="root"),
        Observation(float(first.lower.max()), float(second.upper.max()) * _ROOM, note="largest"),
        Observation(float(first.lower[1:][j]), float(fewer.upper[j]) * _ROOM, note="deletion"),
        Observation(float(first.upper.max()), 1.0 + 1e-15, note="at most 1"),
    ]


def _of_squares(A: Any, p: float, **options: Any) -> Any:
    found = lp_sensitivities(A, p, **options)
    size = np.square(A).sum(axis=1)
    return found._replace(values=size / size.sum())


@claim(
    "sensitivity-invariances",
    source="docs/theory/sensitivity.md",
    kind="exact",
    domain="matrix",
    subject=lp_sensitivities,
    mutants={"shares of squares": _of_squares, "leverage": _by_leverage},
    cases=smooth_cases,
    budget=0.5,
    max_cases=16,
    eps_multiple=1e5,
)
def invariances(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """sigma(A R) = sigma(A) = sigma(c A); k copies of k^(-1/p) a_i have sigma_i / k each."""
    A, p, rng = case.A, case.p, case.rng
    d = A.shape[1]
    R = np.eye(d) + 0.5 * np.linalg.qr(rng.standard_normal((d, d)))[0]
    plain = subject(A, p, rtol=1e-12).values
    turned = subject(-3e100 * (A @ R), p, rtol=1e-12).values
    k = 3
    split = subject(np.vstack([A[1:], np.tile(A[0] * k ** (-1.0 / p), (k, 1))]), p, rtol=1e-12)
    seen = [Observation(float(np.abs(turned - plain).max()), 0.0, note="A R")]
    apart = np.append(np.abs(split.values[: A.shape[0] - 1] - plain[1:]), 0.0)
    seen.append(Observation(float(apart.max()), 0.0, note="the others"))
    seen.append(Observation(float(split.values[-1]), float(plain[0]) / k, note="split"))
    return seen
