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

# Dealt graphs, of whose edges the median counts where the first is not far below. Measured on
# graphs of digits and of unions of subspaces by seven methods: those with at most 50 % of their
# nodes right by pursuit were all doubted; those by thresholding, ridge and averaged pursuit, by
# projection with an effective degree above 2.5, and by pursuit with 80 % right or more, never.
_DEALS = 5
_FAR = 0.95

# Graphs are dealt up to so many entries a row and so full (beyond, dealt edges would meet); above,
# spectra are semicircles, and effective degrees hold the variance of the weights.
_SPARSE = 100
_FULL = 0.1

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


def detect(S: Any, values: np.ndarray, effective_degree: float) -> Detection:
    """Count the eigenvalues (descending) of S above those of a graph without clusters."""
    n = S.shape[0]
    if n < _NODES or values.size == 0:
        return Detection(np.nan, int(values.size))
    if S.nnz > min(_SPARSE, _FULL * n) * n:
        edge = 2.0 * float(np.sqrt(max(0.0, 1.0 / max(effective_degree, 1.0) - 1.0 / n)))
    else:
        # Fixed, so that runs repeat and the labels' random numbers are what they were.
        rng = np.random.default_rng(0)
        edges = [_second(_dealt(S, rng))]
        if edges[0] > _FAR * values[-1]:
            edges += [_second(_dealt(S, rng)) for _ in range(_DEALS - 1)]
        edge = float(np.median(edges))
    return Detection(edge, int(np.count_nonzero(values > edge)))


def _dealt(S: Any, rng: np.random.Generator) -> Any:
    """Return a graph in which each edge has one new end; nodes keep their number of edges.

    Of the normalized affinity, in which no cluster is heavier than another. Ends are exchanged
    among all edges: among edges of like weight clusters of unlike density would stay.
    """
    upper: Any = sparse.triu(S, 1).tocoo()
    turn = rng.random(upper.nnz) < 0.5
    i = np.where(turn, upper.col, upper.row)
    j = rng.permutation(np.where(turn, upper.row, upper.col))
    half: Any = sparse.csr_array((upper.data, (i, j)), shape=S.shape)
    return sparse.csr_array(half + half.T + sparse.diags_array(S.diagonal()))


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
