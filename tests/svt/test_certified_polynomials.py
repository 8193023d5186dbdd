"""Polynomials: their errors against mpmath, their parts, and bad arguments."""

import copy
import math
import pickle
import re

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
from linsub.svt import (
    SVTPolynomial,
    bounds,
    cheb_cos,
    cheb_exp,
    cheb_interpolant,
    cheb_inverse,
    cheb_power,
    cheb_sign,
    cheb_sin,
    cheb_step,
)

U = np.finfo(float).eps


def exact(p, x):
    """p(x) by its definition, in 40 digits."""
    x = mpmath.mpf(float(x))
    lower, upper = (mpmath.mpf(end) / mpmath.mpf(p.end) for end in p.interval)
    t = x / mpmath.mpf(p.end)
    z = (
        (2 * t - lower - upper) / (upper - lower)
        if p.parity == "none"
        else (2 * t * t - 1 - lower**2) / (1 - lower**2)
    )
    one = two = mpmath.mpf(0)
    for c in p.coef[:0:-1]:
        one, two = 2 * z * one - two + mpmath.mpf(float(c)), one
    total = z * one - two + mpmath.mpf(float(p.coef[0]))
    return total * t if p.parity == "odd" else total


MADE = [
    (lambda: cheb_sign(0.02, 1e-12), lambda x: 1),
    (lambda: cheb_sign(0.97, 1e-14), lambda x: 1),
    (lambda: cheb_power(0.3, 0.05, 1e-13), lambda x: x ** -mpmath.mpf(0.3)),
    (lambda: cheb_power(5.0, 0.3, 1e-12, parity="odd"), lambda x: x**-5),
    (lambda: cheb_inverse(30.0, 1e-13), lambda x: 1 / x),
    (lambda: cheb_exp(700.0, 1e-14), lambda x: mpmath.exp(-700 * (1 - x))),
    (lambda: cheb_exp(0.0), lambda x: 1),
    (lambda: cheb_cos(300.0, 1e-14), lambda x: mpmath.cos(300 * x)),
    (lambda: cheb_sin(300.0, 1e-14), lambda x: mpmath.sin(300 * x)),
    (lambda: cheb_sin(1e-9), lambda x: mpmath.sin(1e-9 * x)),
    (lambda: cheb_step(0.4, 0.2, 1e-12), lambda x: 1 if x > 0.4 else 0),
]


@pytest.mark.parametrize(("make", "f"), MADE)
def test_bounds_hold_where_rounding_counts(make, f):
    p = make()
    lower, upper = p.interval
    for x in 0.5 * (lower + upper) - 0.5 * (upper - lower) * np.cos(np.linspace(0, np.pi, 41)):
        x = min(max(x, lower), upper)
        if p.gap is None or not p.gap[0] < x < p.gap[1]:
            with mpmath.workdps(40):
                assert abs(exact(p, x) - f(mpmath.mpf(float(x)))) <= p.error_bound


@given(st.floats(0.1, 20.0), st.floats(5e-3, 0.9), st.integers(0, 60))
def test_coefficients_of_powers_are_right_to_rounding(s, delta, k):
    g = bounds.power_coefficients(s, delta, k + 1)
    with mpmath.workdps(40):
        d, exponent = mpmath.mpf(delta), mpmath.mpf(s)
        r = (1 + d) / (1 - d)
        value = 2 * (2 / r) ** exponent * ((1 - d * d) / 2) ** -exponent
        value *= mpmath.rf(exponent, k) / mpmath.factorial(k) * r**-k
        value *= mpmath.hyp2f1(exponent, exponent + k, k + 1, r**-2)
        value /= 2 if k == 0 else 1
        assert (
            abs(mpmath.mpf(float(g[k])) - value)
            <= (16 + 4 * k + 4 * (1 + s) / (2 * delta)) * U * value
        )


@pytest.mark.parametrize(
    ("kappa", "tol", "degree"), [(10, 1e-3, 75), (50, 1e-6, 725), (100, 1e-8, 1911)]
)
def test_inverse_degrees_of_the_table(kappa, tol, degree):
    assert cheb_inverse(kappa, tol).degree == degree


@pytest.mark.parametrize(
    ("delta", "tol", "optimum"),
    [(0.1, 1e-2, 39), (0.1, 1e-6, 123), (0.02, 1e-6, 617), (0.001, 1e-3, 5803)],
)
def test_sign_degrees_are_near_the_optimum(delta, tol, optimum):
    assert bounds.sign_degree(delta, tol) == optimum
    assert optimum <= cheb_sign(delta, tol).degree <= 1.02 * optimum


def test_exponentials_and_waves_have_the_degrees_that_are_needed():
    degrees = [cheb_exp(beta, 1e-6).degree for beta in (0.1, 1.0, 10.0, 100.0, 1e4)]
    assert degrees == [3, 7, 17, 49, 489]
    waves = [cheb_cos(t, 1e-8).degree for t in (0.5, 1.0, 5.0, 20.0, 100.0, 500.0)]
    assert waves == [6, 8, 16, 38, 130, 552]


