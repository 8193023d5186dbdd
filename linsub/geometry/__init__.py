"""Orthonormal bases, angles, projectors and means: the geometry of subspaces."""

from __future__ import annotations

from linsub.geometry.householder import householder_vector
from linsub.geometry.projector import HouseholderProjector, ProjectorCertificate
from linsub.geometry.reflectors import Reflectors

__all__ = [
    "HouseholderProjector",
    "ProjectorCertificate",
    "Reflectors",
    "householder_vector",
]
