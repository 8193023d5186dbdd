"""How far a vector can be from the top eigenvector, by what is known of the stream."""

from __future__ import annotations

import math

import numpy as np

from linsub.errors import InvalidInputError

__all__ = [
    "angle_sum_bound",
    "growth_bound",
    "growth_rounding",
    "heavy_row_bound",
    "psd_step_bound",
    "rayleigh_bound",
    "residual_certificate",
    "trace_bound",
]

_EPS = float(np.finfo(np.float64).eps)
_LARGEST_EXPONENT = 700.0


def _not_negative(**values: float) -> None:
    for name, value in values.items():
        if not value >= 0.0:
            raise InvalidInputError(f"{name} must not be negative, got {value}")


def growth_rounding(eta: float, mass: float, n: int, d: int, block: int = 1) -> float:
    """Return kappa, what rounding does to the growth lemma over n rows in dimension d.

    ``kappa = eps (1 + s) ((d + b) eta ||A||_F^2 + 20 (n + b))`` in double precision, b = block + 3;
    s is 0 for rows one by one, and ``sqrt(eta) ||A||_F`` for blocks.

    Parameters
    ----------
    eta : float
        The rate.
    mass : float
        ``||A||_F^2`` of the rows that the recursion has seen.
    n, d : int
        Rows seen, and their length.
    block : int, optional
        Rows whose inner products with the iterate were found from their Gram matrix.

    Notes
    -----
    The step is ``v + eta a (<a, v> + e)`` with ``|e| <= (d + b) u (1 + s) ||a|| ||v||`` for sums in
    any order, and what is added to v is rounded to ``5 u (1 + s)`` times the larger norm of
    before and after. Within a block the terms of ``<a, v>`` are ``eta |y_l| ||a|| ||a_l||``,
    together at most ``||a|| sqrt(eta sum ||a_l||^2) (eta sum y_l^2)^(1/2) <= s ||a|| ||v||``.
    Both enter :func:`growth_bound` as its proof says; u = eps / 2.

    Examples
    --------
    >>> from linsub.streaming.bounds import growth_rounding
    >>> bool(growth_rounding(0.01, 1e5, 100_000, 1000) < 1e-9)
    True
    """
    _not_negative(eta=eta, mass=mass)
    terms = 1.0 + (math.sqrt(eta) * math.sqrt(mass) if block > 1 else 0.0)
    return _EPS * terms * ((d + block + 3.0) * eta * mass + 20.0 * (n + block))


def growth_bound(
    eta: float, lam2: float, log_norm: float, p0: float = 1.0, *, rounding: float = 0.0
) -> float:
    """Bound the sine of Oja's iterate by how much its norm has grown.

    ``||P v_n|| / ||v_n|| <= sqrt(eta lambda_2 / 2) + ||P v_0|| / ||v_n||`` for
    ``v_i = v_{i-1} + eta a_i <a_i, v_{i-1}>``, ``||v_0|| = 1``, P = I - w w^T with any unit vector
    w and ``lambda_2 = ||P A^T A P||_2``, in any order of the rows.

    Parameters
    ----------
    eta : float
        The rate, fixed over the rows.
    lam2 : float
        lambda_2 or an upper bound on it.
    log_norm : float
        ``log ||v_n||``.
    p0 : float, optional
        ``||P v_0||`` or an upper bound on it.
    rounding : float, optional
        kappa of :func:`growth_rounding`; 0 for exact arithmetic.

    Returns
    -------
    float
        At most 1.

    Notes
    -----
    For a unit vector x with P x = x, ``<x, v_n> = <x, v_0> + eta sum <x, a_i> y_i`` with
    ``y_i = <a_i, v_{i-1}>``, at most ``||P v_0|| + eta sqrt(lambda_2 sum y_i^2)``, and
    ``||v_i||^2 - ||v_{i-1}||^2 = (2 eta + eta^2 ||a_i||^2) y_i^2 >= 2 eta y_i^2``.
    With rounding, y_i is what was computed: ``2 eta y_i <a_i, v> >= 2 eta y_i^2 - d u eta (y_i^2 +
    ||a_i||^2 ||v||^2)``. Norms then shrink by a factor of no less than exp(-kappa) in all,
    the sum of squares is at most ``(1 + kappa) e^(2 kappa) ||v_n||^2 / (2 eta)``, and the errors of
    the additions add kappa / 4.

    Examples
    --------
    >>> from linsub.streaming.bounds import growth_bound
    >>> round(growth_bound(0.02, 1.0, 10.0), 4)
    0.1
    """
    _not_negative(eta=eta, lam2=lam2, p0=p0, rounding=rounding)
    if rounding >= 0.25:
        return 1.0
    left = p0 * math.exp(min(max(-log_norm, -_LARGEST_EXPONENT), _LARGEST_EXPONENT))
    noise = math.sqrt(0.5 * eta) * math.sqrt(lam2)
    slack = math.exp(2.0 * rounding)
    return min(1.0, (noise * (1.0 + rounding) + rounding) * slack + left * (1.0 + rounding))


