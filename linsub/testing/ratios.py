"""LAPACK's own yardstick: errors in units of what rounding allows.

A ratio of a factorization is its error over ``norm * size * eps``. LAPACK's tests pass
below 30, whatever the matrix, its scale and the precision, and sound code stays near 1.
Nothing here is made of linsub's own linear algebra.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "PASS",
    "EighRatios",
    "QRRatios",
    "SVDRatios",
    "eigh_ratios",
    "orthogonality_ratio",
    "qr_ratios",
    "singular_value_ratio",
    "svd_ratios",
]

# THRESH of LAPACK's linear-equation tests (its SVD tests allow 50).
PASS = 30.0


def _worst(ratios: tuple[float, ...]) -> float:
    # max() would step over a nan.
    return max(ratios) if all(ratio < np.inf for ratio in ratios) else np.inf


class SVDRatios(NamedTuple):
    """Ratios of ``A = U S Vh``: LAPACK's ddrvbd tests 1 to 4."""

    residual: float
    orth_u: float
    orth_v: float
    order: float

    @property
    def worst(self) -> float:
        """The largest ratio; infinite if one is nan."""
        return _worst(tuple(self))

    @property
    def passed(self) -> bool:
        """Whether all ratios are below `PASS`."""
        return self.worst < PASS


class QRRatios(NamedTuple):
    """Ratios of ``A = Q R``; `triangle` is 0 or 1 / eps."""

    residual: float
    orthogonality: float
    triangle: float

    @property
    def worst(self) -> float:
        """The largest ratio; infinite if one is nan."""
        return _worst(tuple(self))

    @property
    def passed(self) -> bool:
        """Whether all ratios are below `PASS`."""
        return self.worst < PASS


class EighRatios(NamedTuple):
    """Ratios of ``A V = V diag(w)``; `order` is 0 or 1 / eps."""

    residual: float
    orthogonality: float
    order: float

    @property
    def worst(self) -> float:
        """The largest ratio; infinite if one is nan."""
        return _worst(tuple(self))

    @property
    def passed(self) -> bool:
        """Whether all ratios are below `PASS`."""
        return self.worst < PASS


def _eps(dtype: np.dtype[Any]) -> float:
    """Return eps, of float64 for whole numbers."""
    return float(np.finfo(dtype if dtype.kind in "fc" else np.float64).eps)


def _peak(A: np.ndarray) -> float:
    return float(max(np.abs(A.real).max(initial=0.0), np.abs(A.imag).max(initial=0.0)))


def _shift(A: np.ndarray, exponent: int) -> np.ndarray:
    """Return A times 2^exponent in double precision."""
    if A.dtype.kind != "c":
        return np.asarray(np.ldexp(A.astype(np.float64), exponent))
    B = A.astype(np.complex128)
    B.real, B.imag = np.ldexp(B.real, exponent), np.ldexp(B.imag, exponent)
    return B


def _one_norm(A: np.ndarray) -> float:
    return float(np.abs(A).sum(axis=0).max(initial=0.0))


def _relative(residual: np.ndarray, A: np.ndarray, size: int, eps: float) -> float:
    """Return |residual| / (|A| size eps) in 1-norms; 1 / eps for an error about zero."""
    error, norm = _one_norm(residual), _one_norm(A)
    if np.isnan(error):
        return float("inf")
    if norm == 0.0:
        return 0.0 if error == 0.0 else 1.0 / eps
    return error / norm / (max(size, 1) * eps)


def orthogonality_ratio(Q: np.ndarray, dtype: Any = None) -> float:
    """Return ``||I - Q^H Q||_1 / (m eps)`` for Q (m, k), LAPACK's dort01.

    Parameters
    ----------
    Q : ndarray of shape (m, k)
        Columns that should be orthonormal.
    dtype : dtype, optional
        The precision to judge by; Q's own by default.

    Returns
    -------
    ratio : float
        Infinite if Q holds nan.
    """
    Q = np.asarray(Q)
    m, k = Q.shape
    wide = _shift(Q, 0)
    with np.errstate(invalid="ignore", over="ignore"):
        defect = _one_norm(np.eye(k) - wide.conj().T @ wide)
    ratio = defect / (max(m, 1) * _eps(np.dtype(dtype or Q.dtype)))
    return float("inf") if np.isnan(ratio) else ratio


def _unordered(values: np.ndarray, descending: bool, low: float = -np.inf) -> bool:
    steps = np.diff(values) if descending else -np.diff(values)
    # Written so that nan counts as out of order.
    return not (bool(np.all(steps <= 0)) and bool(np.all(values >= low)))


