"""Geodesics and means on the Grassmann manifold of p-dimensional subspaces of an n-space."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = [
    "descent_value",
    "exponential_angles",
    "flag_value",
    "grassmann_diameter",
    "injectivity_radius",
    "log_condition",
    "mean_radius",
    "retraction_angles",
]


def injectivity_radius() -> float:
    """Return pi/2: the exponential is one to one on ``||D||_2 < pi/2``, and on no larger ball."""
    return float(np.pi / 2)


def mean_radius() -> float:
    """Return pi/4: points within a geodesic ball of a smaller radius have one mean."""
    return float(np.pi / 4)


def grassmann_diameter(n: int, p: int) -> float:
    """Return the largest geodesic distance, ``sqrt(min(p, n - p)) pi / 2``.

    Examples
    --------
    >>> from linsub.geometry.bounds import grassmann_diameter
    >>> round(grassmann_diameter(8, 4), 12)
    3.14159265359
    """
    if not 0 <= p <= n:
        raise InvalidInputError(f"p={p} must be in 0..n={n}")
    return float(np.sqrt(min(p, n - p)) * np.pi / 2)


def exponential_angles(sigma: Any) -> np.ndarray:
    """Return the principal angles between X and ``exp_X(D)``, ascending.

    Parameters
    ----------
    sigma : array_like (p,)
        Singular values of D. Each is an angle of turning, folded into [0, pi/2].
    """
    rest = np.mod(_values(sigma), np.pi)
    return np.sort(np.minimum(rest, np.pi - rest))


def retraction_angles(sigma: Any) -> np.ndarray:
    """Return the principal angles between X and the range of X + D, ascending: arctan sigma."""
    return np.sort(np.arctan(_values(sigma)))


def log_condition(theta: Any, *, field: str = "real") -> float:
    """Return how much the logarithm may magnify a small change of its second argument.

    The largest ``a / sin(a)`` over ``a = theta_i``, and ``a = theta_i + theta_j`` for i != j
    (i = j too for complex subspaces); infinite at ``a = pi``.

    Parameters
    ----------
    theta : array_like (p,)
        Principal angles in [0, pi/2].
    field : {"real", "complex"}, optional

    Examples
    --------
    >>> from linsub.geometry.bounds import log_condition
    >>> round(log_condition([0.0, 1.5707963267948966]), 12)
    1.570796326795
    """
    angles = np.sort(_values(theta))[::-1]
    if angles.size == 0:
        return 1.0
    second = angles[0] if field == "complex" else (angles[1] if angles.size > 1 else 0.0)
    a = float(angles[0] + second)
    if a >= np.pi:
        return float("inf")
    return float(a / np.sin(a)) if a > 0.0 else 1.0


def flag_value(eigenvalues: Any, k: int, dimension: float) -> float:
    """Return the least ``sum_i w_i ||P - P_i||_F^2`` over projectors P of rank k, by Ky Fan.

    ``k + dimension - 2 sum_{j <= k} lambda_j``.

    Parameters
    ----------
    eigenvalues : array_like
        Of ``sum_i w_i P_i``, descending; the weights add up to 1.
    k : int
    dimension : float
        ``sum_i w_i rank(P_i)``.
    """
    values = _values(eigenvalues)
    if not 0 <= k <= values.size:
        raise InvalidInputError(f"k={k} must be in 0..{values.size}, the number of eigenvalues")
    return float(k + dimension - 2.0 * np.sum(values[:k]))


def descent_value(value: float, norm: float) -> float:
    """Return what ``f = 1/2 sum_i w_i dist^2(., X_i)`` is at most after a step of the mean.

    ``f - norm^2 / 2``, where `norm` is ``||T||_F`` of the mean T of the logarithms: in a space
    without negative curvature squared distances bend no more than in a flat one.
    """
    return float(value - 0.5 * norm * norm)


def _values(x: Any) -> np.ndarray:
    values = np.asarray(x, dtype=np.float64)
    if values.ndim != 1 or not np.all(values >= 0.0):
        raise InvalidInputError("expected a vector of numbers that are not negative")
    return values
