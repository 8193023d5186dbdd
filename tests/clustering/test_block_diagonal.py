"""Block diagonal representations: descent, feasibility, and Gram matrices of several layers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linsub.clustering import (
    block_diagonal_representation,
    clustering_accuracy,
    layerwise_gram,
    self_expressive_ridge,
    spectral_labels,
)
from linsub.errors import (
    ConvergenceError,
    ConvergenceWarning,
    InvalidInputError,
    InvalidTypeError,
    NumericalError,
)
from linsub.testing import gallery


def objective(X, B, Z, k, lam, gamma):
    L = np.diag(B.sum(axis=1)) - B
    bottom = np.linalg.eigvalsh(L)[:k].sum()
    return 0.5 * ((X - Z @ X) ** 2).sum() + 0.5 * lam * ((Z - B) ** 2).sum() + gamma * bottom


@settings(max_examples=25)
@given(
    st.integers(2, 12), st.integers(1, 5), st.integers(0, 2**20), st.sampled_from([-300, 0, 300])
)
def test_the_objective_falls_and_is_what_it_says(n, D, seed, exponent):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, D))
    k, lam, gamma = (
        int(rng.integers(1, n + 1)),
        10.0 ** rng.uniform(-1, 2),
        10.0 ** rng.uniform(-2, 0),
    )
    scale = 2.0**exponent
    found = block_diagonal_representation(
        X * scale, k, lam * scale**2, gamma * scale**2, maxiter=40, on_fail="return"
    )
    B, Z = found
    assert (B >= 0).all()
    assert (B == B.T).all()
    assert (B.diagonal() == 0).all()
    path = found.info.details["objective"] / scale**2
    size = (X**2).sum()
    assert (np.diff(path) <= 1e-12 * size).all()
    assert path[-1] == pytest.approx(objective(X, B, Z, k, lam, gamma), abs=1e-10 * size)
    G = X @ X.T
    assert found.info.details["gap"] >= 0.0
    by_gram = block_diagonal_representation(
        gram=G, n_clusters=k, lam=lam, gamma=gamma, maxiter=40, on_fail="return"
    )
    np.testing.assert_allclose(by_gram.B, B, atol=1e-8)


def test_a_union_falls_apart():
    X, truth, _ = gallery.union_of_subspaces(3, 2, 20, 15, noise=0.05, rng=0)
    found = block_diagonal_representation(X, 3, 10.0, 1.0)
    assert found.info.converged
    labels = spectral_labels(found.affinity(), 3, rng=0).labels
    assert clustering_accuracy(truth, labels) == 1.0


def test_steps_that_do_not_suffice_are_said():
    X = np.random.default_rng(0).standard_normal((8, 3))
    with pytest.warns(ConvergenceWarning, match="maxiter"):
        block_diagonal_representation(X, 2, maxiter=1)
    with pytest.raises(ConvergenceError) as caught:
        block_diagonal_representation(X, 2, maxiter=1, on_fail="raise")
    assert caught.value.result.B.shape == (8, 8)
    for call, message in (
        (lambda: block_diagonal_representation(X, 9), "n_clusters=9"),
        (lambda: block_diagonal_representation(X, 2, 0.0), "lam"),
        (lambda: block_diagonal_representation(X, 2, 1e-300), "lam=1e-300"),
        (lambda: block_diagonal_representation(X, 2, 1.0, -1.0), "gamma"),
        (lambda: block_diagonal_representation(X, gram=X @ X.T), "X or gram"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            call()


def test_layers_are_concatenated_features():
    rng = np.random.default_rng(0)
    layers = [rng.standard_normal((9, d)) for d in (3, 1, 5)]
    G = layerwise_gram(layers, weights=[1.0, 4.0, 0.25])
    joined = np.hstack([layers[0], 2.0 * layers[1], 0.5 * layers[2]])
    np.testing.assert_allclose(G, joined @ joined.T, atol=1e-13)
    one, other = self_expressive_ridge(gram=G), self_expressive_ridge(joined)
    np.testing.assert_allclose(one.C, other.C, atol=1e-12)
    tiny = layerwise_gram([layers[0] * 1e-150])
    np.testing.assert_allclose(tiny * 1e300, layers[0] @ layers[0].T, rtol=1e-12)
    with pytest.raises(InvalidInputError, match="layers is empty"):
        layerwise_gram([])
    with pytest.raises(InvalidInputError, match=r"layers\[1\] has 8 samples"):
        layerwise_gram([np.ones((9, 2)), np.ones((8, 2))])
    with pytest.raises(InvalidInputError, match="weights"):
        layerwise_gram(layers, weights=[1.0, -1.0, 1.0])
    with pytest.raises(InvalidTypeError, match=r"layers\[0\] is complex"):
        layerwise_gram([np.ones((2, 2)) * 1j])
    with pytest.raises(NumericalError, match="overflows"):
        layerwise_gram([np.full((2, 2), 1e200)])
    with pytest.raises(NumericalError, match="multiply layers by a power of two"):
        layerwise_gram([layers[0] * 1e-300])
    # Neither layer nor weight has to be near 1, if what comes out is.
    far = layerwise_gram([layers[0] * 1e-160, layers[1] * 1e-300], weights=[1e305, 1.0])
    np.testing.assert_allclose(far * 1e15, layers[0] @ layers[0].T, rtol=1e-12)
    assert not layerwise_gram([np.zeros((2, 3)), np.ones((2, 1))], weights=[1.0, 0.0]).any()
