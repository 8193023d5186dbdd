"""The sign of a determinant."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import lapack

__all__ = ["sign"]


def sign(A: np.ndarray) -> int:
    """Return the sign of det(A) of a real square matrix by LU: 1 for an empty one."""
    if A.size == 0:
        return 1
    getrf: Any = lapack.get_lapack_funcs("getrf", (A,))
    LU, pivots, _ = getrf(A)
    negative = int(np.count_nonzero(np.diag(LU) < 0))
    swaps = int(np.count_nonzero(pivots != np.arange(A.shape[0])))
    if not np.all(np.diag(LU)):
        return 0
    return -1 if (negative + swaps) % 2 else 1
