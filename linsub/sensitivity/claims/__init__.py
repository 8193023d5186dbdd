"""The experiments that hold the algorithms of the family against its theorems.

One file a topic; importing the package registers all of them. Each claim has a section
with its statement and proof in docs/theory/sensitivity.md, under the claim's id.
"""

from __future__ import annotations

from linsub.sensitivity.claims import (
    access_laws,
    access_products,
    distortion,
    leverage,
    lewis,
    problems,
    row_streams,
    sampling,
    sensitivities,
)

__all__ = [
    "access_laws",
    "access_products",
    "distortion",
    "leverage",
    "lewis",
    "problems",
    "row_streams",
    "sampling",
    "sensitivities",
]
