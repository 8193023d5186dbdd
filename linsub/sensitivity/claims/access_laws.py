"""Sampling access: the laws of what is drawn, and estimates from draws."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from scipy import special

from linsub.sensitivity import OversampledVector, SampleQueryVector, bounds, estimate_inner
from linsub.verify import Observation, claim

_EPS = float(np.finfo(np.float64).eps)
_GRID = 1 << 53  # uniforms are multiples of 2^-53


def _vectors(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Gaussian, graded over many orders, with zeros, and equal entries; complex in a third."""
    n = int(rng.integers(1, 40)) if index else 3
    v = rng.standard_normal(n)
    kind = index % 4
    if kind == 1:
        v = v * 10.0 ** rng.uniform(-8.0, 8.0, n)
    if kind == 2:
        v[rng.random(n) < 0.6] = 0.0
        v[int(rng.integers(n))] = 1.0
    if kind == 3:
        v = np.ones(n)
    if index % 3 == 2:
        v = v * np.exp(1j * rng.uniform(0.0, 6.0, n))
    return {"v": v, "size": float(n), "label": f"kind {kind}, n = {n}"}


def _exact_law(v: np.ndarray) -> list[Fraction]:
    squares = [Fraction(float(z.real)) ** 2 + Fraction(float(z.imag)) ** 2 for z in v]
    total = sum(squares)
    return [square / total for square in squares]


def _drawn_law(made: Any, n: int) -> np.ndarray:
    """Return the number of uniforms that are mapped to each index, found by bisection.

    The map is monotone, so that all 2^53 of them are counted.
    """
    low, high = np.zeros(n, np.int64), np.full(n, _GRID, np.int64)
    items = np.arange(n)
    while (low < high).any():
        middle = (low + high) // 2
        beyond = np.asarray(made.quantile(middle / _GRID)) > items
        live = low < high
        high = np.where(live & beyond, middle, high)
        low = np.where(live & ~beyond, middle + 1, low)
    return np.diff(np.concatenate([[0], low]))


class _Unsquared(SampleQueryVector):
    """Probabilities in proportion to the entries."""

    def __init__(self, v: Any, **options: Any) -> None:
        super().__init__(np.sqrt(np.abs(v)), **options)


class _Single(SampleQueryVector):
    """Sums in single precision."""

    def quantile(self, u: Any) -> Any:
        cdf = np.cumsum(np.square(np.abs(self.toarray())).astype(np.float32))
        found = np.searchsorted(cdf, np.asarray(u) * float(cdf[-1]), side="right")
        return np.minimum(found, self.size - 1)


class _Closed(SampleQueryVector):
    """Items without mass where a uniform number meets a border."""

    def quantile(self, u: Any) -> Any:
        cdf = np.cumsum(np.square(np.abs(self.toarray())))
        return np.searchsorted(cdf, np.asarray(u) * cdf[-1], side="left")


@claim(
    "sensitivity-tree",
    source="Chia et al. 2022; rounding in docs/theory/sensitivity.md; all uniforms counted",
    kind="always",
    domain="sampler",
    subject=SampleQueryVector,
    cases=_vectors,
    mutants={"no squares": _Unsquared, "single precision": _Single, "closed ends": _Closed},
    slack="the roundings of a level never all have one sign",
    budget=0.3,
    max_cases=24,
)
def tree(case: Any, subject: Any) -> list[Observation]:
    """Index i has |v_i|^2 / ||v||^2 of all uniform numbers, up to 2 (L + 3) eps; zeros have none"""
    n = case.v.size
    counts = _drawn_law(subject(case.v), n)
    law = _exact_law(case.v)
    gaps = [abs(Fraction(int(k), _GRID) - p) for k, p in zip(counts, law, strict=True)]
    zero = int(counts[np.array([p == 0 for p in law])].sum())
    return [
        Observation(float(max(gaps)), bounds.tree_error(n), note="law"),
        Observation(float(zero), 0.0, note="zeros"),
        Observation(float(_GRID - counts.sum()), 0.0, note="all"),
    ]


