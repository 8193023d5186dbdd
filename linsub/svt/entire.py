"""Exponentials, cosines and sines: series of Bessel functions with certified tails."""

from __future__ import annotations

import numpy as np

from linsub._core import scalars
from linsub.svt import bounds
from linsub.svt.polynomial import SVTPolynomial

__all__ = ["cheb_cos", "cheb_exp", "cheb_sin"]

_EPS = float(np.finfo(np.float64).eps)

# Beyond it a series has more terms than anyone waits for.
LARGEST = 1e6


def cheb_exp(beta: float, tol: float = 1e-6) -> SVTPolynomial:
    """Polynomial near exp(-beta (1 - x)) on [-1, 1], for Hermitian matrices.

    ``|p(x) - exp(-beta (1 - x))| <= tol``; with ``x = 1 - 2 h / ||H||`` it gives the heat kernel or
    the Gibbs weight ``exp(-2 beta h / ||H||)`` of a positive semidefinite H.

    Parameters
    ----------
    beta : float
        From 0 to 1e6.
    tol : float, optional
        In (0, 1).

    Returns
    -------
    SVTPolynomial
        Of parity ``none``, on (-1, 1).

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* ``exp(-beta) (I_0(beta) + 2 sum I_k(beta) T_k(x))``, cut off where the rest sums to
    less than tol. All terms are positive: the error is that sum, attained at x = 1 (claim
    ``svt-exp``), and the degree about ``sqrt(2 beta log(2 / tol))``.

    References
    ----------
    Sachdeva and Vishnoi, Found. Trends Theor. Comput. Sci. 9 (2014).

    Examples
    --------
    >>> from linsub.svt import cheb_exp
    >>> [cheb_exp(beta, 1e-6).degree for beta in (0.1, 1.0, 10.0, 100.0, 1e4)]
    [3, 7, 17, 49, 489]
    """
    beta = scalars.as_real(beta, name="beta", low=0.0, high=LARGEST)
    values, tails = bounds.bessel_tail(beta, modified=True)
    n = _cut(tails, tol)
    coef = 2.0 * values[: n + 1]
    coef[0] *= 0.5
    # exp(-beta) I_k is right to about sqrt(beta) units at worst, measured against mpmath.
    rounding = float((16.0 + 4.0 * np.sqrt(beta)) * _EPS * np.sum(np.abs(coef)))
    return SVTPolynomial(
        coef,
        "none",
        (-1.0, 1.0),
        error_bound=float(tails[n]) + rounding,
        of=f"exp(-{beta:g} (1 - x))",
    )


def cheb_cos(t: float, tol: float = 1e-6) -> SVTPolynomial:
    """Even polynomial near cos(t x) on [-1, 1].

    ``|p(x) - cos(t x)| <= tol``.

    Parameters
    ----------
    t : float
        From 0 to 1e6.
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
    *Algorithm.* Jacobi and Anger: ``J_0(t) + 2 sum (-1)^k J_2k(t) T_2k(x)``, cut off where the
    sizes of the rest sum to less than tol (claim ``svt-jacobi-anger``). The degree is a fifth below
    that of the usual formula. *Cost.* O(t + degree).

    References
    ----------
    Gilyen, Su, Low and Wiebe, arXiv 1806.01838, lemma 57.

    Examples
    --------
    >>> from linsub.svt import cheb_cos
    >>> [cheb_cos(t, 1e-8).degree for t in (0.5, 1.0, 5.0, 20.0, 100.0, 500.0)]
    [6, 8, 16, 38, 130, 552]
    """
    t = scalars.as_real(t, name="t", low=0.0, high=LARGEST)
    values, _ = bounds.bessel_tail(t, modified=False)
    coef, tail = _alternating(values[::2], tol)
    coef[0] *= 0.5
    return SVTPolynomial(
        coef, "even", (0.0, 1.0), error_bound=tail + _rounding(coef), of=f"cos({t:g} x)"
    )


def cheb_sin(t: float, tol: float = 1e-6) -> SVTPolynomial:
    """Odd polynomial near sin(t x) on [-1, 1].

    ``|p(x) - sin(t x)| <= tol``; beside :func:`cheb_cos` it gives exp(i t H).

    Parameters
    ----------
    t : float
        From 0 to 1e6.
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
    *Algorithm.* ``2 sum (-1)^k J_{2k+1}(t) T_{2k+1}(x)``, cut off as in :func:`cheb_cos` and
    written as x times a series in ``T_k(2 x^2 - 1)``, by ``2 x T_k(2 x^2 - 1) = T_{2k+1}(x) +
    T_{2k-1}(x)``.

    Examples
    --------
    >>> from linsub.svt import cheb_sin
    >>> cheb_sin(5.0, 1e-8).degree
    17
    """
    t = scalars.as_real(t, name="t", low=0.0, high=LARGEST)
    values, _ = bounds.bessel_tail(t, modified=False)
    raw, tail = _alternating(values[1::2], tol)
    coef = 2.0 * raw
    for k in range(coef.size - 2, -1, -1):
        coef[k] -= coef[k + 1]
    coef[0] *= 0.5
    return SVTPolynomial(
        coef, "odd", (0.0, 1.0), error_bound=tail + _rounding(coef), of=f"sin({t:g} x)"
    )


def _cut(tails: np.ndarray, tol: float) -> int:
    """Return the first entry that is tol or less."""
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(False, False))
    return int(np.argmax(tails <= max(tol, float(tails[-1]))))


def _alternating(values: np.ndarray, tol: float) -> tuple[np.ndarray, float]:
    """Return ``2 (-1)^k values[k]`` as far as needed, and the sum of the sizes of the rest."""
    sizes = 2.0 * np.abs(values)
    tails = np.append(np.cumsum(sizes[::-1])[::-1][1:], 0.0) + sizes[-1]
    n = _cut(tails, tol)
    coef = 2.0 * values[: n + 1]
    coef[1::2] *= -1.0
    return coef, float(tails[n])


def _rounding(coef: np.ndarray) -> float:
    # Bessel functions are right to 2 units of 1 (measured against mpmath), and are added up.
    return 8.0 * _EPS * float(coef.size + np.sum(np.abs(coef)))
