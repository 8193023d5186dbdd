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

__all__ = [
    "interval_product",
    "merge_reduce_error",
    "online_leverage_total",
    "oversampling",
    "regression_factor",
    "root_leverage_rows",
    "root_leverage_total",
    "sample_size",
    "sensitivity_rate",
]
