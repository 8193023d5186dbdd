"""Orthonormal bases, angles, projectors and means: the geometry of subspaces."""

from __future__ import annotations

from linsub.geometry.alignment import (
    AlignmentResult,
    CCAResult,
    align_subspaces,
    cca,
)
from linsub.geometry.angles import (
    AngleCertificate,
    CSResult,
    PrincipalVectors,
    cs_decomposition,
    principal_angles,
    principal_vectors,
)
from linsub.geometry.cka import (
    linear_cka,
)
from linsub.geometry.cover import (
    PolarBasis,
    PolarBasisCertificate,
    polar_basis,
)
from linsub.geometry.distances import (
    subspace_distance,
)
from linsub.geometry.grassmann import (
    GrassmannLog,
    grassmann_exp,
    grassmann_geodesic,
    grassmann_log,
    grassmann_retract,
    parallel_transport,
)
from linsub.geometry.growing_basis import (
    OrthoBasis,
)
from linsub.geometry.householder import (
    householder_vector,
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
from linsub.geometry.nearest import (
    NearestCertificate,
    NearestOrthogonal,
    nearest_orthogonal,
)
from linsub.geometry.null_directions import (
    NullCertificate,
    NullDirections,
    nullspace_projection,
)
from linsub.geometry.oblique import (
    ObliqueProjector,
    oblique_projector,
)
from linsub.geometry.orthonormal import (
    OrthogonalityCertificate,
    OrthonormalityDefect,
    OrthResult,
    orth,
    orthonormality_defect,
)
from linsub.geometry.overlap import (
    OverlapMoments,
    SubspaceOverlap,
    random_overlap_moments,
    subspace_overlap,
)
from linsub.geometry.perturbation import (
    BoundReport,
    perturbation_bounds,
)
from linsub.geometry.projection import (
    complement_projection,
)
from linsub.geometry.projector import (
    HouseholderProjector,
    ProjectorCertificate,
)
from linsub.geometry.rank_one_step import (
    rank_one_geodesic_step,
)
from linsub.geometry.reflectors import (
    Reflectors,
)
from linsub.geometry.residual_scores import (
    PCAModel,
    pca_model,
)
from linsub.geometry.rotation import (
    ProcrustesCertificate,
    ProcrustesResult,
    procrustes,
)

__all__ = [
    "AlignmentResult",
    "AngleCertificate",
    "BoundReport",
    "CCAResult",
    "CSResult",
    "FlagMean",
    "GrassmannLog",
    "HouseholderProjector",
    "KarcherCertificate",
    "KarcherMean",
    "NearestCertificate",
    "NearestOrthogonal",
    "NullCertificate",
    "NullDirections",
    "ObliqueProjector",
    "OrthResult",
    "OrthoBasis",
    "OrthogonalityCertificate",
    "OrthonormalityDefect",
    "OverlapMoments",
    "PCAModel",
    "PolarBasis",
    "PolarBasisCertificate",
    "PrincipalVectors",
    "ProcrustesCertificate",
    "ProcrustesResult",
    "ProjectorCertificate",
    "Reflectors",
    "Subspace",
    "SubspaceOverlap",
    "align_subspaces",
    "cca",
    "complement_projection",
    "cs_decomposition",
    "flag_mean",
    "grassmann_exp",
    "grassmann_geodesic",
    "grassmann_log",
    "grassmann_retract",
    "householder_vector",
    "karcher_mean",
    "linear_cka",
    "nearest_orthogonal",
    "nullspace_projection",
    "oblique_projector",
    "orth",
    "orthonormality_defect",
    "parallel_transport",
    "pca_model",
    "perturbation_bounds",
    "polar_basis",
    "principal_angles",
    "principal_vectors",
    "procrustes",
    "random_overlap_moments",
    "rank_one_geodesic_step",
    "subspace_complement",
    "subspace_distance",
    "subspace_intersection",
    "subspace_overlap",
    "subspace_sum",
]
