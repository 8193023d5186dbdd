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


def preserves_by_projections(outside: Any, inradius: Any) -> np.ndarray:
    """Return for each class whether ``max over other points ||U^T x|| < inradius``.

    Then every step of orthogonal matching pursuit, and the support of basis pursuit, stay within
    the class: a unit vector v of the subspace has an in-class correlation of at least the
    inradius and an outside one of at most ``||U^T x||``.

    Parameters
    ----------
    outside : array_like of shape (L,)
        The largest norm of a projection of another class's unit point.
    inradius : array_like of shape (L,)
        A lower bound on the inradius of the class's points, the least when one of them is left
        out.
    """
    return np.asarray(np.asarray(outside, float) < np.asarray(inradius, float))


def preserves_by_dual_directions(incoherence: Any, inradius: Any) -> np.ndarray:
    """Return for each class whether its dual directions are less coherent than its inradius.

    Soltanolkotabi and Candes (2012): then noiseless basis pursuit has no false connection.

    Parameters
    ----------
    incoherence : array_like of shape (L,)
        ``max over points x of other classes and i of |<v_i, x>|``, v_i the unit dual
        directions.
    inradius : array_like of shape (L,)
    """
    return np.asarray(np.asarray(incoherence, float) < np.asarray(inradius, float))


def inradius_from_design(least_eigenvalue: float, dim: int) -> float:
    """Return ``sqrt(lambda_min(sum_j w_j x_j x_j^T))``, a lower bound for weights that sum to 1.

    ``max_j <v, x_j>^2 >= sum_j w_j <v, x_j>^2`` for every v.

    Parameters
    ----------
    least_eigenvalue : float
        As it was computed for points of norm 1.
    dim : int
        Of the points; enters the rounding.
    """
    rounding = 4.0 * dim * float(np.finfo(np.float64).eps)
    return math.sqrt(max(0.0, least_eigenvalue - rounding))


def phase_transition_distance(n_samples: int, dim: int, ambient: int) -> float:
    """Return how far the subspace of some optimal fit is from the truth, without noise.

    ``||U U^T - V V^T||_F = sqrt(2 min(d - N, n - d))`` for fewer than d samples in general
    position, 0 for d or more (Wang et al. 2024).

    Parameters
    ----------
    n_samples, dim, ambient : int
        N, d and n.
    """
    if n_samples >= dim:
        return 0.0
    return math.sqrt(2.0 * min(dim - n_samples, ambient - dim))


def recovery_error(noise: float, least_singular_value: float) -> float:
    """Return a bound on ``||U U^T - V V^T||_F`` for the best fit of d dimensions to noisy samples.

    ``2 sqrt(2) ||E||_F / sigma_d`` (Wedin with the gap of a clean matrix of rank d: at most
    ``sqrt(2) ||E||_F / (sigma_d - ||E||_2)``, and never more than ``sqrt(2 d)``).

    Parameters
    ----------
    noise : float
        ``||E||_F``.
    least_singular_value : float
        The d-th of the clean samples.
    """
    if least_singular_value <= 0.0:
        return math.inf
    return 2.0 * math.sqrt(2.0) * noise / least_singular_value
