"""Triangular solves."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import linalg

from linsub.errors import RankDeficientError

__all__ = ["inverse", "solve"]


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
        raise RankDeficientError(f"the triangular matrix has a zero at [{i}, {i}]; its rank is short")
    if R.size == 0 or B.size == 0:
        return B.copy()
    if side == "right":  # X op(R) = B is op(R)^H X^H = B^H
        X = linalg.solve_triangular(
            R, B.conj().T, lower=lower, trans=0 if adjoint else "C", check_finite=False
        )
        return np.asarray(X.conj().T)
    trans = "C" if adjoint else 0
    return np.asarray(linalg.solve_triangular(R, B, lower=lower, trans=trans, check_finite=False))


def inverse(R: np.ndarray) -> np.ndarray:
    """Return the inverse of a small, well conditioned upper triangular matrix.

    A product with it is a gemm, where a solve from the right with a tall B would transpose B.
    """
    (trtri,) = linalg.lapack.get_lapack_funcs(("trtri",), (R,))
    inv, info = trtri(R, lower=False)
    if info > 0:
        raise RankDeficientError(
            f"the triangular matrix has a zero at [{info - 1}, {info - 1}]; its rank is short"
        )
    return np.asarray(np.triu(inv))
