"""Laws of finite ensembles as formulas of their eigenvalues, in exact arithmetic.

Floating point numbers are fractions: what is returned is the truth about the numbers given,
rounded once. That is for a few eigenvalues; the samplers have algorithms of their own.
"""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = [
    "chosen_marginals",
    "chosen_sum",
    "down_up_gap",
    "log_symmetric_polynomial",
    "size_law",
    "size_moments",
]


def size_law(lam: Any) -> np.ndarray:
    """P(|S| = k) for k = 0 to n: the coefficients of ``prod (1 + lam_i z) / (1 + lam_i)``.

    Parameters
    ----------
    lam : array_like (n,)
        Eigenvalues of L, not negative.

    Notes
    -----
    |S| is the number of independent events with probabilities lam_i / (1 + lam_i).

    References
    ----------
    Hough, Krishnapur, Peres & Virag, Probab. Surveys 3 (2006), theorem 7.

    Examples
    --------
    >>> from linsub.dpp.bounds import size_law
    >>> size_law([1.0, 1.0])
    array([0.25, 0.5 , 0.25])
    """
    values = _fractions(lam)
    total = math.prod((1 + x for x in values), start=Fraction(1))
    return np.array([float(e / total) for e in _polynomials(values)])


def size_moments(lam: Any) -> tuple[float, float]:
    """E|S| = sum lam / (1 + lam) and Var|S| = sum lam / (1 + lam)^2.

    Parameters
    ----------
    lam : array_like (n,)
        Eigenvalues of L, not negative.

    Examples
    --------
    >>> from linsub.dpp.bounds import size_moments
    >>> size_moments([1.0, 3.0])
    (1.25, 0.4375)
    """
    values = _fractions(lam)
    mean = sum((x / (1 + x) for x in values), start=Fraction(0))
    variance = sum((x / (1 + x) ** 2 for x in values), start=Fraction(0))
    return float(mean), float(variance)


def log_symmetric_polynomial(lam: Any, k: int) -> float:
    """The logarithm of e_k(lam), the normalizer of the k-DPP; -inf if e_k = 0.

    Parameters
    ----------
    lam : array_like (n,)
        Not negative.
    k : int
        0 to n.

    References
    ----------
    Kulesza & Taskar, ICML 2011, (9): the sum of all k x k principal minors is e_k.

    Examples
    --------
    >>> from linsub.dpp.bounds import log_symmetric_polynomial
    >>> round(log_symmetric_polynomial([1e300, 1e300, 1.0], 2), 9)
    1381.551055796
    """
    values = _fractions(lam)
    e = _polynomials(values)[_size(k, len(values))]
    return math.log(e.numerator) - math.log(e.denominator) if e else -math.inf


def chosen_marginals(lam: Any, k: int) -> np.ndarray:
    """q_i = lam_i e_{k-1}(lam without lam_i) / e_k(lam), which sum to k.

    Parameters
    ----------
    lam : array_like (n,)
        Not negative, at least k of them positive.
    k : int
        0 to n.

    Notes
    -----
    The probability that the k-DPP chooses eigenvector i, by the sets that hold i.

    Examples
    --------
    >>> from linsub.dpp.bounds import chosen_marginals
    >>> chosen_marginals([1.0, 1.0, 2.0], 1)
    array([0.25, 0.25, 0.5 ])
    """
    values, k, e = _with_volume(lam, k)
    if k == 0:
        return np.zeros(len(values))
    rest = [_polynomials(values[:i] + values[i + 1 :])[k - 1] for i in range(len(values))]
    return np.array([float(x * r / e[k]) for x, r in zip(values, rest, strict=True)])


def chosen_sum(lam: Any, k: int) -> float:
    """E of the sum of the chosen eigenvalues: ``(e_1 e_k - (k + 1) e_{k+1}) / e_k``.

    Parameters
    ----------
    lam : array_like (n,)
        Not negative, at least k of them positive.
    k : int
        0 to n.

    Notes
    -----
    In e_1 e_k each set of k + 1 is counted k + 1 times, and what else there is has an index
    twice: ``sum over B of (sum of B) (product of B)``.

    Examples
    --------
    >>> from linsub.dpp.bounds import chosen_sum
    >>> chosen_sum([1.0, 2.0, 3.0], 3)
    6.0
    """
    values, k, e = _with_volume(lam, k)
    beyond = e[k + 1] if k < len(values) else Fraction(0)
    return float(sum(values, start=Fraction(0)) - (k + 1) * beyond / e[k])


def down_up_gap(k: int) -> float:
    """1 / k, below the spectral gap of the walk that exchanges one of k items.

    Parameters
    ----------
    k : int
        At least 1.

    Notes
    -----
    Of every k-DPP, and of every law on sets of k whose generating polynomial is log-concave.

    References
    ----------
    Anari, Liu, Oveis Gharan & Vinzant, STOC 2019, theorem 1.1.

    Examples
    --------
    >>> from linsub.dpp.bounds import down_up_gap
    >>> down_up_gap(4)
    0.25
    """
    size = _size(k, None)
    if size < 1:
        raise InvalidInputError(f"k must be at least 1, got {size}")
    return 1.0 / size


def _fractions(lam: Any) -> list[Fraction]:
    values = np.asarray(lam, dtype=np.float64)
    if values.ndim != 1:
        raise InvalidInputError(f"lam must have shape (n,), got {values.shape}")
    if not np.isfinite(values).all() or (values < 0.0).any():
        raise InvalidInputError("lam must be finite and not negative")
    return [Fraction(float(x)) for x in values]


def _polynomials(values: list[Fraction]) -> list[Fraction]:
    """e_0 to e_n."""
    e = [Fraction(1)]
    for x in values:
        e = [a + x * b for a, b in zip([*e, Fraction(0)], [Fraction(0), *e], strict=True)]
    return e


def _size(k: Any, high: int | None) -> int:
    try:
        size = operator.index(k)
    except TypeError:
        raise InvalidTypeError(f"k must be an integer, got {k!r}") from None
    if size < 0 or (high is not None and size > high):
        raise InvalidInputError(f"k must be in 0 .. {high}, got {size}")
    return size


def _with_volume(lam: Any, k: Any) -> tuple[list[Fraction], int, list[Fraction]]:
    values = _fractions(lam)
    size = _size(k, len(values))
    e = _polynomials(values)
    if not e[size]:
        raise InvalidInputError(f"fewer than k = {size} of lam are positive: e_k is 0")
    return values, size, e
