"""The subspace whose rows are chosen: the user's, or the leading left singular vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core.arrays import as_matrix
from linsub._core.dense import norms
from linsub._core.dense.cholesky import cholesky_qr2
from linsub._core.dense.svd import svd
from linsub._core.random import Streams
from linsub.errors import InvalidInputError
from linsub.svd import truncated_svd

__all__ = [
    "EPS",
    "SMALL",
    "beyond",
    "check_rank",
    "checked_basis",
    "leading_pair",
    "leading_subspace",
    "rank_tolerance",
    "widened",
]

EPS = float(np.finfo(np.float64).eps)

# Up to this short side LAPACK's SVD of all of A takes milliseconds.
SMALL = 200


def widened(A: np.ndarray) -> tuple[np.ndarray, float]:
    """Return A in double precision with entries near 1, and the power of two that did it."""
    B = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64, copy=False)
    alpha = norms.power_of_two_scale(norms.max_abs(B), B.dtype)
    return (B, 1.0) if alpha == 1.0 else (B * alpha, alpha)


def rank_tolerance(A: np.ndarray) -> float:
    """Return max(m, n) eps of A's type: singular values below it, relative, count as zero."""
    return float(max(*A.shape, 1)) * float(np.finfo(A.dtype).eps)


def check_rank(sigma: np.ndarray, k: int, tol: float, name: str = "A") -> None:
    """Raise if fewer than k of the values, which descend, exceed tol times the largest."""
    top = float(sigma[0]) if sigma.size else 0.0
    rank = int(np.count_nonzero(sigma > tol * top)) if top > 0.0 else 0
    if k > rank:
        raise InvalidInputError(
            f"k is {k} and {name} has numerical rank {rank} (relative tolerance {tol:.2g}); "
            f"{rank} rows give all of it, pass k={rank}"
        )


def leading_subspace(B: np.ndarray, k: int, tol: float, streams: Streams) -> np.ndarray:
    """Return the k leading left singular vectors, orthonormal to rounding; check the rank."""
    return leading_pair(B, k, tol, streams)[0]


def leading_pair(
    B: np.ndarray, k: int, tol: float, streams: Streams
) -> tuple[np.ndarray, np.ndarray]:
    """Return the k leading left and right singular vectors, each in its columns."""
    if k == 0:
        return np.zeros((B.shape[0], 0), B.dtype), np.zeros((B.shape[1], 0), B.dtype)
    if min(B.shape) <= SMALL:
        U, sigma, Vh = svd(B)
        check_rank(sigma, k, tol)
        return np.ascontiguousarray(U[:, :k]), np.ascontiguousarray(Vh[:k].conj().T)
    # Any orthonormal Q has the theorem's factor over its own error, so that what the
    # iteration leaves undone shows in that error and nowhere else.
    U, sigma, Vh = truncated_svd(B, k, certify=False, rng=streams.generator("start"))
    check_rank(np.asarray(sigma), k, tol)
    left, right = (cholesky_qr2(np.asarray(X))[0] for X in (U, Vh.conj().T))
    return np.ascontiguousarray(left), np.ascontiguousarray(right)


def checked_basis(Q: Any, N: int, k: int, check_finite: bool) -> np.ndarray:
    """Return the user's Q in double precision, orthonormal to rounding; refuse what is far off."""
    given = as_matrix(Q, name="Q", check_finite=check_finite)
    if given.shape != (N, k):
        raise InvalidInputError(
            f"Q has shape {given.shape} and ({N}, {k}) is needed: the rows of A, and k columns"
        )
    wide = given.astype(np.complex128 if given.dtype.kind == "c" else np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        defect = norms.frobenius(wide.conj().T @ wide - np.eye(k))
    tol = 100.0 * float(np.sqrt(max(k, 1))) * float(np.finfo(given.dtype).eps)
    if not defect <= tol:
        raise InvalidInputError(
            f"the columns of Q are not orthonormal: ||Q^H Q - I||_F is {defect:.3g} where rounding "
            f"explains {tol:.1g}; pass np.linalg.qr(Q)[0]"
        )
    # The law, the weights and the factor belong to the range of Q: its rounding is removed.
    return np.ascontiguousarray(cholesky_qr2(wide)[0]) if k else wide


def beyond(B: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Return B - Q Q^H B, projected twice."""
    E = B - Q @ (Q.conj().T @ B)
    return np.asarray(E - Q @ (Q.conj().T @ E))
