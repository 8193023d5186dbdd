"""Calls of ensembles, neighbours and the choice of subspaces, for tests/test_family_inputs.py."""

import numpy as np

from linsub import clustering
from linsub.testing import gallery
from tests.calls import Call

RECORDS = (
    "BlockDiagonalResult",
    "EnsembleCertificate",
    "EnsembleKSubspacesResult",
    "SubspaceSelection",
    "layerwise_gram",
)


def _X():
    return gallery.union_of_subspaces(2, 1, 3, 8, noise=0.05, rng=0)[0]


def _ensemble(X):
    labels, affinity = clustering.ensemble_k_subspaces(X, 2, 1, n_runs=9, n_neighbors=4, rng=0)
    return labels, affinity.toarray()


def _selected(X):
    found = clustering.select_subspaces(X, 2, [1, 2], n_init=3, rng=0)
    return found.dim, found.costs


def _bdr(X):
    return tuple(clustering.block_diagonal_representation(X, 2, 5.0, 0.5))


CALLS = [
    Call("ensemble_k_subspaces", _ensemble, lambda: {"X": _X()}, complex=False),
    Call("select_subspaces", _selected, lambda: {"X": _X()}, complex=False),
    Call("block_diagonal_representation", _bdr, lambda: {"X": _X()}, complex=False),
    Call(
        "nsn_neighbors",
        lambda X: clustering.nsn_neighbors(X, 4, 2).C.toarray(),
        lambda: {"X": np.random.default_rng(1).standard_normal((9, 4))},
        complex=False,
    ),
]
