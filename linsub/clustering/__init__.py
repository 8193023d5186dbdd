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

__all__ = [
    "adjusted_rand",
    "clustering_accuracy",
    "connectivity",
    "normalized_mutual_info",
    "subspace_preserving_error",
    "subspace_preserving_rate",
]
