"""Many matrices with the same rows, seen as one: bounds, joint SVDs, clusters."""

from __future__ import annotations

from linsub.concat.cluster import cluster_matrices
from linsub.concat.cluster_result import ClusterCertificate, ClusterFactors, ClusterResult

__all__ = [
    "ClusterCertificate",
    "ClusterFactors",
    "ClusterResult",
    "cluster_matrices",
]
