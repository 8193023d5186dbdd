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
from linsub.streaming.bounds.oja import (
    basis_rounding,
    batch_pca_variance,
    oja_asymptotic_variance,
    oja_axis_growth,
    oja_rank_one_tangent,
    oja_stationary_error,
    protected_energy,
    protected_rounding,
    success_boost_error,
    success_boost_failure,
    success_boost_runs,
)

__all__ = [
    "basis_rounding",
    "batch_pca_variance",
    "decayed_shrinkage",
    "eigenvalue_enclosure",
    "eigenvector_certificate",
    "fd_error_bound",
    "fd_sketch_size",
    "gram_rounding",
    "merged_shrinkage",
    "oja_asymptotic_variance",
    "oja_axis_growth",
    "oja_rank_one_tangent",
    "oja_stationary_error",
    "projection_error_bound",
    "protected_energy",
    "protected_rounding",
    "robust_error",
    "seen_projection_error",
    "shrink_rounding",
    "shrinkage_bound",
    "shrunk_values",
    "success_boost_error",
    "success_boost_failure",
    "success_boost_runs",
]
