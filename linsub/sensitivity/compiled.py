"""All kernels of the family, compiled or loaded before time matters."""

from __future__ import annotations

import numpy as np

from linsub.sensitivity.john import john_weights

__all__ = ["warmup"]


def warmup() -> None:
    """Run a small problem of each kind, real and complex."""
    for dtype in (np.float64, np.complex128):
        rows = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 3.0]], dtype)
        john_weights(rows)
