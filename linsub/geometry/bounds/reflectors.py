"""Reflectors and partial isometries: distances, moments and rounding as formulas of numbers."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = [
    "frame_rounding",
    "haar_moments",
    "isometry_distance",
    "projector_rounding",
    "reflector_rounding",
]

# Of sqrt(k) u, for the loss of orthogonality of k reflectors: measured, see the page.
_REFLECTORS = 50.0

# Of sqrt(n) r eps, for the columns of reconstructed reflectors; and of the same times
# 1 + ||W||, for a distance to W that is computed from them. Both measured as well.
_FRAME = 8.0
_PROJECTOR = 8.0


def isometry_distance(sigma: Any, rank: int) -> float:
    """Distance from W to the nearest partial isometry of a rank, in the 2-norm.

    ``min ||W - P||_2 = max(|sigma_1 - 1|, |sigma_r - 1|, sigma_{r+1})``.

    Parameters
    ----------
    sigma, rank
        As in :func:`polar_distance`, the same in the Frobenius norm.

    Examples
    --------
    >>> from linsub.geometry.bounds import isometry_distance
    >>> isometry_distance([3.0, 0.5, 0.25], 2)
    2.0
    """
    return float(_off(sigma, rank).max(initial=0.0))


def haar_moments(n: int, *, complex_entries: bool = False) -> tuple[float, float]:
    """Second and fourth moment of an entry of a uniform orthonormal frame.

    ``E q^2 = 1/n`` and ``E q^4 = 3 / (n (n + 2))``; ``E |q|^4 = 2 / (n (n + 1))`` if complex.

    Examples
    --------
    >>> from linsub.geometry.bounds import haar_moments
    >>> haar_moments(2)
    (0.5, 0.375)
    """
    size = float(_count(n, "n", 1))
    if complex_entries:
        return 1.0 / size, 2.0 / (size * (size + 1.0))
    return 1.0 / size, 3.0 / (size * (size + 2.0))


def reflector_rounding(count: int, eps: float) -> float:
    """Departure of k reflectors from orthogonality, ``50 sqrt(k) u``: measured, not proved.

    Parameters
    ----------
    count : int
        k; at least 1 is counted.
    eps : float
        2 u.
    """
    return _REFLECTORS * float(np.sqrt(max(_count(count, "count", 0), 1))) * 0.5 * float(eps)


def frame_rounding(length: int, count: int, eps: float) -> float:
    """Frobenius distance from a frame to the columns of its reflectors: measured, not proved.

    Parameters
    ----------
    length : int
        n.
    count : int
        Columns r.
    eps : float
    """
    n, r = _count(length, "length", 0), _count(count, "count", 0)
    return _FRAME * float(np.sqrt(max(n, 1))) * max(r, 1) * float(eps)


def projector_rounding(length: int, rank: int, norm: float, eps: float) -> float:
    """Rounding of the distance from W to a projector: measured, not proved.

    Parameters
    ----------
    length : int
        max(m, n).
    rank : int
    norm : float
        ||W||_F.
    eps : float
    """
    n, r = _count(length, "length", 0), _count(rank, "rank", 0)
    return _PROJECTOR * float(np.sqrt(max(n, 1))) * (max(r, 1) + float(norm)) * float(eps)


def _off(sigma: Any, rank: int) -> np.ndarray:
    """Return |sigma_i - 1| for i <= r and sigma_i beyond."""
    s = np.asarray(sigma, dtype=np.float64)
    if s.ndim != 1 or np.isnan(s).any() or (s < 0.0).any() or (np.diff(s) > 0.0).any():
        raise InvalidInputError("sigma must hold singular values, none negative, descending")
    r = _count(rank, "rank", 0)
    if r > s.size:
        raise InvalidInputError(f"rank is {r} and there are {s.size} singular values")
    target = np.zeros(s.size)
    target[:r] = 1.0
    return np.abs(s - target)


def _count(value: Any, name: str, low: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidTypeError(f"{name} must be an integer, got {value!r}") from None
    if number < low:
        raise InvalidInputError(f"{name} must be at least {low}, got {number}")
    return number
