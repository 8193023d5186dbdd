"""The experiments that hold the algorithms of the family against its theorems.

One file a topic; importing the package registers all of them. Each claim has a section
with its statement and proof in docs/theory/svt.md, under the claim's id.
"""

from __future__ import annotations

from linsub.svt.claims import applied, phases, polynomials

__all__ = ["applied", "phases", "polynomials"]
