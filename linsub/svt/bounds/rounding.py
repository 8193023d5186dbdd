"""Rounding of three-term recurrences, and the largest value of a polynomial from a grid."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["amplification", "clenshaw_rounding", "grid_factor", "recurrence_rounding"]

_U = float(np.finfo(np.float64).eps)


def grid_factor(degree: int, count: int) -> float:
    """Return 1 / cos(pi n / (2 N)), by which the largest value on a grid may be too small.

    For a polynomial of degree n and the points cos(j pi / N), j = 0 to N > n, the largest size
    on [-1, 1] is at most that factor times the largest on the grid.

    Parameters
    ----------
    degree : int
        n, not negative.
    count : int
        N, more than n.

    References
    ----------
    Ehlich and Zeller, Math. Z. 86 (1964).

    Examples
    --------
    >>> from linsub.svt.bounds import grid_factor
    >>> round(grid_factor(10, 100), 4)
    1.0125
    """
    return 1.0 / math.cos(0.5 * math.pi * degree / count)


def amplification(coef: Any, theta: float) -> np.ndarray:
    """Return by how much an error in step j of the recurrence is amplified in the sum, at most.

    ``g_j = sum_{k > j} |c_k| sinh((k - j) theta) / sinh(theta)``, for z from -cosh(theta) to 1;
    with theta = 0 the ratio is k - j. Entries 0 to n - 1 of a series of degree n.

    Parameters
    ----------
    coef : array_like of shape (n + 1,)
    theta : float
        Not negative.

    Notes
    -----
    An error e in T_j(Z) w becomes ``U_{k-j}(Z) e`` in T_k(Z) w, and U_i(z) is at most
    ``sinh((i + 1) theta) / sinh(theta)`` in size there.

    Examples
    --------
    >>> from linsub.svt.bounds import amplification
    >>> amplification([1.0, 1.0, -1.0], 0.0)
    array([3., 1.])
    """
    c = np.abs(np.asarray(coef, dtype=np.float64))
    twice = 2.0 * math.cosh(min(theta, 700.0))
    found = np.zeros(c.size + 1)
    with np.errstate(over="ignore", invalid="ignore"):
        one = two = 0.0
        for j in range(c.size - 2, -1, -1):
            one, two = float(c[j + 1]) + twice * one - two, one
            found[j] = one
    found = found[: c.size - 1]
    return np.where(np.isnan(found), np.inf, found)


def _cosh(n: int, theta: float) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.asarray(np.cosh(np.arange(n) * theta))


def clenshaw_rounding(coef: Any, theta: float) -> float:
    """Bound the rounding of ``sum c_k T_k(z)`` by Clenshaw, for z from -cosh(theta) to 1.

    Parameters
    ----------
    coef : array_like of shape (n + 1,)
    theta : float
        Not negative.

    Notes
    -----
    A step rounds by ``4 u (|c_j| + 2 |z| |b_{j+1}| + |b_{j+2}|)`` and is multiplied by T_j(z);
    b_j is at most the amplification of what came before. z itself is rounded, by ``4 u |z|``.

    Examples
    --------
    >>> from linsub.svt.bounds import clenshaw_rounding
    >>> clenshaw_rounding([1.0, 0.5, 0.25], 0.0) < 1e-14
    True
    """
    c = np.abs(np.asarray(coef, dtype=np.float64))
    g = np.concatenate([amplification(c, theta), np.zeros(3)])
    n = c.size
    one, two = g[:n], g[1 : n + 1]
    cosh = math.cosh(min(theta, 700.0))
    grown = _cosh(n, theta)
    k = np.arange(n)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = 2.0 * _U * np.sum(grown * (c + 2.0 * cosh * one + two))
        slope = np.sum(k * c * (k if theta == 0.0 else np.sinh(k * theta) / math.sinh(theta)))
        total = float(steps + 2.0 * _U * cosh * slope)
    return math.inf if math.isnan(total) else total


def recurrence_rounding(coef: Any, theta: float, norms: Any, unit: float, start: Any) -> Any:
    """Bound the rounding of ``sum c_k T_k(Z) w`` by the three-term recurrence.

    Parameters
    ----------
    coef : array_like of shape (n + 1,)
    theta : float
        The spectrum of Z lies between -cosh(theta) and 1, and rounding may leave every invariant
        subspace.
    norms : array_like of shape (n + 1,) or (n + 1, b)
        Of the vectors ``T_k(Z) w`` as computed, for each column of w.
    unit : float
        A product with Z errs by at most `unit` times the norm of the vector.
    start : float or array_like of shape (b,)
        The error of w.

    Returns
    -------
    float or ndarray of shape (b,)

    Notes
    -----
    Step j errs by ``2 unit ||t_j|| + 2 u (||t_j+1|| + ||t_j-1||)`` and is amplified by
    :func:`amplification`; the sum rounds by ``u`` times its terms, each as often as there are
    terms after it; the error of w is multiplied by ``sum |c_k| cosh(k theta)``.

    Examples
    --------
    >>> from linsub.svt.bounds import recurrence_rounding
    >>> recurrence_rounding([1.0, 1.0], 0.0, [1.0, 1.0], 1e-16, 0.0) < 1e-14
    True
    """
    c = np.abs(np.asarray(coef, dtype=np.float64))
    t = np.asarray(norms, dtype=np.float64)
    n = c.size
    before = np.zeros_like(t[: n - 1])
    before[1:] = t[: n - 2] if n > 2 else before[1:]
    often = (n - np.arange(n) + 2.0) * c
    with np.errstate(over="ignore", invalid="ignore"):
        steps = 2.0 * unit * t[: n - 1] + 2.0 * _U * (t[1:n] + before)
        total = amplification(c, theta) @ steps + 0.5 * _U * (often @ t)
        total = total + np.asarray(start) * float(np.sum(c * _cosh(n, theta)))
    total = np.where(np.isnan(total), np.inf, total)
    return float(total) if total.ndim == 0 else total
