"""The family's theorems as formulas of numbers: angles, norms, gaps and sizes."""

from __future__ import annotations

from linsub.geometry.bounds.reflectors import (
    frame_rounding,
    haar_moments,
    isometry_distance,
    isometry_residual,
    projector_rounding,
    reflector_rounding,
)

__all__ = [
    "frame_rounding",
    "haar_moments",
    "isometry_distance",
    "isometry_residual",
    "projector_rounding",
    "reflector_rounding",
]
