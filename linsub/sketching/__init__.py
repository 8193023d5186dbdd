"""Random linear maps that keep the geometry of a subspace, with exact second moments."""

from __future__ import annotations

__all__: list[str] = []
