"""Distances from principal angles, overlaps of random subspaces, and rounding of angles."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = [
    "angle_distance",
    "angle_error",
    "angle_rounding",
    "overlap_mean",
    "overlap_range",
    "overlap_variance",
]

_EPS = float(np.finfo(np.float64).eps)

# Roundings of a product of length n and of a backward stable factorization, in units of
# sqrt(n) eps: Higham & Mary 2019 for the sums.
_STEP = 4.0

# Below this angle -log(cos^2) is the square of the angle to within rounding.
_SMALL = 1e-8


def _norm(x: np.ndarray) -> float:
    """Return ||x||_2 of numbers whose squares may underflow."""
    peak = float(np.max(np.abs(x), initial=0.0))
    if peak == 0.0 or not np.isfinite(peak):
        return peak
    return peak * float(np.sqrt(np.sum(np.square(x / peak))))


def _products(theta: np.ndarray) -> tuple[float, float]:
    """Return prod cos and sqrt(1 - prod cos^2) without a difference.

    ``1 - prod_{i<=k} c_i^2 = sum_i s_i^2 prod_{j<i} c_j^2``, a sum of what each factor takes.
    """
    c, s = np.cos(theta), np.sin(theta)
    before = np.cumprod(np.concatenate([[1.0], c]))
    return float(before[-1]), min(1.0, _norm(before[:-1] * s))


def _martin(theta: np.ndarray) -> float:
    if theta.size and theta[-1] >= np.pi / 2:
        return float("inf")
    large = np.where(theta > _SMALL, theta, 0.0)
    return _norm(np.where(theta > _SMALL, np.sqrt(np.log1p(np.tan(large) ** 2)), theta))


_DISTANCES: dict[str, Any] = {
    "geodesic": _norm,
    "chordal": lambda theta: _norm(np.sin(theta)),
    "projection": lambda theta: float(np.sqrt(2.0)) * _norm(np.sin(theta)),
    "gap": lambda theta: float(np.sin(theta[-1])) if theta.size else 0.0,
    "procrustes": lambda theta: 2.0 * _norm(np.sin(theta / 2)),
    "fubini-study": lambda theta: float(np.arctan2(*_products(theta)[::-1])),
    "binet-cauchy": lambda theta: _products(theta)[1],
    "martin": _martin,
    "asimov": lambda theta: float(theta[-1]) if theta.size else 0.0,
    "spectral": lambda theta: 2.0 * float(np.sin(theta[-1] / 2)) if theta.size else 0.0,
}


def angle_distance(theta: Any, metric: str, *, extra: int = 0) -> float:
    """Return the distance of two subspaces from their principal angles.

    Parameters
    ----------
    theta : array_like (k,)
        In [0, pi/2], in any order.
    metric : str
        ``"geodesic"`` ``||theta||_2``; ``"chordal"`` ``||sin theta||_2``; ``"projection"``
        ``sqrt(2) ||sin theta||_2``; ``"gap"`` ``sin theta_k``; ``"procrustes"``
        ``2 ||sin(theta/2)||_2``; ``"fubini-study"`` ``arccos(prod cos theta_i)``;
        ``"binet-cauchy"`` ``sqrt(1 - prod cos^2 theta_i)``; ``"martin"``
        ``sqrt(-2 sum log cos theta_i)``; ``"asimov"`` ``theta_k``; ``"spectral"``
        ``2 sin(theta_k / 2)``.
    extra : int, optional
        How many dimensions one subspace has more than the other. Each counts as an angle of
        pi/2; in ``"projection"``, the norm ``||P - Q||_F``, it counts 1 and not 2.

    Notes
    -----
    No formula takes the difference of numbers near 1, so that each is accurate relative to
    the angles, also where their squares underflow.

    References
    ----------
    Ye & Lim 2016, SIAM J. Matrix Anal. Appl. 37, 1176-1197 (arXiv 1407.0900).

    Examples
    --------
    >>> from linsub.geometry.bounds import angle_distance
    >>> angle_distance([3e-200, 4e-200], "binet-cauchy")
    5e-200
    """
    angles = np.sort(np.asarray(theta, dtype=np.float64).ravel())
    if metric not in _DISTANCES:
        raise InvalidInputError(f"metric must be one of {tuple(_DISTANCES)}, got {metric!r}")
    if angles.size and not 0.0 <= angles[0] <= angles[-1] <= np.pi / 2:
        raise InvalidInputError("theta must hold angles in [0, pi/2]")
    if metric == "projection":
        return float(np.hypot(_DISTANCES[metric](angles), np.sqrt(extra)))
    return float(_DISTANCES[metric](np.concatenate([angles, np.full(extra, np.pi / 2)])))


def angle_rounding(n: int) -> float:
    """Return the absolute error of angles between orthonormal bases of length n.

    ``4 sqrt(n) eps``: roundings of the two products and the factorizations.
    """
    return _STEP * float(np.sqrt(max(n, 1))) * _EPS


def angle_error(cosine: float, sine: float) -> float:
    """Bound the error of ``arctan2(s, c)`` where c and s are near the cosine and the sine.

    A vector within e of a unit vector makes an angle of at most arcsin(e) with it, and
    ``e = hypot(cosine, sine)``.

    Parameters
    ----------
    cosine, sine : float
        Bounds on ``|c - cos theta|`` and ``|s - sin theta|``.
    """
    e = float(np.hypot(cosine, sine))
    return float(np.arcsin(e)) if e < 1.0 else float(np.pi / 2)


def _sizes(n: int, p: int, q: int) -> None:
    if not (0 <= p <= n and 0 <= q <= n):
        raise InvalidInputError(f"dimensions p={p} and q={q} must be in 0..n={n}")


def overlap_mean(n: int, p: int, q: int) -> float:
    """Return the mean of ``||X^H Y||_F^2`` for uniformly random subspaces, p q / n."""
    _sizes(n, p, q)
    return float(Fraction(p * q, n)) if n else 0.0


def overlap_variance(n: int, p: int, q: int, *, field: str = "real") -> float:
    """Return the variance of ``||X^H Y||_F^2`` for uniformly random subspaces.

    ``2 p q (n-p) (n-q) / (n^2 (n-1) (n+2))`` for real ones and
    ``p q (n-p) (n-q) / (n^2 (n-1) (n+1))`` for complex ones; 0 for n = 1.

    Examples
    --------
    >>> from linsub.geometry.bounds import overlap_variance
    >>> round(overlap_variance(20, 4, 7), 6)
    0.069665
    """
    _sizes(n, p, q)
    top = p * q * (n - p) * (n - q)
    if top == 0:
        return 0.0
    below = n * n * (n - 1)
    real = Fraction(2 * top, below * (n + 2))
    return float(real if field == "real" else Fraction(top, below * (n + 1)))


def overlap_range(n: int, p: int, q: int) -> tuple[float, float]:
    """Return the smallest and largest ``||X^H Y||_F^2`` of any subspaces of these dimensions.

    ``max(0, p + q - n)``, the dimensions that they share by necessity, and ``min(p, q)``.
    """
    _sizes(n, p, q)
    return float(max(0, p + q - n)), float(min(p, q))