@given(
    st.sampled_from(["even", "odd", "none"]),
    st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=12),
    st.floats(0.0, 0.5),
    st.sampled_from([1e-300, 1.0, 3.0, 1e300]),
)
def test_evaluation_and_conversion(parity, coef, lower, end):
    p = SVTPolynomial(np.array(coef), parity, (lower * end, end))
    x = np.linspace(lower * end, end, 7)
    reference = np.array([float(exact(p, value)) for value in x])
    slack = bounds.clenshaw_rounding(p.coef, p.growth) + 8 * U
    np.testing.assert_allclose(p(x), reference, rtol=0, atol=slack)
    c = p.chebyshev()
    assert c.size == p.degree + 1
    t = x / end if parity != "none" else p.mapped(x)
    values = np.polynomial.chebyshev.chebval(t, c)
    np.testing.assert_allclose(values, reference, rtol=0, atol=8 * slack * c.size + 1e-13)
    assert p.supremum() >= np.abs(reference).max() * (1 - 1e-12) - slack
    wide = p.stretched(2.0)
    np.testing.assert_array_equal(wide(2.0 * x) if end < 1e300 else p(x), p(x))


def test_odd_and_even_continue_to_negative_arguments():
    assert cheb_sin(3.0)(-0.4) == -cheb_sin(3.0)(0.4)
    assert cheb_cos(3.0)(-0.4) == cheb_cos(3.0)(0.4)


def test_the_record_keeps_its_own_coefficients():
    coef = np.array([1.0, 2.0])
    p = SVTPolynomial(coef, "even")
    coef[0] = 5.0
    assert p.coef.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        p.coef[0] = 3.0
    for other in (pickle.loads(pickle.dumps(p)), copy.deepcopy(p)):
        assert other.coef.tolist() == [1.0, 2.0]
        with pytest.raises(ValueError, match="read-only"):
            other.coef[0] = 3.0


def test_interpolants():
    f = lambda x: x / (x**2 + 0.05)  # noqa: E731
    for interval in ((0.0, 1.0), (0.2, 7.0), (0.0, 1e-200), (0.0, 1e200)):
        p = cheb_interpolant(lambda x, e=interval[1]: f(x / e), interval, 1e-9, parity="odd")
        x = np.linspace(*interval, 333)
        assert np.abs(p(x) - f(x / interval[1])).max() <= 2.3e-9
        assert p.kind == "estimate"
    assert cheb_interpolant(lambda x: 2.0, (0.0, 1.0), parity="even").degree == 0
    assert cheb_interpolant(lambda x: 0.0 * x, (0.0, 1.0), parity="odd")(0.3) == 0.0
    p = cheb_interpolant(np.exp, (-3.0, 1.0), 1e-10, parity="none")
    assert abs(p(-2.5) - math.exp(-2.5)) < 1e-9


def test_interpolants_say_what_is_wrong():
    with pytest.raises(NumericalError, match="not resolved at degree 200"):
        cheb_interpolant(np.ones_like, (0.0, 1.0), parity="odd", max_degree=200)
    with pytest.raises(NonFiniteError, match="give an interval"):
        cheb_interpolant(lambda x: np.log(x - 0.5), (0.0, 1.0), parity="even")
    with pytest.raises(InvalidTypeError, match="real"):
        cheb_interpolant(lambda x: 1j * x, (0.0, 1.0), parity="even")
    with pytest.raises(InvalidInputError, match="shape"):
        cheb_interpolant(lambda x: x[:3], (0.0, 1.0), parity="even")
    with pytest.raises(InvalidTypeError, match="callable"):
        cheb_interpolant(3.0, (0.0, 1.0), parity="even")

    def writes(x):
        x[0] = 1.0
        return x

    with pytest.raises(ValueError, match="read-only"):
        cheb_interpolant(writes, (0.0, 1.0), parity="even")


BAD = [
    (lambda: cheb_sign(0.0), "delta"),
    (lambda: cheb_sign(1.0), "delta"),
    (lambda: cheb_sign(0.1, 0.0), "tol"),
    (lambda: cheb_sign(0.1, 1.0), "tol"),
    (lambda: cheb_sign(math.nan), "delta"),
    (lambda: cheb_power(0.0, 0.1), "c must"),
    (lambda: cheb_power(-1.0, 0.1), "c must"),
    (lambda: cheb_power(1.0, 0.1, parity="none"), "parity"),
    (lambda: cheb_power(32.0, 1e-7), "larger tol"),
    (lambda: cheb_inverse(1.0), "kappa"),
    (lambda: cheb_inverse(math.inf), "kappa"),
    (lambda: cheb_exp(-1.0), "beta"),
    (lambda: cheb_cos(-1.0), "t must"),
    (lambda: cheb_sin(1e9), "t must"),
    (lambda: cheb_step(0.5, 1.0), "gap"),
    (lambda: cheb_step(0.9, 0.2), "beyond the largest"),
    (lambda: cheb_step(1.0, 0.1), "threshold"),
    (lambda: cheb_step(1e-9, 0.1), "too narrow"),
    (lambda: cheb_step(0.5, 1e-5), "takes degree"),
    (lambda: SVTPolynomial([], "odd"), "coef is empty"),
    (lambda: SVTPolynomial([1.0], "weird"), "parity"),
    (lambda: SVTPolynomial([1.0], "odd", (1.0, 1.0)), "interval"),
    (lambda: SVTPolynomial([1.0], "odd", (-1.0, 1.0)), "interval"),
    (lambda: SVTPolynomial([1.0], "odd", 3.0), "interval"),
    (lambda: SVTPolynomial([1.0], "odd", (1.0, math.inf)), "interval"),
    (lambda: SVTPolynomial([1.0], "odd").stretched(0.0), "factor"),
]


@pytest.mark.parametrize(("call", "match"), BAD)
def test_bad_arguments_are_named(call, match):
    with pytest.raises(InvalidInputError, match=match):
        call()


def test_messages_show_the_value():
    with pytest.raises(InvalidInputError, match=re.escape("got 2")):
        cheb_sign(2.0)
    with pytest.raises(InvalidTypeError, match="real"):
        SVTPolynomial([1.0], "odd")(1j)
