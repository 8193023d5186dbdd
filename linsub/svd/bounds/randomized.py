"""What a random sketch is expected to lose: range finders, power schemes, one pass.

Gaussian sketches throughout. The constants are those of real sketches; complex ones lose
less, so that each bound holds for them too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError
from linsub.svd.bounds._checks import as_count, as_spectrum
from linsub.svd.bounds.perturbation import tails

__all__ = [
    "deviation_failure",
    "generalized_nystrom",
    "rangefinder_frobenius",
    "rangefinder_frobenius_deviation",
    "rangefinder_power",
    "rangefinder_spectral",
    "rangefinder_spectral_deviation",
    "single_pass",
    "subspace_iteration_factor",
    "truncated_after",
]


def _split(sigma: Any, columns: int, rank: int | None, gap: int) -> tuple[np.ndarray, int, range]:
    """Return the spectrum, the columns, and the ranks r with columns - r >= gap to try."""
    values, columns = as_spectrum(sigma), as_count(columns, "columns", gap)
    if rank is not None:
        rank = as_count(rank, "rank", 0, columns - gap)
        return values, columns, range(rank, rank + 1)
    return values, columns, range(min(columns - gap, values.size) + 1)


def rangefinder_frobenius(
    sigma: Any, columns: int, *, power: int = 1, rank: int | None = None
) -> float:
    """Expected squared error of a Gaussian range finder, ``E ||A - Q Q^H A||_F^2``.

    At most ``min_r (1 + (sigma_{r+1} / sigma_r)^(2 s - 2) r / (l - r - 1)) tail_r^2`` over
    r <= l - 2, where Q is an orthonormal basis of ``(A A^H)^((s-1)/2) A Omega``, Omega has l
    Gaussian columns (for even s, a basis of ``(A A^H)^(s/2) Omega``).

    Parameters
    ----------
    sigma : array_like (n,)
        Singular values of A, descending, padded to min(m, n).
    columns : int
        The l of the formula, at least 2.
    power : int, optional
        The s of the formula: products with A or A^H from the sketch to the basis. 1 is the
        plain range finder; q power iterations make it 2 q + 1.
    rank : int, optional
        Take this r alone. The bound at r then holds also for the best approximation of rank
        r in the range of Q, truncated from Q Q^H A.

    Notes
    -----
    For s = 1 and one r it is theorem 10.5 of Halko, Martinsson and Tropp with k = r,
    p = l - r, before Jensen's inequality takes the root. The minimum is free: the theorem
    holds for every split of l. For s > 1: with A = U diag(Sigma_1, Sigma_2) V^H, the range
    contains that of U [I; F], F = Sigma_2^s Omega_2 Omega_1^+ Sigma_1^-s, hence
    ``||A - Q Q^H A||_F^2 <= tail_r^2 + ||F Sigma_1||_F^2``, and
    ``E ||Sigma_2 Omega_2 Omega_1^+||_F^2 = tail_r^2 r / (l - r - 1)``.
    """
    power = as_count(power, "power", 1)
    values, columns, ranks = _split(sigma, columns, rank, 2)
    rest = tails(values)
    best = np.inf
    for r in ranks:
        error = rest[min(r, values.size)]
        ratio = 1.0
        if 0 < r < values.size:
            ratio = values[r] / values[r - 1] if values[r - 1] > 0.0 else 0.0
        with np.errstate(under="ignore"):
            factor = 1.0 + ratio ** (2 * power - 2) * r / (columns - r - 1)
        best = min(best, float(factor * error * error))
    return best


def rangefinder_spectral(sigma: Any, columns: int, *, rank: int | None = None) -> float:
    """Expected spectral error of a Gaussian range finder, ``E ||A - Q Q^H A||_2``.

    At most ``(1 + sqrt(r / (p - 1))) sigma_{r+1} + e sqrt(l) / p tail_r``, p = l - r >= 2,
    minimized over r unless `rank` is given.

    Parameters
    ----------
    sigma, columns, rank
        As in :func:`rangefinder_frobenius`.

    References
    ----------
    Halko, Martinsson and Tropp, SIAM Review 53 (2011), theorem 10.6.
    """
    values, columns, ranks = _split(sigma, columns, rank, 2)
    rest = tails(values)
    best = np.inf
    for r in ranks:
        p = columns - r
        head = values[r] if r < values.size else 0.0
        error = (1.0 + np.sqrt(r / (p - 1.0))) * head
        error += np.e * np.sqrt(columns) / p * rest[min(r, values.size)]
        best = min(best, float(error))
    return best


def rangefinder_power(sigma: Any, columns: int, power: int, *, rank: int | None = None) -> float:
    """Expected spectral error with power iterations, ``E ||A - Q Q^H A||_2``.

    The s-th root of :func:`rangefinder_spectral` for the spectrum sigma^s, where Q is a
    basis of ``(A A^H)^((s-1)/2) A Omega``.

    Parameters
    ----------
    sigma, columns, rank
        As in :func:`rangefinder_frobenius`.
    power : int
        The s of the formula, at least 1; q power iterations make it 2 q + 1.

    Notes
    -----
    ``||(I - P) A||^s <= ||(I - P) B||`` for B with the left singular vectors of A and the
    values sigma^s and any orthogonal projector P (for even s from
    ``||P C P||^t <= ||P C^t P||``), then Jensen's inequality.

    References
    ----------
    Halko, Martinsson and Tropp (2011), corollary 10.10; s odd there.
    """
    power = as_count(power, "power", 1)
    values = as_spectrum(sigma)
    largest = float(values[0]) if values.size else 0.0
    if largest == 0.0:
        as_count(columns, "columns", 2)
        return 0.0
    with np.errstate(under="ignore"):
        powered = (values / largest) ** power
    return float(largest * rangefinder_spectral(powered, columns, rank=rank) ** (1.0 / power))


def subspace_iteration_factor(rank: int, columns: int, short: int, power: int) -> float:
    """Gap-free factor of subspace iteration: ``E ||A - Q Q^H A||_2 <= factor sigma_{k+1}``.

    ``(1 + sqrt(k / (p - 1)) + e sqrt(k + p) / p sqrt(min(m, n) - k))^(1/s)`` is
    1 + O(log n / s) whatever the spectrum: the rate of subspace iteration without a gap.

    Parameters
    ----------
    rank, columns : int
        k and l = k + p, p >= 2.
    short : int
        min(m, n).
    power : int
        The s of :func:`rangefinder_power`.

    References
    ----------
    Halko, Martinsson and Tropp (2011), corollary 10.10.
    """
    power, columns = as_count(power, "power", 1), as_count(columns, "columns", 2)
    rank, short = as_count(rank, "rank", 0, columns - 2), as_count(short, "short", 0)
    p = columns - rank
    base = 1.0 + np.sqrt(rank / (p - 1.0))
    base += np.e * np.sqrt(columns) / p * np.sqrt(max(short - rank, 0))
    return float(base ** (1.0 / power))


def deviation_failure(oversampling: int, u: float, t: float) -> float:
    """Failure probability of the deviation bounds: ``2 t^-p + exp(-u^2 / 2)``, at most 1."""
    p = as_count(oversampling, "oversampling", 4)
    _check_deviation(u, t)
    return min(1.0, float(2.0 * t ** (-float(p)) + np.exp(-0.5 * u * u)))


def rangefinder_frobenius_deviation(
    sigma: Any, rank: int, columns: int, u: float, t: float
) -> float:
    """Bound on ``||A - Q Q^H A||_F`` that fails as :func:`deviation_failure` says.

    ``(1 + t sqrt(3 k / (p + 1))) tail_k + u t e sqrt(k + p) / (p + 1) sigma_{k+1}``,
    p = columns - rank >= 4 and u, t >= 1.

    Notes
    -----
    Rests on ``P(||G^+||_F > t sqrt(3 k / (p + 1))) <= t^-p`` and
    ``P(||G^+||_2 > t e sqrt(k + p) / (p + 1)) <= t^-(p+1)`` for a k x (k + p) Gaussian G,
    and on the concentration of Lipschitz functions of Gaussians.

    References
    ----------
    Halko, Martinsson and Tropp (2011), theorem 10.7, in the constants of arXiv 0909.4061v2.
    """
    values, frobenius, spectral = _deviation(sigma, rank, columns, u, t)
    head = values[rank] if rank < values.size else 0.0
    rest = tails(values)[min(rank, values.size)]
    return float((1.0 + t * frobenius) * rest + u * t * spectral * head)


def rangefinder_spectral_deviation(
    sigma: Any, rank: int, columns: int, u: float, t: float
) -> float:
    """Bound on ``||A - Q Q^H A||_2`` that fails as :func:`deviation_failure` says.

    ``(1 + t sqrt(3 k / (p + 1)) + u t e sqrt(k + p) / (p + 1)) sigma_{k+1}
    + t e sqrt(k + p) / (p + 1) tail_k``.

    References
    ----------
    Halko, Martinsson and Tropp (2011), theorem 10.8, in the constants of arXiv 0909.4061v2.
    """
    values, frobenius, spectral = _deviation(sigma, rank, columns, u, t)
    head = values[rank] if rank < values.size else 0.0
    rest = tails(values)[min(rank, values.size)]
    return float((1.0 + t * frobenius + u * t * spectral) * head + t * spectral * rest)


def _deviation(
    sigma: Any, rank: int, columns: int, u: float, t: float
) -> tuple[np.ndarray, float, float]:
    values, columns = as_spectrum(sigma), as_count(columns, "columns", 4)
    rank = as_count(rank, "rank", 0, columns - 4)
    _check_deviation(u, t)
    p = columns - rank
    return values, np.sqrt(3.0 * rank / (p + 1.0)), np.e * np.sqrt(columns) / (p + 1.0)


def _check_deviation(u: float, t: float) -> None:
    if not (u >= 1.0 and t >= 1.0):
        raise InvalidInputError(f"u and t must be at least 1, got u={u}, t={t}")


def single_pass(sigma: Any, width: int, core: int, *, complex_sketch: bool = False) -> float:
    """Expected squared error of the three-sketch approximation of one pass.

    ``E ||A - A^||_F^2 <= (s - a) / (s - k - a) min_{r < k - a} (k + r - a) / (k - r - a)
    tail_r^2`` with a = 1 for real sketches and 0 for complex ones.

    Parameters
    ----------
    sigma : array_like (n,)
        Singular values of A, descending.
    width, core : int
        k and s of the formula, s >= 2 k + a; before any truncation of A^.
    complex_sketch : bool, optional

    References
    ----------
    Tropp, Yurtsever, Udell and Cevher, SIAM J. Sci. Comput. 41 (2019), theorem 5.1.
    """
    a = 0 if complex_sketch else 1
    values, k = as_spectrum(sigma), as_count(width, "width", a + 1)
    s = as_count(core, "core", 2 * k + a)
    rest = tails(values)
    best = min((k + r - a) / (k - r - a) * rest[min(r, values.size)] ** 2 for r in range(k - a))
    return float((s - a) / (s - k - a) * best)


def generalized_nystrom(sigma: Any, columns: int, rows: int) -> float:
    """Expected squared error of ``A Omega (Psi^H A Omega)^+ Psi^H A``.

    ``E ||A - A^||_F^2 = (1 + k / (s - k - 1)) E ||A - Q Q^H A||_F^2`` with k columns in Omega
    and s in Psi, s >= k + 2: what a range finder of k columns loses
    (:func:`rangefinder_frobenius`), and its oblique projection k / (s - k - 1) times that
    again.

    Notes
    -----
    A^ is Q (Psi^H Q)^+ Psi^H A with Q the basis of A Omega. Its error is the sum of
    (I - Q Q^H) A and of Q (Psi^H Q)^+ (Psi^H Q_perp) (Q_perp^H A), which are orthogonal. Given
    Q, the two sketches Psi^H Q and Psi^H Q_perp are independent and Gaussian, so the second
    has the expected square ``||Q_perp^H A||_F^2 E ||(Psi^H Q)^+||_F^2``, and the last factor
    is k / (s - k - 1).

    References
    ----------
    Nakatsukasa, arXiv 2009.11392 (2020).
    """
    k = as_count(columns, "columns", 2)
    s = as_count(rows, "rows", k + 2)
    return (1.0 + k / (s - k - 1.0)) * rangefinder_frobenius(sigma, k)


def truncated_after(error: float, rest: float) -> float:
    """Error after cutting an approximation to rank r: ``||A - [A^]_r|| <= tail_r + 2 error``.

    ``error`` is ``||A - A^||`` in a unitarily invariant norm and `rest` the tail of A at r in
    the same norm: [A^]_r is at least as near to A^ as A_r is.
    """
    return float(rest) + 2.0 * float(error)
