"""From an embedding to labels: by pivoted QR, without a seed, or by k-means."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.pivoted_qr import pivoted_qr
from linsub._core.dense.polar import polar
from linsub._core.random import Streams

__all__ = ["by_indicators", "by_kmeans", "by_pivoted_qr", "fill_empty", "unit_rows"]

# Sweeps of one k-means; labels repeat much earlier (digits: 10 to 60).
_SWEEPS = 300

# Sweeps of normalized indicators, as in the authors' code; they may cycle.
_INDICATOR_SWEEPS = 100


def unit_rows(X: np.ndarray) -> np.ndarray:
    """Return rows of norm 1; zero rows stay."""
    size = np.linalg.norm(X, axis=1, keepdims=True)
    return np.asarray(X / np.where(size > 0.0, size, 1.0))


def by_pivoted_qr(V: np.ndarray) -> np.ndarray:
    """Return labels from the k pivots of ``V^T`` (Damle, Minden and Ying 2019).

    The pivots are k rows that are as nearly orthogonal as pivoting finds; in the basis nearest to
    them each row belongs to its largest coordinate. Deterministic, and blind to V -> V Q.
    """
    k = V.shape[1]
    pivots = pivoted_qr(np.ascontiguousarray(V.T))[2][:k]
    turn, _ = polar(V[pivots].T)
    return np.asarray(np.argmax(np.abs(V @ turn), axis=1))


def by_kmeans(X: np.ndarray, k: int, n_init: int, streams: Streams) -> np.ndarray:
    """Return the labels of the best of `n_init` runs of k-means.

    The first run starts from the pivots of :func:`by_pivoted_qr` and draws nothing, the others
    from greedy k-means++ (Arthur and Vassilvitskii 2007).
    """
    best, least = np.zeros(X.shape[0], dtype=np.int64), np.inf
    for run in range(n_init):
        if run == 0:
            start = X[pivoted_qr(np.ascontiguousarray(X.T))[2][:k]]
        else:
            start = _spread(X, k, streams.generator("start", run))
        labels, cost = _lloyd(X, start)
        if cost < least:
            best, least = labels, cost
    return best


def _spread(X: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Draw k rows, each with a chance that grows with its distance; the best of a few at a time."""
    trials = 2 + int(np.log(k))
    squares = np.einsum("ij,ij->i", X, X)
    chosen = [int(rng.integers(X.shape[0]))]
    gap = _gaps(X, squares, X[chosen])[:, 0]
    for _ in range(k - 1):
        total = np.cumsum(gap)
        drawn = np.searchsorted(total, rng.random(trials) * total[-1], side="right")
        drawn = np.minimum(drawn, X.shape[0] - 1)
        gaps = np.minimum(gap[:, None], _gaps(X, squares, X[drawn]))
        best = int(np.argmin(gaps.sum(axis=0)))
        chosen.append(int(drawn[best]))
        gap = gaps[:, best]
    return np.asarray(X[chosen])


def _gaps(X: np.ndarray, squares: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return squared distances (n, k)."""
    found = X @ (-2.0 * centers.T)
    found += squares[:, None]
    found += np.einsum("ij,ij->i", centers, centers)
    return np.asarray(np.maximum(found, 0.0, out=found))


def _lloyd(X: np.ndarray, centers: np.ndarray) -> tuple[np.ndarray, float]:
    """Alternate until labels repeat; a cluster that runs empty keeps its center."""
    k = centers.shape[0]
    squares = np.einsum("ij,ij->i", X, X)
    labels = np.full(X.shape[0], -1)
    columns = np.ascontiguousarray(X.T)
    for _ in range(_SWEEPS):
        found = np.argmin(_gaps(X, squares, centers), axis=1)
        if np.array_equal(found, labels):
            break
        labels = found
        count = np.bincount(labels, minlength=k)
        sums = np.stack([np.bincount(labels, weights=x, minlength=k) for x in columns], axis=1)
        means = sums / np.maximum(count, 1)[:, None]
        centers = np.where(count[:, None] > 0, means, centers)
    return labels, float(np.square(X - centers[labels]).sum())


def by_indicators(X: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Move labels to ``argmax_j (X X^T C)_ij`` until they repeat (SNEM; Lin et al. 2025).

    C are the normalized indicators of the labels; blind to X -> X Q.
    """
    columns = np.ascontiguousarray(X.T)
    for _ in range(_INDICATOR_SWEEPS):
        count = np.maximum(np.bincount(labels, minlength=k), 1)
        sums = np.stack([np.bincount(labels, weights=x, minlength=k) for x in columns])
        found = np.argmax(X @ (sums / np.sqrt(count)), axis=1)
        if np.array_equal(found, labels):
            break
        labels = found
    return labels


def fill_empty(labels: np.ndarray, X: np.ndarray, k: int) -> tuple[np.ndarray, int]:
    """Give each cluster without members the member of the largest one that fits it worst.

    Returns the labels and how many clusters were filled so.
    """
    labels = labels.copy()
    count = np.bincount(labels, minlength=k)
    empty = np.flatnonzero(count == 0)
    for cluster in empty:
        members = np.flatnonzero(labels == np.argmax(np.bincount(labels, minlength=k)))
        center = X[members].mean(axis=0)
        labels[members[np.argmax(((X[members] - center) ** 2).sum(axis=1))]] = cluster
    return labels, int(empty.size)
