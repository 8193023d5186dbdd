"""Points near a union of subspaces: who belongs together, and what is certain about it."""

from __future__ import annotations

from linsub.clustering.agreement import (
    adjusted_rand,
    clustering_accuracy,
    normalized_mutual_info,
)
from linsub.clustering.preservation import (
    connectivity,
    subspace_preserving_error,
    subspace_preserving_rate,
)
from linsub.clustering.spectral import SpectralCertificate, SpectralResult, spectral_labels

__all__ = [
    "SpectralCertificate",
    "SpectralResult",
    "adjusted_rand",
    "clustering_accuracy",
    "connectivity",
    "normalized_mutual_info",
    "spectral_labels",
    "subspace_preserving_error",
    "subspace_preserving_rate",
]
