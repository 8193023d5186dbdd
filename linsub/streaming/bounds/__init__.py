"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.streaming.bounds.frequent_directions import (
    decayed_shrinkage,
    eigenvalue_enclosure,
    eigenvector_certificate,
    fd_error_bound,
    fd_sketch_size,
    gram_rounding,
    merged_shrinkage,
    projection_error_bound,
    robust_error,
    seen_projection_error,
    shrink_rounding,
    shrinkage_bound,
    shrunk_values,
)
from linsub.streaming.bounds.hard import (
    block_concentration,
    hard_rate_advantage,
    hard_rate_cosine,
    index_instance_cosine,
)
from linsub.streaming.bounds.top import (
    angle_sum_bound,
    growth_bound,
    growth_rounding,
    heavy_row_bound,
    psd_step_bound,
    rayleigh_bound,
    residual_certificate,
    trace_bound,
)

__all__ = [
    "angle_sum_bound",
    "block_concentration",
    "decayed_shrinkage",
    "eigenvalue_enclosure",
    "eigenvector_certificate",
    "fd_error_bound",
    "fd_sketch_size",
    "gram_rounding",
    "growth_bound",
    "growth_rounding",
    "hard_rate_advantage",
    "hard_rate_cosine",
    "heavy_row_bound",
    "index_instance_cosine",
    "merged_shrinkage",
    "projection_error_bound",
    "psd_step_bound",
    "rayleigh_bound",
    "residual_certificate",
    "robust_error",
    "seen_projection_error",
    "shrink_rounding",
    "shrinkage_bound",
    "shrunk_values",
    "trace_bound",
]
