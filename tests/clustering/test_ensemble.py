"""Ensembles of K-subspaces: agreement counted as it is defined, labels of clean unions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.clustering import clustering_accuracy, ensemble_k_subspaces, k_subspaces
from linsub.clustering.ensemble import coassociation
from linsub.errors import Interrupted, InvalidInputError
from linsub.testing import gallery


@given(st.integers(1, 9), st.integers(2, 12), st.integers(1, 5), st.integers(0, 2**20))
def test_agreement_is_the_share_of_runs(runs, n, K, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, K, (runs, n))
    top = int(rng.integers(1, n))
    share = (labels[:, :, None] == labels[:, None, :]).mean(axis=0)
    np.fill_diagonal(share, 0.0)
    order = np.argsort(-share, axis=1, kind="stable")[:, :top]
    kept = np.zeros_like(share)
    np.put_along_axis(kept, order, np.take_along_axis(share, order, axis=1), axis=1)
    for threads in (1, 3):
        found = coassociation(labels, top, threads)
        np.testing.assert_allclose(found.toarray(), (kept + kept.T) / 2.0, rtol=1e-14)


def test_the_benchmark_is_solved():
    X, truth, _ = gallery.union_of_subspaces(5, 6, 9, 60, rng=3)
    labels, affinity = found = ensemble_k_subspaces(X, 5, 6, n_runs=60, n_neighbors=10, rng=0)
    assert clustering_accuracy(truth, labels) > 0.95
    assert (affinity != affinity.T).nnz == 0
    assert affinity.diagonal().max() == 0.0
    assert found.info.details["costs"].shape == (60,)
    twice = ensemble_k_subspaces(X, 5, 6, n_runs=60, n_neighbors=10, rng=0, n_threads=2)
    np.testing.assert_array_equal(twice.labels, labels)


def test_scale_and_precision_do_not_matter():
    X, truth, _ = gallery.union_of_subspaces(3, 2, 6, 20, rng=1)
    for given_X in (X * 1e-160, X * 1e150, X.astype(np.float32)):
        found = ensemble_k_subspaces(given_X, 3, 2, n_runs=40, rng=0)
        assert clustering_accuracy(truth, found.labels) == 1.0


def test_no_step_is_random_assignment():
    X, _, _ = gallery.union_of_subspaces(3, 2, 6, 20, rng=1)
    found = ensemble_k_subspaces(X, 3, 2, n_runs=20, maxiter=0, rng=0)
    assert found.affinity.data.max() <= 1.0
    assert found.info.details["costs"].min() > 1.0  # nothing was fitted


def test_an_interrupted_fit_hands_over_its_best_run(monkeypatch):
    from linsub.clustering import kss

    X, _, _ = gallery.union_of_subspaces(3, 2, 6, 30, rng=1)
    whole = k_subspaces(X, 3, 2, n_init=6, rng=0)
    monkeypatch.setattr(kss, "_ENTRIES", 1)  # one run at a time
    calls, plain = [], kss.alternate

    def tired(*arguments, **options):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return plain(*arguments, **options)

    monkeypatch.setattr(kss, "alternate", tired)
    with pytest.raises(Interrupted, match="3 of 6") as caught:
        k_subspaces(X, 3, 2, n_init=6, rng=0)
    assert isinstance(caught.value, KeyboardInterrupt)
    kept = caught.value.result
    assert kept.info.details["costs"].size == 3
    on = k_subspaces(X, 3, 2, n_init=6, init=kept, rng=0)
    assert on.cost <= min(kept.cost, whole.cost) * (1 + 1e-12) + 1e-25
    again = k_subspaces(X, 3, 2, n_init=1, init=on)
    np.testing.assert_array_equal(again.labels, on.labels)
    calls[:] = [1] * 3
    with pytest.raises(Interrupted) as caught:
        k_subspaces(X, 3, 2, n_init=6, rng=0)
    assert caught.value.result is None


def test_a_result_of_affine_subspaces_starts_where_it_ended():
    rng = np.random.default_rng(2)
    X = np.vstack([rng.standard_normal((20, 1)) @ [[1.0, 0.0]] + [0.0, b] for b in (0.0, 5.0)])
    found = k_subspaces(X * 1e100, 2, 1, affine=True, n_init=20, rng=0)
    again = k_subspaces(X * 1e100, 2, 1, affine=True, n_init=1, init=found, rng=1)
    np.testing.assert_array_equal(again.labels, found.labels)
    assert again.info.iterations <= 2


def test_what_does_not_fit_is_named():
    X = np.random.default_rng(0).standard_normal((9, 3))
    found = k_subspaces(X, 2, 1, rng=0)
    for call, message in (
        (lambda: ensemble_k_subspaces(X, 10, 1), "n_clusters=10"),
        (lambda: ensemble_k_subspaces(X, 2, 4), "dim"),
        (lambda: ensemble_k_subspaces(X, 2, 1, n_runs=0), "n_runs"),
        (lambda: ensemble_k_subspaces(X, 2, 1, n_runs=10**6), "n_runs"),
        (lambda: ensemble_k_subspaces(X, 2, 1, n_neighbors=0), "n_neighbors"),
        (lambda: k_subspaces(X, 3, 1, init=found), "init has bases"),
        (lambda: k_subspaces(X, 2, 2, init=found), "init has bases"),
        (lambda: k_subspaces(X, 2, 1, init="best"), "init"),
        (lambda: k_subspaces(X, 2, 1, init=3), "init must be"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            call()
