"""The records of the family and their certificates."""

from __future__ import annotations

import dataclasses

import numpy as np

from linsub.results import Bound, Certificate, Info, Record

__all__ = ["Design", "DesignCertificate", "WeightedLstsqCertificate", "WeightedLstsqResult"]


@dataclasses.dataclass(frozen=True, eq=False)
class DesignCertificate(Certificate):
    """What is known of a design. Unknown is None.

    Attributes
    ----------
    lambda_min, lambda_max : Bound
        Of ``G = (1/n) sum_i w_i phi(x_i) phi(x_i)^H``, which is near I for a good design.
    largest_weight : Bound
        The largest of the weights.
    """

    lambda_min: Bound | None = None
    lambda_max: Bound | None = None
    largest_weight: Bound | None = None


class Design(Record):
    """Where to evaluate a function: ``points, weights, Phi = christoffel_sample(features, n)``.

    Attributes
    ----------
    points : ndarray of shape (n,) or (n, dim)
    weights : ndarray of shape (n,)
        ``dmu/dnu`` at the points, for points of the density nu.
    Phi : ndarray of shape (n, m)
        The features at the points, for :func:`weighted_lstsq`.
    certificate : DesignCertificate
    """

    _fields = ("points", "weights", "Phi")
    points: np.ndarray
    weights: np.ndarray
    Phi: np.ndarray
    certificate: DesignCertificate | None
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class WeightedLstsqCertificate(Certificate):
    """What is known of a weighted least-squares fit. Unknown is None.

    Attributes
    ----------
    lambda_min, lambda_max : Bound
        Of ``G = (1/n) Phi^H W Phi``.
    residual : Bound
        ``((1/n) sum_i w_i |f(x_i) - u(x_i)|^2)^(1/2)``, of shape (c,) for c functions. Values that
        are off by e move the coefficients by at most ``(mean of w |e|^2 / lambda_min)^(1/2)``.
    """

    lambda_min: Bound | None = None
    lambda_max: Bound | None = None
    residual: Bound | None = None


class WeightedLstsqResult(Record):
    """Weighted least squares: ``coef, lambda_min, cond = weighted_lstsq(Phi, y, weights)``.

    Attributes
    ----------
    coef : ndarray of shape (m,) or (m, c)
    lambda_min : float
        The least eigenvalue of ``G = (1/n) Phi^H W Phi``.
    cond : float
        The condition of G; +inf where G is singular.
    certificate : WeightedLstsqCertificate
    """

    _fields = ("coef", "lambda_min", "cond")
    coef: np.ndarray
    lambda_min: float
    cond: float
    certificate: WeightedLstsqCertificate | None
    info: Info | None
