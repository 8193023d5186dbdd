"""lp sensitivities: exponents, brackets from leverage and from weights, sizes of samples."""

from __future__ import annotations

import math

import numpy as np

from linsub.errors import InvalidInputError

__all__ = [
    "conjugate_exponent",
    "density_bracket",
    "hexagon_sensitivity",
    "leverage_bracket",
    "norm_ratio",
    "sign_cube_total",
    "total_bracket",
    "total_sample_size",
    "weights_bracket",
]


def _exponent(p: float, low: float = 0.0) -> float:
    if not p > 0.0 or p < low:
        raise InvalidInputError(f"p must be {'positive' if low == 0.0 else 'at least 1'}, got {p}")
    return float(p)


def conjugate_exponent(p: float) -> float:
    """Return q with 1/p + 1/q = 1.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import conjugate_exponent
    >>> conjugate_exponent(3.0), conjugate_exponent(1.0)
    (1.5, inf)
    """
    p = _exponent(p, 1.0)
    if p == math.inf:
        return 1.0
    return math.inf if p == 1.0 else p / (p - 1.0)


def norm_ratio(n: int, q: float) -> float:
    """Return the largest ``||f||_q / ||f||_2`` of n numbers: ``n^(1/q - 1/2)``, or 1 for q >= 2.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import norm_ratio
    >>> norm_ratio(16, 1.0), norm_ratio(16, 2.0)
    (4.0, 1.0)
    """
    inverse = 0.0 if q == math.inf else 1.0 / _exponent(q)
    return math.pow(max(n, 1), max(0.0, inverse - 0.5))


def leverage_bracket(tau: np.ndarray, n: int, p: float) -> tuple[np.ndarray, np.ndarray]:
    """Bracket sensitivities by leverage: between tau^(p/2) and n^(p/2 - 1) times it, at most 1.

    For p <= 2 the first is the upper one, for p >= 2 the lower one. For p = inf the sensitivity
    is not raised to a power: between tau^(1/2) and (n tau)^(1/2).

    Examples
    --------
    >>> from linsub.sensitivity.bounds import leverage_bracket
    >>> low, high = leverage_bracket(0.25, 4, 4.0)
    >>> float(low), float(high)
    (0.0625, 0.25)
    """
    p = _exponent(p)
    tau = np.asarray(tau, dtype=np.float64)
    power, factor = (0.5, math.sqrt(n)) if p == math.inf else (p / 2.0, float(n) ** (p / 2.0 - 1.0))
    near = tau**power
    low, high = (near, factor * near) if p >= 2.0 else (factor * near, near)
    return low, np.minimum(high, 1.0)


def density_bracket(w: np.ndarray, rank: int, p: float) -> tuple[np.ndarray, np.ndarray]:
    """Bracket sensitivities by lp Lewis weights: between w and rank^(p/2 - 1) w, at most 1.

    For p <= 2 w is the upper one, for p >= 2 the lower one.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import density_bracket
    >>> low, high = density_bracket(0.5, 4, 1.0)
    >>> float(low), float(high)
    (0.25, 0.5)
    """
    p = _exponent(p)
    w = np.asarray(w, dtype=np.float64)
    other = float(rank) ** (p / 2.0 - 1.0) * w if rank else w
    low, high = (w, other) if p >= 2.0 else (other, w)
    return low, np.minimum(high, 1.0)


def total_bracket(n: int, rank: int, p: float) -> tuple[float, float]:
    """Bracket the sum of sensitivities: between rank^(p/2) and rank, at most n.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import total_bracket
    >>> total_bracket(100, 4, 1.0), total_bracket(10, 4, 4.0)
    ((2.0, 4.0), (4.0, 10.0))
    """
    p = _exponent(p)
    ends = sorted((float(rank), float(rank) ** (p / 2.0)))
    return min(ends[0], float(n)), min(ends[1], float(n))


