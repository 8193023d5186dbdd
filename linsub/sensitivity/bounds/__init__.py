"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.sensitivity.bounds.sensitivities import (
    conjugate_exponent,
    density_bracket,
    hexagon_sensitivity,
    leverage_bracket,
    norm_ratio,
    sign_cube_total,
    total_bracket,
    total_sample_size,
    weights_bracket,
)

__all__ = [
    "conjugate_exponent",
    "density_bracket",
    "hexagon_sensitivity",
    "leverage_bracket",
    "norm_ratio",
    "sign_cube_total",
    "total_bracket",
    "total_sample_size",
    "weights_bracket",
]
