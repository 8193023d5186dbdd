"""Nearest subspace neighbours against the algorithm as it is written, sample by sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.clustering import nsn_neighbors, subspace_preserving_rate
from linsub.errors import InvalidInputError
from linsub.testing import gallery


def plain(X, wanted, width, tol=1e-8):
    """Return the sets of neighbours by the paper's algorithm, in loops."""
    size = np.linalg.norm(X, axis=1)
    unit = X / np.where(size > 0, size, 1)[:, None]
    found = []
    for i in range(len(X)):
        if size[i] == 0:
            found.append(set())
            continue
        basis, chosen = [unit[i]], []
        rest = [j for j in range(len(X)) if j != i and size[j] > 0]
        while rest and len(chosen) < wanted:
            U = np.linalg.qr(np.array(basis).T)[0]
            scores = ((unit[rest] @ U) ** 2).sum(axis=1)
            best = rest[int(np.argmax(scores))]
            rest.remove(best)
            chosen.append(best)
            off = unit[best] - U @ (U.T @ unit[best])
            if len(basis) < width and np.linalg.norm(off) > 1e-10:
                basis.append(off / np.linalg.norm(off))
        U = np.linalg.qr(np.array(basis).T)[0]
        inside = [j for j in rest if ((U.T @ unit[j]) ** 2).sum() >= 1 - tol]
        found.append(set(chosen) | set(inside))
    return found


@given(st.integers(2, 12), st.integers(1, 5), st.integers(0, 2**20))
def test_neighbours_are_those_of_the_algorithm(n, D, seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, D)) * 10.0 ** rng.integers(-200, 100, (n, 1))
    X[rng.random(n) < 0.15] = 0.0
    width = int(rng.integers(1, D + 1))
    wanted = int(rng.integers(max(1, width - 1), n + 3))
    C = nsn_neighbors(X, wanted, width).C.toarray()
    near = np.ldexp(X, -np.frexp(np.abs(X).max(axis=1))[1][:, None])
    for row, expected in zip(C, plain(near, wanted, width), strict=True):
        assert set(np.flatnonzero(row)) == expected
    assert set(np.unique(C)) <= {0.0, 1.0}


def test_clean_subspaces_keep_to_themselves():
    X, truth, _ = gallery.union_of_subspaces(4, 3, 20, 25, rng=0)
    found = nsn_neighbors(X, 8, 3)
    assert subspace_preserving_rate(found.C, truth) == 1.0
    whole = found.C.toarray() > 0  # all of the span are linked
    np.testing.assert_array_equal(whole, (truth[:, None] == truth) & ~np.eye(100, dtype=bool))
    few = nsn_neighbors(X, 8, 3, include_span=False)
    assert np.diff(few.C.indptr).tolist() == [8] * 100


def test_edges():
    assert nsn_neighbors([[1.0, 2.0]], 1, 1).C.nnz == 0
    assert nsn_neighbors(np.zeros((3, 2)), 1, 1).C.nnz == 0
    twins = nsn_neighbors([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]], 2, 2).C.toarray()
    assert twins[0].tolist() == [0.0, 1.0, 1.0]
    for call, message in (
        (lambda: nsn_neighbors(np.eye(3), 1, 4), "max_dim"),
        (lambda: nsn_neighbors(np.eye(3), 1, 3), "n_neighbors=1"),
        (lambda: nsn_neighbors(np.eye(3), 0, 1), "n_neighbors"),
        (lambda: nsn_neighbors(np.eye(3), 1, 1, tol=1.0), "tol"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            call()
