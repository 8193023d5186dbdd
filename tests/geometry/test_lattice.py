"""Intersection, sum and complement: dimensions, containment, the gap at the decision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError
from linsub.geometry import (
    principal_angles,
    subspace_complement,
    subspace_intersection,
    subspace_sum,
)
from linsub.testing import gallery
from linsub.testing.strategies import matrices
from tests.geometry.angles import frame, gaussian


def beyond(Q, A):
    """How far the columns of A are from the range of Q."""
    A = A - Q @ (Q.conj().T @ A)
    return np.linalg.norm(A - Q @ (Q.conj().T @ A))


@st.composite
def sharing(draw):
    """Matrices of rank p and q, with dependent columns, that share a known number of dimensions."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    complex_ = draw(st.booleans())
    shared, p, q = (draw(st.integers(0, 3)) for _ in range(3))
    n = shared + p + q + draw(st.integers(0, 3))
    F = frame(n, shared + p + q, rng, complex_)
    A, B = F[:, : shared + p], np.concatenate([F[:, :shared], F[:, shared + p :]], axis=1)
    # oblique in each other's directions, so that no angle but 0 is special
    B = B + 0.3 * np.concatenate(
        [np.zeros((n, shared)), F[:, : shared + p] @ gaussian(rng, (shared + p, q), complex_)],
        axis=1,
    )
    made = []
    for M in (A, B):
        k = M.shape[1]
        M = M @ frame(k, k, rng, complex_)
        if draw(st.booleans()):
            M = np.concatenate([M, M @ gaussian(rng, (k, 2))], axis=1)
        made.append(M * draw(st.sampled_from([1.0, 1e-300, 1e300])))
    return made[0], made[1], A, np.linalg.qr(B)[0], shared


@given(sharing())
def test_dimensions_and_containment(made):
    A, B, X, Y, shared = made
    cap, gap = subspace_intersection(A, B, atol=1e-9)
    both, same = subspace_sum(A, B, atol=1e-9)
    assert gap == same
    assert gap[0] <= 1e-9 < gap[1]
    assert cap.shape == (A.shape[0], shared)
    assert cap.shape[1] + both.shape[1] == X.shape[1] + Y.shape[1]
    assert max(beyond(X, cap), beyond(Y, cap), beyond(both, X), beyond(both, Y)) < 1e-12
    for Q in (cap, both):
        np.testing.assert_allclose(Q.conj().T @ Q, np.eye(Q.shape[1]), atol=1e-14)
    # (A + B)^perp = A^perp cap B^perp
    apart = subspace_intersection(
        subspace_complement(A).basis, subspace_complement(B).basis, atol=1e-9
    ).basis
    assert apart.shape[1] == A.shape[0] - both.shape[1]
    assert np.linalg.norm(both.conj().T @ apart) < 1e-12


@given(matrices(max_side=8))
def test_the_complement_of_any_matrix(A):
    basis, gap = found = subspace_complement(A)
    n, rank = A.shape[0], found.info.details["rank_A"]
    assert basis.shape == (n, n - rank)
    assert basis.dtype == A.dtype
    assert 0 <= gap[0] <= found.info.details["rtol_A"] < gap[1] <= 1
    tol = 50 * np.finfo(A.dtype).eps
    np.testing.assert_allclose(basis.conj().T @ basis, np.eye(n - rank), atol=tol)
    sizes = np.abs(A).max(axis=0, initial=0.0)
    unit = A.astype(np.result_type(A, float)) / np.where(sizes > 0, sizes, 1.0)
    assert np.linalg.norm(basis.conj().T @ unit) <= tol * max(A.shape) ** 1.5
    assert subspace_complement(basis).basis.shape[1] == rank


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_angles_of_complements(seed, complex_):
    rng = np.random.default_rng(seed)
    theta = np.concatenate([np.zeros(rng.integers(0, 3)), 10.0 ** rng.uniform(-12, 0.1, size=3)])
    dtype = np.complex128 if complex_ else np.float64
    X, Y = gallery.subspace_pair(theta.size + 5, theta, p=theta.size + 1, rng=rng, dtype=dtype)
    found = principal_angles(subspace_complement(X).basis, subspace_complement(Y).basis)
    count = min(found.size, 3)
    np.testing.assert_allclose(found[-count:], np.sort(theta)[-count:], rtol=0, atol=1e-14)


def test_the_test_is_on_sines():
    """1 - cos(1e-6) is 5e-13: a test of cosines against 1e-10 takes the angle for zero."""
    X, Y = gallery.subspace_pair(20, [0.0, 1e-6, 1.0], rng=1)
    cap, gap = found = subspace_intersection(X, Y)
    assert cap.shape[1] == 1
    assert gap[0] < 1e-14
    assert gap[1] == pytest.approx(1e-6, rel=1e-8)
    assert found.info.details["sines"].shape == (3,)
    assert subspace_intersection(X, Y, atol=1e-5).basis.shape[1] == 2
    assert subspace_intersection(X, Y, atol=1e-5).gap[0] == pytest.approx(1e-6, rel=1e-8)


