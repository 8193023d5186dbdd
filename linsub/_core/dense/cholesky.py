"""CholeskyQR2: a tall QR factorization made of matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import lapack

from linsub._core.dense.triangular import solve

__all__ = ["cholesky_qr2", "cholesky_r", "corrector_r", "two_rounds"]

# Far below 1, where a second round could fail, and far above what a sound first one leaves.
_NEARLY_ORTHONORMAL = 0.1


def cholesky_r(G: np.ndarray) -> np.ndarray | None:
    """Return R with R^H R = G, or None where G is not numerically positive definite.

    That it exists does not make it accurate: see :func:`corrector_r`.
    """
    potrf: Any = lapack.get_lapack_funcs("potrf", (G,))
    R, info = potrf(G, lower=False, clean=True)
    return R if info == 0 and np.isfinite(R.diagonal()).all() else None


def corrector_r(G: np.ndarray) -> np.ndarray | None:
    """Return R with R^H R = G = Q^H Q for nearly orthonormal Q, or None where it is not.

    The pivots of a first Cholesky factor may hide an ill-conditioned matrix, as Kahan's
    does. How far its Q is from orthonormal hides nothing: with ||G - I||_F <= 0.1, Q has
    condition below 1.11, and Q R^-1 is orthonormal to rounding.
    """
    off = G - np.eye(G.shape[0], dtype=G.dtype)
    if not float(np.vdot(off, off).real) <= _NEARLY_ORTHONORMAL**2:
        return None
    return cholesky_r(G)


def cholesky_qr2(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Q (m, n) orthonormal and R (n, n) with A = Q R, for m >= n.

    Two rounds of Cholesky on A^H A. Householder's QR where the first one shows A to be too
    ill conditioned, whatever the sizes of its columns, beyond about 0.3 / sqrt(n eps), or
    too large or small to be squared.
    """
    found = two_rounds(A)
    if found is not None:
        return found
    from linsub._core.dense.qr import qr

    return qr(A)


def two_rounds(A: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return what :func:`cholesky_qr2` does, or None where A is too ill conditioned for it."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        first = cholesky_r(A.conj().T @ A)
        if first is None:
            return None
        Q = solve(first, A, side="right")
        second = corrector_r(Q.conj().T @ Q)
        return None if second is None else (solve(second, Q, side="right"), second @ first)
