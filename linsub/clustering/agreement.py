"""How far two partitions agree: accuracy, mutual information, the Rand index."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy import optimize, special

from linsub._core import scalars
from linsub.clustering.labels import as_labels

__all__ = ["adjusted_rand", "clustering_accuracy", "normalized_mutual_info"]

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
    *Algorithm.* The assignment problem of the table of both (Kuhn 1955; SciPy's solver).
    *Cost.* ``O(N log N + k^3)``.

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy
    >>> clustering_accuracy([0, 0, 1, 1], ["b", "b", "a", "b"])
    0.75
    """
    table = _table(labels_true, labels_pred)
    n = int(table.sum())
    if n == 0:
        return 1.0
    chosen = optimize.linear_sum_assignment(table, maximize=True)
    return float(table[chosen].sum() / n)


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
    table = _table(labels_true, labels_pred)
    if table.shape[0] == table.shape[1] == np.count_nonzero(table):
        return 1.0  # the same partition, a single cluster and no samples too
    p = table / table.sum()
    rows, columns = (float(special.entr(p.sum(axis=k)).sum()) for k in (1, 0))
    shared = rows + columns - float(special.entr(p).sum())
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
    table = _table(labels_true, labels_pred)
    if table.shape[0] == table.shape[1] == np.count_nonzero(table):
        return 1.0
    # Whole numbers, in Python's integers: pairs of 1e5 samples overflow 32 bits, their products 64.
    together, rows, columns = (
        sum(int(c) * (int(c) - 1) for c in counts)
        for counts in (table.ravel(), table.sum(axis=1), table.sum(axis=0))
    )
    n = int(table.sum())
    pairs = n * (n - 1)
    # Everything times 2 pairs, so that nothing is rounded but the quotient.
    above = 2 * (together * pairs - rows * columns)
    below = (rows + columns) * pairs - 2 * rows * columns
    return above / below


def _table(labels_true: Any, labels_pred: Any) -> np.ndarray:
    """Return how many samples each pair of clusters shares."""
    a = as_labels(labels_true, name="labels_true")
    b = as_labels(labels_pred, name="labels_pred", size=a.size)
    shape = (int(a.max(initial=-1)) + 1, int(b.max(initial=-1)) + 1)
    return np.bincount(a * shape[1] + b, minlength=shape[0] * shape[1]).reshape(shape)