def test_what_is_nearly_shared_is_halfway():
    X, Y = gallery.subspace_pair(20, [0.01, 0.02, 1.0], rng=1)
    cap = subspace_intersection(X, Y, atol=0.1).basis
    np.testing.assert_allclose(cap.T @ cap, np.eye(2), atol=1e-15)
    for Q in (X, Y):
        np.testing.assert_allclose(principal_angles(Q, cap), [0.005, 0.01], atol=1e-14)


def test_the_default_tolerance_grows_with_the_condition():
    rng = np.random.default_rng(3)
    F = frame(40, 8, rng)
    A = F[:, :5] @ (frame(5, 5, rng) * np.geomspace(1, 1e-6, 5)) @ frame(5, 5, rng)
    B = F[:, 3:] @ frame(5, 5, rng)
    found = subspace_intersection(A, B)
    assert found.basis.shape[1] == 2
    assert found.info.details["atol"] > subspace_intersection(B, B).info.details["atol"]
    assert subspace_sum(A, B).basis.shape[1] == 8


def test_the_default_tolerance_is_that_of_rounding():
    X, Y = gallery.subspace_pair(40, [0.0, 1e-12, 1e-11, 0.5], rng=1)
    found = subspace_intersection(X, Y)
    assert found.info.details["atol"] == pytest.approx(400 * np.finfo(float).eps)
    assert found.basis.shape[1] == 1
    assert found.gap[1] == pytest.approx(1e-12, rel=1e-2)


def test_the_gap_of_a_complement_is_between_singular_values():
    rng = np.random.default_rng(2)
    A = (frame(9, 3, rng) * [1.0, 1e-3, 1e-9]) @ frame(3, 3, rng)
    S = np.linalg.svd(A / np.linalg.norm(A, axis=0), compute_uv=False)
    found = subspace_complement(A, rtol=1e-6)
    assert found.basis.shape == (9, 7)
    # Columns are brought to one size within a factor of sqrt(2) either way.
    for gap, known in zip(found.gap, (S[2] / S[0], S[1] / S[0]), strict=True):
        assert 0.5 * known < gap < 2.0 * known


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_single_precision(dtype):
    X, Y = gallery.subspace_pair(20, [0.0, 0.0, 0.5], rng=1, dtype=dtype)
    for function, count in ((subspace_intersection, 2), (subspace_sum, 4)):
        basis = function(X, Y).basis
        assert basis.shape[1] == count
        assert basis.dtype == dtype


@pytest.mark.parametrize("single", ["A", "B"])
def test_the_coarser_of_two_types_decides(single):
    X, Y = gallery.subspace_pair(20, [0.0, 0.0, 0.5], rng=1)
    bases = {"A": X, "B": Y}
    bases[single] = bases[single].astype(np.float32)
    assert subspace_intersection(**bases).basis.shape[1] == 2
    assert subspace_sum(**bases).basis.shape == (20, 4)


def test_a_sum_is_never_larger_than_the_space():
    rng = np.random.default_rng(0)
    A, B = gaussian(rng, (5, 4)), gaussian(rng, (5, 3))
    cap, gap = subspace_intersection(A, B, atol=0.0)
    assert cap.shape == (5, 2)
    assert subspace_sum(A, B, atol=0.0).basis.shape == (5, 5)
    assert gap[0] < 1e-14


def test_trivial_subspaces():
    zero, all_ = np.zeros((3, 1)), np.eye(3)
    assert subspace_intersection(zero, all_).basis.shape == (3, 0)
    assert subspace_intersection(all_, all_).basis.shape == (3, 3)
    assert subspace_intersection(all_, all_).gap[1] == 1.0
    assert subspace_sum(zero, zero).basis.shape == (3, 0)
    assert subspace_sum(zero, all_).basis.shape == (3, 3)
    assert subspace_complement(all_).basis.shape == (3, 0)
    assert subspace_complement(zero).basis.shape == (3, 3)
    assert subspace_complement(np.zeros((0, 2))).basis.shape == (0, 0)
    assert subspace_complement([[2.0]]).basis.shape == (1, 0)


def test_bad_arguments():
    A = np.eye(3)[:, :2]
    for bad in (-1e-3, 1.0, 2.0):
        with pytest.raises(InvalidInputError, match="atol must satisfy"):
            subspace_intersection(A, A, atol=bad)
    with pytest.raises(InvalidInputError, match="A has 3 rows and B has 2"):
        subspace_sum(A, np.eye(2))
