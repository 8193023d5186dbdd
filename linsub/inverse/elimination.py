"""Signals eliminated: what is left of a calibration problem is a matrix in the gains alone."""

from __future__ import annotations

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.full_rank import basis
from linsub._core.dense.qr import complement, r_factor
from linsub._core.dense.svd import svd

__all__ = ["conditioning", "eliminated", "signals"]


def _orthonormal(A: np.ndarray, name: str) -> np.ndarray:
    return basis(norms.near_one(A)[0], name)


def eliminated(Y: np.ndarray, A: np.ndarray, model: str) -> tuple[np.ndarray, int]:
    """Return a triangle R of order m with ``||R s|| = min_x ||(diag(y_l) s - A_l x)_l||``.

    That is the triangular factor of ``F = P (diag(y_1); ...; diag(y_p))``, where P projects on
    what no signal can explain. Squares are not formed: ``F^H F`` would lose half of the digits of
    the singular value that matters. The second number is the count of rows of F.
    """
    p, m = Y.shape
    if model == "repeated":
        Q = _orthonormal(A.reshape(p * m, -1), "A")
        parts = Q.reshape(p, m, -1)
        W = np.einsum("lmn,lm->nm", parts.conj(), Y)
        F = -(Q @ W)
        rows = np.arange(p * m)
        F[rows, rows % m] += Y.ravel()
    elif model == "diverse":
        rest = [complement(_orthonormal(a, f"A[{index}]")) for index, a in enumerate(A)]
        F = np.concatenate([N.conj().T * y for N, y in zip(rest, Y, strict=True)])
    else:
        N = complement(_orthonormal(A, "A"))
        F = (N.conj().T[None] * Y[:, None, :]).reshape(-1, m)
    R = r_factor(F)
    square = np.zeros((m, m), F.dtype)
    square[: R.shape[0]] = R
    return square, F.shape[0]


def conditioning(A: np.ndarray, model: str) -> float:
    """Return the largest condition number of an operator, its columns brought to norm 1.

    A basis of the range of A is wrong by that times eps, and so is what it leaves of Y.
    """
    m, n = A.shape[-2:]
    stack = A.reshape(-1, n) if model == "repeated" else A.reshape(-1, m, n)
    scaled = norms.near_one(stack)[0]
    peaks = np.abs(scaled).max(axis=-2, keepdims=True)
    scaled = scaled / np.where(peaks > 0.0, peaks, 1.0)
    scaled = scaled / np.sqrt(np.square(np.abs(scaled)).sum(axis=-2, keepdims=True))
    least = float(np.finfo(np.float64).eps)
    ends = [svd(a)[1][[0, -1]] for a in scaled.reshape(-1, *scaled.shape[-2:])]
    return max(float(first / max(last, least)) for first, last in ends)


def signals(Y: np.ndarray, A: np.ndarray, s: np.ndarray, model: str) -> np.ndarray:
    """Return the signals that explain ``diag(s) y_l`` best: (n,), or (p, n)."""
    targets = Y * s
    if model == "repeated":
        return _least_squares(A.reshape(targets.size, -1), targets.ravel())
    if model == "diverse":
        return np.array([_least_squares(a, b) for a, b in zip(A, targets, strict=True)])
    return _least_squares(A, targets.T).T


def _least_squares(A: np.ndarray, b: np.ndarray) -> np.ndarray:
    scaled, exponent = norms.near_one(A)
    Q = basis(scaled, "A")
    U, S, Vh = svd(Q.conj().T @ scaled)  # of full rank: basis() refuses others
    c = U.conj().T @ (Q.conj().T @ b)
    x = Vh.conj().T @ (c / (S if b.ndim == 1 else S[:, None]))
    with np.errstate(over="ignore"):
        return norms.ldexp(x, exponent)
