"""The records of the family and their certificates."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub.results import Bound, Certificate, Info, Record

__all__ = [
    "CURResult",
    "MaxvolCertificate",
    "MaxvolResult",
    "NystroemCertificate",
    "NystroemResult",
    "RRQRCertificate",
    "RRQRResult",
    "RowSubset",
    "SelectionCertificate",
]


@dataclasses.dataclass(frozen=True, eq=False)
class SelectionCertificate(Certificate):
    """What is known about a choice of rows (or of rows and columns). Unknown is None.

    Attributes
    ----------
    frobenius_error : Bound
        The error of the answer itself, measured: ``||A - W A[S]||_F``, or ``||A - C U R||_F``.
    projection_error : Bound
        ``||A - Q Q^H A||_F``, what the theorem's factor multiplies; with the default Q it is the
        least error of rank k.
    factor : Bound
        The theorem's factor, error over ``projection_error``. For a method that draws it bounds
        the root of the mean square, for ``osinsky`` and ``srrqr`` every run.
    error_bound : Bound
        The same with its unit and the rounding; None where ``projection_error`` is unknown.
    largest_weight : Bound
        ``max |W_ij|``: how much an error in a chosen row grows.
    frobenius_norm : Bound
        ``||A||_F``.
    """

    frobenius_error: Bound | None = None
    projection_error: Bound | None = None
    factor: Bound | None = None
    error_bound: Bound | None = None
    largest_weight: Bound | None = None
    frobenius_norm: Bound | None = None

    @property
    def relative_error(self) -> float | None:
        """The error over ||A||_F, or None where either is unknown; 0 for A = 0."""
        if self.frobenius_error is None or self.frobenius_norm is None:
            return None
        norm = float(self.frobenius_norm)
        return float(self.frobenius_error) / norm if norm > 0.0 else 0.0


class RowSubset(Record):
    """Rows that stand for the whole matrix; unpacks as ``indices, W``.

    ``A ~ W @ A[indices]``.

    Attributes
    ----------
    indices : ndarray of shape (k,), int64
        In the order in which they were chosen.
    W : array of shape (N, k)
        Its rows `indices` are those of the identity.
    certificate : SelectionCertificate
    """

    _fields = ("indices", "W")
    indices: np.ndarray
    W: Any
    certificate: SelectionCertificate | None
    info: Info | None


class CURResult(Record):
    """A matrix from some of its columns and rows; unpacks as ``C, U, R, columns, rows``.

    ``A ~ C @ U @ R`` with ``C = A[:, columns]`` and ``R = A[rows]``.

    Attributes
    ----------
    C : array of shape (m, k)
    U : array of shape (k, k)
    R : array of shape (k, n)
    columns, rows : ndarray of shape (k,), int64
    certificate : SelectionCertificate
    """

    _fields = ("C", "U", "R", "columns", "rows")
    C: Any
    U: Any
    R: Any
    columns: np.ndarray
    rows: np.ndarray
    certificate: SelectionCertificate | None
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class RRQRCertificate(Certificate):
    """What is known about a rank-revealing factorization. Unknown is None.

    Attributes
    ----------
    coefficients : Bound
        ``max |R11^-1 R12|``, as computed; at most f.
    factor : Bound
        ``sqrt(1 + f^2 k (n - k))``, for every singular value of R11 and of R22.
    trailing_error : Bound
        ``||R22||_F``, the error of the k columns.
    residual : Bound
        ``||A[:, permutation] - Q R||_F``.
    """

    coefficients: Bound | None = None
    factor: Bound | None = None
    trailing_error: Bound | None = None
    residual: Bound | None = None


class RRQRResult(Record):
    """A strong rank-revealing QR factorization; unpacks as ``Q, R, permutation, T``.

    ``A[:, permutation] = Q @ R``, and ``A[:, permutation[k:]] ~ A[:, permutation[:k]] @ T``.

    Attributes
    ----------
    Q : array of shape (m, min(m, n))
    R : array of shape (min(m, n), n)
        Upper triangular.
    permutation : ndarray of shape (n,), int64
        The k chosen columns come first.
    T : array of shape (k, n - k)
        ``R11^-1 R12``, no entry beyond f.
    certificate : RRQRCertificate
    """

    _fields = ("Q", "R", "permutation", "T")
    Q: Any
    R: Any
    permutation: np.ndarray
    T: Any
    certificate: RRQRCertificate | None
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class MaxvolCertificate(Certificate):
    """What is known about a submatrix of dominant volume. Unknown is None.

    Attributes
    ----------
    largest_weight : Bound
        ``max |U U_S^-1|``, as computed; at most f.
    factor : Bound
        ``sqrt(1 + f^2 k (N - k))``, at least ``sigma_min(U) / sigma_min(U_S)``.
    residual : Bound
        ``||U - W U_S||_F``.
    """

    largest_weight: Bound | None = None
    factor: Bound | None = None
    residual: Bound | None = None


class MaxvolResult(Record):
    """Rows of dominant volume; unpacks as ``indices, W``, ``U = W @ U[indices]``.

    Attributes
    ----------
    indices : ndarray of shape (k,), int64
    W : array of shape (N, k)
        No entry beyond f.
    certificate : MaxvolCertificate
    """

    _fields = ("indices", "W")
    indices: np.ndarray
    W: Any
    certificate: MaxvolCertificate | None
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class NystroemCertificate(Certificate):
    """What is known about a Nystroem approximation. Unknown is None.

    Attributes
    ----------
    trace_error : Bound
        ``tr(A - F F^H)``, from the diagonal; for the exact approximation it is the nuclear norm
        of the error, and bounds all other norms of it.
    expected_error : Bound
        The theorem's bound on the mean of the trace error; None for ``method="rpcholesky"``.
    trace : Bound
        ``tr(A)``.
    """

    trace_error: Bound | None = None
    expected_error: Bound | None = None
    trace: Bound | None = None

    @property
    def relative_error(self) -> float | None:
        """The trace error over the trace, or None where either is unknown; 0 for A = 0."""
        if self.trace_error is None or self.trace is None:
            return None
        trace = float(self.trace)
        return float(self.trace_error) / trace if trace > 0.0 else 0.0


class NystroemResult(Record):
    """A positive semidefinite matrix from some of its columns; unpacks as ``F, indices``.

    ``A ~ F @ F^H = A[:, S] A[S, S]^+ A[S]``.

    Attributes
    ----------
    F : array of shape (N, r)
        r is k, or less where the chosen columns are numerically dependent.
    indices : ndarray of shape (k,), int64
    certificate : NystroemCertificate
    """

    _fields = ("F", "indices")
    F: Any
    indices: np.ndarray
    certificate: NystroemCertificate | None
    info: Info | None
