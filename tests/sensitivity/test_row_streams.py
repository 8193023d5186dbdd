"""Streams of rows: online leverage against definitions, merging and reducing against its parts."""

import copy
import pickle

import numpy as np
import pytest

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.sensitivity import (
    MergeReduceCoreset,
    OnlineLeverageSampler,
    RowSample,
    embedding_distortion,
    leverage_scores,
)


def online_scores(A, lam, p=2.0):
    """From the weights of a sample that keeps each row or has seen its score."""
    total, scores = 0.0, []
    stream = OnlineLeverageSampler(1.0, p, lam=lam, rng=0)
    for row in A:
        stream.update(row[None, :])
        scores.append(stream.total - total)
        total = stream.total
    return np.array(scores)


def by_definition(A, lam):
    d = A.shape[1]
    scores = []
    for i, a in enumerate(A):
        M = A[:i].T @ A[:i] + lam * np.eye(d)
        if lam == 0.0 and np.linalg.matrix_rank(A[: i + 1]) > np.linalg.matrix_rank(A[:i]):
            scores.append(1.0)
        else:
            scores.append(min(1.0, float(a @ np.linalg.pinv(M, rcond=1e-10) @ a)))
    return np.array(scores)


@pytest.mark.parametrize("lam", [0.0, 1e-3, 2.0])
@pytest.mark.parametrize("kind", ["gaussian", "late", "repeated", "deficient", "zeros"])
def test_online_scores_are_those_of_the_definition(lam, kind):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((30, 3))
    if kind == "late":
        A[:15, 1:] = 0.0
    if kind == "repeated":
        A[1::2] = A[::2]
    if kind == "deficient":
        A[:, 2] = A[:, 0] - 2.0 * A[:, 1]
    if kind == "zeros":
        A[::3] = 0.0
    np.testing.assert_allclose(online_scores(A, lam), by_definition(A, lam), atol=1e-9)


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
def test_the_scale_of_a_stream_does_not_matter(scale):
    A = np.random.default_rng(0).standard_normal((20, 3))
    np.testing.assert_allclose(online_scores(A * scale, 0.0), online_scores(A, 0.0), rtol=1e-9)
    # A stream that begins small and grows by 600 orders of magnitude: each direction is new.
    mixed = np.concatenate([A[:5] * 1e-300, A[5:] * 1e300])
    scores = online_scores(mixed, 0.0)
    tau = leverage_scores(A[5:]).scores
    assert (scores[5:] >= tau - 1e-9).all()
    np.testing.assert_allclose(scores[5:], online_scores(A[5:], 0.0), rtol=1e-9)


def test_online_streams_do_not_depend_on_their_blocks_unless_blocked():
    A = np.random.default_rng(0).standard_normal((200, 3))
    results = []
    for sizes in ([200], [50] * 4, [1] * 200, [0, 199, 0, 1]):
        stream = OnlineLeverageSampler(3.0, 1.0, lam=0.1, rng=5)
        start = 0
        for size in sizes:
            stream.update(A[start : start + size])
            start += size
        results.append(stream.result())
    for found in results[1:]:
        np.testing.assert_array_equal(found.indices, results[0].indices)
        np.testing.assert_allclose(found.weights, results[0].weights, rtol=1e-12)
    np.testing.assert_array_equal(results[0].rows, A[results[0].indices])
    blocked = OnlineLeverageSampler(3.0, lam=0.1, blocked=True, rng=5)
    plain = OnlineLeverageSampler(3.0, lam=0.1, rng=5)
    for part in np.split(A, 10):
        blocked.update(part)
        plain.update(part)
    assert blocked.total > plain.total > float(leverage_scores(A).scores.sum()) - 0.1


def test_an_online_sample_is_unbiased():
    A = np.random.default_rng(0).standard_t(3, (150, 2))
    for p in (1.0, 2.0):
        x = np.array([1.0, 0.3])
        exact = (np.abs(A @ x) ** p).sum()
        values = []
        for seed in range(200):
            rows, weights, _, _ = OnlineLeverageSampler(2.0, p, rng=seed).update(A).result()
            values.append(weights @ np.abs(rows @ x) ** p / exact)
        assert abs(np.mean(values) - 1.0) < 5.0 * np.std(values) / np.sqrt(200)


STREAMS = [
    lambda: OnlineLeverageSampler(2.0, rng=0),
    lambda: MergeReduceCoreset(6, rng=0),
]


