"""The experiments that hold the algorithms of the family against its theorems.

One file a topic; importing the package registers all of them. Each claim has a section
with its statement and proof in docs/theory/streaming.md, under the claim's id.
"""

from __future__ import annotations

from linsub.streaming.claims import (
    covariance,
    frequent_directions,
    hard_streams,
    oja,
    sketch_eigenvectors,
    subspaces,
    top,
)

__all__ = [
    "covariance",
    "frequent_directions",
    "hard_streams",
    "oja",
    "sketch_eigenvectors",
    "subspaces",
    "top",
]
