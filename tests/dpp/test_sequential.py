"""Samples item by item: Hermitian or not, low rank, greedy sets and chains."""

import numpy as np
import pytest

from linsub.dpp import (
    KDPP,
    dpp_map_greedy,
    dpp_mcmc,
    sequential_dpp,
    sequential_dpp_lowrank,
)
from linsub.errors import InvalidInputError, InvalidTypeError
from tests.dpp.law import FALSE_ALARM, check_law, p_values, subsets

R = 8_000


def marginal(cplx, symmetric, seed=0):
    """Return Z, X and the marginal kernel of L = Z X Z^H, with X + X^H positive definite."""
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((6, 4))
    Z = Z + 1j * rng.standard_normal((6, 4)) if cplx else Z
    G = 0.7 * rng.standard_normal((4, 4))
    X = 0.3 * np.eye(4) + (0.0 if symmetric else 1.0) * (G - G.T)
    L = Z @ X @ Z.conj().T
    return Z, X, L @ np.linalg.inv(np.eye(6) + L)


def law_of(K):
    sets = subsets(K.shape[0])
    out = [np.diag([float(i not in S) for i in range(K.shape[0])]) for S in sets]
    return {S: abs(np.linalg.det(K - D)) for S, D in zip(sets, out, strict=True)}


@pytest.mark.parametrize(("cplx", "symmetric"), [(False, True), (False, False), (True, True)])
def test_samples_follow_the_law(cplx, symmetric):
    Z, X, K = marginal(cplx, symmetric)
    law = law_of(K)
    W = X @ np.linalg.inv(np.eye(4) + Z.conj().T @ Z @ X)
    np.testing.assert_allclose(Z @ W @ Z.conj().T, K, atol=1e-12)
    drawn = sequential_dpp(K, n_samples=R, rng=1)
    slim = sequential_dpp_lowrank(Z, W, n_samples=R, rng=1)
    check_law([S for S, _ in drawn], law)
    for made, same in zip(drawn, slim, strict=True):
        np.testing.assert_array_equal(made.indices, same.indices)
    for S, log_probability in drawn[:200]:
        assert np.exp(log_probability) == pytest.approx(law[tuple(S.tolist())], rel=1e-8)


def test_a_pivot_that_stays_as_it_was_is_noticed():
    _, _, K = marginal(False, True)
    rng = np.random.default_rng(0)
    wrong = []
    for _ in range(R):
        A, S = K.copy(), []
        for j in range(6):
            if rng.random() < A[j, j]:
                S.append(j)
            A[j + 1 :, j + 1 :] -= np.outer(A[j + 1 :, j], A[j, j + 1 :]) / A[j, j]
        wrong.append(S)
    assert p_values(wrong, law_of(K))[0] < FALSE_ALARM / 2


@pytest.mark.parametrize("m", [0, 1, 60, 199, 200])
def test_projections_give_exactly_their_rank(m):
    U = np.linalg.qr(np.random.default_rng(m).standard_normal((200, 200)))[0][:, :m]
    for S, log_probability in sequential_dpp(U @ U.T, n_samples=2, rng=0):
        assert S.size == m
        sign, value = np.linalg.slogdet(U[S])
        assert sign != 0
        assert log_probability == pytest.approx(2 * value, abs=1e-6)


def test_kernels_that_are_none():
    with pytest.raises(InvalidInputError, match=r"K has the eigenvalue 1\.2"):
        sequential_dpp(np.diag([0.5, 1.2]))
    with pytest.raises(InvalidInputError, match=r"K has the eigenvalue -0\.1"):
        sequential_dpp(np.diag([0.5, -0.1]))
    with pytest.raises(InvalidInputError, match=r"off \[0, 1\] by 0\.5"):
        sequential_dpp([[1.5, 0.3], [-0.3, 0.5]])
    with pytest.raises(InvalidInputError, match=r"off \[0, 1\]"):
        sequential_dpp_lowrank(np.eye(2), 2.0 * np.eye(2))
    with pytest.raises(InvalidInputError, match="W has shape"):
        sequential_dpp_lowrank(np.eye(3), np.eye(2))
    with pytest.raises(InvalidInputError, match="square"):
        sequential_dpp(np.ones((2, 3)))
    with pytest.raises(InvalidInputError, match="n_samples"):
        sequential_dpp(np.eye(2), n_samples=-1)


