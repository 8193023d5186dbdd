"""Orthonormal bases, angles, projectors and means: the geometry of subspaces."""

from __future__ import annotations

__all__: list[str] = []
