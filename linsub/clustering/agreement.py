"""How far two partitions agree: accuracy, mutual information, the Rand index."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy import optimize, sparse, special
from scipy.sparse import csgraph

from linsub._core import scalars
from linsub.clustering.labels import as_labels

__all__ = ["adjusted_rand", "clustering_accuracy", "normalized_mutual_info"]

# Tables up to so many entries are held densely.
_TABLE = 4_000_000

_AVERAGES = ("arithmetic", "geometric", "min", "max")


def clustering_accuracy(labels_true: Any, labels_pred: Any) -> float:
    """Return the share of samples that agree under the best matching of the clusters.

    ``max over matchings pi of #{i : pi(labels_pred[i]) = labels_true[i]} / N``.

    Parameters
    ----------
    labels_true, labels_pred : array_like of shape (N,)
        Integers or strings; the numbers of clusters may differ, and clusters without a partner
        count as wrong.

    Returns
    -------
    float
        In [0, 1]; symmetric; 1 for two equal partitions, and of no samples.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* The assignment problem of the table of both (Kuhn 1955; SciPy's solvers), beyond
    2000 x 2000 clusters of its entries that are not 0. *Cost.* ``O(N log N + k^3)`` at most, and
    ``min(k^2, N)`` numbers.

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy
    >>> clustering_accuracy([0, 0, 1, 1], ["b", "b", "a", "b"])
    0.75
    """
    counts, a, b = _shared(labels_true, labels_pred)
    n = int(counts.sum())
    if n == 0:
        return 1.0
    rows, columns = int(a.max()) + 1, int(b.max()) + 1
    if rows * columns > _TABLE:
        return _matched(counts, a, b, rows, columns) / n
    table = np.zeros((rows, columns), dtype=np.int64)
    table[a, b] = counts
    chosen = optimize.linear_sum_assignment(table, maximize=True)
    return float(table[chosen].sum() / n)


def _matched(counts: np.ndarray, a: np.ndarray, b: np.ndarray, rows: int, columns: int) -> float:
    """Return the weight of the best matching, from the pairs of clusters that share samples.

    SciPy's sparse solver matches all nodes: each cluster gets one more partner, for staying
    alone, and those of two clusters that are matched can match each other.
    """
    i, j = np.arange(rows), np.arange(columns)
    # One more for every edge of a full matching, as entries of 0 are no edges.
    weights = np.concatenate([counts + 1, np.ones(rows + columns + counts.size, dtype=np.int64)])
    ends = (
        np.concatenate([a, i, rows + j, rows + b]),
        np.concatenate([b, columns + i, j, columns + a]),
    )
    size = rows + columns
    graph = sparse.csr_array((weights, ends), shape=(size, size))
    chosen = csgraph.min_weight_full_bipartite_matching(graph, maximize=True)
    return float(graph[chosen].sum() - size)


def normalized_mutual_info(
    labels_true: Any,
    labels_pred: Any,
    *,
    average: Literal["arithmetic", "geometric", "min", "max"] = "arithmetic",
) -> float:
    """Return the mutual information of two partitions over a mean of their entropies.

    ``I(a, b) / mean(H(a), H(b))``.

    Parameters
    ----------
    labels_true, labels_pred : array_like of shape (N,)
    average : {"arithmetic", "geometric", "min", "max"}, optional

    Returns
    -------
    float
        In [0, 1]; symmetric; 1 for two equal partitions, 0 where one of them has a single
        cluster and the other has not.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Examples
    --------
    >>> from linsub.clustering import normalized_mutual_info
    >>> normalized_mutual_info([0, 0, 1, 1], [5, 5, 3, 3])
    1.0
    """
    average = scalars.as_choice(average, name="average", choices=_AVERAGES)  # type: ignore[assignment]
    counts, a, b = _shared(labels_true, labels_pred)
    if _same(a, b):
        return 1.0  # a single cluster and no samples too
    n = counts.sum()
    rows, columns = (float(special.entr(np.bincount(k, counts) / n).sum()) for k in (a, b))
    shared = rows + columns - float(special.entr(counts / n).sum())
    means = {
        "arithmetic": (rows + columns) / 2.0,
        "geometric": float(np.sqrt(rows * columns)),
        "min": min(rows, columns),
        "max": max(rows, columns),
    }
    mean = means[average]
    return min(1.0, max(0.0, shared / mean)) if mean > 0.0 else 0.0


def adjusted_rand(labels_true: Any, labels_pred: Any) -> float:
    """Return the Rand index, adjusted so that chance gives 0 in the mean (Hubert and Arabie 1985).

    ``(R - E R) / (max R - E R)`` for the number R of pairs that are together in both.

    Parameters
    ----------
    labels_true, labels_pred : array_like of shape (N,)

    Returns
    -------
    float
        At most 1, with equality for two equal partitions; symmetric.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Examples
    --------
    >>> from linsub.clustering import adjusted_rand
    >>> adjusted_rand([0, 0, 1, 1], [1, 1, 0, 2])
    0.5714285714285714
    """
    counts, a, b = _shared(labels_true, labels_pred)
    if _same(a, b):
        return 1.0
    # Whole numbers, in Python's integers: pairs of 1e5 samples overflow 32 bits, their products 64.
    together, rows, columns = (
        sum(c * (c - 1) for c in sizes.tolist())
        for sizes in (counts, _sizes(a, counts), _sizes(b, counts))
    )
    n = int(counts.sum())
    pairs = n * (n - 1)
    # Everything times 2 pairs, so that nothing is rounded but the quotient.
    above = 2 * (together * pairs - rows * columns)
    below = (rows + columns) * pairs - 2 * rows * columns
    return float(above / below)


def _shared(labels_true: Any, labels_pred: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how many samples two clusters share, and which two: N pairs at most, and no table."""
    a = as_labels(labels_true, name="labels_true")
    b = as_labels(labels_pred, name="labels_pred", size=a.size)
    width = int(b.max(initial=-1)) + 1
    pairs, counts = np.unique(a * width + b, return_counts=True)
    return counts, pairs // max(width, 1), pairs % max(width, 1)


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether each cluster meets one other: the same partition under two names."""
    return int(a.max(initial=-1)) == int(b.max(initial=-1)) == a.size - 1


def _sizes(clusters: np.ndarray, counts: np.ndarray) -> np.ndarray:
    sizes = np.zeros(int(clusters.max()) + 1, dtype=np.int64)
    np.add.at(sizes, clusters, counts)
    return sizes
