"""Identities of splits and weights: what a principal part keeps and what is left."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.svd.bounds._checks import as_count, as_nonnegative
from linsub.svd.bounds.perturbation import schatten, tail

__all__ = ["energy_of_sum", "principal_update_residual", "weighted_error"]


def principal_update_residual(norm: float, coefficients: Any) -> float:
    """Distance of an update from what training the singular values alone can reach.

    With U and V frozen the reachable updates are ``U diag(d) V^H``. The nearest to D has
    ``d_i = u_i^H D v_i``, and ``||D - U diag(d) V^H||_F^2 = ||D||_F^2 - sum |d_i|^2``.

    Parameters
    ----------
    norm : float
        ``||D||_F``.
    coefficients : array_like (k,)
        The d_i.

    Notes
    -----
    The matrices ``u_i v_i^H`` are orthonormal: Pythagoras. (For real d and complex D,
    d_i is the real part of u_i^H D v_i.)

    References
    ----------
    Sun et al., arXiv 2409.05926 (SVFit).
    """
    norm = as_nonnegative(norm, "norm")
    if norm == 0.0:
        return 0.0
    share = min(schatten(np.asarray(coefficients)) / norm, 1.0)
    return norm * float(np.sqrt((1.0 - share) * (1.0 + share)))


def energy_of_sum(first: float, second: float, inner: float = 0.0) -> float:
    """``||X + Y||_F`` from the two norms and ``Re <X, Y>``.

    The energies add, ``||X + Y||^2 = ||X||^2 + ||Y||^2``, exactly when the inner product is
    zero: when the columns of Y are orthogonal to those of X, or its rows. Effort's constraint
    ``||W|| = ||W_0||`` fixes the norm of the residual in that case only.

    References
    ----------
    Yan et al., arXiv 2411.15633 (Effort).
    """
    first, second = as_nonnegative(first, "first"), as_nonnegative(second, "second")
    largest = max(first, second)
    if largest == 0.0 or largest == np.inf:
        return largest
    a, b = first / largest, second / largest
    cross = 2.0 * (float(inner) / largest) / largest
    return largest * float(np.sqrt(max(a * a + b * b + cross, 0.0)))


def weighted_error(sigma_weighted: Any, k: int) -> float:
    """Smallest ``||L (A - X) R||_F`` over X of rank at most k: the tail of L A R.

    Parameters
    ----------
    sigma_weighted : array_like (n,)
        Singular values of L A R, descending.
    k : int

    Notes
    -----
    L X R has rank at most k, so the tail is a lower bound for any L and R. For diagonal or
    square L, singular ones too, and R = I it is attained by X = A V V^H, V the leading right
    singular vectors of L A: ``L (A - X) = L A (I - V V^H)``. Nothing is inverted. For two sides,
    X = A R V V^H R^+ attains it where R is invertible (and where it is not: the error does
    not see what R maps to zero).

    References
    ----------
    Hsu et al., ICLR 2022, arXiv 2207.00112 (row weights, by an inverse).
    """
    return tail(sigma_weighted, as_count(k, "k"))
