"""The spectral stage: against dense references, on graphs that fall apart, at any scale."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import ArpackNoConvergence

from linsub import clustering
from linsub.clustering import clustering_accuracy, components, spectral_labels
from linsub.errors import (
    AccuracyWarning,
    ConvergenceError,
    InvalidInputError,
    InvalidTypeError,
)
from linsub.testing import gallery

SEEDS = st.integers(0, 2**20)


def planted(sizes, inside, between, seed, shuffle=True):
    """A graph of dense blocks, and its labels."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    if shuffle:
        labels = rng.permutation(labels)
    same = labels[:, None] == labels
    W = np.where(same, inside, between) * rng.uniform(0.5, 1.0, same.shape)
    W = np.triu(W, 1)
    return W + W.T, labels


def dense_values(W):
    degree = W.sum(axis=1)
    scale = np.where(degree > 0, 1 / np.sqrt(np.where(degree > 0, degree, 1)), 0)
    return np.sort(np.linalg.eigvalsh(scale[:, None] * W * scale))[::-1]


@given(st.lists(st.integers(3, 9), min_size=1, max_size=5), SEEDS, st.booleans())
def test_blocks_are_found_and_what_is_handed_back_is_in_order(sizes, seed, apart):
    k = len(sizes)
    W, truth = planted(sizes, 1.0, 0.0 if apart else 1e-3, seed)
    labels, values, gaps, embedding = found = spectral_labels(W, k, rng=0)
    assert clustering_accuracy(truth, labels) == 1.0
    assert labels.dtype == np.int64
    assert set(labels) == set(range(k))
    assert (np.abs(values) <= 1.0 + 1e-12).all()
    np.testing.assert_allclose(values, dense_values(W)[: values.size], atol=1e-12)
    np.testing.assert_array_equal(gaps, values[:-1] - values[1:])
    assert embedding.shape == (len(W), k)
    np.testing.assert_allclose(np.linalg.norm(embedding, axis=1), 1.0, atol=1e-12)
    if apart:
        assert np.count_nonzero(values > 1 - 1e-9) == k == found.info.details["n_components"]
        assert float(found.certificate.cut) == float(found.certificate.least_cut) == 0.0


@pytest.mark.parametrize("assign", ["kmeans", "cluster_qr"])
def test_lanczos_gives_what_the_dense_decomposition_gives(assign):
    W, truth = planted([200, 150, 90], 1.0, 0.1, 3)
    found = spectral_labels(sparse.csr_array(W), 3, assign=assign, rng=0)
    np.testing.assert_allclose(found.eigenvalues, dense_values(W)[:4], atol=1e-9)
    assert (found.certificate.residuals.value < 1e-6).all()
    assert found.certificate.least_cut.kind == "estimate"
    assert 0 < float(found.certificate.least_cut) <= float(found.certificate.cut)
    assert clustering_accuracy(truth, found.labels) == 1.0


@given(SEEDS, st.sampled_from([1e-160, 1e-12, 1.0, 1e150]))
@settings(max_examples=15)
def test_scale_does_not_matter_and_a_permutation_permutes(seed, scale):
    W, _ = planted([5, 7, 4], 1.0, 0.05, seed)
    labels, values, *_ = spectral_labels(W, 3, assign="cluster_qr")
    again = spectral_labels(W * scale, 3, assign="cluster_qr")
    np.testing.assert_array_equal(again.labels, labels)
    np.testing.assert_allclose(again.eigenvalues, values, atol=1e-13)
    order = np.random.default_rng(seed).permutation(len(W))
    moved = spectral_labels(W[np.ix_(order, order)], 3, assign="cluster_qr")
    assert clustering_accuracy(labels[order], moved.labels) == 1.0
    np.testing.assert_allclose(moved.eigenvalues, values, atol=1e-13)


def test_duplicates_and_explicit_zeros_of_sparse_graphs_are_summed():
    W, _ = planted([4, 5], 1.0, 0.01, 0)
    entries = sparse.coo_array(W)
    half = sparse.coo_array(
        (
            np.concatenate([0.5 * entries.data, 0.5 * entries.data, [0.0]]),
            (
                np.concatenate([entries.row, entries.row, [0]]),
                np.concatenate([entries.col, entries.col, [8]]),
            ),
        ),
        shape=W.shape,
    )
    before = half.data.copy()
    found, plain = spectral_labels(half, 2, rng=0), spectral_labels(W, 2, rng=0)
    np.testing.assert_array_equal(found.labels, plain.labels)
    np.testing.assert_allclose(found.eigenvalues, plain.eigenvalues, atol=1e-14)
    np.testing.assert_array_equal(half.data, before)
    single = spectral_labels(half.astype(np.float32), 2, rng=0)
    np.testing.assert_array_equal(single.labels, plain.labels)


