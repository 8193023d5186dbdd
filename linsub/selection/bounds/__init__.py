"""The family's theorems as formulas of numbers: spectra, sizes, errors at the start.

No formula here rests on an algorithm of the family. docs/theory/selection.md has the statements
with their proofs.
"""

from __future__ import annotations

from linsub.selection.bounds.subsets import (
    cur_factor,
    existence_ratio,
    expected_growth,
    osinsky_error,
    pivoting_factor,
    subset_factor,
    subset_rounding,
    volume_error,
)

__all__ = [
    "cur_factor",
    "existence_ratio",
    "expected_growth",
    "osinsky_error",
    "pivoting_factor",
    "subset_factor",
    "subset_rounding",
    "volume_error",
]
