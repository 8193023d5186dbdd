"""Many matrices with the same rows, seen as one: bounds, joint SVDs, clusters."""

from __future__ import annotations

from linsub.concat.cluster import cluster_matrices
from linsub.concat.cluster_result import ClusterCertificate, ClusterFactors, ClusterResult
from linsub.concat.concatenated import concatenated_svd
from linsub.concat.grouped import grouped_svd
from linsub.concat.norm_bounds import concat_residual_bound, concat_weyl_bound
from linsub.concat.perturbation import concat_perturbation_bound
from linsub.concat.result import (
    ConcatBounds,
    ConcatBoundsCertificate,
    ConcatSVDCertificate,
    ConcatSVDResult,
    GroupedSVDResult,
    PerturbationBounds,
    PerturbationCertificate,
)
from linsub.concat.two_sided import concat_svd_bounds

__all__ = [
    "ClusterCertificate",
    "ClusterFactors",
    "ClusterResult",
    "ConcatBounds",
    "ConcatBoundsCertificate",
    "ConcatSVDCertificate",
    "ConcatSVDResult",
    "GroupedSVDResult",
    "PerturbationBounds",
    "PerturbationCertificate",
    "cluster_matrices",
    "concat_perturbation_bound",
    "concat_residual_bound",
    "concat_svd_bounds",
    "concat_weyl_bound",
    "concatenated_svd",
    "grouped_svd",
]
