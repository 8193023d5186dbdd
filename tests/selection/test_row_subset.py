"""row_subset: its law, its theorems on hard matrices, and what it refuses."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, NonFiniteError
from linsub.results import Bound
from linsub.selection import bounds, row_subset
from tests.dpp.law import check_law

METHODS = ("arp", "osinsky", "volume", "cpqr", "srrqr")


def matrix(m, n, decay=0.5, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    parts = [np.linalg.qr(rng.standard_normal((s, min(m, n))))[0] for s in (m, n)]
    if np.dtype(dtype).kind == "c":
        parts = [np.linalg.qr(x + 1j * rng.standard_normal(x.shape))[0] for x in parts]
    return ((parts[0] * decay ** np.arange(min(m, n))) @ parts[1].conj().T).astype(dtype)


def laws(A, Q, k):
    """Enumerated laws of the two methods that draw."""
    sets = list(itertools.combinations(range(len(A)), k))
    for X in (Q, A):
        mass = np.array([np.linalg.det(X[list(S)] @ X[list(S)].conj().T).real for S in sets])
        yield dict(zip(sets, mass / mass.sum(), strict=True))


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_rows_are_drawn_with_their_law(dtype):
    A = matrix(6, 5, 0.6, dtype=dtype)
    Q = np.linalg.svd(A)[0][:, :2]
    of_rows, of_volumes = laws(A, Q, 2)
    rng = np.random.default_rng(8)
    check_law([row_subset(A, 2, rng=rng).indices for _ in range(1000)], of_rows)
    check_law([row_subset(A, 2, method="volume", rng=rng).indices for _ in range(1000)], of_volumes)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_the_record_says_what_it_is(method, dtype):
    A = matrix(30, 20, dtype=dtype)
    before = A.copy()
    found = row_subset(A, 6, method=method, rng=0)
    S, W = found
    assert S.dtype == np.int64
    assert W.dtype == dtype
    assert len(set(S.tolist())) == 6
    np.testing.assert_array_equal(A, before)
    np.testing.assert_array_equal(W[S], np.eye(6))
    truth = np.linalg.norm(A.astype(complex) - W.astype(complex) @ A[S].astype(complex))
    certified = float(found.certificate.frobenius_error)
    assert truth <= certified <= truth * (1 + 1e-6) + 1e-12
    assert 0 < found.certificate.relative_error < 0.2
    assert found.info.method == method
    for _, bound in found.certificate.bounds():
        assert isinstance(bound, Bound)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("exponent", [-900, -300, 300, 900])
def test_powers_of_two_change_nothing_but_the_unit(method, exponent):
    A = matrix(15, 12)
    scaled = np.ldexp(A, exponent)
    a, b = row_subset(A, 4, method=method, rng=5), row_subset(scaled, 4, method=method, rng=5)
    np.testing.assert_array_equal(a.indices, b.indices)
    np.testing.assert_allclose(a.W, b.W, rtol=1e-9, atol=1e-11)
    error = np.ldexp(float(b.certificate.frobenius_error), -exponent)
    assert error == pytest.approx(float(a.certificate.frobenius_error), rel=1e-9)


@given(
    seed=st.integers(0, 10**6),
    shape=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    kind=st.sampled_from(["generic", "low rank", "duplicates", "zero rows", "ties", "graded"]),
    scale=st.sampled_from([1e-300, 1e-150, 1.0, 1e150, 1e300]),
    is_complex=st.booleans(),
)
def test_osinsky_is_certain(seed, shape, kind, scale, is_complex):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal(shape)
    if is_complex:
        A = A + 1j * rng.standard_normal(shape)
    if kind == "low rank":
        A = A[:, :1] @ A[:1]
    if kind == "duplicates":
        A[1::2] = A[: len(A[1::2])]
    if kind == "zero rows":
        A[::2] = 0.0
    if kind == "ties":
        A = np.sign(A.real)
    if kind == "graded":
        A = A * 10.0 ** rng.uniform(-15, 0, (shape[0], 1))
    A = A / np.abs(A).max() if A.any() else A
    sigma = np.linalg.svd(A, compute_uv=False)
    rank = int((sigma > 1e-11 * sigma[0]).sum()) if sigma[0] > 0 else 0
    k = int(rng.integers(0, rank + 1))
    S, W = found = row_subset(A * scale, k, method="osinsky")
    error = np.linalg.norm(A - W @ A[S])
    rounding = 1e-12 * (1 + np.linalg.norm(W)) * sigma[0]
    assert error <= bounds.subset_factor(k) * np.linalg.norm(sigma[k:]) + rounding
    assert len(set(S.tolist())) == k
    certificate = found.certificate
    assert error <= float(certificate.frobenius_error) / scale * (1 + 1e-12) + rounding
    assert float(certificate.frobenius_error) <= float(certificate.error_bound) * (1 + 1e-12)
    # The floor keeps the weights of a matrix of low rank from blowing up.
    assert np.abs(W).max(initial=0) <= 1e8


@pytest.mark.parametrize("method", ["arp", "osinsky", "cpqr", "srrqr"])
def test_projection_is_never_worse(method):
    A = matrix(25, 18, 0.7, seed=2)
    Q = np.linalg.svd(A)[0][:, :5]
    errors = [
        float(row_subset(A, 5, method=method, Q=Q, interp=i, rng=3).certificate.frobenius_error)
        for i in ("oblique", "projection")
    ]
    assert errors[1] <= errors[0] * (1 + 1e-12)
    assert errors[1] >= np.linalg.norm(np.linalg.svd(A)[1][5:])


def test_any_basis_has_the_factor_over_its_own_error():
    A = matrix(20, 20, 0.8)
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((20, 4)))[0]
    certificate = row_subset(A, 4, Q=Q, method="osinsky").certificate
    own = np.linalg.norm(A - Q @ (Q.T @ A))
    assert float(certificate.projection_error) == pytest.approx(own, rel=1e-12)
    assert float(certificate.frobenius_error) <= np.sqrt(5) * own
    # More rows than columns of A: a given Q may have any number of them.
    S, W = row_subset(A[:, :2], 4, Q=Q, rng=0)
    np.testing.assert_allclose(W @ Q[S], Q, atol=1e-12)


def test_the_mean_of_volume_sampling_is_on_the_certificate():
    A = matrix(8, 6, 0.6)
    _, law = laws(A, A, 3)
    mean = sum(
        p * np.linalg.norm(A - A @ np.linalg.pinv(A[list(S)]) @ A[list(S)]) ** 2
        for S, p in law.items()
    )
    bound = row_subset(A, 3, method="volume", rng=0).certificate.error_bound
    assert bound.kind == "exact"
    assert float(bound) ** 2 == pytest.approx(mean, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_no_rows_and_all_rows(method):
    A = matrix(6, 9)
    S, W = none = row_subset(A, 0, method=method, rng=0)
    assert S.shape == (0,)
    assert W.shape == (6, 0)
    norm = np.linalg.norm(A)
    assert float(none.certificate.frobenius_error) == pytest.approx(norm, rel=1e-12)
    every = row_subset(A, 6, method=method, rng=0)
    assert sorted(every.indices.tolist()) == list(range(6))
    assert float(every.certificate.frobenius_error) < 1e-12


@pytest.mark.parametrize("method", METHODS)
def test_more_rows_than_the_rank_are_refused(method):
    A = matrix(10, 8)[:, :2] @ np.ones((2, 8))
    with pytest.raises(InvalidInputError, match=r"k is 3 and A has numerical rank 1"):
        row_subset(A, 3, method=method)
    with pytest.raises(InvalidInputError, match="numerical rank 0"):
        row_subset(np.zeros((4, 4)), 1, method=method)
    with pytest.raises(InvalidInputError, match="k must satisfy"):
        row_subset(A, 9, method=method)


def test_a_large_matrix_goes_through_the_truncated_svd():
    A = matrix(300, 260, 0.7)
    found = row_subset(A, 10, method="osinsky", rng=0)
    least = np.linalg.norm(np.linalg.svd(A, compute_uv=False)[10:])
    assert float(found.certificate.projection_error) == pytest.approx(least, rel=1e-6)
    assert float(found.certificate.frobenius_error) <= np.sqrt(11) * least
    again = row_subset(A, 10, method="arp", rng=4).indices
    np.testing.assert_array_equal(again, row_subset(A, 10, method="arp", rng=4).indices)


def test_a_bad_basis_is_refused_by_name():
    A = matrix(10, 8)
    Q = np.linalg.qr(A)[0][:, :3]
    with pytest.raises(InvalidInputError, match="Q are not orthonormal"):
        row_subset(A, 3, Q=1.001 * Q)
    with pytest.raises(InvalidInputError, match="Q has shape"):
        row_subset(A, 4, Q=Q)
    Q[0, 0] = np.nan
    with pytest.raises(NonFiniteError, match="Q"):
        row_subset(A, 3, Q=Q)
    with pytest.raises(InvalidInputError, match="leave Q out"):
        row_subset(A, 3, Q=np.eye(10, 3), method="volume")
    with pytest.raises(InvalidInputError, match="interp='projection'"):
        row_subset(A, 3, method="volume", interp="oblique")
    with pytest.raises(InvalidInputError, match="did you mean"):
        row_subset(A, 3, method="osinksy")


def test_single_precision_bases_are_brought_to_double():
    A = matrix(40, 30, dtype=np.float32)
    Q = np.linalg.qr(A)[0][:, :5]
    S, W = row_subset(A, 5, Q=Q, rng=0)
    wide = np.linalg.qr(Q.astype(float))[0]
    np.testing.assert_allclose(W, wide @ np.linalg.inv(wide[S]), rtol=1e-4, atol=1e-5)
