"""Orthonormal bases, angles, projectors and means: the geometry of subspaces."""

from __future__ import annotations

from linsub.geometry.alignment import AlignmentResult, CCAResult, align_subspaces, cca
from linsub.geometry.cka import linear_cka
from linsub.geometry.perturbation import BoundReport, perturbation_bounds

__all__ = [
    "AlignmentResult",
    "BoundReport",
    "CCAResult",
    "align_subspaces",
    "cca",
    "linear_cka",
    "perturbation_bounds",
]
