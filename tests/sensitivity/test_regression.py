"""lp_regression: against exact arithmetic and linear programs, weights, scales, ranks."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.sensitivity import lp_regression
from tests.sensitivity import exact_values
from tests.sensitivity.test_exact_sensitivity import hard

EXPONENTS = [1.0, 1.05, 1.5, 2.0, 3.0, 8.0, 50.0, np.inf]


@given(st.integers(0, 10**6), st.sampled_from([0.0, 100.0, -100.0]))
def test_least_squares_is_inside_in_exact_arithmetic(seed, exponent):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 8)), int(rng.integers(1, 4))
    A = rng.standard_normal((n, d)) * 10.0 ** rng.uniform(-3.0, 3.0, d) * 10.0**exponent
    b = rng.integers(-3, 4, n).astype(float)
    exact = exact_values.least_squares(exact_values.rational(A), [Fraction(float(x)) for x in b])
    if exact is None:
        return
    found = lp_regression(A, b, 2.0)
    assert found.info.converged
    assert exact <= Fraction(found.value) ** 2
    assert Fraction(max(found.value - found.gap * (1 + 1e-15), 0.0)) ** 2 <= exact


@given(st.integers(0, 10**6))
def test_medians_are_inside_in_exact_arithmetic(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal(7), rng.integers(-3, 4, 7).astype(float)
    a_, b_ = [Fraction(float(x)) for x in a], [Fraction(float(x)) for x in b]
    exact = min(
        sum(abs(u * (y / v) - z) for u, z in zip(a_, b_, strict=True))
        for v, y in zip(a_, b_, strict=True)
    )
    found = lp_regression(a[:, None], b, 1.0)
    assert found.info.converged
    assert Fraction(found.value) - Fraction(found.gap) <= exact
    assert exact <= Fraction(found.value)


@given(st.integers(0, 10**6), st.sampled_from(EXPONENTS))
def test_all_gaps_close(seed, p):
    A, rng = hard(seed)
    n = A.shape[0]
    size = float(np.abs(A).max()) or 1.0
    x = rng.standard_normal(A.shape[1])
    b = size * rng.standard_normal(n) if seed % 2 else A @ x
    w = rng.uniform(0.0, 2.0, n) * (rng.random(n) < 0.8) if seed % 3 else None
    kept = A.copy(), b.copy()
    found = lp_regression(A, b, p, weights=w)
    # Where sizes of rows differ by more than 1/eps, no x in double precision fits all of them.
    assert found.info.converged or seed % 7 == 1, (found, found.gap / max(found.value, 1e-300))
    assert found.gap <= found.value
    np.testing.assert_array_equal(A, kept[0])
    np.testing.assert_array_equal(b, kept[1])


def test_weights_are_repeated_rows():
    rng = np.random.default_rng(0)
    A, b = rng.standard_normal((8, 2)), rng.standard_normal(8)
    times = np.array([1, 2, 3, 0, 1, 1, 4, 2])
    for p in (1.0, 1.5, 4.0, np.inf):
        many = lp_regression(np.repeat(A, times, axis=0), np.repeat(b, times), p)
        one = lp_regression(A, b, p, weights=times)
        assert one.value == pytest.approx(many.value, rel=1e-8)
        np.testing.assert_allclose(one.x, many.x, rtol=1e-3)


def test_known_fits():
    rng = np.random.default_rng(1)
    A, b = rng.standard_normal((40, 3)), rng.standard_normal(40)
    np.testing.assert_allclose(
        lp_regression(A, b, 2.0).x, np.linalg.lstsq(A, b, rcond=None)[0], rtol=1e-9
    )
    # Rotated to a line, p-means: the derivative of the objective is zero.
    for p in (1.3, 3.0, 10.0):
        x, value, gap, rank = lp_regression(A, b, p)
        r = A @ x - b
        slope = A.T @ (np.sign(r) * np.abs(r / value) ** (p - 1))
        assert np.abs(slope).max() < 1e-3
        assert gap <= 1e-8 * value
        assert rank == 3
    ends = lp_regression(np.ones((4, 1)), [0.0, 1.0, 2.0, 8.0], np.inf)
    assert ends.x[0] == pytest.approx(4.0)
    assert ends.value == pytest.approx(4.0)


@pytest.mark.parametrize("p", [1.0, 3.0, np.inf])
def test_dependent_columns_zeros_and_nothing(p):
    rng = np.random.default_rng(2)
    B, b = rng.standard_normal((9, 2)), rng.standard_normal(9)
    A = np.column_stack([B, B[:, 0], np.zeros(9)])
    found = lp_regression(A, b, p)
    assert found.rank == 2
    assert np.count_nonzero(found.x) <= 2
    assert found.value == pytest.approx(lp_regression(B, b, p).value, rel=1e-8)
    assert lp_regression(A, np.zeros(9), p).value == pytest.approx(0.0, abs=1e-300)
    assert lp_regression(np.zeros((3, 2)), [3.0, 0.0, 0.0], p).value == pytest.approx(3.0)
    for shape in ((0, 0), (0, 2), (3, 0)):
        found = lp_regression(np.zeros(shape), np.zeros(shape[0]), p)
        assert found.x.shape == (shape[1],)
        assert found.value <= 1e-300
    assert lp_regression(A, b, p, weights=np.zeros(9)).value <= 1e-300
    wide = lp_regression(rng.standard_normal((2, 5)), [1.0, 2.0], p)
    assert wide.info.converged
    assert wide.value < 1e-12


def test_scales():
    rng = np.random.default_rng(3)
    A, b = rng.standard_normal((12, 2)), rng.standard_normal(12)
    plain = lp_regression(A, b, 3.0)
    for i, j in ((500, -400), (-900, 0), (0, 900)):
        found = lp_regression(np.ldexp(A, i), np.ldexp(b, j), 3.0)
        np.testing.assert_array_equal(np.ldexp(found.x, i - j), plain.x)
        assert found.value == np.ldexp(plain.value, j)
    with pytest.raises(NumericalError, match="x exceeds"):
        lp_regression(np.ldexp(A, -900), np.ldexp(b, 900), 3.0)


def test_odd_arguments_are_named():
    A, b = np.eye(3), np.ones(3)
    with pytest.raises(InvalidInputError, match="convex"):
        lp_regression(A, b, 0.9)
    with pytest.raises(InvalidInputError, match="b must have shape"):
        lp_regression(A, np.ones(2), 3.0)
    with pytest.raises(InvalidTypeError, match="b is complex"):
        lp_regression(A, b + 1j, 3.0)
    with pytest.raises(InvalidTypeError, match="weights is complex"):
        lp_regression(A, b, 3.0, weights=b + 1j)
    with pytest.raises(InvalidInputError, match=r"weights\[1\] is -1"):
        lp_regression(A, b, 3.0, weights=[1.0, -1.0, 1.0])


def test_a_gap_of_nearly_all_is_rounded_outward():
    # The heavy row asks for an x that is no float64: the value is the rounding of that one.
    for heavy in (1e20, 3e20, 1e25, 7e25, 1e30, 1e40, 1e90):
        A, b, w = [[3.0], [1.0], [7.0]], [1.0, 2.0, -1.0], [heavy, 1.0, 1.0]
        found = lp_regression(A, b, 1.0, weights=w)
        optimum = Fraction(found.certificate.optimum.value)
        assert found.value > 100.0
        assert optimum <= 5  # at x = 1/3
        assert Fraction(found.value) - Fraction(found.gap) <= optimum


def test_values_among_subnormal_numbers_are_rounded_outward():
    unit = 2.0**-1074
    for k in range(1, 30):
        found = lp_regression(np.ones((3, 1)), np.array([0.0, 0.0, k * unit]), 3.0)
        x = Fraction(found.x[0] / unit)
        assert Fraction(found.value / unit) ** 3 >= 2 * abs(x) ** 3 + abs(x - k) ** 3
        # The least of 2 x^3 + (k - x)^3 is at x = (2^(1/2) - 1) k.
        least = 0.70022 * k
        assert Fraction(found.certificate.optimum.value / unit) <= least
        assert Fraction(found.value / unit) - Fraction(found.gap / unit) <= least
