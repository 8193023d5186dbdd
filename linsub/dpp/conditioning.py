"""A process given that some items are in the sample, or that some are not."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.determinants import cholesky_lower, split_range
from linsub._core.dense.svd import svd
from linsub._core.dense.triangular import solve
from linsub.dpp.spectrum import Spectrum
from linsub.errors import InvalidInputError

__all__ = ["from_marginal_factor", "given_excluded", "given_included", "marginal_spectrum"]

EPS = float(np.finfo(np.float64).eps)


def marginal_spectrum(kappa: np.ndarray, tol: float) -> Spectrum:
    """Return lambda = kappa / (1 - kappa) of eigenvalues of K, inf within tol of 1."""
    with np.errstate(divide="ignore"):
        return Spectrum(np.where(kappa >= 1.0 - tol, np.inf, kappa / (1.0 - np.minimum(kappa, 1))))


def from_marginal_factor(X: np.ndarray) -> tuple[Spectrum, np.ndarray]:
    """Return the spectrum and vectors of the process with marginal kernel X X^H."""
    U, S, _ = svd(X)
    tol = max(X.shape) * EPS
    # Squares that are no numbers are probabilities below any other one.
    keep = (tol * (S[0] if S.size else 0.0) < S) & (S * S > 0.0)
    return marginal_spectrum(S[keep] ** 2, 4.0 * tol), U[:, keep]


def given_excluded(
    spectrum: Spectrum, V: np.ndarray, items: np.ndarray
) -> tuple[Spectrum, np.ndarray]:
    """Return the process given that no item of `items` is in the sample.

    The kernel L without the rows and columns of those, of which only a factor is formed. Where
    K has eigenvalue 1 there is no L: K_BB + K_BA (I - K_AA)^-1 K_AB.
    """
    rest = V.copy()
    rest[items] = 0.0
    if not spectrum.certain:
        roots, unit = spectrum.roots()
        U, S, _ = svd(rest * roots)
        keep = max(V.shape) * EPS * (S[0] if S.size else 0.0) < S
        return Spectrum(S[keep], 2, unit), U[:, keep]
    p, q = spectrum.inclusion(), spectrum.exclusion()
    A = V[items]
    # I - K_AA, of which the part within the span of V without cancellation.
    beyond = np.eye(items.size) - A @ A.conj().T
    R = cholesky_lower(beyond + (A * q) @ A.conj().T)
    if R is None or np.abs(R.diagonal()).min(initial=1.0) ** 2 <= max(V.shape) * EPS:
        raise InvalidInputError(
            f"exclude has {items.size} items of which one is always in the sample, as K has "
            "eigenvalue 1: the condition has probability 0"
        )
    G = solve(R, A * p, lower=True)
    return from_marginal_factor(rest @ np.hstack([np.diag(np.sqrt(p)), G.conj().T]))


def given_included(
    spectrum: Spectrum, V: np.ndarray, items: np.ndarray
) -> tuple[Spectrum, np.ndarray]:
    """Return the process given that all of `items` are in the sample: K_BB - K_BA K_AA^-1 K_AB.

    With K = F F^H that is F_B (I - P) F_B^H, P the projection on the rows of A of F.
    """
    logs = -np.logaddexp(0.0, -spectrum.logs())
    unit = float(np.max(logs, initial=-np.inf)) if logs.size else 0.0
    # Over the largest one: probabilities may be too small for numbers, and the projection is not.
    root = np.exp(0.5 * (logs - unit))
    rows = (V[items] * root).conj().T
    if items.size <= root.size:
        R, beyond = split_range(rows)
        pivots = np.abs(R.diagonal())
    if items.size > root.size or pivots.min(initial=1.0) <= max(V.shape) * EPS * pivots.max(
        initial=0.0
    ):
        raise InvalidInputError(
            f"include has {items.size} items that are never in a sample together: the condition "
            "has probability 0"
        )
    rest = V * root
    rest[items] = 0.0
    inner, U = from_marginal_factor(rest @ beyond * np.exp(0.5 * unit))
    always = np.zeros((V.shape[0], items.size), V.dtype)
    always[items, np.arange(items.size)] = 1.0
    U[items] = 0.0
    base = np.concatenate([np.full(items.size, np.inf), inner.base])
    return Spectrum(base), np.hstack([always, U])
