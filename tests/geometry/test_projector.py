"""HouseholderProjector: the nearest partial isometry, beside the SVD and beside others."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import AccuracyWarning, InvalidInputError, InvalidTypeError, NumericalError
from linsub.geometry import HouseholderProjector, Reflectors
from tests.geometry.exact_reflectors import dtypes, gaussian


def isometry(rng, m, n, r, dtype):
    return (
        np.linalg.qr(gaussian(rng, (m, r), dtype))[0]
        @ np.linalg.qr(gaussian(rng, (n, r), dtype))[0].conj().T
    )


@given(
    seed=st.integers(0, 2**20), m=st.integers(1, 12), n=st.integers(1, 12),
    dtype=st.sampled_from(dtypes), data=st.data(), scale=st.sampled_from((1.0, 1e-20, 1e10)),
)  # fmt: skip
def test_it_is_the_nearest_partial_isometry(seed, m, n, dtype, data, scale):
    r = data.draw(st.integers(1, min(m, n)))
    rng = np.random.default_rng(seed)
    W = gaussian(rng, (m, n), dtype) * np.dtype(dtype).type(scale)
    kept = W.copy()
    wide = W.astype(np.complex128)
    U, S, Vh = np.linalg.svd(wide)
    P = HouseholderProjector(r).fit(W)
    np.testing.assert_array_equal(W, kept)
    assert P.shape == (m, n)
    assert P.left.dtype == np.dtype(dtype)
    M = P.matrix()
    assert M.dtype == np.dtype(dtype)
    eps = np.finfo(dtype).eps
    off = np.concatenate([np.abs(S[:r] - 1), S[r:]])
    least = np.linalg.norm(off)
    size = 1 + np.linalg.norm(wide)
    assert abs(np.linalg.norm(wide - M) - least) <= 40 * eps * size
    assert abs(P.residual_ - least) <= 40 * eps * size
    assert abs(np.linalg.norm(wide - M, 2) - off.max()) <= 40 * eps * size
    next_one = S[r] if r < S.size else 0.0
    assert abs(P.gap_ - (S[r - 1] - next_one)) <= 40 * eps * S[0]
    assert float(P.certificate.least) <= least + 1e-14 * size
    assert float(P.certificate.least_spectral) <= off.max() + 1e-14 * size
    assert np.linalg.norm(wide - M) <= float(P.certificate.residual) * (1 + 1e-14)
    other = isometry(rng, m, n, r, "D")
    assert float(P.certificate.least) <= np.linalg.norm(wide - other) * (1 + 1e-14)
    # It is U_r V_r^H, to what the gap allows.
    if P.gap_ > 0.05 * S[0]:
        assert np.linalg.norm(M - U[:, :r] @ Vh[:r]) <= 2000 * eps
    # A partial isometry: M M^H M = M, of trace r.
    assert np.abs(M @ M.conj().T @ M - M).max() <= 60 * eps
    assert abs(np.linalg.norm(M) ** 2 - r) <= 60 * r * eps


def test_what_is_a_partial_isometry_stays_what_it_is():
    rng = np.random.default_rng(0)
    for W in (np.eye(5), -np.eye(5), np.eye(6)[rng.permutation(6)], isometry(rng, 9, 4, 4, "D")):
        r = min(W.shape)
        P = HouseholderProjector(r).fit(W)
        assert np.abs(P.matrix() - W).max() <= 1e-14
        assert P.residual_ <= 1e-14
    W = isometry(rng, 30, 20, 4, "d")
    P = HouseholderProjector(4).fit(W)
    assert np.abs(P.matrix() - W).max() <= 1e-14
    assert abs(P.gap_ - 1) <= 1e-14
    assert P.left.V.shape == (30, 4)
    assert P.right.V.shape == (20, 4)


@pytest.mark.parametrize("x", [(5,), (5, 3), (5, 0)])
def test_it_applies_without_the_matrix(x):
    rng = np.random.default_rng(1)
    P = HouseholderProjector(2).fit(rng.standard_normal((7, 5)))
    X = rng.standard_normal(x)
    np.testing.assert_allclose(P.apply(X), P.matrix() @ X, atol=1e-14)


def test_reflectors_make_it_again():
    P = HouseholderProjector(3).fit(np.random.default_rng(2).standard_normal((6, 4)))
    again = HouseholderProjector.from_reflectors(P.left.V, P.right.V, signs=P.signs)
    np.testing.assert_array_equal(again.matrix(), P.matrix())
    assert again.residual_ is None
    assert again.gap_ is None
    assert again.certificate is None
    more = HouseholderProjector.from_reflectors(np.ones((4, 9)), np.eye(3)[:, :2], rank=3)
    assert np.linalg.matrix_rank(more.matrix()) == 3


@pytest.mark.parametrize(
    ("W", "rank"),
    [
        (np.zeros((3, 2)), 1),
        (np.eye(3), 1),
        (np.diag([2.0, 1.0, 0.0]), 3),
        (np.outer([1.0, 2.0], [1.0, 1.0, 1.0]), 2),
    ],
)
def test_ties_are_told(W, rank):
    with pytest.warns(AccuracyWarning, match="not unique"):
        P = HouseholderProjector(rank).fit(W)
    S = np.linalg.svd(W, compute_uv=False)
    least = np.sqrt(np.sum((S[:rank] - 1) ** 2) + np.sum(S[rank:] ** 2))
    assert abs(P.residual_ - least) <= 1e-14
    assert P.gap_ <= 1e-14
    assert np.linalg.matrix_rank(P.matrix()) == rank


def test_extreme_matrices():
    A = np.random.default_rng(0).standard_normal((5, 4))
    plain = HouseholderProjector(2).fit(A).matrix()
    for scale in (2.0**-1000, 2.0**1000):
        P = HouseholderProjector(2).fit(A * scale)
        np.testing.assert_allclose(P.matrix(), plain, atol=1e-13)
    assert abs(HouseholderProjector(2).fit(A * 2.0**-1000).residual_ - np.sqrt(2)) <= 1e-14
    with pytest.raises(NumericalError, match="divide W by a power of two"):
        HouseholderProjector(1).fit(np.full((9, 9), 1.7e308))


def test_errors_say_what_to_do():
    with pytest.raises(InvalidInputError, match=r"rank is 3 and W has shape \(2, 5\); it is 2"):
        HouseholderProjector(3).fit(np.ones((2, 5)))
    with pytest.raises(InvalidInputError, match="rank must satisfy 1 <= rank"):
        HouseholderProjector(0)
    with pytest.raises(InvalidTypeError, match="rank"):
        HouseholderProjector(1.5)
    with pytest.raises(InvalidInputError, match=r"call fit\(W\)"):
        HouseholderProjector(1).matrix()
    with pytest.raises(InvalidInputError, match="Vu has 1 columns and Vv 2"):
        HouseholderProjector.from_reflectors(np.ones((3, 1)), np.ones((3, 2)))
    with pytest.raises(InvalidInputError, match="it is 2 at most"):
        HouseholderProjector.from_reflectors(np.ones((2, 3)), np.ones((4, 3)))
    with pytest.raises(InvalidInputError, match="signs must be a pair"):
        HouseholderProjector.from_reflectors(np.ones((3, 1)), np.ones((3, 1)), signs=[1.0])
    P = HouseholderProjector(1).fit(np.diag([2.0, 1.0]))
    with pytest.raises(InvalidInputError, match=r"x has shape \(3,\)"):
        P.apply(np.ones(3))
    with pytest.raises(InvalidInputError, match="pass x too"):
        P.vjp(np.ones((2, 3)))
    with pytest.raises(InvalidInputError, match=r"G has shape \(2, 1\) and x \(2, 3\)"):
        P.vjp(np.ones((2, 1)), np.ones((2, 3)))


def test_lists_that_are_no_arrays_are_refused():
    P = HouseholderProjector(1).fit(np.diag([2.0, 1.0]))
    with pytest.raises(InvalidInputError, match="x is not a rectangular array"):
        P.apply([[1.0], [2.0, 3.0]])
    with pytest.raises(InvalidInputError, match="G is not a rectangular array"):
        P.vjp([[1.0], [2.0, 3.0]])


def test_a_failed_fit_changes_nothing():
    P = HouseholderProjector(2).fit(np.diag([3.0, 2.0, 1.0]))
    before = P.matrix(), P.residual_, P.gap_
    for bad in (np.ones((1, 4)), np.full((3, 3), np.nan), np.full((9, 9), 1.7e308)):
        with pytest.raises((InvalidInputError, NumericalError)):
            P.fit(bad)
    np.testing.assert_array_equal(P.matrix(), before[0])
    assert (P.residual_, P.gap_) == before[1:]


def test_left_and_right_are_reflectors():
    P = HouseholderProjector(2).fit(np.random.default_rng(0).standard_normal((6, 4)))
    assert isinstance(P.left, Reflectors)
    np.testing.assert_allclose(P.left.columns(2) @ P.right.columns(2).T, P.matrix(), atol=1e-15)
    assert repr(P) == "HouseholderProjector(2, <6x4 float64>)"
    assert repr(HouseholderProjector(2)) == "HouseholderProjector(2)"


def test_a_warning_made_an_error_changes_nothing():
    P = HouseholderProjector(1).fit(np.diag([3.0, 2.0, 1.0]))
    before, gap = P.matrix(), P.gap_
    with warnings.catch_warnings():
        warnings.simplefilter("error", AccuracyWarning)
        with pytest.raises(AccuracyWarning, match="not unique"):
            P.fit(np.eye(4))
    np.testing.assert_array_equal(P.matrix(), before)
    assert P.gap_ == gap


def test_entries_near_the_largest_number():
    top = float(np.finfo(np.float64).max)
    P = HouseholderProjector.from_reflectors([[0.0], [1.0]], [[1.0], [-1.0 - np.sqrt(2.0)]])
    # P x = e_1 (x_1 + x_2) / sqrt(2)
    np.testing.assert_allclose(P.apply([0.7 * top, 0.7 * top]) / top, [0.7 * np.sqrt(2), 0.0])
    with pytest.raises(NumericalError, match="an entry of the result exceeds"):
        P.apply([top, top])
    for G, x in ((np.full((2, 2), top), None), ([1e200, 1e200], [1e200, 1e200])):
        with pytest.raises(NumericalError, match="the gradients exceed"):
            P.vjp(G, x)


def test_gradients_come_back_in_the_array_type_of_w():
    xp = pytest.importorskip("array_api_strict")
    W = xp.asarray([[3.0, 1.0], [0.0, 2.0], [1.0, 1.0]])
    P = HouseholderProjector(1).fit(W)
    again = pickle.loads(pickle.dumps(P))
    for made in (P, again):
        for part in (made.left.V, made.right.V, *made.signs, *made.vjp(made.matrix())):
            assert type(part) is type(W)
