"""All kernels of the family, compiled or loaded before time matters."""

from __future__ import annotations

import numpy as np

from linsub.sensitivity.exact_sensitivity import lp_sensitivities
from linsub.sensitivity.john import john_weights
from linsub.sensitivity.online import OnlineLeverageSampler
from linsub.sensitivity.query_vector import SampleQueryVector
from linsub.sensitivity.regression import lp_regression

__all__ = ["warmup"]


def warmup() -> None:
    """Run a small problem of each kind, real and complex."""
    for dtype in (np.float64, np.complex128):
        rows = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 3.0]], dtype)
        john_weights(rows)
    rows = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0], [1.0, -1.0]])
    OnlineLeverageSampler(1.0).update(rows)
    lp_sensitivities(rows, 3.0)
    lp_regression(rows, np.arange(4.0), 3.0)
    v = SampleQueryVector(np.arange(3.0))
    v.sample(2, rng=0)
    v.update(0, 1.0)
