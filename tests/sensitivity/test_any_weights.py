"""sensitivity_upper_bounds: any weights, any p, any scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linsub.errors import InvalidInputError
from linsub.sensitivity import bounds, lewis_weights, lp_sensitivities, sensitivity_upper_bounds
from tests.sensitivity.test_exact_sensitivity import hard


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([1.0, 1.5, 2.0, 4.0, np.inf]))
def test_no_weights_give_less(seed, p):
    A, rng = hard(seed)
    found = lp_sensitivities(A, p)
    for weights in (None, np.exp(rng.uniform(-20.0, 20.0, A.shape[0]))):
        high = sensitivity_upper_bounds(A, p, weights)
        assert (found.lower <= high).all()
        assert (high <= 1.0).all()
        assert not high[~A.any(axis=1)].any()


def test_with_lewis_weights_they_are_the_change_of_density():
    A = np.random.default_rng(0).standard_t(2.0, (50, 4))
    for p in (1.0, 1.5, 3.0):
        w = lewis_weights(A, p, tol=1e-12).weights
        _, high = bounds.density_bracket(w, 4, p)
        np.testing.assert_allclose(sensitivity_upper_bounds(A, p, w), high, rtol=1e-6)


def test_below_one_too():
    A = np.random.default_rng(1).standard_normal((20, 2))
    t = np.linspace(0.0, np.pi, 20001)
    R = np.abs(A @ np.array([np.cos(t), np.sin(t)])) ** 0.5
    assert ((R / R.sum(axis=0)).max(axis=1) <= sensitivity_upper_bounds(A, 0.5)).all()


@pytest.mark.parametrize("p", [8.0, np.inf])
def test_rows_whose_squares_underflow(p):
    tiny = 1e-25
    A = np.array([[1.0, 0.0], [0.0, 1.0], [tiny, tiny]])
    small = 2.0 * tiny if p == np.inf else 2.0 ** (p - 1.0) * tiny**p
    for w in (1e-290, 1e-200, 1e-100):
        high = sensitivity_upper_bounds(A, p, [1.0, 1.0, w])
        # At x = (1, 1), but for the row itself.
        assert (high >= np.array([1.0, 1.0, small]) * (1.0 - 1e-12)).all()
        assert high[2] <= 2.0 ** (p if p < np.inf else 1.0) * small


def test_odd_weights_are_named():
    A = np.array([[1.0], [0.0], [2.0]])
    assert sensitivity_upper_bounds(A, 1.0, [1.0, 0.0, 1.0])[1] == 0.0
    with pytest.raises(InvalidInputError, match=r"weights\[2\] is 0"):
        sensitivity_upper_bounds(A, 1.0, [1.0, 1.0, 0.0])
    with pytest.raises(InvalidInputError, match=r"weights\[0\] is -1"):
        sensitivity_upper_bounds(A, 1.0, [-1.0, 1.0, 1.0])
    with pytest.raises(InvalidInputError, match="weights must have shape"):
        sensitivity_upper_bounds(A, 1.0, [1.0])
    with pytest.raises(InvalidInputError, match="p must"):
        sensitivity_upper_bounds(A, 0.0)
    assert sensitivity_upper_bounds(np.zeros((3, 2)), 3.0).tolist() == [0.0, 0.0, 0.0]
    assert sensitivity_upper_bounds(np.zeros((0, 2)), 3.0).shape == (0,)
