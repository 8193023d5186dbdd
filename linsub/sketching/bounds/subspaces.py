"""Cosine bases of gradients, and random subspaces of a parameter space."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = ["dct_error", "dct_error_bound", "dct_rounding", "intrinsic_residual"]


def dct_error(sizes: Any, chosen: Any) -> float:
    """``(||G||_F^2 - sum_{j in J} ||G q_j||^2)^(1/2)``, from the norms of all columns of G Q."""
    left = np.delete(np.asarray(sizes, float), np.asarray(chosen, np.int64))
    return float(np.sqrt(np.square(left).sum()))


def dct_error_bound(n: int, r: int, norm: float) -> float:
    """``sqrt(1 - r/n) ||G||_F``: what the r columns of largest 2-norm lose at most."""
    if not 0 <= r <= n:
        raise InvalidInputError(f"r must be in 0 .. {n}, got {r}")
    return math.sqrt(1.0 - r / n) * float(norm) if n else 0.0


def dct_rounding(n: int, size: float, eps: float) -> float:
    """``4 log2(2 n) eps ||G||_F``: the rounding of an orthonormal transform by FFT, doubled."""
    return 4.0 * math.log2(max(2.0 * n, 2.0)) * float(eps) * float(size)


def intrinsic_residual(constraints: int, d: int) -> float:
    """``max(0, 1 - d/c)``: the mean share of a squared residual that d random dimensions leave.

    Of c linear constraints whose rows are orthogonal and of one norm, with normal columns.
    """
    if constraints < 1 or d < 0:
        raise InvalidInputError(f"constraints and d must be positive, got {constraints} and {d}")
    return max(0.0, 1.0 - d / constraints)
