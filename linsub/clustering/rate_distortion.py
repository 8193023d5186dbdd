"""Coding rates: how many nats samples take up to a distortion, as a whole and class by class."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense.determinants import log_abs_det
from linsub._core.dense.svd import singular_values
from linsub.clustering.labels import as_labels
from linsub.clustering.samples import as_samples
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info, Record

__all__ = ["CodingRates", "coding_rate", "coding_rate_reduction"]

# Row and column sums of a membership may be off by so much.
_SUMS = 1e-6

# Up to this size of (d / (m eps^2)) Z^T Z its entries have all digits that 1 + them has; beyond it
# small eigenvalues would be lost, and singular values are taken.
_GRAM_LAST = 1e5


class CodingRates(Record):
    """The reduction of a coding rate: ``reduction, whole, parts = coding_rate_reduction(...)``.

    Attributes
    ----------
    reduction, whole, parts : float
        ``whole - parts``, the rate of all samples, and the mean rate of the classes; in nats.
    certificate : None
    info : Info
    """

    _fields = ("reduction", "whole", "parts")
    reduction: float
    whole: float
    parts: float
    certificate: None
    info: Info | None


def coding_rate(Z: Any, eps: float = 0.5, *, weights: Any = None) -> float:
    """Return the coding rate of samples.

    ``log det(I + d / (m eps^2) Z^T diag(w) Z)`` with m the sum of the weights.

    Parameters
    ----------
    Z : array_like of shape (N, d)
        Rows are samples, as a rule of norm 1.
    eps : float, optional
        The distortion, positive.
    weights : array_like of shape (N,), optional
        Not negative; 1 by default.

    Returns
    -------
    float
        Not negative; in nats.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* A determinant of the smaller of both Gram matrices, or where that would lose digits
    ``sum_i log(1 + d sigma_i^2 / (m eps^2))``, with logarithms, so that no square overflows. Ma
    et al. 2007 have half of it. *Cost.* ``N d min(N, d)`` flops and more. *Accuracy.* Claims
    ``clustering-coding-rate``, ``clustering-orthogonal-rate``.

    References
    ----------
    Ma, Derksen, Hong and Wright, IEEE Trans. Pattern Anal. 29 (2007); Ding, Tong, Chan, Dai, Ma and
    Haeffele, ICCV (2023), arXiv 2301.01805.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import coding_rate
    >>> round(coding_rate(np.eye(2), 1.0), 9)
    1.386294361
    """
    X, factor = _rows(Z, eps)
    n = X.shape[0]
    if weights is None:
        return _rate(X, factor)
    w = arrays.as_vector(weights, name="weights", size=n)
    if w.dtype.kind == "c":
        raise InvalidTypeError("weights is complex; pass weights >= 0")
    if w.min() < 0.0:
        raise InvalidInputError(f"weights has the negative entry {w.min()}; pass weights >= 0")
    return _weighted_rate(X, w.astype(np.float64), factor)


def coding_rate_reduction(
    Z: Any, labels: Any = None, *, membership: Any = None, eps: float = 0.5
) -> CodingRates:
    """Return by how much the coding rate falls when samples are coded class by class.

    ``R(Z) - sum_k (n_k / n) R(Z_k)``, or over the columns of a doubly stochastic membership.

    Parameters
    ----------
    Z : array_like of shape (N, d)
        Rows are samples, as a rule of norm 1.
    labels : array_like of shape (N,), optional
        Give `labels` or `membership`.
    membership : array_like of shape (N, N), optional
        Not negative, with row and column sums 1: ``(1 / N) sum_j R(Z, column j)``.
    eps : float, optional
        The distortion, positive.

    Returns
    -------
    CodingRates
        The reduction is in ``[0, R - log(1 + d / eps^2)]`` for samples of norm 1.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Cost.* As :func:`coding_rate`, for each class or column. *Accuracy.* Claims
    ``clustering-coding-rate``, ``clustering-orthogonal-rate``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import coding_rate_reduction
    >>> reduction, whole, parts = coding_rate_reduction(np.eye(4), [0, 0, 1, 1])
    >>> bool(reduction > 0), bool(reduction == whole - parts)
    (True, True)
    """
    if (labels is None) == (membership is None):
        given = "neither" if labels is None else "both"
        raise InvalidInputError(f"give labels or membership, got {given}")
    X, factor = _rows(Z, eps)
    n = X.shape[0]
    whole, parts = _rate(X, factor), 0.0
    if labels is not None:
        classes = as_labels(labels, name="labels", size=n)
        order = np.argsort(classes, kind="stable")
        for rows in np.split(X[order], np.cumsum(np.bincount(classes))[:-1]):
            parts += rows.shape[0] / n * _rate(rows, factor)
    else:
        columns = _doubly_stochastic(membership, n).T
        parts = float(sum(_weighted_rate(X, w, factor) for w in columns)) / n
    return CodingRates(whole - parts, whole, parts, info=Info(method="log det"))


def _rows(Z: Any, eps: float) -> tuple[np.ndarray, float]:
    """Return samples near 1, and log(d / eps^2) less what they were multiplied by, squared."""
    matrix = arrays.as_matrix(Z, name="Z")
    if matrix.dtype.kind == "c":
        raise InvalidTypeError("Z is complex; coding rates are of real samples")
    if 0 in matrix.shape:
        raise InvalidInputError(f"Z has shape {matrix.shape}: there are no samples in it")
    samples = as_samples(matrix)
    assert samples.X is not None
    eps = scalars.as_real(eps, name="eps", low=0.0, include=(False, False))
    d = samples.X.shape[1]
    return samples.X, math.log(d) - 2.0 * (samples.exponent * math.log(2.0) + math.log(eps))


def _weighted_rate(X: np.ndarray, w: np.ndarray, factor: float) -> float:
    kept = w > 0.0
    if not kept.any():
        return 0.0
    near = np.sqrt(w[kept] / w.max())
    return _rate(X[kept] * near[:, None], factor, total=float(np.square(near).sum()))


def _rate(X: np.ndarray, factor: float, *, total: float | None = None) -> float:
    """Return log det(I + exp(factor) X^T X / total)."""
    factor -= math.log(X.shape[0] if total is None else total)
    energy = float(np.einsum("ij,ij->", X, X))
    if energy == 0.0:
        return 0.0
    if factor + math.log(energy) < math.log(_GRAM_LAST):
        rows = X if X.shape[1] <= X.shape[0] else X.T
        G = rows.T @ rows
        return max(0.0, log_abs_det(np.eye(G.shape[0]) + math.exp(factor) * G))
    S = singular_values(X)
    return float(np.logaddexp(0.0, factor + 2.0 * np.log(S[S > 0.0])).sum())


def _doubly_stochastic(membership: Any, n: int) -> np.ndarray:
    G = arrays.as_matrix(membership, name="membership")
    if G.dtype.kind == "c":
        raise InvalidTypeError("membership is complex; its entries are shares >= 0")
    G = G.astype(np.float64)
    if G.shape != (n, n):
        raise InvalidInputError(f"membership must have shape {(n, n)}, got {G.shape}")
    off = max(float(np.abs(G.sum(axis=axis) - 1.0).max()) for axis in (0, 1))
    if G.min() < 0.0 or off > _SUMS:
        raise InvalidInputError(
            f"membership must be >= 0 with sums 1; its least entry is {G.min():.1e} and its sums "
            f"are off by {off:.1e}: pass it through sinkhorn_symmetric"
        )
    return G
