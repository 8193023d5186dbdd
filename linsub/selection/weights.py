"""The weights W of A ~ W A[S]: oblique from a basis, or the orthogonal projection."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.qr import qr
from linsub._core.dense.svd import svd
from linsub._core.dense.triangular import solve
from linsub.errors import InvalidInputError

__all__ = ["oblique_weights", "projection_weights", "pseudo_inverse_factors"]


def oblique_weights(Q: np.ndarray, S: np.ndarray) -> np.ndarray:
    """Return W = Q Q_S^-1, which is the identity in the rows S."""
    Z, R = qr(Q[S].conj().T)
    if R.size and not np.abs(R.diagonal()).all():
        raise InvalidInputError(
            "the rows of Q that were chosen are dependent: Q has too few rows that are not zero"
        )
    # Q_S = R^H Z^H, so that W = (Q Z) R^-H.
    W = solve(R, np.asfortranarray(Q @ Z), side="right", adjoint=True)
    W[S] = np.eye(S.size)
    return np.ascontiguousarray(W)


def pseudo_inverse_factors(A: np.ndarray, tol: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return U, s, Vh of the part of A above tol: A^+ = V diag(1/s) U^H."""
    U, s, Vh = svd(A)
    rank = int(np.count_nonzero(s > tol * s[0])) if s.size and s[0] > 0.0 else 0
    return U[:, :rank], s[:rank], Vh[:rank]


def projection_weights(A: np.ndarray, S: np.ndarray, tol: float) -> np.ndarray:
    """Return W = A A_S^+, the weights of least error, and of least size among those."""
    U, s, Vh = pseudo_inverse_factors(A[S], tol)
    W = np.asarray(((A @ Vh.conj().T) / s) @ U.conj().T)
    if s.size == S.size:
        W[S] = np.eye(S.size)
    return W
