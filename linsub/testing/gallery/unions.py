"""Points near a union of subspaces, moving objects and graphs with attributes."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub.errors import InvalidInputError

__all__ = ["attributed_graph", "camera_trajectories", "union_of_subspaces"]


def union_of_subspaces(
    n_subspaces: int,
    dim: int,
    ambient: int,
    n_points: int | list[int],
    *,
    affinity: float | None = None,
    noise: float = 0.0,
    normalize: bool = True,
    rng: Any = None,
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return points on subspaces of one dimension, their labels and the bases.

    Parameters
    ----------
    n_subspaces, dim, ambient : int
        L subspaces of dimension d in D dimensions.
    n_points : int or list of int
        Points on each, in all or one by one. Points of one subspace stand together.
    affinity : float, optional
        In [0, 1]: the cosine of every principal angle between every two subspaces, which is their
        normalized affinity ``||U^T V||_F / sqrt(d)``; it needs ``D >= (L + 1) d``. By default
        the subspaces are uniformly random.
    noise : float, optional
        Standard deviation of what is added to each entry, times ``1 / sqrt(D)``, for points of
        norm 1.
    normalize : bool, optional
        Bring points to norm 1 before noise is added; coefficients are Gaussian.
    rng : {None, int, Generator}, optional

    Returns
    -------
    X : ndarray of shape (N, D)
    labels : ndarray of shape (N,)
    bases : list of ndarray of shape (D, d)

    Raises
    ------
    InvalidInputError
        If the sizes do not fit.

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> X, labels, bases = gallery.union_of_subspaces(3, 2, 8, 10, affinity=0.5, rng=0)
    >>> X.shape, float(abs(bases[0].T @ bases[2]).max().round(3)) <= 0.5
    ((30, 8), True)
    """
    rng = np.random.default_rng(rng)
    single = isinstance(n_points, (int, np.integer))
    counts: Any = [n_points] * n_subspaces if single else list(n_points)  # type: ignore[arg-type]
    if len(counts) != n_subspaces:
        raise InvalidInputError(f"n_points has {len(counts)} numbers for {n_subspaces} subspaces")
    if not 1 <= dim <= ambient:
        raise InvalidInputError(f"dim must be in 1 .. ambient={ambient}, got {dim}")
    bases = _bases(n_subspaces, dim, ambient, affinity, rng)
    parts = []
    for U, count in zip(bases, counts, strict=True):
        points = rng.standard_normal((count, dim)) @ U.T
        if normalize:
            points /= np.linalg.norm(points, axis=1, keepdims=True)
        parts.append(points)
    X = np.concatenate(parts)
    if noise:
        X += noise / np.sqrt(ambient) * rng.standard_normal(X.shape)
    return X, np.repeat(np.arange(n_subspaces), counts), bases


def _bases(
    n_subspaces: int, dim: int, ambient: int, affinity: float | None, rng: np.random.Generator
) -> list[np.ndarray]:
    if affinity is None:
        return [np.linalg.qr(rng.standard_normal((ambient, dim)))[0] for _ in range(n_subspaces)]
    if not 0.0 <= affinity <= 1.0:
        raise InvalidInputError(f"affinity must be in [0, 1], got {affinity}")
    if ambient < (n_subspaces + 1) * dim:
        raise InvalidInputError(
            f"{n_subspaces} subspaces of dimension {dim} with one affinity need "
            f"ambient >= {(n_subspaces + 1) * dim}, got {ambient}"
        )
    # A common part and one of its own for each: U_k^T U_l is affinity times a rotation.
    Q = np.linalg.qr(rng.standard_normal((ambient, (n_subspaces + 1) * dim)))[0]
    common, parts = Q[:, :dim], np.split(Q[:, dim:], n_subspaces, axis=1)
    turns = [np.linalg.qr(rng.standard_normal((dim, dim)))[0] for _ in range(n_subspaces)]
    return [
        (np.sqrt(affinity) * common + np.sqrt(1.0 - affinity) * own) @ turn
        for own, turn in zip(parts, turns, strict=True)
    ]


