"""Graphs with attributes: subspace clustering of attributes smoothed along the edges."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.dense.eigh import eigh
from linsub._core.random import RNGLike, Streams
from linsub.clustering import bounds
from linsub.clustering.assignment import by_indicators, by_kmeans, fill_empty, unit_rows
from linsub.clustering.graph import as_affinity
from linsub.clustering.spectral import SpectralCertificate
from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError
from linsub.results import Bound, Info, Record
from linsub.svd import truncated_svd

__all__ = ["AttributedResult", "attributed_subspace_clustering"]

# Up to here a dense decomposition is as fast.
_DENSE = 300

# Numbers that are smoothed at a time. Neighbours are read from anywhere: of 1e5 nodes a column
# alone stays in the cache and takes a quarter of its share of sixteen.
_IN_CACHE = 1 << 15

# The modularity has an eigenvalue of about -gamma, whose rounding is in all others: 1e-10 here.
_RESOLUTION = 1e6


class AttributedResult(Record):
    """Labels of a graph: ``labels, embedding, singular_values = ...``.

    Attributes
    ----------
    labels : ndarray of shape (N,)
        Of int64 in 0 .. k - 1, each of them used.
    embedding : ndarray of shape (N, k)
        Left singular vectors of the smoothed attributes.
    singular_values : ndarray of shape (r,)
        Descending; r = k + 1 where the first one is skipped. Where modularity > 1, the roots of
        the eigenvalues of the modularity, 0 for negative ones.
    certificate : SVDCertificate or SpectralCertificate
        That of the singular vectors; the residuals of the eigenvectors where modularity > 1.
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
    """``Z = D sum_t w_t P^t X (I - c v v^T)`` by products; X stays sparse."""

    X: Any
    P: Any
    weights: np.ndarray
    scale: np.ndarray  # the diagonal of D
    v: np.ndarray | None = None
    amount: float = 0.0  # c

    def times(self, Y: np.ndarray) -> np.ndarray:
        """Z Y."""
        V = self.X @ self._deflated(Y)
        return np.asarray((self.scale * self._smooth(self.P, V).T).T)

    def adjoint_times(self, Y: np.ndarray) -> np.ndarray:
        """Z^T Y."""
        V = (self.scale * Y.T).T
        return self._deflated(np.asarray(self.X.T @ self._smooth(self.P.T, V)))

    def _smooth(self, P: Any, V: np.ndarray) -> np.ndarray:
        """Return ``sum_t w_t P^t V``, all powers of a few columns after each other."""
        width = max(1, _IN_CACHE // V.shape[0])
        if V.ndim == 1 or width >= V.shape[1]:
            return self._horner(P, V)
        found = np.empty_like(V)
        for at in range(0, V.shape[1], width):
            # A single column as a vector, for which SciPy has a faster product.
            few = at if width == 1 else slice(at, at + width)
            found[:, few] = self._horner(P, np.ascontiguousarray(V[:, few]))
        return found

    def _horner(self, P: Any, V: np.ndarray) -> np.ndarray:
        total = self.weights[-1] * V
        for weight in self.weights[-2::-1]:
            total = weight * V + P @ total
        return np.asarray(total)

    def _deflated(self, Y: np.ndarray) -> np.ndarray:
        if self.v is None:
            return Y
        return np.asarray(Y - self.amount * np.multiply.outer(self.v, self.v @ Y))

    def operator(self) -> LinearOperator:
        return LinearOperator(
            self.X.shape,
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
    assign: Literal["snem", "kmeans"] = "snem",
    n_init: int = 10,
    tol: float = 1e-4,
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
        gamma, in [0, 1e6]: the weight of what chance would connect; at 1 the constant vector, of
        which nothing is learned, has the eigenvalue 0.
    skip_first : bool, optional
        Leave out the first singular vector, which is nearly constant; without `modularity` only.
    weighting : {"tfidf", "none"}, optional
        Attributes by how rare they are, rows of norm 1, or as they come.
    assign : {"snem", "kmeans"}, optional
        k-means on the embedding, its rows brought to norm 1; with "snem" the labels then move to
        the normalized indicators that are nearest to the embedding.
    n_init : int, optional
        Starts of k-means.
    tol : float, optional
        In (0, 1): residuals of the singular vectors over the largest singular value; its square
        for the eigenvectors that modularity > 1 has. Labels need few digits.
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
    With ``z = Z^T 1``, Z of degrees 1, the modularity matrix is ``Z (I - gamma z z^T / ||z||^2)
    Z^T``, for gamma <= 1 the Gram matrix of ``Z (I - (1 - sqrt(1 - gamma)) z z^T / ||z||^2)``;
    above, it has a negative eigenvalue, which their power iteration may take for the leading one:
    here Lanczos takes the algebraically largest. Their rounding starts from the signs of singular
    vectors, here from k-means. *Cost.* ``2 (nnz(X) + T nnz(A))`` flops a product, some tens of k
    products: linear in both, but for caches that a column of the embedding outgrows.
    *Accuracy.* Claims ``clustering-attributed-residual``, ``clustering-attributed-modularity``.
    Citeseer: ``benchmarks/attributed.py``.

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
    scalars.as_choice(assign, name="assign", choices=("snem", "kmeans"))
    n_init = scalars.as_integer(n_init, name="n_init", low=1)
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(False, False))
    if modularity is not None:
        modularity = scalars.as_real(modularity, name="modularity", low=0.0, high=_RESOLUTION)
    rank = k + skip
    if rank > min(attributes.shape):
        raise InvalidInputError(
            f"n_clusters={k} needs {rank} singular vectors and X has shape {attributes.shape}"
        )
    smoothed = _smooth(graph, attributes, alpha, order)
    # Sums of what is not negative: 0 where a row of Z is 0, and only there.
    empty = smoothed.times(np.ones(attributes.shape[1])) == 0.0
    streams = Streams(rng)
    certificate: Any
    if modularity is not None:
        smoothed, v = _deflated(smoothed, modularity)
    if modularity is not None and modularity > 1.0:
        values, U, certificate, products = _indefinite(smoothed, v, modularity, k, tol)
        S = np.sqrt(np.maximum(values, 0.0))
    else:
        draws = streams.generator("sketch")
        U, S, _ = found = truncated_svd(smoothed.operator(), rank, tol=tol, rng=draws)
        certificate = found.certificate
        products = found.info.products if found.info is not None else 0
    embedding = np.where(empty[:, None], 0.0, np.asarray(U)[:, skip:])
    labels, filled, outside = _labels(embedding, k, assign, n_init, streams)
    info = Info(
        method=f"{'S2CAG' if modularity is None else 'M-S2CAG'}, {assign}",
        products=products,
        notes=_notes(filled, outside),
        details={"n_filled": filled, "outside": outside},
    )
    return AttributedResult(labels, embedding, np.asarray(S), certificate=certificate, info=info)


def _notes(filled: int, outside: np.ndarray) -> tuple[str, ...]:
    notes = []
    if outside.size:
        notes.append(f"{outside.size} nodes have no attributes near them: their labels are a guess")
    if filled:
        notes.append(f"{filled} clusters had no member and were given one each")
    return tuple(notes)


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
    # A loop is as heavy as the heaviest edge: 1 for plain graphs, and the scale does not matter.
    looped = graph + float(graph.data.max(initial=0.0) or 1.0) * sparse.eye_array(n)
    inverse = sparse.diags_array(1.0 / np.sqrt(np.asarray(looped.sum(axis=1)).ravel()))
    P = inverse @ looped @ inverse + sparse.eye_array(n)
    P = _narrow(sparse.csr_array(sparse.diags_array(1.0 / np.asarray(P.sum(axis=1)).ravel()) @ P))
    degree = np.asarray(X @ np.asarray(X.sum(axis=0)).ravel())
    weighted = _narrow(sparse.csr_array(sparse.diags_array(_inverse_root(degree)) @ X))
    return _Smoothed(weighted, P, bounds.smoothing_weights(alpha, order), np.ones(n))


def _narrow(matrix: Any) -> Any:
    """Return a matrix in CSR with indices of 32 bits where they do: a third less to read."""
    if max(matrix.nnz, *matrix.shape) > np.iinfo(np.int32).max:
        return matrix
    parts = matrix.data, matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    return sparse.csr_array(parts, shape=matrix.shape)


def _inverse_root(degree: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / np.sqrt(np.where(degree > 0.0, degree, 1.0)))


def _deflated(smoothed: _Smoothed, gamma: float) -> tuple[_Smoothed, np.ndarray]:
    """Return the degree-normalized Z, deflated for gamma up to 1, and the direction of Z^T 1."""
    ones = np.ones(smoothed.X.shape[0])
    degree = smoothed.times(smoothed.adjoint_times(ones))
    normalized = dataclasses.replace(smoothed, scale=_inverse_root(degree))
    z = normalized.adjoint_times(ones)
    v = z / float(np.linalg.norm(z))
    if gamma > 1.0:
        return normalized, v
    return dataclasses.replace(normalized, v=v, amount=bounds.modularity_deflation(gamma)), v


def _indefinite(
    smoothed: _Smoothed, v: np.ndarray, gamma: float, k: int, tol: float
) -> tuple[np.ndarray, np.ndarray, SpectralCertificate, int]:
    """Return the k largest eigenpairs of ``Z (I - gamma v v^T) Z^T``, its most negative one aside.

    Power iteration would converge to what is largest in size, which may be the negative one.
    """
    n, used = smoothed.X.shape[0], 0

    def times(Y: np.ndarray) -> np.ndarray:
        nonlocal used
        used += 2 * (Y.size // n)
        inner = smoothed.adjoint_times(Y)
        return smoothed.times(inner - gamma * np.multiply.outer(v, v @ inner))

    if n <= max(_DENSE, 2 * k):
        dense = times(np.eye(n))
        values, V = eigh(0.5 * (dense + dense.T), top=k)
    else:
        start = np.random.default_rng(0).standard_normal(n)
        B = LinearOperator((n, n), matvec=times, matmat=times, dtype=np.float64)
        try:
            values, V = eigsh(B, k=k, which="LA", v0=start, tol=tol * tol)
        except ArpackError as error:
            raise ConvergenceError(
                f"Lanczos found no {k} leading eigenvectors of the modularity ({error}); "
                "ask for fewer clusters, or for modularity <= 1"
            ) from error
        order = np.argsort(-values, kind="stable")
        values, V = values[order], V[:, order]
    residuals = np.linalg.norm(times(V) - V * values, axis=0)
    found = Bound(residuals, "estimate", "||B v - lambda v||")
    return values, V, SpectralCertificate(residuals=found), used


def _labels(
    embedding: np.ndarray, k: int, assign: str, n_init: int, streams: Streams
) -> tuple[np.ndarray, int, np.ndarray]:
    rows = unit_rows(embedding)
    outside = np.flatnonzero(~rows.any(axis=1))
    found = by_kmeans(rows, k, n_init, streams)
    if assign == "snem":
        found = by_indicators(rows, found, k)
    labels, filled = fill_empty(np.asarray(found, np.int64), rows, k)
    return labels, filled, outside
