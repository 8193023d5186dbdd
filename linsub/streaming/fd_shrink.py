"""One shrink of Frequent Directions: the rows of C to at most l rows, and what that costs."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from linsub._core.dense.eigh import eigh

__all__ = ["Shrunk", "shrink"]

EPS = float(np.finfo(np.float64).eps)


@dataclasses.dataclass(frozen=True, eq=False)
class Shrunk:
    """``-rounding I <= C^T C - rows^T rows <= (shrinkage + rounding) I``."""

    rows: np.ndarray
    shrinkage: float
    rounding: float


def shrink(C: np.ndarray, size: int) -> Shrunk:
    """Return C as at most ``size - 1`` rows."""
    m, d = C.shape
    G = C @ C.T
    total = float(G.diagonal().sum())
    if m < size or total == 0.0:
        return Shrunk(C[: 0 if total == 0.0 else m], 0.0, 0.0)
    squares, V = eigh(G, size)
    squares = np.maximum(squares, 0.0)
    delta = float(squares[size - 1])
    rounding = 8.0 * (math.sqrt(d) + m) * EPS * total
    kept = int(np.count_nonzero(squares[: size - 1] > max(delta, m * EPS * squares[0])))
    factors = np.sqrt((squares[:kept] - delta) / squares[:kept])
    rows = (V[:, :kept] * factors).T @ C
    return Shrunk(np.ascontiguousarray(rows), delta, rounding)
