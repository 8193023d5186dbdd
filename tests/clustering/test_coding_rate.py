"""Coding rates against determinants in many digits, and their invariances."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linsub.clustering import bounds, coding_rate, coding_rate_reduction
from linsub.errors import InvalidInputError, InvalidTypeError


def reference(Z, eps, weights=None):
    """The determinant in 600 digits, by LU."""
    with mpmath.workdps(600):
        n, d = Z.shape
        w = [mpmath.mpf(float(x)) for x in (np.ones(n) if weights is None else weights)]
        M = mpmath.matrix(Z.tolist())
        D = mpmath.diag(w)
        G = mpmath.eye(d) + mpmath.mpf(d) / (sum(w) * mpmath.mpf(eps) ** 2) * (M.T * D * M)
        return float(mpmath.log(mpmath.det(G)))


@settings(max_examples=15)
@given(
    st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**20),
    st.sampled_from([1e-30, 1e-3, 0.5, 1e8]), st.sampled_from([1e-12, 1e-3, 1.0, 1e20]),
)  # fmt: skip
def test_rates_by_determinants_in_many_digits(n, d, seed, eps, scale):
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((n, d)) * 10.0 ** rng.integers(-4, 1, (n, 1)) * scale
    w = rng.integers(0, 3, n) * 0.7
    w[0] = 1.0
    for weights in (None, w):
        expected = reference(Z, eps, weights)
        found = coding_rate(Z, eps, weights=weights)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-14)
        assert found >= 0.0
    # The weights' scale is nothing, and samples of weight 0 are none.
    assert coding_rate(Z, eps, weights=w * 1e-300) == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_small_directions_keep_their_digits():
    """Squares of 1e-10 are lost beside 1 in a Gram matrix, and matter at eps = 1e-12."""
    Z = np.diag([1.0, 1e-10]) @ np.linalg.qr(np.random.default_rng(0).standard_normal((2, 2)))[0]
    assert coding_rate(Z, 1e-12) == pytest.approx(math.log1p(1e24) + math.log1p(1e4), rel=1e-9)


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e300])
def test_extreme_samples_and_distortions(scale):
    Z = np.eye(2) * scale
    expected = 2 * np.logaddexp(0.0, 2 * math.log(scale) - 2 * math.log(1e-200))
    assert coding_rate(Z, 1e-200) == pytest.approx(expected, rel=1e-13)
    assert coding_rate(np.zeros((2, 3)), 1e-300) == 0.0


@given(st.integers(0, 2**20), st.sampled_from([0.1, 1.0, 10.0]))
def test_invariances_and_monotony(seed, eps):
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((9, 4))
    labels = rng.integers(0, 3, 9)
    found = coding_rate_reduction(Z, labels, eps=eps)
    Q = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    order = rng.permutation(9)
    again = coding_rate_reduction((Z @ Q)[order], np.array(["c", "a", "b"])[labels][order], eps=eps)
    np.testing.assert_allclose(again, found, rtol=1e-10, atol=1e-12)
    finer = coding_rate_reduction(Z, labels, eps=eps / 2)
    assert finer.whole > found.whole
    assert finer.parts > found.parts
    # Labels are the membership with blocks 1 / n_k.
    same = labels[:, None] == labels
    blocks = same / same.sum(axis=1)
    np.testing.assert_allclose(
        coding_rate_reduction(Z, membership=blocks, eps=eps), found, rtol=1e-10, atol=1e-12
    )
    parts = [(labels == k).sum() / 9 * coding_rate(Z[labels == k], eps) for k in np.unique(labels)]
    assert found.parts == pytest.approx(sum(parts), rel=1e-12)
    assert found.whole == coding_rate(Z, eps)
    assert found.reduction >= -1e-12


def test_permutations_and_the_mean_attain_the_bounds():
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((7, 5))
    Z /= np.linalg.norm(Z, axis=1, keepdims=True)
    least = coding_rate_reduction(Z, membership=np.eye(7)[rng.permutation(7)], eps=0.3).parts
    assert least == pytest.approx(bounds.least_coding_rate(5, 0.3), rel=1e-13)
    assert least == pytest.approx(math.log1p(5 / 0.09), rel=1e-13)
    assert coding_rate_reduction(Z, np.arange(7), eps=0.3).parts == pytest.approx(least, rel=1e-13)
    mean = coding_rate_reduction(Z, membership=np.full((7, 7), 1 / 7), eps=0.3)
    assert mean.reduction == pytest.approx(0.0, abs=1e-12)
    assert bounds.least_coding_rate(3, 1e-200) == pytest.approx(math.log(3) + 400 * math.log(10))


def test_closed_forms_by_arithmetic():
    """Two samples on each axis of R^2 and eps = 1: log 2 twice, and log 3 a class."""
    Z = np.repeat(np.eye(2), 2, axis=0)
    found = coding_rate_reduction(Z, [0, 0, 1, 1], eps=1.0)
    assert found.whole == pytest.approx(2 * math.log(2), rel=1e-14)
    assert found.parts == pytest.approx(math.log(3), rel=1e-14)
    assert bounds.orthogonal_rate([2, 2], [1, 1], 2, 1.0) == pytest.approx(found.whole, rel=1e-14)
    expected = bounds.orthogonal_class_rate([2, 2], [1, 1], 2, 1.0)
    assert found.parts == pytest.approx(expected, rel=1e-14)


def test_bad_arguments_are_named():
    Z = np.eye(3)
    with pytest.raises(InvalidInputError, match="give labels or membership, got neither"):
        coding_rate_reduction(Z)
    with pytest.raises(InvalidInputError, match="got both"):
        coding_rate_reduction(Z, [0, 0, 1], membership=np.eye(3))
    with pytest.raises(InvalidInputError, match="pass it through sinkhorn_symmetric"):
        coding_rate_reduction(Z, membership=np.ones((3, 3)))
    with pytest.raises(InvalidInputError, match=r"membership must have shape \(3, 3\)"):
        coding_rate_reduction(Z, membership=np.eye(2))
    with pytest.raises(InvalidInputError, match="eps"):
        coding_rate(Z, 0.0)
    with pytest.raises(InvalidInputError, match="weights has the negative entry -1"):
        coding_rate(Z, weights=[1.0, -1.0, 1.0])
    with pytest.raises(InvalidTypeError, match="weights is complex"):
        coding_rate(Z, weights=np.ones(3) * 1j)
    with pytest.raises(InvalidInputError, match="Z has shape"):
        coding_rate(np.ones((0, 3)))
    assert coding_rate(Z, weights=np.zeros(3)) == 0.0
