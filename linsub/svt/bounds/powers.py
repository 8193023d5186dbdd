"""Negative powers, the sign and the inverse: Chebyshev series in the square, and optima."""

from __future__ import annotations

import math

import numpy as np

__all__ = [
    "inverse_coefficients",
    "inverse_error",
    "power_coefficients",
    "power_error",
    "sign_degree",
    "sign_optimum",
]

# What lies so far beyond, in units of 1 / theta, is below exp(-40) of the whole (times a power
# of k for large s), and the start of the recurrence is forgotten.
_BEYOND = 40.0


def power_coefficients(s: float, delta: float, count: int) -> np.ndarray:
    """Return the sizes of the Chebyshev coefficients of y^-s on [delta^2, 1].

    ``y^-s = sum_k (-1)^k g_k T_k(z)``, ``z = (2 y - 1 - delta^2) / (1 - delta^2)``; all g_k are
    positive. Entries 0 to `count` - 1 come first, then as many more as are needed for the
    rest to be below 1e-17 of it.

    Parameters
    ----------
    s : float
        Positive.
    delta : float
        In (0, 1).
    count : int
        At least 1.

    Notes
    -----
    With ``r = (1 + delta) / (1 - delta)`` and ``2 y = (1 - delta^2) (z + cosh log r)`` the
    coefficients satisfy ``(k - 1 + s) g_{k-1} = 2 k cosh(log r) g_k - (k + 1 - s) g_{k+1}``, of
    which they are the solution that decays (Miller's algorithm). It is run for ``t_k = 1 - g_k /
    g_{k-1}``, in which nothing cancels: ``t_k = v / (k - 1 + s + v)``,
    ``v = 4 k delta^2 / (1 - delta^2) + (k + 1 - s) t_{k+1}``. All ``g_k`` add up to the value at
    z = -1, which is delta^(-2 s).

    Examples
    --------
    >>> from linsub.svt.bounds import power_coefficients
    >>> g = power_coefficients(0.5, 0.5, 3)
    >>> float(g.sum().round(12))
    2.0
    """
    theta = 2.0 * math.atanh(delta)
    last = count + int((_BEYOND + 8.0 * s) / theta) + 20
    lift = 4.0 * delta * delta / ((1.0 - delta) * (1.0 + delta))
    t = -math.expm1(-theta)
    ratios = np.zeros(last + 1)
    for k in range(last, 0, -1):
        v = k * lift + (k + 1.0 - s) * t
        t = v / (k - 1.0 + s + v)
        ratios[k] = t
    g = np.cumprod(1.0 - ratios)
    g[0] *= 0.5
    with np.errstate(over="ignore"):
        return np.asarray(g * (np.float64(delta) ** (-2.0 * s) / float(g.sum())))


def power_error(g: np.ndarray, s: float, delta: float, *, odd: bool) -> np.ndarray:
    """Return the errors of the truncated series of y^-s, or of x y^-s, for each degree in y.

    Entry n bounds the sum of what is left out, ``|sum_{k > n} (-1)^k g_k T_k(z)|``, times x where
    `odd`, on [delta, 1].

    Parameters
    ----------
    g : ndarray
        From :func:`power_coefficients`.
    s, delta : float
    odd : bool

    Notes
    -----
    All terms have one sign at z = -1, so that the sum of the g is attained there. Times x: as
    ``x = C |1 + w / r|`` with ``z = Re w`` and ``C^2 = r (1 - delta^2) / 4``, and ``(1 + w / r)``
    times the sum of ``g_k (-w)^k`` has coefficients ``g_k - g_{k-1} / r`` of one sign, the bound is
    ``C (2 g_{n+1} - (1 - 1 / r) T)`` for s <= 1, with T the sum of what is left out, and delta T
    for s >= 1, which is attained.

    Examples
    --------
    >>> from linsub.svt.bounds import power_coefficients, power_error
    >>> g = power_coefficients(0.5, 0.1, 60)
    >>> int((power_error(g, 0.5, 0.1, odd=True) > 1e-2).sum()) * 2 + 1
    39
    """
    tail = np.cumsum(g[::-1])[::-1]
    # Beyond the last entry the ratio of two is below that of the last two.
    ratio = min(float(g[-1] / g[-2]), (1.0 - 1e-12)) if g[-2] > 0.0 else 0.0
    tail = np.append(tail[1:], 0.0) + float(g[-1]) * ratio / (1.0 - ratio)
    following = np.append(g[1:], g[-1] * ratio)
    if not odd:
        return np.asarray(tail)
    if s >= 1.0:
        return np.asarray(delta * tail)
    C = 0.5 * (1.0 + delta)  # r (1 - delta^2) = (1 + delta)^2
    return np.asarray(2.0 * C * following - delta * tail)


