"""Orthonormal bases, angles, projectors and means: the geometry of subspaces."""

from __future__ import annotations

from linsub.geometry.cover import PolarBasis, PolarBasisCertificate, polar_basis
from linsub.geometry.growing_basis import OrthoBasis
from linsub.geometry.nearest import (
    NearestCertificate,
    NearestOrthogonal,
    nearest_orthogonal,
)
from linsub.geometry.oblique import ObliqueProjector, oblique_projector
from linsub.geometry.orthonormal import (
    OrthogonalityCertificate,
    OrthonormalityDefect,
    OrthResult,
    orth,
    orthonormality_defect,
)
from linsub.geometry.projection import complement_projection
from linsub.geometry.rotation import ProcrustesCertificate, ProcrustesResult, procrustes

__all__ = [
    "NearestCertificate",
    "NearestOrthogonal",
    "ObliqueProjector",
    "OrthResult",
    "OrthoBasis",
    "OrthogonalityCertificate",
    "OrthonormalityDefect",
    "PolarBasis",
    "PolarBasisCertificate",
    "ProcrustesCertificate",
    "ProcrustesResult",
    "complement_projection",
    "nearest_orthogonal",
    "oblique_projector",
    "orth",
    "orthonormality_defect",
    "polar_basis",
    "procrustes",
]
