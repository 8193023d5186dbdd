"""Trees over vectors: laws, edges of uniforms, scales, updates, refusals."""

import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.sensitivity import SampleQueryVector
from tests.dpp.law import FALSE_ALARM, check_law, p_values

R = 20_000
BELOW_ONE = 1.0 - 2.0**-53

ENTRIES = st.one_of(
    st.sampled_from([0.0, 5e-324, -1e-310, 1e-300, 1.0, -2.0, 1e300, -1.7e308]),
    st.floats(-1e3, 1e3),
)
VECTORS = st.lists(ENTRIES, min_size=1, max_size=20).map(np.array)


def law_of(v):
    squares = [Fraction(float(z.real)) ** 2 + Fraction(float(z.imag)) ** 2 for z in v]
    return [float(s / sum(squares)) for s in squares]


@pytest.mark.parametrize("v", [[3.0, 0.0, -4.0, 1.0, 2.0], [1.0 + 1.0j, 2.0j, 0.0, 0.3]])
def test_samples_follow_the_law(v):
    made = SampleQueryVector(v)
    law = {(i,): p for i, p in enumerate(law_of(np.asarray(v)))}
    check_law(made.sample(R, rng=0)[:, None], law)
    wrong = SampleQueryVector(np.sqrt(np.abs(v))).sample(R, rng=0)
    assert p_values(wrong[:, None], law)[0] < FALSE_ALARM / 2


@given(VECTORS)
def test_the_quantiles_are_those_of_the_cumulated_squares(v):
    made = SampleQueryVector(v)
    if not v.any():
        with pytest.raises(InvalidInputError, match="v is zero"):
            made.sample(rng=0)
        return
    u = np.array([0.0, 2.0**-53, 0.2, 0.5, 0.9, BELOW_ONE, 1.0])
    found = made.quantile(u)
    assert (np.diff(found) >= 0).all()
    law = np.array(law_of(v))
    assert (law[found] > 0.0).all()
    if law.min() > 1e-200:
        assert found[0] == 0
        assert found[-1] == v.size - 1
    np.testing.assert_allclose(made.probability(np.arange(v.size)), law, rtol=1e-14, atol=1e-300)
    # Away from the borders the index is the one whose cumulated probability passes u.
    border = np.cumsum(law)
    for x, i in zip(u[2:5], found[2:5], strict=True):
        if np.abs(border - x).min() > 1e-13:
            assert i == int(np.searchsorted(border, x))


@given(VECTORS, st.data())
@settings(max_examples=60)
def test_an_update_is_a_new_tree(v, data):
    made = SampleQueryVector(v)
    for _ in range(data.draw(st.integers(1, 4))):
        k = data.draw(st.integers(1, v.size))
        at = np.array(data.draw(st.lists(st.integers(0, v.size - 1), min_size=k, max_size=k)))
        new = np.array(data.draw(st.lists(ENTRIES, min_size=k, max_size=k)))
        made.update(at, new)
        v = v.copy()
        v[at] = new
    fresh = SampleQueryVector(v)
    np.testing.assert_array_equal(made.toarray(), v)
    every = np.arange(v.size)
    np.testing.assert_allclose(
        made.probability(every), fresh.probability(every), rtol=1e-15, atol=1e-240
    )
    assert made.norm == pytest.approx(fresh.norm, rel=1e-15)
    if v.any():
        # Entries of less than 1e-247 of the square may be lost in one of the two.
        law = np.array(law_of(v))
        if law[law > 0.0].min() > 1e-200:
            u = np.random.default_rng(0).random(50)
            np.testing.assert_array_equal(made.quantile(u), fresh.quantile(u))
            np.testing.assert_array_equal(made.sample(50, rng=1), fresh.sample(50, rng=1))


@pytest.mark.parametrize("p", [-1040, -1000, -300, 0, 300, 1000])
def test_powers_of_two_change_nothing(p):
    v = np.array([1.0, -3.0, 0.0, 2.5])
    made, plain = SampleQueryVector(np.ldexp(v, p)), SampleQueryVector(v)
    np.testing.assert_array_equal(made.sample(100, rng=3), plain.sample(100, rng=3))
    assert made.norm == np.ldexp(plain.norm, p)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 9, 1000, 1025])
def test_every_size_has_the_right_leaves(n):
    made = SampleQueryVector(np.ones(n))
    np.testing.assert_array_equal(made.quantile((np.arange(n) + 0.5) / n), np.arange(n))
    assert made.quantile(1.0) == n - 1
    for i in {0, n // 2, n - 1}:
        made.update(i, 0.0)
    left = made.sample(200, rng=0) if n > 3 else np.arange(0)
    assert not set(left.tolist()) & {0, n // 2, n - 1}


def test_no_drift_after_many_updates():
    rng = np.random.default_rng(0)
    made = SampleQueryVector(rng.standard_normal(33))
    for _ in range(2000):
        made.update(int(rng.integers(33)), float(rng.standard_normal() * 10.0 ** rng.integers(9)))
    fresh = SampleQueryVector(made.toarray())
    assert made.norm == fresh.norm
    made.update(np.arange(33), 0.0)
    assert made.norm == 0.0
    made.update(4, 2.0)
    assert made.sample(3, rng=0).tolist() == [4, 4, 4]


def test_failed_updates_change_nothing():
    made = SampleQueryVector(np.array([1.0, 2.0, 3.0], np.float32))
    bad = [
        ([0, 3], [1.0, 1.0], InvalidInputError, "i holds the index 3"),
        ([0, 1], [1.0, np.nan], NonFiniteError, "value"),
        (0, 1e300, InvalidInputError, "too large for the dtype float32"),
        (0, 1j, InvalidTypeError, "value is complex"),
        (0, "text", InvalidTypeError, "value"),
        ([0, 1], [1.0, 2.0, 3.0], InvalidInputError, "value"),
        (0.5, 1.0, InvalidTypeError, "i must hold integers"),
        ([[0]], 1.0, InvalidInputError, "i must be an index"),
    ]
    for i, value, error, match in bad:
        with pytest.raises(error, match=match):
            made.update(i, value)
    assert made.toarray().tolist() == [1.0, 2.0, 3.0]
    assert made.norm == pytest.approx(np.sqrt(14.0))


def test_edges():
    v = np.array([1.0, 2.0])
    made = SampleQueryVector(v)
    v[:] = 9.0
    got = made.toarray()
    got[:] = 7.0
    assert made.query([1, 0]).tolist() == [2.0, 1.0]
    assert (len(made), made.dtype, made.sample(0, rng=0).shape) == (2, np.float64, (0,))
    assert isinstance(made.sample(rng=0), int)
    assert pickle.loads(pickle.dumps(made)).sample(9, rng=1).tolist() == (
        made.sample(9, rng=1).tolist()
    )
    assert "size=2" in repr(made)
    with pytest.raises(InvalidInputError, match="no entries"):
        SampleQueryVector([]).sample(rng=0)
    assert SampleQueryVector([]).norm == 0.0
    for u, error in ((1.5, InvalidInputError), ([0.1, -0.1], InvalidInputError), ("a", TypeError)):
        with pytest.raises(error, match="u"):
            made.quantile(u)
    assert SampleQueryVector(np.zeros(3)).probability([0, 1]).tolist() == [0.0, 0.0]
    masked = np.ma.masked_array([0, 1])
    with pytest.raises(InvalidTypeError, match="masked"):
        made.query(masked)
