"""The number and dimension of subspaces: found on unions, doubted where little speaks for them."""

import numpy as np
import pytest

from linsub.clustering import select_subspaces
from linsub.errors import InvalidInputError
from linsub.testing import gallery


@pytest.mark.parametrize(
    ("dim", "K", "D", "noise"), [(2, 3, 6, 0.05), (1, 2, 3, 0.0), (3, 3, 8, 0.1)]
)
def test_unions_are_recognized(dim, K, D, noise):
    X, _, _ = gallery.union_of_subspaces(K, dim, D, 40, noise=noise, rng=1)
    found = select_subspaces(X, range(K - 1, K + 2), range(1, min(D, 6)), n_init=25, rng=0)
    assert (found.dim, found.n_clusters) == (dim, K)
    assert found.costs.shape == (3, min(D, 6) - 1)
    assert found.info.details["lead"] > 0.0
    if noise == 0.0:
        assert found.costs[1, dim - 1] < 1e-25
    again = select_subspaces(X * 1e120, range(K - 1, K + 2), range(1, min(D, 6)), n_init=25, rng=0)
    np.testing.assert_allclose(again.costs, found.costs, rtol=1e-9, atol=1e-25)


def test_affine_planes_and_means():
    rng = np.random.default_rng(0)
    X = np.vstack([rng.standard_normal((40, 1)) @ [[1.0, 0.2, 0.0]] + [0.0, b, b] for b in (0, 4)])
    X += 0.02 * rng.standard_normal(X.shape)
    found = select_subspaces(X, 2, affine=True, n_init=20, rng=0)
    assert (found.dim, found.n_clusters) == (1, 2)


def test_the_end_of_a_grid_and_close_calls_are_told():
    X, _, _ = gallery.union_of_subspaces(3, 2, 6, 40, noise=0.05, rng=1)
    assert "end of dims" in select_subspaces(X, 3, [1], n_init=5, rng=0).info.notes[0]
    notes = select_subspaces(X, [1, 2], [2], n_init=9, rng=0).info.notes
    assert any("end of n_clusters" in note for note in notes)
    close = select_subspaces(X, [3, 3], [2], n_init=20, rng=0)  # the same pair twice
    assert any("do nearly as well" in note for note in close.info.notes)


def test_degenerate_samples():
    assert select_subspaces(np.zeros((5, 3)), 1, rng=0).costs.max() == 0.0
    assert select_subspaces([[1.0, 2.0]], 1, rng=0).dim == 1
    with pytest.raises(InvalidInputError, match="dims"):
        select_subspaces(np.ones((5, 1)), 1)
    with pytest.raises(InvalidInputError, match="dims"):
        select_subspaces(np.ones((5, 3)), 1, [3])
    with pytest.raises(InvalidInputError, match="n_clusters"):
        select_subspaces(np.ones((5, 3)), [])
    with pytest.raises(InvalidInputError, match="n_clusters"):
        select_subspaces(np.ones((5, 3)), [2, 6])
