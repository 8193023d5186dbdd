"""Eigendecompositions of Hermitian matrices, largest eigenvalues first."""

from __future__ import annotations

import numpy as np
from scipy import linalg

from linsub._core.dense import norms
from linsub.errors import ConvergenceError

__all__ = ["eigh"]

# Up to here a full decomposition by divide and conquer beats a subset of it.
_SUBSET_ORDER = 200


def eigh(A: np.ndarray, top: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the eigenvalues, descending, and the eigenvectors; of the `top` largest if given.

    Only the lower triangle of A is read.
    """
    n = A.shape[0]
    real = np.empty(0, A.dtype).real.dtype
    top = n if top is None else min(top, n)
    if top == 0:
        return np.zeros(0, real), np.zeros((n, 0), A.dtype)
    alpha = real.type(norms.power_of_two_scale(norms.max_abs(A), A.dtype))
    scaled = A if alpha == 1 else A * alpha
    subset = (n - top, n - 1) if top < n / 2 and n > _SUBSET_ORDER else None
    try:
        driver = "evr" if subset else "evd"
        w, V = linalg.eigh(scaled, subset_by_index=subset, driver=driver, check_finite=False)
    except np.linalg.LinAlgError:
        try:
            w, V = linalg.eigh(scaled, driver="ev", check_finite=False)
        except np.linalg.LinAlgError as error:
            raise ConvergenceError(
                f"LAPACK found no eigenvalues of a matrix of order {n}; look for nan or inf in it"
            ) from error
    with np.errstate(over="ignore", under="ignore"):
        return w[::-1][:top] / alpha, np.asfortranarray(V[:, ::-1][:, :top])
