"""How far codes are from the optimum of an elastic net, by the duality of Fenchel."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["distance_to_minimizer", "elastic_net_gap", "fenchel_term", "largest_cosine"]


def fenchel_term(c: Any, h: Any, lam: Any, ridge: Any) -> np.ndarray:
    """Return ``p(c) + p*(h) - c h`` for ``p(c) = lam |c| + ridge c^2 / 2``; not negative.

    ``p*(h) = max(|h| - lam, 0)^2 / (2 ridge)``, which is infinite for ``ridge = 0`` where
    ``|h| > lam``. Nothing cancels but ``lam - |h|`` itself.
    """
    c, h, lam, ridge = np.broadcast_arrays(c, h, lam, ridge)
    size = np.abs(c)
    along = np.where(c == 0.0, np.abs(h), np.sign(c) * h)
    over = np.maximum(np.abs(h) - lam, 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        same = np.where(ridge > 0.0, (ridge * size - over) ** 2 / (2.0 * ridge), np.inf)
        conjugate = np.where(over > 0.0, over**2 / (2.0 * ridge), 0.0)
    other = (lam - along) * size + 0.5 * ridge * size**2 + conjugate
    return np.asarray(np.where(along > lam, same, other))


def elastic_net_gap(residual: Any, scale: Any, terms: Any) -> np.ndarray:
    """Return a bound on ``P(c) - min P`` from the residual ``r = y - c S`` and ``h = r S^T``.

    ``P(c) = ||r||^2 / 2 + sum_j p_j(c_j)``. With the dual point ``scale * r``, P(c) less the dual
    objective is ``(1 - scale)^2 ||r||^2 / 2 + sum_j (p_j(c_j) + p_j*(scale h_j) - c_j scale h_j)``;
    `terms` is that sum (:func:`fenchel_term`).
    """
    return np.asarray(0.5 * ((1.0 - np.asarray(scale)) * residual) ** 2 + terms)


def distance_to_minimizer(gap: Any, ridge: Any) -> np.ndarray:
    """Return a bound on ``||c - c*||``: P grows by ``ridge ||c - c*||^2 / 2`` at least."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.sqrt(2.0 * np.asarray(gap) / ridge)
    return np.asarray(np.where(np.asarray(gap) > 0.0, found, 0.0))


def largest_cosine(one: Any, other: Any) -> np.ndarray:
    """Return a bound on ``|<a, b>|`` of unit vectors from their angles with the same subspace."""
    return np.asarray(np.cos(np.asarray(one) - np.asarray(other)))