def camera_trajectories(
    n_objects: int, n_frames: int, n_points: int, *, noise: float = 0.0, rng: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return image trajectories of rigid objects under an affine camera, and whose they are.

    A row holds the coordinates of one point in all frames, ``(u_1, v_1, u_2, v_2, ...)``. The rows
    of one object lie in a subspace of dimension 4 (in an affine one of dimension 3).

    Parameters
    ----------
    n_objects, n_frames, n_points : int
        Points are of each object.
    noise : float, optional
        Standard deviation of what is added to each coordinate, relative to the object's size.
    rng : {None, int, Generator}, optional

    Returns
    -------
    X : ndarray of shape (n_objects * n_points, 2 * n_frames)
    labels : ndarray of shape (n_objects * n_points,)

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.testing import gallery
    >>> X, labels = gallery.camera_trajectories(2, 20, 30, rng=0)
    >>> X.shape, int(np.linalg.matrix_rank(X[labels == 0]))
    ((60, 40), 4)
    """
    rng = np.random.default_rng(rng)
    parts = []
    for _ in range(n_objects):
        shape = rng.standard_normal((n_points, 3))
        axis = rng.standard_normal(3)
        axis /= np.linalg.norm(axis)
        speed, phase = rng.uniform(0.03, 0.15), rng.uniform(0.0, 2.0 * np.pi)
        start, velocity = rng.uniform(-4.0, 4.0, 3), rng.uniform(-0.2, 0.2, 3)
        frames = []
        for t in range(n_frames):
            turned = shape @ _rotation(axis, phase + speed * t).T + start + velocity * t
            frames.append(turned[:, :2])
        parts.append(np.concatenate(frames, axis=1))
    X = np.concatenate(parts)
    if noise:
        X = X + noise * rng.standard_normal(X.shape)
    return X, np.repeat(np.arange(n_objects), n_points)


def _rotation(axis: np.ndarray, angle: float) -> np.ndarray:
    x, y, z = axis
    K = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * K + (1.0 - np.cos(angle)) * (K @ K))


def attributed_graph(
    n_nodes: int,
    n_clusters: int,
    *,
    degree: float = 10.0,
    mixing: float = 0.2,
    n_attributes: int = 200,
    words: float = 20.0,
    topic: float = 0.5,
    rng: Any = None,
) -> tuple[Any, Any, np.ndarray]:
    """Return the adjacency, the attributes and the labels of a stochastic block model.

    Parameters
    ----------
    n_nodes, n_clusters : int
        Nodes are assigned to clusters in turn and then shuffled.
    degree : float, optional
        Expected neighbours of a node.
    mixing : float, optional
        In [0, 1]: the share of them in other clusters.
    n_attributes : int, optional
        Binary attributes; each cluster has its own ``n_attributes // n_clusters`` of them.
    words : float, optional
        Expected attributes of a node.
    topic : float, optional
        In [0, 1]: the share of them among those of its cluster; the others are uniform.
    rng : {None, int, Generator}, optional

    Returns
    -------
    A : csr_array of shape (n_nodes, n_nodes)
        Symmetric, 0 or 1, with an empty diagonal.
    X : csr_array of shape (n_nodes, n_attributes)
    labels : ndarray of shape (n_nodes,)

    Raises
    ------
    InvalidInputError
        If there are fewer nodes or attributes than clusters.

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> A, X, labels = gallery.attributed_graph(300, 3, rng=0)
    >>> A.shape, X.shape, bool((A != A.T).nnz)
    ((300, 300), (300, 200), False)
    """
    if not 1 <= n_clusters <= n_nodes:
        raise InvalidInputError(f"n_clusters must be in 1 .. n_nodes={n_nodes}, got {n_clusters}")
    if n_attributes < n_clusters:
        raise InvalidInputError(
            f"n_attributes must be at least n_clusters={n_clusters}, got {n_attributes}: "
            "each cluster has attributes of its own"
        )
    rng = np.random.default_rng(rng)
    labels = rng.permutation(np.arange(n_nodes) % n_clusters)
    A = _edges(labels, n_clusters, degree, mixing, rng)
    own = n_attributes // n_clusters
    count = rng.poisson(words, n_nodes)
    rows = np.repeat(np.arange(n_nodes), count)
    columns = rng.integers(0, n_attributes, rows.size)
    on_topic = rng.random(rows.size) < topic
    columns[on_topic] = labels[rows[on_topic]] * own + rng.integers(0, own, int(on_topic.sum()))
    return A, _binary(rows, columns, (n_nodes, n_attributes)), labels


def _edges(
    labels: np.ndarray, n_clusters: int, degree: float, mixing: float, rng: np.random.Generator
) -> Any:
    """Return a graph in which each end of an edge chooses a cluster, then a node of it."""
    n = labels.size
    members = [np.flatnonzero(labels == k) for k in range(n_clusters)]
    first = rng.integers(0, n, round(degree * n / 2.0))
    target = labels[first]
    if n_clusters > 1:
        away = rng.random(first.size) < mixing
        shift = rng.integers(1, n_clusters, int(away.sum()))
        target[away] = (target[away] + shift) % n_clusters
    sizes = np.array([nodes.size for nodes in members])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    second = np.concatenate(members)[starts[target] + rng.integers(0, sizes[target])]
    apart = first != second
    ends = np.stack([first[apart], second[apart]])
    return _binary(np.concatenate([ends[0], ends[1]]), np.concatenate([ends[1], ends[0]]), (n, n))


def _binary(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Any:
    matrix: Any = sparse.csr_array((np.ones(rows.size), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix
