"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.sensitivity.bounds.access import (
    bernoulli_spread,
    bernoulli_variance,
    combination_phi,
    even_transform_error,
    iid_spread,
    iid_variance,
    inner_sizes,
    inner_variance,
    norm_tries,
    projection_excess,
    sampled_rounding,
    sampled_tail,
    spectral_excess,
    tree_error,
)

__all__ = [
    "bernoulli_spread",
    "bernoulli_variance",
    "combination_phi",
    "even_transform_error",
    "iid_spread",
    "iid_variance",
    "inner_sizes",
    "inner_variance",
    "norm_tries",
    "projection_excess",
    "sampled_rounding",
    "sampled_tail",
    "spectral_excess",
    "tree_error",
]
