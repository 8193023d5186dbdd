"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.sketching.bounds.operators import (
    collision_rate,
    cosine_variance,
    fastfood_singular_values,
    gaussian_deviation,
    gaussian_size,
    gaussian_variance,
    hashed_failure,
    hashed_size,
    hashed_variance,
    sampled_variance,
    sign_variance,
    transform_rounding,
)
from linsub.sketching.bounds.subspaces import (
    dct_error,
    dct_error_bound,
    dct_rounding,
    intrinsic_residual,
)

__all__ = [
    "collision_rate",
    "cosine_variance",
    "dct_error",
    "dct_error_bound",
    "dct_rounding",
    "fastfood_singular_values",
    "gaussian_deviation",
    "gaussian_size",
    "gaussian_variance",
    "hashed_failure",
    "hashed_size",
    "hashed_variance",
    "intrinsic_residual",
    "sampled_variance",
    "sign_variance",
    "transform_rounding",
]
