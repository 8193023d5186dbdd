"""The experiments that hold the algorithms of the family against its theorems.

One file a topic; importing the package registers all of them. Each claim has a section
with its statement and proof in docs/theory/geometry.md, under the claim's id.
"""

from __future__ import annotations

from linsub.geometry.claims import (
    alignment,
    angles,
    grassmann,
    householder_projector,
    invariant,
    lattice,
    means,
    nearest,
    orthonormal,
    perturbation,
    projectors,
    reflectors,
    scores,
)

__all__ = [
    "alignment",
    "angles",
    "grassmann",
    "householder_projector",
    "invariant",
    "lattice",
    "means",
    "nearest",
    "orthonormal",
    "perturbation",
    "projectors",
    "reflectors",
    "scores",
]
