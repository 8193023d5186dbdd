"""The family's theorems as formulas of numbers."""

from __future__ import annotations

__all__: list[str] = []
