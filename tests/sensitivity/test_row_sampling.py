"""Samples of rows: their laws by enumeration, their sizes, weights and odd input."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.sensitivity import (
    RowSample,
    embedding_distortion,
    leverage_scores,
    lewis_weights,
    recursive_root_leverage,
    sample_rows,
    sample_size,
)
from linsub.sensitivity.bounds import (
    merge_reduce_error,
    online_leverage_total,
    oversampling,
    regression_factor,
    root_leverage_rows,
    root_leverage_total,
    sensitivity_rate,
)
from tests.dpp.law import check_law, p_values

MODES = ("bernoulli", "iid", "systematic")


def matrix(n=40, d=3, seed=0):
    return np.random.default_rng(seed).standard_t(2, (n, d))


def exact_probabilities(scores, size):
    """min(1, c s) with c by bisection, another way than by sorting."""
    low, high = 0.0, 1.0
    s = np.asarray(scores, float) / np.max(scores)
    if size >= np.count_nonzero(s):
        return (s > 0).astype(float)
    while np.minimum(1.0, high * s).sum() < size:
        high *= 2.0
    for _ in range(300):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if np.minimum(1.0, middle * s).sum() < size else (low, middle)
    return np.minimum(1.0, high * s)


@given(
    scores=st.lists(
        st.one_of(st.just(0.0), st.floats(1e-12, 1.0), st.sampled_from([1e-300, 0.5, 1e3])),
        min_size=1,
        max_size=30,
    ),
    size=st.integers(0, 32),
    power=st.sampled_from([-900, 0, 900]),
)
@settings(max_examples=30, deadline=None)
def test_probabilities_meet_the_size(scores, size, power):
    scores = np.ldexp(np.array(scores), power if max(scores) < 10 and power else 0)
    A = np.ones((scores.size, 1))
    q = sample_rows(A, 1, size, scores=scores, rng=0).probabilities
    positive = np.count_nonzero(scores)
    assert q.min() >= 0.0
    assert q.max() <= 1.0
    np.testing.assert_array_equal(q[scores == 0.0], 0.0)
    assert q.sum() == pytest.approx(min(size, positive), rel=1e-13, abs=1e-13)
    if size > 0 and positive:
        np.testing.assert_allclose(q, exact_probabilities(scores, size), rtol=1e-9, atol=1e-300)
    draws = sample_rows(A, 1, size, scores=scores, mode="iid", rng=0).probabilities
    if positive:
        np.testing.assert_allclose(draws.sum(), size, rtol=1e-13)
        np.testing.assert_allclose(draws * scores.sum(), size * scores, rtol=1e-12, atol=1e-300)


def law_of(q, mode, m):
    """Return the law of the sorted tuple of rows, repeats included."""
    n, law = q.size, {}
    if mode == "iid":
        for x in itertools.product(range(n), repeat=m):
            key = tuple(sorted(x))
            law[key] = law.get(key, 0.0) + float(np.prod(q[list(x)] / m))
    elif mode == "bernoulli":
        for mask in itertools.product((False, True), repeat=n):
            key = tuple(np.flatnonzero(mask).tolist())
            law[key] = float(np.prod(np.where(mask, q, 1.0 - q)))
    else:
        certain = np.flatnonzero(q >= 1.0).tolist()
        free = np.where(q < 1.0, q, 0.0)
        ends = np.concatenate([[0.0], np.cumsum(free)])
        cuts = np.unique(np.round(np.concatenate([ends % 1.0, [0.0, 1.0]]), 12))
        for low, high in itertools.pairwise(cuts):
            points = 0.5 * (low + high) + np.arange(n)
            hit = [i for i in range(n) for x in points if ends[i] < x < ends[i + 1]]
            key = tuple(sorted(certain + hit))
            law[key] = law.get(key, 0.0) + high - low
    return {key: p for key, p in law.items() if p > 0.0}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scores", [[1.0, 2.0, 0.0, 3.0, 2.5], [9.0, 1.0, 1.0, 2.0, 1.5]])
def test_the_law_of_each_design(mode, scores):
    A, m, rng = np.ones((5, 1)), 3, np.random.default_rng(1)
    drawn = [sample_rows(A, 1, m, scores=scores, mode=mode, rng=rng) for _ in range(1000)]
    q = drawn[0].probabilities
    expected = m * np.array(scores) / np.sum(scores)
    if mode != "iid":
        expected = exact_probabilities(scores, m)
    np.testing.assert_allclose(q, expected, rtol=1e-12)
    taken = []
    for sample in drawn:
        counts = np.round(sample.weights * q[sample.indices]).astype(int)
        np.testing.assert_allclose(sample.weights, counts / q[sample.indices])
        taken.append(np.repeat(sample.indices, counts))
    law = law_of(q, mode, m)
    check_law(taken, law)
    if mode == "systematic":
        assert all(len(rows) == m for rows in taken)
        # Mutant: independent rows of the same probabilities.
        plain = [sample_rows(A, 1, m, scores=scores, rng=rng).indices for _ in range(500)]
        assert p_values(plain, law)[0] < 1e-6


def test_certain_rows_are_unscaled_and_zero_rows_never_come():
    A = matrix(30)
    A[4] = 0.0
    A[7] *= 1e6
    A[8, 0] *= 1e7
    A[9, 1] *= 1e8
    for mode in ("bernoulli", "systematic"):
        for scores in ("lewis", "leverage", "root_leverage"):
            for seed in range(5):
                sample = sample_rows(A, 1, 8, scores=scores, mode=mode, rng=seed)
                certain = np.flatnonzero(sample.probabilities == 1.0)
                assert {8, 9} <= set(certain.tolist())
                at = np.searchsorted(sample.indices, certain)
                np.testing.assert_array_equal(sample.indices[at], certain)
                np.testing.assert_array_equal(sample.weights[at], 1.0)
                assert 4 not in sample.indices
    augmented = sample_rows(A, 2, 8, scores="augmented", rng=0)
    assert augmented.probabilities[4] > 0.0


def test_the_same_seed_gives_the_same_sample_in_any_layout():
    A = matrix()
    one = sample_rows(A, 1.5, 12, rng=3)
    two = sample_rows(np.asfortranarray(A), 1.5, 12, rng=3)
    np.testing.assert_array_equal(one.indices, two.indices)
    assert one.indices.dtype == np.int64
    three = sample_rows(A, 1.5, 12, rng=4)
    assert one.indices.tolist() != three.indices.tolist()


@pytest.mark.parametrize("scale", [1e-300, 1e300])
@pytest.mark.parametrize("p", [1.0, 2.0, 4.0])
def test_scale_does_not_matter(scale, p):
    A = matrix()
    plain, scaled = (sample_rows(M, p, 12, rng=0) for M in (A, A * scale))
    np.testing.assert_allclose(plain.probabilities, scaled.probabilities, rtol=1e-6)
    found = embedding_distortion(A * scale, scaled)
    base = embedding_distortion(A, plain)
    assert found.lower == pytest.approx(base.lower, rel=1e-5, abs=1e-9)
    assert found.upper == pytest.approx(base.upper, rel=1e-5)
    applied = scaled.apply(A * scale)
    assert np.isfinite(applied).all()


def test_unbiased_by_enumeration_of_all_masks():
    A, p = matrix(12, 2), 1.5
    q = sample_rows(A, p, 5, rng=0).probabilities
    x = np.array([0.3, -2.0])
    terms = np.abs(A @ x) ** p
    total = 0.0
    for mask in itertools.product((False, True), repeat=12):
        mask = np.array(mask)
        chance = np.prod(np.where(mask, q, 1.0 - q))
        total += chance * (terms[mask] / q[mask]).sum()
    assert total == pytest.approx(terms.sum(), rel=1e-12)


def test_scores_are_what_they_are_called():
    A = matrix()
    tau, rank = leverage_scores(A)
    w = lewis_weights(A, 1.0).weights
    n = len(A)
    for name, expected in (
        ("leverage", tau),
        ("root_leverage", np.sqrt(tau)),
        ("lewis", w),
    ):
        sample = sample_rows(A, 1, n // 10, scores=name, rng=0)
        np.testing.assert_allclose(
            sample.probabilities, exact_probabilities(expected, n // 10), rtol=1e-6
        )
        assert sample.info.details["rank"] == rank
    sensitivity = sample_rows(A, 1, 4, scores="sensitivity", rng=0)
    assert sensitivity.info.details["total"] <= rank * (1 + 1e-5)
    augmented = sample_rows(A, 1, 4, scores="augmented", rng=0)
    total = sensitivity.info.details["total"] + rank + 1
    assert augmented.info.details["total"] == pytest.approx(total)
    for p in (1.5, 3.0):
        for name in ("sensitivity", "augmented"):
            assert sample_rows(A, p, 4, scores=name, rng=0).probabilities.sum() == pytest.approx(4)


@pytest.mark.parametrize("scores", ["lewis", "sensitivity", "leverage", "root_leverage"])
@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0])
def test_error_dominates_sensitivities(scores, p):
    """With error= each probability is min(1, c u_i) with u_i at least the sensitivity."""
    A = matrix(200, 2)
    delta, error = 0.1, 0.9
    sample = sample_rows(A, p, error=error, delta=delta, scores=scores, rng=0)
    # Ratios that are attained, at many directions; for p = 1 those orthogonal to rows are all
    # that counts.
    t = np.linspace(0.0, np.pi, 500)
    X = np.concatenate([[A[:, 1], -A[:, 0]], [np.cos(t), np.sin(t)]], axis=1)
    terms = np.abs(A @ X) ** p
    sigma = (terms / terms.sum(axis=0)).max(axis=1)
    c = oversampling(p, 2, error, delta)
    assert (sample.probabilities >= np.minimum(1.0, c * sigma) * (1 - 1e-9)).all()


def test_apply_takes_vectors_sparse_matrices_and_keeps_types():
    A = matrix(20)
    sample = sample_rows(A, 1, 6, rng=0)
    expected = sample.weights[:, None] * A[sample.indices]
    np.testing.assert_allclose(sample.apply(A), expected)
    np.testing.assert_allclose(sample.apply(A[:, 0]), expected[:, 0])
    np.testing.assert_allclose(sample.apply(sparse.csr_array(A)).toarray(), expected)
    np.testing.assert_allclose(sample.apply(sparse.coo_matrix(A)).toarray(), expected)
    assert sample.apply(A.astype(np.float32)).dtype == np.float32
    assert sample.apply(1j * A).dtype == np.complex128
    assert sample.shape == (sample.indices.size, 20)
    with pytest.raises(InvalidInputError, match="A has 3 rows"):
        sample.apply(A[:3])
    with pytest.raises(NonFiniteError, match="A"):
        sample.apply(sparse.csr_array(np.full((20, 2), np.nan)))
    # With p = 2 the rows are scaled by the root.
    double = RowSample(sample.indices, sample.weights, sample.probabilities, 2.0)
    np.testing.assert_allclose(double.apply(A) ** 2, sample.apply(A) * A[sample.indices])


def test_merge_stacks():
    A, B = matrix(20), matrix(30, seed=1)
    one, two = sample_rows(A, 1, 6, rng=0), sample_rows(B, 1, 7, mode="iid", rng=1)
    both = one.merge(two)
    np.testing.assert_array_equal(
        both.apply(np.concatenate([A, B])), np.concatenate([one.apply(A), two.apply(B)])
    )
    assert both.probabilities.sum() == pytest.approx(13)
    with pytest.raises(InvalidInputError, match="p = 2"):
        one.merge(sample_rows(B, 2, 7, rng=0))
    with pytest.raises(InvalidTypeError, match="other"):
        one.merge(B)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (2, 5), (6, 2)])
@pytest.mark.parametrize("mode", MODES)
def test_odd_shapes(shape, mode):
    for fill in (0.0, 1.0):
        A = np.full(shape, fill)
        for scores in ("lewis", "leverage", "augmented", "sensitivity", "root_leverage"):
            for size in (0, 1, 50):
                sample = sample_rows(A, 1.5, size, scores=scores, mode=mode, rng=0)
                assert sample.probabilities.shape == (shape[0],)
                assert sample.apply(A).shape == (sample.indices.size, shape[1])
        assert sample_rows(A, 2, error=0.5, mode=mode, rng=0).shape[1] == shape[0]
        recursive_root_leverage(A, oversampling=1.0, rng=0)


def test_bad_arguments_are_named():
    A = matrix(10)
    for call, name in (
        (lambda: sample_rows(A), "size"),
        (lambda: sample_rows(A, 2, 4, error=0.5), "size"),
        (lambda: sample_rows(A, 2, -1), "size"),
        (lambda: sample_rows(A, 2, 2.5), "size"),
        (lambda: sample_rows(A, 0.0, 4), "p must"),
        (lambda: sample_rows(A, 0.5, error=0.5), "p must"),
        (lambda: sample_rows(A, 2, error=1.0), "error"),
        (lambda: sample_rows(A, 2, error=0.5, delta=0.0), "delta"),
        (lambda: sample_rows(A, 2, 4, scores="levis"), "lewis"),
        (lambda: sample_rows(A, 2, 4, scores=np.ones(3)), "scores"),
        (lambda: sample_rows(A, 2, 4, scores=-np.ones(10)), r"scores\[0\]"),
        (lambda: sample_rows(A, 2, 4, mode="pivotal"), "mode"),
        (lambda: recursive_root_leverage(A, 3.0, oversampling=1.0), "p must"),
        (lambda: recursive_root_leverage(A), "error or oversampling"),
        (lambda: recursive_root_leverage(A, rounds=0, error=0.5), "rounds"),
        (lambda: sample_size(2, 3, 3, 0.5, bound="lp"), "bound"),
        (lambda: sample_size(2, 3, 3, 0.5, power="q"), "power"),
        (lambda: sample_size(1, 3, 3, 0.5, bound="bernstein"), "p = 2"),
        (lambda: sample_size(2, 3, 0, 0.5), "d must"),
        (lambda: sample_size(2, 3, 3, 1.5), "error"),
        (lambda: sample_size(2, -1, 3, 0.5), "total"),
        (lambda: sample_size(2, 3, 3, 1e-200), "error"),
        (lambda: oversampling(3, 3, 1e-17, 0.1), "error"),
        (lambda: regression_factor(2.0, 1.0), "lower"),
    ):
        with pytest.raises((InvalidInputError, InvalidTypeError), match=name):
            call()


def test_sizes_against_their_formulas():
    # The note's figure.
    assert oversampling(2, 10, 0.5, 0.1, power="p") == pytest.approx(49.451, abs=1e-3)
    c = oversampling(2, 10, 0.5, 0.1)
    assert sample_size(2, 10, 10, 0.5, 0.1) == int(np.ceil(10 * c))
    assert sample_size(2, 10, 10, 0.5, 0.1, mode="iid") == int(np.ceil(9 * c))
    assert sample_size(2, 1, 1, 0.5, mode="iid") == sample_size(2, 1, 1, 0.5)
    # The square of the norm may be off by 2 e - e^2 where the norm may be off by e.
    assert oversampling(2, 10, 0.5, 0.1) == pytest.approx(oversampling(2, 10, 0.75, 0.1, power="p"))
    for p in (1.0, 1.5, 2.0, 3.0, 8.0, 64.0):
        sizes = [oversampling(p, 5, e, 0.1, bound="net") for e in (0.8, 0.4, 0.1, 0.01, 1e-4)]
        assert sizes == sorted(sizes)
        assert oversampling(p, 5, 0.4, 1e-8, bound="net") > sizes[1]
        assert oversampling(p, 9, 0.4, 0.1, bound="net") > sizes[1]
        strict = oversampling(p, 5, 0.4, 0.1, bound="net", power="p")
        assert strict >= sizes[1] * (1 - 1e-12)
    assert sensitivity_rate(1, 5.0, 25, 0.5) == pytest.approx(100.0)
    assert sensitivity_rate(1, 10.0, 25, 0.5) == pytest.approx(200.0)
    assert root_leverage_total(100, 4, 2.0) == pytest.approx(4.0)
    assert merge_reduce_error(0.5, 1) == pytest.approx(0.5)
    assert (1 + merge_reduce_error(0.5, 7)) ** 7 == pytest.approx(1.5)
    assert online_leverage_total([1e200, 0.0], 1e-200) == pytest.approx(
        (600 * np.log2(10)), rel=1e-12
    )
    assert regression_factor(0.0, 1.0) == np.inf


@pytest.mark.parametrize("p", [0.5, 1.0, 1.5])
def test_the_fixed_point_of_root_leverage(p):
    d, c = 3.0, 7.0
    n = root_leverage_rows(1e15, d, p, c, 200)
    assert n == pytest.approx(d * c ** (2 / p), rel=1e-9)
    assert root_leverage_rows(n, d, p, c, 1) == pytest.approx(n, rel=1e-9)


def test_recursion_halves_and_stays_unbiased():
    A, p = matrix(3000, 2), 1.0
    x = np.array([1.0, -1.0])
    exact = np.abs(A @ x).sum()
    ratios = []
    for seed in range(150):
        sample = recursive_root_leverage(A, p, oversampling=3.0, rng=seed)
        rows = sample.info.details["rows"]
        assert sample.indices.size == rows[-1]
        np.testing.assert_allclose(
            sample.weights, 1.0 / sample.probabilities[sample.indices], rtol=1e-12
        )
        ratios.append(np.abs(sample.apply(A) @ x).sum() / exact)
    assert len(rows) >= 3
    assert rows[1] < 0.2 * rows[0]
    mean, error = np.mean(ratios), np.std(ratios) / np.sqrt(len(ratios))
    assert abs(mean - 1.0) < 5.0 * error
    assert error < 0.05
    # Nothing to gain: all rows come back with weight 1.
    same = recursive_root_leverage(A[:5], p, error=0.5, rng=0)
    assert same.info.iterations == 0
    np.testing.assert_array_equal(same.weights, 1.0)


def test_an_error_is_kept_in_all_rounds():
    A = matrix(60_000, 1)
    sample = recursive_root_leverage(A, 1.5, error=0.5, delta=0.05, rounds=2, rng=0)
    assert sample.indices.size < 30_000
    found = embedding_distortion(A, sample)
    assert found.exact
    assert 0.5 < found.lower <= found.upper < 1.5
