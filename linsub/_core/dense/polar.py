"""The polar decomposition."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.svd import svd

__all__ = ["polar"]


def polar(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return U with orthonormal columns and H positive semidefinite, A = U H, for m >= n."""
    W, S, Vh = svd(A)
    return W @ Vh, (Vh.conj().T * S) @ Vh
