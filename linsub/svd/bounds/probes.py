"""Norms from products with random vectors: probabilities that hold for any fixed matrix.

The vectors must be independent of the matrix E that they probe, hence of everything that
built it. They have independent N(0, 1) entries or, where ``complex_probes`` is set, standard
complex normal ones (E|z|^2 = 1). Then <v, w> for a fixed unit vector v has the law of one
entry, which is all that the bounds below use.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from linsub.errors import InvalidInputError
from linsub.svd.bounds._checks import as_count, as_nonnegative, as_probability

__all__ = [
    "chi_square_lower_tail",
    "chi_square_upper_tail",
    "christoffel_bound",
    "frobenius_from_probes",
    "lanczos_failure",
    "lanczos_norm",
    "lanczos_slack",
    "lanczos_steps",
    "leave_one_out",
    "powered_norm",
    "probe_constant",
    "probe_failure",
]

_KW = 1.648  # Kuczynski and Wozniakowski's constant

# Refinements of 6 bits: 54 bits of the bracket.
_ROUNDS = 9


def probe_constant(probes: int, failure_prob: float, *, complex_probes: bool = False) -> float:
    """The c with ``P(max_j |<v, w_j>| < c) = failure_prob`` for any unit vector v: C5.

    ``c = sqrt(2) erfinv(failure_prob^(1/b))``; complex ``c = sqrt(-log(1 - failure_prob^(1/b)))``.
    For a fixed E and its top right singular vector v this gives
    ``||E||_2 <= max_j ||E w_j|| / c`` but for that probability, since
    ``||E w|| >= ||E||_2 |<v, w>|``.

    Parameters
    ----------
    probes : int
        The b of the formula, at least 1.
    failure_prob : float
        In (0, 1).
    complex_probes : bool, optional

    Notes
    -----
    Attained (the probability is an equality) by E of rank 1. Halko, Martinsson and Tropp's
    lemma 4.1, ``10 sqrt(2/pi) max ||E w_j||`` with failure 10^-b, is weaker:
    ``erf(x) <= 2 x / sqrt(pi)``.

    References
    ----------
    Buhr and Smetana, SIAM J. Sci. Comput. 40 (2018); Dixon, SIAM J. Numer. Anal. 20 (1983).
    """
    probes = as_count(probes, "probes", 1)
    each = as_probability(failure_prob) ** (1.0 / probes)
    if complex_probes:
        return float(np.sqrt(-np.log1p(-each)))
    return float(np.sqrt(2.0) * special.erfinv(each))


def probe_failure(probes: int, c: float, *, complex_probes: bool = False) -> float:
    """``P(max_j |<v, w_j>| < c)``: ``erf(c / sqrt 2)^b``, complex ``(1 - exp(-c^2))^b``.

    The inverse of :func:`probe_constant`.
    """
    probes, c = as_count(probes, "probes", 1), as_nonnegative(c, "c")
    if complex_probes:
        return float((-np.expm1(-c * c)) ** probes)
    return float(special.erf(c / np.sqrt(2.0)) ** probes)


def powered_norm(norms: Any, c: float, q: int = 1) -> float:
    """Bound ``||E||_2`` by ``(max_j ||(E^H E)^(q/2) w_j|| / c)^(1/q)``: C6.

    Parameters
    ----------
    norms : array_like (b,)
        ``||(E^H E)^(q/2) w_j||``; for odd q, of ``E (E^H E)^((q-1)/2) w_j``. They must not
        have over- or underflowed: scale E first.
    c : float
        From :func:`probe_constant`.
    q : int, optional
        Products with E or E^H for each probe, at least 1.

    Notes
    -----
    C5 for ``(E^H E)^(q/2)``, whose norm is ``||E||^q``. The slack, at most
    ``(||w|| / c)^(1/q)``, falls with q.
    """
    q = as_count(q, "q", 1)
    if not c > 0.0:
        raise InvalidInputError(f"c must be positive, got {c}")
    largest = float(np.max(np.asarray(norms, dtype=np.float64), initial=0.0))
    return float(largest ** (1.0 / q) * float(c) ** (-1.0 / q))


def lanczos_failure(n: int, steps: int, slack: float) -> float:
    """``P(theta < (1 - slack) lambda_max) <= 1.648 sqrt(n) exp(-sqrt(slack) (2 steps - 1))``.

    theta is the largest Ritz value after `steps` Lanczos steps from a Gaussian start on a
    fixed symmetric positive semidefinite matrix of order n. Never more than 1.

    References
    ----------
    Kuczynski and Wozniakowski, SIAM J. Matrix Anal. Appl. 13 (1992), theorem 4.2 (the
    exponent as in their abstract; the constant 1.648 from memory).
    """
    n, steps = as_count(n, "n", 1), as_count(steps, "steps", 1)
    if not 0.0 <= slack <= 1.0:
        raise InvalidInputError(f"slack must be in [0, 1], got {slack}")
    return min(1.0, float(_KW * np.sqrt(n) * np.exp(-np.sqrt(slack) * (2 * steps - 1))))


def lanczos_slack(n: int, steps: int, failure_prob: float) -> float:
    """The slack at which :func:`lanczos_failure` equals `failure_prob`; 1 if there is none."""
    n, steps = as_count(n, "n", 1), as_count(steps, "steps", 1)
    root = np.log(_KW * np.sqrt(n) / as_probability(failure_prob)) / (2 * steps - 1)
    return min(1.0, float(root) ** 2)


def lanczos_steps(n: int, slack: float, failure_prob: float) -> int:
    """Lanczos steps after which :func:`lanczos_failure` is at most `failure_prob`: C6'.

    For n = 1e4 and 1e-6, 43 steps give a slack of 0.05, which is 2.6 % of the norm.
    """
    n = as_count(n, "n", 1)
    if not 0.0 < slack <= 1.0:
        raise InvalidInputError(f"slack must be in (0, 1], got {slack}")
    needed = np.log(_KW * np.sqrt(n) / as_probability(failure_prob)) / np.sqrt(slack)
    return max(1, int(np.ceil((needed + 1.0) / 2.0)))


def lanczos_norm(theta: float, n: int, steps: int, failure_prob: float) -> float:
    """Bound ``||E||_2`` by ``sqrt(theta / (1 - slack))``, theta from `steps` steps on E^H E.

    +inf where the number of steps is too small for any bound (the slack is 1).
    """
    slack = lanczos_slack(n, steps, failure_prob)
    theta = as_nonnegative(theta, "theta")
    if theta == 0.0:
        return 0.0 if slack < 1.0 else np.inf
    return np.inf if slack >= 1.0 else float(np.sqrt(theta) / np.sqrt(1.0 - slack))


def christoffel_bound(
    alphas: Any, betas: Any, norms: Any, c: float, *, refinements: int = _ROUNDS
) -> float:
    r"""Bound the top eigenvalue of a Hermitian C >= 0 from the Lanczos coefficients of probes.

    For w ~ N(0, I) independent of C, and every polynomial p of degree at most t,
    ``|p(lambda_1)| |<v_1, w>| <= ||p(C) w||``. The best of them all is known: with p_i the
    orthonormal polynomials of the spectral measure of w, which the Lanczos coefficients
    define by

    ``p_0 = 1 / ||w||,  beta_i p_{i+1}(x) = (x - alpha_i) p_i(x) - beta_{i-1} p_{i-1}(x)``,

    the event ``|<v_1, w>| >= c`` implies ``sum_{i<=t} p_i(lambda_1)^2 <= 1 / c^2``: the
    Christoffel function of the measure at lambda_1 is at least c^2. Beyond the largest Ritz
    value the sum increases, so that lambda_1 is at most the one point where it equals
    1 / c^2. With b independent probes the largest of their b points is a bound that fails
    with the probability of :func:`probe_failure`.

    Parameters
    ----------
    alphas, betas : array_like (t, b), or (t,) for one probe
        Diagonal and off-diagonal coefficients of t steps. The last row of betas belongs to
        the remainder of the last step, which costs no further product and takes part.
        A beta of 0 ends its column: the Krylov space is invariant, and lambda_1 is one of
        its Ritz values if the event holds.
    norms : array_like (b,) or float
        ``||w_j||``.
    c : float
        From :func:`probe_constant`.
    refinements : int, optional
        Each gives 6 bits of the point; the upper end of its bracket is returned, a bound
        after any number of them.

    Returns
    -------
    float
        At least the largest Ritz value of t steps; +inf where a coefficient is not finite.

    Notes
    -----
    Never looser than C6 with the same t products (q = 2 t), x^t being one of the
    polynomials, unless C6 is below a Ritz value and so certainly wrong.
    It is also never looser than the bound that uses p_t alone (van Dorsselaer, Hochstenbach
    and van der Vorst 2000). The point is found by bisection, as the upper end of a
    bracket; ratios p_{i+1} / p_i and logarithms keep the sum from overflowing.

    Examples
    --------
    One probe (1, 1) of C = diag(2, 1), one step; c = 1 is what <v_1, w> is:

    >>> from linsub.svd.bounds import christoffel_bound
    >>> round(christoffel_bound([1.5], [0.5], 2**0.5, 1.0), 12)
    2.0
    """
    a, b, w = _lanczos_coefficients(alphas, betas, norms)
    if not c > 0.0:
        raise InvalidInputError(f"c must be positive, got {c}")
    if not (np.isfinite(a).all() and np.isfinite(b).all() and np.isfinite(w).all()):
        return np.inf
    scale = float(max(np.abs(a).max(initial=0.0), b.max(initial=0.0)))
    if scale == 0.0:
        return 0.0
    with np.errstate(divide="ignore"):
        offsets = np.log(float(c)) - np.log(w)  # log of c p_0; +inf for a probe that is zero
    columns = zip((a / scale).T.tolist(), (b / scale).T.tolist(), offsets.tolist(), strict=True)
    return scale * max(_crossing(*column, bits=6 * refinements) for column in columns)


def _crossing(alphas: list[float], betas: list[float], offset: float, bits: int) -> float:
    """Return the upper end of a bracket of one probe's point, in numbers of Python.

    Plain bisection: with a few steps an evaluation takes a microsecond, which arrays of
    NumPy over a grid of points do not come near.
    """
    low = 0.0
    # No Ritz value exceeds 3 in this scale; the sum grows at least like (x - 3)^(2 t) from there.
    high = 4.0
    while _is_below(high, alphas, betas, offset):
        high *= 2.0
    for _ in range(bits):
        middle = low + 0.5 * (high - low)
        if _is_below(middle, alphas, betas, offset):
            low = middle
        else:
            high = middle
    return high


def _lanczos_coefficients(
    alphas: Any, betas: Any, norms: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = np.asarray(alphas, dtype=np.float64), np.asarray(betas, dtype=np.float64)
    w = np.atleast_1d(np.asarray(norms, dtype=np.float64))
    if a.ndim == 1:
        a, b = a[:, None], b[:, None] if b.ndim == 1 else b
    if a.ndim != 2 or a.shape != b.shape or w.shape != a.shape[1:] or a.shape[0] == 0:
        raise InvalidInputError(
            f"alphas {a.shape} and betas {b.shape} must be (t, b) with t >= 1, "
            f"and norms {w.shape} must be (b,)"
        )
    if w.size == 0:
        raise InvalidInputError("there must be at least one probe")
    if b.min() < 0.0 or w.min() < 0.0:
        raise InvalidInputError("betas and norms are norms: they must not be negative")
    return a, b, w


def _is_below(x: float, alphas: list[float], betas: list[float], offset: float) -> bool:
    """Whether x is at or below the point sought.

    That is, where ``c^2 sum p_i(x)^2 <= 1``, or where x is not above every Ritz value.
    """
    if offset == math.inf:  # a probe that is zero says that lambda_1 is 0 or the event failed
        return False
    log_p = offset
    total = 2.0 * log_p
    carried = 0.0
    for alpha, beta in zip(alphas, betas, strict=True):
        step = x - alpha - carried
        if step <= 0.0:  # a sign change: some Ritz value is not below x
            return True
        if beta == 0.0:  # the Krylov space is whole: beyond its Ritz values the sum is infinite
            return False
        ratio = step / beta
        if ratio == 0.0:  # underflow: x is at a Ritz value
            return True
        log_p += math.log(ratio)
        high, low = max(total, 2.0 * log_p), min(total, 2.0 * log_p)
        total = high + math.log1p(math.exp(low - high))
        carried = beta / ratio
    return total <= 0.0


def leave_one_out(R: Any) -> float:
    """Leave-one-out estimate of ``||A - Q Q^H A||_F`` from the R of A Omega = Q R: C7.

    ``(1/l) sum_j 1 / ||row j of R^{-1}||^2`` is an unbiased estimate of the expected squared
    error of the approximation with l - 1 of the l Gaussian columns. An estimate, not a bound.

    Parameters
    ----------
    R : array_like (l, l)
        Upper triangular. A singular R gives 0: the range was captured.

    Returns
    -------
    float
        The square root of the estimate.

    Notes
    -----
    ``1 / ||row j of R^{-1}||`` is the distance of column j of A Omega from the span of the
    others: the norm of ``(I - P_j) A w_j`` with P_j independent of w_j.

    References
    ----------
    Epperly and Tropp, SIAM J. Sci. Comput. 46 (2024), arXiv 2207.06342.
    """
    R = np.asarray(R)
    if R.ndim != 2 or R.shape[0] != R.shape[1]:
        raise InvalidInputError(f"R must be square, got shape {R.shape}")
    size = R.shape[0]
    scale = float(np.abs(R).max(initial=0.0))
    if scale == 0.0:
        return 0.0
    scaled = np.triu(R) / scale
    if np.any(np.abs(np.diag(scaled)) == 0.0):
        return 0.0
    inverse = np.zeros(scaled.shape, dtype=scaled.dtype)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for i in range(size - 1, -1, -1):
            row = -(scaled[i, i + 1 :] @ inverse[i + 1 :])
            row[i] += 1.0
            inverse[i] = row / scaled[i, i]
        distances = 1.0 / np.sqrt(np.sum(np.square(np.abs(inverse)), axis=1))
    distances = np.nan_to_num(distances, nan=0.0)
    return scale * float(np.sqrt(np.mean(np.square(distances))))


def chi_square_upper_tail(probes: int, excess: float, *, complex_probes: bool = False) -> float:
    """``P(||E G||_F^2 / b >= (1 + e) ||E||_F^2) <= (e^-e (1 + e))^(b/2)``: C8.

    For a fixed E and b Gaussian probes in the columns of G; complex probes count double
    (exponent b).
    """
    b, e = as_count(probes, "probes", 1), as_nonnegative(excess, "excess")
    power = b if complex_probes else 0.5 * b
    return 0.0 if e == np.inf else float(np.exp(power * (np.log1p(e) - e)))


def chi_square_lower_tail(probes: int, deficit: float, *, complex_probes: bool = False) -> float:
    """``P(||E G||_F^2 / b <= (1 - e) ||E||_F^2) <= (e^e (1 - e))^(b/2)``: C8.

    Notes
    -----
    ``||E G||_F^2 = sum_i sigma_i^2 X_i`` with independent chi-square X_i of b degrees, and
    log E exp(-t X) is convex in the weights, so that one singular value alone is the worst
    case of Chernoff's bound.
    """
    b, e = as_count(probes, "probes", 1), as_nonnegative(deficit, "deficit")
    if e > 1.0:
        raise InvalidInputError(f"deficit must be in [0, 1], got {e}")
    power = b if complex_probes else 0.5 * b
    return 0.0 if e == 1.0 else float(np.exp(power * (np.log1p(-e) + e)))


def frobenius_from_probes(
    norm: float, probes: int, failure_prob: float, *, complex_probes: bool = False
) -> float:
    """Bound ``||E||_F`` from ``||E G||_F`` with b Gaussian probes, by the lower tail of C8.

    ``||E||_F <= ||E G||_F / sqrt(b x)`` where x < 1 solves ``(x e^(1-x))^(b/2) =
    failure_prob`` (complex: exponent b).

    Parameters
    ----------
    norm : float
        ``||E G||_F``, not divided by anything.
    probes : int
        The b of the formula.
    failure_prob : float
        Probability that the bound is below the truth.
    complex_probes : bool, optional
    """
    norm, b = as_nonnegative(norm, "norm"), as_count(probes, "probes", 1)
    power = b if complex_probes else 0.5 * b
    target = np.log(as_probability(failure_prob)) / power - 1.0  # log(x) - x
    x = float(np.real(-special.lambertw(-np.exp(target))))
    if x == 0.0:  # below the smallest number: log(x) alone is the target
        return np.inf if norm > 0.0 else 0.0
    return norm / float(np.sqrt(b * x))
