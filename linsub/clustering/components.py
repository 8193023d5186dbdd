"""The leading eigenvectors of a normalized affinity, one connected component at a time.

The eigenvalue 1 has one eigenvector a component. Lanczos on the whole graph sees one vector of
that space and, on near-matchings, converges to nothing; on a connected graph the eigenvalue is
simple. So each component is decomposed by itself, and the spectra are merged.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, eigsh

from linsub._core.dense.eigh import eigh
from linsub.errors import ConvergenceError

__all__ = ["Spectrum", "normalized", "pieces", "spectrum"]

# Up to here a dense decomposition is as fast (300: 6 ms beside 8 for 10 pairs).
_DENSE = 300
# Where Lanczos gives up, a dense decomposition is still possible.
_DENSE_LAST = 4000
# Lanczos vectors beyond twice the wanted ones: 20 halve the restarts on expanders.
_MORE_VECTORS = 20

# Graphs with fewer entries a row may be chains: of them Lanczos gets so many restarts, and the
# inverse a shift above the eigenvalues, which are 1 at most.
_THIN, _RESTARTS, _SHIFT = 2.5, 100, 1e-8


@dataclasses.dataclass(frozen=True)
class Spectrum:
    """The largest eigenvalues of ``D^-1/2 W D^-1/2``, descending, and what belongs to them.

    Attributes
    ----------
    values : ndarray of shape (r,)
    vectors : ndarray of shape (N, r)
        Zero outside of the component of each.
    residuals : ndarray of shape (r,)
        ``||S v - lambda v||``.
    complete : bool
        Whether each component was decomposed densely, so that no eigenvalue can be missing.
    """

    values: np.ndarray
    vectors: np.ndarray
    residuals: np.ndarray
    complete: bool = True


def normalized(graph: Any) -> tuple[Any, np.ndarray]:
    """Return ``D^-1/2 W D^-1/2`` and the degrees; isolated nodes have zero rows."""
    degree = np.asarray(graph.sum(axis=1)).ravel()
    scale = np.zeros_like(degree)
    np.sqrt(degree, out=scale, where=degree > 0.0)
    np.divide(1.0, scale, out=scale, where=degree > 0.0)
    D = sparse.diags_array(scale)
    S: Any = sparse.csr_array(D @ graph @ D)
    return S, degree


def pieces(graph: Any) -> list[np.ndarray]:
    """Return the nodes of each connected component, the largest component first."""
    count, label = csgraph.connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(label, minlength=count))[:-1])
    return sorted(parts, key=lambda part: -part.size)


def spectrum(S: Any, parts: list[np.ndarray], k: int, tol: float) -> Spectrum:
    """Return the k largest eigenpairs of S over the given components.

    Equal eigenvalues come in the order of the components, the larger one first.
    """
    if not parts:
        return Spectrum(np.zeros(0), np.zeros((S.shape[0], 0)), np.zeros(0))
    found, complete = [], True
    for part in parts:
        block = S if part.size == S.shape[0] else S[part][:, part]
        values, vectors, dense = _leading(block, min(k, part.size), tol)
        complete &= dense
        found.append((values, vectors, part))
    values = np.concatenate([pair[0] for pair in found])
    owner = np.repeat(np.arange(len(parts)), [pair[0].size for pair in found])
    place = np.concatenate([np.arange(pair[0].size) for pair in found])
    # The first of each component is 1 in exact arithmetic: rounding shall not order them.
    chosen = np.lexsort((owner, -np.where(place == 0, 1.0, values)))[:k]
    vectors = np.zeros((S.shape[0], chosen.size))
    for column, index in enumerate(chosen):
        _, block, part = found[owner[index]]
        vectors[part, column] = block[:, place[index]]
    values = values[chosen]
    residuals = np.linalg.norm(S @ vectors - vectors * values, axis=0)
    return Spectrum(values, vectors, residuals, complete)


def _leading(S: Any, k: int, tol: float) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return the k largest eigenpairs of a connected graph, and whether densely."""
    n = S.shape[0]
    if n <= max(_DENSE, 2 * k):
        return *eigh(S.toarray(), top=k), True
    # Fixed, so that runs repeat, and along no eigenvector.
    start = np.random.default_rng(0).standard_normal(n)
    vectors = min(n - 1, 2 * k + _MORE_VECTORS)
    try:
        values, V = _lanczos(S, k, start, vectors, tol)
    except (ArpackNoConvergence, ArpackError) as error:
        if n > _DENSE_LAST:
            raise ConvergenceError(
                f"Lanczos found no {k} leading eigenvectors of a graph of {n} nodes ({error}); "
                "ask for fewer clusters, or make the graph denser"
            ) from error
        return *eigh(S.toarray(), top=k), True
    order = np.argsort(-values, kind="stable")
    return values[order], V[:, order], False


def _lanczos(
    S: Any, k: int, start: np.ndarray, vectors: int, tol: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lanczos; of chains and the like, on which it creeps, with an inverse.

    Their factors are as sparse as they are; those of expanders fill, but there Lanczos converges.
    """
    given: dict[str, Any] = {"k": k, "v0": start, "ncv": vectors, "tol": tol}
    if S.nnz <= _THIN * S.shape[0]:
        try:
            values, V = eigsh(S, which="LA", maxiter=_RESTARTS, **given)
        except ArpackNoConvergence:
            values, V = eigsh(sparse.csc_array(S), sigma=1.0 + _SHIFT, which="LM", **given)
    else:
        values, V = eigsh(S, which="LA", **given)
    return values, V
