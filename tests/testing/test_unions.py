"""Unions of subspaces, trajectories and graphs are what they say."""

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.testing import gallery


@pytest.mark.parametrize("affinity", [None, 0.0, 0.3, 1.0])
def test_a_union_has_its_subspaces_and_their_affinity(affinity):
    X, labels, bases = gallery.union_of_subspaces(3, 2, 9, [4, 0, 7], affinity=affinity, rng=0)
    assert X.shape == (11, 9)
    assert np.bincount(labels, minlength=3).tolist() == [4, 0, 7]
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), 1.0)
    for x, k in zip(X, labels, strict=True):
        np.testing.assert_allclose(bases[k] @ (bases[k].T @ x), x, atol=1e-14)
    if affinity is not None:
        for i, j in ((0, 1), (0, 2), (1, 2)):
            cosines = np.linalg.svd(bases[i].T @ bases[j], compute_uv=False)
            np.testing.assert_allclose(cosines, affinity, atol=1e-14)


def test_noise_has_its_size():
    X, labels, bases = gallery.union_of_subspaces(1, 2, 50, 2000, noise=0.1, rng=0)
    off = X - X @ bases[0] @ bases[0].T
    assert np.sqrt((off**2).sum(axis=1).mean()) == pytest.approx(0.1 * np.sqrt(48 / 50), rel=0.02)
    assert labels.max() == 0


def test_objects_move_in_four_dimensions():
    X, labels = gallery.camera_trajectories(3, 15, 20, rng=1)
    assert X.shape == (60, 30)
    for k in range(3):
        values = np.linalg.svd(X[labels == k], compute_uv=False)
        assert values[3] > 1e-3
        assert values[4] < 1e-12 * values[0]
        values = np.linalg.svd(X[labels == k] - X[labels == k].mean(0), compute_uv=False)
        assert values[3] < 1e-12 * values[0]


def test_a_graph_has_its_degrees_and_topics():
    A, X, labels = gallery.attributed_graph(900, 3, degree=12, mixing=0.25, rng=2)
    assert not (A != A.T).nnz
    assert A.diagonal().sum() == 0
    assert A.sum() / 900 == pytest.approx(12, rel=0.1)
    rows, columns = A.nonzero()
    assert np.mean(labels[rows] != labels[columns]) == pytest.approx(0.25, abs=0.03)
    assert np.unique(X.data).tolist() == [1.0]
    own = X.indices // 66 == np.repeat(labels, np.diff(X.indptr))
    assert 0.4 < own.mean() < 0.8


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(InvalidInputError, match="ambient >= 6"):
        gallery.union_of_subspaces(2, 2, 5, 3, affinity=0.5)
    with pytest.raises(InvalidInputError, match="affinity"):
        gallery.union_of_subspaces(2, 1, 5, 3, affinity=1.5)
    with pytest.raises(InvalidInputError, match="dim"):
        gallery.union_of_subspaces(2, 6, 5, 3)
    with pytest.raises(InvalidInputError, match="n_points"):
        gallery.union_of_subspaces(2, 1, 5, [3])
    with pytest.raises(InvalidInputError, match="n_clusters must be in 1 .. n_nodes=2, got 5"):
        gallery.attributed_graph(2, 5)
    with pytest.raises(InvalidInputError, match="n_attributes must be at least n_clusters=3"):
        gallery.attributed_graph(9, 3, n_attributes=2)


def test_sizes_may_be_of_numpy():
    X, labels, _ = gallery.union_of_subspaces(2, 1, 5, np.int64(3), rng=0)
    plain, _, _ = gallery.union_of_subspaces(2, 1, 5, 3, rng=0)
    np.testing.assert_array_equal(X, plain)
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
