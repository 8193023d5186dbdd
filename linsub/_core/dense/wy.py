"""Householder QR as LAPACK packs it, and products of reflectors in place by three BLAS calls."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import linalg

__all__ = ["PackedQR", "apply_wy", "exact_gram", "gram", "householder_qr", "invert_triangle"]


class PackedQR(NamedTuple):
    """``A[:, order] = H_1 ... H_k R``, with ``H_j = I - tau_j v_j v_j^H`` and v_j in V."""

    V: np.ndarray
    tau: np.ndarray
    R: np.ndarray
    order: np.ndarray | None


def householder_qr(A: np.ndarray, *, pivoting: bool = False) -> PackedQR:
    """Return the reflectors of A (m, n), k = min(m, n) of them, and R (k, n)."""
    m, n = A.shape
    k = min(m, n)
    if k == 0:
        order = np.arange(n) if pivoting else None
        return PackedQR(np.zeros((m, 0), A.dtype), np.zeros(0, A.dtype), A[:0].copy(), order)
    factor: Any = linalg.qr
    found = factor(A, mode="raw", pivoting=pivoting, check_finite=False)
    (packed, tau), order = found[0], (found[2] if pivoting else None)
    V = np.tril(packed[:, :k], -1)
    V[np.arange(k), np.arange(k)] = 1
    return PackedQR(np.asfortranarray(V), tau, np.triu(packed[:k]), order)


def gram(V: np.ndarray) -> np.ndarray:
    """Return V^H V of F-ordered V, its upper triangle alone, by half of a product."""
    if V.size == 0:
        return np.zeros((V.shape[1],) * 2, V.dtype, order="F")
    name = "herk" if V.dtype.kind == "c" else "syrk"
    found: Any = linalg.blas.get_blas_funcs((name,), (V,))
    return np.asarray(found[0](1.0, V, trans=2 if V.dtype.kind == "c" else 1))


def exact_gram(V: np.ndarray) -> np.ndarray:
    """Return the upper triangle of V^H V, rounded once, for columns with norms below 1.

    In double precision V is cut into a part in units of 2^-26, whose products add up without any
    rounding (units of 2^-52, and no sum exceeds 1), and a rest whose products are small.
    """
    if V.dtype.char in "fF":
        return gram(V.astype(np.result_type(V, np.float64))).astype(V.dtype)
    # V + 1.5 2^26 - 1.5 2^26 is V rounded to units of 2^-26.
    shift = 1.5 * 2.0**26 * (1 + 1j if V.dtype.kind == "c" else 1)
    high = (V + shift) - shift
    low = V - high
    # X + X^H is high^H low + low^H high + low^H low.
    X = (high + 0.5 * low).conj().T @ low
    return gram(high) + np.triu(X + X.conj().T)


def invert_triangle(R: np.ndarray) -> np.ndarray:
    """Return the inverse of an upper triangle without zeros on its diagonal."""
    if R.size == 0:
        return R.copy()
    found: Any = linalg.lapack.get_lapack_funcs(("trtri",), (R,))
    return np.asarray(np.triu(found[0](R)[0]))


def apply_wy(V: np.ndarray, inverse: np.ndarray, C: np.ndarray, *, adjoint: bool = False) -> None:
    """Overwrite C with (I - V T V^H) C, or with (I - V T^H V^H) C, given ``inverse = T^{-1}``.

    V is F-ordered, C is C- or F-ordered and writable, all of one dtype: then BLAS gets the
    memory as it is and nothing is copied.
    """
    if V.size == 0 or C.size == 0:
        return
    gemm, trsm = linalg.blas.get_blas_funcs(("gemm", "trsm"), (V, C))
    if C.flags.f_contiguous:
        W = gemm(1.0, V, C, trans_a=2)
        W = trsm(1.0, inverse, W, trans_a=2 if adjoint else 0, overwrite_b=1)
        gemm(-1.0, V, W, beta=1.0, c=C, overwrite_c=1)
        return
    # The same of C^T, which is F-ordered. A product of two transposes is slower.
    W = gemm(1.0, C.T, V.conj() if V.dtype.kind == "c" else V)
    if adjoint:
        W = trsm(1.0, inverse.conj(), W, side=1, overwrite_b=1)
    else:
        W = trsm(1.0, inverse, W, side=1, trans_a=1, overwrite_b=1)
    gemm(-1.0, W, V, beta=1.0, c=C.T, trans_b=1, overwrite_c=1)
