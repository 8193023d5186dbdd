"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.design.bounds.least_squares import (
    chernoff_rate,
    christoffel_failure,
    sample_size_christoffel,
    uniform_error_factor,
    wls_error_factor,
)

__all__ = [
    "chernoff_rate",
    "christoffel_failure",
    "sample_size_christoffel",
    "uniform_error_factor",
    "wls_error_factor",
]
