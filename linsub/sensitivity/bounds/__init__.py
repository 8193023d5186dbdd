"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.sensitivity.bounds.leverage import (
    corrected_defect,
    effective_dimension,
    gram_defect,
    leverage_perturbation,
    leverage_relative_error,
    rounding,
)

__all__ = [
    "corrected_defect",
    "effective_dimension",
    "gram_defect",
    "leverage_perturbation",
    "leverage_relative_error",
    "rounding",
]
