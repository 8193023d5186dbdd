"""The direct engines: LAPACK's SVD, and the guarded Gram route for tall matrices."""

from __future__ import annotations

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.eigh import eigh
from linsub._core.dense.qr import r_factor
from linsub._core.dense.svd import svd
from linsub._core.operators import AdjointOperator, Operator
from linsub.svd import bounds
from linsub.svd.lanczos import rayleigh_ritz
from linsub.svd.result import Factors
from linsub.svd.rounding import orthogonality_defect

__all__ = ["dense_array", "gram_svd", "lapack_svd"]

# Squaring leaves an absolute error of about eps sigma_1^2 in A^H A, hence an angle of about
# eps (sigma_1 / sigma_k)^2 between the subspaces. The QR repair behind it restores the values
# to the square of that angle; at these ratios it is 2e-10 in double precision, 1e-5 in single.
GRAM_GUARD = {"f": 1e-1, "d": 1e-3}


def dense_array(op: Operator) -> np.ndarray:
    """Return scale * A as one array; an operator is applied to the identity."""
    array = getattr(op, "array", None)
    if isinstance(array, np.ndarray):
        return array
    if array is not None:
        return np.asarray(array.toarray())
    m, n = op.shape
    if isinstance(op, AdjointOperator):
        return np.asarray(dense_array(op.base).conj().T)
    if op.kind == "operator":
        if m < n:
            return np.asarray(op.rmatmat(np.eye(m, dtype=op.dtype)).conj().T)
        return op.matmat(np.eye(n, dtype=op.dtype))
    A = np.empty((m, n), op.dtype)
    for row, block in op.row_blocks():
        A[row : row + block.shape[0]] = block
    return A


def lapack_svd(op: Operator, rank: int, *, weyl: bool = True) -> Factors:
    """Return the `rank` leading triplets from a full SVD.

    With `weyl`, the residual of the full factorization is computed too; it bounds the
    error of every singular value by Weyl's inequality, kept and dropped ones alike.
    """
    A = dense_array(op)
    U, S, Vh = svd(A)
    details: dict[str, float] = {}
    if weyl:
        residual = norms.frobenius(A - (U * S) @ Vh) if S.size else norms.frobenius(A)
        drift = max(_defect(U), _defect(Vh.conj().T))
        details["weyl"] = residual + 2.0 * drift * float(S.max(initial=0.0))
    return Factors(
        U=U[:, :rank].copy(order="F"),
        S=S[:rank].copy(),
        V=Vh[:rank].conj().T.copy(order="F"),
        method="lapack",
        tail=S[rank:].copy(),
        details=details,
    )


def _defect(Q: np.ndarray) -> float:
    """||Q^H Q - I||_F and the rounding of computing it."""
    return float(orthogonality_defect(Q) + Q.shape[1] * np.finfo(Q.dtype).eps)


def gram_svd(op: Operator, rank: int) -> Factors:
    """Return the `rank` leading triplets of a tall matrix through A^H A.

    The eigenvectors of A^H A give the right subspace; a product, a QR factorization and a
    small SVD then give the triplets, which repairs orthogonality and small values. Where
    the guard says that squaring lost them, R of A = Q R takes the place of A^H A.
    """
    A = dense_array(op)
    m, n = A.shape
    w, V = eigh(A.conj().T @ A, top=rank + 1)
    factors = rayleigh_ritz(op, V[:, :rank])
    factors.method = "gram"
    S = factors.S
    if S.size and S[-1] <= GRAM_GUARD["f" if op.eps > 1e-10 else "d"] * S[0]:
        _, _, Vh = svd(r_factor(A))
        factors = rayleigh_ritz(op, Vh[:rank].conj().T)
        factors.method = "gram"
        factors.notes = ("sigma_k / sigma_1 is below what squaring resolves: QR took over",)
    elif rank < n:
        # Forming A^H A rounds by at most the bound; LAPACK's eigenvalues by n eps of the norm.
        norm = op.frobenius() or 0.0
        real = op.dtype.kind != "c"
        rounding = bounds.gram_rounding(m, norm, op.eps, complex_entries=not real)
        factors.details["next"] = float(max(w[rank], 0.0)) + rounding + n * op.eps * norm * norm
    return factors
