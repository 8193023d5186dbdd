"""Phase factors against the response that they give, and its unitarity."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.svt import cheb_cos, cheb_sign, cheb_sin, qsp_phases, qsp_response
from linsub.verify import Observation, claim


def _target(index: int, rng: np.random.Generator) -> dict[str, Any]:
    t = float(10.0 ** rng.uniform(-0.5, 1.7))
    p = (cheb_cos, cheb_sin)[index % 2](t, 1e-12)
    if index % 3 == 2:
        p = cheb_sign(float(rng.uniform(0.05, 0.5)), 1e-3)
    c = 0.5 * p.chebyshev()
    if index % 7 == 3:  # random coefficients of sum 0.8, where convergence is proved
        c = np.where(np.arange(c.size) % 2 == (c.size - 1) % 2, rng.standard_normal(c.size), 0.0)
        c *= 0.8 / np.abs(c).sum()
    return {"c": c, "label": f"degree {c.size - 1}", "size": float(c.size)}


def _first_guess(target: np.ndarray, **options: Any) -> Any:
    found = qsp_phases(target, **options)
    d = target.size - 1
    where = np.abs(d - 2 * np.arange(d + 1))
    return found._replace(phases=np.where(where == 0, 1.0, 0.5) * target[where])


def _turned(target: np.ndarray, **options: Any) -> Any:
    """Return the phases of another convention: a quarter turn at both ends."""
    found = qsp_phases(target, **options)
    phases = found.phases.copy()
    phases[[0, -1]] += 0.25 * np.pi
    return found._replace(phases=phases)


@claim(
    "svt-qsp",
    source="Dong, Lin, Ni & Wang, arXiv 2209.10162",
    kind="always",
    domain="sampler",
    subject=qsp_phases,
    cases=_target,
    mutants={"the first guess": _first_guess, "a quarter turn": _turned},
    slack="the sum of the errors of all coefficients, and of their rounding, is not attained",
    budget=0.4,
    max_cases=24,
    min_cases=8,
)
def qsp(case: Any, subject: Any) -> Any:
    """The response has the target as its imaginary part, within the residual, and size 1."""
    found = subject(case.c)
    d = case.c.size - 1
    x = np.cos(np.linspace(0.0, np.pi, 4 * d + 50))
    response = qsp_response(found.phases, x)
    exact = np.polynomial.chebyshev.chebval(x, case.c)
    rounding = 8.0 * float(np.finfo(np.float64).eps) * (d + 4.0)
    return [
        Observation(float(np.abs(response.imag - exact).max()), found.residual + rounding,
                    note="response"),
        Observation(float(np.abs(response).max()), 1.0 + rounding, note="size"),
    ]  # fmt: skip