def test_more_components_than_clusters():
    # Components of 12, 10, 6 and 6 nodes for two clusters: the larger ones are the clusters.
    W, parts = planted([12, 10, 6, 6], 1.0, 0.0, 1)
    with pytest.warns(AccuracyWarning, match=r"12 of 34 nodes are guesses"):
        found = spectral_labels(W, 2, rng=0)
    for part in range(4):
        assert np.unique(found.labels[parts == part]).size == 1
    assert found.labels[parts == 0][0] != found.labels[parts == 1][0]
    np.testing.assert_array_equal(found.info.details["outside"], np.flatnonzero(parts >= 2))
    assert "falls apart into 4 components" in " ".join(found.info.notes)


def test_a_matching_has_labels():
    # 200 pairs: the eigenvalue 1 is there 200 times, and Lanczos on the whole sees one vector.
    W = sparse.block_diag([np.array([[0.0, 1], [1, 0]])] * 200, format="csr")
    with pytest.warns(AccuracyWarning, match="nodes are guesses"):
        found = spectral_labels(W, 5, rng=0)
    assert set(found.labels) == set(range(5))
    np.testing.assert_allclose(found.eigenvalues, 1.0)
    assert found.info.details["n_components"] == 200


@pytest.mark.parametrize("n", [1, 2, 3, 7])
@pytest.mark.parametrize("assign", ["kmeans", "cluster_qr"])
def test_one_cluster_as_many_as_nodes_and_no_edges(n, assign):
    W, _ = planted([n], 1.0, 0.0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        assert not spectral_labels(W, 1, assign=assign, rng=0).labels.any()
        every = spectral_labels(W, n, assign=assign, rng=0)
        np.testing.assert_array_equal(every.labels, np.arange(n))
        empty = spectral_labels(np.zeros((n, n)), min(2, n), assign=assign)
        by_gap = spectral_labels(W, assign=assign)
    assert set(empty.labels) == set(range(min(2, n)))
    assert empty.eigenvalues.size == 0
    assert empty.embedding.shape == (n, min(2, n))
    assert empty.info.details["n_isolated"] == n
    assert by_gap.labels.max() < n


def test_isolated_nodes_join_the_nearest_subspace():
    X, truth, _ = gallery.union_of_subspaces(2, 2, 8, [40, 20], noise=0.01, rng=0)
    C = clustering.threshold_neighbors(X, n_neighbors=6).affinity().tolil()
    alone = np.flatnonzero(truth == 1)[:2]
    C[alone] = 0.0
    C[:, alone] = 0.0
    plain = spectral_labels(C.tocsr(), 2, rng=0)
    assert (plain.labels[alone] != plain.labels[np.flatnonzero(truth == 1)[-1]]).all()
    for scale in (1.0, 1e-200, 1e200):
        placed = spectral_labels(C.tocsr(), 2, X=X * scale, rng=0)
        assert clustering_accuracy(truth, placed.labels) == 1.0
        assert not placed.embedding[alone].any()
    for found in (plain, placed):
        np.testing.assert_array_equal(found.info.details["outside"], alone)
        assert found.info.details["n_isolated"] == 2
        assert "2 nodes have no neighbour" in found.info.notes
    with pytest.raises(InvalidInputError, match="X has 59 rows and W has 60 nodes"):
        spectral_labels(C.tocsr(), 2, X=X[1:])


def test_surplus_components_join_as_a_whole():
    X, truth, _ = gallery.union_of_subspaces(2, 2, 8, 40, rng=1)
    W = (truth[:, None] == truth).astype(float)
    cut = np.flatnonzero(truth == 0)[:12]
    rest = np.setdiff1d(np.arange(80), cut)
    W[np.ix_(cut, rest)] = 0.0
    W[np.ix_(rest, cut)] = 0.0
    with pytest.warns(AccuracyWarning, match="come from X alone"):
        found = spectral_labels(W, 2, X=X, rng=0)
    assert clustering_accuracy(truth, found.labels) == 1.0


def test_the_eigengap_finds_how_many_blocks_there_are():
    for sizes in ([30, 20, 25], [20, 20, 20, 20, 20]):
        W, truth = planted(sizes, 1.0, 0.05, 2)
        assert clustering_accuracy(truth, spectral_labels(W, rng=0).labels) == 1.0
        apart, truth = planted(sizes, 1.0, 0.0, 2)
        assert clustering_accuracy(truth, spectral_labels(apart, rng=0).labels) == 1.0


def digits():
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.data, data.target


@pytest.mark.parametrize("n_nonzero", [3, 10])
def test_digits_by_pursuit_are_doubted(n_nonzero):
    X, _ = digits()
    W = clustering.self_expressive_omp(X, n_nonzero=n_nonzero).affinity()
    with pytest.warns(AccuracyWarning, match=r"shows \d of 10 clusters.*averaged_omp"):
        found = spectral_labels(W, 10, rng=0)
    details = found.info.details
    assert details["informative"] < 10
    assert found.eigenvalues[9] < details["edge"]
    assert found.info.notes[0].startswith("The graph shows")


def test_digits_by_denser_graphs_are_not_doubted():
    X, truth = digits()
    for C, least in (
        (clustering.threshold_neighbors(X, n_neighbors=5), 0.85),
        (clustering.self_expressive_ridge(X, alpha=1e4, top=10), 0.0),
        (clustering.averaged_omp(X, rng=0), 0.9),
    ):
        found = spectral_labels(C.affinity(), 10, n_init=3, rng=0)
        assert found.info.details["informative"] == 10
        assert clustering_accuracy(truth, found.labels) > least


@pytest.mark.parametrize("seed", range(3))
def test_blocks_in_random_graphs_are_doubted_below_what_can_be_detected(seed):
    # Two blocks, a mean degree of 6: (a - b)^2 > 2 (a + b) is where they can be seen.
    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1], 500)
    for inside, seen in ((11.0, True), (6.8, False)):
        rate = np.where(truth[:, None] == truth, inside, 12.0 - inside) / 1000
        W = np.triu(rng.random(rate.shape) < rate, 1).astype(float)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = spectral_labels(W + W.T, 2, rng=0)
        assert (found.info.details["informative"] == 2) == seen
        assert any("shows 1 of 2" in str(w.message) for w in caught) != seen
        if seen:
            giant = np.setdiff1d(np.arange(1000), found.info.details["outside"])
            assert clustering_accuracy(truth[giant], found.labels[giant]) > 0.9


