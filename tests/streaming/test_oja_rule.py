"""Oja's rule on one vector: against the product in wider numbers, at any size and rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.streaming import oja
from linsub.testing import gallery


def reference(A, eta, v0):
    """The product in long double, with the norm taken out at each row."""
    v = np.asarray(v0, np.longdouble)
    v = v / np.sqrt(np.sum(v**2))
    log = np.longdouble(0.0)
    for a, rate in zip(np.asarray(A, np.longdouble), np.broadcast_to(eta, len(A)), strict=True):
        v = v + np.longdouble(rate) * a * np.sum(a * v)
        size = np.sqrt(np.sum(v**2))
        log, v = log + np.log(size), v / size
    return np.asarray(v, float), float(log)


def apart(u, v):
    return min(np.abs(u - v).max(), np.abs(u + v).max())


@settings(max_examples=30)
@given(
    st.sampled_from(["spiked", "low rank", "repeated", "with zeros", "identity"]),
    st.integers(0, 25),
    st.integers(1, 8),
    st.sampled_from([1e-3, 0.1, 1.0, 1e6]),
    st.integers(0, 2**32 - 1),
)
def test_the_product_for_dense_and_sparse_rows_of_both_types(kind, n, d, eta, seed):
    rng = np.random.default_rng(seed)
    A = gallery.stream(kind, n, d, rng=rng).astype(np.float32)
    v0 = rng.standard_normal(d)
    v, log = reference(A, eta, v0)
    for X in (A, A.astype(float), sparse.csr_array(A), np.asfortranarray(A), A.tolist() or A):
        vector, log_norm = oja(X, eta, v0)
        assert apart(vector, v) < 1e-8
        assert abs(log_norm - log) < 1e-8 * (1.0 + abs(log))


def test_rates_of_rows_one_by_one():
    rng = np.random.default_rng(0)
    A, v0, eta = rng.standard_normal((30, 4)), rng.standard_normal(4), rng.random(30)
    v, log = reference(A, eta, v0)
    vector, log_norm = oja(A, eta, v0)
    assert apart(vector, v) < 1e-14
    assert abs(log_norm - log) < 1e-13
    assert vector[np.argmax(np.abs(vector))] > 0.0


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_powers_of_two_change_no_bit(make):
    rng = np.random.default_rng(1)
    A, v0 = rng.standard_normal((40, 6)), rng.standard_normal(6)
    vector, log_norm = oja(make(A), 0.3, v0)
    for p in (-500, -300, -166, -100, 100, 166, 300, 500):
        scaled, same = oja(make(np.ldexp(A, p)), np.ldexp(0.3, -2 * p), v0)
        np.testing.assert_array_equal(scaled, vector)
        assert abs(same - log_norm) < 1e-12


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("eta", [1e-12, 1e12, 1e300])
@pytest.mark.parametrize("size", [1e-300, 1e-160, 1e160, 1e300])
def test_steps_of_any_size(make, eta, size):
    rng = np.random.default_rng(2)
    a, v0 = rng.standard_normal(5), np.ones(5)
    vector, log_norm = oja(make(size * a[None, :]), eta, v0)
    assert np.isfinite(vector).all()
    assert np.isfinite(log_norm)
    # One row, in logarithms: its step is nothing, or all there is.
    steep = np.log10(eta) + 2.0 * np.log10(size) + np.log10(a @ a)
    if steep > 20:
        y = abs(a @ v0) / np.sqrt(5.0 * (a @ a))
        assert apart(vector, a / np.linalg.norm(a)) < 1e-15
        assert abs(log_norm - (steep * np.log(10.0) + np.log(y))) < 1e-9 * abs(log_norm)
    if steep < -20:
        assert apart(vector, v0 / np.sqrt(5.0)) < 1e-15
        assert abs(log_norm) < 1e-15


def test_rows_of_single_precision_whose_squares_underflow():
    rng = np.random.default_rng(3)
    A = (rng.standard_normal((200, 4)) * [5.0, 1.0, 1.0, 1.0] * 1e-40).astype(np.float32)
    assert np.all(np.abs(A) < 1.2e-38)
    vector, _ = oja(A, 2e77, rng=0)
    assert vector[0] > 0.9


def test_the_norm_keeps_its_accuracy_over_many_bringings_back():
    A = np.ones((5000, 1))
    _, log_norm = oja(A, 1.0, [1.0])
    assert abs(log_norm - 5000.0 * np.log(2.0)) < 1e-9
    _, log_norm = oja(np.full((30, 1), 1e140), 1e300, [-2.0])
    assert abs(log_norm - 30.0 * 580.0 * np.log(10.0)) < 1e-8 * log_norm


def test_small_and_empty():
    vector, log_norm = oja(np.zeros((0, 3)), 0.5, [3.0, 0.0, -4.0])
    assert log_norm == 0.0
    np.testing.assert_allclose(vector, [-0.6, 0.0, 0.8], atol=1e-15)
    assert oja(np.zeros((4, 1)), 0.5, rng=0).vector.tolist() == [1.0]
    assert oja(sparse.csr_array((4, 2)), 0.5, rng=0).log_norm == 0.0
    rotated = oja(np.eye(2), 0.0, [1e-320, 1e-320])
    np.testing.assert_allclose(rotated.vector, np.sqrt([0.5, 0.5]), rtol=1e-3)
    assert rotated.info.details["rows"] == 2


def test_the_start_is_drawn_from_the_seed_and_nothing_is_modified():
    A = np.random.default_rng(0).standard_normal((5, 3))
    v0 = np.array([1.0, 2.0, 3.0])
    kept = A.copy()
    np.testing.assert_array_equal(oja(A, 0.1, rng=7).vector, oja(A, 0.1, rng=7).vector)
    oja(A, 0.1, v0)
    np.testing.assert_array_equal(v0, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(A, kept)


@pytest.mark.parametrize(
    ("eta", "error", "message"),
    [
        (-1.0, InvalidInputError, "eta must satisfy"),
        (np.nan, InvalidInputError, "eta must be finite"),
        (np.inf, InvalidInputError, "eta must be finite"),
        ([0.1, -0.1, 0.1], InvalidInputError, r"eta\[1\] is -0.1"),
        ([0.1, np.nan, 0.1], NonFiniteError, r"eta\[1\] is nan"),
        ([0.1, 0.1], InvalidInputError, "there are 3 rows"),
        ([[0.1]], InvalidInputError, "eta"),
        ([1j, 0, 0], InvalidTypeError, "eta is complex"),
        (None, InvalidTypeError, "eta must be a real number"),
        (True, InvalidTypeError, "eta"),
    ],
)
def test_rates_that_are_none(eta, error, message):
    with pytest.raises(error, match=message):
        oja(np.eye(3), eta)


@pytest.mark.parametrize(
    ("v0", "error", "message"),
    [
        ([0.0, 0.0, 0.0], InvalidInputError, "v0 is zero"),
        ([1.0, 0.0], InvalidInputError, "v0 must have shape"),
        ([1.0, np.nan, 0.0], NonFiniteError, "v0"),
        ([1j, 0.0, 0.0], InvalidTypeError, "v0 is complex"),
    ],
)
def test_starts_that_are_none(v0, error, message):
    with pytest.raises(error, match=message):
        oja(np.eye(3), 0.1, v0)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite_are_named(make, bad):
    A = np.ones((600, 5))
    A[417, 3] = bad
    with pytest.raises(NonFiniteError, match="the first is row 417"):
        oja(make(A), 0.1)
