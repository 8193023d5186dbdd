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

__all__ = [
    "angle_distance",
    "angle_error",
    "angle_rounding",
    "overlap_mean",
    "overlap_range",
    "overlap_variance",
]
