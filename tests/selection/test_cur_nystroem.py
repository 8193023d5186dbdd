"""cur and nystroem: laws, factors, certificates, and what they refuse."""

import itertools

import numpy as np
import pytest

from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.selection import bounds, cur, nystroem, strong_rrqr
from tests.dpp.law import check_law
from tests.selection.test_row_subset import matrix


def kernel(N, width=8.0):
    x = np.linspace(0.0, 1.0, N) ** 1.3
    return np.exp(-width * np.abs(x[:, None] - x))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_cur_by_osinsky_is_certain(seed, dtype):
    A = matrix(20, 14, 0.6, seed, dtype)
    C, U, R, columns, rows = found = cur(A, 4, method="osinsky")
    np.testing.assert_array_equal(C, A[:, columns])
    np.testing.assert_array_equal(R, A[rows])
    error = np.linalg.norm(A - C @ U @ R)
    least = np.linalg.norm(np.linalg.svd(A, compute_uv=False)[4:])
    assert least <= error <= bounds.cur_factor(4) * least
    assert float(found.certificate.frobenius_error) == pytest.approx(error, rel=1e-6)
    assert error <= float(found.certificate.error_bound)
    best = np.linalg.pinv(C) @ A @ np.linalg.pinv(R)
    np.testing.assert_allclose(U, best, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("exponent", [-500, 500])
def test_cur_at_any_scale(exponent):
    A = matrix(12, 10)
    a, b = cur(A, 3, rng=0), cur(np.ldexp(A, exponent), 3, rng=0)
    np.testing.assert_array_equal(a.rows, b.rows)
    np.testing.assert_allclose(np.ldexp(b.U, exponent), a.U, rtol=1e-9)


def test_cur_of_nothing_and_of_everything():
    A = matrix(5, 7)
    C, U, R, columns, _ = cur(A, 0)
    assert C.shape == (5, 0)
    assert U.shape == (0, 0)
    assert R.shape == (0, 7)
    assert columns.size == 0
    C, U, R, *_ = cur(A, 5, rng=0)
    np.testing.assert_allclose(C @ U @ R, A, atol=1e-12)
    with pytest.raises(InvalidInputError, match="numerical rank 1"):
        cur(np.ones((4, 4)), 2)


def test_what_overflows_is_named():
    with pytest.raises(NumericalError, match="U, which is in the inverse unit"):
        cur(matrix(6, 5) * 2.0**-1060, 2, rng=0)
    with pytest.raises(NumericalError, match="R, whose columns"):
        strong_rrqr(np.full((4, 4), 1.7e308), 1)


def pivoting_law(A, k):
    """The law of the set that random pivoting draws, by enumeration of all orders."""
    law = {}
    for order in itertools.permutations(range(len(A)), k):
        E, p = A.copy(), 1.0
        for i in order:
            d = E.diagonal().real
            if d[i] <= 1e-13:
                p = 0.0
                break
            p *= d[i] / d.sum()
            E = E - np.outer(E[:, i], E[i]) / E[i, i]
        law[tuple(sorted(order))] = law.get(tuple(sorted(order)), 0.0) + p
    return law


def test_columns_are_drawn_with_their_laws():
    B = matrix(6, 5, 0.7, dtype=np.complex128)
    A = B @ B.conj().T
    rng = np.random.default_rng(3)
    draws = [nystroem(A, 3, method="rpcholesky", rng=rng).indices for _ in range(1200)]
    check_law(draws, pivoting_law(A, 3))
    sets = list(itertools.combinations(range(6), 2))
    w, V = np.linalg.eigh(A)
    for method, X in (("arp", V[:, -2:] @ V[:, -2:].conj().T), ("volume", A)):
        mass = np.array([np.linalg.det(X[np.ix_(S, S)]).real for S in sets])
        law = dict(zip(sets, mass / mass.sum(), strict=True))
        check_law([nystroem(A, 2, method=method, rng=rng).indices for _ in range(1000)], law)
    assert w[0] < 1e-12


@pytest.mark.parametrize("method", ["arp", "volume", "rpcholesky"])
@pytest.mark.parametrize("scale", [2.0**-900, 2.0**-60, 1.0, 2.0**900])
def test_the_trace_error_is_measured(method, scale):
    A = kernel(40)
    F, S = found = nystroem(A * scale, 7, method=method, rng=1)
    F = F / np.sqrt(scale)
    best = A[:, S] @ np.linalg.inv(A[np.ix_(S, S)]) @ A[S]
    np.testing.assert_allclose(F @ F.T, best, atol=1e-11)
    error = np.trace(A - best)
    assert float(found.certificate.trace_error) / scale == pytest.approx(error, rel=1e-9)
    assert np.linalg.eigvalsh(A - F @ F.T)[0] > -1e-11
    w = np.linalg.eigvalsh(A)[::-1]
    if method == "arp":
        mean = float(found.certificate.expected_error) / scale
        assert mean == pytest.approx(8 * w[7:].sum(), rel=1e-9)
    if method == "volume":
        mean = float(found.certificate.expected_error) / scale
        assert w[7:].sum() < mean < 8 * w[7:].sum()


def test_a_function_gives_what_its_matrix_gives():
    A, looked = kernel(60), []

    def columns(S):
        looked.extend(S.tolist())
        return A[:, S]

    a = nystroem(columns, 9, diagonal=np.ones(60), rng=2)
    b = nystroem(A, 9, method="rpcholesky", rng=2)
    np.testing.assert_array_equal(a.indices, b.indices)
    np.testing.assert_allclose(a.F, b.F, atol=1e-12)
    assert len(looked) == a.info.products < 40


def test_numerically_singular_kernels():
    x = np.linspace(0.0, 1.0, 80)
    A = np.exp(-((x[:, None] - x) ** 2))
    for method in ("arp", "volume", "rpcholesky"):
        found = nystroem(A, 9, method=method, rng=0)
        assert np.isfinite(found.F).all()
        assert np.linalg.norm(A - found.F @ found.F.T, 2) < 1e-6
    with pytest.raises(InvalidInputError, match="numerical rank"):
        nystroem(A, 60, rng=0)
    with pytest.raises(InvalidInputError, match="numerical rank"):
        nystroem(A, 60, method="rpcholesky", rng=0)


def test_a_large_kernel_needs_no_full_eigendecomposition():
    A = kernel(260)
    found = nystroem(A, 8, rng=0)
    w = np.linalg.eigvalsh(A)[::-1]
    expected = float(found.certificate.expected_error)
    assert expected == pytest.approx(9 * w[8:].sum(), rel=1e-6)
    with pytest.raises(InvalidInputError, match="least eigenvalue"):
        nystroem(A - 1e-2 * np.eye(260), 8)
    assert nystroem(A, 0).F.shape == (260, 0)


def test_what_is_no_kernel_is_refused():
    A = kernel(6)
    with pytest.raises(InvalidInputError, match="not Hermitian"):
        nystroem(A + np.triu(A), 2)
    with pytest.raises(InvalidInputError, match="square"):
        nystroem(A[:, :4], 2)
    with pytest.raises(InvalidInputError, match="least eigenvalue"):
        nystroem(A - 0.9 * np.eye(6), 2)
    bad = np.array([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1e-3]])
    with pytest.raises(InvalidInputError, match="not positive semidefinite"):
        nystroem(bad, 1, method="rpcholesky", rng=0)
    with pytest.raises(InvalidTypeError, match="diagonal is None"):
        nystroem(lambda S: A[:, S], 2)
    with pytest.raises(InvalidInputError, match="leave it out"):
        nystroem(A, 2, diagonal=np.ones(6))
    with pytest.raises(InvalidInputError, match="rpcholesky"):
        nystroem(lambda S: A[:, S], 2, diagonal=np.ones(6), method="arp")
    with pytest.raises(InvalidInputError, match=r"A\(indices\) has shape"):
        nystroem(lambda S: A[S], 2, diagonal=np.ones(6))
    with pytest.raises(InvalidInputError, match="diagonal has -1"):
        nystroem(lambda S: A[:, S], 2, diagonal=-np.ones(6))