@pytest.mark.parametrize("make", STREAMS)
def test_a_failed_update_changes_nothing(make):
    A = np.random.default_rng(0).standard_normal((60, 3))
    one, two = make(), make()
    for part in np.split(A, 4):
        one.update(part)
        two.update(part)
        bad = part.copy()
        bad[-1, 0] = np.nan
        with pytest.raises(NonFiniteError, match="X"):
            two.update(bad)
        with pytest.raises(InvalidInputError, match="columns"):
            two.update(part[:, :2])
        with pytest.raises(InvalidTypeError, match="complex"):
            two.update(1j * part)
    for x, y in zip(one.result()[:3], two.result()[:3], strict=True):
        np.testing.assert_array_equal(x, y)
    assert one.n_rows == two.n_rows == 60


@pytest.mark.parametrize("make", STREAMS)
def test_results_share_no_memory_and_inputs_stay(make):
    A = np.random.default_rng(0).standard_normal((40, 3))
    given = A.copy()
    stream = make().update(A)
    found = stream.result()
    A[:] = 0.0
    found.rows[:] = 7.0
    found.weights[:] = 7.0
    again = stream.result()
    np.testing.assert_array_equal(again.rows, given[again.indices])
    assert again.rows.dtype == np.float64
    with pytest.raises(InvalidInputError, match="no block"):
        make().result()
    single = make().update(given.astype(np.float32)).result()
    assert single.rows.dtype == np.float32
    assert single.scaled.dtype == np.float32
    empty = make().update(np.zeros((0, 3))).result()
    assert empty.rows.shape == (0, 3)
    zeros = make().update(np.zeros((50, 3))).result()
    assert zeros.scaled.shape[1] == 3


@pytest.mark.parametrize("make", STREAMS)
def test_copies_and_pickles_go_on_by_themselves(make):
    A = np.random.default_rng(0).standard_normal((60, 3))
    stream = make().update(A[:30])
    before = stream.result()
    whole = make().update(A).result()
    for other in (copy.copy(stream), copy.deepcopy(stream), pickle.loads(pickle.dumps(stream))):
        found = other.update(A[30:]).result()
        np.testing.assert_array_equal(found.indices, whole.indices)
        np.testing.assert_array_equal(stream.result().indices, before.indices)


def coreset(A, size=30, p=2.0, parts=7, **options):
    stream = MergeReduceCoreset(size, p, **options)
    for part in np.array_split(A, parts):
        stream.update(part)
    return stream


def test_the_coreset_does_not_depend_on_blocks_and_few_rows_come_back_whole():
    A = np.random.default_rng(0).standard_normal((500, 3))
    one, two, three = (coreset(A, parts=k, rng=1).result() for k in (1, 9, 500))
    for other in (two, three):
        np.testing.assert_array_equal(one.indices, other.indices)
        np.testing.assert_allclose(one.weights, other.weights)
    np.testing.assert_array_equal(one.rows, A[one.indices])
    few = coreset(A[:40], rng=1).result()
    np.testing.assert_array_equal(few.rows, A[:40])
    np.testing.assert_array_equal(few.weights, 1.0)
    assert float(few.certificate.lower) == float(few.certificate.upper) == 1.0


def test_levels_are_a_binary_counter():
    A = np.random.default_rng(0).standard_normal((60 * 13, 2))
    stream = coreset(A, rng=0, certify=False)
    # 13 leaves of 60 rows: binary 1101.
    assert [size > 0 for size in stream.levels] == [True, False, True, True]
    assert stream.n_rows == len(A)
    assert sum(stream.levels) < 200


@pytest.mark.parametrize(("p", "d"), [(2.0, 3), (1.0, 2), (4.0, 2), (3.0, 1)])
@pytest.mark.parametrize("mode", ["bernoulli", "systematic", "iid"])
def test_the_carried_interval_holds_the_distortion(p, d, mode):
    A = np.random.default_rng(2).standard_t(3, (400, d))
    found = coreset(A, 40, p, mode=mode, rng=3).result()
    kept = RowSample(found.indices, found.weights, np.ones(len(A)), p)
    true = embedding_distortion(A, kept, p, rng=0)
    least, largest = float(true.certificate.least), float(true.certificate.largest)
    assert float(found.certificate.lower) <= least * (1 + 1e-9)
    assert largest <= float(found.certificate.upper) * (1 + 1e-9)
    assert found.certificate.upper.origin == "carried"
    np.testing.assert_allclose(found.scaled, kept.apply(A))


