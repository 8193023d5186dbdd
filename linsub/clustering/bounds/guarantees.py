"""When self-expression finds no wrong neighbours, and when subspaces are found at all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = [
    "inradius_from_design",
    "phase_transition_distance",
    "preserves_by_dual_directions",
    "preserves_by_projections",
    "recovery_error",
]


_EPS = float(np.finfo(np.float64).eps)


def preserves_by_projections(outside: Any, inradius: Any, dim: int) -> np.ndarray:
    """Return for each class whether ``max over other points ||U^T x|| < inradius``.

    Then every step of orthogonal matching pursuit, and the support of basis pursuit, stay within
    the class: a unit vector v of the subspace has an in-class correlation of at least the
    inradius and an outside one of at most ``||U^T x||``. The inequality must hold by more than
    the rounding of its left side, ``8 D eps``.

    Parameters
    ----------
    outside : array_like of shape (L,)
        The largest norm of a projection of another class's unit point.
    inradius : array_like of shape (L,)
        A lower bound on the inradius of the class's points, the least when one of them is left
        out.
    dim : int
        D, the features.
    """
    room = np.asarray(inradius, float) - np.asarray(outside, float)
    return np.asarray(room > 8.0 * dim * _EPS)


def preserves_by_dual_directions(incoherence: Any, inradius: Any, dim: int) -> np.ndarray:
    """Return for each class whether its dual directions are less coherent than its inradius.

    Soltanolkotabi and Candes (2012): then noiseless basis pursuit has no false connection. The
    inequality must hold by more than the rounding of its left side, ``8 D eps``.

    Parameters
    ----------
    incoherence : array_like of shape (L,)
        ``max over points x of other classes and i in class l of |<v_i, x>|``, v_i the unit dual
        directions.
    inradius : array_like of shape (L,)
        As for :func:`preserves_by_projections`.
    dim : int
        D, the features.
    """
    room = np.asarray(inradius, float) - np.asarray(incoherence, float)
    return np.asarray(room > 8.0 * dim * _EPS)


def inradius_from_design(least_eigenvalue: float, dim: int, count: int) -> float:
    """Return ``sqrt(lambda_min(sum_j w_j x_j x_j^T))``, a lower bound for weights that sum to 1.

    ``max_j <v, x_j>^2 >= sum_j w_j <v, x_j>^2`` for every v. Weights that are all 1 / n make it
    ``sigma_min / sqrt(n)``.

    Parameters
    ----------
    least_eigenvalue : float
        As it was computed for points of norm at most 1.
    dim, count : int
        Of the points; they enter the rounding, ``(4 d + 2 n) eps`` of the eigenvalue.
    """
    rounding = (4.0 * dim + 2.0 * count) * _EPS
    return math.sqrt(max(0.0, least_eigenvalue - rounding))


def phase_transition_distance(n_samples: int, dim: int, ambient: int) -> float:
    """Return how far from the truth the farthest optimal fit is, without noise.

    ``||U U^T - V V^T||_F = sqrt(2 min(d - N, n - d))`` for N < d samples in general position, 0
    for d or more (Wang et al. 2024): an optimal U holds the samples, and the rest of it is free.

    Parameters
    ----------
    n_samples, dim, ambient : int
        N, d and n, with ``d <= n``.
    """
    if n_samples >= dim:
        return 0.0
    return math.sqrt(2.0 * min(dim - n_samples, ambient - dim))


def recovery_error(
    noise: float, singular_value: float, dim: int, ambient: int, *, rounding: float = 0.0
) -> float:
    """Return a bound on ``||U U^T - V V^T||_F`` for the best fit of d dimensions to noisy samples.

    ``sqrt(2) ||E||_F / sigma_d(X + E)``, and never more than ``sqrt(2 min(d, n - d))``: the d
    leading right singular vectors U of X + E have ``S U^T (I - V V^T) = W^T E (I - V V^T)``, with
    W the left ones (Wedin's theorem, where X has rank d and no further singular value).

    Parameters
    ----------
    noise : float
        ``||E||_F``.
    singular_value : float
        The d-th of the noisy samples, as it is measured.
    dim, ambient : int
        d and n.
    rounding : float, optional
        Of both, absolute.
    """
    most = math.sqrt(2.0 * min(dim, ambient - dim))
    below = singular_value - rounding
    if below <= 0.0:
        return most
    return min(most, math.sqrt(2.0) * (noise + rounding) / below)
