"""logistic_mu: exact in one dimension, separable data, scales."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.sensitivity import logistic_mu
from tests.sensitivity.test_exact_sensitivity import hard


@given(st.integers(0, 10**6))
def test_one_column_is_inside_in_exact_arithmetic(seed):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal(8) * 10.0 ** float(rng.choice([0.0, -300.0, 300.0]))
    positive = sum((Fraction(float(x)) for x in a if x > 0), Fraction(0))
    negative = -sum((Fraction(float(x)) for x in a if x < 0), Fraction(0))
    found = logistic_mu(a[:, None])
    if not positive or not negative:
        assert found.mu == found.upper == np.inf
        return
    exact = max(positive / negative, negative / positive)
    assert Fraction(found.lower) <= exact <= Fraction(found.upper)
    assert found.upper <= found.lower * (1 + 1e-9)


@given(st.integers(0, 10**6))
def test_brackets_close_and_hold(seed):
    A, rng = hard(seed)
    found = logistic_mu(A)
    assert 1.0 <= found.lower <= found.upper
    assert found.mu == np.inf or found.lower <= found.mu <= found.upper
    B = np.ldexp(A, -np.frexp(np.abs(A).max(axis=0))[1])
    R = B @ rng.standard_normal((A.shape[1], 30))
    above, below = np.maximum(R, 0.0).sum(axis=0), np.maximum(-R, 0.0).sum(axis=0)
    if np.linalg.matrix_rank(B) == A.shape[1]:
        assert found.mu == np.inf or (above <= found.upper * below * (1 + 1e-9) + 1e-9).all()
    negated = logistic_mu(-A)
    assert (negated.mu == np.inf) == (found.mu == np.inf)
    if found.mu < 1e8:
        assert negated.mu == pytest.approx(found.mu, rel=1e-7)


def test_separable_data_are_said_to_be():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((50, 3))
    A = A * np.sign(A @ [1.0, -2.0, 0.5])[:, None]
    found = logistic_mu(A)
    assert found.mu == np.inf
    assert "separable" in found.info.notes[0]
    assert (A @ found.x >= -1e-9).all()
    assert found.lower > 1e10
    A[0] = -A[0]
    assert np.isfinite(logistic_mu(A).mu)


def test_nothing_and_balance():
    for A in (np.zeros((0, 2)), np.zeros((3, 0)), np.zeros((3, 2)), [[1.0], [-1.0]]):
        assert logistic_mu(A).mu == pytest.approx(1.0)
    plain = logistic_mu([[1.0, 0.0], [-2.0, 1.0], [0.5, -1.0], [0.0, -0.3], [0.0, 2.0]])
    assert plain.x.shape == (2,)
    again = logistic_mu([[1.0, 0.0], [-2.0, 1.0], [0.5, -1.0], [0.0, -0.3], [0.0, 2.0], [0, 0]])
    assert again.mu == pytest.approx(plain.mu)
