"""Errors and degrees of the polynomials, on fine grids in extended precision."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from linsub.svt import (
    SVTPolynomial,
    bounds,
    cheb_cos,
    cheb_exp,
    cheb_inverse,
    cheb_power,
    cheb_sign,
    cheb_sin,
    cheb_step,
)
from linsub.verify import Observation, claim

# Points of a grid for each degree, and at least.
FINE, FEW = 8, 300

OPTIONS: dict[str, Any] = {
    "kind": "always", "domain": "formula", "budget": 0.3, "max_cases": 30, "min_cases": 8,
}  # fmt: skip


def extended(p: SVTPolynomial, x: np.ndarray) -> np.ndarray:
    """Return p(x) in extended precision, by its definition."""
    x = x.astype(np.longdouble)
    lower, upper = (np.longdouble(end) / np.longdouble(p.end) for end in p.interval)
    t = x / np.longdouble(p.end)
    if p.parity == "none":
        z = (2 * t - lower - upper) / (upper - lower)
    else:
        z = (2 * t * t - 1 - lower * lower) / (1 - lower * lower)
    one, two = np.zeros_like(z), np.zeros_like(z)
    for c in p.coef[:0:-1]:
        one, two = 2 * z * one - two + c, one
    total = z * one - two + p.coef[0]
    return np.asarray(total * t if p.parity == "odd" else total)


def grid(p: SVTPolynomial) -> np.ndarray:
    """Return points of the interval, denser towards its ends, both of them included."""
    lower, upper = p.interval
    angles = np.linspace(0.0, np.pi, FINE * p.degree + FEW)
    x = 0.5 * (lower + upper) - 0.5 * (upper - lower) * np.cos(angles)
    return np.asarray(np.clip(x, lower, upper).astype(np.longdouble))


def _error(p: SVTPolynomial, f: Any, note: str = "error") -> Observation:
    x = grid(p)
    return Observation(float(np.abs(extended(p, x) - f(x)).max()), p.error_bound, note=note)


def _shorter(make: Any, count: int = 1) -> Any:
    def made(*arguments: Any, **options: Any) -> SVTPolynomial:
        p = make(*arguments, **options)
        shorter: SVTPolynomial = dataclasses.replace(p, coef=p.coef[: max(1, p.coef.size - count)])
        return shorter

    return made


def _same_signs(make: Any) -> Any:
    def made(*arguments: Any, **options: Any) -> SVTPolynomial:
        p = make(*arguments, **options)
        changed: SVTPolynomial = dataclasses.replace(p, coef=np.abs(p.coef))
        return changed

    return made


def _power_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    c = (0.5, 1.0, 2.0, 3.0, float(rng.uniform(0.1, 6.0)))[index % 5]
    delta = float(10.0 ** rng.uniform(-1.3, -0.05))
    tol = float(10.0 ** rng.uniform(-11.0, -1.0))
    parity = ("even", "odd")[index // 5 % 2]
    label = f"x^-{c:.3g}, {parity}, delta {delta:.3g}, tol {tol:.1e}"
    return {"c": c, "delta": delta, "tol": tol, "parity": parity, "label": label}


@claim(
    "svt-power",
    source="the generating function of y^-s; the sum of what is left out, by its signs",
    subject=cheb_power,
    cases=_power_case,
    mutants={"a term less": _shorter(cheb_power), "signs lost": _same_signs(cheb_power)},
    tight=0.97,
    **OPTIONS,
)
def power(case: Any, subject: Any) -> Any:
    """The polynomial for x^-c is within its bound of it on [delta, 1]."""
    p = subject(case.c, case.delta, case.tol, parity=case.parity)
    return _error(p, lambda x: x ** -np.longdouble(case.c))


# The table of the note on which this is built, and draws.
_TABLE = ((0.1, 1e-2), (0.1, 1e-6), (0.02, 1e-6))


def _sign_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    delta, tol = float(10.0 ** rng.uniform(-1.6, -0.3)), float(10.0 ** rng.uniform(-10.0, -2.0))
    if index < len(_TABLE):
        delta, tol = _TABLE[index]
    return {"delta": delta, "tol": tol, "label": f"delta {delta:.3g}, tol {tol:.1e}"}


def _smaller_tol(delta: float, tol: float) -> SVTPolynomial:
    return cheb_sign(delta, tol**1.3)


@claim(
    "svt-sign",
    source="Eremenko & Yuditskii, J. Anal. Math. 101 (2007); the series of y^(-1/2)",
    subject=cheb_sign,
    cases=_sign_case,
    mutants={"a term less": _shorter(cheb_sign), "a higher degree": _smaller_tol},
    tight=0.95,
    **OPTIONS,
)
def sign(case: Any, subject: Any) -> Any:
    """The degree is within 5 % of the least; |p - 1| is within its bound, 0 <= p <= 1 below."""
    p = subject(case.delta, case.tol)
    least = bounds.sign_degree(case.delta, case.tol)
    x = np.linspace(0.0, case.delta, 200)
    inside = extended(p, x)
    # Rounding of the coefficients is in the error bound of p.
    slack = p.error_bound
    return [
        Observation(float(p.degree), 1.05 * least + 2.0, note="degree"),
        _error(p, np.ones_like),
        Observation(float(inside.max()), 1.0 + slack, note="not above 1"),
        Observation(float(-inside.min()), slack, note="not below 0"),
    ]


def _inverse_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kappa, tol = float(10.0 ** rng.uniform(0.1, 1.6)), float(10.0 ** rng.uniform(-8.0, -0.5))
    if index < 2:
        kappa, tol = ((10.0, 1e-3), (50.0, 1e-6))[index]
    return {"kappa": kappa, "tol": tol, "label": f"kappa {kappa:.3g}, tol {tol:.1e}"}


def _cut_series(kappa: float, tol: float) -> SVTPolynomial:
    return cheb_power(1.0, 1.0 / kappa, tol, parity="odd")


@claim(
    "svt-inverse",
    source="Gribling, Kerenidis & Szilagyi, arXiv 2109.04248; Chebyshev's alternation",
    subject=cheb_inverse,
    cases=_inverse_case,
    mutants={"a term less": _shorter(cheb_inverse), "a series that is cut": _cut_series},
    tight=0.99,
    **OPTIONS,
)
def inverse(case: Any, subject: Any) -> Any:
    """max |x p(x) - 1| is 1 / T_n(z0), attained n + 1 times: no smaller degree would do."""
    p = subject(case.kappa, case.tol)
    n = (p.degree + 1) // 2
    a = np.longdouble(1) / np.longdouble(case.kappa)
    z = np.cos(np.pi * np.arange(n + 1) / n).astype(np.longdouble)
    x = np.sqrt(np.maximum(a * a, (1 + a * a + z * (1 - a * a)) / 2))
    off = x * extended(p, x) - 1
    least = bounds.inverse_error(n, case.kappa)
    # The coefficients alternate, and each is right to some units.
    rounding = 16.0 * float(np.finfo(np.float64).eps) * float(np.abs(p.coef).sum())
    below = np.linspace(0.0, float(a), 100)
    product = below * extended(p, below)
    needless = float(p.degree == 1 or bounds.inverse_error(n - 1, case.kappa) <= case.tol)
    return [
        Observation(float(np.abs(off).max()), least + rounding, note="error"),
        Observation(least - rounding, float(np.abs(off).min()), note="alternation"),
        Observation(needless, float(p.degree == 1), note="least degree"),
        Observation(float(np.abs(product - 0.5).max()), 0.5 + p.error_bound, note="below"),
    ]


def _exp_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    beta, tol = float(10.0 ** rng.uniform(-2.0, 3.5)), float(10.0 ** rng.uniform(-12.0, -1.0))
    if index < 4:
        beta, tol = (0.1, 1.0, 10.0, 100.0)[index], 1e-6
    return {"beta": beta, "tol": tol, "label": f"beta {beta:.3g}, tol {tol:.1e}"}


@claim(
    "svt-exp",
    source="Sachdeva & Vishnoi, Found. Trends Theor. Comput. Sci. 9 (2014), theorem 4.1",
    subject=cheb_exp,
    cases=_exp_case,
    mutants={"a term less": _shorter(cheb_exp)},
    tight=0.999,
    **OPTIONS,
)
def exponential(case: Any, subject: Any) -> Any:
    """The error is the sum of what is left out, attained at 1; the degree is below the usual."""
    p = subject(case.beta, case.tol)
    beta = np.longdouble(case.beta)
    known = {0.1: 3, 1.0: 7, 10.0: 17, 100.0: 49}.get(case.beta, math.inf)
    usual = bounds.exp_degree(case.beta, case.tol)
    return [
        _error(p, lambda x: np.exp(-beta * (1 - x))),
        Observation(float(p.degree), min(usual, known), note="degree"),
    ]


def _both(t: float, tol: float) -> tuple[SVTPolynomial, SVTPolynomial]:
    return cheb_cos(t, tol), cheb_sin(t, tol)


def _shorter_both(t: float, tol: float) -> tuple[SVTPolynomial, SVTPolynomial]:
    return _shorter(cheb_cos)(t, tol), cheb_sin(t, tol)


def _shorter_sine(t: float, tol: float) -> tuple[SVTPolynomial, SVTPolynomial]:
    return cheb_cos(t, tol), _shorter(cheb_sin)(t, tol)


def _wave_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    t, tol = float(10.0 ** rng.uniform(-1.0, 2.0)), float(10.0 ** rng.uniform(-12.0, -2.0))
    if index < 5:
        t, tol = (0.5, 1.0, 5.0, 20.0, 100.0)[index], 1e-8
    return {"t": t, "tol": tol, "label": f"t {t:.3g}, tol {tol:.1e}"}


@claim(
    "svt-jacobi-anger",
    source="Gilyen, Su, Low & Wiebe, arXiv 1806.01838, lemma 57",
    subject=_both,
    cases=_wave_case,
    mutants={"cosine a term less": _shorter_both, "sine a term less": _shorter_sine},
    tight=0.99,
    **OPTIONS,
)
def jacobi_anger(case: Any, subject: Any) -> Any:
    """Cosine and sine are within their bounds, at degrees below those of the usual formula."""
    cosine, sine = subject(case.t, case.tol)
    t = np.longdouble(case.t)
    known = {0.5: 6, 1.0: 8, 5.0: 16, 20.0: 38, 100.0: 130}.get(case.t, math.inf)
    usual = float(bounds.jacobi_anger_degree(case.t, case.tol))
    return [
        _error(cosine, lambda x: np.cos(t * x), "cosine"),
        _error(sine, lambda x: np.sin(t * x), "sine"),
        Observation(float(cosine.degree), min(usual, known), note="degree"),
        Observation(float(sine.degree), usual + 1.0, note="degree of the sine"),
    ]


def _step_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    threshold = float(rng.uniform(0.3, 0.85))
    gap = float(min(rng.uniform(0.1, 0.6), 1.0 / threshold - 1.0))
    tol = float(10.0 ** rng.uniform(-9.0, -1.0))
    if index == 0:
        threshold, gap, tol = 0.5, 0.1, 1e-6
    label = f"threshold {threshold:.3g}, gap {gap:.3g}, tol {tol:.1e}"
    return {"threshold": threshold, "gap": gap, "tol": tol, "label": label}


def _other_threshold(threshold: float, gap: float, tol: float) -> SVTPolynomial:
    p = cheb_step(threshold, gap, tol)
    return dataclasses.replace(p, coef=cheb_step(threshold * (1.0 - 0.2 * gap), gap, tol).coef)


@claim(
    "svt-step",
    source="Frostig, Musco, Musco & Sidford, ICML 2016: the step from the sign",
    subject=cheb_step,
    cases=_step_case,
    mutants={"terms less": _shorter(cheb_step, 2), "another threshold": _other_threshold},
    tight=0.9,
    **OPTIONS,
)
def step(case: Any, subject: Any) -> Any:
    """The step is within its bound of 0 below, of 1 above, and of [0, 1] between."""
    p = subject(case.threshold, case.gap, case.tol)
    low, high = p.gap
    x = np.concatenate([grid(p), np.linspace(low, high, 300).astype(np.longdouble)])
    values = extended(p, x)
    off = np.where(x <= low, np.abs(values), np.where(x >= high, np.abs(values - 1), 0))
    return [
        Observation(float(off.max()), p.error_bound, note="error"),
        Observation(float(values.max()), 1.0 + p.error_bound, note="not above 1"),
        Observation(float(-values.min()), p.error_bound, note="not below 0"),
    ]


def _any_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    parity: Any = ("even", "odd", "none")[index % 3]
    coef = rng.standard_normal(int(rng.integers(1, 40)))
    interval = (0.0, 1.0) if index % 2 or parity == "none" else (float(rng.uniform(0.0, 0.1)), 1.0)
    p = SVTPolynomial(coef / np.arange(1, coef.size + 1), parity, interval)
    return {"p": p, "label": f"{parity}, degree {p.degree}", "size": float(p.degree)}


def _coarse(p: SVTPolynomial) -> float:
    x = np.linspace(*p.interval, p.degree + 2)
    return float(np.abs(p(x)).max())


@claim(
    "svt-supremum",
    source="Ehlich & Zeller, Math. Z. 86 (1964)",
    subject=SVTPolynomial.supremum,
    cases=_any_case,
    mutants={"a coarse grid": _coarse},
    tight=0.95,
    **OPTIONS,
)
def supremum(case: Any, subject: Any) -> Any:
    """What is proved of max |p| from a grid is not below what a finer one finds."""
    p = case.p
    x = grid(p)
    if p.parity != "none":
        x = np.concatenate([x, np.linspace(0.0, p.interval[0], 100).astype(np.longdouble)])
    return Observation(float(np.abs(extended(p, x)).max()), float(subject(p)))
