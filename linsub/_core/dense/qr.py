"""QR factorizations, and the orthonormalization of a block against a basis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

from linsub._core.dense.cholesky import cholesky_r
from linsub._core.dense.triangular import inverse

__all__ = ["Orthonormalized", "orthonormalize", "qr", "r_factor"]

# A column whose remainder falls below this multiple of eps times its size before the
# projection has no direction of its own left.
_DEPENDENT = 20.0


class Orthonormalized(NamedTuple):
    """``X = V H + Q R``; the columns of Q from `rank` on are random, their rows of R zero."""

    Q: np.ndarray
    R: np.ndarray
    H: np.ndarray
    rank: int


def qr(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the economic Q (m, k) and R (k, n), by Householder reflections."""
    m, n = A.shape
    if min(m, n) == 0:
        return np.zeros((m, 0), A.dtype), np.zeros((0, n), A.dtype)
    Q, R = linalg.qr(A, mode="economic", check_finite=False)
    return Q, R


def r_factor(A: np.ndarray) -> np.ndarray:
    """Return the R (k, n) of the QR factorization alone."""
    m, n = A.shape
    if min(m, n) == 0:
        return np.zeros((0, n), A.dtype)
    (R,) = linalg.qr(A, mode="r", check_finite=False)
    return np.asarray(R[: min(m, n)])


def orthonormalize(
    X: np.ndarray,
    against: np.ndarray | None = None,
    gaussian: np.random.Generator | None = None,
    scale: float = 0.0,
) -> Orthonormalized:
    """Return orthonormal columns that span X beyond the columns of `against`.

    Parameters
    ----------
    X : ndarray of shape (n, b)
    against : ndarray of shape (n, d), optional
        Orthonormal columns V.
    gaussian : Generator, optional
        Fills up dependent columns with random directions, so that Q always has b columns
        (as long as d + b <= n). Without it Q has `rank` columns.
    scale : float, optional
        Size of what X was computed from, if that is larger than X: its rounding counts.

    Notes
    -----
    Two projections and CholeskyQR2; where the block is too ill conditioned for it, QR with
    column pivoting, and a projection and QR of the columns that are kept, since scaling up
    a small remainder scales up what the projections have left in it.
    """
    n, b = X.shape
    V = np.zeros((n, 0), X.dtype) if against is None else against
    Vh = V.conj().T
    H = Vh @ X
    Z = X - V @ H if V.shape[1] else X
    gram = Z.conj().T @ Z
    # ||X||^2 = ||H||^2 + ||Z||^2, column by column.
    squares = np.diag(gram).real + np.square(np.abs(H)).sum(axis=0)
    size = max(float(np.sqrt(squares.max(initial=0.0))), scale)
    eps = float(np.finfo(X.dtype).eps)
    R1 = cholesky_r(gram) if b <= n else None
    if R1 is not None and float(np.abs(np.diag(R1)).min(initial=np.inf)) > 1e3 * eps * size:
        # The second projection on unit columns: what the first one left is rounding of X.
        Q = Z @ inverse(R1)
        G = Vh @ Q
        Q = Q - V @ G if V.shape[1] else Q
        R2 = cholesky_r(Q.conj().T @ Q)
        if R2 is not None:
            return Orthonormalized(Q @ inverse(R2), R2 @ R1, H + G @ R1, b)
    return _rank_revealing(X, V, gaussian, _DEPENDENT * eps * size)


def _rank_revealing(
    X: np.ndarray, V: np.ndarray, gaussian: np.random.Generator | None, floor: float
) -> Orthonormalized:
    n, b = X.shape
    Vh = V.conj().T
    H = Vh @ X
    Z = X - V @ H
    G = Vh @ Z
    Z, H = Z - V @ G, H + G
    R = np.zeros((b, b), X.dtype)
    Q, T, order = linalg.qr(Z, mode="economic", pivoting=True, check_finite=False)
    rank = int(np.count_nonzero(np.abs(np.diag(T)) > floor))
    rank = min(rank, max(n - V.shape[1], 0))
    R[:rank, order] = T[:rank]
    Q = Q[:, :rank]
    for _ in range(2 if rank else 0):
        Q, T = qr(Q - V @ (Vh @ Q))
        R[:rank] = T @ R[:rank]
    if gaussian is None:
        return Orthonormalized(Q, R[:rank], H, rank)
    return Orthonormalized(_fill(Q, V, b, gaussian), R, H, rank)


def _fill(Q: np.ndarray, V: np.ndarray, b: int, gaussian: np.random.Generator) -> np.ndarray:
    """Append random orthonormal columns, orthogonal to Q and V, until there are b."""
    n = Q.shape[0]
    missing = min(b, n - V.shape[1]) - Q.shape[1]
    if missing <= 0:
        return Q
    X = gaussian.standard_normal((n, missing))
    if Q.dtype.kind == "c":
        X = X + 1j * gaussian.standard_normal((n, missing))
    X = X.astype(Q.dtype)
    for _ in range(3):
        X = X - V @ (V.conj().T @ X)
        X = X - Q @ (Q.conj().T @ X)
        X, _ = qr(X)
    return np.concatenate([Q, X], axis=1)
