"""strong_rrqr and maxvol beyond what their claims cover."""

import itertools

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.selection import maxvol, strong_rrqr


def kahan(n, c=0.4359):
    s = np.sqrt(1 - c * c)
    return np.diag(s ** np.arange(n)) @ (np.eye(n) - c * np.triu(np.ones((n, n)), 1))


def test_kahans_matrix_makes_it_swap():
    n = 60
    # The perturbation of the diagonal keeps rounding from deciding the pivots.
    A = kahan(n) * (1 - 1e-12 * np.arange(n))
    k = n - 1
    found = strong_rrqr(A, k)
    assert found.info.iterations > 0
    assert np.abs(found.T).max() <= 1.5
    sigma = np.linalg.svd(A, compute_uv=False)
    R11 = found.R[:k, :k]
    least = np.linalg.svd(R11, compute_uv=False)[-1]
    assert least >= sigma[k - 1] / float(found.certificate.factor)
    assert least > 0.5 * sigma[k - 1]
    assert float(found.certificate.trailing_error) < 2 * sigma[-1] + 1e-12


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_factors_multiply_back(dtype, scale):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((9, 14)) * scale
    if np.dtype(dtype).kind == "c":
        A = A + 1j * rng.standard_normal((9, 14)) * scale
    A = A.astype(dtype)
    Q, R, order, T = found = strong_rrqr(A, 5)
    eps = np.finfo(dtype).eps
    assert Q.dtype == R.dtype == T.dtype == dtype
    np.testing.assert_allclose(Q @ R, A[:, order], atol=100 * eps * scale)
    np.testing.assert_allclose(A[:, order[:5]] @ T + Q[:, 5:] @ R[5:, 5:], A[:, order[5:]],
                               atol=1000 * eps * scale)  # fmt: skip
    assert float(found.certificate.residual) <= 1000 * eps * scale
    assert np.array_equal(np.sort(order), np.arange(14))
    assert not np.tril(R, -1).any()


def test_numerical_rank_is_named():
    A = np.outer(np.arange(1.0, 6.0), np.ones(4))
    with pytest.raises(InvalidInputError, match="numerical rank 1"):
        strong_rrqr(A, 2)
    with pytest.raises(InvalidInputError, match="numerical rank 1"):
        maxvol(A[:, :2])
    with pytest.raises(InvalidInputError, match="U.T"):
        maxvol(A.T)
    with pytest.raises(InvalidInputError, match="f must"):
        maxvol(A[:, :1], 0.5)
    with pytest.raises(InvalidInputError, match="f must"):
        strong_rrqr(A, 1, 0.99)


def test_maxvol_with_f_one_is_a_local_maximum():
    U = np.random.default_rng(2).standard_normal((12, 3))
    S, _ = maxvol(U, 1.0)
    best = abs(np.linalg.det(U[S]))
    for j, i in itertools.product(range(3), range(12)):
        other = S.copy()
        other[j] = i
        assert abs(np.linalg.det(U[other])) <= best * (1 + 1e-7)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_the_size_of_columns_does_not_matter(scale):
    U = np.random.default_rng(3).standard_normal((30, 4))
    a = maxvol(U)
    b = maxvol(U * np.array([1.0, scale, 1.0, scale]))
    np.testing.assert_array_equal(np.sort(a.indices), np.sort(b.indices))
    assert float(b.certificate.residual) < 1e-11


def test_swaps_are_made_and_counted():
    U = np.random.default_rng(4).standard_normal((400, 25))
    found = maxvol(U, 1.0)
    assert found.info.iterations > 0
    truth = U @ np.linalg.inv(U[found.indices])
    assert np.abs(truth).max() <= 1 + 1e-7
    np.testing.assert_allclose(found.W, truth, atol=1e-11)


def test_no_columns():
    assert maxvol(np.zeros((5, 0))).indices.shape == (0,)
    Q, R, _, T = strong_rrqr(np.ones((3, 4)), 0)
    assert T.shape == (0, 4)
    np.testing.assert_allclose(Q @ R, np.ones((3, 4)), atol=1e-15)
