"""From an embedding to labels: by pivoted QR, without a seed, or by k-means."""

from __future__ import annotations

import numpy as np
from scipy.cluster.vq import ClusterError, kmeans2

from linsub._core.dense.pivoted_qr import pivoted_qr
from linsub._core.dense.polar import polar
from linsub._core.random import Streams

__all__ = ["by_kmeans", "by_pivoted_qr", "fill_empty", "unit_rows"]

# Sweeps of one k-means; it stops by itself much earlier.
_SWEEPS = 100


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
    """Return the labels of the best of `n_init` runs of k-means from k-means++ starts."""
    best, least = by_pivoted_qr(X), np.inf
    for run in range(n_init):
        try:
            centers, labels = kmeans2(
                X, k, iter=_SWEEPS, minit="++", missing="raise", rng=streams.generator("start", run)
            )
        except ClusterError:  # a cluster ran empty: fewer than k places
            continue
        cost = float(((X - centers[labels]) ** 2).sum())
        if cost < least:
            best, least = labels, cost
    return np.asarray(best)


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