@pytest.mark.parametrize("method", ["arp", "volume", "rpcholesky"])
def test_the_trace_error_bounds_the_error_of_a_rounded_factor(method):
    # In single precision F F^H is not below A: at full rank the trace of the rest is negative.
    A = (kernel(6) + np.eye(6)).astype(np.float32)
    for seed in range(5):
        F, _ = found = nystroem(A, 6, method=method, rng=seed)
        F = F.astype(np.float64)
        error = np.linalg.norm(A - F @ F.T, "nuc")
        assert 0.0 < error <= float(found.certificate.trace_error)


@pytest.mark.parametrize("method", ["arp", "volume", "rpcholesky"])
@pytest.mark.parametrize("N", [6, 220])
def test_a_negative_eigenvalue_is_refused_by_every_method(method, N):
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((N, N)))[0]
    w = np.ones(N)
    w[-1] = -1e-3
    A = (Q * w) @ Q.T
    with pytest.raises(InvalidInputError, match="least eigenvalue is -0.001"):
        nystroem((A + A.T) / 2, 2, method=method, rng=0)


def test_columns_that_contradict_the_diagonal_are_refused():
    A = kernel(30)
    with pytest.raises(InvalidInputError, match="pass the diagonal of the same A"):
        nystroem(lambda S: A[:, S], 4, diagonal=np.full(30, 2.0), rng=0)
    skew = A + 0.1 * (np.arange(30)[:, None] - np.arange(30)) / 30
    with pytest.raises(InvalidInputError, match="A is not Hermitian"):
        nystroem(lambda S: skew[:, S], 4, diagonal=np.ones(30), rng=0)


def test_columns_in_single_precision_beside_a_diagonal_in_double():
    A = np.random.default_rng(1).standard_normal((8, 8))
    A = A @ A.T
    for seed in range(5):
        F, _ = found = nystroem(
            lambda S: A[:, S].astype(np.float32), 5, diagonal=A.diagonal(), rng=seed
        )
        assert F.dtype == np.float32
        F = F.astype(np.float64)
        assert np.linalg.norm(A - F @ F.T, 2) <= float(found.certificate.trace_error)
