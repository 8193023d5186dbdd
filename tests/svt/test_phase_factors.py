"""Phase factors of quantum signal processing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.svt import (
    SVTPolynomial,
    cheb_cos,
    cheb_exp,
    cheb_sign,
    cheb_sin,
    qsp_phases,
    qsp_response,
)


def by_products(phases, x):
    """<0|U|0> by the matrices themselves."""
    w = np.array([[x, 1j * np.sqrt(1 - x * x)], [1j * np.sqrt(1 - x * x), x]])
    total = np.diag(np.exp(1j * phases[0] * np.array([1, -1])))
    for phase in phases[1:]:
        total = total @ w @ np.diag(np.exp(1j * phase * np.array([1, -1])))
    return total[0, 0]


@given(st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=9), st.floats(-1.0, 1.0))
def test_the_response_is_the_product(phases, x):
    assert abs(qsp_response(phases, x) - by_products(phases, x)) < 1e-13


@given(st.integers(0, 12), st.integers(0, 1000))
def test_random_targets_where_convergence_is_proved(d, seed):
    rng = np.random.default_rng(seed)
    c = rng.standard_normal(d + 1)
    c[1 - d % 2 :: 2] = 0.0
    c *= 0.8 / np.abs(c).sum()
    phases, residual = qsp_phases(c)
    x = np.linspace(-1.0, 1.0, 50)
    exact = np.polynomial.chebyshev.chebval(x, c)
    assert np.abs(qsp_response(phases, x).imag - exact).max() <= residual + 1e-14 * (d + 1)
    assert residual < 2e-12
    np.testing.assert_array_equal(phases, phases[::-1])


def test_high_degrees_take_few_steps():
    p = cheb_cos(1350.0, 1e-12)
    assert p.degree >= 1440
    phases, residual = found = qsp_phases(0.5 * p.chebyshev(), tol=1e-11)
    assert found.info.iterations < 30
    assert residual < 1e-10
    x = np.linspace(-1.0, 1.0, 300)
    assert np.abs(qsp_response(phases, x).imag - 0.5 * np.cos(1350.0 * x)).max() < 1e-10


def test_polynomials_are_targets():
    p = cheb_sin(8.0, 1e-8)
    half = SVTPolynomial(0.5 * p.coef, "odd")
    phases, residual = qsp_phases(half)
    assert abs(qsp_response(phases, 0.3).imag - 0.5 * np.sin(2.4)) < 1e-8 + residual
    c = 0.9 * cheb_sign(0.1, 1e-3).chebyshev()
    assert qsp_phases(c).info.converged
    with pytest.raises(InvalidInputError, match="parity 'none'"):
        qsp_phases(cheb_exp(1.0))


def test_targets_that_have_no_phases():
    with pytest.raises(InvalidInputError, match="reaches 1.2"):
        qsp_phases([0.0, 1.2])
    with pytest.raises(InvalidInputError, match="neither even nor odd"):
        qsp_phases([0.1, 0.2])
    with pytest.raises(InvalidInputError, match="empty"):
        qsp_phases([])
    with pytest.raises(NonFiniteError, match="target"):
        qsp_phases([np.nan])
    with pytest.raises(InvalidTypeError, match="complex"):
        qsp_phases([0.1j])
    with pytest.raises(ConvergenceError, match="scale the target") as caught:
        qsp_phases([0.0, 1.0], maxiter=20)
    assert caught.value.result.phases.shape == (2,)
    assert caught.value.result.info.converged is False
    assert 0.0 < caught.value.result.residual < 0.1


def test_small_targets():
    assert qsp_phases([0.0, 0.0, 0.0]).phases.tolist() == [0.0]
    np.testing.assert_allclose(qsp_phases([0.5]).phases, np.arcsin(0.5), atol=1e-11)
    np.testing.assert_allclose(qsp_phases([0.0, 0.3, 0.0]).phases, 0.5 * np.arcsin(0.3), atol=1e-11)


def test_bad_responses():
    with pytest.raises(InvalidInputError, match="within"):
        qsp_response([0.1], [0.0, 1.5])
    with pytest.raises(InvalidInputError, match="empty"):
        qsp_response([], 0.1)
    with pytest.raises(InvalidTypeError, match="complex"):
        qsp_response([0.1], 1j)
    assert qsp_response([0.1, 0.2], np.zeros((2, 3))).shape == (2, 3)
    assert qsp_response([0.1, 0.2], []).shape == (0,)
