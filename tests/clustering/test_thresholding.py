"""Thresholding against a sort of all angles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.clustering import threshold_neighbors
from linsub.clustering.largest import largest_columns


@given(st.integers(1, 12), st.integers(1, 5), st.integers(1, 14), st.integers(0, 2**20))
def test_the_neighbours_are_those_at_the_smallest_angles(n, d, q, seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(-2, 3, (n, d)) * 10.0 ** rng.integers(-150, 150, (n, 1))
    C, residual = threshold_neighbors(X, n_neighbors=q)
    assert np.isnan(residual).all()
    size = np.array([np.linalg.norm(x / max(np.abs(x).max(), 1e-300)) for x in X])
    unit = X / np.maximum(np.abs(X).max(axis=1), 1e-300)[:, None]
    unit = unit / np.where(size > 0, size, 1)[:, None]
    cosines = np.minimum(np.abs(unit @ unit.T), 1.0)
    np.fill_diagonal(cosines, -1.0)
    dense = C.toarray()
    for i in range(n):
        kept = np.flatnonzero(dense[i])
        assert kept.size <= min(q, n - 1)
        np.testing.assert_allclose(
            dense[i, kept], np.exp(-2 * np.arccos(cosines[i, kept])), rtol=1e-6
        )
        left = np.delete(cosines[i], kept)
        if kept.size:
            assert left.max(initial=-1.0) <= cosines[i, kept].min() + 1e-12
        if not size[i]:
            assert not kept.size


def test_of_equal_ones_the_first_come_in():
    V = np.array([[1.0, 3, 3, 3, 2], [0, 0, 0, 0, 0]])
    assert largest_columns(V, 2).tolist() == [[1, 2], [0, 1]]
    assert largest_columns(V, 4).tolist() == [[1, 2, 3, 4], [0, 1, 2, 3]]
    assert largest_columns(V, 9).tolist() == [[0, 1, 2, 3, 4]] * 2
    X = np.ones((5, 2))
    assert threshold_neighbors(X, n_neighbors=2).C.indices.tolist() == [
        1,
        2,
        0,
        2,
        0,
        1,
        0,
        1,
        0,
        1,
    ]


def test_rows_of_any_size_and_grams_give_one_graph():
    X = np.random.default_rng(0).standard_normal((50, 6))
    plain = threshold_neighbors(X)
    assert plain.info.details["n_neighbors"] == 4
    scaled = threshold_neighbors(X * np.geomspace(1e-200, 1e100, 50)[:, None])
    assert scaled.C.indices.tolist() == plain.C.indices.tolist()
    by_gram = threshold_neighbors(gram=X @ X.T)
    np.testing.assert_allclose(by_gram.C.toarray(), plain.C.toarray(), rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2])
def test_few_samples(n):
    assert threshold_neighbors(np.ones((n, 3))).C.nnz == n * (n - 1)
