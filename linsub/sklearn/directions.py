"""Samples as directions, and their distances to subspaces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["directions", "distances"]


def directions(X: np.ndarray) -> np.ndarray:
    """Return rows of norm 1, each brought there by a scale of its own; rows of zeros stay."""
    near, size, _ = _scaled(X)
    return np.asarray(near / np.where(size > 0.0, size, 1.0)[:, None])


def distances(X: np.ndarray, bases: Sequence[np.ndarray], means: np.ndarray) -> np.ndarray:
    """Return the distances (N, K) of samples to subspaces through points, at any scale."""
    columns = []
    for U, mean in zip(bases, means, strict=True):
        rows = X - mean
        _, size, exponent = _scaled(rows - (rows @ U) @ U.T)
        columns.append(np.ldexp(size, exponent))
    return np.stack(columns, axis=1)


def _scaled(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows near scale 1, their norms there, and the powers of two back."""
    wide = X.astype(np.float64, copy=False)
    exponent = np.frexp(np.abs(wide).max(axis=1, initial=0.0))[1]
    near = np.ldexp(wide, -exponent[:, None])
    return near, np.sqrt(np.einsum("ij,ij->i", near, near)), exponent
