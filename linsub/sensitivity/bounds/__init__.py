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
from linsub.sensitivity.bounds.lewis import (
    change_of_density,
    john_average,
    john_volume_gap,
    lewis_log_error,
    lewis_rate,
    lewis_to_john,
)
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
    "change_of_density",
    "conjugate_exponent",
    "corrected_defect",
    "density_bracket",
    "effective_dimension",
    "gram_defect",
    "hexagon_sensitivity",
    "interval_product",
    "john_average",
    "john_volume_gap",
    "leverage_bracket",
    "leverage_perturbation",
    "leverage_relative_error",
    "lewis_log_error",
    "lewis_rate",
    "lewis_to_john",
    "merge_reduce_error",
    "norm_ratio",
    "online_leverage_total",
    "oversampling",
    "regression_factor",
    "root_leverage_rows",
    "root_leverage_total",
    "rounding",
    "sample_size",
    "sensitivity_rate",
    "sign_cube_total",
    "total_bracket",
    "total_sample_size",
    "weights_bracket",
]
