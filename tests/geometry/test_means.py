"""Means: what they minimize, what they are for one and two points, what they say of themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import (
    AccuracyWarning,
    ConvergenceError,
    ConvergenceWarning,
    InvalidInputError,
    InvalidTypeError,
)
from linsub.geometry import (
    flag_mean,
    grassmann_exp,
    grassmann_geodesic,
    grassmann_log,
    karcher_mean,
    principal_angles,
)
from linsub.testing.gallery import subspace_pair


def frame(rng, n, p, dtype=float):
    G = rng.standard_normal((n, p))
    if np.dtype(dtype).kind == "c":
        G = G + 1j * rng.standard_normal((n, p))
    return np.linalg.qr(G)[0].astype(dtype)


def around(rng, n=12, p=3, count=5, radius=0.4, dtype=float):
    C = frame(rng, n, p, dtype)
    found = []
    for _ in range(count):
        D = frame(rng, n, p, dtype)
        D = D - C @ (C.conj().T @ D)
        D = D - C @ (C.conj().T @ D)
        D *= radius * rng.uniform(0.3, 1.0) / np.linalg.norm(D, 2)
        found.append(grassmann_exp(C, D) @ frame(rng, p, p, dtype))
    return found


def apart(X, Y):
    return np.max(principal_angles(X, Y), initial=0.0)


@pytest.mark.parametrize("dtype", [float, complex])
def test_one_and_two_points(dtype):
    rng = np.random.default_rng(0)
    X, Y = subspace_pair(12, [1e-8, 0.3, 1.1], rng=rng, dtype=dtype)
    alone = karcher_mean([X])
    assert apart(alone.X, X) <= 1e-14
    assert alone.info.iterations == 0
    assert alone.info.details["unique"] is True
    assert apart(flag_mean([X], 3).X, X) <= 1e-14
    two = karcher_mean([X, Y])
    assert apart(two.X, grassmann_geodesic(X, Y, 0.5)) <= 1e-14
    np.testing.assert_allclose(two.angles, [[5e-9, 0.15, 0.55]] * 2, atol=1e-14)
    # of two points with weights the mean divides the geodesic
    third = karcher_mean([X, Y], weights=[2.0, 1.0])
    assert apart(third.X, grassmann_geodesic(X, Y, 1 / 3)) <= 2e-12
    # a point without weight does not count, however far
    sole = karcher_mean([X, Y], weights=[0.0, 7.0])
    assert apart(sole.X, Y) <= 1e-14
    assert sole.info.details["max_angle"] <= 1e-14
    np.testing.assert_allclose(sole.angles[0], [1e-8, 0.3, 1.1], atol=1e-14)


@pytest.mark.parametrize("dtype", [float, complex])
def test_means_move_with_the_space_and_not_with_order_or_bases(dtype):
    rng = np.random.default_rng(1)
    Xs = around(rng, dtype=dtype)
    weights = rng.uniform(0.5, 2.0, 5)
    Q, order = frame(rng, 12, 12, dtype), rng.permutation(5)
    for mean in (
        lambda Xs, w: karcher_mean(Xs, weights=w, tol=1e-14, on_fail="return").X,
        lambda Xs, w: flag_mean(Xs, 3, weights=w).X,
    ):
        M = mean(Xs, weights)
        assert apart(mean([Q @ X for X in Xs], weights), Q @ M) <= 2e-14
        assert apart(mean([Xs[i] for i in order], weights[order]), M) <= 2e-14
        assert apart(mean([X @ frame(rng, 3, 3, dtype) for X in Xs], weights), M) <= 2e-14
        assert apart(mean(Xs, 1e200 * weights), M) <= 2e-14
        # a point twice is a point of twice the weight
        assert (
            apart(mean([*Xs, Xs[0]], [*weights, weights[0]]), mean(Xs, weights * [2, 1, 1, 1, 1]))
            <= 2e-14
        )


def test_the_karcher_mean_is_stationary_and_nearer_than_others():
    rng = np.random.default_rng(2)
    for dtype in (float, complex):
        Xs = around(rng, count=6, radius=0.3, dtype=dtype)
        result = karcher_mean(Xs)
        X = result.X
        T = sum(grassmann_log(X, Y).D for Y in Xs) / 6
        said = float(result.certificate.gradient_norm)
        assert np.linalg.norm(T) <= said <= 1e-12 * np.sqrt(3) + 1e-13
        assert result.info.converged
        assert result.info.details["max_angle"] == result.angles.max()

        def value(Z, Xs=Xs):
            return sum(np.sum(np.square(principal_angles(Z, Y))) for Y in Xs) / 6

        np.testing.assert_allclose(result.info.details["variance"], value(X), rtol=1e-12)
        for _ in range(5):
            D = frame(rng, 12, 3, dtype)
            D = D - X @ (X.conj().T @ D)
            D = 0.01 * (D - X @ (X.conj().T @ D))
            assert value(grassmann_exp(X, D)) > value(X)


def test_the_flag_mean_is_near_to_the_karcher_mean():
    Xs = around(np.random.default_rng(3), n=20, count=10, radius=0.41)
    assert 1e-6 < apart(flag_mean(Xs, 3).X, karcher_mean(Xs).X) < 0.01


def test_the_flag_mean_takes_unequal_dimensions_and_reports_its_gap():
    E = np.eye(6)
    mean = flag_mean([E[:, :1], E[:, :2], E[:, [0, 2, 3]]], 1, weights=[1, 1, 2])
    np.testing.assert_allclose(np.abs(mean.X[:, 0]), E[0], atol=1e-15)
    np.testing.assert_allclose(mean.eigenvalues, [1, 0.5, 0.5, 0.25, 0, 0], atol=1e-15)
    assert abs(mean.gap - 0.5) <= 1e-15
    # k + sum of w_i p_i - 2 lambda_1
    assert abs(mean.info.details["value"] - (1 + (1 + 2 + 2 * 3) / 4 - 2)) <= 1e-14
    # the gap beyond all directions is that to zero
    assert abs(flag_mean([E[:, :2], E[:, 1:3]], 3).gap - 0.5) <= 1e-15
    assert flag_mean([E], 6).gap == np.inf
    assert flag_mean([E], 0).X.shape == (6, 0)


def test_a_flag_mean_that_is_not_unique_says_so():
    E = np.eye(4)
    with pytest.warns(AccuracyWarning, match="not unique"):
        mean = flag_mean([E[:, :1], E[:, 1:2]], 1)
    assert mean.gap <= 1e-15
    # any direction between them attains the minimum
    attained = 0.5 * sum(2 - 2 * np.sum((X.T @ mean.X) ** 2) for X in (E[:, :1], E[:, 1:2]))
    assert abs(attained - mean.info.details["value"]) <= 1e-15


def test_far_points_give_a_warning_and_near_ones_a_proof():
    E = np.eye(3)
    with pytest.warns(AccuracyWarning, match="pi/4"):
        found = karcher_mean([E[:, :1], E[:, 1:2]])
    assert found.info.details["unique"] is None
    np.testing.assert_allclose(found.angles, np.pi / 4, atol=1e-14)
    # angles below pi/4 with a radius beyond it: no warning, and nothing is proved
    X, Y = subspace_pair(12, [1.2, 1.2, 1.2], rng=0)
    assert karcher_mean([X, Y]).info.details["unique"] is None
    X, Y = subspace_pair(12, [0.5, 0.5, 0.5], rng=0)
    assert karcher_mean([X, Y]).info.details["unique"] is True


def test_what_does_not_converge_gives_the_best_so_far():
    Xs = around(np.random.default_rng(4), radius=0.7)
    with pytest.raises(ConvergenceError, match="maxiter") as caught:
        karcher_mean(Xs, maxiter=1)
    best = caught.value.result
    assert not best.info.converged
    assert best.info.iterations == 1
    assert (
        best.info.details["gradient_norm"]
        < karcher_mean(Xs, maxiter=0, on_fail="return").info.details["gradient_norm"]
    )
    with pytest.warns(ConvergenceWarning, match="tol"):
        warned = karcher_mean(Xs, maxiter=1, on_fail="warn")
    np.testing.assert_array_equal(warned.X, best.X)
    assert karcher_mean(Xs, tol=1e-3).info.iterations < karcher_mean(Xs).info.iterations


@given(
    n=st.integers(1, 8),
    p=st.integers(0, 8),
    count=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.float64, np.complex128, np.float32, np.complex64]),
)
@pytest.mark.filterwarnings("ignore::linsub.errors.AccuracyWarning")
def test_any_subspaces(n, p, count, seed, dtype):
    rng = np.random.default_rng(seed)
    p = min(p, n)
    Xs = [frame(rng, n, p, dtype) for _ in range(count)]
    copies = [X.copy() for X in Xs]
    eps = np.finfo(dtype).eps
    flag = flag_mean(Xs, p)
    found = karcher_mean(Xs, on_fail="return", maxiter=20)
    for X in (flag.X, found.X):
        assert X.dtype == np.dtype(dtype)
        assert np.linalg.norm(X.conj().T @ X - np.eye(p)) <= 50 * eps * max(p, 1)
    assert found.angles.shape == (count, p)
    assert np.all(np.diff(found.angles, axis=1) >= -1e-12)
    values = [
        sum(np.linalg.norm(X @ X.conj().T - Y @ Y.conj().T) ** 2 for Y in Xs)
        for X in (flag.X, Xs[0], found.X)
    ]
    # the flag mean is the least of all that are at hand
    assert values[0] <= min(values[1:]) + 1e3 * eps * max(p, 1) * count
    for X, Y in zip(Xs, copies, strict=True):
        assert np.array_equal(X, Y)


def test_single_precision_stays():
    Xs = [X.astype(np.float32) for X in around(np.random.default_rng(5), radius=0.2)]
    for X in (karcher_mean(Xs).X, flag_mean(Xs, 3).X):
        assert X.dtype == np.float32
    result = karcher_mean(Xs)
    wide = np.linalg.qr(result.X.astype(float))[0]
    T = sum(grassmann_log(wide, np.linalg.qr(Y.astype(float))[0]).D for Y in Xs) / 5
    assert np.linalg.norm(T) <= float(result.certificate.gradient_norm)


def test_a_stack_is_a_sequence():
    Xs = around(np.random.default_rng(6))
    np.testing.assert_array_equal(karcher_mean(np.stack(Xs)).X, karcher_mean(Xs).X)
    np.testing.assert_array_equal(flag_mean(iter(Xs), 2).X, flag_mean(Xs, 2).X)
    xp = pytest.importorskip("array_api_strict")  # whose arrays are no iterables
    mean = flag_mean(xp.asarray(np.stack(Xs)), 2).X
    assert type(mean) is type(xp.asarray(1.0))
    np.testing.assert_array_equal(np.asarray(mean), flag_mean(Xs, 2).X)


def test_the_coarser_of_two_types_decides_whether_a_mean_is_unique():
    single = np.eye(3, dtype=np.float32)[:, :1]
    turned = np.array([[1e-9], [1.0], [0.0]])  # eigenvalues differ by less than single sees
    with pytest.warns(AccuracyWarning, match="not unique"):
        flag_mean([single, turned], 1)
    with pytest.warns(AccuracyWarning, match="not unique"):
        flag_mean([single, turned.astype(np.float32)], 1)


def test_bad_arguments_are_named():
    X = np.eye(4)[:, :2]
    for mean in (karcher_mean, lambda Xs, **kw: flag_mean(Xs, 1, **kw)):
        with pytest.raises(InvalidInputError, match="Xs is empty"):
            mean([])
        with pytest.raises(InvalidInputError, match=r"stack.*\[X\]"):
            mean(X)
        with pytest.raises(InvalidTypeError, match="Xs must be a sequence"):
            mean(3)
        with pytest.raises(InvalidInputError, match=r"Xs\[1\] is not orthonormal"):
            mean([X, 2 * X])
        with pytest.raises(InvalidInputError, match=r"Xs\[1\] has shape \(5, 2\)"):
            mean([X, np.eye(5)[:, :2]])
        with pytest.raises(InvalidInputError, match="weights"):
            mean([X, X], weights=[1.0])
        with pytest.raises(InvalidInputError, match="weights must be nonnegative"):
            mean([X, X], weights=[1.0, -1.0])
        with pytest.raises(InvalidInputError, match="not all zero"):
            mean([X, X], weights=[0.0, 0.0])
        with pytest.raises(InvalidInputError, match="weights"):
            mean([X, X], weights=[1.0, np.nan])
        with pytest.raises(InvalidTypeError, match="weights"):
            mean([X, X], weights=[1.0, 1j])
    with pytest.raises(InvalidInputError, match="flag_mean takes others"):
        karcher_mean([X, X[:, :1]])
    with pytest.raises(InvalidInputError, match="k must"):
        flag_mean([X], 3)
    with pytest.raises(InvalidInputError, match="tol"):
        karcher_mean([X], tol=-1.0)
    with pytest.raises(InvalidInputError, match="on_fail"):
        karcher_mean([X], on_fail="ignore")
