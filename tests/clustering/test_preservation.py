"""Wrong connections and connected classes against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from linsub.clustering import connectivity, subspace_preserving_error, subspace_preserving_rate
from linsub.errors import InvalidInputError, InvalidTypeError


@given(st.integers(1, 9), st.integers(0, 2**20), st.sampled_from([1e-310, 1e-160, 1.0, 1e300]))
def test_wrong_shares_by_their_definition(n, seed, scale):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    C = rng.standard_normal((n, n)) * (rng.random((n, n)) < 0.5)
    shares = []
    for i in range(n):
        total = np.abs(C[i]).sum()
        shares.append(np.abs(C[i])[labels != labels[i]].sum() / total if total else 0.0)
    for given_ in (C * scale, sparse.coo_array(C * scale)):
        error = subspace_preserving_error(given_, labels)
        np.testing.assert_allclose(error, np.mean(shares), atol=1e-12)
        rate = subspace_preserving_rate(given_, labels)
        assert rate == np.mean(np.array(shares) == 0.0)
        assert subspace_preserving_rate(given_, labels, tol=1.0) == 1.0


@pytest.mark.parametrize("n", [5, 40, 700])
def test_connectivity_of_known_graphs(n):
    """The second eigenvalue is 1 - cos(2 pi / n) on a cycle and n / (n - 1) on a complete graph."""
    i = np.arange(n)
    cycle = sparse.coo_array((np.ones(n), (i, (i + 1) % n)), shape=(n, n))
    cycle = cycle + cycle.T
    complete = np.ones((n, n)) - np.eye(n)
    both = sparse.block_diag([cycle, complete])
    labels = np.repeat(["cycle", "complete"], n)
    np.testing.assert_allclose(
        connectivity(1e-200 * both, labels), 1 - np.cos(2 * np.pi / n), rtol=1e-8, atol=1e-13
    )
    np.testing.assert_allclose(connectivity(complete, np.zeros(n)), n / (n - 1), rtol=1e-12)


def test_connectivity_of_long_graphs_and_of_expanders():
    i, n = np.arange(3000), 3000
    cycle = sparse.coo_array((np.ones(n), (i, (i + 1) % n)), shape=(n, n))
    found = connectivity(cycle + cycle.T, np.zeros(n))
    np.testing.assert_allclose(found, 1 - np.cos(2 * np.pi / n), rtol=1e-7)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 700, (2, 4000))
    W = sparse.coo_array((rng.uniform(0.1, 1.0, 4000), (a, b)), shape=(700, 700))
    W = sparse.csr_array(W + W.T + cycle.tocsr()[:700][:, :700] + cycle.T.tocsr()[:700][:, :700])
    degree = np.asarray(W.sum(axis=1)).ravel()
    dense = W.toarray() / np.sqrt(np.outer(degree, degree))
    expected = 1.0 - np.linalg.eigvalsh(dense)[-2]
    np.testing.assert_allclose(connectivity(W, np.zeros(700)), expected, rtol=1e-10)


def test_one_sample_without_neighbours_disconnects_its_class():
    W = np.ones((4, 4)) - np.eye(4)
    W[3] = W[:, 3] = 0.0
    assert connectivity(W, np.zeros(4)) == 0.0
    linked = W.any(axis=1)
    assert connectivity(W[linked][:, linked], np.zeros(3)) == pytest.approx(1.5)


def test_a_class_that_falls_apart_has_none():
    W = np.kron(np.eye(2), np.ones((2, 2)))
    assert connectivity(W, [0, 0, 0, 0]) == 0.0
    assert connectivity(np.zeros((3, 3)), [0, 0, 1]) == 0.0
    assert connectivity(W, [0, 1, 2, 3]) == 2.0
    assert connectivity(np.zeros((0, 0)), []) == 2.0


def test_bad_affinities_are_refused():
    with pytest.raises(InvalidInputError, match="W has a negative entry"):
        connectivity(-np.eye(2), [0, 0])
    with pytest.raises(InvalidInputError, match="W is not symmetric"):
        connectivity(np.array([[0.0, 1.0], [0.0, 0.0]]), [0, 0])
    with pytest.raises(InvalidInputError, match="tol"):
        subspace_preserving_rate(np.eye(2), [0, 0], tol=-0.1)
    with pytest.raises(InvalidInputError, match="C must be square"):
        subspace_preserving_error(np.ones((2, 3)), [0, 0])
    with pytest.raises(InvalidInputError, match="labels"):
        subspace_preserving_rate(np.eye(3), [0, 0])
    with pytest.raises(InvalidTypeError, match="complex"):
        subspace_preserving_rate(sparse.csr_array(np.eye(2) * 1j), [0, 0])