def sign_optimum(m: int, delta: float) -> float:
    """Return the asymptotic error of the best odd polynomial of degree 2 m + 1 for the sign.

    ``(1 - d) / sqrt(pi d m) * ((1 - d) / (1 + d))^m`` on [d, 1], as m grows.

    Parameters
    ----------
    m : int
        At least 1.
    delta : float
        d, in (0, 1).

    References
    ----------
    Eremenko and Yuditskii, J. Anal. Math. 101 (2007).

    Examples
    --------
    >>> from linsub.svt.bounds import sign_optimum
    >>> sign_optimum(308, 0.02) < 1e-6 < sign_optimum(307, 0.02)
    True
    """
    decay = math.exp(-2.0 * m * math.atanh(delta))
    return (1.0 - delta) / math.sqrt(math.pi * delta * m) * decay


def sign_degree(delta: float, tol: float) -> int:
    """Return the degree at which :func:`sign_optimum` is `tol` for the first time.

    Parameters
    ----------
    delta : float
        In (0, 1).
    tol : float
        In (0, 1).

    Examples
    --------
    >>> from linsub.svt.bounds import sign_degree
    >>> sign_degree(0.1, 1e-6), sign_degree(0.02, 1e-6), sign_degree(0.001, 1e-3)
    (123, 617, 5803)
    """
    low, high = 0, 1
    while sign_optimum(high, delta) > tol:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sign_optimum(middle, delta) > tol else (low, middle)
    return 2 * high + 1


def inverse_error(n: int, kappa: float) -> float:
    """Return the least ``max |x p(x) - 1|`` over [1/kappa, 1], p odd of degree 2 n - 1.

    ``1 / T_n(z0)`` with ``z0 = (1 + a^2) / (1 - a^2)``, a = 1 / kappa.

    Parameters
    ----------
    n : int
        Products with A^H A.
    kappa : float
        More than 1.

    References
    ----------
    Gribling, Kerenidis and Szilagyi, arXiv 2109.04248.

    Examples
    --------
    >>> from linsub.svt.bounds import inverse_error
    >>> inverse_error(363, 50.0) <= 1e-6 < inverse_error(362, 50.0)
    True
    """
    exponent = 2.0 * n * math.atanh(1.0 / kappa)
    return 2.0 * math.exp(-exponent) / (1.0 + math.exp(-2.0 * exponent))


def inverse_coefficients(n: int, kappa: float) -> np.ndarray:
    """Return the Chebyshev coefficients of the best q with ``p(x) = x q(x^2)`` for 1 / x.

    ``x p(x) = 1 - T_n(-z) / T_n(z0)``; of q they are
    ``(-1)^k (4 / (1 - a^2)) U_{n-1-k}(z0) / T_n(z0)``, half of that for k = 0.

    Parameters
    ----------
    n : int
        At least 1.
    kappa : float
        More than 1.

    Notes
    -----
    ``(T_n(z0) - T_n(v)) / (z0 - v) = 2 sum' U_{n-1-k}(z0) T_k(v)``, and with z0 = cosh(theta) the
    ratio of U to T is ``exp(-k theta) (1 - exp(-2 (n - k) theta)) / (1 + exp(-2 n theta)) /
    sinh(theta)``, in which nothing overflows or cancels.

    Examples
    --------
    >>> from linsub.svt.bounds import inverse_coefficients
    >>> inverse_coefficients(1, 2.0)                     # x p(x) = 1.6 x^2
    array([1.6])
    """
    theta = 2.0 * math.atanh(1.0 / kappa)
    k = np.arange(n)
    sizes = np.exp(-k * theta) * -np.expm1(-2.0 * (n - k) * theta)
    coef = 2.0 * kappa * sizes / (1.0 + math.exp(-2.0 * n * theta))
    coef[1::2] *= -1.0
    coef[0] *= 0.5
    return np.asarray(coef)
