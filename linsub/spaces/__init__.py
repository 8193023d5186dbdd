"""Vector spaces on labelled coordinates: restricted, contracted, linked and taken apart."""

from __future__ import annotations

from linsub.spaces.graphs import (
    cut_space,
    cycle_space,
    k_sum,
)
from linsub.spaces.links import (
    InverseLink,
    LinkCertificate,
    LinkedSpaces,
)
from linsub.spaces.vector_space import (
    VectorSpace,
)

__all__ = [
    "InverseLink",
    "LinkCertificate",
    "LinkedSpaces",
    "VectorSpace",
    "cut_space",
    "cycle_space",
    "k_sum",
]
