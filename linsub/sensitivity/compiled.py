"""All kernels of the family, compiled or loaded before time matters."""

from __future__ import annotations

import numpy as np

from linsub.sensitivity.exact_sensitivity import lp_sensitivities
from linsub.sensitivity.regression import lp_regression

__all__ = ["warmup"]


def warmup() -> None:
    """Find sensitivities and a fit of a small matrix."""
    A = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0], [1.0, -1.0]])
    lp_sensitivities(A, 3.0)
    lp_regression(A, np.arange(4.0), 3.0)
