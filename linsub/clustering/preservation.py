"""What a representation says about the truth: wrong connections, and connected classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

from linsub._core import scalars
from linsub._core.dense.eigh import eigh
from linsub.clustering.components import normalized
from linsub.clustering.graph import as_affinity, as_square
from linsub.clustering.labels import as_labels

__all__ = ["connectivity", "subspace_preserving_error", "subspace_preserving_rate"]

# Up to here a class's Laplacian is decomposed densely (600: 60 ms); beyond it Lanczos is used,
# to so many vectors and restarts, and then inverse iteration with a shift below all eigenvalues.
_DENSE = 600
_VECTORS, _RESTARTS, _TOL = 40, 30, 1e-12
_SHIFT = 1e-8


def subspace_preserving_rate(C: Any, labels: Any, *, tol: float = 0.0) -> float:
    """Return the share of rows of C that connect samples of one class only.

    Parameters
    ----------
    C : array_like or sparse of shape (N, N)
        Row i represents sample i by the others.
    labels : array_like of shape (N,)
        The true classes.
    tol : float, optional
        A row may have this share of its l1 norm on other classes; in [0, 1].

    Returns
    -------
    float
        In [0, 1]. A row without entries has no wrong connection.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import subspace_preserving_rate
    >>> subspace_preserving_rate(np.array([[0, 1, 0], [1, 0, 0.5], [0, 1, 0]]), [0, 0, 1])
    0.3333333333333333
    """
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0)
    share = _wrong_share(C, labels)
    return float(np.mean(share <= tol)) if share.size else 1.0


def subspace_preserving_error(C: Any, labels: Any) -> float:
    """Return the mean share of the l1 norm of a row of C that lies on other classes.

    Parameters
    ----------
    C : array_like or sparse of shape (N, N)
    labels : array_like of shape (N,)
        The true classes.

    Returns
    -------
    float
        In [0, 1]. A row without entries has the share 0.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import subspace_preserving_error
    >>> subspace_preserving_error(np.array([[0, 1, 0], [1, 0, 3], [0, 0, 0]]), [0, 0, 1])
    0.25
    """
    share = _wrong_share(C, labels)
    return float(np.mean(share)) if share.size else 0.0


def connectivity(W: Any, labels: Any) -> float:
    """Return the least algebraic connectivity of a class in an affinity.

    The second eigenvalue of the normalized Laplacian ``I - D^-1/2 W D^-1/2`` of the graph that
    W has on each class by itself, the smallest of the classes. A representation without
    wrong connections gives the right clusters only where this is positive.

    Parameters
    ----------
    W : array_like or sparse of shape (N, N)
        Symmetric, not negative.
    labels : array_like of shape (N,)
        The true classes. Classes of one sample have nothing to connect.

    Returns
    -------
    float
        In [0, 2]; 0 where a class falls apart, if only because one of its samples has no
        neighbour in it. 2 if no class has two samples.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Components; if a class has a single one, Lanczos beside the first eigenvector,
    ``D^1/2 1``, and inverse iteration where that is slow. One isolated sample makes the result 0:
    to look at the others, leave out samples without neighbours (``W.sum(axis=1) == 0``), and
    count them. *Cost.* Some hundred products with W, or a sparse factor of a long and thin graph.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import connectivity
    >>> round(connectivity(np.ones((4, 4)) - np.eye(4), [0, 0, 1, 1]), 12)
    2.0
    """
    graph = as_affinity(W)
    classes = as_labels(labels, name="labels", size=graph.shape[0])
    found = 2.0
    for k in range(int(classes.max(initial=-1)) + 1):
        inside = np.flatnonzero(classes == k)
        if inside.size > 1:
            found = min(found, _second(graph[inside][:, inside]))
    return found


def _second(graph: Any) -> float:
    """Return the second eigenvalue of the normalized Laplacian of one class."""
    n = graph.shape[0]
    if csgraph.connected_components(graph, directed=False)[0] > 1:
        return 0.0
    S, degree = normalized(graph)
    if n <= _DENSE:
        return float(max(0.0, 1.0 - eigh(S.toarray(), top=2)[0][1]))
    first = np.sqrt(degree)
    first /= np.linalg.norm(first)
    # The first eigenvector is known: with -1 for its 1, the least there is, the second one leads.
    start = np.random.default_rng(0).standard_normal(n)  # fixed, so that runs repeat

    def times(v: np.ndarray) -> np.ndarray:
        return np.asarray(S @ v - 2.0 * first * (first @ v))

    rest = LinearOperator(S.shape, matvec=times, dtype=np.float64)
    try:
        value = eigsh(
            rest, k=1, which="LA", v0=start - first * (first @ start), ncv=_VECTORS,
            maxiter=_RESTARTS, tol=_TOL, return_eigenvectors=False,
        )[0]  # fmt: skip
    except ArpackError:
        # Long and thin, as a cycle is: its factors are sparse, where those of an expander, on
        # which Lanczos converges, would be dense.
        L = sparse.csc_array(sparse.eye_array(n) - S)
        found = eigsh(L, k=2, sigma=-_SHIFT, v0=start, return_eigenvectors=False)
        return float(max(0.0, found.max()))
    return float(max(0.0, 1.0 - value))


def _wrong_share(C: Any, labels: Any) -> np.ndarray:
    matrix = as_square(C, name="C")
    classes = as_labels(labels, name="labels", size=matrix.shape[0])
    size = np.abs(matrix.data)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    # Over the largest of its row, so that neither sums nor quotients under- or overflow.
    largest = np.zeros(matrix.shape[0])
    np.maximum.at(largest, rows, size)
    size = size / np.where(largest > 0.0, largest, 1.0)[rows]
    wrong = size * (classes[rows] != classes[matrix.indices])
    total = np.bincount(rows, size, minlength=matrix.shape[0])
    return np.asarray(
        np.bincount(rows, wrong, minlength=matrix.shape[0]) / np.where(total > 0.0, total, 1.0)
    )