def _pairs(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Vectors under others that dominate them; and the parts of a sum."""
    n, T = int(rng.integers(1, 9)), int(rng.integers(1, 4))
    is_complex = index % 2 == 1

    def vector() -> np.ndarray:
        x = rng.standard_normal(n) * 10.0 ** rng.uniform(-3.0, 3.0, n)
        return x * np.exp(1j * rng.uniform(0.0, 6.0, n)) if is_complex else x

    w = vector()
    parts = [vector() for _ in range(T)]
    v = w * rng.uniform(0.0, 1.0, n)
    v[0] = w[0]
    lam = rng.standard_normal(T) * (1.0 + 1j if is_complex else 1.0)
    label = f"n = {n}, T = {T}"
    return {"w": w, "v": v, "parts": parts, "lam": lam, "size": float(n), "label": label}


class _RootAccepted(OversampledVector):
    """Accepts with |v_i| / |w_i|."""

    def acceptance(self, i: Any) -> Any:
        return np.sqrt(super().acceptance(i))


class _WithoutT(OversampledVector):
    """The triangle inequality in the place of Cauchy and Schwarz: not dominated."""

    @classmethod
    def combination(cls, vectors: Any, coefficients: Any, *, phi: Any = None) -> Any:
        made = OversampledVector.combination(vectors, coefficients, phi=phi)
        made.phi = made.phi / len(vectors)
        return made


def _observed(made: Any, v: np.ndarray, note: str) -> list[Observation]:
    """What is proposed and accepted, summed over all outcomes."""
    every = np.arange(v.size)
    kept = np.asarray(made.proposal_probability(every)) * np.asarray(made.acceptance(every))
    law = np.square(np.abs(v) / np.linalg.norm(v))
    gap = float(np.abs(kept * made.phi - law).max())
    return [
        Observation(float(kept.sum()) * made.phi, 1.0, note=f"{note}: acceptance 1 / phi"),
        Observation(gap, 0.0, note=f"{note}: law"),
    ]


@claim(
    "sensitivity-oversampled",
    source="Chia et al. 2022, lemmas 3.5 and 3.6; enumeration",
    kind="exact",
    domain="sampler",
    subject=OversampledVector,
    cases=_pairs,
    mutants={"accepts the root": _RootAccepted, "phi without T": _WithoutT},
    budget=0.15,
    max_cases=40,
    eps_multiple=200.0,
)
def oversampled(case: Any, subject: Any) -> list[Observation]:
    """1 / phi of all proposals are accepted, with the law of v; phi of a sum of T is T sum phi_t"""
    made = subject(case.v, SampleQueryVector(case.w))
    found = _observed(made, case.v, "one")
    total = sum(a * x for a, x in zip(case.lam, case.parts, strict=True))
    norm = float(np.linalg.norm(total))
    sizes = [abs(a) * np.linalg.norm(x) for a, x in zip(case.lam, case.parts, strict=True)]
    if norm < 1e-3 * max(sizes):
        return found
    summed = subject.combination([SampleQueryVector(x) for x in case.parts], case.lam)
    phi = bounds.combination_phi(np.ones(len(sizes)), sizes, norm)
    found += _observed(summed, total, "sum")
    found.append(Observation(summed.phi / phi, 1.0, note="phi", eps_multiple=1e7))
    # Both again: sums of oversampled vectors multiply their phi.
    twice = subject.combination([made, made], [1.0, 1.0])
    nested = bounds.combination_phi([made.phi] * 2, [1.0, 1.0], 2.0)
    found.append(Observation(twice.phi / nested, 1.0, note="nested phi"))
    return found + _observed(twice, 2.0 * case.v, "nested")


def _tries_cases(index: int, rng: np.random.Generator) -> dict[str, Any]:
    phi = float(10.0 ** rng.uniform(0.0, 2.0))
    nu, delta = float(rng.uniform(0.03, 0.9)), float(10.0 ** rng.uniform(-6.0, -0.3))
    return {"phi": phi, "nu": nu, "delta": delta, "size": phi, "label": f"phi = {phi:.3g}"}


@claim(
    "sensitivity-norm-tries",
    source="Chernoff 1952; Chia et al. 2022, lemma 3.6; exact binomial tails",
    kind="always",
    domain="formula",
    subject=bounds.norm_tries,
    cases=_tries_cases,
    mutants={"a third": lambda phi, nu, delta: bounds.norm_tries(phi, nu, delta) // 3},
    slack="Chernoff's exponent is smaller than the true one by a factor of 3/2 and more",
    budget=0.05,
    max_cases=60,
)
def tries(case: Any, subject: Any) -> Observation:
    """P(| ||v||^2 / estimate - 1 | > nu) <= delta after 3 phi ln(2/delta) / nu^2 tries"""
    N, p = subject(case.phi, case.nu, case.delta), 1.0 / case.phi
    low, high = math.ceil(N * p * (1.0 - case.nu)), math.floor(N * p * (1.0 + case.nu))
    below = special.bdtr(low - 1, N, p) if low > 0 else 0.0
    above = special.bdtrc(high, N, p) if high < N else 0.0
    return Observation(float(below + above), case.delta)


class _WrongNorm(SampleQueryVector):
    """The sum of entries for the norm."""

    @property
    def norm(self) -> float:
        return float(np.abs(self.toarray()).sum())


@claim(
    "sensitivity-inner",
    source="Tang 2019; Chia et al. 2022; enumeration",
    kind="exact",
    domain="sampler",
    subject=SampleQueryVector,
    cases=_pairs,
    mutants={"another norm": _WrongNorm, "no squares": _Unsquared},
    budget=0.1,
    max_cases=30,
    eps_multiple=100.0,
)
def inner(case: Any, subject: Any) -> list[Observation]:
    """Z = v_i ||u||^2 / u_i has the mean <u, v> and the variance ||u||^2 ||v||^2 - |<u, v>|^2"""
    u, v = case.parts[0], case.w
    made = subject(u)
    p = np.asarray(made.probability(np.arange(u.size)))
    Z = v * made.norm**2 / u
    exact = complex(np.vdot(u, v))
    sizes = float(np.linalg.norm(u) * np.linalg.norm(v))
    second = float(p @ np.square(np.abs(Z)))
    variance = bounds.inner_variance(float(np.linalg.norm(u)), float(np.linalg.norm(v)), abs(exact))
    return [
        Observation(abs(complex(p @ Z) - exact), 0.0, scale=sizes, note="mean"),
        Observation(second - abs(exact) ** 2, variance, scale=sizes**2, note="variance"),
    ]


def _hard_pairs(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """v orthogonal to u, or large where u is small: the variance is all of ||u||^2 ||v||^2."""
    n = 400
    u, v = np.ones(n), rng.choice([-1.0, 1.0], n)
    if index % 2:
        u[: n // 2], v[n // 2 :] = 1e-3, 1e-3
    if index % 3 == 2:
        v = v * np.exp(1j * rng.uniform(0.0, 6.0, n))
    return {"u": u, "v": v, "size": float(n), "label": f"kind {index % 6}"}


def _one_draw(u: Any, v: Any, *, error: float, failure_prob: float, rng: Any) -> Any:
    """The first draw alone, with the certificate of all."""
    found = estimate_inner(u, v, error=error, failure_prob=failure_prob, rng=rng)
    i = SampleQueryVector(u).sample(rng=rng)
    value = v[i] * np.linalg.norm(u) ** 2 / np.conj(u[i])
    return type(found)(value, certificate=found.certificate, info=found.info)


@claim(
    "sensitivity-inner-median",
    source="Jerrum, Valiant & Vazirani 1986; constants in docs/theory/sensitivity.md",
    kind="probability",
    domain="sampler",
    subject=estimate_inner,
    cases=_hard_pairs,
    mutants={"one draw": _one_draw},
    failure_prob=0.2,
    slack="Chebyshev for a group and Hoeffding for the groups: failures are far rarer",
    budget=0.15,
    min_cases=24,
    max_cases=60,
)
def inner_median(case: Any, subject: Any) -> Observation:
    """|value - <u, v>| <= error ||u|| ||v|| but for a probability of failure_prob"""
    found = subject(case.u, case.v, error=0.25, failure_prob=0.2, rng=case.rng)
    measured = abs(complex(found.value) - complex(np.vdot(case.u, case.v)))
    return Observation(float(measured), float(found.certificate.error_bound))
