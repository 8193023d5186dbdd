"""The family's theorems as formulas of numbers: angles, norms, gaps and sizes."""

from __future__ import annotations

from linsub.geometry.bounds.angles import (
    angle_distance,
    angle_error,
    angle_rounding,
    overlap_mean,
    overlap_range,
    overlap_variance,
)
from linsub.geometry.bounds.grassmann import (
    descent_value,
    exponential_angles,
    flag_value,
    grassmann_diameter,
    injectivity_radius,
    log_condition,
    mean_radius,
    retraction_angles,
)

__all__ = [
    "angle_distance",
    "angle_error",
    "angle_rounding",
    "descent_value",
    "exponential_angles",
    "flag_value",
    "grassmann_diameter",
    "injectivity_radius",
    "log_condition",
    "mean_radius",
    "overlap_mean",
    "overlap_range",
    "overlap_variance",
    "retraction_angles",
]