def test_lanczos_that_gives_up_is_replaced_or_said(monkeypatch):
    W, truth = planted([200, 150], 1.0, 0.1, 0)

    def fails(*_, **__):
        raise ArpackNoConvergence("no %s", np.zeros(0), np.zeros((0, 0)))

    monkeypatch.setattr(components, "eigsh", fails)
    found = spectral_labels(W, 2, rng=0)
    assert clustering_accuracy(truth, found.labels) == 1.0
    assert found.certificate.least_cut.kind == "bound"
    monkeypatch.setattr(components, "_DENSE_LAST", 300)
    with pytest.raises(ConvergenceError, match="graph of 350 nodes"):
        spectral_labels(W, 2)


def test_a_seed_repeats_and_one_start_draws_nothing():
    W, _ = planted([20, 20, 20], 1.0, 0.5, 0)
    first, second = (spectral_labels(W, 3, rng=7).labels for _ in range(2))
    np.testing.assert_array_equal(first, second)
    for a, b in ((1, 2), (None, 5)):
        x, y = (spectral_labels(W, 3, n_init=1, rng=r).labels for r in (a, b))
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(
    ("W", "options", "error", "match"),
    [
        (np.ones((2, 3)), {}, InvalidInputError, r"W must be square, got shape \(2, 3\)"),
        (np.zeros((0, 0)), {}, InvalidInputError, "W has no nodes"),
        (np.ones((3, 3)), {"n_clusters": 4}, InvalidInputError, "n_clusters=4 and there are 3"),
        (np.ones((3, 3)), {"n_clusters": 0}, InvalidInputError, "n_clusters"),
        (np.ones((3, 3)), {"n_clusters": "all"}, InvalidInputError, "n_clusters"),
        (np.ones((3, 3)), {"n_clusters": 2.0}, InvalidTypeError, "n_clusters"),
        (np.ones((3, 3)), {"assign": "discretize"}, InvalidInputError, "assign"),
        (np.ones((3, 3)), {"max_clusters": 1}, InvalidInputError, "max_clusters"),
        (np.ones((3, 3)), {"n_init": 0}, InvalidInputError, "n_init"),
        (np.ones((3, 3)), {"tol": 1.0}, InvalidInputError, "tol"),
        (-np.ones((3, 3)), {}, InvalidInputError, r"negative entry.*abs\(C\)"),
        (np.triu(np.ones((3, 3))), {}, InvalidInputError, r"not symmetric; pass W \+ W.T"),
        (np.ones((3, 3)), {"n_clusters": 2, "X": np.full((3, 1), np.nan)}, InvalidInputError, "X"),
    ],
)
def test_what_cannot_be_clustered_is_refused(W, options, error, match):
    with pytest.raises(error, match=match):
        spectral_labels(W, **options)


def test_entries_that_are_small_beside_others_are_made_symmetric():
    W, _ = planted([4, 4], 1.0, 0.0, 0, shuffle=False)
    W[0, 5] = 1e-15
    found = spectral_labels(W, 2, rng=0)
    assert found.info.details["n_components"] == 1
    np.testing.assert_array_equal(found.labels, np.repeat([0, 1], 4))


def test_chains_on_which_lanczos_creeps_are_cut_in_thirds():
    n = 3000
    W = sparse.diags_array([np.ones(n - 1)] * 2, offsets=[1, -1])
    found = spectral_labels(W, 3, rng=0)
    ends = np.flatnonzero(np.diff(found.labels))
    assert ends.size == 2
    np.testing.assert_allclose(ends, [0.3 * n, 0.7 * n], rtol=0.02)
    exact = np.cos(np.pi * np.arange(4) / (n - 1))
    np.testing.assert_allclose(found.eigenvalues, exact, rtol=1e-12)
    assert found.certificate.residuals.value.max() < 1e-12
