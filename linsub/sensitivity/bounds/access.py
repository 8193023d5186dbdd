"""Sampling access: errors of what is drawn, estimated and multiplied from samples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = [
    "bernoulli_spread",
    "bernoulli_variance",
    "combination_phi",
    "even_transform_error",
    "iid_spread",
    "iid_variance",
    "inner_sizes",
    "inner_variance",
    "norm_tries",
    "projection_excess",
    "sampled_rounding",
    "sampled_tail",
    "spectral_excess",
    "tree_error",
]

_EPS = float(np.finfo(np.float64).eps)

# Roundings of the weights, the product and the difference; see docs/theory/sensitivity.md.
_STEPS = 8.0


def _nonnegative(value: Any, name: str) -> float:
    number = float(value)
    if not number >= 0.0:
        raise InvalidInputError(f"{name} must not be negative or nan, got {number}")
    return number


def _fraction(value: Any, name: str) -> float:
    number = float(value)
    if not 0.0 < number < 1.0:
        raise InvalidInputError(f"{name} must be in (0, 1), got {number}")
    return number


def tree_error(n: int) -> float:
    """``2 (L + 3) eps``: how far a tree of n items, L levels deep, misses a probability."""
    if n < 1:
        raise InvalidInputError(f"n must be at least 1, got {n}")
    return 2.0 * ((int(n) - 1).bit_length() + 3) * _EPS


def combination_phi(phis: Any, sizes: Any, norm: float) -> float:
    """``T sum_t phi_t ||lambda_t v_t||^2 / ||v||^2``, of v the sum of T vectors of those sizes."""
    phi, size = np.asarray(phis, float), np.asarray(sizes, float)
    return float(phi.size * (phi * np.square(size / _nonnegative(norm, "norm"))).sum())


def norm_tries(phi: float, error: float, failure_prob: float) -> int:
    """``ceil(3 phi ln(2/delta) / nu^2)`` tries for ``||v||^2`` up to the factor 1 +- nu."""
    phi = _nonnegative(phi, "phi")
    nu, delta = _fraction(error, "error"), _fraction(failure_prob, "failure_prob")
    return math.ceil(3.0 * phi * math.log(2.0 / delta) / nu**2)


def inner_variance(norm_u: float, norm_v: float, inner: float) -> float:
    """``||u||^2 ||v||^2 - |<u, v>|^2``: the variance of one draw, where u has no zeros."""
    return float(norm_u) ** 2 * float(norm_v) ** 2 - abs(inner) ** 2


def inner_sizes(error: float, failure_prob: float, is_complex: bool = False) -> tuple[int, int]:
    """Draws a group and groups: ``ceil(4/eps^2), ceil(8 ln(1/delta))``; twice, 2/delta if complex.

    The median of the groups' means is then within ``eps ||u|| ||v||`` of ``<u, v>``.
    """
    eps, delta = _nonnegative(error, "error"), _fraction(failure_prob, "failure_prob")
    parts = 2.0 if is_complex else 1.0
    return math.ceil(4.0 * parts / eps**2), math.ceil(8.0 * math.log(parts / delta))


def _terms(sizes: Any, p: Any) -> np.ndarray:
    a, p = np.asarray(sizes, float), np.asarray(p, float)
    return np.asarray(np.divide(a, p, out=np.zeros_like(a), where=p > 0.0))


def iid_variance(sizes: Any, p: Any, draws: int, product: float) -> float:
    """``(sum_i a_i^2 / p_i - ||T||_F^2) / s``, with ``a_i = ||x_i|| ||y_i||`` and T = X^H Y.

    The mean square error of the product from s rows drawn with probabilities p. `product` is
    ``||T||_F``; with 0 in its place it is an upper bound.
    """
    a = np.asarray(sizes, float)
    return max(float((a * _terms(a, p)).sum() - float(product) ** 2), 0.0) / draws


def bernoulli_variance(sizes: Any, q: Any) -> float:
    """``sum_i (1/q_i - 1) a_i^2``: the same where row i is kept with probability q_i."""
    a, q = np.asarray(sizes, float), np.asarray(q, float)
    return float((a * _terms(a, q) * (1.0 - q)).sum())


def iid_spread(sizes: Any, p: Any, draws: int) -> float:
    """``max_i (a_i / p_i) / sqrt(s)``: what s draws move the error, for McDiarmid's bound."""
    return float(_terms(sizes, p).max(initial=0.0)) / math.sqrt(draws)


def bernoulli_spread(sizes: Any, q: Any) -> float:
    """``(sum_{q_i < 1} (a_i / q_i)^2)^(1/2) / 2``, the same for rows that are kept or not."""
    moved = _terms(sizes, q)[np.asarray(q) < 1.0]
    return 0.5 * float(np.sqrt(np.square(moved).sum()))


def sampled_tail(rms: float, spread: float, failure_prob: float) -> float:
    """``min(rms / sqrt(delta), rms + spread sqrt(2 ln(1/delta)))``.

    What the error exceeds with probability delta at most, by Chebyshev and by McDiarmid.
    """
    rms, spread = _nonnegative(rms, "rms"), _nonnegative(spread, "spread")
    delta = _fraction(failure_prob, "failure_prob")
    return min(rms / math.sqrt(delta), rms + spread * math.sqrt(2.0 * math.log(1.0 / delta)))


def projection_excess(rank: int, defect: float, deficit: float = 0.0) -> float:
    """``2 sqrt(k) ||A^H A - R^H R||_F + deficit``, what projecting loses beyond the least loss.

    Of ``||A - A V V^H||_F^2`` over the sum of ``sigma_i^2`` beyond k, for orthonormal V that has
    the deficit ``sum_{i<=k} sigma_i(R)^2 - ||R V||_F^2``, which is 0 for the leading right singular
    vectors of R.
    """
    d = _nonnegative(defect, "defect")
    return 2.0 * math.sqrt(rank) * d + _nonnegative(deficit, "deficit")


def spectral_excess(defect: float) -> float:
    """``2 ||A^H A - R^H R||_2``: the same for ``||A - A V V^H||_2^2`` over ``sigma_{k+1}^2``.

    V holds the k leading right singular vectors of R.
    """
    return 2.0 * _nonnegative(defect, "defect")


def even_transform_error(
    lipschitz: tuple[float, float], gram_defect: float, core_defect: float, norm: float
) -> float:
    """``L ||A^H A - R^H R||_F + Lbar ||R||_2^2 ||R R^H - C C^H||_F``.

    Bounds ``||R^H g(C C^H) R + f(0) I - f(A^H A)||_F``, where f and ``g(x) = (f(x) - f(0)) / x``
    have the Lipschitz constants L and Lbar.
    """
    L, Lbar = (_nonnegative(x, "lipschitz") for x in lipschitz)
    return L * _nonnegative(gram_defect, "gram_defect") + Lbar * float(norm) ** 2 * _nonnegative(
        core_defect, "core_defect"
    )


def sampled_rounding(terms: int, size: float, eps: float) -> float:
    """``8 (sqrt(terms) + 1) eps size``: the rounding of a sum of that many terms of that size."""
    return _STEPS * (math.sqrt(terms) + 1.0) * float(eps) * _nonnegative(size, "size")
