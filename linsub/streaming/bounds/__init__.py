"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.streaming.bounds.frequent_directions import eigenvector_certificate

__all__ = ["eigenvector_certificate"]
