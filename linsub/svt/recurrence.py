"""The three-term recurrence on vectors, watched for growth that the interval does not allow."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from linsub.errors import InvalidInputError

__all__ = ["Run", "Times", "sizes", "three_terms"]

# (X, norms of its columns) -> Z X, the Rayleigh quotient of Z at each column, and what that says of
# a singular value over the end of the interval.
Times = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]

_EPS = float(np.finfo(np.float64).eps)

# Norms are allowed this much rounding of their own, relative to them.
_NORM = 1e-12


def sizes(X: np.ndarray) -> np.ndarray:
    """Return the norms of columns that are neither huge nor tiny, as those of a recurrence are."""
    if X.dtype.kind == "c":
        squares = np.einsum("ij,ij->j", X.real, X.real) + np.einsum("ij,ij->j", X.imag, X.imag)
    else:
        squares = np.einsum("ij,ij->j", X, X)
    return np.asarray(np.sqrt(squares, dtype=np.float64))


@dataclasses.dataclass
class Run:
    """What the recurrence gave.

    `norms` (n + 1, b) are those of T_k(Z) w by column; `left` says by column that the part of the
    spectrum that it meets certainly leaves the interval.
    """

    sums: np.ndarray
    norms: np.ndarray
    left: np.ndarray


def _tilt(error: np.ndarray, norms: np.ndarray, theta: float) -> np.ndarray:
    """Return how far below -1 an error of that size, in any direction, may take a quotient.

    Of t = s + e is ``<t, (Z + 1) t> >= -4 |e| |s| - (cosh(theta) - 1) |e|^2`` where s meets [-1, 1]
    alone.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratio = error / norms
        found = 4.0 * ratio * (1.0 + ratio) + (math.cosh(min(theta, 700.0)) - 1.0) * ratio**2
    return np.asarray(np.where(np.isnan(found), np.inf, found))


def three_terms(
    times: Times,
    w: np.ndarray,
    coef: np.ndarray,
    theta: float,
    unit: float,
    start: np.ndarray,
    outside: Callable[[float], str],
) -> Run:
    """Return ``sum c_k T_k(Z) w`` with what was seen on the way.

    Parameters
    ----------
    times : callable
        X and the norms of its columns -> Z X, Rayleigh quotients, and ratios.
    w : ndarray of shape (m, b)
    coef : ndarray of shape (n + 1,)
    theta : float
        The spectrum of Z may reach down to -cosh(theta); 0 where it may not leave [-1, 1].
    unit : float
        Rounding of a product with Z, relative to the vector.
    start : ndarray of shape (b,)
        The error of each column of w, in any direction.
    outside : callable
        From the ratio of a singular value to the end of the interval, or 0, to what to say.

    Raises
    ------
    InvalidInputError
        As soon as some T_k(Z) w has grown beyond what the interval allows.

    Notes
    -----
    For a spectrum within [-1, 1] no T_k(Z) w is longer than w, up to the rounding so far,
    ``e_{k+1} = 2 cosh(theta) e_k - e_{k-1} + 2 unit ||t_k||``. What is longer has left it. A
    Rayleigh quotient above 1 proves that it has above, which is an error at once; below -1, which
    a quotient proves too, it may grow like cosh(k theta), at which rate the coefficients fall, and
    the sum keeps its meaning.
    """
    n = coef.size - 1
    first = sizes(w)
    norms = np.zeros((n + 1, w.shape[1]))
    norms[0] = first
    left = np.zeros(w.shape[1], bool)
    sums = coef[0] * w
    before, now = w, w
    error, previous = start.copy(), np.zeros_like(first)
    twice = 2.0 * math.cosh(theta)
    certain = 1.0 + 2.0 * unit + 64.0 * _EPS
    for k in range(1, n + 1):
        product, quotients, ratios = times(now, norms[k - 1])
        if (quotients > certain).any() or (theta == 0.0 and (quotients < -certain).any()):
            raise InvalidInputError(outside(float(ratios.max())))
        left |= quotients < -certain - _tilt(error, norms[k - 1], theta)
        left |= norms[k - 1] > first * (1.0 + _NORM) + error
        # In place: the vectors are as long as A, and there may be few of them that fit.
        if k == 1:
            after = product
        else:
            after = 2.0 * product
            after -= before
        before, now = now, after
        norms[k] = sizes(now)
        half = 1.0 if k == 1 else 2.0
        error, previous = (
            (0.5 if k == 1 else 1.0) * twice * error
            - previous
            + (half * unit + 4.0 * _EPS) * norms[k - 1],
            error,
        )
        error = np.maximum(error, previous)
        allowed = first * (1.0 + _NORM) * math.cosh(min(k * theta, 700.0)) + error
        if not (norms[k] <= allowed).all():
            finite = bool(np.isfinite(norms[k]).all())
            raise InvalidInputError(
                outside(float(times(now, norms[k])[2].max()) if finite else 0.0)
            )
        sums += coef[k] * now
    left |= norms[n] > first * (1.0 + _NORM) + error
    return Run(sums, norms, left)
