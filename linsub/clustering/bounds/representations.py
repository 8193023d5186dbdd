"""Closed forms of representations by least squares and by low rank."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["ridge_filter", "shrunk_objective", "shrunk_representation"]


def ridge_filter(sigma: Any, alpha: float) -> Any:
    """Return ``sigma^2 / (sigma^2 + alpha)``, the eigenvalues of ``G (G + alpha I)^-1``.

    Parameters
    ----------
    sigma : array_like
        Singular values of the samples.
    alpha : float
        Positive.
    """
    ratio = np.sqrt(alpha) / np.maximum(np.asarray(sigma, dtype=np.float64), 1e-300)
    return 1.0 / (1.0 + ratio * ratio)


def shrunk_representation(sigma: Any, tau: float) -> Any:
    """Return ``max(0, 1 - 1 / (tau sigma^2))``, the eigenvalues of the low-rank representation.

    Parameters
    ----------
    sigma : array_like
        Singular values of the samples, not negative.
    tau : float
        Positive or infinite.
    """
    s = np.asarray(sigma, dtype=np.float64)
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1.0 / (np.sqrt(tau) * s)
        return np.where(inverse < 1.0, 1.0 - inverse * inverse, 0.0)


def shrunk_objective(sigma: Any, tau: float) -> float:
    """Return the least value of ``||C||_* + (tau / 2) ||X - C X||_F^2``.

    ``sum over tau sigma^2 > 1 of 1 - 1 / (2 tau sigma^2)``, and ``tau sigma^2 / 2`` over the
    others.

    Parameters
    ----------
    sigma : array_like
        Singular values of the samples.
    tau : float
        Positive.
    """
    energy = tau * np.square(np.asarray(sigma, dtype=np.float64))
    above = energy > 1.0
    return float(
        np.sum(1.0 - 0.5 / np.where(above, energy, 1.0), where=above)
        + 0.5 * np.sum(energy, where=~above)
    )
