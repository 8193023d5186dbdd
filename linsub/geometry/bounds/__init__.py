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
from linsub.geometry.bounds.orthonormal import (
    complement_rounding,
    energy_additions,
    oblique_norm,
    orthogonality_rounding,
    polar_distance,
    polar_enclosure,
    polar_perturbation,
    procrustes_residual,
    projector_difference,
    projector_eigenvalues,
    rounded_basis,
)

__all__ = [
    "angle_distance",
    "angle_error",
    "angle_rounding",
    "complement_rounding",
    "descent_value",
    "energy_additions",
    "exponential_angles",
    "flag_value",
    "grassmann_diameter",
    "injectivity_radius",
    "log_condition",
    "mean_radius",
    "oblique_norm",
    "orthogonality_rounding",
    "overlap_mean",
    "overlap_range",
    "overlap_variance",
    "polar_distance",
    "polar_enclosure",
    "polar_perturbation",
    "procrustes_residual",
    "projector_difference",
    "projector_eigenvalues",
    "retraction_angles",
    "rounded_basis",
]
