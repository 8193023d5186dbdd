"""How singular values move, and how well a matrix of low rank can approximate."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError
from linsub.svd.bounds._checks import as_count, as_nonnegative, as_spectrum

__all__ = [
    "gram_rounding",
    "gram_sigma_error",
    "hoffman_wielandt",
    "ky_fan",
    "mirsky",
    "rank_for_energy",
    "rank_for_error",
    "schatten",
    "tail",
    "tails",
    "weyl",
]


def schatten(sigma: Any, p: float = 2.0) -> float:
    """Schatten norm ``(sum_i sigma_i^p)^(1/p)`` of a matrix with these singular values.

    Parameters
    ----------
    sigma : array_like (n,)
        Numbers in any order; their absolute values count.
    p : float, optional
        At least 1. 1 is the nuclear norm, 2 the Frobenius norm, ``inf`` the spectral norm.

    Notes
    -----
    The largest entry is taken out of the sum, so that nothing over- or underflows; the
    small entries are added first.
    """
    if not p >= 1.0:
        raise InvalidInputError(f"p must be at least 1, got {p}")
    values = np.sort(np.abs(np.asarray(sigma, dtype=np.float64)).ravel())
    largest = float(values[-1]) if values.size else 0.0
    if largest == 0.0 or p == np.inf or not np.isfinite(largest):
        return largest
    with np.errstate(under="ignore"):
        return largest * float(np.cumsum((values / largest) ** p)[-1] ** (1.0 / p))


def ky_fan(sigma: Any, k: int) -> float:
    """Ky Fan norm: the sum of the k largest of ``|sigma_i|``.

    A matrix is smaller than another in every unitarily invariant norm exactly when it is
    in every Ky Fan norm (Fan 1951), so these decide an inequality "in all norms".
    """
    values = np.sort(np.abs(np.asarray(sigma, dtype=np.float64)).ravel())[::-1]
    k = as_count(k, "k", 0)
    return float(np.sum(values[:k][::-1]))


def tail(sigma: Any, k: int, p: float = 2.0) -> float:
    """Smallest error of an approximation of rank k: the Schatten norm of the rest.

    ``min_{rank X <= k} ||A - X|| = (sum_{i>k} sigma_i^p)^(1/p)``: the Frobenius norm for
    ``p = 2``, and ``sigma_{k+1}`` for ``p = inf``. Attained by the truncated SVD, for every
    unitarily invariant norm.

    Parameters
    ----------
    sigma : array_like (n,)
        All singular values, descending.
    k : int
        Not negative; k >= n gives 0.
    p : float, optional
        At least 1.

    References
    ----------
    Eckart and Young, Psychometrika 1 (1936), for p = 2; Mirsky, Quart. J. Math. 11 (1960),
    for every unitarily invariant norm.

    Examples
    --------
    >>> from linsub.svd.bounds import tail
    >>> tail([5.0, 4.0, 3.0], 1)
    5.0
    """
    values = as_spectrum(sigma)
    return schatten(values[as_count(k, "k") :], p)


def tails(sigma: Any) -> np.ndarray:
    """All Frobenius tails: entry k is :func:`tail` ``(sigma, k)``, for k = 0..n."""
    values = as_spectrum(sigma)
    # From the small end, and by hypot: no square of its own can underflow.
    return np.append(np.hypot.accumulate(values[::-1])[::-1], 0.0)


def weyl(sigma: Any, norm: float) -> tuple[np.ndarray, np.ndarray]:
    """Where the singular values of A + E can lie: ``|sigma_i(A + E) - sigma_i(A)| <= ||E||_2``.

    Parameters
    ----------
    sigma : array_like (n,)
        Singular values of A, descending.
    norm : float
        ``||E||_2`` or a bound on it; +inf gives the bounds that say nothing.

    Returns
    -------
    lower, upper : ndarray (n,)

    References
    ----------
    Weyl, Math. Ann. 71 (1912); for singular values, Horn and Johnson, Topics in Matrix
    Analysis (1991), 3.3.16. Attained by E = ||E||_2 U V^H.
    """
    values, size = as_spectrum(sigma), as_nonnegative(norm, "norm")
    return np.maximum(values - size, 0.0), values + size


def mirsky(sigma: Any, other: Any, p: float = 2.0) -> float:
    """Least distance of two matrices with these singular values, in a Schatten norm.

    ``||A - B||_p >= ||(sigma_i(A) - sigma_i(B))_i||_p``, and likewise in every unitarily
    invariant norm. Attained when A and B share their singular vectors.

    Parameters
    ----------
    sigma, other : array_like (n,)
        Descending, of the same length.
    p : float, optional
        At least 1; ``inf`` is Weyl's inequality.

    References
    ----------
    Mirsky, Quart. J. Math. 11 (1960), theorem 5.
    """
    first, second = _pair(sigma, other)
    return schatten(first - second, p)


def hoffman_wielandt(sigma: Any, other: Any) -> tuple[float, float]:
    """Least and largest Frobenius distance of two matrices with these singular values.

    ``sum (sigma_i - tau_i)^2 <= ||A - B||_F^2 <= sum (sigma_i + tau_i)^2``, both attained:
    by shared singular vectors, and by those of -B.

    Returns
    -------
    lower, upper : float

    Notes
    -----
    ``||A - B||^2 = ||A||^2 + ||B||^2 - 2 Re <A, B>``, and von Neumann's trace inequality
    bounds ``|<A, B>|`` by ``sum sigma_i tau_i``.

    References
    ----------
    Hoffman and Wielandt, Duke Math. J. 20 (1953); von Neumann (1937).
    """
    first, second = _pair(sigma, other)
    return schatten(first - second), schatten(first + second)


def _pair(sigma: Any, other: Any) -> tuple[np.ndarray, np.ndarray]:
    first, second = as_spectrum(sigma), as_spectrum(other, "other")
    if first.shape != second.shape:
        raise InvalidInputError(
            f"sigma has {first.size} values and other {second.size}; fill up with zeros"
        )
    return first, second


def rank_for_error(sigma: Any, error: float) -> int:
    """Smallest r with ``sqrt(sum_{i>r} sigma_i^2) <= error * ||A||_F``.

    Parameters
    ----------
    sigma : array_like (n,)
        All singular values, descending.
    error : float
        In [0, 1].
    """
    if not 0.0 <= error <= 1.0:
        raise InvalidInputError(f"error must be in [0, 1], got {error}")
    rest = tails(sigma)
    return int(np.count_nonzero(rest > error * rest[0]))


def rank_for_energy(sigma: Any, energy: float) -> int:
    """Smallest r that keeps ``sum_{i<=r} sigma_i^2 >= energy * ||A||_F^2``.

    The same as :func:`rank_for_error` at ``error = sqrt(1 - energy)``: 99 % of the energy
    is a relative error of 0.1.
    """
    if not 0.0 <= energy <= 1.0:
        raise InvalidInputError(f"energy must be in [0, 1], got {energy}")
    return rank_for_error(sigma, float(np.sqrt(1.0 - energy)))


def gram_rounding(m: int, frobenius: float, eps: float, *, complex_entries: bool = False) -> float:
    """Bound ``||fl(A^H A) - A^H A||_2`` by ``gamma_m ||A||_F^2``.

    ``gamma_m = m u / (1 - m u)`` with u = eps / 2, for any order of the sums. A complex dot
    product of length m is two real ones of length 2 m, which gives ``sqrt(2) gamma_{2m}``.

    Parameters
    ----------
    m : int
        Rows of A.
    frobenius : float
        ``||A||_F``.
    eps : float
        Of the arithmetic.

    Returns
    -------
    float
        +inf where m u >= 1: the model then says nothing.

    Notes
    -----
    No over- or underflow is assumed. Entry by entry the error is at most
    ``gamma_m |A|^H |A|``, whose spectral norm is at most ``||A||_F^2``.

    References
    ----------
    Higham, Accuracy and Stability of Numerical Algorithms (2002), section 3.5.
    """
    m, norm = as_count(m, "m"), as_nonnegative(frobenius, "frobenius")
    length = 2 * m if complex_entries else m
    unit = length * 0.5 * as_nonnegative(eps, "eps")
    if unit >= 1.0:
        return np.inf
    return (np.sqrt(2.0) if complex_entries else 1.0) * unit / (1.0 - unit) * norm * norm


def gram_sigma_error(sigma: Any, perturbation: float) -> np.ndarray:
    """Error of singular values that were taken from a perturbed Gram matrix.

    With ``||G - A^H A||_2 <= d``, ``|sqrt(lambda_i(G)) - sigma_i| <= min(sqrt(d), d / sigma_i)``:
    values below sqrt(d), about ``sqrt(m eps) ||A||_F``, hold no digit.

    Parameters
    ----------
    sigma : array_like (n,)
        Singular values of A, descending.
    perturbation : float
        The d of the formula, for example :func:`gram_rounding`; eigenvalues of G below zero
        count as zero.

    Notes
    -----
    Weyl's inequality for ``A^H A`` and ``|a - b| = |a^2 - b^2| / (a + b)``.
    """
    values, d = as_spectrum(sigma), as_nonnegative(perturbation, "perturbation")
    root = np.sqrt(d)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        linear = np.where(values > 0.0, root * (root / values), np.inf)
    return np.minimum(root, linear)
