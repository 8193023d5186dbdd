"""Coding rates: how many nats samples take up to a distortion, as a whole and class by class."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense.determinants import log_abs_det
from linsub.clustering.labels import as_labels
from linsub.clustering.samples import as_samples
from linsub.errors import InvalidInputError
from linsub.results import Info, Record

__all__ = ["CodingRates", "coding_rate", "coding_rate_reduction"]

# Row and column sums of a membership may be off by so much.
_SUMS = 1e-6


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
        Not negative; in nats. inf where entries are so large that their squares are.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* A triangular factor of the smaller of both Gram matrices (Ma et al. 2007; half
    of it in their unit). *Cost.* ``2 N d min(N, d)`` flops. *Accuracy.* Claims
    ``clustering-coding-rate``.

    References
    ----------
    Ma, Derksen, Hong and Wright, IEEE Trans. Pattern Anal. 29 (2007); Ding, Tong, Chan, Dai, Ma and
    Haeffele, ICCV (2023), arXiv 2301.01805.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import coding_rate
    >>> round(coding_rate(np.eye(2), 1.0), 6) == round(2 * np.log(2.0), 6)
    True
    """
    X, scale = _rows(Z)
    eps = scalars.as_real(eps, name="eps", low=0.0, include=(False, False))
    n = X.shape[0]
    w = np.ones(n) if weights is None else arrays.as_vector(weights, name="weights", size=n)
    if w.size and w.min() < 0.0:
        raise InvalidInputError(f"weights has the negative entry {w.min()}; pass weights >= 0")
    return _rate(X, np.asarray(w, float), scale / (eps * eps))


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
        The reduction is in ``[0, R - log(1 + d / eps^2)]`` for unit samples and a membership.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Cost.* As :func:`coding_rate`, for each class or column. *Accuracy.* Claims
    ``clustering-coding-rate``, ``clustering-rate-reduction``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import coding_rate_reduction
    >>> reduction, whole, parts = coding_rate_reduction(np.eye(4), [0, 0, 1, 1])
    >>> bool(reduction > 0), bool(reduction == whole - parts)
    (True, True)
    """
    X, scale = _rows(Z)
    eps = scalars.as_real(eps, name="eps", low=0.0, include=(False, False))
    if (labels is None) == (membership is None):
        given = "neither" if labels is None else "both"
        raise InvalidInputError(f"give labels or membership, got {given}")
    n, factor = X.shape[0], scale / (eps * eps)
    whole = _rate(X, np.ones(n), factor)
    if labels is not None:
        classes = as_labels(labels, name="labels", size=n)
        columns = np.eye(int(classes.max(initial=-1)) + 1)[classes].T
    else:
        columns = _doubly_stochastic(membership, n).T
    shares = columns.sum(axis=1) / n
    parts = float(sum(p * _rate(X, w, factor) for p, w in zip(shares, columns, strict=True)))
    return CodingRates(whole - parts, whole, parts, info=Info(method="log det"))


def _rows(Z: Any) -> tuple[np.ndarray, float]:
    """Return samples near 1 and d over the square of what they were multiplied by."""
    samples = as_samples(arrays.as_matrix(Z, name="Z"))
    assert samples.X is not None
    with np.errstate(over="ignore", under="ignore"):
        return samples.X, float(np.ldexp(float(samples.X.shape[1]), -2 * samples.exponent))


def _rate(X: np.ndarray, w: np.ndarray, factor: float) -> float:
    kept = w > 0.0
    total = float(w[kept].sum())
    if total == 0.0:
        return 0.0
    rows = X[kept] * np.sqrt(w[kept] / total)[:, None]
    G = rows.T @ rows if rows.shape[1] <= rows.shape[0] else rows @ rows.T
    if not np.isfinite(factor):
        return float("inf") if G.any() else 0.0
    return log_abs_det(np.eye(G.shape[0]) + factor * G)


def _doubly_stochastic(membership: Any, n: int) -> np.ndarray:
    G = arrays.as_matrix(membership, name="membership").astype(np.float64)
    if G.shape != (n, n):
        raise InvalidInputError(f"membership must have shape {(n, n)}, got {G.shape}")
    off = max(float(np.abs(G.sum(axis=axis) - 1.0).max()) for axis in (0, 1))
    if G.min() < 0.0 or off > _SUMS:
        raise InvalidInputError(
            f"membership must be >= 0 with sums 1; its least entry is {G.min():.1e} and its sums "
            f"are off by {off:.1e}: pass it through sinkhorn_symmetric"
        )
    return G
