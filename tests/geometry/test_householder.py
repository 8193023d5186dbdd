"""householder_vector beside LAPACK's larfg and closed forms, at every scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import lapack

from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.geometry import householder_vector
from tests.geometry.exact_reflectors import dtypes, gaussian, wide

SCALES = (1.0, 1e-300, 1e300, 5e-324, 1e-160, 1e160)


def residuals(x, v, tau, beta):
    """Return ||H^H x - beta e_1|| / ||x|| and ||H^H H - I||, in extended precision."""
    x, v, tau = wide(x), wide(v), wide(tau)
    size = max(np.abs(x.real).max(), np.abs(x.imag).max())
    unit = x / size if size else x
    y = unit - np.conj(tau) * v * (v.conj() @ unit)
    y[0] -= wide(beta) / size if size else 0
    norm = np.sqrt((np.abs(unit) ** 2).sum())
    squares = (np.abs(v) ** 2).sum()
    off = abs(abs(tau) ** 2 * squares - 2 * np.real(tau)) * squares
    return float(np.sqrt((np.abs(y) ** 2).sum()) / norm) if size else 0.0, float(off)


@given(
    seed=st.integers(0, 2**20), n=st.integers(1, 12), dtype=st.sampled_from(dtypes),
    scale=st.sampled_from(SCALES), graded=st.integers(0, 40), positive=st.booleans(),
)  # fmt: skip
def test_it_annihilates_and_is_unitary(seed, n, dtype, scale, graded, positive):
    rng = np.random.default_rng(seed)
    x = gaussian(rng, n, dtype.upper() if dtype in "FD" else "d")
    x[1:] *= 10.0**-graded
    low, high = float(np.finfo(dtype).smallest_subnormal), float(np.finfo(dtype).max) / 40
    with np.errstate(under="ignore"):
        x = (x * np.clip(scale, low, high)).astype(dtype)
    before = x.copy()
    v, tau, beta = householder_vector(x, positive=positive)
    np.testing.assert_array_equal(x, before)
    assert v.dtype == x.dtype
    assert v[0] == 1
    assert not positive or beta >= 0
    eps = float(np.finfo(dtype).eps)
    # beta is stored to half a subnormal number and no better.
    coarse = low / max(float(np.abs(x).max()), low)
    miss, off = residuals(x, v, tau, beta)
    assert miss <= 8 * np.sqrt(n) * eps + coarse
    assert off <= 8 * np.sqrt(n) * eps


@given(seed=st.integers(0, 2**20), n=st.integers(2, 12), dtype=st.sampled_from(dtypes))
def test_it_is_larfg(seed, n, dtype):
    x = gaussian(np.random.default_rng(seed), n, dtype)
    larfg = {"f": lapack.slarfg, "d": lapack.dlarfg, "F": lapack.clarfg, "D": lapack.zlarfg}
    beta, tail, tau = larfg[dtype](n, x[0], x[1:].copy())
    v, found, size = householder_vector(x)
    eps = 30 * np.finfo(dtype).eps
    assert abs(found - tau) <= eps
    assert abs(size - beta) <= eps * abs(beta)
    assert np.abs(v[1:] - tail).max() <= eps * max(np.abs(tail).max(), 1.0)


@pytest.mark.parametrize(
    ("x", "positive", "v", "tau", "beta"),
    [
        ([3.0, 4.0], False, [1, 0.5], 1.6, -5),
        ([3.0, 4.0], True, [1, -2], 0.4, 5),
        ([-3.0, 4.0], False, [1, -0.5], 1.6, 5),
        ([3e-320, 4e-320], False, [1, 0.5], 1.6, -5e-320),
        ([-3.0, 0.0], False, [1, 0], 0, -3),
        ([-3.0, 0.0], True, [1, 0], 2, 3),
        ([0.0, 0.0], False, [1, 0], 0, 0),
        ([0.0, 0.0], True, [1, 0], 0, 0),
        ([0.0, 2.0], False, [1, 1], 1, -2),
        ([-2.0], False, [1], 0, -2),
        ([-2.0], True, [1], 2, 2),
        ([2.0], True, [1], 0, 2),
        ([1e300, 1e-300], False, [1, 0], 2, -1e300),
        ([1e300, 1e-300], True, [1, 0], 0, 1e300),
        ([2.0 + 0j], False, [1], 0, 2),
        ([2j], False, [1], 1 + 1j, -2),
        ([2j], True, [1], 1 - 1j, 2),
    ],
)
def test_closed_forms(x, positive, v, tau, beta):
    found = householder_vector(np.array(x), positive=positive)
    np.testing.assert_allclose(found[0], v, rtol=1e-15)
    np.testing.assert_allclose(found[1], tau, rtol=1e-15)
    np.testing.assert_allclose(found[2], beta, rtol=1e-15)


@pytest.mark.parametrize("small", [1e-3, 1e-7, 1e-12, 1e-100, 1e-150])
def test_a_positive_beta_cancels_nothing(small):
    """x - beta e_1 has the first entry -small^2 / (1 + beta), which a subtraction would lose."""
    v, tau, beta = householder_vector([1.0, small], positive=True)
    exact = np.longdouble(small) ** 2 / (1 + np.sqrt(1 + np.longdouble(small) ** 2))
    assert abs(v[1] / float(-np.longdouble(small) / exact) - 1) <= 1e-15
    assert abs(tau / float(exact / np.sqrt(1 + np.longdouble(small) ** 2)) - 1) <= 1e-15
    assert beta >= 1.0


def test_errors_say_what_to_do():
    with pytest.raises(InvalidInputError, match="x has no entries"):
        householder_vector([])
    with pytest.raises(NumericalError, match="divide x by a power of two"):
        householder_vector(np.full(9, 1.7e308))
    with pytest.raises(InvalidTypeError, match="positive"):
        householder_vector([1.0], positive=1)
