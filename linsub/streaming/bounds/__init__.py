"""The family's theorems as formulas of numbers."""

from __future__ import annotations

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
    "oja_asymptotic_variance",
    "oja_axis_growth",
    "oja_rank_one_tangent",
    "oja_stationary_error",
    "protected_energy",
    "protected_rounding",
    "success_boost_error",
    "success_boost_failure",
    "success_boost_runs",
]
