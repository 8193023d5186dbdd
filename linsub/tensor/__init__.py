"""Tucker decompositions with an exact account of their error."""

from __future__ import annotations

__all__: list[str] = []
