"""Parallel scans of diagonal recurrences in subspaces (MHS-VM, S4D).

``x_i = a_i x_(i-1) + b_i`` in each of several blocks of channels and along several routes through
an image. The pairs (a, b) compose associatively, so that log2(L) sweeps replace L steps; the
closed form by cumulated products does not survive: they underflow.
"""

from __future__ import annotations

import numpy as np


def sequential(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the states, step after step; time is the first axis."""
    x, found = np.zeros(b.shape[1:]), np.empty_like(b)
    for i in range(len(b)):
        x = found[i] = a[i] * x + b[i]
    return found


def scan(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the states by doubling: pairs at distance 1, 2, 4, ... are composed."""
    a, b = a.copy(), b.copy()
    step = 1
    while step < len(b):
        b[step:] += a[step:] * b[:-step]
        a[step:] *= a[:-step]
        step *= 2
    return b


def routes(side: int) -> list[np.ndarray]:
    """Return four orders of the pixels of a square: rows, columns, and both backwards."""
    rows = np.arange(side * side)
    columns = rows.reshape(side, side).T.ravel()
    return [rows, columns, rows[::-1], columns[::-1]]


def main() -> None:
    """Compare both scans, routes and the closed form."""
    rng = np.random.default_rng(0)
    side, heads, width = 32, 4, 8
    a = np.exp(-rng.uniform(0.0, 1.0, (side * side, heads, width)))
    b = rng.standard_normal(a.shape)
    worst, total = 0.0, np.zeros_like(b)
    for route in routes(side):
        one, other = sequential(a[route], b[route]), scan(a[route], b[route])
        worst = max(worst, float(np.abs(one - other).max() / np.abs(one).max()))
        back = np.empty_like(one)
        back[route] = other  # the inverse permutation
        assert np.array_equal(back[route], other)
        total += back
    print(f"doubling against steps, four routes: {worst:.0e}")
    smallest = float(np.cumprod(a, axis=0)[-1].min())
    print(f"cumulated product after {len(a)} steps: {smallest:.0e}")
    assert worst < 1e-14
    assert smallest < 1e-150
    assert np.isfinite(total).all()


if __name__ == "__main__":
    main()
