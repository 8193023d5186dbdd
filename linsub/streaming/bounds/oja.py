"""Oja's rule: what it does to simple streams, its error for independent rows, repeated runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from linsub.errors import InvalidInputError

__all__ = [
    "basis_rounding",
    "batch_pca_variance",
    "oja_asymptotic_variance",
    "oja_axis_growth",
    "oja_rank_one_tangent",
    "oja_stationary_error",
    "protected_energy",
    "protected_rounding",
    "success_boost_error",
    "success_boost_failure",
    "success_boost_runs",
]

# Of an inner product of length n, relative to the norms: 4 sqrt(n) eps.
_STEP = 4.0


def basis_rounding(d: int, k: int, eps: float) -> float:
    """Rounding of ``||V V^T - I||_F`` for k orthonormal rows of length d in a type.

    ``4 sqrt(d) eps k`` in double precision, for k^2 inner products; and ``sqrt(k) eps (1 + eps)``
    more where the rows are rounded to a coarser type.

    Examples
    --------
    >>> from linsub.streaming.bounds import basis_rounding
    >>> basis_rounding(100, 1, 2.0**-52) == 40.0 * 2.0**-52
    True
    """
    double = float(np.finfo(np.float64).eps)
    found = _STEP * math.sqrt(max(d, 1)) * double * k
    return found if eps <= double else found + math.sqrt(k) * eps * (1.0 + eps)


def oja_axis_growth(squares: Any, counts: Any, eta: float) -> np.ndarray:
    """Logarithm of the growth of each coordinate, for rows along the axes.

    ``counts_j log(1 + eta squares_j)``, where `counts` rows of the squared length `squares` lie
    along axis j: the factors commute, so that their order has no effect.

    Examples
    --------
    >>> from linsub.streaming.bounds import oja_axis_growth
    >>> oja_axis_growth([1.0, 0.01], [3, 100], 2.0).round(4).tolist()
    [3.2958, 1.9803]
    """
    x = np.asarray(squares, np.float64)
    return np.asarray(np.asarray(counts, np.float64) * np.log1p(eta * x))


def oja_rank_one_tangent(tangent: float, squares: Any, eta: float) -> float:
    """``tan(v_n, u)`` where all rows are multiples of one direction u.

    ``tan(v_0, u) / prod_i (1 + eta ||a_i||^2)``.
    """
    return float(tangent * np.exp(-np.sum(np.log1p(eta * np.asarray(squares, np.float64)))))


def oja_stationary_error(eigvals: Any, eta: float) -> float:
    """``E sin^2(v, v_1)`` in the long run at a small constant rate, for Gaussian rows.

    ``sum_{j>=2} eta lambda_1 lambda_j / (2 (lambda_1 - lambda_j))``, to first order in eta.

    Parameters
    ----------
    eigvals : array_like (d,)
        Eigenvalues of the covariance, descending; infinite where the first two are equal.
    eta : float

    Examples
    --------
    >>> from linsub.streaming.bounds import oja_stationary_error
    >>> round(oja_stationary_error([1.0, 0.5], 0.01), 6)
    0.005
    """
    first, rest = _spectrum(eigvals)
    if np.any(rest >= first):
        return math.inf
    return float(np.sum(eta * first * rest / (2.0 * (first - rest))))


def oja_asymptotic_variance(eigvals: Any, c: float) -> float:
    """``lim n E sin^2(v_n, v_1)`` at the rates ``c / (beta + t)``, for Gaussian rows.

    ``sum_{j>=2} c^2 lambda_1 lambda_j / (2 c (lambda_1 - lambda_j) - 1)``; infinite unless
    ``2 c (lambda_1 - lambda_2) > 1``: then the start is forgotten more slowly than 1/n.

    Examples
    --------
    >>> from linsub.streaming.bounds import oja_asymptotic_variance
    >>> lam = [1.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1]
    >>> round(oja_asymptotic_variance(lam, 3.0), 2)
    5.97
    """
    first, rest = _spectrum(eigvals)
    rest = rest[rest > 0.0]
    speed = 2.0 * c * (first - rest) - 1.0
    if np.any(speed <= 0.0):
        return math.inf
    return float(np.sum(c * c * first * rest / speed))


def batch_pca_variance(eigvals: Any) -> float:
    """``lim n E sin^2`` of the top eigenvector of the sample covariance, for Gaussian rows.

    ``sum_{j>=2} lambda_1 lambda_j / (lambda_1 - lambda_j)^2``.

    Examples
    --------
    >>> from linsub.streaming.bounds import batch_pca_variance
    >>> round(batch_pca_variance([1.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1]), 2)
    4.65
    """
    first, rest = _spectrum(eigvals)
    if np.any(rest >= first):
        return math.inf
    return float(np.sum(first * rest / np.square(first - rest)))


def _spectrum(eigvals: Any) -> tuple[float, np.ndarray]:
    lam = np.asarray(eigvals, np.float64)
    if lam.ndim != 1 or lam.size == 0 or not (np.isfinite(lam).all() and (lam >= 0.0).all()):
        raise InvalidInputError("eigvals must be a vector of finite numbers, none negative")
    if np.any(np.diff(lam) > 0.0):
        raise InvalidInputError("eigvals must descend; sort them")
    return float(lam[0]), lam[1:]


def success_boost_failure(runs: int, run_failure: float = 0.1) -> float:
    """Probability that half of the runs or more fail, each with probability `run_failure`.

    The tail of the binomial distribution from ``ceil(runs / 2)`` on.

    Examples
    --------
    >>> from linsub.streaming.bounds import success_boost_failure
    >>> round(success_boost_failure(3), 4)
    0.028
    """
    half = -(-runs // 2)
    return float(special.betainc(half, runs - half + 1, run_failure)) if half else 1.0


def success_boost_runs(failure_prob: float, run_failure: float = 0.1) -> int:
    """Fewest runs, an odd number, of which fewer than half fail, but for `failure_prob`.

    By the binomial tail itself. At a run's failure of 0.1 it is about ``2 ln(1/p)``; the
    ``ceil(20 ln(1/p))`` of the literature is ten times what is needed.

    Examples
    --------
    >>> from linsub.streaming.bounds import success_boost_runs
    >>> success_boost_runs(1e-3)
    9
    """
    if not (0.0 < failure_prob < 1.0 and 0.0 <= run_failure < 0.5):
        raise InvalidInputError(
            f"failure_prob={failure_prob} must be in (0, 1) and run_failure={run_failure} in "
            "[0, 0.5): more than half of the runs must be expected to succeed"
        )
    runs = 1
    while success_boost_failure(runs, run_failure) > failure_prob:
        runs += 2
    return runs


def success_boost_error(error: float) -> float:
    """``sin^2`` of what :func:`success_boost` chooses, where most runs have `error` at most.

    ``(1 + 2)^2 error``: it lies within ``2 sqrt(error)`` of a good one (two good ones lie so
    near to each other, and more than half are good), which lies within ``sqrt(error)``.
    Sines of angles between lines obey the triangle inequality.
    """
    return min(1.0, 9.0 * error)


def protected_energy(size: float, rest: float) -> float:
    """``||U^T R||_F^2 / ||R||_F^2``, from ``||R||_F`` and ``||R - U U^T R||_F``.

    ``1 - (rest / size)^2``; 1 where R is zero: there is nothing to protect.

    Examples
    --------
    >>> from linsub.streaming.bounds import protected_energy
    >>> protected_energy(5.0, 3.0)
    0.64
    """
    return 1.0 - (rest / size) ** 2 if size > 0.0 else 1.0


def protected_rounding(d: int, k: int, eps: float) -> float:
    """Rounding of a share of energy in d dimensions with k directions: ``8 sqrt(d k) eps``."""
    return 2.0 * _STEP * math.sqrt(max(d, 1) * max(k, 1)) * eps
