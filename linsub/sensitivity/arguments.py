"""Checks that the functions of sensitivities share."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, as_vector
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["as_exponent", "as_real_matrix", "as_rows", "as_weights"]


def as_exponent(p: Any, *, convex: bool = True) -> float:
    """Return p as a float, in [1, inf], or in (0, inf] where no convexity is needed."""
    low = 1.0 if convex else 0.0
    infinite = isinstance(p, float | np.floating) and p == np.inf
    value = float(np.inf) if infinite else scalars.as_real(p, name="p")
    if convex and 0.0 < value < 1.0:
        raise InvalidInputError(
            f"p must satisfy 1 <= p <= inf, got {value:.17g}: below 1 nothing is convex, and "
            "no dual bounds what was found; sensitivity_upper_bounds takes every p > 0"
        )
    if value < low or value == 0.0:
        raise InvalidInputError(f"p must satisfy {'1 <= p' if convex else '0 < p'}, got {value}")
    return value


def as_real_matrix(A: Any, *, name: str = "A") -> np.ndarray:
    """Return A in double precision, not complex."""
    x = as_matrix(A, name=name)
    if x.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; lp norms of real vectors are meant here")
    return x.astype(np.float64, copy=False)


def as_rows(rows: Any, n: int) -> np.ndarray:
    """Return indices of rows, all by default."""
    if rows is None:
        return np.arange(n)
    found = np.asarray(rows)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise InvalidTypeError(
            f"rows must be a sequence of integers, got shape {found.shape} of {found.dtype}; pass "
            "np.flatnonzero(mask) for a mask"
        )
    found = found.astype(np.int64)
    wrong = np.flatnonzero((found < 0) | (found >= n))
    if wrong.size:
        i = int(wrong[0])
        raise InvalidInputError(f"rows[{i}] is {found[i]}, A has rows 0 .. {n - 1}")
    return found


def as_weights(weights: Any, n: int) -> np.ndarray:
    """Return weights (n,), not negative."""
    w = as_vector(weights, name="weights", size=n)
    if w.dtype.kind == "c":
        raise InvalidTypeError("weights is complex; pass its real part")
    w = w.astype(np.float64, copy=False)
    if w.size and w.min() < 0.0:
        i = int(w.argmin())
        raise InvalidInputError(f"weights[{i}] is {w[i]:.3g}; weights are not negative")
    return w
