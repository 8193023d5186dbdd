"""Graphs with attributes: subspace clustering of attributes smoothed along the edges."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.random import RNGLike, Streams
from linsub.clustering.assignment import by_kmeans, by_pivoted_qr, fill_empty, unit_rows
from linsub.clustering.graph import as_affinity
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info, Record
from linsub.svd import truncated_svd

__all__ = ["AttributedResult", "attributed_subspace_clustering"]


class AttributedResult(Record):
    """Labels of a graph: ``labels, embedding, singular_values = ...``.

    Attributes
    ----------
    labels : ndarray of shape (N,)
        Of int64 in 0 .. k - 1, each of them used.
    embedding : ndarray of shape (N, k)
        Left singular vectors of the smoothed attributes.
    singular_values : ndarray of shape (r,)
        Descending; r = k + 1 where the first one is skipped.
    certificate : SVDCertificate
        That of the singular vectors.
    info : Info
        ``details["n_filled"]``, clusters that had no member and were given one;
        ``details["outside"]``, nodes with an embedding of 0, whose labels are a guess.
    """

    _fields = ("labels", "embedding", "singular_values")
    labels: np.ndarray
    embedding: np.ndarray
    singular_values: np.ndarray
    certificate: Any
    info: Info | None


@dataclasses.dataclass(frozen=True)
class _Smoothed:
    """``Z = D (c sum_t alpha^t P^t X - u v^T)`` as products; X stays sparse."""

    X: Any
    P: Any
    alpha: float
    order: int
    factor: float
    scale: np.ndarray  # the diagonal of D
    v: np.ndarray | None = None  # with u = D Z v-part folded in, see deflated()
    amount: float = 0.0

    def times(self, Y: np.ndarray) -> np.ndarray:
        """Z Y."""
        if self.v is not None:
            Y = Y - self.amount * np.multiply.outer(self.v, self.v @ Y)
        V = self.X @ Y
        total = V
        for _ in range(self.order):
            total = V + self.alpha * (self.P @ total)
        return np.asarray(self.factor * (self.scale * total.T).T)

    def adjoint_times(self, Y: np.ndarray) -> np.ndarray:
        """Z^T Y."""
        V = self.factor * (self.scale * Y.T).T
        total = V
        for _ in range(self.order):
            total = V + self.alpha * (self.P.T @ total)
        found = np.asarray(self.X.T @ total)
        if self.v is not None:
            found = found - self.amount * np.multiply.outer(self.v, self.v @ found)
        return found

    def operator(self) -> LinearOperator:
        shape = self.X.shape
        return LinearOperator(
            shape,
            matvec=self.times,
            rmatvec=self.adjoint_times,
            matmat=self.times,
            rmatmat=self.adjoint_times,
            dtype=np.float64,
        )


def attributed_subspace_clustering(
    A: Any,
    X: Any,
    n_clusters: int,
    *,
    order: int = 10,
    alpha: float = 0.9,
    modularity: float | None = None,
    skip_first: bool = True,
    weighting: Literal["tfidf", "none"] = "tfidf",
    assign: Literal["kmeans", "cluster_qr"] = "kmeans",
    n_init: int = 10,
    rng: RNGLike = None,
) -> AttributedResult:
    """Cluster the nodes of a graph by its edges and by the attributes of its nodes.

    The k leading left singular vectors of the attributes smoothed along the edges,
    ``Z = c sum_{t=0}^T alpha^t P^t X``, are the low-rank self-expression of the smoothed rows
    (S2CAG); with `modularity` those of a matrix whose Gram matrix is the modularity of
    ``Z Z^T`` (M-S2CAG).

    Parameters
    ----------
    A : array_like or sparse of shape (N, N)
        Symmetric, not negative: the edges.
    X : array_like or sparse of shape (N, d)
        Not negative: the attributes of the nodes.
    n_clusters : int
        k, in 1 .. N.
    order : int, optional
        T, how far attributes spread.
    alpha : float, optional
        Positive; above 1 what is far counts more.
    modularity : float, optional
        In [0, 1]: the weight of what chance would connect.
    skip_first : bool, optional
        Leave out the first singular vector, which is nearly constant; without `modularity` only.
    weighting : {"tfidf", "none"}, optional
        Attributes by how rare they are, rows of norm 1, or as they come.
    assign : {"kmeans", "cluster_qr"}, optional
    n_init : int, optional
        Starts of k-means.
    rng : {None, int, Generator}, optional

    Returns
    -------
    AttributedResult

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Lin, Yang, Zheng and Ke 2025, by a certified truncated SVD of Z as an operator.
    With ``z = Z^T 1`` the modularity matrix is ``Z (I - gamma z z^T / ||z||^2) Z^T``, the Gram
    matrix of ``Z (I - (1 - sqrt(1 - gamma)) z z^T / ||z||^2)``. Their rounding depends on the signs
    of singular vectors and is replaced. *Cost.* ``2 (nnz(X) + T nnz(A))`` flops a product, some
    tens of k products: linear in both. *Accuracy.* Claims ``clustering-attributed-residual``,
    ``clustering-attributed-modularity``.

    References
    ----------
    Lin, Yang, Zheng and Ke, KDD (2025), arXiv 2411.11074.

    Examples
    --------
    >>> from linsub.clustering import attributed_subspace_clustering, clustering_accuracy
    >>> from linsub.testing import gallery
    >>> A, X, truth = gallery.attributed_graph(300, 3, rng=0)
    >>> found = attributed_subspace_clustering(A, X, 3, rng=0)
    >>> clustering_accuracy(truth, found.labels) > 0.95
    True
    """
    graph = as_affinity(A, name="A")
    attributes = _attributes(X, graph.shape[0], weighting)
    n = graph.shape[0]
    k = scalars.as_integer(n_clusters, name="n_clusters", low=1)
    if k > n:
        raise InvalidInputError(f"n_clusters={k} and there are {n} nodes; ask for at most {n}")
    order = scalars.as_integer(order, name="order", low=0)
    alpha = scalars.as_real(alpha, name="alpha", low=0.0, include=(False, False))
    skip = scalars.as_flag(skip_first, name="skip_first") and modularity is None
    scalars.as_choice(assign, name="assign", choices=("kmeans", "cluster_qr"))
    n_init = scalars.as_integer(n_init, name="n_init", low=1)
    if modularity is not None:
        modularity = scalars.as_real(modularity, name="modularity", low=0.0, high=1.0)
    rank = k + skip
    if rank > min(attributes.shape):
        raise InvalidInputError(
            f"n_clusters={k} needs {rank} singular vectors and X has shape {attributes.shape}"
        )
    smoothed = _smooth(graph, attributes, alpha, order)
    if modularity is not None:
        smoothed = _deflated(smoothed, modularity)
    streams = Streams(rng)
    U, S, _ = found = truncated_svd(smoothed.operator(), rank, rng=streams.generator("sketch"))
    embedding = np.asarray(U)[:, skip:]
    labels, filled, outside = _labels(embedding, k, assign, n_init, streams)
    info = Info(
        method=f"{'S2CAG' if modularity is None else 'M-S2CAG'}, {assign}",
        products=found.info.products if found.info is not None else 0,
        details={"n_filled": filled, "outside": outside},
    )
    return AttributedResult(
        labels, embedding, np.asarray(S), certificate=found.certificate, info=info
    )


def _attributes(X: Any, n: int, weighting: str) -> Any:
    """Return the attributes in CSR, weighted, their largest entry near 1."""
    scalars.as_choice(weighting, name="weighting", choices=("tfidf", "none"))
    if sparse.issparse(X):
        given: Any = X
        arrays.canonical_dtype(given.dtype, name="X")
        rows: Any = sparse.csr_array(given, copy=True)
        rows.sum_duplicates()
        arrays.check_all_finite(rows.data, name="X.data")
    else:
        rows = sparse.csr_array(arrays.as_matrix(X, name="X"))
    if rows.dtype.kind == "c":
        raise InvalidTypeError("X is complex; attributes are real and not negative")
    rows = rows.astype(np.float64)
    rows.eliminate_zeros()
    if rows.shape[0] != n:
        raise InvalidInputError(f"X has {rows.shape[0]} rows and A has {n} nodes")
    if rows.nnz == 0:
        raise InvalidInputError("X has no entry that is not 0: cluster by A with spectral_labels")
    if rows.data.min() < 0.0:
        raise InvalidInputError(f"X has the negative entry {rows.data.min()}; shift or bin it")
    rows.data *= norms.power_of_two_scale(float(rows.data.max()), rows.dtype, always=True)
    if weighting == "tfidf":
        # One more document, in which every attribute stands: none loses all of its weight.
        count = np.bincount(rows.indices, minlength=rows.shape[1])
        rows.data *= (np.log((1.0 + n) / (1.0 + count)) + 1.0)[rows.indices]
        size = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        rows.data /= np.repeat(np.where(size > 0.0, size, 1.0), np.diff(rows.indptr))
    return rows


def _smooth(graph: Any, X: Any, alpha: float, order: int) -> _Smoothed:
    n = graph.shape[0]
    looped = graph + sparse.eye_array(n)
    inverse = sparse.diags_array(1.0 / np.sqrt(np.asarray(looped.sum(axis=1)).ravel()))
    P = inverse @ looped @ inverse + sparse.eye_array(n)
    P = sparse.csr_array(sparse.diags_array(1.0 / np.asarray(P.sum(axis=1)).ravel()) @ P)
    degree = np.asarray(X @ np.asarray(X.sum(axis=0)).ravel())
    scale = 1.0 / np.sqrt(np.where(degree > 0.0, degree, 1.0))
    weighted = sparse.csr_array(sparse.diags_array(scale) @ X)
    # Powers relative to the largest, so that alpha above 1 overflows nowhere.
    powers = alpha ** (np.arange(order + 1) - (order if alpha > 1.0 else 0))
    factor = 1.0 / powers.sum() * (powers[0] if alpha > 1.0 else 1.0)
    return _Smoothed(weighted, P, alpha, order, float(factor), np.ones(n))


def _deflated(smoothed: _Smoothed, gamma: float) -> _Smoothed:
    """Return the matrix whose Gram matrix is the modularity of the degree-normalized Z Z^T."""
    ones = np.ones(smoothed.X.shape[0])
    degree = smoothed.times(smoothed.adjoint_times(ones))
    scale = 1.0 / np.sqrt(np.where(degree > 0.0, degree, 1.0))
    normalized = dataclasses.replace(smoothed, scale=scale)
    z = normalized.adjoint_times(ones)
    size = float(np.linalg.norm(z))
    return dataclasses.replace(normalized, v=z / size, amount=1.0 - float(np.sqrt(1.0 - gamma)))


def _labels(
    embedding: np.ndarray, k: int, assign: str, n_init: int, streams: Streams
) -> tuple[np.ndarray, int, np.ndarray]:
    rows = unit_rows(embedding)
    outside = np.flatnonzero(~rows.any(axis=1))
    found = by_kmeans(rows, k, n_init, streams) if assign == "kmeans" else by_pivoted_qr(rows)
    labels, filled = fill_empty(np.asarray(found, np.int64), rows, k)
    return labels, filled, outside
