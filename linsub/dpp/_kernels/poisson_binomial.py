"""How many of independent events happen: the table behind choosing so many of them.

``T[n, l]`` is the probability that l of the first n events happen. Only sums of products of
numbers in [0, 1] are formed, so that each entry is right to a few roundings a row.
"""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["backward_marginals", "fill", "pick", "size_law"]


@njit()
def fill(p: np.ndarray, q: np.ndarray, T: np.ndarray) -> None:
    """Fill T (n + 1, k + 1) from the probabilities p and q = 1 - p."""
    T[0, 0] = 1.0
    for n in range(p.size):
        T[n + 1, 0] = q[n] * T[n, 0]
        for j in range(1, T.shape[1]):
            T[n + 1, j] = q[n] * T[n, j] + p[n] * T[n, j - 1]


@njit()
def size_law(p: np.ndarray, q: np.ndarray, law: np.ndarray) -> None:
    """Fill the law (n + 1,) of how many of all events happen."""
    law[0] = 1.0
    for n in range(p.size):
        for j in range(n + 1, 0, -1):
            law[j] = q[n] * law[j] + p[n] * law[j - 1]
        law[0] *= q[n]


@njit()
def pick(p: np.ndarray, T: np.ndarray, uniforms: np.ndarray, found: np.ndarray) -> None:
    """Choose which ``found.size`` events happened, given that so many did."""
    j = found.size
    for n in range(p.size, 0, -1):
        if j == 0:
            return
        # Where all that are left are needed the comparison could only be lost to rounding.
        if n == j or uniforms[n - 1] * T[n, j] < p[n - 1] * T[n - 1, j - 1]:
            j -= 1
            found[j] = n - 1


@njit()
def backward_marginals(p: np.ndarray, q: np.ndarray, T: np.ndarray, out: np.ndarray) -> None:
    """Fill the probabilities that each event happened, given that k of all did."""
    n, k = p.size, T.shape[1] - 1
    after = np.zeros(k + 1)  # of the events behind i: how many of them happen
    after[0] = 1.0
    for i in range(n - 1, -1, -1):
        total = 0.0
        for j in range(k):
            total += T[i, j] * after[k - 1 - j]
        out[i] = p[i] * total / T[n, k]
        for j in range(k, 0, -1):
            after[j] = q[i] * after[j] + p[i] * after[j - 1]
        after[0] *= q[i]
