"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.sensitivity.bounds.leverage import (
    corrected_defect,
    effective_dimension,
    gram_defect,
    leverage_perturbation,
    leverage_relative_error,
    projected_length,
    rounding,
    sketched_leverage,
)
from linsub.sensitivity.bounds.lewis import (
    change_of_density,
    john_average,
    john_volume_gap,
    lewis_contraction,
    lewis_log_error,
    lewis_rate,
    lewis_to_john,
)

__all__ = [
    "change_of_density",
    "corrected_defect",
    "effective_dimension",
    "gram_defect",
    "john_average",
    "john_volume_gap",
    "leverage_perturbation",
    "leverage_relative_error",
    "lewis_contraction",
    "lewis_log_error",
    "lewis_rate",
    "lewis_to_john",
    "projected_length",
    "rounding",
    "sketched_leverage",
]
