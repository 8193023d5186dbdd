"""Volume sampling of s of n rows with d columns: P(S) proportional to det(X_S^H X_S)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = [
    "rescaled_normalizer",
    "volume_inclusion",
    "volume_inverse_factor",
    "volume_loss_factor",
    "volume_normalizer",
    "volume_residual_factor",
]


def _sizes(n: int, d: int, s: int) -> None:
    if not 0 <= d <= s <= n:
        raise InvalidInputError(f"0 <= d <= s <= n is needed, got d={d}, s={s}, n={n}")


def volume_normalizer(n: int, d: int, s: int) -> float:
    """Return ``sum_S det(X_S^H X_S) / det(X^H X) = C(n - d, s - d)``, the sum over |S| = s.

    Notes
    -----
    Cauchy and Binet: ``det(X_S^H X_S) = sum_T |det X_T|^2`` over the T in S with d rows, and each
    T is in C(n - d, s - d) sets S.

    Examples
    --------
    >>> from linsub.dpp.bounds import volume_normalizer
    >>> volume_normalizer(8, 3, 5)
    10.0
    """
    _sizes(n, d, s)
    return float(math.comb(n - d, s - d))


def volume_inclusion(leverages: Any, d: int, s: int) -> np.ndarray:
    """Return P(i in S) of all rows: ``(s - d)/(n - d) + (n - s)/(n - d) lev_i``.

    Parameters
    ----------
    leverages : array_like (n,)
        ``lev_i = x_i (X^H X)^-1 x_i^H``, of sum d.
    d, s : int

    Examples
    --------
    >>> from linsub.dpp.bounds import volume_inclusion
    >>> volume_inclusion([1.0, 0.5, 0.5, 0.0], 2, 3).tolist()
    [1.0, 0.75, 0.75, 0.5]
    """
    lev = np.asarray(leverages, np.float64)
    n = lev.size
    _sizes(n, d, s)
    if n == d:
        return np.ones(n)
    return ((s - d) + (n - s) * lev) / (n - d)


def volume_loss_factor(n: int, d: int, s: int) -> float:
    """Bound ``E ||X w_S - y||^2 / min_w ||X w - y||^2`` by ``1 + d (n - s)/(n - d)``.

    w_S is the least-squares solution on the sampled rows. Attained at s = d and s = n by rows
    in general position, whatever y is.

    References
    ----------
    Derezinski & Warmuth, JMLR 19 (2018), for s = d; Rhee 2026, theorem 1, for the slack at
    larger s.

    Examples
    --------
    >>> from linsub.dpp.bounds import volume_loss_factor
    >>> volume_loss_factor(8, 3, 3), volume_loss_factor(8, 3, 8)
    (4.0, 1.0)
    """
    _sizes(n, d, s)
    return 1.0 if n == d else 1.0 + d * (n - s) / (n - d)


def volume_inverse_factor(n: int, d: int, s: int) -> float:
    """Return f with ``E (X_S^H X_S)^-1 = f (X^H X)^-1``: ``(n - d + 1)/(s - d + 1)``.

    For rows in general position; less in the order of Hermitian matrices otherwise.

    Examples
    --------
    >>> from linsub.dpp.bounds import volume_inverse_factor
    >>> volume_inverse_factor(8, 3, 3)
    6.0
    """
    _sizes(n, d, s)
    return (n - d + 1) / (s - d + 1)


def volume_residual_factor(n: int, d: int, s: int) -> float:
    """Return ``E ||X_S w_S - y_S||^2 / min_w ||X w - y||^2 = (s - d)/(n - d)``, 0 where n = d.

    Examples
    --------
    >>> from linsub.dpp.bounds import volume_residual_factor
    >>> volume_residual_factor(8, 3, 8)
    1.0
    """
    _sizes(n, d, s)
    return 0.0 if n == d else (s - d) / (n - d)


def rescaled_normalizer(n: int, m: int) -> float:
    """Return ``E det(sum_i w(x_i) phi(x_i) phi(x_i)^H) = n!/(n - m)!`` for n points of any density.

    The features are m orthonormal functions of a measure mu; the points are independent with
    density nu, and w = dmu/dnu.

    Examples
    --------
    >>> from linsub.dpp.bounds import rescaled_normalizer
    >>> rescaled_normalizer(5, 2)
    20.0
    """
    _sizes(n, m, n)
    return float(math.perm(n, m))
