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
from linsub.geometry.lattice import (
    Subspace,
    subspace_complement,
    subspace_intersection,
    subspace_sum,
)
from linsub.geometry.overlap import (
    OverlapMoments,
    SubspaceOverlap,
    random_overlap_moments,
    subspace_overlap,
)

__all__ = [
    "AngleCertificate",
    "CSResult",
    "OverlapMoments",
    "PrincipalVectors",
    "Subspace",
    "SubspaceOverlap",
    "cs_decomposition",
    "principal_angles",
    "principal_vectors",
    "random_overlap_moments",
    "subspace_complement",
    "subspace_distance",
    "subspace_intersection",
    "subspace_overlap",
    "subspace_sum",
]
