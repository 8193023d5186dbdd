"""One step of Newton's method for min ||Q z||_p with c z = 1, for many c at a time."""

from __future__ import annotations

import math

import numpy as np

from linsub._core.jit import njit

__all__ = ["line_search", "norms", "solve", "weigh"]

# Weights |r|^(p-2) relative to that of the largest |r| are kept within these: beyond, a
# Cholesky factor of Q^T V Q would have no digit left.
_LEAST, _MOST = 1e-13, 1e10

# The derivative along a direction that is left may be this share of what it was.
_FLAT = 0.05
_EVALUATIONS = 12


@njit()
def _power(t: float, a: float) -> float:
    """t^a for t > 0, without the general power for the usual exponents."""
    if a == 1.0:
        return t
    if a == 2.0:
        return t * t
    if a == -0.5:
        return 1.0 / math.sqrt(t)
    if a == 0.5:
        return math.sqrt(t)
    return math.pow(t, a)


@njit()
def weigh(
    R: np.ndarray, p: float, V: np.ndarray, Y: np.ndarray, peak: np.ndarray, total: np.ndarray
) -> None:
    """Per row r of R: V = |r/peak|^(p-2), Y = sign(r) |r/peak|^(p-1), total = sum |r/peak|^p."""
    for i in range(R.shape[0]):
        top = 0.0
        for j in range(R.shape[1]):
            top = max(top, abs(R[i, j]))
        peak[i] = top
        s = 0.0
        for j in range(R.shape[1]):
            t = abs(R[i, j]) / top
            if t == 0.0:
                V[i, j] = _LEAST if p > 2.0 else _MOST
                Y[i, j] = 0.0
                continue
            v = _power(t, p - 2.0)
            y = v * t
            s += y * t
            Y[i, j] = y if R[i, j] > 0.0 else -y
            V[i, j] = min(max(v, _LEAST), _MOST)
        total[i] = s


@njit()
def norms(Y: np.ndarray, q: float, out: np.ndarray) -> None:
    """out[i] = ||Y[i]||_q for finite q."""
    for i in range(Y.shape[0]):
        top = 0.0
        for j in range(Y.shape[1]):
            top = max(top, abs(Y[i, j]))
        s = 0.0
        if top > 0.0:
            for j in range(Y.shape[1]):
                t = abs(Y[i, j]) / top
                if t > 0.0:
                    s += _power(t, q)
        out[i] = top * s ** (1.0 / q)


@njit()
def _factor(L: np.ndarray) -> bool:
    """Overwrite the lower triangle of L with its Cholesky factor; False where it has none."""
    r = L.shape[0]
    for k in range(r):
        s = L[k, k]
        for i in range(k):
            s -= L[k, i] * L[k, i]
        if not s > 0.0:
            return False
        s = np.sqrt(s)
        L[k, k] = s
        for j in range(k + 1, r):
            x = L[j, k]
            for i in range(k):
                x -= L[j, i] * L[k, i]
            L[j, k] = x / s
    return True


@njit()
def solve(H: np.ndarray, B: np.ndarray) -> None:
    """Overwrite the rows of B (m, c, r) with solutions; H (m, r (r + 1) / 2) is packed by rows.

    Where H[i] is not numerically positive definite, a multiple of its trace is added.
    """
    m, c, r = B.shape
    L = np.empty((r, r))
    for i in range(m):
        shift, trace = 0.0, 0.0
        for k in range(r):
            trace += H[i, k * (k + 1) // 2 + k]
        for _ in range(20):
            at = 0
            for j in range(r):
                for k in range(j + 1):
                    L[j, k] = H[i, at]
                    at += 1
                L[j, j] += shift
            if _factor(L):
                break
            shift = 1e-15 * trace if shift == 0.0 else 10.0 * shift
        for b in range(c):
            x = B[i, b]
            for j in range(r):
                s = x[j]
                for k in range(j):
                    s -= L[j, k] * x[k]
                x[j] = s / L[j, j]
            for j in range(r - 1, -1, -1):
                s = x[j] / L[j, j]
                x[j] = s
                for k in range(j):
                    x[k] -= L[j, k] * s


@njit()
def _slope(r: np.ndarray, d: np.ndarray, t: float, top: float, p: float) -> float:
    """The derivative of sum |r + t d|^p / p at t, over top^(p-1)."""
    s = 0.0
    for j in range(r.size):
        x = (r[j] + t * d[j]) / top
        if x > 0.0:
            s += _power(x, p - 1.0) * d[j]
        elif x < 0.0:
            s -= _power(-x, p - 1.0) * d[j]
    return s


@njit()
def line_search(
    R: np.ndarray, D: np.ndarray, p: float, peak: np.ndarray, first: np.ndarray, steps: np.ndarray
) -> None:
    """Fill steps[i] with a t at which sum |R[i] + t D[i]|^p is nearly least, `first` tried first.

    The derivative grows with t: false position (Illinois) between where it is negative and where
    it is not, growing t until it is not.
    """
    for i in range(R.shape[0]):
        r, d = R[i], D[i]
        low, at_low = 0.0, _slope(r, d, 0.0, peak[i], p)
        steps[i] = 0.0
        if not at_low < 0.0:
            continue
        goal = -_FLAT * at_low
        t = first[i]
        high, at_high = np.inf, 0.0
        for _ in range(_EVALUATIONS):
            slope = _slope(r, d, t, peak[i], p)
            if abs(slope) <= goal:
                break
            if slope < 0.0:
                if high < np.inf and low > 0.0:
                    at_high *= 0.5
                low, at_low = t, slope
            else:
                if high < np.inf:
                    at_low *= 0.5
                high, at_high = t, slope
            if high == np.inf:
                t = 2.0 * t
            else:
                t = low + (high - low) * at_low / (at_low - at_high)
                t = min(max(t, low + 0.02 * (high - low)), high - 0.02 * (high - low))
        # Not beyond the last point that is known to descend, if the search ran out.
        steps[i] = t