def test_what_is_not_known_is_none():
    A = np.random.default_rng(0).standard_normal((300, 3))
    found = coreset(A, p=1.5, rng=0).result()
    assert found.certificate.lower is None
    assert found.certificate.upper is None
    assert coreset(A, rng=0, certify=False).result().certificate.upper is None


def test_merging_streams():
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((330, 2)), rng.standard_normal((475, 2))
    one, two = coreset(A, rng=1), coreset(B, rng=2)
    before = two.result()
    one.merge(two)
    np.testing.assert_array_equal(two.result().indices, before.indices)
    found = one.result()
    whole = np.concatenate([A, B])
    assert one.n_rows == len(whole)
    np.testing.assert_array_equal(found.rows, whole[found.indices])
    assert np.all(np.diff(found.indices) > 0)
    kept = RowSample(found.indices, found.weights, np.ones(len(whole)), 2.0)
    true = embedding_distortion(whole, kept)
    assert float(found.certificate.lower) <= true.lower
    assert true.upper <= float(found.certificate.upper)
    # It goes on as a stream, and an empty one takes over the other.
    one.update(A)
    assert one.n_rows == len(whole) + len(A)
    fresh = MergeReduceCoreset(30, rng=0).merge(two)
    np.testing.assert_array_equal(fresh.result().rows, B[fresh.result().indices])
    fresh.merge(MergeReduceCoreset(30, rng=0))
    for other, name in (
        (MergeReduceCoreset(31), "size"),
        (MergeReduceCoreset(30, 1.0), "p=1.0"),
        (coreset(rng.standard_normal((10, 3))), "columns"),
    ):
        with pytest.raises(InvalidInputError, match=name):
            one.merge(other)
    with pytest.raises(InvalidTypeError, match="other"):
        one.merge(A)


def test_nothing_is_lost_when_a_stream_is_interrupted():
    A = np.random.default_rng(0).standard_normal((300, 2))

    def blocks():
        for k, part in enumerate(np.split(A, 10)):
            if k == 6:
                raise KeyboardInterrupt
            yield part

    stream = MergeReduceCoreset(20, rng=0)
    with pytest.raises(KeyboardInterrupt):
        stream.extend(blocks())
    assert stream.n_rows == 180
    stream.extend(np.split(A[180:], 4), progress=True)
    whole = MergeReduceCoreset(20, rng=0).extend([A]).result()
    for x, y in zip(stream.result()[:3], whole[:3], strict=True):
        np.testing.assert_allclose(x, y)


def test_bad_arguments_are_named():
    for call, name in (
        (lambda: OnlineLeverageSampler(0.0), "oversampling"),
        (lambda: OnlineLeverageSampler(1.0, 3.0), "p must"),
        (lambda: OnlineLeverageSampler(1.0, lam=-1.0), "lam"),
        (lambda: OnlineLeverageSampler(1.0, blocked=1), "blocked"),
        (lambda: MergeReduceCoreset(0), "size"),
        (lambda: MergeReduceCoreset(5, -1.0), "p must"),
        (lambda: MergeReduceCoreset(5, scores="none"), "scores"),
        (lambda: MergeReduceCoreset(5, mode="none"), "mode"),
        (lambda: MergeReduceCoreset(5, certify=None), "certify"),
        (lambda: MergeReduceCoreset(5).update(np.ones((3, 0))), "X"),
        (lambda: MergeReduceCoreset(5).update(np.ones(3)), "X"),
        (lambda: MergeReduceCoreset(5).extend([np.ones((3, 2))], progress=1), "progress"),
    ):
        with pytest.raises((InvalidInputError, InvalidTypeError), match=name):
            call()


def test_a_merge_into_nothing_samples_nothing_again():
    A = np.random.default_rng(4).standard_normal((1600, 3))
    stream = MergeReduceCoreset(40, rng=8).update(A)
    assert max(stream.levels) > 40  # by chance: reason enough to reduce two, not one
    expected = stream.result()
    found = MergeReduceCoreset(40, rng=2).merge(stream).result()
    for one, other in zip(found[:3], expected[:3], strict=True):
        np.testing.assert_array_equal(one, other)
    assert found.certificate.lower.value == expected.certificate.lower.value
    assert found.info.details == expected.info.details
    # Streams of one height: each pair of levels is merged, and nothing else is sampled.
    both = MergeReduceCoreset(40, rng=3).update(A).merge(stream).result()
    assert both.info.details["n_rows"] == 3200
    assert both.info.details["reductions"] > 2 * expected.info.details["reductions"]
