"""Oja's rule at many rates over one reading of the rows, normalized when it must be."""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["advance"]

# Squared norms are brought back near 1 from here on. One row multiplies them by at most
# (1 + eta ||a||^2)^2, below 1e80 for any rate that is let in, and 1e140 leaves room for that.
_HIGH = 1e140


@njit(reassociate=True)
def advance(
    X: np.ndarray,
    squares: np.ndarray,
    rates: np.ndarray,
    V: np.ndarray,
    norms: np.ndarray,
    exponents: np.ndarray,
) -> None:
    """Take the rows of X (b, d) into V (m, d): ``v += eta a <a, v>`` for each rate.

    `squares` (b,) has the squared norms of the rows, `norms` (m,) about those of V. Iterate j is
    ``2^exponents[j] V[j]``: powers of two alone are taken out, so that nothing is rounded.
    """
    b, d = X.shape
    m = rates.shape[0]
    # Rate by rate over the chunk: the rows stay in cache, and one vector is in reach of them all.
    for j in range(m):
        eta = rates[j]
        nrm2 = norms[j]
        for i in range(b):
            q = squares[i]
            if q == 0.0:
                continue
            y = 0.0
            for c in range(d):
                y += X[i, c] * V[j, c]
            step = eta * y
            for c in range(d):
                V[j, c] += step * X[i, c]
            nrm2 += step * y * (2.0 + eta * q)
            if nrm2 > _HIGH:
                p = 0
                while nrm2 > 4.0 and p < 600:
                    nrm2 *= 2.0**-20
                    p += 10
                shrink = 2.0**-p
                for c in range(d):
                    V[j, c] *= shrink
                exponents[j] += p
        norms[j] = nrm2
