"""K-subspaces: exact on clean unions, at rest, honest about its cost, and the same every time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.clustering import clustering_accuracy, k_subspaces
from linsub.errors import InvalidInputError
from linsub.testing import gallery


def cost_of(X, bases, means):
    gaps = []
    for U, m in zip(bases, means, strict=True):
        rest = (X - m) - (X - m) @ U @ U.T
        gaps.append((rest**2).sum(axis=1))
    return np.array(gaps).T


@given(
    st.integers(1, 14),
    st.integers(1, 5),
    st.integers(1, 4),
    st.booleans(),
    st.sampled_from([-600, 0, 300]),
    st.integers(0, 2**20),
)
def test_labels_are_nearest_and_the_cost_is_theirs(n, D, K, affine, exponent, seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, D))
    X[rng.random(n) < 0.2] = X[0]
    K = min(K, n)
    dims = rng.integers(0, D + 1, K).tolist()
    found = k_subspaces(X * 2.0**exponent, K, dims, n_init=3, affine=affine, rng=seed)
    for U, d in zip(found.bases, dims, strict=True):
        assert U.shape == (D, d)
        np.testing.assert_allclose(U.T @ U, np.eye(d), atol=1e-13)
    gaps = cost_of(X, found.bases, found.means / 2.0**exponent)
    excess = gaps[np.arange(n), found.labels] - gaps.min(axis=1)
    bound = excess > 1e-12 * (1 + (X**2).sum())
    # Only a point has room for no sample but the one that it would be.
    assert all(dims[k] == 0 and not affine for k in found.labels[bound])
    assert bound.sum() <= found.info.details["n_unclaimed"]
    assert np.array_equal(np.unique(found.labels), np.arange(K))
    assert bool(found.info.notes) == (found.info.details["n_unclaimed"] > 0)
    scale = 2.0 ** (2 * exponent)
    if 0 < scale < np.inf:
        np.testing.assert_allclose(found.cost / scale, gaps.min(axis=1).sum(), atol=1e-11)
    assert float(found.certificate.cost) >= found.cost


@pytest.mark.parametrize("init", ["uniform", "farthest"])
def test_the_benchmark_of_you_robinson_and_vidal_is_solved(init):
    X, truth, bases = gallery.union_of_subspaces(5, 6, 9, 60, rng=3)
    found = k_subspaces(X, 5, 6, n_init=60, init=init, rng=0)
    assert clustering_accuracy(truth, found.labels) == 1.0
    assert found.info.converged
    assert found.cost < 1e-24
    matched = [max(np.linalg.norm(U.T @ V) for V in bases) for U in found.bases]
    np.testing.assert_allclose(matched, np.sqrt(6), rtol=1e-12)


def test_affine_subspaces_need_their_means():
    rng = np.random.default_rng(0)
    lines = [
        c + rng.standard_normal((25, 1)) * v
        for c, v in zip(
            ([5, 0, 1], [0, 5, 0], [-4, 1, 2]), rng.standard_normal((3, 1, 3)), strict=True
        )
    ]
    X = np.concatenate(lines)
    found = k_subspaces(X, 3, 1, affine=True, n_init=30, rng=0)
    assert clustering_accuracy(np.repeat([0, 1, 2], 25), found.labels) == 1.0
    assert found.cost < 1e-24
    assert k_subspaces(X, 3, 1, n_init=30, rng=0).cost > 1.0


def test_a_wide_cluster_with_few_samples_is_fitted_too():
    X, truth, _ = gallery.union_of_subspaces(2, 3, 300, 8, noise=0.01, rng=1)
    found = k_subspaces(X, 2, 3, n_init=20, init="farthest", rng=0)
    assert clustering_accuracy(truth, found.labels) == 1.0


def test_runs_do_not_depend_on_their_number_or_on_threads():
    X, _, _ = gallery.union_of_subspaces(3, 2, 6, 30, noise=0.3, rng=2)
    few = k_subspaces(X, 3, 2, n_init=3, rng=7)
    many = k_subspaces(X, 3, 2, n_init=9, n_threads=2, rng=7)
    np.testing.assert_allclose(
        few.info.details["costs"], many.info.details["costs"][:3], rtol=1e-12
    )
    again = k_subspaces(X, 3, 2, n_init=9, rng=7)
    assert many.labels.tolist() == again.labels.tolist()
    assert many.cost == again.cost
    assert many.cost <= few.cost


def test_empty_clusters_get_samples_and_ties_the_first_cluster():
    X = np.repeat(np.eye(3), 4, axis=0)
    found = k_subspaces(X, 3, 1, n_init=10, rng=0)
    assert found.cost < 1e-28
    assert len(set(found.labels.tolist())) == 3
    assert found.info.details["n_unclaimed"] == 0
    assert k_subspaces(np.ones((1, 1)), 1, 1, rng=0).cost == 0.0
    none = k_subspaces(np.eye(3), 3, 0, rng=0)
    assert none.cost == 3.0
    assert sorted(none.labels.tolist()) == [0, 1, 2]


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_subspace_has_a_sample_and_what_is_forced_is_said(affine, dtype):
    rng = np.random.default_rng(0)
    line = rng.standard_normal((8, 1))
    for X, d in (
        (np.zeros((4, 3)), 1),
        (np.ones((9, 4)), 1),
        (np.repeat(rng.standard_normal((2, 4)), 4, axis=0), 2),
        (line, 1),
        (line @ [[1.0, 2.0]], 2),
        (np.vstack([np.zeros((3, 2)), [[1e-30, 0.0]], [[1.0, 0.0]]]), 0),
    ):
        found = k_subspaces(X.astype(dtype), 3, d, n_init=3, affine=affine, rng=0)
        assert np.array_equal(np.unique(found.labels), np.arange(3))
        assert found.info.details["n_unclaimed"] >= 1
        assert "nearest to no sample" in found.info.notes[0]
        if d:
            wide = [U.astype(np.float64) for U in found.bases]
            gaps = cost_of(X, wide, found.means)
            assert gaps[np.arange(len(X)), found.labels].max() <= 1e-12 * max(1, (X**2).max())


def test_single_precision_comes_back_as_it_came():
    X, truth, _ = gallery.union_of_subspaces(3, 2, 8, 20, rng=5)
    found = k_subspaces(X.astype(np.float32), 3, 2, n_init=20, rng=0)
    assert found.bases[0].dtype == found.means.dtype == np.float32
    assert clustering_accuracy(truth, found.labels) == 1.0
    assert found.cost < 1e-10


def test_bad_arguments_are_named():
    X = np.eye(4, 3)
    with pytest.raises(InvalidInputError, match="n_clusters=5 and X has 4 rows"):
        k_subspaces(X, 5, 1)
    with pytest.raises(InvalidInputError, match="dim has 3 numbers and n_clusters is 2"):
        k_subspaces(X, 2, [1, 1, 1])
    with pytest.raises(InvalidInputError, match="dim"):
        k_subspaces(X, 2, 4)
    with pytest.raises(InvalidInputError, match="init"):
        k_subspaces(X, 2, 1, init="haar")
    with pytest.raises(InvalidInputError, match="n_init"):
        k_subspaces(X, 2, 1, n_init=0)
