"""Least-squares self-expression against one least-squares problem a sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.clustering import low_rank_representation, self_expressive_ridge
from linsub.errors import InvalidInputError


def reference(X, alpha):
    """Each sample by LAPACK's least squares on the others, with the penalty as rows."""
    n = X.shape[0]
    C = np.zeros((n, n))
    for i in range(n):
        others = np.flatnonzero(np.arange(n) != i)
        B = np.vstack([X[others].T, np.sqrt(alpha) * np.eye(n - 1)])
        C[i, others] = np.linalg.lstsq(B, np.r_[X[i], np.zeros(n - 1)], rcond=None)[0]
    return C


@given(
    st.integers(2, 14),
    st.integers(1, 9),
    st.sampled_from([1e-4, 0.3, 50.0]),
    st.sampled_from([-600, 0, 400]),
    st.integers(0, 2**20),
)
def test_each_row_is_a_ridge_regression(n, d, alpha, exponent, seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) * 10.0 ** rng.uniform(-2, 0, (n, 1))
    X[rng.random(n) < 0.2] = 0.0
    X[-1] = X[0]
    expected = reference(X, alpha)
    scale = 2.0**exponent
    if not 0 < alpha * scale * scale < np.inf:
        return
    found = self_expressive_ridge(X * scale, alpha=alpha * scale * scale)
    np.testing.assert_allclose(found.C, expected, atol=1e-10)
    residual = np.linalg.norm(X - expected @ X, axis=1)
    np.testing.assert_allclose(found.residual / scale, residual, atol=1e-9)
    assert float(found.certificate.kkt_violation) < 1e-12
    by_gram = self_expressive_ridge(gram=X @ X.T, alpha=alpha)
    np.testing.assert_allclose(by_gram.C, expected, atol=1e-9)
    np.testing.assert_allclose(by_gram.residual, residual, atol=1e-6)


def test_a_sample_like_no_other_keeps_its_digits():
    """Primal and tall: 1 - leverage of the odd sample is 1e-11 and all of it cancels."""
    rng = np.random.default_rng(0)
    X = np.zeros((60, 5))
    X[1:, :4] = rng.standard_normal((59, 4))
    X[0] = [0.1, 0.2, 0.0, 0.0, 1.0]
    found = self_expressive_ridge(X, alpha=1e-11)
    assert found.info.method == "dual Cholesky"
    # The others have no fifth coordinate: the best is the first four of it.
    expected = X[0] * [1, 1, 1, 1, 0]
    np.testing.assert_allclose(found.C[0] @ X, expected, atol=1e-8)
    np.testing.assert_allclose(found.residual[0], 1.0, rtol=1e-8)


def test_without_exclusion_it_is_the_hat_matrix_and_its_limit_is_low_rank():
    X = np.random.default_rng(1).standard_normal((12, 4))
    G = X @ X.T
    found = self_expressive_ridge(X, alpha=2.0, exclude_self=False)
    np.testing.assert_allclose(found.C, np.linalg.solve(G + 2.0 * np.eye(12), G), atol=1e-13)
    np.testing.assert_allclose(found.residual, np.linalg.norm(X - found.C @ X, axis=1), atol=1e-13)
    limit = self_expressive_ridge(X, alpha=1e-9, exclude_self=False)
    np.testing.assert_allclose(limit.C, low_rank_representation(X).to_dense(), atol=1e-8)


def test_several_layers_are_the_sum_of_their_grams():
    rng = np.random.default_rng(2)
    layers = [rng.standard_normal((10, d)) for d in (3, 5)]
    whole = self_expressive_ridge(np.hstack(layers), alpha=0.7)
    summed = self_expressive_ridge(gram=sum(H @ H.T for H in layers), alpha=0.7)
    np.testing.assert_allclose(summed.C, whole.C, atol=1e-12)


@pytest.mark.parametrize("normalize", [None, "l2", "max"])
def test_the_largest_entries_of_a_row_and_the_affinity(normalize):
    X = np.random.default_rng(3).standard_normal((700, 6))
    whole = self_expressive_ridge(X, alpha=0.1)
    cut = self_expressive_ridge(X, alpha=0.1, top=5)
    assert np.diff(cut.C.indptr).tolist() == [5] * 700
    dense = cut.C.toarray()
    kept = dense != 0
    np.testing.assert_allclose(dense[kept], whole.C[kept], rtol=1e-9)
    least = np.where(kept, np.abs(dense), np.inf).min(axis=1)
    assert (np.where(kept, 0.0, np.abs(whole.C)).max(axis=1) <= least * (1 + 1e-9)).all()
    np.testing.assert_allclose(cut.residual, whole.residual, rtol=1e-9)
    # Cut before or after it was made dense, the affinity is the same.
    A = np.abs(whole.C)
    if normalize == "max":
        A = A / A.max(axis=1, keepdims=True)
    if normalize == "l2":
        A = A / np.linalg.norm(A, axis=1, keepdims=True)
    A = np.where(kept, A, 0.0)
    W = whole.affinity(normalize=normalize, top=5)
    np.testing.assert_allclose(W.toarray(), A + A.T, rtol=1e-9, atol=1e-15)


def test_bad_arguments_are_named():
    X = np.eye(4, 2)
    with pytest.raises(InvalidInputError, match="alpha must satisfy 0.0 < alpha"):
        self_expressive_ridge(X, alpha=0.0)
    with pytest.raises(InvalidInputError, match=r"raise alpha, or take low_rank_representation"):
        self_expressive_ridge(X, alpha=1e-18)
    with pytest.raises(InvalidInputError, match="give X or gram, got both"):
        self_expressive_ridge(X, gram=X @ X.T)
    with pytest.raises(InvalidInputError, match="give X or gram, got neither"):
        self_expressive_ridge()
    with pytest.raises(InvalidInputError, match=r"gram\[0, 1\] and gram\[1, 0\] differ"):
        self_expressive_ridge(gram=np.array([[1.0, 2.0], [0.0, 1.0]]))
    with pytest.raises(InvalidInputError, match=r"gram\[1, 1\] is negative"):
        self_expressive_ridge(gram=np.diag([1.0, -1.0]))
    with pytest.raises(InvalidInputError, match="no samples"):
        self_expressive_ridge(np.ones((0, 3)))
    with pytest.raises(InvalidInputError, match="top"):
        self_expressive_ridge(X, top=0)
    with pytest.raises(InvalidInputError, match="normalize"):
        self_expressive_ridge(X).affinity(normalize="l1")


def test_one_sample_and_samples_of_nothing():
    assert self_expressive_ridge(np.ones((1, 3))).C.tolist() == [[0.0]]
    found = self_expressive_ridge(np.zeros((3, 2)))
    assert not found.C.any()
    assert not found.residual.any()
    tiny = self_expressive_ridge(np.full((3, 2), 1e-300), alpha=1.0)
    assert not tiny.C.any()
    np.testing.assert_allclose(tiny.residual, np.sqrt(2) * 1e-300)
