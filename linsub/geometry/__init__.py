"""Orthonormal bases, angles, projectors and means: the geometry of subspaces."""

from __future__ import annotations

from linsub.geometry.angles import (
    AngleCertificate,
    CSResult,
    PrincipalVectors,
    cs_decomposition,
    principal_angles,
    principal_vectors,
)
from linsub.geometry.distances import subspace_distance
from linsub.geometry.grassmann import (
    GrassmannLog,
    grassmann_exp,
    grassmann_geodesic,
    grassmann_log,
    grassmann_retract,
    parallel_transport,
)
from linsub.geometry.lattice import (
    Subspace,
    subspace_complement,
    subspace_intersection,
    subspace_sum,
)
from linsub.geometry.means import (
    FlagMean,
    KarcherCertificate,
    KarcherMean,
    flag_mean,
    karcher_mean,
)
from linsub.geometry.overlap import (
    OverlapMoments,
    SubspaceOverlap,
    random_overlap_moments,
    subspace_overlap,
)
from linsub.geometry.rank_one_step import rank_one_geodesic_step

__all__ = [
    "AngleCertificate",
    "CSResult",
    "FlagMean",
    "GrassmannLog",
    "KarcherCertificate",
    "KarcherMean",
    "OverlapMoments",
    "PrincipalVectors",
    "Subspace",
    "SubspaceOverlap",
    "cs_decomposition",
    "flag_mean",
    "grassmann_exp",
    "grassmann_geodesic",
    "grassmann_log",
    "grassmann_retract",
    "karcher_mean",
    "parallel_transport",
    "principal_angles",
    "principal_vectors",
    "random_overlap_moments",
    "rank_one_geodesic_step",
    "subspace_complement",
    "subspace_distance",
    "subspace_intersection",
    "subspace_overlap",
    "subspace_sum",
]
