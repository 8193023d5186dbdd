"""The experiments that hold the algorithms of the family against its theorems.

One file a topic; importing the package registers all of them. Each claim has a section
with its statement and proof in docs/theory/spaces.md, under the claim's id.
"""

from __future__ import annotations

from linsub.spaces.claims import exact, graphs, linkings, real

__all__ = ["exact", "graphs", "linkings", "real"]
