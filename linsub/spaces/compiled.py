"""All kernels of the family, compiled or loaded before time matters."""

from __future__ import annotations

import numpy as np

from linsub.spaces.vector_space import VectorSpace

__all__ = ["warmup"]


def warmup() -> None:
    """Reduce a small matrix over GF(2) and GF(3)."""
    for p in (2, 3):
        VectorSpace(np.array([[0, 2, 1], [2, 1, 1]]), p)
