"""Lewis weights: rates of their iterations, what a residual says, and what the weights bound."""

from __future__ import annotations

import math

from linsub.errors import InvalidInputError

__all__ = [
    "change_of_density",
    "john_average",
    "john_volume_gap",
    "lewis_contraction",
    "lewis_log_error",
    "lewis_rate",
    "lewis_to_john",
]


def _exponent(p: float) -> float:
    if not 0.0 < p < math.inf:
        raise InvalidInputError(f"p must be positive and finite, got {p}")
    return float(p)


def lewis_rate(p: float, kappa: float) -> float:
    """Bound the local rate of ``log w += kappa (log tau - log w)``.

    The derivative at the weights is ``I - kappa (2/p) (I + (p/2 - 1) K)`` with a K whose
    eigenvalues lie in [0, 1], so that the bracket has its own between 1 and p/2; the rate is the
    larger of ``|1 - 2 kappa / p|`` and ``|1 - kappa|``. It is least for ``kappa = 2p/(p+2)``.

    Parameters
    ----------
    p : float
        Positive.
    kappa : float
        Positive.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import lewis_rate
    >>> lewis_rate(6.0, 3.0), lewis_rate(6.0, 1.5)
    (2.0, 0.5)
    """
    p = _exponent(p)
    if not kappa > 0.0:
        raise InvalidInputError(f"kappa must be positive, got {kappa}")
    return max(abs(1.0 - 2.0 * kappa / p), abs(1.0 - kappa))


def lewis_contraction(p: float) -> float:
    """Return ``|1 - p/2|``, by which ``w <- (a_i^H (A^H W^(1-2/p) A)^-1 a_i)^(p/2)`` contracts.

    In ``max |log w - log w'|``, the metric of Thompson; it is a contraction for p < 4.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import lewis_contraction
    >>> lewis_contraction(3.0)
    0.5
    """
    return abs(1.0 - 0.5 * _exponent(p))


def lewis_log_error(p: float, residual: float) -> float:
    """Bound ``max |log w - log w*|`` by ``residual = max |log tau(w) - log w|``, for p < 4.

    The map of Cohen and Peng contracts by ``|1 - p/2|`` in this metric, and moves w by
    ``(p/2) residual``: the bound is ``(p/2) residual / (1 - |1 - p/2|)``.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import lewis_log_error
    >>> lewis_log_error(3.0, 1e-3)
    0.003
    """
    p = _exponent(p)
    if not residual >= 0.0:
        raise InvalidInputError(f"residual must not be negative, got {residual}")
    if p >= 4.0:
        return math.inf
    return 0.5 * p * residual / (1.0 - lewis_contraction(p))


def change_of_density(p: float, rank: int) -> tuple[float, float]:
    """Return c and C with ``c (x^H M x)^(p/2) <= ||A x||_p^p <= C (x^H M x)^(p/2)`` for all x.

    ``M = A^H W^(1-2/p) A`` with the Lewis weights: (1, r^(1-p/2)) for p <= 2, (r^(1-p/2), 1)
    beyond. So a sensitivity of a row is within ``w_i / C, w_i / c``.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import change_of_density
    >>> change_of_density(4.0, 5), change_of_density(1.0, 4)
    ((0.2, 1.0), (1.0, 2.0))
    """
    p = _exponent(p)
    if not rank >= 1:
        raise InvalidInputError(f"rank must be at least 1, got {rank}")
    factor = math.pow(rank, 1.0 - 0.5 * p)
    return (1.0, factor) if p <= 2.0 else (factor, 1.0)


def lewis_to_john(p: float, n: int, rank: int) -> float:
    """Bound ``max a_i^H (A^H V A)^-1 a_i`` for V made of lp Lewis weights, p > 2.

    ``v = r w^(1-2/p) / sum w^(1-2/p)`` gives ``(n/r)^(2/p)`` at most.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import lewis_to_john
    >>> lewis_to_john(4.0, 100, 4)
    5.0
    """
    p = _exponent(p)
    if not n >= rank >= 1:
        raise InvalidInputError(f"n >= rank >= 1 is needed, got {n} and {rank}")
    return math.pow(n / rank, 2.0 / p)


def john_volume_gap(rank: int, largest: float) -> float:
    """Bound ``log det(A^H V* A) - log det(A^H V A)`` by ``r log(max g)`` for weights of sum r.

    Parameters
    ----------
    rank : int
        r.
    largest : float
        The largest ``g_i = a_i^H (A^H V A)^-1 a_i``, which is at least 1.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import john_volume_gap
    >>> round(john_volume_gap(3, 1.1), 4)
    0.2859
    """
    if not largest > 0.0:
        raise InvalidInputError(f"largest must be positive, got {largest}")
    return rank * max(0.0, math.log(largest))


def john_average(n: int, rank: int, steps: int) -> float:
    """Bound ``max g`` of the average of iterates ``w <- tau(W^(1/2) A)`` from ``w = r/n``.

    log g is convex in w and the sum of its values telescopes: ``(n/r)^(1/steps)``.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import john_average
    >>> john_average(400, 4, 2)
    10.0
    """
    if not n >= rank >= 1 or not steps >= 1:
        raise InvalidInputError(f"n >= rank >= 1 and steps >= 1 are needed: {n}, {rank}, {steps}")
    return math.pow(n / rank, 1.0 / steps)
