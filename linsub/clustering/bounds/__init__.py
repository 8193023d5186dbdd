"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.clustering.bounds.dictionaries import dictionary_cost, least_dictionary_cost
from linsub.clustering.bounds.guarantees import (
    inradius_from_design,
    phase_transition_distance,
    preserves_by_dual_directions,
    preserves_by_projections,
    recovery_error,
)
from linsub.clustering.bounds.pursuit import recoverable_sparsity, residual_decay
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
    "denoising_loss",
    "dictionary_cost",
    "inradius_from_design",
    "least_coding_rate",
    "least_dictionary_cost",
    "orthogonal_class_rate",
    "orthogonal_rate",
    "phase_transition_distance",
    "preserves_by_dual_directions",
    "preserves_by_projections",
    "recoverable_sparsity",
    "recovery_error",
    "residual_decay",
    "ridge_filter",
    "shrunk_objective",
    "shrunk_representation",
]
