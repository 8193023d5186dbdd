"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.clustering.bounds.ensembles import agreement_of_lines
from linsub.clustering.bounds.guarantees import (
    inradius_from_design,
    phase_transition_distance,
    preserves_by_dual_directions,
    preserves_by_projections,
    recovery_error,
)
from linsub.clustering.bounds.rates import (
    denoising_loss,
    least_coding_rate,
    orthogonal_class_rate,
    orthogonal_rate,
)
from linsub.clustering.bounds.representations import (
    ridge_filter,
    shrunk_objective,
    shrunk_representation,
)

__all__ = [
    "agreement_of_lines",
    "denoising_loss",
    "inradius_from_design",
    "least_coding_rate",
    "orthogonal_class_rate",
    "orthogonal_rate",
    "phase_transition_distance",
    "preserves_by_dual_directions",
    "preserves_by_projections",
    "recovery_error",
    "ridge_filter",
    "shrunk_objective",
    "shrunk_representation",
]
