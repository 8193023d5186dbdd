"""Bounds on all sensitivities from any weights, in one factorization."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core.dense import norms
from linsub.errors import InvalidInputError
from linsub.sensitivity.arguments import as_exponent, as_real_matrix, as_weights
from linsub.sensitivity.bounds import weights_bracket
from linsub.sensitivity.lewis import lewis_weights
from linsub.sensitivity.range_basis import EPS, TINY, TidyRows, range_basis, tidy_rows

__all__ = ["bracket_by_weights", "lewis_weights_of", "sensitivity_upper_bounds"]

# Bounds hold for any weights: those of few iterations are as good.
_TOL, _STEPS = 1e-6, 200
_LARGE_P = 16.0

# Roundings of a logarithm, its multiples and their exponential.
_ROUNDINGS = 32.0


def sensitivity_upper_bounds(A: Any, p: float, weights: Any = None) -> np.ndarray:
    """Bound all lp sensitivities from above, from any positive weights of the rows.

    For ``g_i = a_i (A^T W^(1-2/p) A)^-1 a_i``: ``sigma_i <= (sum w)^(p/2-1) g_i^(p/2)`` for p >= 2,
    and ``g_i^(p/2) max_j w_j^(1-2/p) g_j^(1-p/2)`` for p <= 2.

    Parameters
    ----------
    A : array_like of shape (n, d)
        Real, of any rank; never modified.
    p : float
        In (0, inf]; for p < 1 too, where sensitivities themselves are hard to find.
    weights : array_like of shape (n,), optional
        Positive for rows that are not zero. By default Lewis weights, with which bounds are
        within a factor ``rank^|1-p/2|``. Ones make bounds of leverage scores.

    Returns
    -------
    ndarray of shape (n,)
        At most 1; 0 for rows of zeros. Rounding is included.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError

    Notes
    -----
    *Algorithm.* With M the matrix of g, ``|a_i x|^2 <= g_i x^T M x``; Hoelder's inequality for
    p >= 2, and the largest ``|a_j x|^2`` for p <= 2, bound ``x^T M x`` by ``||A x||_p^2``.
    *Cost.* Two QR factorizations, and with no weights those of `lewis_weights`. *Accuracy.* Claim
    ``sensitivity-any-weights``.

    References
    ----------
    Cohen and Peng, "lp row sampling by Lewis weights", STOC 2015.

    Examples
    --------
    >>> from linsub.sensitivity import sensitivity_upper_bounds
    >>> sensitivity_upper_bounds([[1.0], [1.0], [2.0]], 1.0).round(6).tolist()
    [0.25, 0.25, 0.5]
    """
    p = as_exponent(p, convex=False)
    dense = as_real_matrix(A)
    w = None if weights is None else as_weights(weights, dense.shape[0])
    tidy = tidy_rows(dense)
    if w is not None:
        w = w[tidy.nonzero]
        if not (w > 0.0).all():
            i = int(tidy.nonzero[int(np.argmin(w))])
            raise InvalidInputError(
                f"weights[{i}] is 0 and row {i} of A is not: weights must be positive there"
            )
    found = np.zeros(dense.shape[0])
    found[tidy.nonzero] = bracket_by_weights(tidy, p, w)[1]
    return found


def lewis_weights_of(tidy: TidyRows, p: float) -> np.ndarray:
    """Return approximate Lewis weights of the rows of `tidy`, all positive."""
    Q = range_basis(tidy).Q
    p = min(p, _LARGE_P) if p == np.inf else p
    w = lewis_weights(Q, p, tol=_TOL, maxiter=_STEPS, on_fail="return").weights
    return np.asarray(np.maximum(w, np.finfo(np.float64).tiny))


def bracket_by_weights(
    tidy: TidyRows, p: float, w: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return lower and upper bounds for the rows of `tidy`, rounding included."""
    n, r = tidy.rows.shape
    if n == 0 or r == 0:
        return np.zeros(n), np.zeros(n)
    w = lewis_weights_of(tidy, p) if w is None else w
    log_w = np.log(w)
    half = 0.5 if p == np.inf else 0.5 - 1.0 / p
    basis = range_basis(tidy, half * log_w)
    size = norms.column_norms(basis.Q.T)
    off = (r + 6.0) * EPS * size + np.sqrt(r) * basis.theta
    # The defect of the basis, and the rounding of row scales and logarithms.
    spread = 2.0 * float(np.abs(half * log_w).max(initial=0.0))
    with np.errstate(divide="ignore"):
        high = 2.0 * (np.log(size + off) - half * log_w) - np.log1p(-basis.defect)
        low = 2.0 * (np.log(np.maximum(size - off, 0.0)) - half * log_w) - np.log1p(basis.defect)
    largest = max(spread, float(np.abs(high).max()), float(np.abs(log_w).max()))
    power = 0.5 if p == np.inf else p / 2.0
    slack = _ROUNDINGS * EPS * (1.0 + power) * (1.0 + largest + np.log(n))
    lower, upper = weights_bracket(log_w, high, p)
    with np.errstate(under="ignore"):
        lower = lower * np.exp(np.maximum(low - high, -1e4) * power - slack)
        upper = np.minimum(upper * np.exp(slack) + TINY, 1.0)
    return lower, upper
