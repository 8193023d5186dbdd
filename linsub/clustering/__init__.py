"""Points near a union of subspaces: who belongs together, and what is certain about it."""

from __future__ import annotations

from linsub.clustering.agreement import (
    adjusted_rand,
    clustering_accuracy,
    normalized_mutual_info,
)
from linsub.clustering.attributed import AttributedResult, attributed_subspace_clustering
from linsub.clustering.balancing import sinkhorn_symmetric
from linsub.clustering.coding_rate import CodingRates, coding_rate, coding_rate_reduction
from linsub.clustering.dictionary_learning import (
    LearnedDictionary,
    LearnedDictionaryCertificate,
    ksvd,
)
from linsub.clustering.doubly_stochastic import (
    DoublyStochastic,
    DoublyStochasticCertificate,
    doubly_stochastic_projection,
)
from linsub.clustering.inradius_of_hull import Inradius, inradius
from linsub.clustering.kss import KSubspacesCertificate, KSubspacesResult, k_subspaces
from linsub.clustering.low_rank import LowRankRepresentation, low_rank_representation
from linsub.clustering.low_rank_gaussians import molrg_loss, molrg_posterior_mean
from linsub.clustering.orthogonal_atoms import orthogonal_dictionary
from linsub.clustering.preservation import (
    connectivity,
    subspace_preserving_error,
    subspace_preserving_rate,
)
from linsub.clustering.preserving import (
    Preservation,
    dual_directions,
    preservation_certificate,
    subspace_incoherence,
)
from linsub.clustering.pursuit import SparseCodes, batch_omp, self_expressive_omp
from linsub.clustering.ridge import self_expressive_ridge
from linsub.clustering.self_expression import SelfExpression, SelfExpressionCertificate
from linsub.clustering.spectral import SpectralCertificate, SpectralResult, spectral_labels
from linsub.clustering.thresholding import threshold_neighbors

__all__ = [
    "AttributedResult",
    "CodingRates",
    "DoublyStochastic",
    "DoublyStochasticCertificate",
    "Inradius",
    "KSubspacesCertificate",
    "KSubspacesResult",
    "LearnedDictionary",
    "LearnedDictionaryCertificate",
    "LowRankRepresentation",
    "Preservation",
    "SelfExpression",
    "SelfExpressionCertificate",
    "SparseCodes",
    "SpectralCertificate",
    "SpectralResult",
    "adjusted_rand",
    "attributed_subspace_clustering",
    "batch_omp",
    "clustering_accuracy",
    "coding_rate",
    "coding_rate_reduction",
    "connectivity",
    "doubly_stochastic_projection",
    "dual_directions",
    "inradius",
    "k_subspaces",
    "ksvd",
    "low_rank_representation",
    "molrg_loss",
    "molrg_posterior_mean",
    "normalized_mutual_info",
    "orthogonal_dictionary",
    "preservation_certificate",
    "self_expressive_omp",
    "self_expressive_ridge",
    "sinkhorn_symmetric",
    "spectral_labels",
    "subspace_incoherence",
    "subspace_preserving_error",
    "subspace_preserving_rate",
    "threshold_neighbors",
]
