"""The sign, the inverse and negative powers of singular values, with certified errors."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from linsub._core import scalars
from linsub.errors import InvalidInputError
from linsub.svt import bounds
from linsub.svt.polynomial import SVTPolynomial

__all__ = ["cheb_inverse", "cheb_power", "cheb_sign"]

_EPS = float(np.finfo(np.float64).eps)

# A series of more terms than this would cost more products than anyone waits for.
MAX_TERMS = 1 << 22

# The least end of an interval, over the other one.
LEAST = 1e-7


def cheb_sign(delta: float, tol: float = 1e-6) -> SVTPolynomial:
    """Odd polynomial near 1 on [delta, 1], for the polar factor.

    ``|p(x) - 1| <= tol`` for delta <= x <= 1, and ``0 <= p(x) <= 1`` for 0 <= x < delta.

    Parameters
    ----------
    delta : float
        In (0, 1).
    tol : float, optional
        In (0, 1).

    Returns
    -------
    SVTPolynomial

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* ``x q(x^2)`` with q the Chebyshev series of ``y^(-1/2)`` on [delta^2, 1], cut off
    where the error is certified. Its coefficients and its error are known in closed form, and the
    degree is asymptotically the least that there is (claim ``svt-sign``); interpolation, as in the
    notes to which this goes back, takes 5 % more and the error function of the quantum
    literature four times as much, as it is bounded by 1 on [-1, 1] by design. This one is so by
    the signs of its coefficients: the terms for x < delta are positive.
    *Cost.* O(degree + 1 / delta).
    *Accuracy.* Rounding of the coefficients is part of ``error_bound``.

    References
    ----------
    Eremenko and Yuditskii, J. Anal. Math. 101 (2007); Gilyen, Su, Low and Wiebe, arXiv 1806.01838,
    lemma 25.

    Examples
    --------
    >>> from linsub.svt import cheb_sign
    >>> p = cheb_sign(0.02, 1e-6)
    >>> p.degree, p.error_bound < 1e-6
    (619, True)
    """
    delta, tol = _checked(delta, tol, "delta")
    return _series(0.5, delta, tol, odd=True, of="sign(x)")


def cheb_power(
    c: float, delta: float, tol: float = 1e-6, *, parity: Literal["even", "odd"] = "even"
) -> SVTPolynomial:
    """Polynomial near x^(-c) on [delta, 1], of either parity.

    ``|p(x) - x^(-c)| <= tol * delta^(-c)`` for delta <= x <= 1: relative to the largest value.

    Parameters
    ----------
    c : float
        In (0, 32].
    delta : float
        In (0, 1).
    tol : float, optional
        In (0, 1).
    parity : {"even", "odd"}, optional
        Even: a function of A^H A, ``(A^H A)^(-c/2)``. Odd: it maps the domain to the range of A,
        ``U S^(-c) V^H``.

    Returns
    -------
    SVTPolynomial

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* The Chebyshev series in x^2, cut off; see :func:`cheb_sign`. *Accuracy.* The error
    is proved, and attained at delta for even parity and for odd c >= 1 (claim ``svt-power``).

    Examples
    --------
    >>> from linsub.svt import cheb_power
    >>> p = cheb_power(0.5, 0.1, 1e-4)
    >>> p.degree, bool(abs(p(0.25) - 2.0) < 1e-3)
    (68, True)
    """
    c = scalars.as_real(c, name="c", low=0.0, high=32.0, include=(False, True))
    delta, tol = _checked(delta, tol, "delta")
    scalars.as_choice(parity, name="parity", choices=("even", "odd"))
    odd = parity == "odd"
    return _series(0.5 * (c + odd), delta, tol * delta**-c, odd=odd, of=f"x^-{c:g}")


def cheb_inverse(kappa: float, tol: float = 1e-6) -> SVTPolynomial:
    """Best odd polynomial for 1 / x on [1 / kappa, 1], in the relative sense.

    ``|x p(x) - 1| <= tol`` there, at the least degree that any polynomial needs for it, and
    ``0 <= x p(x) <= 1`` for 0 <= x < 1 / kappa.

    Parameters
    ----------
    kappa : float
        More than 1: the ratio of the largest to the smallest singular value.
    tol : float, optional
        In (0, 1), relative.

    Returns
    -------
    SVTPolynomial
        Its ``error_bound`` is absolute, kappa times the relative error, and attained at 1 / kappa.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* ``x p(x) = 1 - T_n(-z) / T_n(z0)`` in closed form (claim ``svt-inverse``); the one
    of Childs, Kothari and Somma needs three times the degree. *Cost.* O(degree).

    References
    ----------
    Gribling, Kerenidis and Szilagyi, arXiv 2109.04248.

    Examples
    --------
    >>> from linsub.svt import cheb_inverse
    >>> cheb_inverse(50.0, 1e-6).degree, cheb_inverse(100.0, 1e-8).degree
    (725, 1911)
    """
    kappa = scalars.as_real(kappa, name="kappa", low=1.0, high=1.0 / LEAST, include=(False, True))
    _, tol = _checked(0.5, tol, "delta")
    delta = 1.0 / kappa
    if not delta < 1.0:
        raise InvalidInputError(f"kappa must be more than 1 by more than rounding, got {kappa!r}")
    theta = 2.0 * math.atanh(delta)
    n = max(1, math.ceil(math.acosh(1.0 / tol) / theta * (1.0 - 1e-12)))
    while bounds.inverse_error(n, kappa) > tol:
        n += 1
    _affordable(n)
    coef = bounds.inverse_coefficients(n, kappa)
    k = np.arange(n)
    rounding = float(np.sum(np.abs(coef) * (8.0 + 2.0 * k * theta))) * _EPS
    relative = bounds.inverse_error(n, kappa)
    return SVTPolynomial(
        coef,
        "odd",
        (delta, 1.0),
        error_bound=kappa * relative + rounding,
        relative_error=relative + rounding,
        of="1 / x",
    )


def _checked(delta: float, tol: float, name: str) -> tuple[float, float]:
    delta = scalars.as_real(delta, name=name, low=LEAST, high=1.0, include=(True, False))
    return delta, scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(False, False))


def _affordable(terms: int) -> None:
    if terms > MAX_TERMS:
        raise InvalidInputError(
            f"the degree would be about {2 * terms}; ask for a larger tol, or a smaller range of "
            "singular values"
        )


def _series(s: float, delta: float, tol: float, *, odd: bool, of: str) -> SVTPolynomial:
    """Return the series of y^-s, times x where odd, cut off where its error is below tol."""
    theta = 2.0 * math.atanh(delta)
    count = 16 + int(2.0 * s / theta)
    while True:
        _affordable(count)
        g = bounds.power_coefficients(s, delta, count)
        errors = bounds.power_error(g, s, delta, odd=odd)
        reached = np.flatnonzero(errors[:count] <= tol)
        if reached.size:
            break
        count *= 2
    n = int(reached[0])
    coef = g[: n + 1].copy()
    # A product of k ratios, each of them right to a few units; they are made to add up, most of
    # them with k up to (1 + s) / theta.
    units = 8.0 + 2.0 * np.arange(n + 1) + 2.0 * (1.0 + s) / theta
    rounding = float(np.sum(coef * units)) * _EPS
    coef[1::2] *= -1.0
    return SVTPolynomial(
        coef,
        "odd" if odd else "even",
        (delta, 1.0),
        error_bound=float(errors[n]) + rounding,
        of=of,
    )
