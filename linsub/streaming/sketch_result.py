"""The records of a sketch and of a covariance, with what is known of their errors."""

from __future__ import annotations

import dataclasses

import numpy as np

from linsub.results import Bound, Certificate, Info, Record

__all__ = ["CovarianceCertificate", "CovarianceResult", "SketchCertificate", "SketchResult"]


@dataclasses.dataclass(frozen=True, eq=False)
class SketchCertificate(Certificate):
    """What is known of ``A^T A - (B^T B + shift I)``, in the unit of A squared.

    Attributes
    ----------
    spectral_error : Bound
        Its norm.
    below, above : Bound
        The interval that its eigenvalues are in: ``[-below, above]``.
    frobenius_squares : Bound
        ``||A||_F^2``.
    """

    spectral_error: Bound | None = None
    below: Bound | None = None
    above: Bound | None = None
    frobenius_squares: Bound | None = None


class SketchResult(Record):
    """A sketch: ``B, shift, error = stream.result()``.

    Attributes
    ----------
    sketch : ndarray of shape (r, d)
        B. The rows that were kept exactly come last.
    shift : float
        ``A^T A ~ B^T B + shift I``; 0.0 but for the robust variant.
    error : float
        ``||A^T A - B^T B - shift I||_2`` is at most this.
    certificate : SketchCertificate
    info : Info
        In ``details`` the numbers of rows seen, of heavy rows and of shrinks.
    """

    _fields = ("sketch", "shift", "error")
    sketch: np.ndarray
    shift: float
    error: float
    certificate: SketchCertificate | None
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class CovarianceCertificate(Certificate):
    """What is known of a Gram matrix that was summed block by block.

    Attributes
    ----------
    spectral_error : Bound
        How far it is from ``A^T A``, by rounding alone.
    """

    spectral_error: Bound | None = None


class CovarianceResult(Record):
    """The Gram matrix of a stream: ``gram, mean, n_samples = stream.result()``.

    Attributes
    ----------
    gram : ndarray of shape (d, d)
        ``A^T A``, or ``(A - mean)^T (A - mean)``; over ``n_samples - 1`` the covariance.
    mean : ndarray of shape (d,) or None
        None without `center`.
    n_samples : int
    certificate : CovarianceCertificate
    info : Info
    """

    _fields = ("gram", "mean", "n_samples")
    gram: np.ndarray
    mean: np.ndarray | None
    n_samples: int
    certificate: CovarianceCertificate | None
    info: Info | None
