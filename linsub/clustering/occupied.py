"""A sample for each subspace, where some are nearest to none."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.svd import svd
from linsub.clustering.lloyd import Problem

__all__ = ["basis_of", "occupy", "residuals"]

# Entries of a block of residuals (1 MB): what stays in the cache is not fetched page by page.
_ENTRIES = 1 << 17


def basis_of(rows: np.ndarray, d: int) -> np.ndarray:
    """Return orthonormal columns (D, d): the leading right singular vectors."""
    if rows.shape[0] < d:
        rows = np.vstack([rows, np.zeros((d - rows.shape[0], rows.shape[1]))])
    return np.ascontiguousarray(svd(rows)[2][:d].T)


def residuals(problem: Problem, U: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the squared distances (N,) to one subspace from the residuals themselves."""
    wide = U.astype(np.float64)
    n, D = problem.X.shape
    found = np.empty(n)
    step = max(1, _ENTRIES // D)
    for i in range(0, n, step):
        rows = problem.X[i : i + step]
        if problem.affine:
            rows = rows - mean
        rest = (rows @ wide) @ wide.T
        np.subtract(rows, rest, out=rest)
        np.einsum("ij,ij->i", rest, rest, out=found[i : i + step])
    return found


def occupy(
    problem: Problem,
    bases: list[np.ndarray],
    means: np.ndarray,
    gaps: np.ndarray,
) -> tuple[np.ndarray, int]:
    """Return labels that are all in use, and how many samples have theirs for that reason alone.

    A subspace that is nearest to no sample is laid through the one that fits worst, which is bound
    to it; bases, means and squared distances are changed in place. No distance to the nearest
    subspace grows. A bound sample is as near to its subspace as to any but for rounding, unless
    that has dimension 0.
    """
    n, K = gaps.shape
    bound = np.full(n, -1)
    labels = np.argmin(gaps, axis=1)
    while True:
        count = np.bincount(labels, minlength=K)
        empty = np.flatnonzero(count == 0)
        if empty.size == 0:
            return labels, int(np.count_nonzero(bound >= 0))
        k = int(empty[0])
        d = bases[k].shape[1]
        least = gaps.min(axis=1)
        # What the sample loses if it goes there: of clusters with others left, who gains most.
        loss = -least if d or problem.affine else problem.squares - least
        loss[(bound >= 0) | (count[labels] < 2)] = np.inf
        i = int(np.argmin(loss))
        bound[i] = k
        row = problem.X[i : i + 1]
        if problem.affine:
            means[k] = row[0]
            row = np.zeros_like(row)
        bases[k] = basis_of(row, d).astype(bases[k].dtype)
        gaps[:, k] = residuals(problem, bases[k], means[k])
        # Others follow where they gain more than rounding.
        rounding = 8.0 * problem.X.shape[1] * float(np.finfo(bases[k].dtype).eps)
        labels[(bound < 0) & (gaps[:, k] < least - rounding * problem.squares)] = k
        labels[i] = k
