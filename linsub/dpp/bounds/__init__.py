"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.dpp.bounds.ensembles import (
    chosen_marginals,
    chosen_sum,
    down_up_gap,
    log_symmetric_polynomial,
    size_law,
    size_moments,
)

__all__ = [
    "chosen_marginals",
    "chosen_sum",
    "down_up_gap",
    "log_symmetric_polynomial",
    "size_law",
    "size_moments",
]
