"""Exponentials, cosines and sines: tails of their Chebyshev series, and degrees that suffice."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

__all__ = ["bessel_tail", "exp_degree", "jacobi_anger_degree"]

# Orders beyond the turning point for which Bessel functions have become negligible.
_EXTRA = 60


def bessel_tail(size: float, *, modified: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return Bessel functions of all orders that count, and twice the sums of their sizes.

    Entry k of the second is ``2 sum_{j > k} |J_j(size)|``, or of ``exp(-size) I_j(size)`` where
    `modified`: what a Chebyshev series of ``exp(i size x)``, or of ``exp(-size (1 - x))``, leaves
    out at degree k.

    Parameters
    ----------
    size : float
        Not negative.
    modified : bool

    Notes
    -----
    Beyond the turning point the ratio of two neighbours falls with the order, so that what follows
    the last one is a geometric series at most. The J_j come from their recurrence, from the largest
    order down (Miller), scaled so that ``J_0 + 2 J_2 + 2 J_4 + ... = 1``.

    Examples
    --------
    >>> from linsub.svt.bounds import bessel_tail
    >>> _, tails = bessel_tail(100.0, modified=True)
    >>> int((tails > 1e-6).sum())
    49
    """
    if modified:  # exp(-size) I_k(size) falls like exp(-k^2 / (2 size))
        last = int(min(2.0 * size, math.sqrt(120.0 * size))) + _EXTRA
        values = special.ive(np.arange(last + 1), size)
    else:
        last = int(1.2 * size + 20.0 * size ** (1.0 / 3.0)) + _EXTRA
        values = _bessel(size, last)
    sizes = np.abs(values)
    ratio = float(sizes[-1] / sizes[-2]) if sizes[-2] > 0.0 else 0.0
    sums = np.cumsum(sizes[::-1])[::-1]
    return values, 2.0 * (np.append(sums[1:], 0.0) + sizes[-1] * ratio / (1.0 - ratio))


def _bessel(size: float, last: int) -> np.ndarray:
    """Return J_0(size) to J_last(size)."""
    found = np.zeros(last + 1)
    if size < 1e-8:  # J_k = (size / 2)^k / k! to rounding
        found[:2] = 1.0, 0.5 * size
        return found
    one, two = 1e-280, 0.0
    for k in range(last, -1, -1):
        found[k] = one
        one, two = 2.0 * k / size * one - two, one
        if abs(one) > 1e270:
            found[k:] *= 1e-270
            one, two = one * 1e-270, two * 1e-270
    return np.asarray(found / (found[0] + 2.0 * float(found[2::2].sum())))


def exp_degree(beta: float, tol: float) -> float:
    """Return a degree that suffices for exp(-beta (1 - x)) on [-1, 1] within tol.

    ``sqrt(2 ceil(max(beta e^2, log(2 / tol))) log(4 / tol))``.

    Parameters
    ----------
    beta : float
        Not negative.
    tol : float
        In (0, 1).

    References
    ----------
    Sachdeva and Vishnoi, Found. Trends Theor. Comput. Sci. 9 (2014), theorem 4.1.

    Examples
    --------
    >>> from linsub.svt.bounds import exp_degree
    >>> int(exp_degree(1e4, 1e-6))
    1498
    """
    steps = math.ceil(max(beta * math.e**2, math.log(2.0 / tol)))
    return math.sqrt(2.0 * steps * math.log(4.0 / tol))


def jacobi_anger_degree(t: float, tol: float) -> int:
    """Return the degree 2 R that suffices for cos(t x) on [-1, 1] within tol.

    ``R = floor(r / 2)`` with r the solution of ``(e t / (2 r))^r = 5 tol / 4``.

    Parameters
    ----------
    t : float
        Positive.
    tol : float
        In (0, 1/e).

    Notes
    -----
    In closed form ``r = L / W(2 L / (e t))``, ``L = log(4 / (5 tol))``, with the function W of
    Lambert.

    References
    ----------
    Gilyen, Su, Low and Wiebe, arXiv 1806.01838, lemma 57.

    Examples
    --------
    >>> from linsub.svt.bounds import jacobi_anger_degree
    >>> [jacobi_anger_degree(t, 1e-8) for t in (0.5, 1.0, 5.0, 20.0, 100.0, 500.0)]
    [6, 8, 18, 40, 152, 696]
    """
    size = math.log(0.8 / tol)
    r = size / float(special.lambertw(2.0 * size / (math.e * t)).real)
    return 2 * math.floor(0.5 * r)
