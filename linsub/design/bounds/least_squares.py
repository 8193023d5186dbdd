"""Weighted least squares with m features from n points of the Christoffel density."""

from __future__ import annotations

import math
import operator
from typing import Any

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = [
    "chernoff_rate",
    "christoffel_failure",
    "sample_size_christoffel",
    "uniform_error_factor",
    "wls_error_factor",
]


# Below, the rate is summed as a series: its closed form cancels.
_SMALL_DELTA = 0.25


def _count(value: Any, name: str, low: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidTypeError(f"{name} must be an integer, got {value!r}") from None
    if number < low:
        raise InvalidInputError(f"{name} must be at least {low}, got {number}")
    return number


def _check(m: int, delta: float) -> None:
    _count(m, "m", 1)
    if not 0.0 < delta < 1.0:
        raise InvalidInputError(f"delta must satisfy 0 < delta < 1, got {delta}")


def chernoff_rate(delta: float, *, two_sided: bool = False) -> float:
    """Return the rate of the matrix Chernoff bound: ``c = delta + (1 - delta) log(1 - delta)``.

    For the largest eigenvalue it is ``(1 + delta) log(1 + delta) - delta``, which is less: a
    statement about both ends must use it.

    Parameters
    ----------
    delta : float
        In (0, 1).
    two_sided : bool, optional

    Examples
    --------
    >>> from linsub.design.bounds import chernoff_rate
    >>> round(chernoff_rate(0.5), 4), round(chernoff_rate(0.5, two_sided=True), 4)
    (0.1534, 0.1082)
    """
    _check(1, delta)
    if delta < _SMALL_DELTA:
        x = -delta if two_sided else delta
        return math.fsum(x**k / (k * (k - 1)) for k in range(2, 28))
    if two_sided:
        return (1.0 + delta) * math.log1p(delta) - delta
    return delta + (1.0 - delta) * math.log1p(-delta)


def christoffel_failure(m: int, n: int, delta: float, *, two_sided: bool = False) -> float:
    """Bound ``P(lambda_min(G) < 1 - delta)`` by ``m exp(-c n/m)`` for independent points.

    ``G = (1/n) sum_i w(x_i) phi(x_i) phi(x_i)^H`` with points of the Christoffel density. With
    `two_sided`, ``P(||G - I||_2 > delta)`` by ``m exp(-c n/m) + m exp(-d n/m)``.

    References
    ----------
    J. A. Tropp, "User-friendly tail bounds for sums of random matrices", 2012, theorem 1.1;
    Cohen & Migliorati, arXiv 1608.00512.

    Examples
    --------
    >>> from linsub.design.bounds import christoffel_failure
    >>> round(christoffel_failure(10, 500, 0.5), 5)
    0.00466
    """
    _check(m, delta)
    n = _count(n, "n", 0)
    failure = m * math.exp(-chernoff_rate(delta) * n / m)
    if two_sided:
        failure += m * math.exp(-chernoff_rate(delta, two_sided=True) * n / m)
    return min(1.0, failure)


def sample_size_christoffel(m: int, delta: float, eta: float, *, two_sided: bool = False) -> int:
    """Return n for which independent Christoffel points fail with probability at most eta.

    The least n with ``m exp(-c n/m) <= eta`` for ``lambda_min(G) >= 1 - delta``; with `two_sided`
    one with ``2 m exp(-d n/m) <= eta`` for ``||G - I||_2 <= delta``.

    Parameters
    ----------
    m : int
        Features.
    delta, eta : float
        In (0, 1).
    two_sided : bool, optional

    Examples
    --------
    >>> from linsub.design import sample_size_christoffel
    >>> sample_size_christoffel(20, 0.5, 0.5)
    481
    """
    _check(m, delta)
    if not 0.0 < eta < 1.0:
        raise InvalidInputError(f"eta must satisfy 0 < eta < 1, got {eta}")
    rate = chernoff_rate(delta, two_sided=two_sided)
    sides = 2.0 if two_sided else 1.0
    n = m / rate * math.log(sides * m / eta) if rate > 0.0 else math.inf
    if n == math.inf:
        raise InvalidInputError(f"delta is {delta}, for which n exceeds all numbers; pass a larger")
    return max(m, math.ceil(n))


def wls_error_factor(
    m: int, n: int, delta: float, eta: float, *, boost: int = 1, kept: int | None = None
) -> float:
    """Bound ``E ||f - u||^2 / min_v ||f - v||^2`` given that ``lambda_min(G) >= 1 - delta``.

    ``1 + M (m/n) (1 - delta)^-2 / (1 - eta^M)`` for the best of M draws of n points, each of
    which has the Christoffel density: independent ones, rescaled volume sampling or repeated
    DPPs. Of these, `kept` points chosen later in any way: ``1 + M (n/kept) (1 - delta)^-1 /
    (1 - eta^M)``.

    Parameters
    ----------
    m, n : int
        Features and points.
    delta : float
        In (0, 1).
    eta : float
        The probability that a draw has a smaller lambda_min, or a bound on it, in [0, 1).
    boost : int, optional
        M.
    kept : int, optional
        Points that are left.

    Examples
    --------
    >>> from linsub.design.bounds import wls_error_factor
    >>> wls_error_factor(10, 40, 0.5, 0.0)
    2.0
    """
    _check(m, delta)
    n, boost = _count(n, "n", 1), _count(boost, "boost", 1)
    if not 0.0 <= eta < 1.0:
        raise InvalidInputError(f"eta must satisfy 0 <= eta < 1, got {eta}")
    chance = 1.0 - eta**boost
    if kept is None:
        return 1.0 + boost * (m / n) / (1.0 - delta) ** 2 / chance
    kept = _count(kept, "kept", 1)
    if kept > n:
        raise InvalidInputError(f"1 <= kept <= n is needed, got {kept}")
    return 1.0 + boost * (n / kept) / (1.0 - delta) / chance


def uniform_error_factor(largest_weight: float, delta: float) -> float:
    """Bound ``||f - u|| / min_v sup|f - v|`` by ``1 + (C / (1 - delta))^(1/2)``, with certainty.

    For a design with ``lambda_min(G) >= 1 - delta`` and weights of at most C, in the norm of a
    probability measure.

    Examples
    --------
    >>> from linsub.design.bounds import uniform_error_factor
    >>> uniform_error_factor(2.0, 0.5)
    3.0
    """
    _check(1, delta)
    if not largest_weight > 0.0:
        raise InvalidInputError(f"largest_weight must be positive, got {largest_weight}")
    return 1.0 + math.sqrt(largest_weight / (1.0 - delta))
