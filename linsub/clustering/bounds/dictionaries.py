"""What a dictionary costs at most and at least."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["dictionary_cost", "least_dictionary_cost"]


def dictionary_cost(cost: float, size: float, terms: int) -> float:
    """Return a bound on a cost that was computed from the factors: ``c + 8 t u (c + size)``.

    Parameters
    ----------
    cost : float
        The computed ``||(Y - S D) A^T||_F``.
    size : float
        ``(||Y||_F + || |S| |D| ||_F) ||A||_F``, what cancels in it.
    terms : int
        t, the sum of the dimensions that are summed over.
    """
    return cost + 8.0 * terms * 0.5 * float(np.finfo(np.float64).eps) * (cost + size)


def least_dictionary_cost(sigma: Any, n_atoms: int) -> float:
    """Return ``(sum_{i > n} sigma_i^2)^(1/2)``: no n atoms cost less, however many code a target.

    Parameters
    ----------
    sigma : array_like
        Singular values of the (whitened) targets, descending.
    n_atoms : int
    """
    tail = np.asarray(sigma, dtype=np.float64)[n_atoms:]
    return float(np.linalg.norm(tail))
