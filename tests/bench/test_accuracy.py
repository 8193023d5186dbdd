"""The judge, on answers whose errors are known."""

import numpy as np
import pytest
import scipy.sparse as sp

from linsub.bench import SVDJudge, spectrum_matrix


@pytest.fixture(scope="module")
def problem():
    A, sigma = spectrum_matrix(60, 40, "0.95^i")
    return A, sigma, np.linalg.svd(A, full_matrices=False)


def cut(triple, k):
    U, S, Vh = triple
    return U[:, :k], S[:k], Vh[:k]


def test_a_right_answer_has_errors_of_rounding(problem):
    A, sigma, exact = problem
    for matrix in (A, sp.csr_array(A)):
        errors = SVDJudge(matrix, 5, sigma)(cut(exact, 5))
        assert errors["missed"] == 0.0
        assert max(errors.values()) < 1e-12


def test_each_error_is_seen(problem):
    A, sigma, exact = problem
    judge = SVDJudge(A, 5, sigma)
    U, S, Vh = cut(exact, 5)
    assert judge((U, S * 1.01, Vh))["sigma"] == pytest.approx(0.01)
    assert judge((U * 1.01, S, Vh))["orthogonality"] == pytest.approx(0.0201)
    errors = judge((U, S, -Vh))
    assert errors["residual"] == pytest.approx(2.0, rel=1e-6)
    assert errors["sigma"] < 1e-12
    zero = judge((U, 0.0 * S, Vh))
    tail = np.linalg.norm(sigma[5:])
    assert zero["excess"] == pytest.approx(np.linalg.norm(sigma) / tail - 1.0)


def test_order_does_not_matter_and_missing_triplets_do(problem):
    A, sigma, exact = problem
    judge = SVDJudge(A, 5, sigma)
    U, S, Vh = cut(exact, 5)
    assert judge((U[:, ::-1], S[::-1], Vh[::-1]))["sigma"] < 1e-12
    assert judge(cut(exact, 4))["sigma"] == pytest.approx(1.0)


def test_a_skipped_value_with_perfect_residuals_is_flagged(problem):
    A, sigma, (U, S, Vh) = problem
    kept = [0, 1, 3, 4, 5]
    errors = SVDJudge(A, 5, sigma)((U[:, kept], S[kept], Vh[kept]))
    assert errors["residual"] < 1e-12
    assert errors["missed"] == 1.0


def test_an_unconverged_answer_is_inaccurate_but_misses_nothing(problem):
    A, sigma, _ = problem
    Q = np.linalg.qr(A @ np.random.default_rng(0).standard_normal((40, 8)))[0]
    U, S, Vh = np.linalg.svd(Q.T @ A, full_matrices=False)
    errors = SVDJudge(A, 5, sigma)((Q @ U[:, :5], S[:5], Vh[:5]))
    assert errors["sigma"] > 1e-3
    assert errors["missed"] == 0.0


def test_sparse_and_dense_agree_on_the_excess(problem):
    A, sigma, exact = problem
    U, S, Vh = cut(exact, 5)
    wrong = (U, S * 0.7, Vh)
    dense = SVDJudge(A, 5, sigma)(wrong)["excess"]
    assert SVDJudge(sp.csr_array(A), 5, sigma)(wrong)["excess"] == pytest.approx(dense)


def test_without_a_reference_the_residual_is_known(problem):
    A, _, exact = problem
    assert set(SVDJudge(A, 5, None)(cut(exact, 5))) == {"residual", "orthogonality"}


def test_zero_matrices_nan_answers_and_complex_ones():
    zero = np.zeros((6, 4))
    errors = SVDJudge(zero, 2, np.zeros(4))((np.eye(6, 2), np.zeros(2), np.eye(2, 4)))
    assert max(errors.values()) == 0.0
    nan = SVDJudge(zero, 2, np.zeros(4))((np.full((6, 2), np.nan), np.zeros(2), np.eye(2, 4)))
    assert np.isnan(nan["orthogonality"])
    A = np.random.default_rng(0).standard_normal((2, 9, 7)) * np.array([1, 1j])[:, None, None]
    A = A.sum(axis=0)
    exact = np.linalg.svd(A, full_matrices=False)
    assert max(SVDJudge(A, 3, exact[1])(cut(exact, 3)).values()) < 1e-12


def test_float32_is_held_to_its_own_rounding(problem):
    A = problem[0].astype(np.float32)
    assert SVDJudge(A, 5, None).floor == pytest.approx(1.2e-5, rel=0.01)
