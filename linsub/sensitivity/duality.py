"""What a point z and a dual vector y prove of min ||G z||_p, c z = 1: a bracket, rounding included.

With G^T y = c exactly, ``|c z| = |y^T G z| <= ||y||_q ||G z||_p`` for all z. Here y is feasible to
rounding only; what is missing has a correction of known size, since G is nearly orthonormal.
"""

from __future__ import annotations

import numpy as np

from linsub.sensitivity.bounds import conjugate_exponent, norm_ratio
from linsub.sensitivity.range_basis import EPS, TINY, RangeBasis

__all__ = [
    "CORRECTIONS",
    "dual_value",
    "infeasibility",
    "norm_of",
    "outward_power",
    "primal_value",
    "repaired",
]

# Each correction with a basis that is not quite orthonormal leaves its defect, below 1e-3, of what
# there was; what there was at first is small but for the point of a bracket.
CORRECTIONS = 3

# A power or a root is right to so many units of rounding, and a few operations go with it.
_POWER = 16.0


def norm_of(Y: np.ndarray, p: float) -> np.ndarray:
    """Return the lp norm of each row, to within (n + 16) eps of it."""
    top = np.abs(Y).max(axis=1, initial=0.0)
    if p == np.inf or Y.shape[1] == 0:
        return np.asarray(top)
    if p == 1.0:
        return np.asarray(np.abs(Y).sum(axis=1))
    with np.errstate(under="ignore"):
        t = np.abs(Y) / np.where(top > 0.0, top, 1.0)[:, None]
        return np.asarray(top * np.power(np.power(t, p).sum(axis=1), 1.0 / p))


def primal_value(basis: RangeBasis, rows: np.ndarray, Z: np.ndarray, p: float) -> np.ndarray:
    """Return lower bounds of ``max_z |g_i z| / ||G z||_p``, i in `rows`, from the rows of Z."""
    Q, theta = basis.Q, basis.theta
    n, r = Q.shape
    peak = np.abs(Z).max(axis=1, initial=0.0)
    Z = Z / np.where(peak > 0.0, peak, 1.0)[:, None]
    R = np.abs(Z @ Q.T)
    off = (r + 4.0) * EPS * (np.abs(Z) @ np.abs(Q).T)
    off += (np.abs(Z).sum(axis=1) * (1.0 + r * EPS))[:, None] * theta
    at = np.arange(rows.size), rows
    least = np.maximum(R[at] - off[at], 0.0)
    most = norm_of(R + off, p) * (1.0 + (n + _POWER) * EPS)
    found = np.divide(least, most, out=np.zeros_like(least), where=most > 0.0)
    return np.asarray(found * (1.0 - 4.0 * EPS))


def repaired(basis: RangeBasis, C: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return Y + (C - Y Q) Q^T, and again: feasible to rounding."""
    for _ in range(CORRECTIONS):
        Y = Y + (C - Y @ basis.Q) @ basis.Q.T
    return Y


def dual_value(basis: RangeBasis, rows: np.ndarray, Y: np.ndarray, p: float) -> np.ndarray:
    """Return upper bounds of ``max_z |g_i z| / ||G z||_p``, i in `rows`, from the rows of Y."""
    n = basis.Q.shape[0]
    q = conjugate_exponent(p)
    missing = infeasibility(basis, basis.Q[rows], basis.theta[rows], Y)
    found = norm_of(Y, q) * (1.0 + (n + _POWER) * EPS) + norm_ratio(n, q) * missing
    return np.asarray(np.minimum(found * (1.0 + 4.0 * EPS) + TINY, 1.0))


def infeasibility(basis: RangeBasis, C: np.ndarray, theta: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Bound the l2 norm of the least f with G^T (y + f) = c, for each row y of Y and c of C.

    Sums over n rows are taken by parts, whose rounding counts with their length instead of n.
    """
    Q, r = basis.Q, basis.Q.shape[1]
    n = Q.shape[0]
    part = max(64, int(np.sqrt(n)))
    E, sizes = C.copy(), np.abs(C)
    for at in range(0, n, part):
        E = E - Y[:, at : at + part] @ Q[at : at + part]
        sizes = sizes + np.abs(Y[:, at : at + part]) @ np.abs(Q[at : at + part])
    lost = (part + n // part + 6.0) * EPS * sizes
    lost += ((np.abs(Y) @ basis.theta) * (1.0 + n * EPS) + theta)[:, None]
    # Scaled, since squares of small numbers would underflow.
    e = np.abs(E) + lost
    top = e.max(axis=1, initial=0.0)
    e = e / np.where(top > 0.0, top, 1.0)[:, None]
    length = top * np.sqrt(np.square(e).sum(axis=1)) * (1.0 + (r + 4.0) * EPS)
    return np.asarray(length / np.sqrt(1.0 - basis.defect) * (1.0 + 4.0 * EPS))


def outward_power(low: np.ndarray, high: np.ndarray, p: float) -> tuple[np.ndarray, np.ndarray]:
    """Return low^p and high^p, rounded outward; themselves for p = inf."""
    if p == np.inf:
        return low, high
    with np.errstate(under="ignore"):
        lower = np.power(low, p) * (1.0 - _POWER * EPS)
        upper = np.power(high, p) * (1.0 + _POWER * EPS) + TINY
    return np.maximum(lower - TINY, 0.0), np.minimum(upper, 1.0)
