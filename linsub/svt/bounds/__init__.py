"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.svt.bounds.entire import bessel_tail, exp_degree, jacobi_anger_degree
from linsub.svt.bounds.powers import (
    inverse_coefficients,
    inverse_error,
    power_coefficients,
    power_error,
    sign_degree,
    sign_optimum,
)
from linsub.svt.bounds.rounding import (
    amplification,
    clenshaw_rounding,
    grid_factor,
    recurrence_rounding,
)

__all__ = [
    "amplification",
    "bessel_tail",
    "clenshaw_rounding",
    "exp_degree",
    "grid_factor",
    "inverse_coefficients",
    "inverse_error",
    "jacobi_anger_degree",
    "power_coefficients",
    "power_error",
    "recurrence_rounding",
    "sign_degree",
    "sign_optimum",
]
