"""Bases, projectors and nearest orthogonal matrices: what is known of them in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = [
    "complement_rounding",
    "energy_additions",
    "oblique_norm",
    "orthogonality_rounding",
    "polar_distance",
    "polar_enclosure",
    "polar_perturbation",
    "procrustes_residual",
    "projector_difference",
    "projector_eigenvalues",
    "rounded_basis",
]

# Roundings of one sum of products of n terms in units of sqrt(n) eps times the norms: Higham &
# Mary 2019, for sums in any order. A factorization or two projections are a few of them.
_STEP = 4.0


def orthogonality_rounding(n: int, k: int, eps: float) -> float:
    """Rounding of ``||Q^H Q - I||_F`` for k unit columns of length n.

    ``4 sqrt(n) eps k``: the k^2 inner products of length n are off by ``4 sqrt(n) eps`` each.
    It is what measuring adds, and what Householder's QR and two projections stay below.

    References
    ----------
    Higham and Mary, "A new approach to probabilistic rounding error analysis", SISC 2019.

    Examples
    --------
    >>> from linsub.geometry.bounds import orthogonality_rounding
    >>> orthogonality_rounding(100, 5, 2.0**-52) < 1e-13
    True
    """
    return _STEP * float(np.sqrt(max(n, 1))) * eps * k


def rounded_basis(n: int, k: int, eps: float) -> float:
    """``||Q^H Q - I||_F`` of k orthonormal columns of length n that are rounded to a type.

    ``sqrt(k) eps (1 + eps)``: the rounding E has ``||E||_F <= sqrt(k) eps / 2``, and it enters
    as ``Q^H E + E^H Q + E^H E``. To it comes what the columns lacked in double precision,
    :func:`orthogonality_rounding`, which is all for a type as fine as that.
    """
    double = float(np.finfo(np.float64).eps)
    before = orthogonality_rounding(n, k, double)
    return before if eps <= double else before + float(np.sqrt(k)) * eps * (1.0 + eps)


def complement_rounding(n: int, k: int, norm: float, eps: float) -> float:
    """What projected updates leave along k protected directions of length n.

    ``4 sqrt(n k) eps norm``, where `norm` is the sum of the Frobenius norms of all that was
    rounded: each update, and the matrix each time that one was added to it.
    """
    return _STEP * float(np.sqrt(max(n, 1) * max(k, 1))) * eps * norm


def energy_additions(sigma: Any, energy: float) -> int:
    """Fewest directions with which a basis holds a share of the energy of a block.

    The smallest k with ``1 - sum_{i>k} s_i^2 >= energy``, where s are the singular values of
    the block's remainder beyond the basis over the Frobenius norm of the block.

    Parameters
    ----------
    sigma : array_like (b,)
        Descending, of norm at most 1: a norm below 1 says that the basis holds some already.
    energy : float
        In [0, 1].

    Notes
    -----
    ``||X||^2 = ||Q^H X||^2 + ||X - Q Q^H X||^2``, and k more directions take at most the k
    largest singular values off the second (Eckart-Young). The tails are summed from the
    small end.

    References
    ----------
    Saha, Garg and Roy, "Gradient projection memory for continual learning", ICLR 2021.

    Examples
    --------
    >>> from linsub.geometry.bounds import energy_additions
    >>> energy_additions([0.99498, 0.0995, 0.00995], 0.98)
    1
    """
    s = _spectrum(sigma)
    tails = np.cumsum(np.square(s)[::-1])[::-1]
    return int(np.count_nonzero(tails > 1.0 - energy))


def oblique_norm(cosine: float) -> float:
    """``||P||_2 = 1 / cos theta_max`` of a projector, infinite at a right angle.

    theta_max is the largest angle between range(P) and kernel(P)-perp. For ranks between 0
    and n it is ``||I - P||_2`` too.
    """
    return 1.0 / cosine if cosine > 0.0 else np.inf


def projector_difference(angles: Any, p: int, q: int) -> float:
    """``||P_X - P_Y||_2`` from the principal angles of subspaces of dimensions p and q.

    ``sin theta_max`` where p = q, and 1 where they differ.
    """
    theta = _spectrum(angles, "angles", descending=False)
    if p != q:
        return 1.0
    return float(np.sin(theta[-1])) if theta.size else 0.0


def projector_eigenvalues(angles: Any, p: int, q: int, n: int) -> np.ndarray:
    """Return the n eigenvalues of ``P_X - P_Y``, descending.

    ``+sin theta_i`` and ``-sin theta_i`` for each of the min(p, q) principal angles, p - q times
    1 (or q - p times -1), and zeros; p + q <= n.
    """
    sines = np.sin(_spectrum(angles, "angles", descending=False))
    extra = np.full(abs(p - q), 1.0 if p > q else -1.0)
    zeros = np.zeros(n - 2 * sines.size - extra.size)
    return np.sort(np.concatenate([sines, -sines, extra, zeros]))[::-1]


def polar_distance(sigma: Any, rank: int | None = None, flipped: bool = False) -> float:
    """Frobenius distance of a matrix to the nearest partial isometry of a rank.

    ``(sum_{i<=r} (sigma_i - 1)^2 + sum_{i>r} sigma_i^2)^(1/2)``.

    Parameters
    ----------
    sigma : array_like (n,)
        Singular values, descending.
    rank : int, optional
        In 0 .. n, all of them by default: orthonormal columns (or rows).
    flipped : bool, optional
        The determinant that is asked for is not that of the polar factor: the
        smallest singular vector changes its sign, and ``(sigma_n + 1)^2`` counts.

    References
    ----------
    Fan and Hoffman 1955; Higham, "Functions of Matrices", theorem 8.4.
    """
    s = _spectrum(sigma)
    r = s.size if rank is None else rank
    if not 0 <= r <= s.size:
        raise InvalidInputError(f"rank is {r} and there are {s.size} singular values")
    target = np.where(np.arange(s.size) < r, 1.0, 0.0)
    if flipped and s.size:
        target[-1] = -1.0
    return _norm(s - target)


def polar_enclosure(defect: float, sigma_max: float, sigma_min: float) -> tuple[float, float]:
    """``||A - Q||_2`` of the unitary polar factor Q, from ``||A^H A - I||_2``, on both sides.

    ``||A^H A - I|| / (sigma_max + 1) <= ||A - Q|| <= ||A^H A - I|| / (sigma_min + 1)``.

    Notes
    -----
    ``A = Q H``, ``||A - Q|| = ||H - I||`` and ``A^H A - I = (H - I)(H + I)``, where the
    eigenvalues of H + I lie between sigma_min + 1 and sigma_max + 1.

    References
    ----------
    Higham, "Functions of Matrices", SIAM 2008, lemma 8.17.
    """
    return defect / (sigma_max + 1.0), defect / (sigma_min + 1.0)


def polar_perturbation(norm: float, sigma_min: float, sigma_min_moved: float) -> float:
    """How far the unitary polar factor of a square matrix moves under ``||E||_F``.

    ``||Q - Q~||_F <= 2 ||E||_F / (sigma_min + sigma~_min)``; infinite where both vanish.

    References
    ----------
    R.-C. Li, "New perturbation bounds for the unitary polar factor", SIMAX 1995.
    """
    total = sigma_min + sigma_min_moved
    return 2.0 * (norm / total) if total > 0.0 else np.inf


def procrustes_residual(
    norm_a: float, norm_b: float, sigma: Any, *, scale: bool = False, flipped: bool = False
) -> float:
    """``min ||s A R - B||_F`` over unitary R, and over s >= 0 where `scale`.

    With ``t = sum sigma_i(A^H B)``, less ``2 sigma_n`` where `flipped`:
    ``(||A||^2 + ||B||^2 - 2 t)^(1/2)``, or ``(||B||^2 - max(t, 0)^2 / ||A||^2)^(1/2)``.

    Parameters
    ----------
    norm_a, norm_b : float
        Frobenius norms.
    sigma : array_like (n,)
        Singular values of ``A^H B``, descending.
    scale, flipped : bool, optional
        `flipped`: the determinant asked for is not that of the polar factor.

    References
    ----------
    Schoenemann, Psychometrika 1966; Golub and Van Loan, "Matrix Computations", 6.4.1.
    """
    s = _spectrum(sigma)
    trace = float(s.sum()) - (2.0 * float(s[-1]) if flipped and s.size else 0.0)
    if not scale:
        return float(np.sqrt(max((norm_a - norm_b) ** 2 + 2.0 * (norm_a * norm_b - trace), 0.0)))
    share = max(trace, 0.0) / norm_a if norm_a > 0.0 else 0.0
    return float(np.sqrt(max((norm_b - share) * (norm_b + share), 0.0)))


def _norm(x: np.ndarray) -> float:
    """Return the Euclidean norm at any scale."""
    peak = float(np.abs(x).max(initial=0.0))
    if peak == 0.0 or not np.isfinite(peak):
        return peak
    return peak * float(np.sqrt(np.sum(np.square(x / peak))))


def _spectrum(x: Any, name: str = "sigma", descending: bool = True) -> np.ndarray:
    values = np.asarray(x, dtype=np.float64)
    if values.ndim != 1 or not (np.isfinite(values).all() and (values >= 0.0).all()):
        raise InvalidInputError(f"{name} must be a vector of finite numbers, none negative")
    steps = np.diff(values) if not descending else -np.diff(values)
    if np.any(steps < 0.0):
        order = "descend" if descending else "ascend"
        raise InvalidInputError(f"{name} must {order}; sort it")
    return values
