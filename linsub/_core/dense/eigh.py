"""Eigendecompositions of Hermitian matrices, largest eigenvalues first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg

from linsub._core.dense import norms
from linsub.errors import ConvergenceError

__all__ = ["eigenvalues", "eigh", "eigh_of_each", "top_of_each"]

# Up to here a full decomposition by divide and conquer beats a subset of it.
_SUBSET_ORDER = 200


def _lapack(A: np.ndarray, subset: tuple[int, int] | None) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues, ascending, and vectors: those of `subset`, or all of them."""
    for driver in ("evr", "ev") if subset else ("evd", "ev"):
        try:
            w, V = linalg.eigh(
                A,
                subset_by_index=subset if driver == "evr" else None,
                driver=driver,
                check_finite=False,
            )
        except ValueError:  # LinAlgError is one
            continue
        # On clusters evr may return fewer pairs than it was asked for, and no error.
        wanted = A.shape[0] if driver != "evr" or subset is None else subset[1] - subset[0] + 1
        if len(w) == V.shape[1] == wanted and np.isfinite(w).all():
            return w, V
    raise ConvergenceError(
        f"LAPACK found no eigenvalues of a matrix of order {A.shape[0]}; look for nan or inf in it"
    )


def eigh(A: np.ndarray, top: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the eigenvalues, descending, and the eigenvectors; of the `top` largest if given.

    Only the lower triangle of A is read.
    """
    n = A.shape[0]
    real = np.empty(0, A.dtype).real.dtype
    top = n if top is None else min(top, n)
    if top == 0:
        return np.zeros(0, real), np.zeros((n, 0), A.dtype)
    # LAPACK's steqr scales small blocks itself, in single precision from 2^-15 on, and not
    # by powers of two.
    alpha = real.type(norms.power_of_two_scale(norms.max_abs(A), A.dtype, always=True))
    scaled = A if alpha == 1 else A * alpha
    subset = (n - top, n - 1) if top < n / 2 and n > _SUBSET_ORDER else None
    w, V = _lapack(scaled, subset)
    with np.errstate(over="ignore", under="ignore"):
        return w[::-1][:top] / alpha, np.asfortranarray(V[:, ::-1][:, :top])


def top_of_each(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest eigenvalue (b,) and its vector (b, n) of each matrix of a stack (b, n, n).

    Only the lower triangles are read. For many small matrices: one call, no driver to choose.
    """
    alpha = norms.power_of_two_scale(norms.max_abs(A), A.dtype, always=True)
    w, V = _of_each(np.linalg.eigh, A * alpha)
    return w[:, -1] / alpha, V[:, :, -1]


def eigh_of_each(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the eigenvalues (b, n), descending, and the vectors (b, n, n) of a stack.

    Only the lower triangles are read, and nothing is scaled.
    """
    w, V = _of_each(np.linalg.eigh, A)
    return w[:, ::-1], V[:, :, ::-1]


def eigenvalues(A: np.ndarray) -> np.ndarray:
    """Return the eigenvalues, descending, of each matrix of a stack (..., n, n).

    Only the lower triangles are read, and nothing is scaled. One call for many small
    matrices: the overhead of a call is more than LAPACK's work on one of them.
    """
    return np.asarray(_of_each(np.linalg.eigvalsh, A)[..., ::-1])


def _of_each(solve: Callable[[np.ndarray], Any], A: np.ndarray) -> Any:
    """Return what NumPy's solver says of a stack, failing as the others here do."""
    try:
        return solve(A)
    except np.linalg.LinAlgError as error:
        raise ConvergenceError(
            f"LAPACK found no eigenvalues of a stack of shape {A.shape}; look for nan or inf in it"
        ) from error
