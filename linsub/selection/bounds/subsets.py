"""How much k rows lose against the best approximation of rank k."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = [
    "cur_factor",
    "existence_ratio",
    "expected_growth",
    "osinsky_error",
    "pivoting_factor",
    "subset_factor",
    "subset_rounding",
    "volume_error",
]

# Roundings of one backward stable step in units of sqrt(length) eps times the product of the
# norms (Higham & Mary 2019 for the sums); the weights, the product and the difference are one each.
_STEP = 4.0


def _count(value: Any, name: str, low: int = 0, high: int | None = None) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidTypeError(f"{name} must be an integer, got {value!r}") from None
    if number < low or (high is not None and number > high):
        upper = "" if high is None else f" and at most {high}"
        raise InvalidInputError(f"{name} must be at least {low}{upper}, got {number}")
    return number


def _nonnegative(value: Any, name: str) -> float:
    number = float(value)
    if not number >= 0.0:
        raise InvalidInputError(f"{name} must not be negative or nan, got {number}")
    return number


def subset_factor(k: int) -> float:
    """``sqrt(k + 1)``: the factor of k rows over the best error of rank k, in the Frobenius norm.

    No choice of rows does better on every matrix; see :func:`existence_ratio`.

    References
    ----------
    Deshpande, Rademacher, Vempala & Wang, SODA 2006.
    """
    return float(np.sqrt(_count(k, "k") + 1.0))


def expected_growth(k: int, t: int) -> float:
    """The mean of ``||E_k||^2 / ||E_t||^2`` given the first t of k picks: ``k - t + 1``.

    Each pick multiplies the mean by ``1 + 1/(k - t)``, and the product telescopes.
    """
    k = _count(k, "k")
    return float(k - _count(t, "t", high=k) + 1)


def osinsky_error(start: float, k: int, floor: float = 0.0) -> float:
    """What pivots by least ``(||e_i||^2 + floor^2/N) / ||q_i||^2`` leave: never more than this.

    ``||E_k||_F <= sqrt((k + 1) (||E_0||_F^2 + floor^2) - floor^2)``.

    Parameters
    ----------
    start : float
        ``||E_0||_F = ||A - Q Q^H A||_F``.
    k : int
    floor : float, optional
        What is added to the residual, spread over all rows: the size of rounding.

    References
    ----------
    Osinsky 2023 (arXiv 2308.12106), for ``floor = 0``; with it, docs/theory/selection.md.
    """
    start, floor = _nonnegative(start, "start"), _nonnegative(floor, "floor")
    k = _count(k, "k")
    with np.errstate(over="ignore"):
        return float(np.hypot(np.sqrt(k + 1.0) * start, np.sqrt(float(k)) * floor))


def volume_error(sigma: Any, k: int) -> float:
    """The root of E ||A - A A_S^+ A_S||_F^2 for S drawn in proportion to the squared volume.

    ``((k + 1) e_{k+1}(sigma^2) / e_k(sigma^2))^(1/2)``, e_k the elementary symmetric polynomials.

    Parameters
    ----------
    sigma : array_like (n,)
        Singular values of A, in any order. For a positive semidefinite matrix and its trace
        error give the roots of the eigenvalues, and square the answer.
    k : int
        At most the number of positive ones.

    References
    ----------
    Deshpande, Rademacher, Vempala & Wang, SODA 2006; Guruswami & Sinop, SODA 2012.
    """
    values = np.asarray(sigma, dtype=np.float64)
    if values.ndim != 1 or not (np.isfinite(values).all() and (values >= 0.0).all()):
        raise InvalidInputError("sigma holds singular values: a vector, finite and not negative")
    values = values[values > 0.0]
    k = _count(k, "k", high=int(values.size))
    if values.size == k:
        return 0.0
    # Logarithms, since e_k overflows; the sums are of positive numbers.
    logs = 2.0 * np.log(values)
    table = np.full(k + 2, -np.inf)
    table[0] = 0.0
    for x in logs:
        table[1:] = np.logaddexp(table[1:], table[:-1] + x)
    return float(np.exp(0.5 * (np.log(k + 1.0) + table[k + 1] - table[k])))


def cur_factor(k: int) -> float:
    """``sqrt(2 (k + 1))``: the factor of k rows and k columns, the errors of both added."""
    return float(np.sqrt(2.0)) * subset_factor(k)


def pivoting_factor(n: int, k: int, f: float) -> float:
    """``sqrt(1 + f^2 k (n - k))`` of strong rank-revealing QR, and of dominant volume.

    ``sigma_i(R11) >= sigma_i(A) / factor`` and ``sigma_j(R22) <= sigma_{k+j}(A) factor``; for rows
    S of an N x k matrix with ``|U U_S^-1| <= f``, ``sigma_min(U_S) >= sigma_min(U) / factor``.

    References
    ----------
    Gu & Eisenstat, SIAM J. Sci. Comput. 17 (1996), theorem 3.2; Goreinov, Tyrtyshnikov &
    Zamarashkin, Linear Algebra Appl. 261 (1997).
    """
    n = _count(n, "n")
    k = _count(k, "k", high=n)
    return float(np.sqrt(1.0 + _nonnegative(f, "f") ** 2 * k * (n - k)))


def existence_ratio(k: int, gap: float) -> float:
    """Error over optimum of every choice of k of the k + 1 corners of a lifted simplex.

    They are the rows of ``A = [V, (gap / (k + 1))^(1/2) 1]``, where ``[V, 1 / (k + 1)^(1/2)]`` is
    orthogonal. ``((k + 1) / (1 + k gap))^(1/2)`` tends to ``sqrt(k + 1)``: no method has a smaller
    factor.

    Parameters
    ----------
    k : int
    gap : float
        ``sigma_{k+1}^2 / sigma_k^2``, in (0, 1].

    Notes
    -----
    ``sigma^2 = (1, ..., 1, gap)``, so the optimum is ``gap^(1/2)``. All choices are alike, so each
    has the mean error of volume sampling, ``(k + 1) e_{k+1} / e_k = (k + 1) gap / (1 + k gap)``.

    References
    ----------
    Deshpande, Rademacher, Vempala & Wang, SODA 2006.
    """
    k, gap = _count(k, "k"), float(gap)
    if not 0.0 < gap <= 1.0:
        raise InvalidInputError(f"gap must be in (0, 1], got {gap}")
    return float(np.sqrt((k + 1.0) / (1.0 + k * gap)))


def subset_rounding(k: int, weights: float, norm: float, eps: float) -> float:
    """What rounding adds to ``||A - W A_S||_F``, from ``||W||_F`` and ``||A||_F``.

    A measured error is this far from the error of the matrices as they are, and weights that
    solve ``W Q_S = Q`` backward stably are this far from interpolating.
    """
    k, weights = _count(k, "k"), _nonnegative(weights, "weights")
    norm, eps = _nonnegative(norm, "norm"), _nonnegative(eps, "eps")
    return _STEP * float(np.sqrt(k + 1.0)) * eps * (1.0 + weights) * norm
