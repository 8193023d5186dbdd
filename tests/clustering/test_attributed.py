"""Attributed graphs: planted clusters, identities, scale, and what is refused."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from linsub.clustering import attributed, attributed_subspace_clustering, clustering_accuracy
from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError
from linsub.testing import gallery

SEEDS = st.integers(0, 2**20)


@pytest.mark.parametrize("assign", ["snem", "kmeans"])
@pytest.mark.parametrize("modularity", [None, 0.0, 0.9, 1.0, 2.0])
def test_planted_clusters_are_found(assign, modularity):
    A, X, truth = gallery.attributed_graph(400, 4, rng=0)
    found = attributed_subspace_clustering(A, X, 4, assign=assign, modularity=modularity, rng=0)
    assert clustering_accuracy(truth, found.labels) > 0.97
    assert found.labels.dtype == np.int64
    assert found.embedding.shape == (400, 4)
    np.testing.assert_allclose(found.embedding.T @ found.embedding, np.eye(4), atol=1e-8)
    assert found.singular_values.size == (5 if modularity is None else 4)
    assert (np.diff(found.singular_values) <= 1e-12).all()
    assert found.certificate is not None


@given(SEEDS, st.sampled_from([1e-160, 1.0, 1e150]), st.sampled_from([None, 0.5, 1.5]))
@settings(max_examples=12)
def test_the_scale_of_edges_and_of_attributes_does_not_matter(seed, scale, modularity):
    A, X, _ = gallery.attributed_graph(40, 3, n_attributes=12, words=4.0, rng=seed)
    options = {"modularity": modularity, "order": 4, "rng": 0}
    plain = attributed_subspace_clustering(A, X, 3, **options)
    for other in (
        attributed_subspace_clustering(A * scale, X * scale, 3, **options),
        attributed_subspace_clustering(A.toarray(), X.toarray(), 3, **options),
        attributed_subspace_clustering(A.astype(np.float32), X.astype(np.float32), 3, **options),
    ):
        np.testing.assert_allclose(other.singular_values, plain.singular_values, atol=1e-12)


def test_resolutions_interlace_and_at_one_constants_are_left_out():
    A, X, _ = gallery.attributed_graph(60, 3, rng=1)
    squares = [
        attributed_subspace_clustering(A, X, 5, modularity=gamma, rng=0).singular_values ** 2
        for gamma in (0.0, 0.5, 1.0, 1.0 + 1e-12, 3.0, 1e6)
    ]
    for lower, higher in itertools.pairwise(squares):
        assert (higher <= lower + 1e-12).all()
    # One rank was taken away.
    assert (squares[-1][:-1] >= squares[0][1:] - 1e-12).all()
    np.testing.assert_allclose(squares[3], squares[2], atol=1e-11)
    found = attributed_subspace_clustering(A, X, 3, modularity=1.0, rng=0)
    assert np.abs(found.embedding.sum(axis=0)).max() < 1e-10


def test_large_resolutions_by_lanczos_are_those_of_the_dense_modularity(monkeypatch):
    A, X, truth = gallery.attributed_graph(400, 4, rng=2)
    large = attributed_subspace_clustering(A, X, 4, modularity=2.0, rng=0)
    monkeypatch.setattr(attributed, "_DENSE", 1000)
    dense = attributed_subspace_clustering(A, X, 4, modularity=2.0, rng=0)
    np.testing.assert_allclose(large.singular_values, dense.singular_values, atol=1e-10)
    assert clustering_accuracy(truth, large.labels) > 0.97
    for found in (large, dense):
        assert found.certificate.residuals.value.max() < 1e-8
    monkeypatch.setattr(attributed, "_DENSE", 0)

    def fails(*_, **__):
        raise attributed.ArpackError(3)

    monkeypatch.setattr(attributed, "eigsh", fails)
    with pytest.raises(ConvergenceError, match="modularity <= 1"):
        attributed_subspace_clustering(A, X, 4, modularity=2.0, rng=0)


def test_far_powers_overflow_nowhere():
    A, X, _ = gallery.attributed_graph(40, 2, rng=0)
    with np.errstate(all="raise", under="ignore"):
        for alpha, order in ((1e10, 60), (1e-10, 60), (1e300, 3), (1.0, 0), (1.0, 500)):
            found = attributed_subspace_clustering(A, X, 2, alpha=alpha, order=order, rng=0)
            assert np.isfinite(found.embedding).all()
            assert set(found.labels) == {0, 1}


def test_nodes_without_edges_and_attributes_are_said():
    A, X, _ = gallery.attributed_graph(50, 2, rng=0)
    A, X = A.tolil(), X.tolil()
    for i in (3, 7):
        A[i] = 0.0
        A[:, i] = 0.0
        X[i] = 0.0
    found = attributed_subspace_clustering(A.tocsr(), X.tocsr(), 2, rng=0)
    np.testing.assert_array_equal(found.info.details["outside"], [3, 7])
    assert "2 nodes have no attributes near them" in found.info.notes[0]
    assert set(found.labels) == {0, 1}


@pytest.mark.parametrize("skip", [True, False])
def test_few_nodes(skip):
    for n, k in ((1, 1), (2, 1), (3, 2), (4, 3)):
        A, X = np.ones((n, n)), np.eye(n, n + 1) + 0.1
        if k + skip > n:
            with pytest.raises(InvalidInputError, match="singular vectors"):
                attributed_subspace_clustering(A, X, k, skip_first=skip)
            continue
        found = attributed_subspace_clustering(A, X, k, skip_first=skip, rng=0)
        assert set(found.labels) == set(range(k))


def test_duplicates_are_summed_and_inputs_stay():
    A, X, _ = gallery.attributed_graph(30, 2, n_attributes=8, rng=0)
    entries = sparse.coo_array(X)
    twice = sparse.coo_array(
        (
            np.tile(0.5 * entries.data, 2),
            (np.tile(entries.row, 2), np.tile(entries.col, 2)),
        ),
        shape=X.shape,
    )
    before = twice.data.copy(), A.data.copy()
    found = attributed_subspace_clustering(A, twice, 2, rng=0)
    plain = attributed_subspace_clustering(A, X, 2, rng=0)
    np.testing.assert_allclose(found.singular_values, plain.singular_values, rtol=1e-12)
    np.testing.assert_array_equal(twice.data, before[0])
    np.testing.assert_array_equal(A.data, before[1])


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"A": np.ones((3, 2))}, InvalidInputError, "A must be square"),
        ({"A": np.triu(np.ones((3, 3)))}, InvalidInputError, "A is not symmetric"),
        ({"A": np.ones((4, 4))}, InvalidInputError, "X has 3 rows and A has 4 nodes"),
        ({"X": np.zeros((3, 3))}, InvalidInputError, "cluster by A with spectral_labels"),
        ({"X": -np.ones((3, 3))}, InvalidInputError, r"negative entry -1.0"),
        ({"X": sparse.eye_array(3) * 1j}, InvalidTypeError, "X is complex"),
        ({"n_clusters": 4}, InvalidInputError, "n_clusters=4 and there are 3 nodes"),
        ({"n_clusters": 3}, InvalidInputError, "needs 4 singular vectors"),
        ({"alpha": 0.0}, InvalidInputError, "alpha"),
        ({"order": -1}, InvalidInputError, "order"),
        ({"tol": 0.0}, InvalidInputError, "tol"),
        ({"tol": 1.0}, InvalidInputError, "tol"),
        ({"modularity": -0.1}, InvalidInputError, "modularity"),
        ({"modularity": np.inf}, InvalidInputError, "modularity"),
        ({"weighting": "binary"}, InvalidInputError, "weighting"),
        ({"assign": "cluster_qr"}, InvalidInputError, "assign"),
        ({"skip_first": 1.0}, InvalidTypeError, "skip_first"),
    ],
)
def test_what_cannot_be_clustered_is_refused(change, error, match):
    arguments = {"A": np.ones((3, 3)), "X": np.eye(3), "n_clusters": 1, **change}
    with warnings.catch_warnings(), pytest.raises(error, match=match):
        attributed_subspace_clustering(**arguments)


def test_attributes_are_never_dense():
    # Densely the attributes alone would take 0.4 GB.
    n = 1000
    A, _, _ = gallery.attributed_graph(n, 2, rng=0)
    rng = np.random.default_rng(0)
    X = sparse.csr_array(
        (np.ones(5 * n), (np.repeat(np.arange(n), 5), rng.integers(0, 50_000, 5 * n))),
        shape=(n, 50_000),
    )
    found = attributed_subspace_clustering(A, X, 2, order=1, n_init=1, rng=0)
    assert found.embedding.shape == (n, 2)


@pytest.mark.parametrize("order", [0, 1, 5])
def test_smoothing_by_columns_is_smoothing_at_once(order, monkeypatch):
    A, X, _ = gallery.attributed_graph(60, 3, rng=3)
    P = sparse.csr_array(A / 60.0)
    weights = np.random.default_rng(0).uniform(0.1, 1.0, order + 1)
    smoothed = attributed._Smoothed(X, P, weights, np.linspace(0.5, 2.0, 60))
    dense = sum(w * np.linalg.matrix_power(P.toarray(), t) for t, w in enumerate(weights))
    Z = np.linspace(0.5, 2.0, 60)[:, None] * (dense @ X.toarray())
    rng = np.random.default_rng(1)
    for width in (1, 60, 120, 1 << 20):  # one column, one, two, all
        monkeypatch.setattr(attributed, "_IN_CACHE", width)
        for columns in (1, 2, 5):
            Y, V = rng.standard_normal((Z.shape[1], columns)), rng.standard_normal((60, columns))
            np.testing.assert_allclose(smoothed.times(Y), Z @ Y, rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(smoothed.adjoint_times(V), Z.T @ V, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(smoothed.times(Y[:, 0]), Z @ Y[:, 0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("modularity", [None, 0.9, 2.0])
def test_residuals_are_within_the_tolerance(modularity):
    A, X, truth = gallery.attributed_graph(600, 4, rng=5)
    for tol in (1e-2, 1e-4, 1e-7):
        found = attributed_subspace_clustering(A, X, 4, modularity=modularity, tol=tol, rng=0)
        sizes = np.asarray(found.certificate.residuals.value)
        largest = found.singular_values[0]
        most = 2.0 * tol * tol * largest**2 if modularity == 2.0 else tol * largest
        assert sizes.max() <= most * (1.0 + 1e-6) + 1e-13
        assert clustering_accuracy(truth, found.labels) > 0.97