def test_numbers_that_overflow_are_no_kernel():
    K = np.random.default_rng(3).standard_normal((5, 5))
    skew = K - K.T + 0.5e-200 * np.eye(5)
    for scale in (1e200, 1e250):
        with pytest.raises(InvalidInputError, match="no marginal kernel"):
            sequential_dpp_lowrank(np.eye(5), scale * skew, rng=0)
    huge = np.array([[1.7e308, 1.7e308], [1.7e308, 1.7e308]])
    with pytest.raises(InvalidInputError, match="K has the eigenvalue"):
        sequential_dpp(huge)
    huge[0, 1] *= -1.0
    with pytest.raises(InvalidInputError, match="no marginal kernel"):
        sequential_dpp(huge)


@pytest.mark.parametrize("m", [10, 200, 399])
def test_projections_rounded_to_single_precision_are_kernels(m):
    U = np.linalg.qr(np.random.default_rng(m).standard_normal((400, m)).astype("f"))[0]
    assert sequential_dpp(U @ U.T, rng=0).indices.size == m
    assert sequential_dpp_lowrank(U, np.eye(m, dtype="f"), rng=0).indices.size == m


def test_kernels_rounded_to_single_precision_have_their_rank():
    B = np.random.default_rng(1).standard_normal((60, 20)).astype("f")
    assert dpp_map_greedy(B @ B.T).indices.size == 20
    with pytest.raises(InvalidInputError, match="k is 21 and the numerical rank 20"):
        dpp_map_greedy(B @ B.T, k=21)
    with pytest.raises(InvalidInputError, match="k is 21 and the numerical rank 20"):
        dpp_mcmc(B @ B.T, 21, 3)
    one = np.array([[0.3], [0.7], [0.9]], "f")
    for pair in ([0, 1], [0, 2], [1, 2]):
        with pytest.raises(InvalidInputError, match="determinant zero"):
            dpp_mcmc(one @ one.T, 2, 3, init=pair)


def test_smallest_kernels():
    assert sequential_dpp(np.zeros((0, 0))).indices.size == 0
    assert sequential_dpp([[1.0]]).indices.tolist() == [0]
    assert sequential_dpp([[0.0]]).indices.size == 0
    assert sequential_dpp_lowrank(np.zeros((3, 0)), np.zeros((0, 0))).indices.size == 0
    assert sequential_dpp(np.eye(2), n_samples=0) == []


@pytest.mark.parametrize("cplx", [False, True])
@pytest.mark.parametrize("scale", [1e-290, 1e-150, 1.0, 1e150, 1e290])
def test_greedy_sets_are_pivots_and_scale_with_the_kernel(scale, cplx):
    rng = np.random.default_rng(4)
    B = rng.standard_normal((12, 5)) + (1j * rng.standard_normal((12, 5)) if cplx else 0.0)
    L = B @ B.conj().T
    plain, scaled = dpp_map_greedy(L, k=5), dpp_map_greedy(scale * L, k=5)
    np.testing.assert_array_equal(plain.indices, scaled.indices)
    np.testing.assert_allclose(scaled.gains / scale, plain.gains, rtol=1e-12)
    assert (np.diff(plain.gains) <= 1e-12).all()
    sub = L[np.ix_(plain.indices, plain.indices)]
    assert np.prod(plain.gains) == pytest.approx(np.linalg.det(sub).real, rel=1e-9)
    slim = dpp_map_greedy(features=B, k=5)
    np.testing.assert_array_equal(plain.indices, slim.indices)
    np.testing.assert_allclose(plain.gains, slim.gains, rtol=1e-9)
    for t in range(1, 5):  # each is the best next one
        S = list(plain.indices[:t])
        dets = [np.linalg.det(L[np.ix_([*S, j], [*S, j])]).real for j in range(12)]
        assert dets[plain.indices[t]] == pytest.approx(max(dets), rel=1e-9)


