"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.sensitivity.bounds.sampling import (
    interval_product,
    merge_reduce_error,
    online_leverage_total,
    oversampling,
    regression_factor,
    root_leverage_rows,
    root_leverage_total,
    sample_size,
    sensitivity_rate,
)
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
    "interval_product",
    "leverage_bracket",
    "merge_reduce_error",
    "norm_ratio",
    "online_leverage_total",
    "oversampling",
    "regression_factor",
    "root_leverage_rows",
    "root_leverage_total",
    "sample_size",
    "sensitivity_rate",
    "sign_cube_total",
    "total_bracket",
    "total_sample_size",
    "weights_bracket",
]
