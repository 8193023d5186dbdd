"""The family's theorems as formulas of numbers: angles, norms, gaps and sizes."""

from __future__ import annotations

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
    "complement_rounding",
    "energy_additions",
    "oblique_norm",
    "orthogonality_rounding",
    "polar_distance",
    "polar_enclosure",
    "polar_perturbation",
    "procrustes_residual",
    "projector_difference",
    "projector_eigenvalues",
    "rounded_basis",
]
