"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.clustering.bounds.dictionaries import (
    dictionary_cost,
    least_dictionary_cost,
)
from linsub.clustering.bounds.ensembles import (
    agreement_of_lines,
)
from linsub.clustering.bounds.guarantees import (
    inradius_from_design,
    phase_transition_distance,
    preserves_by_dual_directions,
    preserves_by_projections,
    recovery_error,
)
from linsub.clustering.bounds.pursuit import (
    recoverable_sparsity,
    residual_decay,
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
from linsub.clustering.bounds.sparse import (
    distance_to_minimizer,
    elastic_net_gap,
    fenchel_term,
    largest_cosine,
)
from linsub.clustering.bounds.spectral import (
    least_normalized_cut,
    modularity_deflation,
    smoothing_weights,
    spectral_rounding,
)

__all__ = [
    "agreement_of_lines",
    "denoising_loss",
    "dictionary_cost",
    "distance_to_minimizer",
    "elastic_net_gap",
    "fenchel_term",
    "inradius_from_design",
    "largest_cosine",
    "least_coding_rate",
    "least_dictionary_cost",
    "least_normalized_cut",
    "modularity_deflation",
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
    "smoothing_weights",
    "spectral_rounding",
]
