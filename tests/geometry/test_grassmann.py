"""Geodesics against closed forms at 50 digits, and what they must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.geometry import (
    bounds,
    grassmann_exp,
    grassmann_geodesic,
    grassmann_log,
    grassmann_retract,
    parallel_transport,
    principal_angles,
    subspace_distance,
)
from linsub.testing.gallery import ANGLE_SETS, subspace_pair

RIGHT = np.pi / 2
LARGEST = (1e-8, 1.0, RIGHT - 1e-3, RIGHT - 1e-8, RIGHT - 1e-12, RIGHT)


def frame(rng, n, p, dtype=float):
    G = rng.standard_normal((n, p))
    if np.dtype(dtype).kind == "c":
        G = G + 1j * rng.standard_normal((n, p))
    return np.linalg.qr(G)[0].astype(dtype)


def tangent(X, rng, norm=1.0):
    D = rng.standard_normal(X.shape)
    if X.dtype.kind == "c":
        D = D + 1j * rng.standard_normal(X.shape)
    for _ in range(2):
        D = D - X @ (X.conj().T @ D)
    return D * (norm / np.linalg.norm(D, 2))


def outside(Y, Z):
    return np.linalg.norm(Z - Y @ (Y.conj().T @ Z), 2)


def exact(n, theta, rng):
    """Return X, Y and log_X(Y) as they are at 50 digits, each rounded once at the end."""
    mp = pytest.importorskip("mpmath").mp.clone()
    mp.dps = 50
    p = len(theta)
    U, V = (
        mp.qr(mp.matrix(rng.standard_normal((m, p)).tolist()), mode="skinny")[0] for m in (n - p, p)
    )
    angles = [mp.mpf(a) if a != RIGHT else mp.pi / 2 for a in theta]
    below = U * mp.diag([mp.sin(a) for a in angles]) * V.T
    above = V * mp.diag([mp.cos(a) for a in angles]) * V.T
    D = U * mp.diag(angles) * V.T
    rounded = [np.array(M.tolist(), dtype=float) for M in (above, below, D)]
    X = np.eye(n, p)
    return X, np.vstack(rounded[:2]), np.vstack([np.zeros((p, p)), rounded[2]])


@pytest.mark.parametrize("n", [12, 60])
@pytest.mark.parametrize("largest", LARGEST)
def test_log_and_exp_agree_with_fifty_digits(n, largest):
    rng = np.random.default_rng(3)
    theta = [largest, *(largest * rng.uniform(0.0, 0.9, 2))]
    X, Y, D = exact(n, theta, rng)
    log = grassmann_log(X, Y)
    assert np.abs(np.sort(theta) - log.angles).max() <= 1e-15 * np.sqrt(n)
    assert log.unique == (largest < RIGHT)
    if log.unique:
        # rounding Y turns the logarithm by so much
        allowed = 1e-14 * bounds.log_condition(theta)
        assert np.linalg.norm(log.D - D, 2) <= allowed
    # the exponential is compared column by column, not as a span
    assert np.linalg.norm(grassmann_exp(X, D) - Y, 2) <= 1e-14
    assert np.linalg.norm(grassmann_exp(X, log.D) - Y, 2) <= 1e-14 or not log.unique
    assert outside(Y, grassmann_exp(X, log.D)) <= 1e-14


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("n", [12, 60])
@pytest.mark.parametrize("largest", LARGEST)
def test_round_trips_from_any_basis(n, largest, dtype):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        theta = np.sort([largest, *(largest * rng.uniform(0.0, 1.0, 2))])
        X, Y = subspace_pair(n, theta, rng=rng, dtype=dtype)
        log = grassmann_log(X, Y)
        assert np.abs(log.angles - theta).max() <= 1e-14
        assert outside(Y, grassmann_exp(X, log.D)) <= 1e-14
        assert np.linalg.norm(X.conj().T @ log.D, 2) <= 1e-14
        np.testing.assert_allclose((log.Qs * log.angles) @ log.Ux.conj().T, log.D, atol=1e-15)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("name", ANGLE_SETS)
def test_hard_angles_go_there_and_back(name, dtype):
    theta = np.sort(ANGLE_SETS[name])
    for seed in range(10):
        X, Y = subspace_pair(60, theta, rng=seed, dtype=dtype)
        log = grassmann_log(X, Y)
        assert np.abs(log.angles - theta).max() <= 5e-15
        assert outside(Y, grassmann_exp(X, log.D)) <= 1e-14
        assert log.unique == (theta[-1] < RIGHT - 1e-14)
        back = grassmann_log(Y, X)
        np.testing.assert_allclose(back.angles, log.angles, atol=5e-15)


def test_the_geodesic_joins_and_is_even():
    for seed, dtype in enumerate([float, complex] * 3):
        theta = [0.0, 1e-9, 0.5, 1.1, RIGHT - 1e-9]
        X, Y = subspace_pair(15, theta, rng=seed, dtype=dtype)
        times = np.array([-0.4, 0.0, 0.25, 0.5, 1.0])
        points = grassmann_geodesic(X, Y, times)
        assert points.shape == (5, 15, 5)
        assert np.abs(points[1] - X).max() <= 1e-15
        assert outside(Y, points[4]) <= 1e-14
        length = subspace_distance(X, Y)
        for t, Z in zip(times, points, strict=True):
            np.testing.assert_array_equal(Z, grassmann_geodesic(X, Y, t))
            assert np.linalg.norm(Z.conj().T @ Z - np.eye(5)) <= 1e-14
            assert abs(subspace_distance(X, Z) - abs(t) * length) <= 1e-14
            assert abs(subspace_distance(Z, Y) - (1.0 - t) * length) <= 1e-14 or t < 0
        np.testing.assert_allclose(
            grassmann_exp(X, grassmann_log(X, Y).D, 0.25), points[2], atol=1e-14
        )


@pytest.mark.parametrize("dtype", [float, complex])
def test_everything_moves_with_a_rotation_of_the_space(dtype):
    rng = np.random.default_rng(8)
    X, Y = subspace_pair(11, [1e-8, 0.3, 1.4], rng=rng, dtype=dtype)
    Q, R = frame(rng, 11, 11, dtype), frame(rng, 3, 3, dtype)
    D, H = grassmann_log(X, Y).D, tangent(X, rng)
    near = {"rtol": 0, "atol": 1e-14}
    np.testing.assert_allclose(grassmann_log(Q @ X, Q @ Y).D, Q @ D, **near)
    np.testing.assert_allclose(
        grassmann_exp(Q @ X, Q @ D, 1.7), Q @ grassmann_exp(X, D, 1.7), **near
    )
    np.testing.assert_allclose(
        parallel_transport(Q @ X, Q @ D, Q @ H), Q @ parallel_transport(X, D, H), **near
    )
    # and with the basis that X is given in, whatever that of Y
    np.testing.assert_allclose(grassmann_log(X @ R, Y).D, D @ R, **near)
    np.testing.assert_allclose(grassmann_exp(X @ R, D @ R), grassmann_exp(X, D) @ R, **near)
    moved = parallel_transport(X @ R, D @ R, H @ R)
    np.testing.assert_allclose(moved, parallel_transport(X, D, H) @ R, **near)


@pytest.mark.parametrize("norm", [1e-8, 1.0, RIGHT, 8.0])
@pytest.mark.parametrize("dtype", [float, complex])
def test_transport_is_isometric_reversible_and_composes(norm, dtype):
    rng = np.random.default_rng(4)
    for n, p in ((9, 3), (5, 4), (4, 1)):
        X = frame(rng, n, p, dtype)
        D, G, H = tangent(X, rng, norm), tangent(X, rng), tangent(X, rng)
        Y = grassmann_exp(X, D)
        moved = [parallel_transport(X, D, Z) for Z in (G, H, D)]
        size = 1e-14 * max(1.0, norm) ** 2
        assert abs(np.vdot(moved[0], moved[1]) - np.vdot(G, H)) <= size
        assert np.linalg.norm(Y.conj().T @ moved[1]) <= size
        # backwards along the geodesic, whose velocity at Y is D itself moved
        assert np.linalg.norm(parallel_transport(Y, moved[2], moved[1], -1.0) - H) <= size
        assert outside(X, grassmann_exp(Y, moved[2], -1.0)) <= size
        # in two parts
        half = grassmann_exp(X, D, 0.5)
        D2, H2 = (parallel_transport(X, D, Z, 0.5) for Z in (D, H))
        assert np.linalg.norm(parallel_transport(half, D2, H2, 0.5) - moved[1]) <= size


def test_transport_is_covariantly_constant():
    mp = pytest.importorskip("mpmath").mp.clone()
    mp.dps = 50
    rng = np.random.default_rng(5)
    n, p = 6, 2
    X = np.eye(n, p)
    D, H = (np.vstack([np.zeros((p, p)), rng.standard_normal((n - p, p))]) for _ in range(2))
    U, S, V = mp.svd_r(mp.matrix(D.tolist()))
    V = V.T

    def moved(t):
        c, s = (mp.diag([f(t * x) for x in S]) for f in (mp.cos, mp.sin))
        inside = U.T * mp.matrix(H.tolist())
        E = mp.matrix(X.tolist())
        return mp.matrix(H.tolist()) + (-E * V * s + U * (c - mp.eye(p))) * inside, (
            E * V * c + U * s
        ) * V.T

    h = mp.mpf(10) ** -15
    for t in (0.0, 0.4, 1.0, 2.5):
        after, before = moved(t + h)[0], moved(t - h)[0]
        H_t, X_t = moved(mp.mpf(t))
        slope = (after - before) / (2 * h)
        along = slope - X_t * (X_t.T * slope)
        # the whole derivative is not zero, its tangent part is
        assert mp.mnorm(slope, "f") > 0.1
        assert mp.mnorm(along, "f") < 1e-25
        found = parallel_transport(X, D, H, t)
        assert np.linalg.norm(found - np.array(H_t.tolist(), float)) <= 2e-14
        assert np.linalg.norm(grassmann_exp(X, D, t) - np.array(X_t.tolist(), float)) <= 1e-14


def test_transport_around_a_triangle_turns_by_its_area():
    """Lines in space: the sphere with opposite points identified, of curvature 1."""
    E = np.eye(3)
    X, Y, Z = E[:, :1], E[:, 1:2], E[:, 2:]
    H = E[:, 1:2]
    for A, D in ((X, Y), (Y, Z), (Z, X)):
        H = parallel_transport(A, D * RIGHT, H)
    # the octant has the area pi / 2
    np.testing.assert_allclose(H, E[:, 2:], atol=1e-15)


@given(
    n=st.integers(1, 8),
    p=st.integers(0, 8),
    rank=st.integers(0, 8),
    exponent=st.integers(-300, 2),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.float64, np.complex128, np.float32, np.complex64]),
    method=st.sampled_from(["polar", "qr"]),
)
def test_any_tangent_vector(n, p, rank, exponent, seed, dtype, method):
    rng = np.random.default_rng(seed)
    p = min(p, n)
    eps = np.finfo(dtype).eps
    X = frame(rng, n, p, dtype)
    D = rng.standard_normal((n, min(rank, p))) @ rng.standard_normal((min(rank, p), p))
    D = D.astype(X.dtype)
    for _ in range(3):
        D = D - X @ (X.conj().T @ D)
    with np.errstate(under="ignore"):
        D = (D * 10.0**exponent).astype(dtype)
    before = X.copy(), D.copy()
    sigma = np.linalg.svd(D.astype(complex), compute_uv=False)[: min(n, p)]
    size = 50.0 * eps * max(1.0, sigma.max(initial=0.0)) * max(1, p)
    Z, Q = grassmann_exp(X, D), grassmann_retract(X, D, method=method)
    for basis, angles in (
        (Z, bounds.exponential_angles(sigma)),
        (Q, bounds.retraction_angles(sigma)),
    ):
        assert basis.dtype == np.dtype(dtype)
        assert basis.shape == (n, p)
        assert np.linalg.norm(basis.conj().T @ basis - np.eye(p)) <= size
        np.testing.assert_allclose(principal_angles(X, basis), angles, atol=2.0 * size)
    assert np.array_equal(X, before[0])
    assert np.array_equal(D, before[1])


def test_tangent_vectors_of_any_size():
    X, U = np.eye(6)[:, :2], np.eye(6)[:, 2:4]
    for size in (1e300, 1e16, 1e-300, 5e-324, 0.0):
        D = U * size
        for method in ("polar", "qr"):
            Q = grassmann_retract(X, D, method=method)
            # X + D has columns along one direction each
            expected = (X + U * size) / np.hypot(1.0, size)
            np.testing.assert_allclose(Q, expected, rtol=1e-15, atol=1e-15)
        if size <= 1.0:
            np.testing.assert_allclose(grassmann_exp(X, D), X + D, rtol=1e-15, atol=0)
    D = np.outer(U[:, 0], [1e200, 0.0])
    expected = np.stack([U[:, 0], X[:, 1]], axis=1)
    np.testing.assert_allclose(grassmann_retract(X, D, method="qr"), expected, atol=1e-15)
    np.testing.assert_array_equal(grassmann_exp(X, np.zeros((6, 2)), 1e300), X)
    with pytest.raises(InvalidInputError, match="overflow"):
        grassmann_exp(X, U * 1e200, 1e200)
    with pytest.raises(InvalidInputError, match="overflow"):
        grassmann_geodesic(X, U, [0.0, 1.7e308])


def test_small_steps_keep_all_of_their_digits():
    X, Y = np.eye(5)[:, :2], np.eye(5)[:, :2].copy()
    Y[3, 0], Y[4, 1] = 1e-20, -3e-200
    log = grassmann_log(X, Y)
    np.testing.assert_allclose(log.angles, [3e-200, 1e-20], rtol=1e-15)
    np.testing.assert_array_equal(log.D, Y - X)
    np.testing.assert_array_equal(grassmann_exp(X, log.D), Y)


def test_single_precision_stays_and_mixed_types_join():
    X, Y = (Q.astype(np.float32) for Q in subspace_pair(20, [0.3, 1.0], rng=1))
    log = grassmann_log(X, Y)
    assert log.D.dtype == log.Ux.dtype == log.Qs.dtype == np.float32
    assert log.angles.dtype == np.float64
    np.testing.assert_allclose(log.angles, [0.3, 1.0], atol=1e-6)
    assert grassmann_geodesic(X, Y, 0.5).dtype == np.float32
    assert parallel_transport(X, log.D, log.D).dtype == np.float32
    # a float32 tangent vector at a float64 point is horizontal to its own rounding only
    wide = np.linalg.qr(X.astype(float))[0]
    D = tangent(wide, np.random.default_rng(0)).astype(np.float32)
    assert grassmann_exp(wide, D).dtype == np.float64
    right = grassmann_log(X, np.linalg.qr(np.random.default_rng(2).standard_normal((20, 2)))[0])
    assert right.D.dtype == np.float64


def test_what_is_not_tangent_is_refused_with_the_way_out():
    rng = np.random.default_rng(0)
    X = frame(rng, 8, 3)
    D = rng.standard_normal((8, 3))
    with pytest.raises(InvalidInputError, match=r"D is not tangent at X.*X\.conj\(\)\.T @ D"):
        grassmann_exp(X, D)
    with pytest.raises(InvalidInputError, match="H is not tangent"):
        parallel_transport(X, tangent(X, rng), D)
    with pytest.raises(InvalidInputError, match="D is not tangent"):
        grassmann_retract(X, D)
    # what is refused is relative to the way that D is followed
    grassmann_exp(X, 1e-20 * D, 1.0)
    with pytest.raises(InvalidInputError, match="D is not tangent"):
        grassmann_exp(X, 1e-20 * D, 1e20)
    # one projection of a large gradient near a stationary point is enough
    G = X @ rng.standard_normal((3, 3)) + 1e-9 * D
    horizontal = G - X @ (X.T @ G)
    Z = grassmann_exp(X, horizontal)
    assert np.linalg.norm(Z.T @ Z - np.eye(3)) <= 1e-14


def test_bad_arguments_are_named():
    X = np.eye(5)[:, :2]
    with pytest.raises(InvalidInputError, match=r"X is not orthonormal.*orth"):
        grassmann_log(2.0 * X, X)
    with pytest.raises(InvalidInputError, match=r"X has 2 columns and Y has 1"):
        grassmann_log(X, X[:, :1])
    with pytest.raises(InvalidInputError, match="rows"):
        grassmann_log(X, np.eye(4)[:, :2])
    with pytest.raises(InvalidInputError, match=r"D has shape \(5, 1\)"):
        grassmann_exp(X, np.zeros((5, 1)))
    with pytest.raises(InvalidInputError, match="X has 5 columns of length 2"):
        grassmann_exp(X.T, X.T)
    with pytest.raises(InvalidInputError, match="method"):
        grassmann_retract(X, 0.0 * X, method="svd")
    for bad in (np.nan, np.inf):
        with pytest.raises(InvalidInputError, match="t"):
            grassmann_exp(X, 0.0 * X, bad)
        with pytest.raises(InvalidInputError, match="t"):
            grassmann_geodesic(X, X, [0.0, bad])
    with pytest.raises(InvalidTypeError, match="t"):
        grassmann_exp(X, 0.0 * X, 1j)
    with pytest.raises(InvalidInputError, match="t must"):
        grassmann_geodesic(X, X, np.zeros((2, 2)))
    with pytest.raises(InvalidInputError, match="real"):
        grassmann_geodesic(X, X, [1j])


@pytest.mark.parametrize(("n", "p"), [(1, 1), (3, 3), (4, 0), (0, 0), (5, 4), (3, 2)])
def test_the_ends_of_the_sizes(n, p):
    rng = np.random.default_rng(n + p)
    X, Y = frame(rng, n, p), frame(rng, n, p)
    log = grassmann_log(X, Y)
    assert log.D.shape == (n, p)
    assert np.linalg.norm(log.D) <= bounds.grassmann_diameter(n, p) + 1e-14
    assert n == 0 or p == 0 or outside(Y, grassmann_exp(X, log.D)) <= 1e-14
    assert grassmann_geodesic(X, Y, 0.3).shape == (n, p)
    assert grassmann_geodesic(X, Y, []).shape == (0, n, p)
    assert parallel_transport(X, log.D, log.D).shape == (n, p)
    if p == n:
        assert np.linalg.norm(log.D) <= 1e-14
        assert log.unique
    # a line is its own opposite
    if p:
        assert grassmann_log(X, -X).angles.max() <= 1e-15


@pytest.mark.parametrize("single", [0, 1])
def test_a_right_angle_in_single_precision_is_not_unique(single):
    lines = [np.array([[1.0], [3.0]]), np.array([[3.0], [-1.0]])]
    lines = [x / np.sqrt(10.0) for x in lines]
    lines[single] = lines[single].astype(np.float32)
    assert grassmann_log(*lines).unique is False


def test_the_distance_of_lines_is_not_that_of_the_sphere():
    """gam issue 586 has d(e1, -e1) = pi."""
    e = np.eye(3)[:, :1]
    assert grassmann_log(e, -e).angles == 0.0
    assert grassmann_log(e, np.eye(3)[:, 1:2]).angles == RIGHT


def test_the_record_rebuilds():
    X, Y = subspace_pair(7, [0.2, 0.5], rng=0)
    log = grassmann_log(X, Y)
    D, angles, Ux, Qs, unique = log
    assert unique is True
    assert type(log)(*log).D is D
    assert abs(log.info.details["margin"] - (RIGHT - 0.5)) <= 1e-15
    assert angles.shape == (2,)
    assert Ux.shape == (2, 2)
    assert Qs.shape == (7, 2)
