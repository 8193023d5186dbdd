"""Whether a graph shows k clusters at all: its spectrum beside that of a graph without any.

Eigenvalues tell of clusters where they are above those of a graph with the same degrees whose
edges were dealt out anew. Below, no method that reads the graph alone can be trusted: sparse
graphs hide clusters although most of their edges are right (Decelle et al. 2011 for two blocks).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import ArpackError, eigsh

from linsub.clustering.components import normalized

__all__ = ["Detection", "detect"]

# Below it spectra of dealt graphs scatter more than they say.
_NODES = 60

# Dealt graphs, of whose edges the lowest counts. With one, graphs with 93 and 81 % of their nodes
# right (subspaces of dimension 3 and 6, orthogonal matching pursuit) were called hidden, with
# three only graphs with at most 70 %. Never called hidden: thresholding, ridge, and projections
# with degrees above 3, of digits and of unions (docs/theory/clustering.md).
_DEALS = 3

# Edges a node up to which graphs are dealt; above, spectra are semicircles: 2 sqrt(d - 1) / d.
_SPARSE = 100

# Blocks of edges of similar weight, within which ends are exchanged: nodes keep their number of
# edges and nearly their weight.
_BLOCKS = 64
_BLOCK = 32

# Accuracy of the second eigenvalue, far below what the deals scatter.
_TOL = 1e-2
_STEPS = 60
_VECTORS = 24


@dataclasses.dataclass(frozen=True)
class Detection:
    """How many clusters can be seen.

    Attributes
    ----------
    edge : float
        The second eigenvalue of a graph with these degrees and without clusters; nan where it is
        not known.
    informative : int
        Eigenvalues above it, of those that were given.
    """

    edge: float
    informative: int


def detect(graph: Any, values: np.ndarray, effective_degree: float) -> Detection:
    """Count the eigenvalues (descending) above those of a graph without clusters."""
    n = graph.shape[0]
    if n < _NODES or values.size == 0:
        return Detection(np.nan, int(values.size))
    if graph.nnz > _SPARSE * n:
        d = max(effective_degree, 1.0)
        edge = 2.0 * float(np.sqrt(d - 1.0)) / d
    else:
        # Fixed, so that runs repeat and the labels' random numbers are what they were.
        rng = np.random.default_rng(0)
        edge = np.inf
        for _ in range(_DEALS):
            edge = min(edge, _second(_dealt(graph, rng)))
            if edge < values[-1]:  # a lower edge would say the same
                break
    return Detection(float(edge), int(np.count_nonzero(values > edge)))


def _dealt(graph: Any, rng: np.random.Generator) -> Any:
    """Return a graph whose edges have exchanged their ends, with the same degrees."""
    upper: Any = sparse.triu(graph, 1).tocoo()
    order = np.argsort(-upper.data, kind="stable")
    turn = rng.random(order.size) < 0.5
    row, column = upper.row[order], upper.col[order]
    i, j = np.where(turn, column, row), np.where(turn, row, column)
    block = max(_BLOCK, -(-order.size // _BLOCKS))
    j = j[np.argsort(np.arange(order.size) // block + rng.random(order.size), kind="stable")]
    half: Any = sparse.csr_array((upper.data[order], (i, j)), shape=graph.shape)
    return sparse.csr_array(half + half.T + sparse.diags_array(graph.diagonal()))


def _second(graph: Any) -> float:
    S, _ = normalized(graph)
    n = S.shape[0]
    try:
        # Along no eigenvector.
        start = np.random.default_rng(0).standard_normal(n)
        values = eigsh(
            S, k=2, which="LA", v0=start, ncv=min(n - 1, _VECTORS), tol=_TOL, maxiter=_STEPS,
            return_eigenvectors=False,
        )  # fmt: skip
    except ArpackError:  # many components: their eigenvalues are 1
        return 1.0
    return float(values.min())
