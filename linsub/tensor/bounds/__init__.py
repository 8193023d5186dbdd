"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.tensor.bounds.tucker import (
    best_error_lower,
    best_error_rounded,
    hosvd_error,
    projection_error,
    quasi_optimality,
    sequential_error,
    tucker_rounding,
)

__all__ = [
    "best_error_lower",
    "best_error_rounded",
    "hosvd_error",
    "projection_error",
    "quasi_optimality",
    "sequential_error",
    "tucker_rounding",
]
