"""Points near a union of subspaces: who belongs together, and what is certain about it."""

from __future__ import annotations

__all__: list[str] = []
