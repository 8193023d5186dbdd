"""QR factorizations, and the orthonormalization of a block against a basis."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import linalg

from linsub._core.dense import norms
from linsub._core.dense.cholesky import cholesky_r, corrector_r
from linsub._core.dense.triangular import solve

__all__ = ["Orthonormalized", "complement", "orthonormalize", "qr", "r_factor"]

# A column whose remainder falls below this multiple of eps times its size before the
# projection has no direction of its own left.
_DEPENDENT = 20.0

# One projection leaves eps ||X|| along V, and the defect of V itself times ||H||; the scaling
# to unit columns divides both by the smallest pivot. Up to these ratios to it a second one
# has little but rounding to remove, and a defect shrinks from block to block.
_ONE_PASS = 10.0
_ONE_PASS_H = 0.1


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


def complement(Q: np.ndarray) -> np.ndarray:
    """Return n - r orthonormal columns that are orthogonal to the r columns of Q (n, r).

    Householder reflections of Q applied to the last columns of the identity; the columns of Q
    must be independent.
    """
    n, r = Q.shape
    rest = np.zeros((n, n - r), Q.dtype, order="F")
    rest[np.arange(r, n), np.arange(n - r)] = 1
    if r == 0 or r == n:
        return rest
    (raw, tau), _ = linalg.qr(Q, mode="raw", check_finite=False)
    name = "unmqr" if Q.dtype.kind == "c" else "ormqr"
    apply: Any = linalg.get_lapack_funcs(name, (Q,))
    _, work, _ = apply("L", "N", raw, tau, rest, -1)
    found, _, _ = apply("L", "N", raw, tau, rest, int(work[0].real))
    return np.asarray(found)


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
    One projection, or two where much was taken away, and CholeskyQR2; where the block is too
    ill conditioned for it, QR with column pivoting, and a projection and QR of the columns
    that are kept, since scaling up a small remainder scales up what the projections have left
    in it.
    """
    n, b = X.shape
    V = np.zeros((n, 0), X.dtype) if against is None else against
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        found = _by_cholesky(X, V, scale) if b <= n else None
    if found is not None:
        return found
    size = max(float(norms.column_norms(X).max(initial=0.0)), scale)
    return _rank_revealing(X, V, gaussian, _DEPENDENT * float(np.finfo(X.dtype).eps) * size)


def _without(Z: np.ndarray, V: np.ndarray, H: np.ndarray) -> np.ndarray:
    """Return Z - V H with contiguous columns, which the triangular solve needs."""
    return np.subtract(Z, (H.T @ V.T).T, order="F") if V.shape[1] else Z


def _by_cholesky(X: np.ndarray, V: np.ndarray, scale: float) -> Orthonormalized | None:
    """Return the answer, or None where X is too ill conditioned for it to be accurate."""
    Vh = V.conj().T
    H = Vh @ X
    Z = _without(X, V, H)
    gram = Z.conj().T @ Z
    R1 = cholesky_r(gram)
    if R1 is None:
        return None
    # ||X||^2 = ||H||^2 + ||Z||^2, column by column.
    removed = np.square(np.abs(H)).sum(axis=0)
    largest = float(np.sqrt((gram.diagonal().real + removed).max(initial=0.0)))
    size = max(largest, scale)
    least = float(np.abs(R1.diagonal()).min(initial=np.inf))
    if not least > 1e3 * float(np.finfo(X.dtype).eps) * size:
        return None
    Q = solve(R1, Z, side="right")
    if largest > _ONE_PASS * least or float(np.sqrt(removed.sum())) > _ONE_PASS_H * least:
        # The second projection on unit columns: what the first one left is rounding of X.
        G = Vh @ Q
        Q = _without(Q, V, G)
        H = H + G @ R1
    R2 = corrector_r(Q.conj().T @ Q)
    if R2 is None:
        return None
    return Orthonormalized(solve(R2, Q, side="right"), R2 @ R1, H, X.shape[1])


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
