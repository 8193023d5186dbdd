"""Starts of K-subspaces: random orthonormal bases, or samples far from what is there."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.qr import qr
from linsub.clustering.lloyd import Problem

__all__ = ["farthest", "uniform"]


def uniform(problem: Problem, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return bases (K, D, d) of uniformly random subspaces; through samples if they are affine."""
    n, D = problem.X.shape
    bases = np.zeros((problem.dims.size, D, problem.width))
    for k, d in enumerate(problem.dims):
        bases[k, :, :d] = qr(rng.standard_normal((D, int(d))))[0]
    means = np.zeros((problem.dims.size, D))
    if problem.affine:
        means[:] = problem.X[rng.integers(0, n, problem.dims.size)]
    return bases, means


def farthest(problem: Problem, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return bases through samples: each drawn by its squared distance to those before it.

    As k-means++ does for points (Arthur and Vassilvitskii 2007): the sample and those at the
    smallest angles to it span the next subspace.
    """
    X, squares = problem.X, problem.squares
    n, D = X.shape
    bases = np.zeros((problem.dims.size, D, problem.width))
    means = np.zeros((problem.dims.size, D))
    rest = squares.copy()
    for k, d in enumerate(problem.dims):
        total = np.cumsum(rest)
        i = int(rng.integers(n)) if total[-1] <= 0.0 else _drawn(total, rng)
        rows = X
        if problem.affine:
            means[k] = X[i]
            rows = X - X[i]
            near = np.argsort(np.einsum("ij,ij->i", rows, rows), kind="stable")[1 : d + 1]
        else:
            size = np.sqrt(np.where(squares > 0.0, squares, 1.0))
            cosines = np.abs(X @ X[i]) / size
            cosines[i] = np.inf
            near = np.argsort(-cosines, kind="stable")[:d]
        basis = qr(rows[near].T)[0]
        bases[k, :, : basis.shape[1]] = basis
        fit = rows @ basis
        gaps = np.einsum("ij,ij->i", rows, rows) - np.einsum("ij,ij->i", fit, fit)
        rest = np.minimum(rest, np.maximum(gaps, 0.0))
    return bases, means


def _drawn(total: np.ndarray, rng: np.random.Generator) -> int:
    found = int(np.searchsorted(total, rng.random() * total[-1], side="right"))
    return min(found, int(np.searchsorted(total, total[-1])))
