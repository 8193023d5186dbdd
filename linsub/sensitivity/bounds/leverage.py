"""Leverage scores: what moves them, and what rounding does to those that were computed."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from linsub.errors import InvalidInputError

__all__ = [
    "corrected_defect",
    "effective_dimension",
    "gram_defect",
    "leverage_perturbation",
    "leverage_relative_error",
    "projected_length",
    "rounding",
    "sketched_leverage",
]

_UNIT = 2.0**-53


def rounding(terms: float) -> float:
    """Return gamma_k = k u / (1 - k u), which bounds the relative error of a sum of k products.

    Parameters
    ----------
    terms : float
        k, at least 0.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import rounding
    >>> rounding(2) < 2.3e-16
    True
    """
    if not terms >= 0.0:
        raise InvalidInputError(f"terms must not be negative, got {terms}")
    product = terms * _UNIT
    return product / (1.0 - product) if product < 1.0 else math.inf


def leverage_perturbation(score: float, sine: float) -> tuple[float, float]:
    """Bound the leverage of a row in a space whose largest angle to another has this sine.

    With ``score = cos^2 a`` and ``sine = sin t`` it lies within ``cos^2(a + t), cos^2(a - t)``,
    angles beyond 0 and pi/2 cut off. Both ends are attained.

    Parameters
    ----------
    score : float
        In [0, 1]: the leverage in one of the spaces.
    sine : float
        ``||P - P'||_2`` of the projections, of one rank; 1 or more says nothing.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import leverage_perturbation
    >>> low, high = leverage_perturbation(0.5, 0.1)
    >>> round(low, 6), round(high, 6)
    (0.400501, 0.599499)
    """
    if not 0.0 <= score <= 1.0:
        raise InvalidInputError(f"score must be in [0, 1], got {score}")
    if not sine >= 0.0:
        raise InvalidInputError(f"sine must not be negative, got {sine}")
    if sine >= 1.0:
        return 0.0, 1.0
    angle = math.atan2(math.sqrt(1.0 - score), math.sqrt(score))
    turn = math.asin(sine)
    low = 0.0 if angle + turn >= math.pi / 2.0 else math.cos(angle + turn) ** 2
    high = 1.0 if turn >= angle else math.cos(angle - turn) ** 2
    return low, high


def effective_dimension(sigma: np.ndarray, ridge: float) -> float:
    """Return the sum of ``s^2 / (s^2 + ridge)``: what the ridge leverage scores sum to.

    Parameters
    ----------
    sigma : array_like
        Singular values.
    ridge : float
        Not negative.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import effective_dimension
    >>> effective_dimension([2.0, 1.0], 1.0)
    1.3
    """
    if not ridge >= 0.0:
        raise InvalidInputError(f"ridge must not be negative, got {ridge}")
    s = np.asarray(sigma, np.float64)
    s = s[s > 0.0]
    with np.errstate(over="ignore", under="ignore"):
        return float(np.sum(1.0 / (1.0 + np.square(np.sqrt(ridge) / s))))


def leverage_relative_error(defect: float, growth: float, terms: int) -> float:
    """Bound ``|computed - exact| / exact`` of scores that are squared rows of ``fl(A T)``.

    ``Q = A T`` has ``||Q^H Q - I||_2 <= defect``; a row of it is computed with the relative error
    ``gamma_terms growth``, where growth bounds ``|| |T^-1| |T| ||_2``. Then a score is off by a
    factor within ``1 -+`` the bound: ``(1 + e)^2 (1 + defect) (1 + gamma) - 1``.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import leverage_relative_error
    >>> leverage_relative_error(0.0, 10.0, 10) < 3e-14
    True
    """
    if not (defect >= 0.0 and growth >= 0.0):
        raise InvalidInputError(f"defect and growth must not be negative: {defect}, {growth}")
    gamma = rounding(terms)
    e = gamma * growth
    if not (e < 1.0 and defect < 1.0):
        return math.inf
    # expm1 and log1p: small terms add up, they do not drown in 1.
    factor = 2.0 * math.log1p(e) + math.log1p(defect) + math.log1p(2.0 * gamma)
    return math.expm1(factor)


def gram_defect(measured: float, spread: float, terms: int) -> float:
    """Bound ``||Q^H Q - I||_2`` of ``Q = A T`` by the computed Gram matrix G of A.

    ``|| |T|^H |A|^H |A| |T| || <= spread^2 = sum_j (sum_k |T_kj| G_kk^(1/2))^2``, and rounding in
    sums that count as `terms` terms is at most gamma times it.

    Parameters
    ----------
    measured : float
        A bound on ``||T^H G T - I||_F``.
    spread : float
    terms : int

    Examples
    --------
    >>> from linsub.sensitivity.bounds import gram_defect
    >>> gram_defect(1e-15, 10.0, 1000) < 2e-11
    True
    """
    gamma = rounding(terms)
    return measured + gamma / (1.0 - gamma) * spread * spread if gamma < 1.0 else math.inf


def corrected_defect(
    measured: float, row_error: float, inverse: tuple[float, float], gram: tuple[float, float],
    terms: int,
) -> float:  # fmt: skip
    """Bound ``||Q^H Q - I||_2`` of ``Q = A fl(T1 T2)`` by the Gram matrix G of ``Z = fl(A T1)``.

    Parameters
    ----------
    measured : float
        A bound on ``||T2^H G T2 - I||_F``.
    row_error : float
        The relative error of a row of Z.
    inverse : tuple of float
        The spectral and the Frobenius norm of T2.
    gram : tuple of float
        The spectral norm and the trace of G.
    terms : int
        What the sums of G count as.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import corrected_defect
    >>> corrected_defect(1e-15, 1e-13, (1.0, 3.0), (1.0, 9.0), 1000) < 4e-12
    True
    """
    gamma = rounding(terms)
    if not (row_error < 1.0 and gamma < 1.0):
        return math.inf
    top, size = gram[0] + gamma * gram[1], math.sqrt(gram[1] * (1.0 + gamma))
    moved = row_error * size / (1.0 - row_error)
    of_gram = gamma * gram[1] * (1.0 + gamma) + 2.0 * math.sqrt(top) * moved + moved**2
    turned = row_error * inverse[1]
    turning = (2.0 * inverse[0] + turned) * turned * gram[0]
    return measured + turning + (inverse[0] + turned) ** 2 * of_gram


def sketched_leverage(low: float, high: float) -> tuple[float, float]:
    """Bound ``tau / ||z||^2`` for rows z of Z = A R^-1 by the extreme eigenvalues of Z^H Z.

    ``tau = z (Z^H Z)^-1 z^H`` is within ``||z||^2 / high, ||z||^2 / low``.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import sketched_leverage
    >>> sketched_leverage(0.5, 2.0)
    (0.5, 2.0)
    """
    if not 0.0 < low <= high:
        raise InvalidInputError(f"0 < low <= high is needed, got {low} and {high}")
    return 1.0 / high, 1.0 / low


def projected_length(k: int, n: int, failure_prob: float) -> tuple[float, float]:
    """Bound ``||z G||^2 / ||z||^2`` for n vectors z and a Gaussian G (r, k) with entries N(0, 1/k).

    The ratio has the law of chi^2_k / k: its quantiles at failure_prob / (2n) from either end.

    Parameters
    ----------
    k : int
        Degrees of freedom: columns of G, twice that for a complex one.
    n : int
        Vectors.
    failure_prob : float
        That some ratio is outside.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import projected_length
    >>> low, high = projected_length(100, 1000, 0.01)
    >>> round(low, 2), round(high, 2)
    (0.49, 1.75)
    """
    if not (k >= 1 and n >= 1 and 0.0 < failure_prob < 1.0):
        raise InvalidInputError(f"no such k, n, failure_prob: {k}, {n}, {failure_prob}")
    tail = failure_prob / (2.0 * n)
    low, high = special.gammaincinv(0.5 * k, tail), special.gammainccinv(0.5 * k, tail)
    return 2.0 * float(low) / k, 2.0 * float(high) / k
