"""All kernels of the family, compiled or loaded before time matters."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub.sketching.fastfood import Fastfood
from linsub.sketching.hashed import OSNAP, CountSketch, SparseSign
from linsub.sketching.subsampled import SRHT

__all__ = ["warmup"]


def warmup() -> None:
    """Sketch a small matrix in each layout and precision."""
    for dtype in (np.float32, np.float64):
        A: Any = np.eye(5, 4, dtype=dtype)
        for made in (CountSketch, OSNAP, SparseSign):
            S = made(5, 3, rng=0)
            for X in (A, np.asfortranarray(A), sparse.csr_array(A), sparse.csc_array(A)):
                S.apply(X, n_threads=2)
            S.toarray()
        SRHT(5, 3, rng=0).apply(A)
        Fastfood(5, 3, rng=0).apply(A)
