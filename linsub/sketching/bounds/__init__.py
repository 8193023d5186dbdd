"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.sketching.bounds.subspaces import (
    dct_error,
    dct_error_bound,
    dct_rounding,
    intrinsic_residual,
)

__all__ = [
    "dct_error",
    "dct_error_bound",
    "dct_rounding",
    "intrinsic_residual",
]
