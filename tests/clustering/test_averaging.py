"""Codes averaged over random dictionaries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linsub.clustering import (
    averaged_omp,
    self_expressive_omp,
    spectral_labels,
    subspace_preserving_error,
)
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.testing import gallery

SEEDS = st.integers(0, 2**20)


@given(SEEDS, st.integers(1, 3), st.sampled_from([0.1, 0.5, 1.0]))
@settings(max_examples=15)
def test_no_sample_represents_itself_and_the_residual_is_that_of_the_mean(seed, k, share):
    X = np.random.default_rng(seed).standard_normal((14, 5))
    C, residual = found = averaged_omp(X, n_nonzero=k, n_dictionaries=4, share=share, rng=seed)
    assert not C.diagonal().any()
    assert np.diff(C.indptr).max() <= 4 * k
    np.testing.assert_allclose(residual, np.linalg.norm(X - C @ X, axis=1), atol=1e-12)
    assert found.info.details["dictionary_size"] == max(k + 1, int(np.ceil(share * 14)))


def test_the_whole_dictionary_gives_what_the_pursuit_gives():
    X = np.random.default_rng(0).standard_normal((20, 6))
    C = averaged_omp(X, n_nonzero=2, n_dictionaries=3, share=1.0).C
    np.testing.assert_allclose(C.toarray(), self_expressive_omp(X, n_nonzero=2).C.toarray())


@given(SEEDS, st.sampled_from([1e-300, 1e-160, 1e150, 1e300]))
@settings(max_examples=4)
def test_scale_does_not_matter(seed, scale):
    X = np.random.default_rng(seed).standard_normal((12, 4))
    C, residual = averaged_omp(X, n_nonzero=2, share=0.5, rng=seed)
    scaled, size = averaged_omp(X * scale, n_nonzero=2, share=0.5, rng=seed)
    np.testing.assert_allclose(scaled.toarray(), C.toarray(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(size / scale, residual, rtol=1e-9, atol=1e-12)


def test_codes_stay_in_their_subspace_and_the_graph_shows_the_clusters():
    X, labels, _ = gallery.union_of_subspaces(10, 3, 50, 100, noise=0.01, rng=1)
    C = averaged_omp(X, n_nonzero=3, rng=0).C
    assert subspace_preserving_error(C, labels) < 0.05
    found = spectral_labels(averaged_omp(X, rng=0).affinity(), 10, n_init=3, rng=0)
    assert found.info.details["informative"] == 10


def test_a_seed_repeats_whatever_the_threads_and_float32_stays():
    X = np.random.default_rng(0).standard_normal((80, 6)).astype(np.float32)
    first = averaged_omp(X, rng=3)
    second = averaged_omp(X, rng=3, n_threads=2)
    np.testing.assert_array_equal(first.C.toarray(), second.C.toarray())
    assert first.C.dtype == first.residual.dtype == np.float32
    assert (averaged_omp(X, rng=4).C != first.C).nnz


def test_zero_rows_twins_and_few_samples():
    assert averaged_omp(np.ones((1, 3))).C.nnz == 0
    np.testing.assert_allclose(averaged_omp(np.ones((2, 3))).C.toarray(), [[0, 1], [1, 0]])
    X = np.random.default_rng(0).standard_normal((9, 4))
    X[3] = 0.0
    X[5] = X[6]
    C, residual = averaged_omp(X, n_nonzero=2, share=0.6, rng=0)
    assert not C.toarray()[3].any()
    assert not C.toarray()[:, 3].any()
    assert residual[3] == 0.0


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"n_nonzero": 0}, InvalidInputError, "n_nonzero"),
        ({"n_dictionaries": 0}, InvalidInputError, "n_dictionaries"),
        ({"share": 0.0}, InvalidInputError, "share"),
        ({"share": 1.5}, InvalidInputError, "share"),
        ({"tol": 1.0}, InvalidInputError, "tol"),
        ({"selection": "best"}, InvalidInputError, "selection"),
        ({"n_threads": 0}, InvalidInputError, "n_threads"),
        ({"n_nonzero": 1.0}, InvalidTypeError, "n_nonzero"),
    ],
)
def test_options_are_named(options, error, match):
    with pytest.raises(error, match=match):
        averaged_omp(np.ones((4, 2)), **options)