def test_greedy_sets_end():
    assert dpp_map_greedy(np.diag([3.0, 0.5, 2.0, 1.0])).indices.tolist() == [0, 2]
    assert dpp_map_greedy(np.zeros((3, 3))).indices.size == 0
    assert dpp_map_greedy(np.zeros((0, 0))).indices.size == 0
    assert dpp_map_greedy(features=2.0 * np.eye(3)).gains.tolist() == [4.0, 4.0, 4.0]
    assert dpp_map_greedy(features=1e200 * np.eye(3)).indices.size == 3
    assert dpp_map_greedy(features=1e-200 * np.eye(3)).indices.size == 0
    B = np.ones((4, 2))
    for given in ({"L": B @ B.T}, {"features": B}):
        with pytest.raises(InvalidInputError, match="k is 2 and the numerical rank 1"):
            dpp_map_greedy(**given, k=2)
    with pytest.raises(InvalidInputError, match="give one of L and features"):
        dpp_map_greedy()
    with pytest.raises(InvalidInputError, match="give one of L and features"):
        dpp_map_greedy(B @ B.T, features=B)
    with pytest.raises(InvalidInputError, match="not positive semidefinite"):
        dpp_map_greedy([[1.0, 2.0], [2.0, 1.0]], k=2)


def test_graded_features_keep_their_small_items():
    B = np.diag([1.0, 1e-6, 1e-12])
    assert dpp_map_greedy(features=B, k=3).gains == pytest.approx([1.0, 1e-12, 1e-24], rel=1e-9)


@pytest.mark.parametrize("cplx", [False, True])
@pytest.mark.parametrize("kernel", ["down-up", "exchange"])
def test_a_chain_keeps_the_law(kernel, cplx):
    rng = np.random.default_rng(0)
    B = rng.standard_normal((5, 4)) + (1j * rng.standard_normal((5, 4)) if cplx else 0.0)
    L = B @ B.conj().T
    sets = subsets(5, [2])
    P = np.array([np.linalg.det(L[np.ix_(S, S)]).real for S in sets])
    # Far apart in the chain: nearly independent, of which the test asks.
    apart = {"down-up": 8, "exchange": 30}[kernel]
    states = dpp_mcmc(L, 2, 500 * apart, kernel=kernel, rng=0)[::apart]
    check_law(states[1:], dict(zip(sets, P / P.sum(), strict=True)))


def test_chains_are_reproducible_and_stay_within_what_has_volume():
    L = np.kron(np.eye(2), np.ones((2, 2)))
    states = dpp_mcmc(L, 2, 50, rng=1)
    np.testing.assert_array_equal(states, dpp_mcmc(L, 2, 50, rng=1))
    assert all({i // 2 for i in S} == {0, 1} for S in states.tolist())
    assert dpp_mcmc(L, 2, 0).shape == (0, 2)
    assert dpp_mcmc(np.eye(3), 3, 4, kernel="exchange").tolist() == [[0, 1, 2]] * 4
    assert np.isfinite(KDPP(L, 2).logpmf(states[-1]))
    start = np.array([0, 2])
    dpp_mcmc(L, 2, 5, init=start, rng=0)
    assert start.tolist() == [0, 2]


def test_chains_that_cannot_start():
    L = np.kron(np.eye(2), np.ones((2, 2)))
    with pytest.raises(InvalidInputError, match="determinant zero"):
        dpp_mcmc(L, 2, 5, init=[0, 1])
    with pytest.raises(InvalidInputError, match="init has 1 items"):
        dpp_mcmc(L, 2, 5, init=[0])
    with pytest.raises(InvalidInputError, match="numerical rank 2"):
        dpp_mcmc(L, 3, 5)
    with pytest.raises(InvalidInputError, match="kernel"):
        dpp_mcmc(L, 2, 5, kernel="up-down")
    with pytest.raises(InvalidInputError, match="init"):
        dpp_mcmc(L, 2, 5, init="random")
    with pytest.raises(InvalidTypeError, match="k must be"):
        dpp_mcmc(L, None, 5)
