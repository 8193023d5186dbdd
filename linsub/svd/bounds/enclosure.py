"""What residuals and the norm of the rest say about a triple (U, S, V) of A.

Throughout, U and V have orthonormal columns, ``eta`` bounds the norm of what they leave,
``right = ||A V - U S||_2`` and ``left = ||A^H U - V S||_2``. In a basis that completes U
and V, A is the block matrix [[U^H A V, B], [C, E]] with ``||B|| <= left``, ``||C|| <= right``
and ``||E|| <= eta``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError
from linsub.svd.bounds._checks import as_nonnegative

__all__ = [
    "one_sided_spectral_error",
    "orthogonality_correction",
    "remaining_error",
    "sigma_enclosure",
    "sigma_linear",
    "sigma_quadratic",
    "sigma_upper",
    "subtraction_floor",
    "triple_frobenius_error",
    "triple_spectral_error",
    "triplet_radius",
]


def triplet_radius(right: float, left: float) -> float:
    """Radius of the interval around s that one triplet's residuals certify.

    For unit vectors u, v and s >= 0 with ``right = ||A v - s u||`` and
    ``left = ||A^H u - s v||``: some singular value of A lies within
    ``r = sqrt((right^2 + left^2) / 2)`` of s, **or** ``s <= r`` (if A is not square).

    Notes
    -----
    s with the unit vector (u, v)/sqrt(2) is an approximate eigenpair of
    H = [[0, A], [A^H, 0]] with residual r, so that an eigenvalue of the Hermitian H lies
    within r of s. Those of H are the numbers +sigma_i, -sigma_i and \\|m - n\\| zeros; a
    negative one is farther from s than its mirror image, and the zeros make the second
    case: A = (1, 0)^T, u = e_2, v = 1, s = 0 has r = sqrt(1/2), and the only singular value
    is 1. The maximum of the two residuals, which one also finds, is up to sqrt(2) larger.
    Neither the index nor completeness follows.

    References
    ----------
    Parlett, The Symmetric Eigenvalue Problem (1980), theorem 4.5.1, applied to H.
    """
    right, left = as_nonnegative(right, "right"), as_nonnegative(left, "left")
    largest = max(right, left)
    if largest == 0.0 or largest == np.inf:
        return largest
    return largest * float(np.sqrt(((right / largest) ** 2 + (left / largest) ** 2) / 2.0))


def triple_frobenius_error(norm: float, kept: float, mismatch: float = 0.0) -> float:
    """Error of the triple, ``||A - U S V^H||_F``, from three norms.

    ``||A - U S V^H||^2 = (||A||^2 - ||U^H A||^2) + ||U^H A - S V^H||^2`` for orthonormal U.
    The first term alone is the error of the subspace, ``||A - U U^H A||_F``: a triple that
    has not converged needs the second too.

    Parameters
    ----------
    norm, kept, mismatch : float
        ``||A||_F``, ``||U^H A||_F`` and ``||U^H A - S V^H||_F``. (From the right: V, A V and
        ``||A V - U S||_F``.)

    Notes
    -----
    Evaluated as ``(norm - kept)(norm + kept)``; rounding makes the difference uncertain by
    :func:`subtraction_floor`. Differences below zero count as zero.
    """
    rest = remaining_error(norm, kept)
    return float(np.hypot(rest, as_nonnegative(mismatch, "mismatch")))


def remaining_error(norm: float, kept: Any) -> float:
    """``sqrt(||A||_F^2 - sum_j ||B_j||_F^2)``, the error of an orthogonal decomposition.

    It is ``||A - Q B||_F`` for orthonormal Q and B = Q^H A in blocks (QB), and
    ``||A - U B V^H||_F`` for orthonormal U, V and B = U^H A V (Golub-Kahan, randUBV): the
    indicator of the algorithms that stop at an error.

    Parameters
    ----------
    norm : float
        ``||A||_F``.
    kept : float or array_like
        Norms of the blocks.

    References
    ----------
    Yu, Gu and Li, SIAM J. Matrix Anal. Appl. 39 (2018); Hallman, SIAM J. Matrix Anal. Appl.
    43 (2022).
    """
    norm = as_nonnegative(norm, "norm")
    sizes = np.abs(np.asarray(kept, dtype=np.float64)).ravel()
    if norm == 0.0 or norm == np.inf:
        return norm
    share = float(np.sqrt(np.sum(np.square(sizes / norm))))
    return norm * float(np.sqrt(max((1.0 - share) * (1.0 + share), 0.0)))


def subtraction_floor(norm: float, relative: float) -> float:
    """Error below which ``sqrt(||A||^2 - ||U^H A||^2)`` is rounding.

    Both squares are known to a relative `relative`, so the difference to
    ``2 relative ||A||^2`` and its root to ``sqrt(2 relative) ||A||``: about 1e-8 of the norm
    in double precision, 3e-4 in single.
    """
    return as_nonnegative(norm, "norm") * float(np.sqrt(2.0 * as_nonnegative(relative, "relative")))


def sigma_enclosure(S: Any, eta: float) -> tuple[np.ndarray, np.ndarray]:
    """Enclosure of sigma_i(A) by the singular values of ``U^H A``: C3.

    ``S_i <= sigma_i(A) <= sqrt(S_i^2 + eta^2)`` for i <= k with S the singular values of
    ``U^H A`` (or of ``A V``) and ``eta >= ||(I - U U^H) A||_2``.

    Returns
    -------
    lower, upper : ndarray (k,)

    Notes
    -----
    ``A^H A = (U^H A)^H (U^H A) + A^H (I - U U^H) A``: the second term is positive
    semidefinite with norm at most eta^2. The upper bound is attained (A = [[S], [eta]]).
    """
    values = np.asarray(S, dtype=np.float64)
    return values.copy(), np.hypot(values, as_nonnegative(eta, "eta"))


def sigma_upper(S: Any, r: float, eta: float) -> np.ndarray:
    """Upper bound of sigma_i(A), with the index right and without a gap.

    ``sigma_i(A) <= (S_i + eta) / 2 + sqrt(((S_i - eta) / 2)^2 + r^2)``, the norm of
    [[S_i, r], [r, eta]], for i <= k, where S descends and holds the singular values of
    ``U^H A V`` (or upper bounds of them), ``r >= max(left, right)`` and
    ``eta >= ||(I - U U^H) A (I - V V^H)||_2``. Together with ``sigma_i(A) >= S_i`` this is
    an enclosure.

    Notes
    -----
    By Courant and Fischer, sigma_i(A) is at most the norm of A on any subspace of
    codimension i - 1; take the one orthogonal to the first i - 1 right singular vectors of
    ``U^H A V``. On it A is a block matrix whose blocks have norms at most S_i, r, r and eta,
    and the norm of a block matrix is at most that of the matrix of its blocks' norms.

    It is never larger than the quadratic bound :func:`sigma_quadratic` of Li and Li, with
    which it agrees where the gap S_i - eta is positive, nor than ``max(S_i, eta) + r``
    (:func:`sigma_linear`). Attained for k = 1 by A = [[S, r], [r, eta]].
    """
    values = np.asarray(S, dtype=np.float64)
    r, eta = as_nonnegative(r, "r"), as_nonnegative(eta, "eta")
    if r == np.inf or eta == np.inf:
        return np.full(values.shape, np.inf)
    middle = values / 2.0 + eta / 2.0
    return np.asarray(middle + np.hypot(values / 2.0 - eta / 2.0, r))


def sigma_quadratic(S: Any, r: float, eta: float) -> np.ndarray:
    """Radius of Li and Li's interval around S_i: C4.

    ``|sigma_i(A) - S_i| <= 2 r^2 / (g_i + sqrt(g_i^2 + 4 r^2))`` with the gap
    ``g_i = S_i - eta`` positive, for U, V from Rayleigh-Ritz (``U^H A V = diag S``),
    ``r >= max(left, right)`` and ``eta >= ||(I - U U^H) A (I - V V^H)||_2``. +inf where the
    gap is not positive.

    Notes
    -----
    The square of the residual: this is why a residual of sqrt(eps) gives singular values to
    all digits. The lower half of the interval is never used: ``sigma_i(A) >= S_i``.

    References
    ----------
    Li and Li, Linear Algebra Appl. 395 (2005), theorem 2, applied to [[0, A], [A^H, 0]].
    """
    values = np.asarray(S, dtype=np.float64)
    r, eta = as_nonnegative(r, "r"), as_nonnegative(eta, "eta")
    gap = values - eta
    if r == 0.0:
        return np.where(gap > 0.0, 0.0, np.inf)
    if r == np.inf or eta == np.inf:
        return np.full(values.shape, np.inf)
    safe = np.where(gap > 0.0, gap, 1.0)
    return np.where(gap > 0.0, 2.0 * r / (safe / r + np.hypot(safe / r, 2.0)), np.inf)


def sigma_linear(S: Any, r: float, eta: float) -> tuple[np.ndarray, np.ndarray]:
    """Enclosure that needs no gap: C4'.

    ``S_i - r <= sigma_i(A) <= max(S_i, eta) + r`` for i <= k, with r and eta as in
    :func:`sigma_quadratic`, also where S_i is below eta (a cluster at the cut).

    Returns
    -------
    lower, upper : ndarray (k,)

    Notes
    -----
    Weyl's inequality: without B and C the singular values are those of S and of E.
    """
    values = np.asarray(S, dtype=np.float64)
    r, eta = as_nonnegative(r, "r"), as_nonnegative(eta, "eta")
    return np.maximum(values - r, 0.0), np.maximum(values, eta) + r


def triple_spectral_error(eta: float, right: float, left: float) -> float:
    """Spectral error of the triple: ``||A - U S V^H||_2 <= sqrt(eta^2 + right^2 + left^2)``.

    Parameters
    ----------
    eta : float
        At least ``||(I - U U^H) A (I - V V^H)||_2``.
    right, left : float
        At least ``||A V - U S||_2`` and ``||A^H U - V S||_2`` (their Frobenius norms will do).

    Notes
    -----
    In completed bases the error is [[D, B], [C, E]]. Its first block column is A V - U S and
    has norm at most right; the second, [B; E], has norm at most sqrt(left^2 + eta^2), since
    [D, B] is A^H U - V S.
    """
    return float(
        np.hypot(
            as_nonnegative(eta, "eta"),
            np.hypot(as_nonnegative(right, "right"), as_nonnegative(left, "left")),
        )
    )


def one_sided_spectral_error(eta: float, residual: float) -> float:
    """Spectral error of a triple whose one side is deflated: sqrt(eta^2 + residual^2).

    With ``eta >= ||A (I - V V^H)||_2`` and ``residual >= ||A V - U S||_2``,
    ``A - U S V^H = A (I - V V^H) + (A V - U S) V^H`` has two terms with orthogonal row
    spaces. Only V need be orthonormal. (From the left: ``||(I - U U^H) A||_2`` and
    ``||A^H U - V S||_2``.)
    """
    return float(np.hypot(as_nonnegative(eta, "eta"), as_nonnegative(residual, "residual")))


def orthogonality_correction(top: float, left_defect: float, right_defect: float) -> float:
    """How much ``U S V^H`` moves when U and V are replaced by their polar factors.

    With ``d_U = ||U^H U - I||_2 < 1`` and d_V likewise there are orthonormal U0 and V0 (the
    polar factors) with ``||U - U0||_2 <= d_U``, and
    ``||U S V^H - U0 S V0^H||_2 <= S_1 (d_U sqrt(1 + d_V) + d_V)``. A bound for orthonormal
    factors holds for the computed ones when this is added to it; of the residuals, right
    moves by at most ``||A|| d_V + S_1 d_U``, and left likewise.

    Parameters
    ----------
    top : float
        S_1, the largest entry of S.
    left_defect, right_defect : float
        d_U and d_V; the result is +inf where one is 1 or more.

    Notes
    -----
    The singular values of U lie in [sqrt(1 - d), sqrt(1 + d)], and
    ``|s - 1| = |s^2 - 1| / (s + 1) <= d``.
    """
    d, e = as_nonnegative(left_defect, "left_defect"), as_nonnegative(right_defect, "right_defect")
    top = as_nonnegative(top, "top")
    if d >= 1.0 or e >= 1.0:
        return np.inf
    if top == np.inf:
        raise InvalidInputError("top is infinite: S must be finite")
    return top * (d * float(np.sqrt(1.0 + e)) + e)
