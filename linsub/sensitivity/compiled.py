"""All kernels of the family, compiled or loaded before time matters."""

from __future__ import annotations

import numpy as np

from linsub.sensitivity.query_vector import SampleQueryVector

__all__ = ["warmup"]


def warmup() -> None:
    """Run each kernel once."""
    v = SampleQueryVector(np.arange(3.0))
    v.sample(2, rng=0)
    v.update(0, 1.0)
