"""The sign of a determinant."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import lapack

__all__ = ["sign"]


def sign(A: np.ndarray) -> int:
    """Return the sign of det(A) of a real square matrix by LU, 1 for an empty one."""
    if A.size == 0:
        return 1
    getrf: Any = lapack.get_lapack_funcs("getrf", (A,))
    LU, pivots, _ = getrf(A)
    diagonal = np.sign(np.diag(LU)).astype(int)
    swaps = int(np.count_nonzero(pivots != np.arange(A.shape[0])))
    return int(np.prod(diagonal)) * (-1) ** swaps
