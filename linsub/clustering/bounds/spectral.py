"""Normalized cuts and spectra of affinities, modularity as a Gram matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "least_normalized_cut",
    "modularity_deflation",
    "smoothing_weights",
    "spectral_rounding",
]


def least_normalized_cut(eigenvalues: Any, rounding: float = 0.0) -> float:
    """Return ``k - sum_i lambda_i``, which the normalized cut of no k clusters is below.

    Parameters
    ----------
    eigenvalues : array_like of shape (k,)
        The k largest of ``D^-1/2 W D^-1/2``.
    rounding : float, optional
        Of all of them together.
    """
    values = np.asarray(eigenvalues, dtype=np.float64)
    return float(np.sum(1.0 - values)) - rounding


def spectral_rounding(width: int) -> float:
    """Return what rounding adds to an eigenvalue and to a residual, for rows of `width` entries.

    Degrees, their roots, the scaled entries and a product with a unit vector are each within
    ``(width + 4) eps`` of what they stand for, and ``| |S| v | <= | v |``.

    Parameters
    ----------
    width : int
        The largest number of entries in a row of W.
    """
    return 4.0 * (width + 4) * float(np.finfo(np.float64).eps)


def modularity_deflation(gamma: float) -> float:
    """Return ``1 - sqrt(1 - gamma)``, by which the mean direction is shrunk.

    With ``z = Z^T 1`` and this c, ``W = Z (I - c z z^T / ||z||^2)`` has the Gram matrix
    ``Z (I - gamma z z^T / ||z||^2) Z^T``: that of the modularity with the resolution gamma.

    Parameters
    ----------
    gamma : float
        In [0, 1]: above, the modularity is not positive semidefinite and has no root.
    """
    return 1.0 - float(np.sqrt(1.0 - gamma))


def smoothing_weights(alpha: float, order: int) -> np.ndarray:
    """Return the weights of ``P^t``, ``alpha^t / sum_s alpha^s`` for t = 0 .. `order`.

    Parameters
    ----------
    alpha : float
        Positive.
    order : int
    """
    # Relative to the largest, so that nothing overflows.
    powers = alpha ** (np.arange(order + 1.0) - (order if alpha > 1.0 else 0))
    return np.asarray(powers / powers.sum())
