"""Low-rank representations against their optimality conditions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.clustering import low_rank_representation
from linsub.errors import InvalidInputError
from linsub.testing import gallery


@given(
    st.integers(1, 12), st.integers(1, 8), st.integers(0, 2**20), st.sampled_from([-700, 0, 500])
)
def test_without_noise_it_is_the_projector_on_the_samples(n, d, seed, exponent):
    rng = np.random.default_rng(seed)
    r = int(rng.integers(0, min(n, d) + 1))
    X = rng.standard_normal((n, r)) @ rng.standard_normal((r, d))
    found = low_rank_representation(X * 2.0**exponent)
    C = found.to_dense()
    assert found.weights.tolist() == [1.0] * r
    np.testing.assert_allclose(C @ X, X, atol=1e-12)
    np.testing.assert_allclose(C @ C, C, atol=1e-12)
    np.testing.assert_allclose(np.trace(C), r, atol=1e-12)
    np.testing.assert_allclose(
        found.info.details["singular_values"],
        np.linalg.svd(X, compute_uv=False)[:r] * 2.0**exponent,
        rtol=1e-9,
    )


@given(
    st.integers(2, 9), st.integers(1, 6), st.integers(0, 2**20), st.sampled_from([0.05, 1.0, 30.0])
)
def test_with_noise_zero_is_a_subgradient(n, d, seed, tau):
    """tau (X - C X) X^T = U_1 U_1^T + W with W orthogonal to U_1 and of norm at most 1."""
    X = np.random.default_rng(seed).standard_normal((n, d))
    U, weights = found = low_rank_representation(X, tau=tau)
    C = found.to_dense()
    gradient = tau * (X - C @ X) @ X.T
    W = gradient - U @ U.T
    np.testing.assert_allclose(W @ U, 0.0, atol=1e-9)
    np.testing.assert_allclose(U.T @ W, 0.0, atol=1e-9)
    assert np.linalg.norm(W, 2) <= 1.0 + 1e-9
    assert (np.diff(weights) <= 0).all()


def test_independent_subspaces_have_blocks_and_dependent_ones_have_none():
    X, labels, _ = gallery.union_of_subspaces(3, 2, 8, 12, rng=0)
    W = low_rank_representation(X).affinity()
    apart = labels[:, None] != labels
    assert W[apart].max() < 1e-13
    assert (W[~apart] > 0).mean() > 0.5
    X, labels, _ = gallery.union_of_subspaces(3, 2, 5, 12, rng=0)
    assert low_rank_representation(X).affinity()[apart].max() > 1e-3


def test_gram_rank_and_top():
    X = np.random.default_rng(0).standard_normal((40, 7)) / np.arange(1, 8)
    whole = low_rank_representation(X)
    np.testing.assert_allclose(
        low_rank_representation(gram=X @ X.T).to_dense(), whole.to_dense(), atol=1e-9
    )
    U = np.linalg.svd(X)[0][:, :3]
    cut = low_rank_representation(X, rank=3)
    np.testing.assert_allclose(cut.to_dense(), U @ U.T, atol=1e-9)
    W = whole.affinity(top=4, normalize="max")
    C = np.abs(whole.to_dense())
    np.fill_diagonal(C, 0.0)
    expected = np.where(np.sort(C, axis=1)[:, [-4]] <= C, C / C.max(axis=1, keepdims=True), 0.0)
    np.testing.assert_allclose(W.toarray(), expected + expected.T, atol=1e-12)


def test_bad_arguments_are_named():
    X = np.eye(4, 2)
    with pytest.raises(InvalidInputError, match="rank=3 and X has shape"):
        low_rank_representation(X, rank=3)
    with pytest.raises(InvalidInputError, match="tau"):
        low_rank_representation(X, tau=0.0)
    with pytest.raises(InvalidInputError, match="rtol"):
        low_rank_representation(X, rtol=1.0)
