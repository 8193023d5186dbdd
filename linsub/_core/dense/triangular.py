"""Triangular solves and products."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import linalg

from linsub.errors import RankDeficientError

__all__ = ["multiply_rows", "solve"]


def solve(
    R: np.ndarray,
    B: np.ndarray,
    *,
    lower: bool = False,
    side: Literal["left", "right"] = "left",
    adjoint: bool = False,
) -> np.ndarray:
    """Return X with op(R) X = B, or X op(R) = B for side="right"; op is R or R^H.

    Raises
    ------
    RankDeficientError
        If R has a zero on its diagonal.
    """
    if R.size and not np.all(np.diag(R)):
        i = int(np.argmin(np.abs(np.diag(R))))
        raise RankDeficientError(
            f"the triangular matrix has a zero at [{i}, {i}]; its rank is short"
        )
    if R.size == 0 or B.size == 0:
        return B.copy()
    # trsm, since a solve from the right by way of B^H would transpose a tall B twice.
    (trsm,) = linalg.blas.get_blas_funcs(("trsm",), (R, B))
    trans = 2 if adjoint else 0
    return np.asarray(trsm(1.0, R, B, side=side == "right", lower=lower, trans_a=trans))


def multiply_rows(B: np.ndarray, T: np.ndarray) -> np.ndarray:
    """Overwrite C-ordered B (b, d) with B T for an upper triangle T of its dtype.

    Half the flops of a product of matrices, and nothing is copied.
    """
    if B.size == 0:
        return B
    (trmm,) = linalg.blas.get_blas_funcs(("trmm",), (T, B))
    found = trmm(1.0, T, B.T, side=0, lower=0, trans_a=1, overwrite_b=1)
    return np.asarray(found.T)