def svd_ratios(A: np.ndarray, U: np.ndarray, S: np.ndarray, Vh: np.ndarray) -> SVDRatios:
    """Return the scaled errors of a complete, thin singular value decomposition.

    Parameters
    ----------
    A : ndarray of shape (m, n)
        Its precision is what counts.
    U, S, Vh : ndarray of shapes (m, k), (k,), (k, n)
        With k = min(m, n), or less where A has that rank.

    Returns
    -------
    ratios : SVDRatios
        ``residual = ||A - U S Vh||_1 / (||A||_1 max(m, n) eps)``;
        ``orth_u = ||I - U^H U||_1 / (m eps)``, `orth_v` likewise with n;
        `order` is 0 if S descends and is not negative, 1 / eps otherwise.

    Notes
    -----
    Computed in double precision, on A and S over a power of two near the largest entry
    of A, so that no ratio over- or underflows.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.testing import gallery, ratios
    >>> A = 1e-300 * gallery.matrix("gaussian", 20, 10, rng=0)
    >>> U, S, Vh = np.linalg.svd(A, full_matrices=False)
    >>> ratios.svd_ratios(A, U, S, Vh).passed
    True
    >>> ratios.svd_ratios(A, U, S * (1 + 1e-12), Vh).passed
    False
    """
    A, U, S, Vh = (np.asarray(array) for array in (A, U, S, Vh))
    m, n = A.shape
    eps = _eps(A.dtype)
    exponent = -int(np.frexp(_peak(A))[1])
    B, T = _shift(A, exponent), _shift(S, exponent)
    with np.errstate(invalid="ignore", over="ignore"):
        residual = B - (_shift(U, 0) * T) @ _shift(Vh, 0)
    return SVDRatios(
        _relative(residual, B, max(m, n), eps),
        orthogonality_ratio(U, A.dtype if A.dtype.kind in "fc" else None),
        orthogonality_ratio(Vh.conj().T, A.dtype if A.dtype.kind in "fc" else None),
        1.0 / eps if _unordered(T, descending=True, low=0.0) else 0.0,
    )


def qr_ratios(A: np.ndarray, Q: np.ndarray, R: np.ndarray) -> QRRatios:
    """Return the scaled errors of a QR factorization.

    Parameters
    ----------
    A : ndarray of shape (m, n)
    Q, R : ndarray of shapes (m, k), (k, n)

    Returns
    -------
    ratios : QRRatios
        ``residual = ||A - Q R||_1 / (||A||_1 max(m, n) eps)``,
        ``orthogonality = ||I - Q^H Q||_1 / (m eps)``, and `triangle`, 1 / eps if R holds
        anything but zeros below its diagonal.
    """
    A, Q, R = (np.asarray(array) for array in (A, Q, R))
    eps = _eps(A.dtype)
    exponent = -int(np.frexp(_peak(A))[1])
    B = _shift(A, exponent)
    with np.errstate(invalid="ignore", over="ignore"):
        residual = B - _shift(Q, 0) @ _shift(R, exponent)
    return QRRatios(
        _relative(residual, B, max(A.shape), eps),
        orthogonality_ratio(Q, A.dtype),
        1.0 / eps if np.any(np.tril(R, -1) != 0) else 0.0,
    )


def eigh_ratios(
    A: np.ndarray, w: np.ndarray, V: np.ndarray, *, descending: bool = True
) -> EighRatios:
    """Return the scaled errors of eigenpairs of a Hermitian matrix.

    Parameters
    ----------
    A : ndarray of shape (n, n)
    w, V : ndarray of shapes (k,), (n, k)
        All or some of the pairs.
    descending : bool, optional
        The order that w should have.

    Returns
    -------
    ratios : EighRatios
        ``residual = ||A V - V diag(w)||_1 / (||A||_1 n eps)``,
        ``orthogonality = ||I - V^H V||_1 / (n eps)`` and `order`.
    """
    A, w, V = (np.asarray(array) for array in (A, w, V))
    eps = _eps(A.dtype)
    exponent = -int(np.frexp(_peak(A))[1])
    B, values, wide = _shift(A, exponent), _shift(w, exponent), _shift(V, 0)
    with np.errstate(invalid="ignore", over="ignore"):
        residual = B @ wide - wide * values
    return EighRatios(
        _relative(residual, B, A.shape[0], eps),
        orthogonality_ratio(V, A.dtype),
        1.0 / eps if _unordered(values, descending) else 0.0,
    )


def singular_value_ratio(
    S: np.ndarray, S_ref: np.ndarray, shape: tuple[int, int] | None = None, dtype: Any = None
) -> float:
    """Return the largest error of singular values over ``size * eps * sigma_1``.

    Parameters
    ----------
    S, S_ref : ndarray of shape (k,)
        The values to judge, and the truth, descending.
    shape : (int, int), optional
        Shape of the matrix, whose larger side is the size; k by default, as in LAPACK's
        comparison of two ways to the same values (ddrvbd, test 7).
    dtype : dtype, optional
        The precision to judge by; that of S by default.

    Returns
    -------
    ratio : float
        Infinite if one of S is nan.
    """
    S, S_ref = np.asarray(S), np.asarray(S_ref)
    if S.shape != S_ref.shape:
        raise ValueError(f"S and S_ref must have one shape, got {S.shape} and {S_ref.shape}")
    if S.size == 0:
        return 0.0
    exponent = -int(np.frexp(_peak(S_ref))[1])
    T, T_ref = _shift(S, exponent), _shift(S_ref, exponent)
    eps = _eps(np.dtype(dtype or S.dtype))
    size = max(shape) if shape is not None else S.size
    with np.errstate(invalid="ignore", over="ignore"):
        # A column: the largest error is the one that counts, as the 1-norm is over columns.
        return _relative((T - T_ref)[None, :], T_ref[None, :], size, eps)
