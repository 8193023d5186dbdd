"""Linear centred kernel alignment of two sets of features, biased and unbiased."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense import norms
from linsub.errors import AccuracyWarning, InvalidInputError
from linsub.geometry.basis import powers_of_two
from linsub.geometry.views import centred, two_views

__all__ = ["linear_cka"]

# Roundings of an unbiased estimate, in units of sqrt(n) eps: what it has beyond them is real.
_ROUNDINGS = 8.0


def linear_cka(X: Any, Y: Any, *, unbiased: bool = False, check_finite: bool = True) -> float:
    """How similar two sets of features are: linear centred kernel alignment.

    ``||X^H Y||_F^2 / (||X^H X||_F ||Y^H Y||_F)`` of the centred features, or the ratio of unbiased
    estimates of the same three quantities.

    Parameters
    ----------
    X, Y : array_like of shape (n, p), (n, q)
        Features of the same samples, one a row. Real or complex.
    unbiased : bool, optional
        Use the unbiased estimate of HSIC, which needs n >= 4. The plain value of unrelated
        features tends to 1, not to 0, as their number grows beyond n.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    float
        In [0, 1]; with `unbiased` at most about 1, and about 0 or below for unrelated features.
        nan, with a warning, where an unbiased estimate of a squared norm is not positive.

    Raises
    ------
    InvalidInputError
        Among others if all rows of X, or of Y, are equal: their similarity is 0/0.

    Warns
    -----
    AccuracyWarning
        If the result is nan.

    Notes
    -----
    *Algorithm.* Through ``X^H Y`` or through the kernels ``X X^H``, whichever are smaller; no n x n
    matrix is made where the features are fewer than n. Unbiased, with ``K = X X^H`` and
    ``L = Y Y^H`` without their diagonals, it is

    ``HSIC = (tr(K L) + (1^T K 1)(1^T L 1) / ((n-1)(n-2)) - 2 (1^T K L 1) / (n-2)) / (n (n-3))``,

    from X^H Y, the row norms and the sums alone. Where both are complex, the published formula
    is biased, and ``tr(K L^T) - tr(K L)`` is added to the product of the sums. *Cost.*
    n p q + n p^2 + n q^2 multiplications, or n^2 (p + q). *Accuracy.* Claims ``geometry-cka`` and
    ``geometry-cka-unbiased``.

    References
    ----------
    Kornblith et al., ICML 2019; Song et al., J. Mach. Learn. Res. 13 (2012), for the unbiased
    estimate; Nguyen, Raghu and Kornblith, ICLR 2021, for its use.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import linear_cka
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.standard_normal((2, 50, 500))  # unrelated
    >>> round(linear_cka(X, Y), 1), abs(linear_cka(X, Y, unbiased=True)) < 0.1
    (0.9, True)
    """
    unbiased = scalars.as_flag(unbiased, name="unbiased")
    X, Y = two_views(X, Y, check_finite, 4 if unbiased else 2)
    x, y = (_features(Z, name) for Z, name in ((X, "X"), (Y, "Y")))
    estimate = _unbiased if unbiased else _inner
    cross, first, second = estimate(x, y), estimate(x, x), estimate(y, y)
    # The features have norm 1, so that each term of the estimates is at most 1.
    floor = _ROUNDINGS * float(np.sqrt(X.shape[0]) * np.finfo(float).eps) if unbiased else 0.0
    if not (first > floor and second > floor):
        warnings.warn(
            "the unbiased estimate of a squared norm is not positive, so that there is no "
            "alignment: take more samples",
            AccuracyWarning,
            stacklevel=2,
        )
        return float("nan")
    value = float(cross / (np.sqrt(first) * np.sqrt(second)))
    return value if unbiased else min(value, 1.0)


def _features(X: np.ndarray, name: str) -> np.ndarray:
    """Return the centred features over their norm."""
    Z, _, exponents = centred(X)
    top = exponents[Z.any(axis=0)].max(initial=-5000)
    shift = np.maximum(exponents - top, -5000)
    Z = powers_of_two(Z, shift)
    size = norms.frobenius(Z)
    if size == 0.0:
        raise InvalidInputError(f"{name} has no variance: all of its rows are equal")
    return np.asarray(Z / size)


def _inner(X: np.ndarray, Y: np.ndarray) -> float:
    """Return <X X^H, Y Y^H> = ||X^H Y||_F^2, by the smaller products."""
    n, p, q = X.shape[0], X.shape[1], Y.shape[1]
    if p * q <= n * (p + q):
        return norms.frobenius(X.conj().T @ Y) ** 2
    K, L = X @ X.conj().T, Y @ Y.conj().T
    return float(np.einsum("ij,ij->", K, L.conj()).real)


def _unbiased(X: np.ndarray, Y: np.ndarray) -> float:
    """Return n (n - 3) times the unbiased estimate of HSIC."""
    n = X.shape[0]
    d, e = (np.square(np.abs(Z)).sum(axis=1) for Z in (X, Y))
    # Row sums of the kernels without their diagonals.
    k = X @ X.conj().sum(axis=0) - d
    m = Y @ Y.conj().sum(axis=0) - e
    trace = _inner(X, Y) - float(d @ e)
    # Four samples at a time, which leaves out the pairs that share two: tr(K L) or tr(K L^T).
    twice = trace
    if X.dtype.kind == "c" and Y.dtype.kind == "c":
        twice = _inner(X.conj(), Y) - float(d @ e)
    total = (float(k.real.sum()) * float(m.real.sum()) + twice - trace) / ((n - 1) * (n - 2))
    return float(trace + total - 2.0 * np.vdot(k, m).real / (n - 2))