def weights_bracket(
    log_w: np.ndarray, log_g: np.ndarray, p: float
) -> tuple[np.ndarray, np.ndarray]:
    """Bracket sensitivities by any positive weights w and ``g_i = a_i (A^T W^(1-2/p) A)^-1 a_i``.

    Parameters
    ----------
    log_w, log_g : ndarray of shape (n,)
        Logarithms, of the rows that are not zero: g of small rows may be below all numbers.
    p : float
        Positive. For p = inf the sensitivity is not raised to a power.

    Returns
    -------
    lower, upper : ndarray of shape (n,)
        ``g^(p/2)`` times, for p <= 2, ``(sum w)^(p/2-1)`` and ``max_j w_j^(1-2/p) g_j^(1-p/2)``;
        for p >= 2 the least of these and ``(sum w)^(p/2-1)``. At most 1.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity.bounds import weights_bracket
    >>> low, high = weights_bracket(np.zeros(4), np.log(np.full(4, 0.25)), 1.0)  # ones
    >>> low.tolist(), high.tolist()
    ([0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25])
    """
    p = _exponent(p)
    log_w, log_g = np.asarray(log_w, np.float64), np.asarray(log_g, np.float64)
    if log_w.size == 0:
        return np.zeros(0), np.zeros(0)
    log_sum = float(np.logaddexp.reduce(log_w))
    if p == math.inf:
        # |a_j x|^2 <= g_j x^T M x from below, x^T M x <= (sum w) max |a_j x|^2 from above.
        low, high = log_g - log_g.max(), log_g + log_sum
        return np.exp(0.5 * low), np.exp(np.minimum(0.5 * high, 0.0))
    by_sum = (p / 2.0 - 1.0) * log_sum
    by_row = (1.0 - 2.0 / p) * log_w + (1.0 - p / 2.0) * log_g
    ends = (float(by_row.min()), by_sum) if p >= 2.0 else (by_sum, float(by_row.max()))
    low, high = (np.exp(np.minimum(p / 2.0 * log_g + end, 0.0)) for end in ends)
    return low, high


def total_sample_size(ratio: float, gamma: float, delta: float) -> int:
    """Return how many rows estimate the total to within a factor 1 +- gamma, but for delta.

    Rows are drawn in proportion to bounds u_i, and u_i / sigma_i is known to a factor of `ratio`:
    the mean of U sigma_i / u_i has the relative variance ratio - 1 at most (Chebyshev), and a
    range of ratio - 1 times the total (Hoeffding); whichever needs fewer. With Lewis weights,
    ``ratio = rank^|1 - p/2|``.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import total_sample_size
    >>> total_sample_size(1.5, 0.1, 0.05)
    47
    """
    if not ratio >= 1.0:
        raise InvalidInputError(f"ratio must be at least 1, got {ratio}")
    for name, value in (("gamma", gamma), ("delta", delta)):
        if not 0.0 < value < 1.0:
            raise InvalidInputError(f"{name} must satisfy 0 < {name} < 1, got {value}")
    chebyshev = (ratio - 1.0) / (gamma * gamma * delta)
    hoeffding = (ratio - 1.0) * (ratio - 1.0) * math.log(2.0 / delta) / (2.0 * gamma * gamma)
    size = min(chebyshev, hoeffding)
    if size == math.inf:
        raise InvalidInputError(f"ratio is {ratio:.3g}, for which no number of draws is enough")
    return max(1, math.ceil(size))


def sign_cube_total(d: int, p: float) -> float:
    """Return the total sensitivity of all 2^d sign vectors: ``d^p / E |s|^p``, s a sum of d signs.

    All sensitivities are equal, and each is attained at x = a_i.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import sign_cube_total
    >>> sign_cube_total(4, 1.0), sign_cube_total(4, 4.0)
    (2.6666666666666665, 6.4)
    """
    p = _exponent(p, 1.0)
    if d < 1:
        raise InvalidInputError(f"d must be at least 1, got {d}")
    terms = (math.comb(d, k) * math.pow(abs(d - 2 * k) / d, p) for k in range(d + 1))
    return 2.0**d / math.fsum(terms)


def hexagon_sensitivity(p: float) -> float:
    """Return the sensitivity of each of the rows (1, 0), (1/2, s), (-1/2, s), s = sqrt(3)/2.

    ``1 / (1 + 2^(1-p))``, attained at x = a_i, for p in [1, inf); 1 for p = inf.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import hexagon_sensitivity
    >>> hexagon_sensitivity(2.0)
    0.6666666666666666
    """
    return 1.0 / (1.0 + math.pow(2.0, 1.0 - _exponent(p, 1.0)))
