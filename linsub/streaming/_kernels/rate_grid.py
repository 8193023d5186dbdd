"""Oja's rule at many rates within a block of rows, from the Gram matrix of the block."""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["substitute"]


@njit(reassociate=True)
def substitute(G: np.ndarray, rates: np.ndarray, Y: np.ndarray) -> None:
    """Turn ``<a_i, v_0>`` (b, m) into the steps ``eta <a_i, v_{i-1}>`` of each rate, in place.

    With ``G_il = <a_i, a_l>``, ``<a_i, v_{i-1}> = <a_i, v_0> + sum_{l < i} G_il step_l``.
    """
    b, m = Y.shape
    total = np.empty(m)
    for i in range(b):
        for j in range(m):
            total[j] = Y[i, j]
        for k in range(i):
            g = G[i, k]
            for j in range(m):
                total[j] += g * Y[k, j]
        for j in range(m):
            Y[i, j] = rates[j] * total[j]
