"""Principal angles and vectors: accuracy beside SciPy, invariance, ranks."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.geometry import principal_angles, principal_vectors
from linsub.testing import gallery
from linsub.testing.strategies import matrices
from tests.geometry.angles import EPS, SETS, draw_pair, exact_angles, frame, gaussian


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("name", SETS)
def test_prescribed_angles_to_1e_14(name, dtype):
    theta = np.sort(gallery.ANGLE_SETS[name])
    for seed in range(20):
        X, Y = gallery.subspace_pair(60, theta, rng=seed, dtype=dtype)
        for found in (
            principal_angles(X, Y),
            principal_angles(Y, X, orthonormal=True),
            principal_vectors(X, Y).angles,
        ):
            np.testing.assert_allclose(found, theta, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", ["mixed", "clusters"])
def test_scipy_beside_it(name, record_property):
    """Why this is not SciPy's: 1.17 loses half of the digits here. A later one may not."""
    theta = np.sort(gallery.ANGLE_SETS[name])
    ours = theirs = 0.0
    for seed in range(20):
        X, Y = gallery.subspace_pair(60, theta, rng=seed)
        ours = max(ours, np.abs(principal_angles(X, Y) - theta).max())
        found = np.sort(scipy.linalg.subspace_angles(X, Y))
        theirs = max(theirs, np.abs(found - theta).max())
    record_property(f"error of scipy {scipy.__version__}", theirs)
    assert ours < 1e-14
    if theirs < 1e-9:
        pytest.skip(f"scipy {scipy.__version__} finds these to {theirs:.0e}: tell the docs")


@pytest.mark.parametrize("size", [1e-18, 1e-200, 1e-300])
def test_angles_below_eps_that_the_bases_hold(size):
    assert principal_angles([[1.0], [0.0]], [[1.0], [size]]) == [size]
    # columns of other sizes are scaled by powers of two, exactly
    assert principal_angles([[3.0], [0.0], [0.0]], [[4.0], [0.0], [4 * size]]) == [size]
    assert principal_vectors([[1.0], [0.0]], [[1.0], [size]]).angles == [size]


def test_several_angles_below_eps_at_once():
    theta = np.array([1e-200, 1e-90, 1e-18, 1e-17])
    X, Y = np.eye(9, 4), np.eye(9, 4)
    Y[4 + np.arange(4), np.arange(4)] = theta
    for found in (principal_angles(X, Y), principal_vectors(X, Y).angles):
        np.testing.assert_allclose(found, theta, rtol=4 * EPS, atol=0)


@pytest.mark.parametrize("complex_", [False, True])
def test_random_pairs_against_mpmath(complex_):
    pytest.importorskip("mpmath")
    rng = np.random.default_rng(7)
    for seed in range(6):
        n, p, q = 7, 2 + seed % 3, 3
        A, B = gaussian(rng, (n, p), complex_), gaussian(rng, (n, q), complex_)
        if seed % 2:  # near each other, and near to orthogonal
            B[:, 0] = A[:, 0] + 1e-7 * B[:, 0]
            B[:, 1] -= A @ np.linalg.lstsq(A, B[:, 1], rcond=None)[0]
        found = principal_angles(A, B)
        np.testing.assert_allclose(found, exact_angles(A, B), rtol=0, atol=1e-14)


@pytest.mark.parametrize("condition", [1e3, 1e6, 1e9])
def test_the_condition_of_the_columns_is_what_is_lost(condition):
    pytest.importorskip("mpmath")
    rng = np.random.default_rng(1)
    for _ in range(3):
        R = frame(3, 3, rng) * np.geomspace(1, 1 / condition, 3) @ frame(3, 3, rng)
        A, B = gaussian(rng, (8, 3)) @ R, gaussian(rng, (8, 3))
        off = np.abs(principal_angles(A, B) - exact_angles(A, B, 80)).max()
        assert off <= 10 * EPS * condition


@given(draw_pair(), st.integers(0, 2**32 - 1))
def test_angles_are_of_the_ranges(pair, seed):
    X, Y, theta = pair
    rng = np.random.default_rng(seed)
    p, q = X.shape[1], Y.shape[1]
    scales = 10.0 ** rng.uniform(-100, 100, size=q)
    A = np.concatenate([X @ frame(p, p, rng) * 1e-300, np.zeros((X.shape[0], 1))], axis=1)
    B = np.concatenate([Y @ frame(q, q, rng) * scales, Y[:, :1] * 1e200], axis=1)
    W = frame(X.shape[0], X.shape[0], rng)
    for one, other in ((A, B), (B, A), (W @ X, W @ Y), (np.conj(X), np.conj(Y))):
        found = principal_angles(one, other)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, theta, rtol=0, atol=2e-14)
    tall = [np.concatenate([M, np.zeros((4, M.shape[1]))]) for M in (X, Y)]
    np.testing.assert_allclose(principal_angles(*tall), theta, rtol=0, atol=1e-14)


