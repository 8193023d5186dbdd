"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.clustering.bounds.representations import (
    ridge_filter,
    shrunk_objective,
    shrunk_representation,
)

__all__ = ["ridge_filter", "shrunk_objective", "shrunk_representation"]
