"""Frank-Wolfe with away steps for D-optimal weights, by rank-one updates."""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["DONE", "GOING", "STUCK", "away_steps"]

DONE, GOING, STUCK = 0, 1, 2


@njit(reassociate=True)
def away_steps(
    Q: np.ndarray, inverse: np.ndarray, g: np.ndarray, v: np.ndarray, tol: float, steps: int
) -> tuple[int, int]:
    """Take up to `steps` steps, with ``inverse = (Q^H V Q)^-1`` and ``g_i = q_i inverse q_i^H``.

    All but Q are brought up to date. Returns whether it is done, going on or stuck, and the
    number of steps taken.
    """
    n, r = Q.shape
    y = np.empty(r, Q.dtype)
    for count in range(steps):
        high, low = 0, -1
        for i in range(n):
            if g[i] > g[high]:
                high = i
            if v[i] > 0.0 and (low < 0 or g[i] < g[low]):
                low = i
        above = g[high] - 1.0
        if above <= tol:
            return DONE, count
        if above >= 1.0 - g[low]:
            k = high
            share = above / (r * g[k] - 1.0)
        else:
            k = low
            least = -v[k] / (r - v[k])
            share = least
            if r * g[k] > 1.0:
                share = max(least, (g[k] - 1.0) / (r * g[k] - 1.0))
        rest = 1.0 - share
        below = rest + share * r * g[k]
        if not (rest > 0.0 and below > 0.0) or share == 0.0:
            return STUCK, count
        for a in range(r):
            total = inverse[a, 0] * np.conj(Q[k, 0])
            for b in range(1, r):
                total += inverse[a, b] * np.conj(Q[k, b])
            y[a] = total
        factor = share * r / below
        for a in range(r):
            for b in range(r):
                inverse[a, b] = (inverse[a, b] - factor * y[a] * np.conj(y[b])) / rest
        for i in range(n):
            total = Q[i, 0] * y[0]
            for b in range(1, r):
                total += Q[i, b] * y[b]
            g[i] = (g[i] - factor * (total.real * total.real + total.imag * total.imag)) / rest
            v[i] *= rest
        dropped = k == low and share < 0.0 and v[k] + share * r <= 1e-14 * r
        v[k] = 0.0 if dropped else v[k] + share * r
    return GOING, steps
