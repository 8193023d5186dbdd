"""How many subspaces, and of which dimension: costs and a criterion over a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense.svd import singular_values
from linsub._core.random import RNGLike, Streams
from linsub.clustering.kss import as_problem, k_subspaces
from linsub.errors import InvalidInputError
from linsub.results import Info, Record

__all__ = ["SubspaceSelection", "select_subspaces"]

# Variances below this share of the largest are rounding; all of them count alike.
_FLOOR = 1e-14

# Differences of the criterion a sample below which a choice is doubtful: that much is the price
# of a few per cent of noise more or less.
_CLOSE = 0.02


class SubspaceSelection(Record):
    """``dim, n_clusters, costs, criterion = select_subspaces(X, 5)``.

    Attributes
    ----------
    dim : int
        The suggested dimension.
    n_clusters : int
        The suggested number of subspaces.
    costs : ndarray of shape (len(n_clusters), len(dims))
        The least cost found for each pair, relative to ``sum_i ||x_i||^2``.
    criterion : ndarray of that shape
        Nats a sample; the smallest is suggested.
    info : Info
        In ``details``: ``dims``, ``numbers``, and ``lead``, by how much the suggestion beats the
        next one. ``notes`` says where that is little, or the suggestion is at the end of the grid.
    """

    _fields = ("dim", "n_clusters", "costs", "criterion")
    dim: int
    n_clusters: int
    costs: np.ndarray
    criterion: np.ndarray
    certificate: None
    info: Info | None


def select_subspaces(
    X: Any,
    n_clusters: int | Sequence[int],
    dims: Sequence[int] | None = None,
    *,
    affine: bool = False,
    n_init: int = 50,
    maxiter: int = 100,
    n_threads: int = 1,
    rng: RNGLike = None,
) -> SubspaceSelection:
    """Choose dimension and number of the subspaces of :func:`k_subspaces`.

    Fits every pair of a grid and suggests the one that describes the samples in the fewest nats:
    the cost alone falls with every dimension and subspace.

    Parameters
    ----------
    X : array_like of shape (N, D)
        Rows are samples.
    n_clusters : int or sequence of int
        The number, or those to compare.
    dims : sequence of int, optional
        In 0 .. D - 1; by default ``1 .. min(D - 1, 15)``.
    affine, n_init, maxiter, n_threads, rng
        As in :func:`k_subspaces`, for each pair.

    Returns
    -------
    SubspaceSelection

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* A cluster is described as a Gaussian with d variances of its own and one for all
    other directions (probabilistic PCA), samples by their cluster, and parameters at
    ``log(N) / 2`` nats each: the classification form of BIC (Biernacki, Celeux and Govaert 2000).
    On clean data the cost drops to rounding at the true dimension, with noise it bends there.
    *Cost.* That of `n_init` runs for each pair. *Accuracy.* An estimate: local minima and few
    samples mislead it. Rather take a dimension too many than one too few.

    References
    ----------
    Tipping and Bishop, J. R. Stat. Soc. B 61 (1999); Biernacki, Celeux and Govaert, IEEE Trans.
    Pattern Anal. Mach. Intell. 22 (2000).

    Examples
    --------
    >>> from linsub.clustering import select_subspaces
    >>> from linsub.testing import gallery
    >>> X, _, _ = gallery.union_of_subspaces(3, 2, 6, 40, noise=0.05, rng=0)
    >>> select_subspaces(X, [2, 3, 4], rng=0)[:2]
    (2, 3)
    """
    asked: Any = [n_clusters] if np.ndim(n_clusters) == 0 else n_clusters
    numbers = [scalars.as_integer(K, name="n_clusters", low=1) for K in asked]
    if not numbers:
        raise InvalidInputError("n_clusters is empty; name the numbers to compare")
    rows = as_problem(X, max(numbers), 0, affine).problem.X
    D = rows.shape[1]
    grid = list(range(1, min(D - 1, 15) + 1)) if dims is None else list(dims)
    if not grid:
        raise InvalidInputError(f"dims is empty and X has D={D} features; name dimensions below D")
    grid = [scalars.as_integer(d, name="dims", low=0, high=max(0, D - 1)) for d in grid]
    streams = Streams(rng)
    total = float(np.einsum("ij,ij->", rows, rows))
    costs, criterion = np.empty((2, len(numbers), len(grid)))
    for i, K in enumerate(numbers):
        for j, d in enumerate(grid):
            fit = k_subspaces(
                rows, K, d, n_init=n_init, affine=affine, maxiter=maxiter, n_threads=n_threads,
                rng=streams.generator("start", i * len(grid) + j),
            )  # fmt: skip
            costs[i, j] = fit.cost / total if total > 0.0 else 0.0
            criterion[i, j] = _nats(rows, fit.labels, K, d, affine)
    i, j = (int(x) for x in np.unravel_index(int(np.argmin(criterion)), criterion.shape))
    return SubspaceSelection(
        grid[j],
        numbers[i],
        costs,
        criterion,
        info=_info(criterion, i, j, numbers, grid, D),
    )


def _nats(rows: np.ndarray, labels: np.ndarray, K: int, d: int, affine: bool) -> float:
    """Return the description length a sample, less what is the same for all pairs."""
    n, D = rows.shape
    floor = _FLOOR * float(np.square(rows).max(initial=0.0)) or 1.0
    total = 0.0
    for k in range(K):
        part = rows[labels == k]
        m = part.shape[0]
        if m == 0:
            continue
        part = part - part.mean(axis=0) if affine else part
        values = np.zeros(D)
        S = singular_values(part)
        values[: S.size] = np.square(S) / m
        noise = max(float(values[d:].mean()), floor)
        total += (
            0.5 * m * float(np.log(np.maximum(values[:d], noise)).sum() + (D - d) * np.log(noise))
        )
        total -= m * float(np.log(m / n))
    parameters = K * (D * d - d * (d + 1) / 2 + d + 1 + (D if affine else 0)) + K - 1
    return float((total + 0.5 * parameters * float(np.log(n))) / n)


def _info(
    criterion: np.ndarray, i: int, j: int, numbers: list[int], grid: list[int], D: int
) -> Info:
    others = np.delete(criterion.ravel(), i * criterion.shape[1] + j)
    lead = float(others.min() - criterion[i, j]) if others.size else float("inf")
    notes = []
    if lead < _CLOSE:
        where = np.unravel_index(int(np.argsort(criterion, axis=None)[1]), criterion.shape)
        notes.append(
            f"{numbers[where[0]]} subspaces of dimension {grid[where[1]]} do nearly as well: "
            f"{lead:.1g} nats a sample"
        )
    if grid[j] == max(grid) < D - 1 or grid[j] == min(grid) > 1:
        notes.append(f"dimension {grid[j]} is at the end of dims: look beyond it")
    if len(numbers) > 1 and (numbers[i] == max(numbers) or numbers[i] == min(numbers) > 1):
        notes.append(f"{numbers[i]} subspaces are at the end of n_clusters: look beyond it")
    details = {"dims": tuple(grid), "numbers": tuple(numbers), "lead": lead}
    return Info(method="k-subspaces, classification BIC", notes=tuple(notes), details=details)
