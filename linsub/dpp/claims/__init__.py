"""The experiments that hold the algorithms of the family against its theorems.

One file a topic; importing the package registers all of them. Each claim has a section
with its statement and proof in docs/theory/dpp.md, under the claim's id.
"""

from __future__ import annotations

from linsub.dpp.claims import (
    continuous,
    ensembles,
    fixed_size,
    projection,
    rescaled,
    volume,
)

__all__ = [
    "continuous",
    "ensembles",
    "fixed_size",
    "projection",
    "rescaled",
    "volume",
]
