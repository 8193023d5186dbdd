"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.streaming.bounds.frequent_directions import (
    decayed_shrinkage,
    eigenvalue_enclosure,
    eigenvector_certificate,
    fd_error_bound,
    fd_sketch_size,
    gram_rounding,
    merged_shrinkage,
    projection_error_bound,
    robust_error,
    seen_projection_error,
    shrink_rounding,
    shrinkage_bound,
    shrunk_values,
)

__all__ = [
    "decayed_shrinkage",
    "eigenvalue_enclosure",
    "eigenvector_certificate",
    "fd_error_bound",
    "fd_sketch_size",
    "gram_rounding",
    "merged_shrinkage",
    "projection_error_bound",
    "robust_error",
    "seen_projection_error",
    "shrink_rounding",
    "shrinkage_bound",
    "shrunk_values",
]