def heavy_row_bound(row_sq: float, lam2: float) -> float:
    """Bound the sine between a row and the top eigenvector: ``sqrt(lambda_2) / ||a_i||``.

    Parameters
    ----------
    row_sq : float
        ``||a_i||^2``.
    lam2 : float
        lambda_2 or an upper bound on it.

    Notes
    -----
    ``||P a_i||^2 = ||P a_i a_i^T P|| <= ||P M P||``.

    Examples
    --------
    >>> from linsub.streaming.bounds import heavy_row_bound
    >>> heavy_row_bound(4.0, 1.0)
    0.5
    """
    _not_negative(row_sq=row_sq, lam2=lam2)
    return 1.0 if lam2 >= row_sq else math.sqrt(lam2 / row_sq)


def residual_certificate(rho: float, r: float, lam2_upper: float) -> float:
    """Bound the sine of a unit vector by its residual: ``r / (rho - lambda_2)``.

    Parameters
    ----------
    rho : float
        Any number; most is had from the Rayleigh quotient ``||A v||^2``.
    r : float
        ``||A^T A v - rho v||`` or an upper bound on it.
    lam2_upper : float
        An upper bound on lambda_2: from a sketch, or ``||A||_F^2 - rho``.

    Notes
    -----
    ``||P (M v - rho v)|| = ||(P M P - rho) P v|| >= (rho - lambda_2) ||P v||``.

    Examples
    --------
    >>> from linsub.streaming.bounds import residual_certificate
    >>> residual_certificate(5.0, 0.4, 1.0)
    0.1
    """
    _not_negative(r=r)
    gap = rho - lam2_upper
    return 1.0 if not r < gap else r / gap


def rayleigh_bound(rho: float, lam1_upper: float, lam2_upper: float) -> float:
    """Bound the sine by the Rayleigh quotient: ``sqrt((l_1 - rho) / (l_1 - l_2))``.

    Parameters
    ----------
    rho : float
        ``||A v||^2`` or a lower bound on it.
    lam1_upper, lam2_upper : float
        Upper bounds l_1 and l_2 on the two largest eigenvalues.

    Notes
    -----
    ``rho <= lambda_1 cos^2 + lambda_2 sin^2``, hence ``sin^2 <= (lambda_1 - rho) / (lambda_1 -
    lambda_2)``, which grows with both eigenvalues while ``rho >= lambda_2``.

    Examples
    --------
    >>> from linsub.streaming.bounds import rayleigh_bound
    >>> rayleigh_bound(3.0, 4.0, 0.0)
    0.5
    """
    if not rho > lam2_upper or not lam1_upper > lam2_upper:
        return 1.0
    return math.sqrt(min(1.0, max(0.0, (lam1_upper - rho) / (lam1_upper - lam2_upper))))


def trace_bound(rho: float, total: float) -> float:
    """Bound the sine by the Rayleigh quotient and the trace: ``sqrt(1 - rho / ||A||_F^2)``.

    Says nothing unless ``rho > ||A||_F^2 / 2``.

    Parameters
    ----------
    rho : float
        ``||A v||^2`` or a lower bound on it.
    total : float
        ``||A||_F^2`` or an upper bound on it.

    Notes
    -----
    ``rho <= lambda_1 (1 - x) + (total - lambda_1) x`` with x = sin^2. For x >= 1/2 the right
    side is at most total / 2; for x < 1/2 it grows with lambda_1, at most to ``total (1 - x)``.

    Examples
    --------
    >>> from linsub.streaming.bounds import trace_bound
    >>> trace_bound(3.0, 4.0)
    0.5
    """
    if not 2.0 * rho > total:
        return 1.0
    return math.sqrt(max(0.0, 1.0 - rho / total))


def angle_sum_bound(sine: float, other: float) -> float:
    """Bound the sine of an angle by those of two that lead there: ``sin(a + b)``, 1 from pi/2 on.

    Parameters
    ----------
    sine, other : float
        In [0, 1]: upper bounds on the two sines.

    Examples
    --------
    >>> from linsub.streaming.bounds import angle_sum_bound
    >>> round(angle_sum_bound(0.6, 0.0), 12)
    0.6
    """
    _not_negative(sine=sine, other=other)
    if sine >= 1.0 or other >= 1.0 or sine * sine + other * other >= 1.0:
        return 1.0
    cos, cos_other = (math.sqrt((1.0 - s) * (1.0 + s)) for s in (sine, other))
    return min(1.0, sine * cos_other + cos * other)


def psd_step_bound(a: float, b: float, tan_theta: float) -> float:
    """Bound the tangent to v_1 after one step with another positive semidefinite matrix.

    ``tan t' <= (sqrt(a b) + b tan t) / (a - sqrt(a b) tan t)`` for ``z -> N z``, N >= 0 with
    ``a = v_1^T N v_1`` and ``b = ||P N P||``; inf where the denominator is not positive.

    Parameters
    ----------
    a, b : float
        Of N, such as the rows of one block with their weight.
    tan_theta : float
        The tangent before the step.

    Notes
    -----
    ``|x^T N v_1| <= sqrt(a b)`` for unit x orthogonal to v_1, because N is semidefinite on their
    span. At ``tan t = 0`` the bound is ``sqrt(b / a)``: steps with different crude blocks have the
    floor ``1 / sqrt(R)``.

    Examples
    --------
    >>> from linsub.streaming.bounds import psd_step_bound
    >>> psd_step_bound(4.0, 1.0, 0.0)
    0.5
    """
    _not_negative(a=a, b=b, tan_theta=tan_theta)
    cross = math.sqrt(a) * math.sqrt(b)
    below = a - cross * tan_theta
    if not below > 0.0:
        return math.inf
    return (cross + b * tan_theta) / below
