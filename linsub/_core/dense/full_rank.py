"""Bases and least squares for matrices of full column rank."""

from __future__ import annotations

import numpy as np

from linsub._core.dense import svd
from linsub._core.dense.cholesky import cholesky_qr2
from linsub.errors import InvalidInputError

__all__ = ["basis", "weighted_solve"]


def basis(X: np.ndarray, name: str) -> np.ndarray:
    """Return an orthonormal basis (N, m) of the range of X, which must have full rank."""
    m = X.shape[1]
    if m == 0:
        return X
    sizes = np.abs(X).max(axis=0)
    if not sizes.all():
        j = int(np.argmin(sizes))
        raise InvalidInputError(f"{name} does not have full rank: its column {j} is zero; drop it")
    # By powers of two: columns of any units, and entries that may be squared.
    most = np.finfo(X.dtype).maxexp - 8
    scale = np.ldexp(np.ones(m, X.real.dtype), np.minimum(-np.frexp(sizes)[1], most))
    Q, R = cholesky_qr2(X * scale)
    diagonal = np.abs(R.diagonal())
    floor = 10.0 * max(X.shape) * float(np.finfo(X.dtype).eps)
    if not (diagonal > floor * np.linalg.norm(R, axis=0)).all():
        j = int(np.argmin(diagonal / np.linalg.norm(R, axis=0)))
        raise InvalidInputError(
            f"{name} does not have full rank: its column {j} depends on those before it to within "
            f"{diagonal[j] / np.linalg.norm(R[:, j]):.1g} of its length; drop such columns, or "
            "pass the left singular vectors that count"
        )
    return Q


def weighted_solve(
    Phi: np.ndarray, y: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the minimizer of ``sum_i w_i |Phi_i c - y_i|^2`` and the singular values, descending.

    By an SVD of the rows times sqrt(w); of the minimizers the shortest.
    """
    root = np.sqrt(weights)
    A = Phi * root[:, None]
    b = y * (root if y.ndim == 1 else root[:, None])
    left, sigma, Vh = svd.svd(A)
    if sigma.size == 0:
        return np.zeros((Phi.shape[1], *y.shape[1:]), np.result_type(A, b)), sigma
    keep = sigma > max(A.shape) * float(np.finfo(A.dtype).eps) * sigma[0]
    c = (left[:, keep].conj().T @ b).T / sigma[keep]
    return Vh[keep].conj().T @ c.T, sigma
