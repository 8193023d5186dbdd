"""The family's theorems as formulas of numbers: angles, norms, gaps and sizes."""

from __future__ import annotations

__all__: list[str] = []
