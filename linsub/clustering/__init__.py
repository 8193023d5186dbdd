"""Points near a union of subspaces: who belongs together, and what is certain about it."""

from __future__ import annotations

from linsub.clustering.agreement import (
    adjusted_rand,
    clustering_accuracy,
    normalized_mutual_info,
)
from linsub.clustering.attributed import AttributedResult, attributed_subspace_clustering
from linsub.clustering.balancing import sinkhorn_symmetric
from linsub.clustering.block_diagonal import BlockDiagonalResult, block_diagonal_representation
from linsub.clustering.coding_rate import CodingRates, coding_rate, coding_rate_reduction
from linsub.clustering.doubly_stochastic import (
    DoublyStochastic,
    DoublyStochasticCertificate,
    doubly_stochastic_projection,
)
from linsub.clustering.ensemble import (
    EnsembleCertificate,
    EnsembleKSubspacesResult,
    ensemble_k_subspaces,
)
from linsub.clustering.inradius_of_hull import Inradius, inradius
from linsub.clustering.kss import KSubspacesCertificate, KSubspacesResult, k_subspaces
from linsub.clustering.layers import layerwise_gram
from linsub.clustering.low_rank import LowRankRepresentation, low_rank_representation
from linsub.clustering.low_rank_gaussians import molrg_loss, molrg_posterior_mean
from linsub.clustering.nearest_subspace import nsn_neighbors
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
from linsub.clustering.selection_of_dimensions import SubspaceSelection, select_subspaces
from linsub.clustering.self_expression import SelfExpression, SelfExpressionCertificate
from linsub.clustering.spectral import SpectralCertificate, SpectralResult, spectral_labels
from linsub.clustering.thresholding import threshold_neighbors

__all__ = [
    "AttributedResult",
    "BlockDiagonalResult",
    "CodingRates",
    "DoublyStochastic",
    "DoublyStochasticCertificate",
    "EnsembleCertificate",
    "EnsembleKSubspacesResult",
    "Inradius",
    "KSubspacesCertificate",
    "KSubspacesResult",
    "LowRankRepresentation",
    "Preservation",
    "SelfExpression",
    "SelfExpressionCertificate",
    "SparseCodes",
    "SpectralCertificate",
    "SpectralResult",
    "SubspaceSelection",
    "adjusted_rand",
    "attributed_subspace_clustering",
    "batch_omp",
    "block_diagonal_representation",
    "clustering_accuracy",
    "coding_rate",
    "coding_rate_reduction",
    "connectivity",
    "doubly_stochastic_projection",
    "dual_directions",
    "ensemble_k_subspaces",
    "inradius",
    "k_subspaces",
    "layerwise_gram",
    "low_rank_representation",
    "molrg_loss",
    "molrg_posterior_mean",
    "normalized_mutual_info",
    "nsn_neighbors",
    "preservation_certificate",
    "select_subspaces",
    "self_expressive_omp",
    "self_expressive_ridge",
    "sinkhorn_symmetric",
    "spectral_labels",
    "subspace_incoherence",
    "subspace_preserving_error",
    "subspace_preserving_rate",
    "threshold_neighbors",
]
