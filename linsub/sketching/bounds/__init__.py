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

__all__ = [
    "collision_rate",
    "cosine_variance",
    "fastfood_singular_values",
    "gaussian_deviation",
    "gaussian_size",
    "gaussian_variance",
    "hashed_failure",
    "hashed_size",
    "hashed_variance",
    "sampled_variance",
    "sign_variance",
    "transform_rounding",
]