@given(matrices(max_side=8), matrices(max_side=8))
def test_any_two_matrices_have_angles(A, B):
    n = min(A.shape[0], B.shape[0])
    A, B = A[:n], B[:n]
    angles, left, right = result = principal_vectors(A, B)
    ranks = result.info.details["rank_A"], result.info.details["rank_B"]
    assert angles.shape == (min(ranks),)
    assert np.all((angles >= 0) & (angles <= np.pi / 2))
    assert np.all(np.diff(angles) >= 0)
    assert left.dtype == right.dtype == np.result_type(A, B)
    tol = 50 * float(np.finfo(left.dtype).eps)
    G = left.conj().T.astype(complex) @ right
    np.testing.assert_allclose(G, np.diag(np.cos(angles)), atol=tol)
    known = result.certificate
    assert np.linalg.norm(G - np.diag(np.cos(angles))) <= float(known.cosine_residual) <= 20 * tol
    for Q in (left, right):
        defect = np.linalg.norm(Q.conj().T.astype(complex) @ Q - np.eye(angles.size))
        assert defect <= float(known.orthogonality) <= 20 * tol
    assert float(known.angle_error) < 2e-13
    np.testing.assert_allclose(principal_angles(A, B), angles, rtol=0, atol=1e-14)
    np.testing.assert_allclose(principal_angles(B, A), angles, rtol=0, atol=1e-14)
    assert np.all(principal_angles(A, A) <= 1e-14)


def test_rank_decisions_are_reported():
    A = np.array([[1.0, 1.0], [0.0, 1e-5], [0.0, 0.0]])
    B = np.eye(3)[:, 1:2]
    details = principal_vectors(A, B).info.details
    assert details["rank_A"] == 2
    assert 1e-6 < details["kept_A"] < 1e-5
    low = principal_vectors(A, B, rtol=1e-3)
    assert low.info.details["rank_A"] == 1
    assert 1e-6 < low.info.details["dropped_A"] < 1e-5
    assert low.info.details["rtol_A"] == 1e-3
    np.testing.assert_allclose(principal_angles(A, B), [0.0], atol=1e-10)
    np.testing.assert_allclose(principal_angles(A, B, rtol=1e-3), [np.pi / 2 - 5e-6], atol=1e-9)


@pytest.mark.parametrize("shape", [(3, 0), (3, 2)])
def test_a_rank_of_zero_has_no_angles(shape):
    for one, other in ((np.zeros(shape), np.eye(3)), (np.eye(3), np.zeros(shape))):
        assert principal_angles(one, other).shape == (0,)
        assert principal_vectors(one, other).left.shape == (3, 0)


def test_more_columns_than_rows():
    rng = np.random.default_rng(0)
    A, B = gaussian(rng, (3, 7)), gaussian(rng, (3, 2))
    np.testing.assert_allclose(principal_angles(A, B), [0.0, 0.0], atol=1e-15)


def test_real_beside_complex():
    X, Y = gallery.subspace_pair(12, [0.1, 0.7], rng=0)
    phases = np.exp(1j * np.arange(2))
    np.testing.assert_allclose(principal_angles(X, Y * phases), [0.1, 0.7], atol=1e-15)
    np.testing.assert_allclose(principal_angles(X * phases, Y), [0.1, 0.7], atol=1e-15)


def test_single_precision_is_not_lost_on_the_way():
    """SciPy 1.17 stays in single precision, where an angle of 1e-4 is 0."""
    A = np.array([[1.0], [0.0]], np.float32)
    B = np.array([[1.0], [1e-4]], np.float32)
    np.testing.assert_allclose(principal_angles(A, B), [np.arctan(float(B[1, 0]))], rtol=1e-14)


def test_arguments_that_make_no_sense():
    A = np.eye(4)[:, :2]
    with pytest.raises(InvalidInputError, match="A has 4 rows and B has 3"):
        principal_angles(A, np.eye(3))
    with pytest.raises(InvalidInputError, match="A is not orthonormal"):
        principal_angles(2 * A, A, orthonormal=True)
    with pytest.raises(InvalidInputError, match="rtol"):
        principal_angles(A, A, rtol=1.0)
    with pytest.raises(InvalidInputError, match="rtol"):
        principal_angles(A, A, rtol=0.1, orthonormal=True)
    with pytest.raises(InvalidTypeError, match="orthonormal"):
        principal_angles(A, A, orthonormal=1)
