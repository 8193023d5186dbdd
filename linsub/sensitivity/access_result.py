"""The records of sampling access and their certificates."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub.results import Bound, Certificate, Info, Record

__all__ = [
    "EstimateCertificate",
    "EvenTransform",
    "FKVResult",
    "SampledCertificate",
    "SampledEstimate",
    "SampledProduct",
]


@dataclasses.dataclass(frozen=True, eq=False)
class EstimateCertificate(Certificate):
    """What is known about a number that was estimated from samples.

    Attributes
    ----------
    error_bound : Bound
        Of the distance to the true value.
    rms_draw : Bound
        Root mean square error of a single draw, at most.
    """

    error_bound: Bound | None = None
    rms_draw: Bound | None = None


class SampledEstimate(Record):
    """A number that was estimated from samples; unpacks as ``(value,)``.

    Attributes
    ----------
    value : float or complex
    certificate : EstimateCertificate
    """

    _fields = ("value",)
    value: Any
    certificate: EstimateCertificate | None
    info: Info | None

    def __float__(self) -> float:
        return float(self.value)


@dataclasses.dataclass(frozen=True, eq=False)
class SampledCertificate(Certificate):
    """What is known about a result that stands on sampled rows. Unknown is None.

    Attributes
    ----------
    error : Bound
        The error of this very result, measured; only where it was asked for.
    rms_error : Bound
        The root of the mean square error over all draws.
    rms_estimate : Bound
        The same from this one draw: the root of an unbiased estimate of the mean square.
    error_bound : Bound
        A bound of the error, for this draw with the probability that it states, or for certain
        where it stands on defects that were measured.
    gram_defect : Bound
        ``||A^H A - R^H R||_F`` of the sampled rows R.
    frobenius_norm : Bound
        ``||A||_F``, for :func:`fkv`.
    """

    error: Bound | None = None
    rms_error: Bound | None = None
    rms_estimate: Bound | None = None
    error_bound: Bound | None = None
    gram_defect: Bound | None = None
    frobenius_norm: Bound | None = None


class SampledProduct(Record):
    """A product of two matrices from some of their rows; unpacks as ``product, indices, weights``.

    ``product = X[indices]^H diag(weights) Y[indices]``.

    Attributes
    ----------
    product : array of shape (m, k)
    indices : ndarray of shape (t,), int64
        Ascending, each row once.
    weights : ndarray of shape (t,)
        How often the row was drawn over the expected number, or 1 over its probability.
    certificate : SampledCertificate
    """

    _fields = ("product", "indices", "weights")
    product: Any
    indices: np.ndarray
    weights: np.ndarray
    certificate: SampledCertificate | None
    info: Info | None


class FKVResult(Record):
    """A low-rank approximation ``A V V^H`` from samples; unpacks as ``V, S, rows, columns``.

    Attributes
    ----------
    V : array of shape (n, k)
        Orthonormal columns.
    S : ndarray of shape (k,)
        Singular values of the sampled rows and columns: estimates of those of A.
    rows : ndarray of shape (s,), int64
    columns : ndarray of shape (t,), int64
        What was drawn, with repetitions.
    certificate : SampledCertificate
        ``error`` is ``||A - A V V^H||_F``; ``error_bound`` bounds its square less the least
        possible one.
    """

    _fields = ("V", "S", "rows", "columns")
    V: Any
    S: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    certificate: SampledCertificate | None
    info: Info | None


class EvenTransform(Record):
    """``f(A^H A) ~ R^H core R + constant I`` from sampled rows; unpacks in that order.

    Attributes
    ----------
    R : array of shape (r, n)
        Rows of A, scaled.
    core : array of shape (r, r)
    constant : float
        ``f(0)``.
    rows : ndarray of shape (r,), int64
    columns : ndarray of shape (c,), int64
    certificate : SampledCertificate
        ``error_bound`` bounds the error in the Frobenius norm.
    """

    _fields = ("R", "core", "constant", "rows", "columns")
    R: Any
    core: Any
    constant: float
    rows: np.ndarray
    columns: np.ndarray
    certificate: SampledCertificate | None
    info: Info | None

    def apply(self, x: Any) -> Any:
        """Return ``R^H core R x + constant x`` for x of shape (n,) or (n, b)."""
        R = np.asarray(self.R)
        x = np.asarray(x)
        return R.conj().T @ (np.asarray(self.core) @ (R @ x)) + self.constant * x

    def toarray(self) -> np.ndarray:
        """Return the matrix (n, n)."""
        R = np.asarray(self.R)
        found = R.conj().T @ np.asarray(self.core) @ R
        return np.asarray(found + self.constant * np.eye(R.shape[1]))
