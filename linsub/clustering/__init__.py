"""Points near a union of subspaces: who belongs together, and what is certain about it."""

from __future__ import annotations

from linsub.clustering.agreement import (
    adjusted_rand,
    clustering_accuracy,
    normalized_mutual_info,
)
from linsub.clustering.balancing import sinkhorn_symmetric
from linsub.clustering.doubly_stochastic import (
    DoublyStochastic,
    DoublyStochasticCertificate,
    doubly_stochastic_projection,
)
from linsub.clustering.kss import KSubspacesCertificate, KSubspacesResult, k_subspaces
from linsub.clustering.low_rank import LowRankRepresentation, low_rank_representation
from linsub.clustering.preservation import (
    connectivity,
    subspace_preserving_error,
    subspace_preserving_rate,
)
from linsub.clustering.pursuit import SparseCodes, batch_omp, self_expressive_omp
from linsub.clustering.ridge import self_expressive_ridge
from linsub.clustering.self_expression import SelfExpression, SelfExpressionCertificate
from linsub.clustering.spectral import SpectralCertificate, SpectralResult, spectral_labels
from linsub.clustering.thresholding import threshold_neighbors

__all__ = [
    "DoublyStochastic",
    "DoublyStochasticCertificate",
    "KSubspacesCertificate",
    "KSubspacesResult",
    "LowRankRepresentation",
    "SelfExpression",
    "SelfExpressionCertificate",
    "SparseCodes",
    "SpectralCertificate",
    "SpectralResult",
    "adjusted_rand",
    "batch_omp",
    "clustering_accuracy",
    "connectivity",
    "doubly_stochastic_projection",
    "k_subspaces",
    "low_rank_representation",
    "normalized_mutual_info",
    "self_expressive_omp",
    "self_expressive_ridge",
    "sinkhorn_symmetric",
    "spectral_labels",
    "subspace_preserving_error",
    "subspace_preserving_rate",
    "threshold_neighbors",
]
