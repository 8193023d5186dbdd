"""Frequent Directions: how far ``B^T B`` is from ``A^T A``, and what follows.

A shrink takes the rows C kept so far to B with ``0 <= C^T C - B^T B <= delta I`` and removes
delta from c squared singular values at least: c = l for Frequent Directions with l rows, and
``ceil(alpha l)`` where the last share alpha of them is shrunk. The shrinkage is the sum of all
delta.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub.streaming.bounds._checks import as_count, as_descending, as_nonnegative, as_share

__all__ = [
    "decayed_shrinkage",
    "eigenvalue_enclosure",
    "eigenvector_certificate",
    "fd_error_bound",
    "fd_sketch_size",
    "gram_rounding",
    "merged_shrinkage",
    "projection_error_bound",
    "robust_error",
    "seen_projection_error",
    "shrink_rounding",
    "shrinkage_bound",
    "shrunk_values",
]

# Sums of n products are wrong by a small multiple of sqrt(n) eps in fact (Higham & Mary 2019).
_MULTIPLE = 4.0


def shrunk_values(sketch_size: int, alpha: float = 1.0) -> int:
    """Squared singular values that a shrink lowers by delta at least: ``ceil(alpha l)``."""
    size = as_count(sketch_size, "sketch_size", 1)
    # A product such as 0.07 * 100 may come out just above the integer that is meant.
    return min(size, max(1, math.ceil(as_share(alpha, "alpha") * size * (1.0 - 1e-12))))


def shrinkage_bound(
    squares: float, sketch_squares: float, sketch_size: int, alpha: float = 1.0
) -> float:
    """Shrinkage from what the sketch lost: ``Delta <= (||A||_F^2 - ||B||_F^2) / c``.

    Parameters
    ----------
    squares, sketch_squares : float
        ``||A||_F^2`` and ``||B||_F^2``.
    sketch_size : int
        l; ``c = ceil(alpha l)``.
    alpha : float, optional

    Notes
    -----
    Every shrink takes c delta at least from the squared Frobenius norm.
    """
    lost = as_nonnegative(squares, "squares") - as_nonnegative(sketch_squares, "sketch_squares")
    return max(lost, 0.0) / shrunk_values(sketch_size, alpha)


def fd_error_bound(
    singular_values: Any, sketch_size: int, k: int | None = None, alpha: float = 1.0
) -> float:
    """A-priori error of Frequent Directions: ``||A^T A - B^T B||_2 <= ||A - A_k||_F^2 / (c - k)``.

    Parameters
    ----------
    singular_values : array_like
        Of A, descending.
    sketch_size : int
        l; ``c = ceil(alpha l)``.
    k : int, optional
        Below c; by default the smallest bound of all.
    alpha : float, optional

    Notes
    -----
    ``c Delta <= ||A||_F^2 - ||B||_F^2 <= sum_{j>k} sigma_j^2 + k Delta``, since
    ``||A v||^2 - ||B v||^2 <= Delta`` for each of the first k right singular vectors.

    References
    ----------
    Ghashami, Liberty, Phillips and Woodruff, SIAM J. Comput. 45 (2016), theorem 1.1; with alpha
    Desai, Ghashami and Phillips, arXiv 1501.06561.
    """
    squares = as_descending(singular_values, "singular_values") ** 2
    c = shrunk_values(sketch_size, alpha)
    tails = np.zeros(max(c, squares.size) + 1)
    tails[: squares.size] = np.cumsum(squares[::-1])[::-1]
    if k is not None:
        k = as_count(k, "k", 0, c - 1)
        return float(tails[k]) / (c - k)
    return float(np.min(tails[:c] / (c - np.arange(c))))


def projection_error_bound(
    singular_values: Any, sketch_size: int, k: int, alpha: float = 1.0
) -> float:
    """``||A - A V_k V_k^T||_F^2 <= (1 + k / (c - k)) ||A - A_k||_F^2``, V_k from the sketch.

    Parameters
    ----------
    singular_values : array_like
        Of A, descending.
    sketch_size : int
        l; ``c = ceil(alpha l)``.
    k : int
        Below c. V_k are the first k right singular vectors of B.
    alpha : float, optional

    References
    ----------
    Ghashami, Liberty, Phillips and Woodruff, SIAM J. Comput. 45 (2016), theorem 1.1.
    """
    squares = as_descending(singular_values, "singular_values") ** 2
    c = shrunk_values(sketch_size, alpha)
    k = as_count(k, "k", 0, c - 1)
    return float(squares[k:].sum()) * (1.0 + k / (c - k))


def seen_projection_error(squares: float, values: Any, k: int, rounding: float = 0.0) -> float:
    """``||A - A V_k V_k^T||_F^2 <= ||A||_F^2 - sum_{j<=k} ||B v_j||^2``, from what is kept.

    Parameters
    ----------
    squares : float
        ``||A||_F^2``.
    values : array_like
        Eigenvalues of ``B^T B``, descending.
    k : int
    rounding : float, optional
        How far ``||B v||^2`` may exceed ``||A v||^2``.
    """
    kept = as_descending(values, "values")[: as_count(k, "k")]
    left = as_nonnegative(squares, "squares") - float(kept.sum())
    return max(left, 0.0) + kept.size * as_nonnegative(rounding, "rounding")


def fd_sketch_size(k: int, error: float) -> int:
    """Rows for a projection error within ``1 + error`` of the best rank k: ``ceil(k + k/error)``.

    Parameters
    ----------
    k : int
    error : float
        Positive; of the squared Frobenius norm.
    """
    k = as_count(k, "k", 1)
    if not (error := as_nonnegative(error, "error")) > 0.0:
        from linsub.errors import InvalidInputError

        raise InvalidInputError("error must be positive, got 0; no sketch is free of error")
    return max(k + 1, math.ceil(k + k / error))


def merged_shrinkage(parts: Any, own: float = 0.0) -> float:
    """Shrinkage of a merged sketch: the sum of its parts' and of its own."""
    total = math.fsum(as_nonnegative(part, "parts") for part in parts)
    return total + as_nonnegative(own, "own")


