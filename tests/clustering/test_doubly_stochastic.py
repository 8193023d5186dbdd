"""The projection and the scaling: feasible, optimal, and refused where there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.clustering import doubly_stochastic_projection, sinkhorn_symmetric
from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError

SEEDS = st.integers(0, 2**20)


def kernel(n, seed):
    K = np.random.default_rng(seed).random((n, n))
    return K + K.T


@given(st.integers(1, 14), SEEDS, st.sampled_from([0.003, 0.1, 1.0, 1e6]))
def test_the_projection_is_feasible_and_nearest(n, seed, eta):
    K = kernel(n, seed)
    A, _ = found = doubly_stochastic_projection(K, eta)
    A = A.toarray()
    assert (A >= 0).all()
    np.testing.assert_array_equal(A, A.T)
    np.testing.assert_allclose(A.sum(axis=1), 1.0, atol=1e-9)
    assert float(found.certificate.row_sums) >= np.abs(A.sum(axis=1) - 1.0).max()
    # The variational inequality <K / eta - A, B - A> <= 0, over permutations.
    rng = np.random.default_rng(seed + 1)
    for _ in range(5):
        B = np.eye(n)[rng.permutation(n)]
        assert np.vdot(K / eta - A, B - A) <= 1e-7 * max(1.0, 1.0 / eta)


@given(st.integers(1, 9), SEEDS)
def test_what_is_doubly_stochastic_already_stays_and_shifts_do_not_matter(n, seed):
    A = sinkhorn_symmetric(kernel(n, seed) + 0.1, tol=1e-13).A
    again = doubly_stochastic_projection(A, 1.0, tol=1e-12).A.toarray()
    np.testing.assert_allclose(again, A, atol=1e-10)
    shifted = doubly_stochastic_projection(A + 0.7, 1.0, tol=1e-12).A.toarray()
    np.testing.assert_allclose(shifted, again, atol=1e-10)


def test_small_eta_gives_a_matching_and_large_eta_the_mean():
    K = np.array([[0.0, 5, 1, 0], [5, 0, 0, 1], [1, 0, 0, 4], [0, 1, 4, 0]])
    matching = doubly_stochastic_projection(K, 1e-3).A.toarray()
    np.testing.assert_allclose(matching, np.eye(4)[[1, 0, 3, 2]], atol=1e-9)
    mean = doubly_stochastic_projection(K, 1e12).A.toarray()
    np.testing.assert_allclose(mean, 0.25, atol=1e-9)
    big = doubly_stochastic_projection(np.kron(np.eye(3), np.ones((500, 500))), 1e-3).A
    np.testing.assert_allclose(big.sum(axis=1), 1.0, atol=1e-9)
    assert big.nnz == 3 * 500 * 500


@given(st.integers(1, 12), SEEDS, st.sampled_from([1e-300, 1.0, 1e300]))
def test_scaling_is_of_the_form_and_blind_to_scale(n, seed, scale):
    K = kernel(n, seed) * np.exp(-3.0 * np.random.default_rng(seed).random((n, 1)))
    K = 0.5 * (K + K.T)
    A, u = found = sinkhorn_symmetric(K, tol=1e-12)
    np.testing.assert_allclose(A, u[:, None] * K * u, rtol=1e-10)
    np.testing.assert_allclose(A.sum(axis=1), 1.0, atol=1e-11)
    assert float(found.certificate.row_sums) >= np.abs(A.sum(axis=1) - 1.0).max()
    np.testing.assert_allclose(sinkhorn_symmetric(K * scale, tol=1e-12).A, A, rtol=1e-8)
    by_log = sinkhorn_symmetric(log_kernel=np.log(K) + 1e4, tol=1e-12)
    np.testing.assert_allclose(by_log.A, A, rtol=1e-8)
    np.testing.assert_allclose(by_log.multipliers, np.log(u) - 5e3, atol=1e-8)


def test_no_total_support_is_found_out_and_the_best_is_kept():
    star = np.array([[0.0, 1, 1], [1, 0, 0], [1, 0, 0]])
    with pytest.raises(ConvergenceError, match="total support") as caught:
        sinkhorn_symmetric(star)
    assert caught.value.result.info.converged is False
    assert float(caught.value.result.certificate.row_sums) > 0.3
    with pytest.raises(InvalidInputError, match="row 1 of K is zero"):
        sinkhorn_symmetric(np.diag([1.0, 0.0]))
    with pytest.raises(ConvergenceError, match="raise eta or maxiter"):
        doubly_stochastic_projection(kernel(30, 0), 1e-3, maxiter=1)


@pytest.mark.parametrize("function", [doubly_stochastic_projection, sinkhorn_symmetric])
def test_bad_kernels_are_named(function):
    with pytest.raises(InvalidInputError, match="K is not symmetric"):
        function(np.array([[1.0, 2.0], [0.0, 1.0]]))
    with pytest.raises(InvalidInputError, match="K must be square"):
        function(np.ones((2, 3)))
    with pytest.raises(InvalidInputError, match="K must be square"):
        function(np.ones((0, 0)))
    with pytest.raises(InvalidTypeError, match="K is complex"):
        function(np.eye(2) * 1j)
    with pytest.raises(InvalidInputError, match="tol"):
        function(np.eye(2), tol=0.0)
    if function is sinkhorn_symmetric:
        with pytest.raises(InvalidInputError, match="negative"):
            function(-np.eye(2))
        with pytest.raises(InvalidInputError, match="give K or log_kernel, got both"):
            function(np.eye(2), log_kernel=np.eye(2))
