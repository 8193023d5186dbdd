"""Defects that were met in use, each by the input that showed it."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from linsub.errors import ConvergenceError, InvalidTypeError, NumericalError
from linsub.svd import low_rank_error, randomized_svd, single_pass_svd, split_svd, truncated_svd


def frame(rng, m, k):
    return np.linalg.qr(rng.standard_normal((m, k)))[0]


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix, aslinearoperator])
def test_flat_spectra_in_single_precision_converge_with_the_defaults(form):
    # The bound on the residuals allows for rounding, which must not count against the tolerance.
    A = np.random.default_rng(0).standard_normal((1000, 1000)).astype("f4")
    assert truncated_svd(form(A), 1, rng=0).info.converged


@pytest.mark.parametrize("seed", range(6))
def test_lapack_may_return_fewer_pairs_of_a_cluster(seed):
    A = frame(np.random.default_rng(seed), 1400, 300)
    result = truncated_svd(A, 20, rng=0)
    assert result.U.shape == (1400, 20)
    assert np.abs(result.S - 1).max() < 1e-12


@pytest.mark.parametrize("method", ["lanczos", "golub-kahan", "lapack"])
def test_blocks_of_mixed_precision_are_computed_in_the_wider_one(method):
    G = np.random.default_rng(1).standard_normal((400, 200))
    blocks = [G[:200].astype("f4"), G[200:]]
    sigma = np.linalg.svd(np.concatenate(blocks), compute_uv=False)[:10]
    result = truncated_svd(blocks, 10, rng=0, method=method)
    assert np.abs(result.S - sigma).max() < 1e-11
    assert np.all(result.certificate.sigma_lower.value <= sigma)
    whole = truncated_svd(blocks, 200)
    assert float(whole.certificate.frobenius_error) < 1e-10


def test_the_complement_names_the_side_that_it_bounds():
    rng = np.random.default_rng(0)
    A = (frame(rng, 60, 60) * np.arange(1, 61) ** -0.5) @ frame(rng, 200, 60).T
    for B in (A, A.T, np.asfortranarray(A), sparse.csr_matrix(A), sparse.csc_matrix(A)):
        dense = B.toarray() if sparse.issparse(B) else B
        for seed in range(5):
            U, _, Vh = result = randomized_svd(B, 8, n_iter=0, n_oversamples=0, rng=seed)
            bound = result.certificate.complement_norm
            left = {
                "||A (I - V V^H)||_2": dense - dense @ Vh.T @ Vh,
                "||(I - U U^H) A||_2": dense - U @ (U.T @ dense),
            }[bound.of]
            assert np.linalg.norm(left, 2) <= bound.value


@pytest.mark.parametrize("error", [0.0, 1e-10, 1e-7])
def test_an_error_below_what_subtraction_sees_is_met(error):
    rng = np.random.default_rng(2)
    A = rng.standard_normal((200, 150)) @ np.diag(10.0 ** -np.linspace(0, 12, 150))
    U, S, Vh = result = truncated_svd(A, error=error, method="golub-kahan", rng=0)
    assert result.info.converged
    assert np.linalg.norm(A - U * S @ Vh) <= (error + 1e-13) * np.linalg.norm(A)


def test_factors_that_overflow_in_single_precision_have_a_finite_error():
    A = np.random.default_rng(0).standard_normal((60, 40)).astype("f4")
    U, S, Vh = np.linalg.svd(A, full_matrices=False)
    bound = low_rank_error(A, U * np.float32(1e30), S * np.float32(1e10), Vh)
    assert 0.9e40 <= float(bound) / float(np.linalg.norm(S)) < 1.1e40


def test_an_adjoint_that_is_none_is_noticed():
    B = np.random.default_rng(0).standard_normal((300, 200))
    wrong = LinearOperator(
        B.shape, matvec=lambda x: B @ x, rmatvec=lambda y: B.T[::-1] @ y, dtype=float
    )
    for request in ({"error": 0.5}, {"rank": 60}, {"rank": 5}):
        with pytest.raises(ConvergenceError):
            truncated_svd(wrong, rng=0, **request)
    assert "adjoint" in randomized_svd(wrong, 6, rng=0).info.notes[0]
    assert truncated_svd(aslinearoperator(B), 60, rng=0).info.converged


def test_a_split_beyond_the_largest_number_is_refused():
    with pytest.raises(NumericalError, match="power of two"):
        split_svd(np.random.default_rng(0).standard_normal((132, 109)) * 1e307, 5)


def test_arguments_of_odd_types_are_named():
    A = np.eye(5)
    with pytest.raises(InvalidTypeError, match="certify"):
        truncated_svd(A, 3, certify=np.array([1, 2]))
    with pytest.raises(InvalidTypeError, match="dtype='foo'"):
        single_pass_svd([A], A.shape, 3, dtype="foo")


@pytest.mark.parametrize("exponent", [-290, -230, 0, 230, 290])
@pytest.mark.parametrize("method", ["auto", "lanczos"])
def test_what_is_left_out_is_seen_at_any_scale(exponent, method):
    """Squares of squares left the range of numbers, and so did the copy in single precision."""
    rng = np.random.default_rng(exponent + 1000)
    U, _ = np.linalg.qr(rng.standard_normal((29, 24)))
    V, _ = np.linalg.qr(rng.standard_normal((24, 24)))
    s = np.concatenate([np.linspace(2, 1, 5), 1e-12 * 0.8 ** np.arange(19)])
    A = (U * s) @ V.T
    left = np.linalg.svd(A, compute_uv=False)[9]
    options = {"block": 2} if method == "lanczos" else {}
    A = np.ldexp(A, exponent)
    result = truncated_svd(A, 9, method=method, rng=1, on_fail="return", **options)
    bound = np.ldexp(float(result.certificate.complement_norm), -exponent)
    assert left <= bound < 4 * left
    assert np.ldexp(result.S[:5], -exponent) == pytest.approx(s[:5], rel=1e-12)
