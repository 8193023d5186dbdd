"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.spaces.bounds.links import (
    composed_rank,
    cut_rank,
    cycle_rank,
    k_sum_overlap,
    least_overlap,
    link_singular_value,
    minor_bits,
)

__all__ = [
    "composed_rank",
    "cut_rank",
    "cycle_rank",
    "k_sum_overlap",
    "least_overlap",
    "link_singular_value",
    "minor_bits",
]
