"""Calls of the spectral stage and of attributed graphs, for tests/test_family_inputs.py."""

import numpy as np

from linsub import clustering
from linsub.testing import gallery
from tests.calls import Call

RECORDS = ("AttributedResult", "SpectralCertificate", "SpectralResult")


def _graph():
    """Two clusters, with weights that make no eigenvalue a double one."""
    W = np.random.default_rng(0).uniform(0.1, 1.0, (9, 9))
    W[:4, 4:] *= 0.05
    W[4:, :4] *= 0.05
    return {"W": W + W.T}


def _attributed():
    A, X, _ = gallery.attributed_graph(20, 2, n_attributes=8, words=3.0, rng=0)
    return {"A": A.toarray(), "X": X.toarray()}


def _labels(W, **options):
    labels, eigenvalues, _, embedding = clustering.spectral_labels(W, 2, rng=0, **options)
    return labels, eigenvalues, embedding @ embedding.T


def _by_attributes(A, X, **options):
    labels, embedding, values = clustering.attributed_subspace_clustering(
        A, X, 2, rng=0, order=3, **options
    )
    return labels, embedding @ embedding.T, values


CALLS = [
    Call("spectral_labels", _labels, _graph, complex=False),
    Call(
        "spectral_labels.cluster_qr",
        lambda W: _labels(W, assign="cluster_qr"),
        _graph,
        complex=False,
    ),
    Call("attributed_subspace_clustering", _by_attributes, _attributed, complex=False),
    Call(
        "attributed_subspace_clustering.modularity",
        lambda A, X: _by_attributes(A, X, modularity=1.5),
        _attributed,
        complex=False,
    ),
    Call(
        "averaged_omp",
        lambda X: clustering.averaged_omp(X, n_nonzero=2, share=0.6, rng=0).C.toarray(),
        lambda: {"X": np.random.default_rng(0).standard_normal((9, 4))},
        complex=False,
    ),
]
