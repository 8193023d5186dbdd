"""Accuracy, mutual information and the Rand index against enumeration and scikit-learn."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.clustering import (
    adjusted_rand,
    agreement,
    clustering_accuracy,
    normalized_mutual_info,
)
from linsub.errors import InvalidInputError, InvalidTypeError

METRICS = (clustering_accuracy, normalized_mutual_info, adjusted_rand)
PAIRS = st.integers(1, 12).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, k), min_size=n, max_size=n) for k in (3, 4)))
)


@given(PAIRS)
def test_accuracy_is_the_best_of_all_matchings(pair):
    a, b = pair
    names = range(5)
    best = max(
        sum(x == chosen[y] for x, y in zip(a, b, strict=True))
        for chosen in itertools.permutations(names)
    )
    assert clustering_accuracy(a, b) == best / len(a)


@given(PAIRS)
def test_all_are_symmetric_and_blind_to_names(pair):
    a, b = pair
    renamed = np.array(["z", "x", "a", "q", "b"])[b]
    for metric in METRICS:
        value = metric(a, b)
        assert math.isclose(value, metric(a, renamed), rel_tol=1e-12, abs_tol=1e-12)
        assert math.isclose(value, metric(b, a), rel_tol=1e-12, abs_tol=1e-12)
        assert value <= 1.0
        assert metric(a, a) == 1.0
        same = len(set(zip(a, b, strict=True))) == len(set(a)) == len(set(b))
        assert (value == 1.0) == same or (metric is normalized_mutual_info and value > 1 - 1e-12)


@given(PAIRS)
def test_adjusted_rand_counts_pairs(pair):
    a, b = (np.array(x) for x in pair)
    i, j = np.triu_indices(a.size, 1)
    x, y = a[i] == a[j], b[i] == b[j]
    mean = float(x.sum()) * float(y.sum()) / max(x.size, 1)
    largest = (x.sum() + y.sum()) / 2
    if largest > mean:
        expected = ((x & y).sum() - mean) / (largest - mean)
        assert math.isclose(adjusted_rand(a, b), expected, abs_tol=1e-12)


@given(PAIRS)
def test_information_by_its_definition(pair):
    a, b = pair
    n = len(a)

    def entropy(labels):
        counts = [labels.count(x) / n for x in set(labels)]
        return -math.fsum(p * math.log(p) for p in counts)

    shared = entropy(a) + entropy(b) - entropy(list(zip(a, b, strict=True)))
    means = {
        "arithmetic": (entropy(a) + entropy(b)) / 2,
        "geometric": math.sqrt(entropy(a) * entropy(b)),
        "min": min(entropy(a), entropy(b)),
        "max": max(entropy(a), entropy(b)),
    }
    for average, mean in means.items():
        value = normalized_mutual_info(a, b, average=average)
        if mean > 0:
            assert math.isclose(value, max(0.0, shared / mean), abs_tol=1e-9)
        else:
            one = len(set(a)) == len(set(b)) == 1
            assert value == float(one)


def test_scikit_learn_agrees():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    for k in (2, 5, 40):
        a, b = rng.integers(0, k, 200), rng.integers(0, k + 1, 200)
        assert math.isclose(adjusted_rand(a, b), metrics.adjusted_rand_score(a, b))
        expected = metrics.normalized_mutual_info_score(a, b)
        assert math.isclose(normalized_mutual_info(a, b), expected)


def test_many_samples_do_not_overflow():
    a = np.repeat([0, 1], 600_000)
    assert adjusted_rand(a, a[::-1]) == 1.0
    assert adjusted_rand(a, np.zeros_like(a)) == 0.0


def test_names_of_any_kind_and_as_many_clusters_as_samples():
    huge = np.array([2**62, -(2**62), 2**62, 5])
    words = np.array(["x", "y", "x", "z"], dtype=object)  # a column of a data frame
    for metric in METRICS:
        assert metric(huge, words) == 1.0
        assert metric(words, np.array([True, False, True, False])) == metric(
            [0, 1, 0, 2], [1, 0] * 2
        )
    # A table of both would have 4e10 entries.
    a = np.arange(200_000)
    assert adjusted_rand(a, a[::-1]) == normalized_mutual_info(a, a[::-1]) == 1.0
    assert adjusted_rand(a, a // 2) == 0.0
    n = a.size
    expected = 2 * math.log(n / 2) / (math.log(n) + math.log(n / 2))
    assert math.isclose(normalized_mutual_info(a, a // 2), expected, rel_tol=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_no_pair_of_partitions_is_refused(metric):
    with pytest.raises(InvalidInputError, match=r"labels_pred must have shape \(3,\)"):
        metric([0, 1, 1], [0, 1])
    with pytest.raises(InvalidInputError, match=r"labels_true must have shape \(N,\)"):
        metric(np.ones((2, 2)), [0, 1])
    with pytest.raises(InvalidInputError, match="labels_true has entries that are not finite"):
        metric([0.0, np.nan], [0, 1])
    with pytest.raises(InvalidTypeError, match="labels_true has dtype object"):
        metric([object(), None], [0, 1])
    with pytest.raises(InvalidTypeError, match="labels_pred is a masked array"):
        metric([0, 1], np.ma.masked_array([0, 1]))
    assert metric([], []) == 1.0
    with pytest.raises(InvalidInputError, match="average"):
        normalized_mutual_info([0], [0], average="mean")


@given(st.integers(1, 12), st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**20))
def test_sparse_tables_are_matched_as_dense_ones(n, k, m, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, k, n), rng.integers(0, m, n)
    with pytest.MonkeyPatch.context() as patched:
        dense = clustering_accuracy(a, b)
        patched.setattr(agreement, "_TABLE", 0)
        assert clustering_accuracy(a, b) == dense


def test_as_many_clusters_as_samples_need_no_table():
    n = 200_000  # a table would take 300 GiB
    rng = np.random.default_rng(0)
    assert clustering_accuracy(np.arange(n), rng.permutation(n)) == 1.0
    assert clustering_accuracy(np.arange(n), np.arange(n) // 2) == 0.5
