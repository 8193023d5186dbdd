"""Samples of rows: how many are enough, and what is left of a norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = [
    "interval_product",
    "merge_reduce_error",
    "online_leverage_total",
    "oversampling",
    "regression_factor",
    "root_leverage_rows",
    "root_leverage_total",
    "sample_size",
    "sensitivity_rate",
]

BOUNDS = ("bernstein", "net", "rate")

# Radii of the net that are tried: shares of the distance of the allowed norms from 1.
_RADII = tuple(2.0 ** (-k / 4.0) for k in range(1, 33))


def _real(
    value: Any, name: str, low: float, high: float = math.inf, *, ends: bool = False
) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidTypeError(f"{name} must be a real number, got {value!r}") from None
    if not (low <= number <= high if ends else low < number < high):
        sign = "<=" if ends else "<"
        raise InvalidInputError(
            f"{name} must satisfy {low} {sign} {name} {sign} {high}, got {value}"
        )
    return number


def _choice(value: Any, name: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise InvalidInputError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
    return str(value)


def oversampling(
    p: float,
    d: int,
    error: float,
    delta: float,
    *,
    bound: Literal["bernstein", "net"] | None = None,
    power: Literal["norm", "p"] = "norm",
) -> float:
    """Return c for which rows kept with probability ``min(1, c s_i)`` embed, s_i at least sigma_i.

    With probability at least ``1 - delta``, for all x,
    ``1 - error <= ||S A x||_p / ||A x||_p <= 1 + error`` (``power="norm"``), or the same for the
    p-th powers of the norms.

    Parameters
    ----------
    p : float
        2 for "bernstein", 1 or more for "net".
    d : int
        The rank of A; for "net" and complex A twice that.
    error, delta : float
        In (0, 1).
    bound : {"bernstein", "net"}, optional
        By default "bernstein" for p = 2 and "net" otherwise.
    power : {"norm", "p"}, optional

    Notes
    -----
    bernstein: ``c = 2 (1 + e/3) log(2 d/delta) / e^2`` with e the error of the square of the norm.
    net: ``c = 2 (1 + e/3) (d log(1 + 2/g) + log(2/delta)) / e^2``, where points of a net of radius
    g have an error e of the p-th power; the best g of a list is taken.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import oversampling
    >>> round(oversampling(2, 10, 0.5, 0.1, power="p"), 2)
    49.45
    """
    p = _real(p, "p", 1.0, ends=True)
    d = int(_real(d, "d", 1, ends=True))
    error, delta = _real(error, "error", 0.0, 1.0), _real(delta, "delta", 0.0, 1.0)
    _choice(power, "power", ("norm", "p"))
    bound = ("bernstein" if p == 2.0 else "net") if bound is None else bound
    _choice(bound, "bound", ("bernstein", "net"))
    if bound == "bernstein":
        if p != 2.0:
            raise InvalidInputError(f"bound='bernstein' needs p = 2, got {p}; use bound='net'")
        # (1 - error)^2 is the nearer one of the squares.
        e = error * (2.0 - error) if power == "norm" else error
        return _bernstein(e, math.log(2.0 * d / delta))
    root = 1.0 if power == "norm" else 1.0 / p
    low, high = (1.0 - error) ** root, (1.0 + error) ** root
    best = math.inf
    for share in _RADII:
        g = share * min(high - 1.0, 1.0 - low)
        top, bottom = high * (1.0 - g), low + g * high
        if top <= 1.0 or bottom >= 1.0:
            continue
        # As expm1 of logarithms: for small errors 1 is nearly all of it.
        e = min(math.expm1(min(p * math.log(top), 1.0)), -math.expm1(p * math.log(bottom)))
        if e > 0.0:
            best = min(best, _bernstein(e, d * math.log1p(2.0 / g) + math.log(2.0 / delta)))
    if best == math.inf:
        raise InvalidInputError(f"error is {error}, for which no size is finite; pass a larger one")
    return best


def _bernstein(e: float, log_count: float) -> float:
    found = 2.0 * (1.0 + e / 3.0) * log_count / e**2 if e * e > 0.0 else math.inf
    if not math.isfinite(found):
        raise InvalidInputError("error is so small that no size is finite; pass a larger one")
    return found


def sample_size(
    p: float,
    total: float,
    d: int,
    error: float,
    delta: float = 0.05,
    *,
    bound: Literal["bernstein", "net", "rate"] | None = None,
    power: Literal["norm", "p"] = "norm",
    mode: Literal["bernoulli", "iid"] = "bernoulli",
) -> int:
    """Return how many rows embed the range of A in l_p, with probability 1 - delta.

    For scores ``s_i >= sigma_i`` with sum `total`: the expected number of rows that are kept with
    probabilities ``min(1, c s_i)``, or that are drawn independently of ``s_i/total``.

    Parameters
    ----------
    p : float
        1 or more.
    total : float
        The sum of the scores: of leverage the rank (p = 2), of Lewis weights the rank for p <= 2
        and ``rank^(p/2)`` of their multiples that dominate sensitivities for p >= 2.
    d : int
        The rank of A; for complex A and another p than 2 twice that.
    error, delta : float
        In (0, 1).
    bound : {"bernstein", "net", "rate"}, optional
        "bernstein" (p = 2, its default) and "net" (any p) are proved, constants included. "rate"
        is an **estimate** and no guarantee: what Woodruff and Yasuda prove without its
        constant and its logarithms.
    power : {"norm", "p"}, optional
        Whether `error` is that of the norm or of its p-th power.
    mode : {"bernoulli", "iid"}, optional

    Returns
    -------
    int

    Raises
    ------
    InvalidInputError, InvalidTypeError
        Also where the bound does not fit p.

    See Also
    --------
    sample_rows : ``error=`` uses it.

    Notes
    -----
    *Accuracy*: claims ``sensitivity-bernstein``, ``sensitivity-net``.

    References
    ----------
    Tropp, "User-friendly tail bounds for sums of random matrices", 2012; Woodruff, Yasuda,
    "Sharper bounds for l_p sensitivity sampling", ICML 2023, arXiv 2306.00732.

    Examples
    --------
    >>> from linsub.sensitivity import sample_size
    >>> sample_size(2, 10, 10, 0.5, 0.1, power="p")
    495
    >>> sample_size(2, 10, 10, 0.5, bound="rate")
    40
    """
    total = _real(total, "total", 0.0, ends=True)
    _choice(mode, "mode", ("bernoulli", "iid"))
    if bound == "rate":
        return _counted(sensitivity_rate(p, total, d, error))
    c = oversampling(p, d, error, delta, bound=bound, power=power)
    return _counted(c * (total if mode == "bernoulli" else max(total - 1.0, 1.0)))


def _counted(rows: float) -> int:
    if not math.isfinite(rows):
        raise InvalidInputError("no finite number of rows is enough; pass a larger error")
    return math.ceil(rows)


def sensitivity_rate(p: float, total: float, d: int, error: float) -> float:
    """Return the rate of sensitivity sampling, constant and logarithms left out: an estimate.

    ``S^(2/p)/error^2``, or ``d^(1 - p/2) S/error^2`` where that is less, for p <= 2, and
    ``S^(2 - 2/p)/error^2`` for p >= 2.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import sensitivity_rate
    >>> round(sensitivity_rate(4, 16.0, 16, 0.5), 1)
    256.0
    """
    p, total = _real(p, "p", 1.0, ends=True), _real(total, "total", 0.0, ends=True)
    d, error = int(_real(d, "d", 1, ends=True)), _real(error, "error", 0.0, 1.0)
    if p <= 2.0:
        return float(min(total ** (2.0 / p), d ** (1.0 - p / 2.0) * total) / error**2)
    return float(total ** (2.0 - 2.0 / p) / error**2)


def root_leverage_total(n: float, d: float, p: float) -> float:
    """Bound ``sum_i tau_i^(p/2)`` by ``n^(1 - p/2) d^(p/2)``, p <= 2, for n rows of rank d.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import root_leverage_total
    >>> root_leverage_total(100, 4, 1)
    20.0
    """
    p = _real(p, "p", 0.0, 2.0 * (1.0 + 1e-15))
    return float(n ** (1.0 - p / 2.0) * d ** (p / 2.0))


def root_leverage_rows(n: float, d: float, p: float, c: float, rounds: int) -> float:
    """Bound the rows after rounds with probabilities ``min(1, c tau_i^(p/2))``, in expectation.

    ``n -> min(n, c n^(1 - p/2) d^(p/2))``, whose fixed point is ``d c^(2/p)``. The map is
    concave in n, so that it bounds expectations by expectations.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import root_leverage_rows
    >>> round(root_leverage_rows(1e12, 2, 1, 10.0, 60)), 2 * 10**2
    (200, 200)
    """
    for _ in range(rounds):
        n = min(n, c * root_leverage_total(n, d, p))
    return float(n)


def online_leverage_total(sigma: Sequence[float], lam: float) -> float:
    """Bound the sum of online leverages by ``log2 det(I + A^T A/lam)``.

    Parameters
    ----------
    sigma : sequence of float
        Singular values of all rows that came.
    lam : float
        Positive.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import online_leverage_total
    >>> round(online_leverage_total([1.0, 1.0], 1.0), 12)
    2.0
    """
    lam = _real(lam, "lam", 0.0)
    # s^2/lam as the square of a quotient, and log(1 + q^2) for q of any size.
    root = math.sqrt(lam)
    terms = []
    for s in sigma:
        q = float(s) / root
        terms.append(2.0 * math.log(q) if q > 1e8 else math.log1p(q * q))
    return math.fsum(terms) / math.log(2.0)


def merge_reduce_error(error: float, levels: int) -> float:
    """Return the error of each of `levels` reductions, ``(1 + error)^(1/levels) - 1``.

    Reductions that keep norms within ``1 -+ e`` keep them within ``(1 - e)^levels`` and
    ``(1 + e)^levels`` together, which is within ``1 -+ error``.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import merge_reduce_error
    >>> round(merge_reduce_error(0.331, 3), 12)
    0.1
    """
    error, levels = _real(error, "error", 0.0, 1.0), int(_real(levels, "levels", 1, ends=True))
    return math.expm1(math.log1p(error) / levels)


def interval_product(intervals: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return what ratios of norms of reductions, one after the other, can be: the products.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import interval_product
    >>> interval_product([(0.5, 1.5), (0.5, 2.0)])
    (0.25, 3.0)
    """
    return math.prod(low for low, _ in intervals), math.prod(high for _, high in intervals)


def regression_factor(lower: float, upper: float) -> float:
    """Bound ``||A x' - b|| / min ||A x - b||`` by upper/lower, x' the minimizer for a sample.

    Parameters
    ----------
    lower, upper : float
        The distortion of the sample on the span of A and b.

    Examples
    --------
    >>> from linsub.sensitivity.bounds import regression_factor
    >>> regression_factor(0.5, 1.5)
    3.0
    """
    if not 0.0 <= lower <= upper:
        raise InvalidInputError(f"0 <= lower <= upper is needed, got {lower} and {upper}")
    return upper / lower if lower > 0.0 else math.inf
