"""Principal components without a decomposition: projection, regression, and thresholding."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.random import RNGLike
from linsub.errors import InvalidInputError, NumericalError
from linsub.svt.apply import LONGER, apply_polynomial, nothing
from linsub.svt.columns import Columns
from linsub.svt.composed import hard_threshold, inverse_above, soft_threshold
from linsub.svt.polynomial import SVTPolynomial
from linsub.svt.powers import LEAST, cheb_inverse
from linsub.svt.result import SVTResult
from linsub.svt.spectrum import Spectrum
from linsub.svt.step import cheb_step

__all__ = [
    "pinv_apply",
    "principal_projection",
    "principal_regression",
    "singular_value_threshold",
]


def principal_projection(
    A: Any,
    x: Any,
    threshold: float,
    *,
    gap: float = 0.1,
    tol: float = 1e-6,
    norm: float | None = None,
    rng: RNGLike = None,
) -> SVTResult:
    """Projection onto the right singular vectors with singular values above a threshold.

    ``y = sum_{s_i >= threshold} v_i v_i^H x``.

    Parameters
    ----------
    A : array_like, sparse, LinearOperator, memmap, dask array or row blocks, (m, n)
        Samples in rows: the projection is onto the principal components whose singular value is
        above the threshold. Centring is yours.
    x : array_like of shape (n,) or (n, b)
    threshold : float
        Positive, in the unit of A.
    gap : float, optional
        In (0, 1). Components with singular values within ``threshold (1 +- gap)`` are kept by a
        share between 0 and 1; the degree grows like 1 / gap.
    tol : float, optional
        In (0, 1/2).
    norm : float, optional
        An upper bound on ``||A||_2``, found by some 50 products otherwise.
    rng
        Seed of the vectors that bound the norm.

    Returns
    -------
    SVTResult
        ``bound`` is on the error of y if no singular value lies in the gap.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The step polynomial, :func:`cheb_step`, in A^H A. *Cost.* As many products as the
    degree, about ``2 log(1 / tol) ||A||^2 / (threshold^2 gap)``: without dependence on the
    number of components. *Accuracy.* Claim ``svt-principal``.

    References
    ----------
    Frostig, Musco, Musco and Sidford, ICML 2016; Allen-Zhu and Li, ICML 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svt import principal_projection
    >>> y = principal_projection(np.diag([3.0, 2.0, 0.5]), np.ones(3), 1.0).y
    >>> np.abs(y).round(5)
    array([1., 1., 0.])
    """
    return _above(A, x, "x", threshold, gap, tol, norm, rng, cheb_step, 0)


def singular_value_threshold(
    A: Any,
    x: Any,
    threshold: float,
    *,
    kind: Literal["soft", "hard"] = "soft",
    gap: float = 0.1,
    tol: float = 1e-6,
    norm: float | None = None,
    rng: RNGLike = None,
) -> SVTResult:
    """Singular value thresholding of A, applied to vectors.

    Soft: ``y = sum max(s_i - threshold, 0) u_i v_i^H x``, the proximal map of the nuclear norm.
    Hard: ``y = sum_{s_i >= threshold} s_i u_i v_i^H x``.

    Parameters
    ----------
    A : array_like, sparse, LinearOperator, memmap, dask array or row blocks, (m, n)
    x : array_like of shape (n,) or (n, b)
    threshold : float
        Positive, in the unit of A.
    kind : {"soft", "hard"}, optional
    gap : float, optional
        In (0, 1). Hard: nothing is said of singular values within ``threshold (1 +- gap)``. Soft:
        they may be off by about ``gap * threshold``, which is part of ``bound``.
    tol : float, optional
        In (0, 1/2), relative to the norm of A.
    norm : float, optional
        An upper bound on ``||A||_2``, found by some 50 products otherwise.
    rng
        Seed of the vectors that bound the norm.

    Returns
    -------
    SVTResult

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* x times the step polynomial; soft: the step times ``x - threshold s(x)`` with s
    from :func:`cheb_sign`. *Accuracy.* Claim ``svt-threshold``.

    References
    ----------
    Cai, Candes and Shen, SIAM J. Optim. 20 (2010).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svt import singular_value_threshold
    >>> y = singular_value_threshold(np.diag([3.0, 2.0, 0.5]), np.ones(3), 1.0).y
    >>> np.abs(y).round(4)
    array([2., 1., 0.])
    """
    scalars.as_choice(kind, name="kind", choices=("soft", "hard"))
    make = soft_threshold if kind == "soft" else hard_threshold
    return _above(A, x, "x", threshold, gap, tol, norm, rng, make, 1)


def principal_regression(
    A: Any,
    b: Any,
    threshold: float,
    *,
    gap: float = 0.1,
    tol: float = 1e-6,
    norm: float | None = None,
    rng: RNGLike = None,
) -> SVTResult:
    """Least squares in the span of the principal components above a threshold.

    ``y = sum_{s_i >= threshold} v_i (u_i^H b) / s_i``.

    Parameters
    ----------
    A : array_like, sparse, LinearOperator, memmap, dask array or row blocks, (m, n)
        Samples in rows.
    b : array_like of shape (m,) or (m, k)
        Responses.
    threshold : float
        Positive, in the unit of A.
    gap : float, optional
        In (0, 1), as in :func:`principal_projection`.
    tol : float, optional
        In (0, 1/2): the error of y is at most ``tol ||b|| / threshold``.
    norm : float, optional
        An upper bound on ``||A||_2``, found by some 50 products otherwise.
    rng
        Seed of the vectors that bound the norm.

    Returns
    -------
    SVTResult
        ``bound`` is on the error of y if no singular value lies in the gap.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* One odd polynomial in A^H: the step times the best one for 1 / x from where the
    step begins. *Accuracy.* Claim ``svt-principal``.

    References
    ----------
    Frostig, Musco, Musco and Sidford, ICML 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svt import principal_regression
    >>> y = principal_regression(np.diag([4.0, 2.0, 0.1]), np.ones(3), 1.0).y
    >>> np.abs(y).round(5)
    array([0.25, 0.5 , 0.  ])
    """
    return _above(A, b, "b", threshold, gap, tol, norm, rng, inverse_above, -1)


def pinv_apply(
    A: Any,
    b: Any,
    smallest: float,
    *,
    tol: float = 1e-6,
    norm: float | None = None,
    rng: RNGLike = None,
) -> SVTResult:
    """Pseudo-inverse of A applied to vectors, for singular values that are 0 or not small.

    ``y = A^+ b`` with ``||y - A^+ b|| <= tol ||A^+ b||``.

    Parameters
    ----------
    A : array_like, sparse, LinearOperator, memmap, dask array or row blocks, (m, n)
    b : array_like of shape (m,) or (m, k)
    smallest : float
        Positive: no singular value lies between 0 and it.
    tol : float, optional
        In (0, 1), relative.
    norm : float, optional
        An upper bound on ``||A||_2``, found by some 50 products otherwise.
    rng
        Seed of the vectors that bound the norm.

    Returns
    -------
    SVTResult

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Warns
    -----
    AccuracyWarning
        If b meets singular values between 0 and `smallest`: ``bound`` is inf.

    Notes
    -----
    *Algorithm.* :func:`cheb_inverse` of A^H; about ``||A|| / smallest * log(2 / tol)`` products.
    For one right-hand side LSQR and LSMR adapt to it and take fewer products; this is a fixed
    linear map, and takes blocks. *Accuracy.* Claim ``svt-principal``: the relative error of the
    polynomial and rounding, which is relative to ``||b|| / smallest``.

    References
    ----------
    Gribling, Kerenidis and Szilagyi, arXiv 2109.04248.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svt import pinv_apply
    >>> np.abs(pinv_apply(np.diag([4.0, 2.0, 0.0]), np.ones(3), 1.9).y).round(5)
    array([0.25, 0.5 , 0.  ])
    """
    smallest = scalars.as_real(smallest, name="smallest", low=0.0, include=(False, True))
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(False, False))
    spectrum, columns, end, failure = _prepared(A, b, "b", norm, rng, True)
    if end == 0.0:
        return nothing(spectrum, columns)
    end = max(end, smallest * LONGER)
    if not smallest / end >= LEAST * (1.0 + 1e-12):
        raise InvalidInputError(
            f"smallest is {smallest:.3g} and the norm of A up to {end:.3g}: a polynomial takes a "
            f"ratio of {1.0 / LEAST:g} at most; take a larger one, or scipy.sparse.linalg.lsqr"
        )
    # Room for the polynomial's end to be rounded.
    unit = cheb_inverse(end / (smallest * (1.0 - 1e-14)), tol)
    assert unit.relative_error is not None
    p = _scaled(unit, columns, end, -1)
    return apply_polynomial(spectrum, p, columns, failure)


def _above(
    A: Any,
    x: Any,
    name: str,
    threshold: float,
    gap: float,
    tol: float,
    norm: float | None,
    rng: RNGLike,
    make: Callable[[float, float, float], SVTPolynomial],
    power: int,
) -> SVTResult:
    """Apply what `make` gives for the threshold over the norm, times norm^power."""
    threshold = scalars.as_real(threshold, name="threshold", low=0.0, include=(False, True))
    gap = scalars.as_real(gap, name="gap", low=0.0, high=1.0, include=(False, False))
    tol = scalars.as_real(tol, name="tol", low=0.0, high=0.5, include=(False, False))
    spectrum, columns, end, failure = _prepared(A, x, name, norm, rng, power == -1)
    if end == 0.0:
        return nothing(spectrum, columns, even=power == 0)
    end = max(end, threshold * (1.0 + gap) * LONGER)
    if not math.isfinite(end):
        raise InvalidInputError(f"threshold is {threshold:.3g}: too large for a step; lower it")
    p = _scaled(make(threshold / end, gap, tol), columns, end, power)
    return apply_polynomial(spectrum, p, columns, failure)


def _prepared(
    A: Any, x: Any, name: str, norm: float | None, rng: RNGLike, adjoint: bool
) -> tuple[Spectrum, Columns, float, float]:
    """Return the operator, the columns, a bound on the norm, and the probability that it fails."""
    if norm is not None:
        norm = scalars.as_real(norm, name="norm", low=0.0, include=(False, True))
    spectrum = Spectrum(A, adjoint=adjoint)
    columns = Columns.of(x, spectrum.op.shape[1], spectrum.op.dtype, spectrum.given, name)
    if norm is not None:
        return spectrum, columns, norm, 0.0
    end, failure = spectrum.largest(rng)
    if not math.isfinite(end * LONGER):
        raise NumericalError(
            "the norm of A exceeds the largest number; divide A by a power of two first"
        )
    return spectrum, columns, end * LONGER, failure


def _scaled(p: SVTPolynomial, columns: Columns, end: float, power: int) -> SVTPolynomial:
    """Return ``end^power p(x / end)``, with the power of two of it left to the columns."""
    mantissa, exponent = math.frexp(end)
    columns.exponents = columns.exponents - power * exponent
    factor = mantissa**power
    rounding = 4.0 * float(np.finfo(np.float64).eps) * float(np.sum(np.abs(p.coef)))
    scaled = dataclasses.replace(
        p,
        coef=p.coef * factor,
        error_bound=(p.error_bound + (rounding if power else 0.0)) * factor,
    )
    return scaled.stretched(end / p.end)
