"""Streams on which methods fail as formulas say, and what random order guarantees."""

from __future__ import annotations

import math

from linsub.errors import InvalidInputError

__all__ = [
    "block_concentration",
    "hard_rate_advantage",
    "hard_rate_cosine",
    "index_instance_cosine",
]


def block_concentration(eps: float, t: float, rho: float, lam1: float, d: int) -> float:
    """Bound the probability that one of t blocks misses M by ``eps lambda_1``.

    ``P(||t B^T B - M|| >= eps lambda_1) <= 2 d exp(-eps^2 lambda_1 / (2 (t - 1) rho (1 + eps/3)))``
    where B has each row of A with probability 1/t and no row has more than the squared norm rho.

    Parameters
    ----------
    eps : float
        Positive.
    t : float
        Above 1: the number of blocks.
    rho : float
        ``max ||a_i||^2``.
    lam1 : float
        lambda_1.
    d : int
        Dimension.

    Returns
    -------
    float
        At most 1.

    Notes
    -----
    Matrix Bernstein for ``sum (t b_i - 1) a_i a_i^T``: each term is at most ``(t - 1) rho``, and
    the variance at most ``(t - 1) rho lambda_1`` (for t >= 2; for smaller t the terms are at
    most rho). A random order gives blocks without replacement, for which
    the same bound holds.

    Examples
    --------
    >>> from linsub.streaming.bounds import block_concentration
    >>> bool(block_concentration(0.5, 4, 1.0, 1000.0, 100) < 1e-13)
    True
    """
    if not (eps > 0.0 and t > 1.0 and rho > 0.0 and lam1 > 0.0):
        raise InvalidInputError("eps, rho and lam1 must be positive and t above 1")
    largest = max(t - 1.0, 1.0)
    exponent = 0.5 * eps * eps * lam1 / (rho * ((t - 1.0) + largest * eps / 3.0))
    return min(1.0, 2.0 * d * math.exp(-exponent))


def hard_rate_advantage(eta: float, k: int, m: int) -> float:
    """Return what Oja with a fixed rate gains for e_1 on the stream that no fixed rate solves.

    ``k log(1 + eta) - m log(1 + eta / m)``: log of the factor by which the first entry of v_n
    grew beyond each of the others, on k copies of e_1 and m copies of e_i / sqrt(m), i > 1.

    Parameters
    ----------
    eta : float
        The rate.
    k, m : int
        As in :func:`linsub.testing.gallery.hard_fixed_rate`.

    Notes
    -----
    All updates commute. For large m the maximum is at ``eta = k - 1``, of size
    ``k log k - k + 1``: below ``log(d) / 2``, which a random start needs, while k is below
    about ``log d / log log d``.

    Examples
    --------
    >>> from linsub.streaming.bounds import hard_rate_advantage
    >>> round(hard_rate_advantage(2.0, 3, 1000), 4)
    1.2978
    """
    return k * math.log1p(eta) - m * math.log1p(eta / m)


def hard_rate_cosine(eta: float, k: int, m: int, first: float, rest: float) -> float:
    """Return ``cos^2(v_n, e_1)`` on that stream, of Oja with a fixed rate from a given start.

    ``g^2 / (g^2 + s exp(-2 adv))`` with the advantage of :func:`hard_rate_advantage`.

    Parameters
    ----------
    eta, k, m : float, int, int
    first, rest : float
        ``g^2``, the square of the first entry of the start, and s, the sum of the others'.

    Examples
    --------
    >>> from linsub.streaming.bounds import hard_rate_cosine
    >>> round(hard_rate_cosine(2.0, 3, 1000, 1.0, 999.0), 4)
    0.0132
    """
    weight = math.exp(max(-700.0, min(700.0, -2.0 * hard_rate_advantage(eta, k, m))))
    return first / (first + rest * weight)


def index_instance_cosine(beta2: float) -> float:
    """Return ``cos^2(q, v_1)`` of the last row of the index instance, all that is left of it.

    ``1 / (1 + (lambda - 1 - b)^2)`` with ``lambda = (2 + b + sqrt(b^2 + 4)) / 2``, b = beta^2:
    about ``1 - 1 / b^2``.

    Parameters
    ----------
    beta2 : float
        beta^2 > 0, the weight of the query.

    Notes
    -----
    In the span of the halves of the row that was asked for, M is ``[[1 + b, 1], [1, 1]] / 2``.
    The other rows are left out: they are nearly orthogonal.

    Examples
    --------
    >>> from linsub.streaming.bounds import index_instance_cosine
    >>> round(index_instance_cosine(8.0), 5)
    0.98507
    """
    if not beta2 > 0.0:
        raise InvalidInputError(f"beta2 must be positive, got {beta2}")
    # lambda - 1 - b without cancellation: (sqrt(b^2 + 4) - b) / 2.
    tangent = 2.0 / (math.hypot(beta2, 2.0) + beta2)
    return 1.0 / (1.0 + tangent * tangent)
