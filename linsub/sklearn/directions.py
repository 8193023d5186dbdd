"""Samples as directions, and their distances to subspaces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linsub._core.dense import norms

__all__ = ["directions", "distances"]


def directions(X: np.ndarray) -> np.ndarray:
    """Return rows of norm 1, each brought there by a scale of its own; rows of zeros stay."""
    wide = X.astype(np.float64, copy=False)
    peak = np.abs(wide).max(axis=1, initial=0.0)
    near = np.ldexp(wide, -np.frexp(peak)[1][:, None])
    size = np.sqrt(np.einsum("ij,ij->i", near, near))
    return np.asarray(near / np.where(size > 0.0, size, 1.0)[:, None])


def distances(X: np.ndarray, bases: Sequence[np.ndarray], means: np.ndarray) -> np.ndarray:
    """Return the distances (N, K) of samples to subspaces through points, at any scale."""
    columns = []
    for U, mean in zip(bases, means, strict=True):
        rows = X - mean
        columns.append(norms.column_norms((rows - (rows @ U) @ U.T).T))
    return np.stack(columns, axis=1)
