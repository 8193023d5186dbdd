"""The family's theorems as formulas of numbers: angles, norms, gaps and sizes."""

from __future__ import annotations

from linsub.geometry.bounds.perturbation import (
    block_gap,
    davis_kahan,
    davis_kahan_double_sin,
    davis_kahan_double_tan,
    davis_kahan_tan,
    distance_gap,
    general_separation,
    interval_gap,
    one_sided_gap,
    singular_block_gap,
    wedin,
    wedin_gap,
    yu_wang_samworth,
    yu_wang_samworth_basis,
    yu_wang_samworth_singular,
)

__all__ = [
    "block_gap",
    "davis_kahan",
    "davis_kahan_double_sin",
    "davis_kahan_double_tan",
    "davis_kahan_tan",
    "distance_gap",
    "general_separation",
    "interval_gap",
    "one_sided_gap",
    "singular_block_gap",
    "wedin",
    "wedin_gap",
    "yu_wang_samworth",
    "yu_wang_samworth_basis",
    "yu_wang_samworth_singular",
]
