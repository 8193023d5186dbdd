"""Polynomials made of a step and another function, for what is kept above a threshold."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from linsub.errors import InvalidInputError
from linsub.svt import bounds
from linsub.svt.polynomial import (
    SVTPolynomial,
    chebyshev_nodes,
    clenshaw,
    polynomial_of_samples,
)
from linsub.svt.powers import LEAST, cheb_inverse, cheb_sign
from linsub.svt.step import cheb_step

__all__ = ["hard_threshold", "inverse_above", "soft_threshold"]

_EPS = float(np.finfo(np.float64).eps)


def hard_threshold(threshold: float, gap: float, tol: float) -> SVTPolynomial:
    """Return an odd polynomial near x above the threshold and near 0 below it, on [0, 1]."""
    step = cheb_step(threshold, gap, tol)
    return SVTPolynomial(
        step.coef,
        "odd",
        error_bound=step.error_bound,
        gap=step.gap,
        of=f"x [x >= {threshold:g}]",
    )


def soft_threshold(threshold: float, gap: float, tol: float) -> SVTPolynomial:
    """Return an odd polynomial near max(x - threshold, 0) on all of [0, 1].

    The step times ``x - threshold * s(x)``, s near 1 from where the step begins. Above its
    transition that errs by e + e' threshold, below it by e threshold, and within it, where both
    factors are bounded, by (1 + e) (gap + e') threshold, e and e' the errors of the step and of s.
    """
    _check_low(threshold, gap)
    step = cheb_step(threshold, gap, tol)
    assert step.gap is not None
    sign = cheb_sign(step.gap[0], tol)

    def rest(y: np.ndarray) -> np.ndarray:
        z = sign.mapped(np.sqrt(y))
        return np.asarray(1.0 - threshold * clenshaw(sign.coef, z))

    # s / x is at most 1 / x, and below the transition what its series is at 0.
    size = 1.0 + threshold * _at_zero(sign)
    coef, rounding = _times(step, rest, sign, size)
    e, other = step.error_bound, sign.error_bound
    error = max(e + (1.0 + e) * threshold * other, (1.0 + e) * (gap + other) * threshold)
    return SVTPolynomial(coef, "odd", error_bound=error + rounding, of=f"max(x - {threshold:g}, 0)")


def inverse_above(threshold: float, gap: float, tol: float) -> SVTPolynomial:
    """Return an odd polynomial near 1 / x above the threshold and near 0 below it, on [0, 1].

    The step times the best polynomial for 1 / x from where the step begins; below, that one is at
    most ``min(x q(0), 1 / x)``, so at most the root of q(0).
    """
    low = _check_low(threshold, gap)
    inverse = cheb_inverse(1.0 / low, 0.25 * tol)
    assert inverse.relative_error is not None
    peak = math.sqrt(_at_zero(inverse))
    step = cheb_step(threshold, gap, min(0.25 * tol, 0.5 * tol / (threshold * peak)))
    assert step.gap is not None

    def other(y: np.ndarray) -> np.ndarray:
        return clenshaw(inverse.coef, inverse.mapped(np.sqrt(y)))

    coef, rounding = _times(step, other, inverse, _at_zero(inverse))
    e, relative = step.error_bound, inverse.relative_error
    above = (e * (1.0 + relative) + relative) / step.gap[1]
    return SVTPolynomial(
        coef,
        "odd",
        error_bound=max(above, e * peak) + rounding,
        gap=step.gap,
        of=f"[x >= {threshold:g}] / x",
    )


def _check_low(threshold: float, gap: float) -> float:
    low = threshold * (1.0 - gap)
    if not low >= LEAST * (1.0 + 1e-12):
        raise InvalidInputError(
            f"threshold (1 - gap) is {low:.3g} of the largest singular value and its bound, "
            f"{LEAST:g} is the least; take a larger threshold or a smaller gap"
        )
    return low


def _at_zero(p: SVTPolynomial) -> float:
    """Return q(0) of ``p(x) = x q(x^2)`` with alternating coefficients: its largest value."""
    k = np.arange(p.coef.size)
    return float(np.sum(np.abs(p.coef) * np.cosh(k * p.growth)))


def _times(
    step: SVTPolynomial,
    other: Callable[[np.ndarray], np.ndarray],
    factor: SVTPolynomial,
    size: float,
) -> tuple[np.ndarray, float]:
    """Return the coefficients of the product of two series in y, and their rounding."""
    count = step.coef.size + factor.coef.size - 1
    z = chebyshev_nodes(count)
    y = 0.5 * (1.0 + z)
    coef = polynomial_of_samples(clenshaw(step.coef, z) * other(y))
    lebesgue = 2.0 / math.pi * math.log(count) + 1.0
    rounding = lebesgue * (
        bounds.clenshaw_rounding(step.coef, 0.0) * size
        + 2.0 * bounds.clenshaw_rounding(factor.coef, factor.growth)
    )
    return coef, rounding + 4.0 * _EPS * (1.0 + math.log2(count)) * float(np.sum(np.abs(coef)))