def decayed_shrinkage(shrinkage: float, decay: float, delta: float) -> float:
    """``D_t = decay^2 D_{t-1} + delta``: shrinkage where rows fade by `decay` a step."""
    decay = as_share(decay, "decay")
    return decay * decay * as_nonnegative(shrinkage, "shrinkage") + as_nonnegative(delta, "delta")


def robust_error(shrinkage: float, rounding: float = 0.0) -> float:
    """``||A^T A - B^T B - (Delta/2) I||_2 <= Delta/2``: half the error of ``B^T B`` alone."""
    return 0.5 * as_nonnegative(shrinkage, "shrinkage") + as_nonnegative(rounding, "rounding")


def eigenvalue_enclosure(
    values: Any, shrinkage: float, rounding: float = 0.0, squares: float = math.inf
) -> tuple[np.ndarray, np.ndarray]:
    """``mu_j <= lambda_j(A^T A) <= min(mu_j + Delta, ||A||_F^2 / j)``, mu_j of ``B^T B``.

    Parameters
    ----------
    values : array_like (k,)
        Eigenvalues of ``B^T B``, descending, with zeros beyond its rows.
    shrinkage, rounding : float
    squares : float, optional
        An upper bound on ``||A||_F^2``.

    Returns
    -------
    lower, upper : ndarray (k,)
    """
    mu = as_descending(values, "values")
    rounding = as_nonnegative(rounding, "rounding")
    upper = mu + as_nonnegative(shrinkage, "shrinkage") + rounding
    shares = as_nonnegative(squares, "squares") / np.arange(1.0, mu.size + 1.0)
    return np.maximum(mu - rounding, 0.0), np.minimum(upper, shares)


def eigenvector_certificate(
    first: float, second: float, shrinkage: float, rounding: float = 0.0
) -> float:
    """Return a bound on the sine between the top eigenvectors of ``A^T A`` and of ``B^T B``.

    With ``0 <= A^T A - B^T B <= shrinkage I`` up to `rounding`, ``A^T A`` is
    ``B^T B + (shrinkage / 2) I + E`` and ``||E|| <= e = shrinkage / 2 + rounding``. With the gap
    ``g = first - second`` of ``B^T B``, ``sin t <= e / (g - e)`` and ``sin 2t <= 2 e / g``.

    Parameters
    ----------
    first, second : float
        The two largest eigenvalues of ``B^T B``; `second` is 0 where B has one row. For the
        subspace of the first k: the eigenvalues k and k + 1.
    shrinkage, rounding : float

    Returns
    -------
    float
        In [0, 1]; 1.0 where the gap does not exceed 2 e.

    References
    ----------
    Davis and Kahan, SIAM J. Numer. Anal. 7 (1970), the theorems on sin and sin 2.
    """
    e = 0.5 * as_nonnegative(shrinkage, "shrinkage") + as_nonnegative(rounding, "rounding")
    gap = as_nonnegative(first, "first") - as_nonnegative(second, "second")
    if not gap > 2.0 * e or not math.isfinite(gap):
        return 1.0
    # half of the angle whose sine is 2 e / g, which is below e / (g - e) up to sin t = 1
    half = math.sin(0.5 * math.asin(min(2.0 * e / gap, 1.0)))
    return min(half, e / (gap - e), 1.0)


def shrink_rounding(squares: float, order: int, length: int, eps: float) -> float:
    """Rounding of one shrink of `order` rows of `length` entries with ``||C||_F^2 = squares``.

    ``(4 sqrt(length) + 16 sqrt(order)) eps squares``, on either side of the sandwich.

    Notes
    -----
    With W any matrix with orthonormal columns and ``Y = W^T C``, ``C^T C - Y^T (I - D) Y`` is
    ``Y^T D Y`` with ``0 <= D <= I``, of norm ``||D^(1/2) Y Y^T D^(1/2)||``: what the eigenvectors
    of the computed Gram matrix lack enters through ``Y Y^T`` alone, and adds to delta the error of
    the Gram matrix and of its eigenvalues. Storing Y and W's departure from orthonormal columns
    count twice ``||C||_F`` times their size.
    """
    size = math.sqrt(as_count(length, "length")) + 4.0 * math.sqrt(as_count(order, "order"))
    return _MULTIPLE * size * as_nonnegative(eps, "eps") * as_nonnegative(squares, "squares")


def gram_rounding(squares: float, rows: int, folds: int, eps: float) -> float:
    """Rounding of ``A^T A`` summed in `folds` products of `rows` rows: in the spectral norm.

    ``(4 sqrt(rows) + folds) eps ||A||_F^2``.
    """
    size = _MULTIPLE * math.sqrt(as_count(rows, "rows")) + as_count(folds, "folds")
    return size * as_nonnegative(eps, "eps") * as_nonnegative(squares, "squares")
