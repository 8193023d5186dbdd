"""One step against the whole exponential, and where there is no step to take."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.geometry import grassmann_exp, rank_one_geodesic_step


def frame(rng, n, p, dtype=float):
    G = rng.standard_normal((n, p))
    if np.dtype(dtype).kind == "c":
        G = G + 1j * rng.standard_normal((n, p))
    return np.linalg.qr(G)[0].astype(dtype)


def gradient(S, x):
    w = S.conj().T @ x
    r = x - S @ w
    r = r - S @ (S.conj().T @ r)
    return np.outer(r, w.conj()) / np.linalg.norm(w)


@given(
    n=st.integers(2, 30),
    p=st.integers(1, 8),
    step=st.floats(-3.0, 3.0),
    exponent=st.integers(-290, 290),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.float64, np.complex128]),
)
def test_it_is_the_exponential_of_the_gradient(n, p, step, exponent, seed, dtype):
    rng = np.random.default_rng(seed)
    S = frame(rng, n, min(p, n - 1), dtype)
    x = frame(rng, n, 1, dtype)[:, 0]
    D = gradient(S, x)
    size = 2e-14 * max(1.0, np.linalg.norm(x) / np.linalg.norm(S.conj().T @ x))
    before = S.copy()
    # the gradient is homogeneous of degree 1 in x
    scale = 2.0**exponent
    found = rank_one_geodesic_step(S, x * scale, step / scale)
    np.testing.assert_allclose(found, grassmann_exp(S, D, step), rtol=0, atol=size)
    assert np.linalg.norm(found.conj().T @ found - np.eye(S.shape[1])) <= 2e-14
    np.testing.assert_array_equal(S, before)


@pytest.mark.parametrize("dtype", [float, complex])
def test_the_gradient_is_that_of_the_projected_length(dtype):
    rng = np.random.default_rng(0)
    S, x = frame(rng, 9, 3, dtype), frame(rng, 9, 1, dtype)[:, 0]
    h = 1e-6
    ahead, back = (np.linalg.norm(rank_one_geodesic_step(S, x, t).conj().T @ x) for t in (h, -h))
    # along the geodesic of the gradient the slope is its squared norm
    assert abs((ahead - back) / (2 * h) - np.linalg.norm(gradient(S, x)) ** 2) <= 1e-9
    # no other direction of that length climbs as fast
    slopes = []
    for _ in range(20):
        D = frame(rng, 9, 3, dtype)
        D = D - S @ (S.conj().T @ D)
        D = D - S @ (S.conj().T @ D)
        D *= np.linalg.norm(gradient(S, x)) / np.linalg.norm(D)
        ahead = np.linalg.norm(grassmann_exp(S, D, h).conj().T @ x)
        slopes.append((ahead - np.linalg.norm(S.conj().T @ x)) / h)
    assert max(slopes) < np.linalg.norm(gradient(S, x)) ** 2


@pytest.mark.parametrize("dtype", [np.float64, np.complex128, np.float32])
def test_a_greedy_step_takes_the_vector_in(dtype):
    rng = np.random.default_rng(1)
    for mix in (1.0, 1e-6, 1e6):
        S = frame(rng, 12, 4, dtype)
        x = S @ (S.conj().T @ frame(rng, 12, 1, dtype)[:, 0]) * mix
        x = (x + frame(rng, 12, 1, dtype)[:, 0]).astype(dtype)
        found = rank_one_geodesic_step(S, x, "greedy")
        assert found.dtype == dtype
        rest = x - found @ (found.conj().T @ x)
        assert np.linalg.norm(rest) <= 30 * np.finfo(dtype).eps * np.linalg.norm(x)
        # what is orthogonal to w stays
        w = S.conj().T @ x
        w = w / np.linalg.norm(w)
        kept = np.eye(4) - np.outer(w, w.conj())
        np.testing.assert_allclose(found @ kept, S @ kept, atol=30 * np.finfo(dtype).eps)


@pytest.mark.parametrize("step", [0.5, -2.0, 1e3, "greedy"])
def test_where_there_is_no_gradient_nothing_moves(step):
    rng = np.random.default_rng(2)
    E = np.eye(6)
    for S in (E[:, :2], frame(rng, 6, 2), frame(rng, 6, 2, complex), frame(rng, 6, 6)):
        across = rng.standard_normal(6)
        for _ in range(3):
            across = across - (S @ (S.conj().T @ across)).real if S.dtype == float else across * 0
        inside = S @ rng.standard_normal(S.shape[1])
        for x in (inside, across, 0 * inside, S[:, 0], 1e-300 * S[:, 1]):
            found = rank_one_geodesic_step(S, x, step)
            np.testing.assert_array_equal(found, S)
            assert found is not S
            assert not np.shares_memory(found, S)
    assert rank_one_geodesic_step(E[:, :0], E[0], step).shape == (6, 0)
    np.testing.assert_array_equal(rank_one_geodesic_step([[1.0]], [2.0], step), [[1.0]])


@pytest.mark.parametrize("outside", [1e-6, 1e-10, 1e-13])
def test_a_long_step_along_what_little_is_outside_stays_orthonormal(outside):
    rng = np.random.default_rng(5)
    Q = frame(rng, 40, 7)
    S, x = Q[:, :6], Q[:, :6] @ rng.standard_normal(6) + outside * Q[:, 6]
    moved = rank_one_geodesic_step(S, x, 1.0 / outside)
    assert np.linalg.norm(moved.T @ moved - np.eye(6)) <= 1e-14


def test_many_steps_in_single_precision_stay_orthonormal():
    rng = np.random.default_rng(3)
    S = frame(rng, 64, 8, np.float32)
    for _ in range(3000):
        S = rank_one_geodesic_step(S, rng.standard_normal(64).astype(np.float32) / 8, 0.3)
    assert S.dtype == np.float32
    # it does not grow with the steps
    assert np.linalg.norm(S.T.astype(float) @ S - np.eye(8)) <= 20 * np.finfo(np.float32).eps


def test_a_trained_subspace_finds_the_one_that_data_come_from():
    rng = np.random.default_rng(4)
    truth, S = frame(rng, 20, 3), frame(rng, 20, 3)
    for _ in range(400):
        S = rank_one_geodesic_step(S, truth @ rng.standard_normal(3), "greedy")
    assert np.linalg.norm(S - truth @ (truth.T @ S)) <= 1e-12


def test_bad_arguments_are_named():
    S = np.eye(5)[:, :2]
    x = np.arange(5.0)
    with pytest.raises(InvalidInputError, match="S is not orthonormal"):
        rank_one_geodesic_step(2.0 * S, x, 0.1)
    skew = S.copy()
    skew[:, 1] = [np.sqrt(0.5), np.sqrt(0.5), 0, 0, 0]
    with pytest.raises(InvalidInputError, match=r"S is not orthonormal.*orth"):
        rank_one_geodesic_step(skew, x, 0.1)
    with pytest.raises(InvalidInputError, match=r"x must have shape \(5,\)"):
        rank_one_geodesic_step(S, x[:4], 0.1)
    with pytest.raises(InvalidInputError, match="greedy"):
        rank_one_geodesic_step(S, x, "greed")
    with pytest.raises(InvalidTypeError, match="step"):
        rank_one_geodesic_step(S, x, None)
    with pytest.raises(InvalidInputError, match="step"):
        rank_one_geodesic_step(S, x, np.nan)
    with pytest.raises(InvalidInputError, match="overflows"):
        rank_one_geodesic_step(S, 1e200 * x, 1e200)
    with pytest.raises(InvalidInputError, match="x is complex"):
        rank_one_geodesic_step(S, 1j * x, 0.1)
