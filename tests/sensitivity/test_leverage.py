"""Exact leverage scores: any scale, rank, layout and type, against SVD and exact arithmetic."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import sparse

from linsub.errors import InvalidInputError, NonFiniteError, RankDeficientError
from linsub.sensitivity import leverage_scores
from linsub.testing import strategies

METHODS = ("auto", "sketch", "qr")


def reference(A):
    """Scores by 60 digits, for A of full column rank."""
    with mpmath.workdps(60):
        M = mpmath.matrix(A.tolist())
        G = (M.H * M) ** -1
        return np.array([float(mpmath.re((M[i, :] * G * M[i, :].H)[0])) for i in range(len(A))])


def rotated(n, d, digits, rng):
    """Heavy-tailed scores, singular values down to 10^-digits, and columns that are mixtures."""
    U = np.linalg.qr(rng.standard_t(2, (n, d)))[0]
    V = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return (U * np.logspace(0, -digits, d)) @ V.T, np.square(U).sum(axis=1)


@settings(max_examples=25)
@given(A=strategies.matrices(max_side=10, dtypes="dD"))
def test_what_holds_of_every_matrix(A):
    before = A.copy()
    scores, rank = leverage_scores(A)
    assert scores.shape == (A.shape[0],)
    assert scores.dtype == np.float64
    assert ((scores >= 0.0) & (scores <= 1.0)).all()
    assert 0 <= rank <= min(A.shape)
    np.testing.assert_allclose(scores.sum(), rank, atol=1e-3 if rank else 0.0)
    assert not scores[~A.any(axis=1)].any()
    np.testing.assert_array_equal(A, before)


@pytest.mark.parametrize("method", METHODS)
def test_rotated_data_of_condition_1e10(method):
    A, tau = rotated(5000, 30, 10, np.random.default_rng(0))
    found = leverage_scores(A, method=method)
    assert found.rank == 30
    assert (np.abs(found.scores - tau) / tau).max() < 1e-5
    error = found.certificate.relative_error
    assert error is None or (np.abs(found.scores - tau) / tau).max() <= error.value


def test_columns_of_any_units():
    rng = np.random.default_rng(1)
    A = rng.standard_t(3, (300, 12))
    tau, _ = leverage_scores(A)
    found, rank = leverage_scores(A * np.logspace(-290, 290, 12))
    assert rank == 12
    assert (np.abs(found - tau) / tau).max() < 1e-12


def test_powers_of_two_change_no_bit():
    A = np.random.default_rng(2).standard_normal((50, 5))
    tau, _ = leverage_scores(A)
    for power in (-1000, -60, 60, 1000):
        np.testing.assert_array_equal(leverage_scores(np.ldexp(A, power)).scores, tau)


def test_small_scores_have_all_their_digits():
    rng = np.random.default_rng(3)
    A = rng.standard_normal((12, 3)) * np.exp(rng.uniform(-12, 12, (12, 1)))
    tau = reference(A)
    for method in METHODS:
        found = leverage_scores(A, method=method)
        off = (np.abs(found.scores - tau) / tau).max()
        assert off <= found.certificate.relative_error.value < 1e-3
        assert off < 1e-8


def test_deficient_columns_have_the_scores_of_the_range():
    rng = np.random.default_rng(4)
    B = rng.standard_normal((9000, 6))
    tau = np.square(np.linalg.qr(B)[0]).sum(axis=1)
    A = np.hstack([B[:, :3], np.zeros((9000, 2)), B @ rng.standard_normal((6, 5)), B[:, 3:]])
    for method in METHODS:
        found = leverage_scores(A * np.logspace(-3, 3, 13), method=method)
        assert found.rank == 6
        np.testing.assert_allclose(found.scores, tau, rtol=1e-9)
        assert found.certificate.relative_error is None
        assert found.certificate.neglected.value < 1e-12
    with pytest.raises(RankDeficientError, match="method='auto'"):
        leverage_scores(A, method="gram")


def test_a_sketch_that_loses_a_direction_is_noticed():
    # A single row, far from all others, that carries a direction of its own.
    A = np.zeros((20000, 3))
    A[:, 0] = 1.0
    A[7, 1] = A[11, 2] = 1e-9
    A[11, 1] = 1e-9
    scores, rank = leverage_scores(A, method="sketch")
    assert rank == 3
    np.testing.assert_allclose(scores[[7, 11]], 1.0, rtol=1e-9)


def test_conjugates_where_rows_are_complex():
    rng = np.random.default_rng(5)
    A = rng.standard_normal((40, 4)) + 1j * rng.standard_normal((40, 4))
    A[:, 3] = A[:, 0] + 1e-7 * A[:, 3]
    tau = reference(A)
    for method in METHODS:
        np.testing.assert_allclose(leverage_scores(A, method=method).scores, tau, rtol=1e-7)


@pytest.mark.parametrize("scale", [1.0, 1e-170, 1e170])
def test_sparse_rows_are_as_dense_ones(scale):
    keep = sparse.diags_array(np.where(np.arange(20) == 3, 0.0, scale))
    A = sparse.csr_array(sparse.random_array((500, 20), density=0.1, rng=0)) @ keep
    for made in (A.tocsr(), A.tocsc(), A.tocoo()):
        found, rank = leverage_scores(made)
        np.testing.assert_allclose(found, leverage_scores(A.toarray()).scores, rtol=1e-11)
        assert rank == 19
    deficient = sparse.hstack([A, A]).tocsr()
    assert leverage_scores(deficient).rank == 19
    A.data[3] = np.nan
    with pytest.raises(NonFiniteError, match="nan"):
        leverage_scores(A)


def test_single_precision_is_computed_in_double():
    A = rotated(400, 8, 3, np.random.default_rng(6))[0].astype(np.float32)
    found = leverage_scores(A)
    np.testing.assert_allclose(found.scores, leverage_scores(A.astype(float)).scores, rtol=1e-12)
    tiny = np.full((3, 2), np.float32(1e-45))
    np.testing.assert_allclose(leverage_scores(tiny).scores, 1.0 / 3.0, rtol=1e-12)


@pytest.mark.parametrize("ridge", [1e-6, 1.0, 1e200])
def test_ridge(ridge):
    rng = np.random.default_rng(7)
    A = rng.standard_normal((30, 5)) * np.sqrt(ridge)
    A[:, 4] = A[:, 3]
    M = A.T @ A / ridge + np.eye(5)
    expected = np.einsum("ij,ij->i", A / ridge, np.linalg.solve(M, A.T).T)
    for form in (A, sparse.csr_array(A)):
        found = leverage_scores(form, ridge=ridge)
        np.testing.assert_allclose(found.scores, expected, rtol=1e-10)
        assert found.rank == 5


@pytest.mark.parametrize("exponent", [0, 250])
def test_scores_of_the_best_approximation(exponent):
    rng = np.random.default_rng(8)
    A = (rng.standard_normal((60, 6)) * np.array([9.0, 5.0, 3.0, 1.0, 0.5, 0.1])).dot(
        np.linalg.qr(rng.standard_normal((6, 6)))[0]
    )
    A = np.hstack([A, A[:, :1] + A[:, 1:2], 1e-140 * A[:, 2:3] if exponent else A[:, 2:3]])
    U = np.linalg.svd(A, full_matrices=False)[0]
    for k in (1, 3, 6, 8):
        found = leverage_scores(A * 10.0**exponent, rank=k)
        expected = np.square(U[:, : min(k, 6)]).sum(axis=1)
        np.testing.assert_allclose(found.scores, expected, atol=1e-11)
        assert found.rank == min(k, 6)
    with pytest.raises(InvalidInputError, match="ridge"):
        leverage_scores(A, rank=2, ridge=1.0)


@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (0, 0), (5, 2)])
def test_nothing_has_no_leverage(shape):
    found = leverage_scores(np.zeros(shape))
    assert found.rank == 0
    assert found.scores.shape == shape[:1]
    assert not found.scores.any()


def test_fewer_rows_than_columns():
    found = leverage_scores(np.random.default_rng(9).standard_normal((3, 7)))
    np.testing.assert_allclose(found.scores, 1.0, rtol=1e-12)
    assert found.rank == 3
    assert leverage_scores([[0.5]]).scores.tolist() == [1.0]


def test_rcond_decides_the_rank():
    A = np.array([[1.0, 1.0], [1.0, 1.0], [1e-6, 0.0]])
    assert leverage_scores(A).rank == 2
    found = leverage_scores(A, rcond=1e-3)
    assert found.rank == 1
    np.testing.assert_allclose(found.scores, [0.5, 0.5, 0.0], atol=1e-6)


def test_scores_of_rounding_are_refused():
    X = np.random.default_rng(10).standard_normal((30, 4))
    for A in (np.ones((6, 3)), X[:, [0, 0, 1, 1]], np.repeat(X[:3], 10, axis=0)):
        with pytest.raises(RankDeficientError, match="rcond"):
            leverage_scores(A, rcond=0.0)


def test_arguments_out_of_range_are_named():
    A = np.ones((3, 2))
    for options in ({"ridge": -1.0}, {"rank": 0}, {"method": "svd"}, {"rcond": 1.0}):
        with pytest.raises(InvalidInputError, match=next(iter(options))):
            leverage_scores(A, **options)
