"""Spaces over the reals: decisions at every scale, reported gaps, and well conditioned parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.spaces import VectorSpace, bounds
from linsub.testing.strategies import matrices

EPS = np.finfo(float).eps


def at_angles(theta, s, q, seed=0):
    """Return a basis whose angles to the first s coordinates are theta, mixed."""
    rng = np.random.default_rng(seed)
    k = len(theta)
    U, W = (np.linalg.qr(rng.standard_normal((n, k)))[0].T for n in (s, q))
    rows = np.hstack([np.cos(theta)[:, None] * U, np.sin(theta)[:, None] * W])
    return np.linalg.qr(rng.standard_normal((k, k)))[0] @ rows


@given(matrices(max_side=6), st.data())
def test_any_matrix(A, data):
    if A.dtype.kind == "c":
        with pytest.raises(InvalidTypeError, match="basis is complex"):
            VectorSpace(A)
        return
    before = A.copy()
    V = VectorSpace(A)
    n = A.shape[1]
    assert V.basis.dtype == np.float64
    np.testing.assert_array_equal(A, before)
    np.testing.assert_allclose(V.basis @ V.basis.T, np.eye(V.rank), atol=50 * EPS)
    S = [i for i in range(n) if data.draw(st.booleans())]
    Q = [i for i in range(n) if i not in S]
    assert V.rank == V.restrict(S).rank + V.contract(Q).rank
    assert V.rank == V.restrict(Q).rank + V.contract(S).rank
    assert V.dual().rank == n - V.rank
    assert np.abs(V.dual().basis @ V.basis.T).max(initial=0.0) <= 50 * EPS
    left, right, link = found = V.decompose(S)
    assert len(link) == V.connectivity(S) == found.info.details["angles"].size
    again = left.compose(right)
    assert again.rank == V.rank
    assert again.distance(V) <= 200 * EPS
    assert abs(float(found.certificate.recomposition)) <= 200 * EPS
    for part in (left, right):
        gram = part.basis @ part.basis.T
        np.testing.assert_allclose(gram, np.eye(part.rank), atol=100 * EPS)


@pytest.mark.parametrize("small", [1e-13, 1e-10, 1e-6, 1e-3, 0.5])
def test_small_and_nearly_right_angles(small):
    theta = np.array([small, np.pi / 2 - small, 0.7])
    V = VectorSpace(at_angles(theta, 4, 5), atol=1e-14)
    found = V.decompose(range(4))
    np.testing.assert_allclose(found.info.details["angles"], np.sort(theta), atol=20 * EPS)
    again = found.left.compose(found.right)
    assert again.distance(V) < 1e-14
    # the decision of composing is clear, however small the angle is
    assert again.gap[1] == pytest.approx(1 / np.sqrt(3), rel=1e-12)
    parts = np.vstack([found.left.basis[:, -3:], -found.right.basis[:, :3]])
    met = np.linalg.svd(parts, compute_uv=False)
    known = bounds.link_singular_value(np.sort(theta))
    np.testing.assert_allclose(np.sort(met), np.sort(known), rtol=1e-12)
    assert V.restrict(range(4)).gap[1] == pytest.approx(np.sin(small), abs=10 * EPS)


def test_the_gap_says_where_the_decision_was():
    theta = np.array([1e-3, 1e-9, 0.7])
    V = VectorSpace(at_angles(theta, 4, 4), atol=1e-6)
    assert V.tolerance == 1e-6
    inside = V.contract(range(4))
    assert inside.rank == 1
    low, high = inside.gap
    assert low == pytest.approx(1e-9, rel=1e-5)
    assert high == pytest.approx(1e-3, rel=1e-5)
    assert inside.tolerance == 1e-6, "it is inherited"
    assert V.connectivity(range(4)) == 2
    assert VectorSpace(at_angles(theta, 4, 4)).connectivity(range(4)) == 3

    dropped = VectorSpace([[1.0, 0.0], [1.0, 1e-9]], rtol=1e-6)
    assert dropped.rank == 1
    assert 1e-10 < dropped.gap[0] < 1e-9
    assert VectorSpace([[1.0, 0.0], [1.0, 1e-9]]).rank == 2


def test_a_dual_is_as_much_in_doubt():
    rows = np.array([[1.0, 0.0, 0.0], [1.0, 1e-14, 0.0]])
    V = VectorSpace(rows, rtol=1e-12)
    assert 0.0 < V.gap[0] < 1e-13
    assert V.dual().gap == V.gap
    clear = VectorSpace([[1.0, 0.0], [1.0, 1e-9]])
    assert clear.dual().gap == clear.gap
    assert clear.gap[1] < 1e-8


def test_noise_grows_with_the_condition():
    """Rows that are nearly dependent tell their space less well, and the tolerance says so."""
    rng = np.random.default_rng(0)
    B = rng.standard_normal((3, 8))
    B[2] = B[0] + 1e-6 * B[2]
    poor, good = VectorSpace(B), VectorSpace(rng.standard_normal((3, 8)))
    assert 1e-11 < poor.tolerance < 1e-7
    assert good.tolerance < 1e-12
    S = rng.standard_normal((3, 3)) @ B
    assert VectorSpace(S) == poor


@pytest.mark.parametrize("scale", [1e-300, 1e300, 5e-324 * 2**60])
def test_scales(scale):
    rng = np.random.default_rng(1)
    M = np.round(rng.standard_normal((3, 6)) * 2**20) / 2**20
    V = VectorSpace(M)
    # subnormal numbers keep few bits of M
    assert VectorSpace(M * scale).distance(V) < (1e-3 if scale < 1e-305 else 1e-14)
    rows = M * np.array([1e-290, 1.0, 1e290])[:, None]
    assert VectorSpace(rows).distance(V) < 1e-13


def test_single_precision_has_its_own_tolerance():
    rng = np.random.default_rng(2)
    A, B = rng.standard_normal((2, 5)), rng.standard_normal((3, 5))
    M = np.vstack([A, rng.standard_normal((2, 2)) @ A])
    assert VectorSpace(M).rank == 2
    single = VectorSpace(M.astype(np.float32))
    assert single.rank == 2
    assert 1e-7 < single.tolerance <= np.sqrt(np.finfo(np.float32).eps)
    assert single.dual().tolerance == single.tolerance
    assert single == VectorSpace(A)
    assert single.basis.dtype == np.float64
    left, right, link = VectorSpace(B.astype(np.float32)).decompose([0, 1])
    assert len(link) == VectorSpace(B).connectivity([0, 1]) == 2
    assert left.compose(right) == VectorSpace(B)


def test_equality_and_distance():
    V = VectorSpace([[1.0, 0.0, 0.0]])
    W = VectorSpace([[np.cos(1e-3), np.sin(1e-3), 0.0]])
    assert V.distance(W) == pytest.approx(np.sin(1e-3), rel=1e-12)
    assert V != W
    assert not V.equals(W)
    assert V.equals(W, atol=2e-3)
    assert V.distance(VectorSpace.full(range(3))) == 1.0
    assert V.distance(V) == 0.0
    assert VectorSpace.zero([0]).distance(VectorSpace.zero([0])) == 0.0
    assert VectorSpace(V.basis, atol=1e-2).contains(W)
    assert not V.contains(W)
    strict = VectorSpace(np.random.default_rng(0).standard_normal((3, 6)), atol=0.0)
    assert strict == strict.relabel(strict.columns)
    with pytest.raises(InvalidInputError, match=r"atol.*0\.5"):
        VectorSpace([[1.0, 1.0]], atol=0.5)
    coarse = VectorSpace([[1.0, 1.0]], atol=0.49).decompose([0])
    assert float(coarse.certificate.recomposition) < 1e-14
    for bad in (-1.0, np.nan, 2.0):
        with pytest.raises(InvalidInputError, match="atol"):
            V.equals(W, atol=bad)
        for option in ("rtol", "atol"):
            with pytest.raises(InvalidInputError, match=option):
                VectorSpace([[1.0]], **{option: bad})


def test_composition_that_is_ill_conditioned_says_so():
    V = VectorSpace([[1.0, 1e-5]], columns=["s", "p"])
    W = VectorSpace([[1e-5, 1.0]], columns=["p", "q"])
    whole = V.compose(W)
    assert whole.gap[1] < 1e-4
    assert whole.distance(VectorSpace([[1.0, 1.0]], columns=["s", "q"])) < 1e-10
    assert V.compose(W, skew=True) == VectorSpace([[1.0, -1.0]], columns=["s", "q"])
    left, right, link = V.minimize_link(W)
    assert link == (("link", 0),)
    assert left.compose(right).gap[1] == pytest.approx(1 / np.sqrt(3))


def test_what_is_not_finite_or_no_matrix():
    with pytest.raises(NonFiniteError, match=r"basis\[0, 1\] is nan"):
        VectorSpace([[1.0, np.nan]])
    with pytest.raises(InvalidInputError, match="basis must be 2-D"):
        VectorSpace([1.0, 2.0])


def test_directions_that_the_data_do_not_tell():
    """What is restricted to columns of size 1e-12 has the direction of their rounding in part."""
    rng = np.random.default_rng(15)
    M = rng.standard_normal((3, 6))
    M[:, :3] *= 1e-12
    V = VectorSpace(M)
    part = V.restrict(range(3))
    assert 1e-13 < part.gap[1] < 1e-11
    assert part.dual() == V.dual().contract(range(3))
    assert part != VectorSpace(rng.standard_normal((part.rank - 1, 3)))
