"""Weighted least squares on the points of a design."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core.arrays import as_matrix, as_vector, as_vector_or_matrix
from linsub._core.dense import norms
from linsub._core.dense.full_rank import weighted_solve
from linsub.design.result import WeightedLstsqCertificate, WeightedLstsqResult
from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.results import Bound, Info

__all__ = ["weighted_lstsq"]


def weighted_lstsq(Phi: Any, y: Any, weights: Any = None) -> WeightedLstsqResult:
    """Solve min over c of ``(1/n) sum_i w_i |y_i - (Phi c)_i|^2``, and say how stable it is.

    Parameters
    ----------
    Phi : array_like of shape (n, m)
        Features at n points, real or complex.
    y : array_like of shape (n,) or (n, c)
        Values of one function, or of c.
    weights : array_like of shape (n,), optional
        Not negative; by default all are 1.

    Returns
    -------
    WeightedLstsqResult
        With fewer points than features, or dependent rows, lambda_min is 0 (or rounding) and
        coef the shortest of the minimizers.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
        If sizes differ, a weight is negative, or an entry is not finite. The last one where coef
        overflows.

    Notes
    -----
    *Algorithm*: a singular value decomposition of ``W^(1/2) Phi``; never the normal equations.
    *Cost*: about ``6 n m^2`` flops. *Accuracy*: for f that is not in the span, and g what the
    best approximation leaves, ``||f - u||^2 <= ||g||^2 + mean(w |g|^2) / lambda_min``
    (``design-stability``).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.design import legendre, repeated_dpp_sample, weighted_lstsq
    >>> x, w, Phi = repeated_dpp_sample(legendre(4), 3, rng=0)
    >>> coef, lambda_min, cond = weighted_lstsq(Phi, 1.0 + x, w)
    >>> (coef + 0.0).round(12).tolist()
    [1.0, 0.57735026919, 0.0, 0.0]
    """
    Phi = as_matrix(Phi, name="Phi")
    n, m = Phi.shape
    y = as_vector_or_matrix(y, name="y")
    if y.shape[0] != n:
        raise InvalidInputError(f"y must have {n} rows, one a row of Phi, got shape {y.shape}")
    w = np.ones(n, Phi.real.dtype)
    if weights is not None:
        w = as_vector(weights, name="weights", size=n)
        if w.dtype.kind == "c":
            raise InvalidTypeError("weights is complex; pass its real part")
        if w.size and w.min() < 0.0:
            i = int(w.argmin())
            raise InvalidInputError(f"weights[{i}] is {w[i]:.3g}; weights are not negative")
    # Products of features, weights and values near the ends of the range leave it; near 1 not.
    A, alpha = norms.near_one(Phi)
    b, beta = norms.near_one(y)
    w, omega = norms.near_one(w)
    coef, sigma = weighted_solve(A, b, w)
    sigma = sigma.astype(np.float64) / np.sqrt(max(n, 1))
    top = float(sigma[0]) if sigma.size else 0.0
    low = float(sigma[-1]) if sigma.size and n >= m else 0.0
    rest = ((b - A @ coef).T * np.sqrt(w)).T
    rest = rest if y.ndim == 2 else rest[:, None]
    residual = norms.column_norms(rest) / np.sqrt(max(n, 1))
    dtype = np.result_type(Phi.dtype, y.dtype)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        coef = norms.ldexp(coef, alpha - beta).astype(dtype)
        residual = np.ldexp(residual, -beta - omega // 2)
        lambda_min, lambda_max = (float(np.ldexp(x * x, -2 * alpha - omega)) for x in (low, top))
        cond = float(np.square(np.float64(top) / low)) if top > 0.0 else np.inf
    if not np.isfinite(coef).all():
        raise NumericalError(
            f"coef exceeds the largest {dtype}: y is that much larger than Phi; multiply Phi by a "
            "power of two first"
        )
    residual = residual if y.ndim == 2 else float(residual[0])
    certificate = WeightedLstsqCertificate(
        lambda_min=Bound(lambda_min, "exact", "lambda_min(G)"),
        lambda_max=Bound(lambda_max, "exact", "lambda_max(G)"),
        residual=Bound(residual, "exact", "(mean of w |y - Phi c|^2)^(1/2)"),
    )
    return WeightedLstsqResult(coef, lambda_min, cond, certificate=certificate, info=Info("svd"))
