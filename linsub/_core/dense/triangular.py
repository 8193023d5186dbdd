"""Triangular solves."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import linalg

from linsub.errors import RankDeficientError

__all__ = ["solve"]


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
