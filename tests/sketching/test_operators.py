"""Every sketch is one matrix, whatever it is applied to and however its rows are split."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft, linalg, sparse, stats
from scipy.sparse.linalg import aslinearoperator

import linsub
from linsub.errors import InvalidInputError, InvalidTypeError, LinsubError, NonFiniteError
from linsub.sketching import (
    OSNAP,
    SRCT,
    SRHT,
    CountSketch,
    Fastfood,
    GaussianSketch,
    RowSketch,
    SparseSign,
    fwht,
)
from linsub.svd import randomized_svd

ALL = (OSNAP, CountSketch, SparseSign, GaussianSketch, SRHT, SRCT, Fastfood)
HASHED = (OSNAP, CountSketch, SparseSign)
DTYPES = (np.float32, np.float64, np.complex64, np.complex128)


def matrix(n, d, dtype=np.float64, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, d))
    if np.dtype(dtype).kind == "c":
        A = A + 1j * rng.standard_normal((n, d))
    A[rng.random((n, d)) < 0.4] = 0.0
    A[rng.random(n) < 0.1] = 0.0
    return (A * scale).astype(dtype)


def close(found, exact, dtype, terms=1.0):
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(
        np.abs(found - exact).max(initial=0.0),
        0.0,
        atol=20.0 * eps * terms * max(1e-300, np.abs(exact).max(initial=0.0)),
    )


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.__name__)
@settings(max_examples=6)
@given(
    n=st.sampled_from([1, 2, 7, 64, 600, 1300]),
    d=st.integers(1, 4),
    dtype=st.sampled_from(DTYPES),
    scale=st.sampled_from([1.0, 1e-30, 1e30]),
    cut=st.floats(0.0, 1.0),
)
def test_all_forms_agree_with_the_array(made, n, d, dtype, scale, cut):
    A = matrix(n, d, dtype, seed=n + d, scale=scale)
    m = min(n, 9)
    S = made(n, m, rng=5)
    before = A.copy()
    SA = S @ A
    assert SA.dtype == A.dtype
    assert SA.shape == (m, d)
    exact = S.toarray() @ A.astype(np.result_type(dtype, np.float64))
    size = max(1.0, float(np.abs(A).sum(axis=0).max()) / max(1e-300, float(np.abs(exact).max())))
    close(SA, exact, dtype, size)
    for X in (sparse.csr_array(A), sparse.csc_array(A), sparse.coo_matrix(A), np.asfortranarray(A)):
        close(S @ X, SA, dtype, size)
    close(S.apply(A.T, axis=1).T, SA, dtype, size)
    close((A.T @ S.T).T, SA, dtype, size)
    close((sparse.csr_array(A).T @ S.T).T, SA, dtype, size)
    np.testing.assert_array_equal(S @ A[:, 0], SA[:, 0] if made in HASHED else S @ A[:, 0])
    close(S.T @ SA, S.toarray().T @ SA, dtype, size * m)
    close((SA.conj().T @ S).conj().T, S.T @ SA, dtype)
    k = int(cut * n)
    close(S.part(0, k) @ A[:k] + S.part(k, n) @ A[k:], SA, dtype, size)
    np.testing.assert_array_equal(A, before)


@pytest.mark.parametrize("made", HASHED, ids=lambda made: made.__name__)
@pytest.mark.parametrize("dtype", DTYPES)
def test_hashed_sketches_are_the_same_to_the_last_bit(made, dtype):
    A = matrix(5000, 5, dtype)
    S = made(5000, 33, rng=1)
    SA = S @ A
    for X in (A, np.asfortranarray(A), sparse.csr_array(A), sparse.csc_array(A)):
        for n_threads in (1, 2, 5):
            np.testing.assert_array_equal(S.apply(X, n_threads=n_threads), SA)
    parts = RowSketch(S)
    for stop in (0, 1, 700, 2048, 4999, 5000):
        parts.update(A[parts.n_rows : stop], n_threads=2)
    np.testing.assert_array_equal(parts.result(), SA)


@pytest.mark.parametrize("made", [SRHT, Fastfood, GaussianSketch, SRCT])
def test_threads_and_strips_change_nothing(made):
    A = matrix(1500, 300)
    S = made(1500, 20, rng=1)
    np.testing.assert_array_equal(S.apply(A, n_threads=3), S @ A)


def test_srht_and_srct_are_their_formulas():
    A = matrix(11, 3)
    for N in (11, 16):
        signs, rows = np.tile([1, -1], 6)[:11], np.array([0, 9, 4])
        if N == 16:
            S, Q = SRHT.from_choice(signs, rows), linalg.hadamard(16) / 4.0
        else:
            S, Q = SRCT.from_choice(signs, rows), fft.dct(np.eye(11), axis=0, norm="ortho")
        exact = np.sqrt(N / 3) * (Q[:, :11] * signs)[rows] @ A
        np.testing.assert_allclose(S @ A, exact, atol=1e-14)
        np.testing.assert_allclose(
            S.part(3, 9) @ A[3:9],
            np.sqrt(N / 3) * (Q[:, :11] * signs)[rows][:, 3:9] @ A[3:9],
            atol=1e-14,
        )


def test_a_large_cosine_transform_is_its_entries():
    A = matrix(3000, 2)
    S = SRCT(3000, 200, rng=0)
    np.testing.assert_allclose(S @ A, S._entries(0, 3000) @ A * S._scale(), atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("N", [1, 2, 4, 32, 4096])
def test_fwht_is_sylvesters_matrix(N, axis):
    rng = np.random.default_rng(N)
    # Small integers: every sum is exact.
    X = rng.integers(-8, 8, (N, 3)).astype(float)
    exact = (linalg.hadamard(N) if N > 1 else np.ones((1, 1))) @ X
    given = X if axis == 0 else X.T
    found = fwht(given, axis=axis)
    np.testing.assert_array_equal(found if axis == 0 else found.T, exact)
    np.testing.assert_array_equal(fwht(X.astype(np.float32)), exact.astype(np.float32))
    np.testing.assert_array_equal(fwht(X[:, 0] + 1j * X[:, 1]), exact[:, 0] + 1j * exact[:, 1])
    np.testing.assert_allclose(fwht(fwht(X, norm="ortho"), norm="ortho"), X, atol=1e-12)


def test_hashes_are_uniform_and_pairwise_independent():
    n, m = 40000, 10
    S = CountSketch(n, m, rng=11)
    table = S._table(0, n)
    cell = 2 * table.targets.astype(int) + (table.signs > 0)
    pair = cell[::2] * 2 * m + cell[1::2]
    for x, size in ((cell, 2 * m), (pair, 4 * m * m)):
        found = stats.chisquare(np.bincount(x, minlength=size))
        assert 2.5e-6 < found.pvalue < 1.0 - 2.5e-6
    # One row under many seeds.
    seeds = [CountSketch(3, m, rng=seed)._table(1, 2) for seed in range(2000)]
    cell = np.array([2 * int(t.targets[0]) + (t.signs[0] > 0) for t in seeds])
    assert stats.chisquare(np.bincount(cell, minlength=2 * m)).pvalue > 5e-6


@pytest.mark.parametrize("q", [0.05, 0.4, 1.0])
def test_sparse_signs_have_the_density(q):
    D = SparseSign(4000, 12, density=q, rng=3).toarray() * np.sqrt(12 * q)
    assert set(np.unique(D.round(12))) <= {-1.0, 0.0, 1.0}
    for row in D:
        assert stats.binomtest(int(np.count_nonzero(row)), 4000, q).pvalue > 1e-6
        assert stats.binomtest(int((row > 0).sum()), int(np.count_nonzero(row))).pvalue > 1e-6


def test_a_stream_is_sketched_here_and_there():
    A = matrix(900, 4)
    S = OSNAP(900, 30, rng=2)
    here, there = RowSketch(S), RowSketch(OSNAP(900, 30, rng=2), first=500)
    here.update(A[:500])
    there.update(sparse.csr_array(A[500:]))
    merged = here.merge(there)
    assert merged.n_rows == 900
    np.testing.assert_allclose(merged.result(), S @ A, atol=1e-12)
    np.testing.assert_allclose(here.result(), S @ np.r_[A[:500], 0 * A[500:]], atol=1e-12)
    again = pickle.loads(pickle.dumps(merged))
    np.testing.assert_array_equal(again.result(), merged.result())
    merged.result()[...] = 0.0
    assert np.abs(merged.result()).max() > 0.0
    with pytest.raises(InvalidInputError, match="sketched before"):
        merged.merge(here)
    with pytest.raises(InvalidInputError, match="another operator"):
        here.merge(RowSketch(OSNAP(900, 30, rng=3), first=500))
    with pytest.raises(InvalidTypeError, match="RowSketch"):
        here.merge(S)


def test_a_failed_update_changes_nothing():
    stream = RowSketch(CountSketch(20, 4, rng=0)).update(matrix(8, 3))
    before = stream.result()
    bad = matrix(2, 3)
    bad[1, 1] = np.nan
    for block in (bad, matrix(2, 2), matrix(13, 3), np.ones(3), "text", np.full((12, 3), 1e308)):
        with pytest.raises(LinsubError, match="A"):
            stream.update(block)
        np.testing.assert_array_equal(stream.result(), before)
        assert stream.n_rows == 8
    with pytest.raises(InvalidInputError, match="no rows"):
        RowSketch(CountSketch(20, 4, rng=0)).result()


def test_parts_merge_only_with_their_neighbours():
    S = OSNAP(100, 8, rng=0)
    whole = S.part(0, 30).merge(S.part(30, 100))
    np.testing.assert_array_equal(whole.toarray(), S.toarray())
    with pytest.raises(InvalidInputError, match="begin"):
        S.part(0, 30).merge(S.part(40, 50))
    for other in (
        OSNAP(100, 8, rng=1),
        OSNAP(100, 8, sparsity=2, rng=0),
        CountSketch(100, 8, rng=0),
    ):
        assert not S.same_operator(other)
        with pytest.raises(InvalidInputError, match="other"):
            S.part(0, 30).merge(other.part(30, 40))


@pytest.mark.parametrize("made", [OSNAP, CountSketch, SparseSign, GaussianSketch, SRHT, SRCT])
def test_variances_scale_and_take_sparse(made):
    X, Y = matrix(9, 3), matrix(9, 2, seed=1)
    S = made(9, 5, rng=0)
    value = S.amm_variance(X, Y)
    assert value > 0.0
    for p in (-300, 300):
        np.testing.assert_allclose(S.amm_variance(X * 2.0**p, Y * 2.0**-p), value, rtol=1e-12)
    np.testing.assert_allclose(S.amm_variance(sparse.csr_array(X), sparse.csc_array(Y)), value)
    np.testing.assert_allclose(S.amm_variance(sparse.csr_array(X), Y), value)
    np.testing.assert_allclose(S.amm_variance(X, X), S.amm_variance(X))
    part = S.part(2, 7)
    padded = np.zeros((9, 3))
    padded[2:7] = X[2:7]
    np.testing.assert_allclose(part.amm_variance(X[2:7]), S.amm_variance(padded))
    assert S.amm_variance(0 * X, Y) == 0.0
    assert S.amm_variance(1e300 * X) == np.inf
    with pytest.raises(InvalidInputError, match="Y has 8 rows"):
        S.amm_variance(X, Y[:8])
    with pytest.raises(NonFiniteError, match="Y"):
        S.amm_variance(X, np.full((9, 1), np.inf))


def test_what_has_no_proved_variance_says_so():
    with pytest.raises(InvalidInputError, match="Fastfood"):
        Fastfood(4, 4, rng=0).amm_variance(np.eye(4))


def test_a_row_of_leverage_one_has_no_variance_alone():
    assert OSNAP(6, 4, rng=0).amm_variance(np.eye(6, 1)) == 0.0
    assert SRHT(8, 8, rng=0).amm_variance(matrix(8, 3)) == 0.0


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.__name__)
def test_edges_of_shapes_and_values(made):
    S = made(1, 1, rng=0)
    assert abs((S @ np.array([3.0]))[0]) > 0.0
    assert (made(5, 2, rng=0) @ np.zeros((5, 0))).shape == (2, 0)
    assert (made(5, 2, rng=0).T @ np.zeros((2, 0))).shape == (5, 0)
    empty = made(0, 1, rng=0)
    np.testing.assert_array_equal(empty @ np.zeros((0, 3)), np.zeros((1, 3)))
    assert (empty.T @ np.ones((1, 2))).shape == (0, 2)
    assert not (made(5, 2, rng=0) @ np.zeros((5, 3))).any()
    S = made(6, 3, rng=1)
    A = np.linspace(1.0, 2.0, 12).reshape(6, 2)
    for scale in (2.0**-1000, 2.0**1000):
        np.testing.assert_allclose(S @ (A * scale), (S @ A) * scale, rtol=1e-13, atol=1e-13 * scale)
    tiny = np.full((6, 1), 1e-45, np.float32)
    assert (S @ tiny).dtype == np.float32
    assert "shape (3, 6)" in repr(S)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(S)) @ A, S @ A)
    np.testing.assert_allclose(aslinearoperator(S).matmat(A), S @ A)
    np.testing.assert_allclose(aslinearoperator(S).rmatvec(np.ones(3)), S.T @ np.ones(3))
    assert S.T.T is S
    assert S.test_matrix().shape == (6, 3)


def test_sums_may_overflow_only_if_the_result_does():
    big = np.full(3, 1.7e308)
    S = CountSketch.from_hashes([[0], [0], [0]], [[1], [1], [-1]], 1)
    np.testing.assert_array_equal(S @ big, [1.7e308])
    with pytest.raises(InvalidInputError, match="overflows"):
        S @ (big * [1.0, 1.0, -1.0])
    with pytest.raises(InvalidInputError, match="overflows"):
        S.apply(np.array([3e38, 3e38, 0.0], np.float32))
    with pytest.raises(InvalidInputError, match="overflows"):
        OSNAP.from_hashes([[0, 1]], [[1, 1]], 2).T @ np.full(2, 1.7e308)


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.__name__)
def test_bad_input_is_named(made):
    S = made(6, 3, rng=0)
    for bad in (np.ones((5, 2)), np.ones(5), sparse.csr_array(np.ones((5, 2)))):
        with pytest.raises(InvalidInputError, match="A has 5"):
            S @ bad
    with pytest.raises(InvalidInputError, match="Y has 2"):
        S.T @ np.ones((2, 2))
    for bad in (np.nan, np.inf):
        A = sparse.csr_array(np.diag([1.0, 1.0, 1.0, 1.0, bad, 1.0]))
        with pytest.raises(NonFiniteError, match=r"A\[4, 4\]"):
            S @ A
        assert not np.isfinite(S.apply(A, check_finite=False)).all() or made is SparseSign
        with pytest.raises(NonFiniteError, match="Y"):
            S.T @ np.array([1.0, bad, 1.0])
    for sizes in ((-1, 2), (2, 0)):
        with pytest.raises(InvalidInputError, match="must satisfy"):
            made(*sizes)
    for sizes in ((2.0, 1), (2, True)):
        with pytest.raises(InvalidTypeError, match="must be an integer"):
            made(*sizes)
    with pytest.raises(InvalidInputError, match="axis"):
        S.apply(np.ones((6, 6)), axis=2)
    with pytest.raises(InvalidInputError, match="2-D"):
        S.apply(np.ones(6), axis=1)
    with pytest.raises(InvalidInputError, match="stop"):
        S.part(3, 2)
    with pytest.raises(InvalidTypeError, match="rng"):
        made(6, 3, rng=True)


def test_hashes_that_do_not_fit_are_refused():
    with pytest.raises(InvalidInputError, match=r"targets\[1, 0\]"):
        OSNAP.from_hashes([[0], [4]], [[1], [1]], 4)
    with pytest.raises(InvalidInputError, match="signs"):
        OSNAP.from_hashes([[0], [1]], [[1], [0]], 4)
    with pytest.raises(InvalidInputError, match="signs"):
        OSNAP.from_hashes([[0], [1]], [[1, 1]], 4)
    with pytest.raises(InvalidInputError, match="targets"):
        CountSketch.from_hashes([[0, 2]], [[1, 1]], 4)
    with pytest.raises(InvalidTypeError, match="targets"):
        OSNAP.from_hashes([[0.5]], [[1]], 4)
    with pytest.raises(InvalidInputError, match="signs"):
        SparseSign.from_signs(np.zeros((0, 3), int), 0.5)
    for rows in ([], [4], [1, 1], [-1]):
        with pytest.raises(InvalidInputError, match="sampled"):
            SRCT.from_choice([1, 1, -1], rows)
    with pytest.raises(InvalidInputError, match="order"):
        Fastfood.from_factors([1, 1], [0, 0], [1.0, 2.0])
    with pytest.raises(InvalidInputError, match="g must"):
        Fastfood.from_factors([1, 1], [0, 1], [0.0, 0.0])
    with pytest.raises(InvalidInputError, match="signs has 3"):
        Fastfood.from_factors([1, 1, 1], [0, 1, 2], [1.0, 2.0, 3.0])
    D = SparseSign.from_signs([[1, 0, -1], [0, 0, 1]], 0.5).toarray()
    np.testing.assert_array_equal(D, [[1, 0, -1], [0, 0, 1]])
    S = CountSketch.from_hashes([[2], [0], [2]], [[1], [-1], [-1]], 3)
    np.testing.assert_array_equal(S.toarray(), [[0, -1, 0], [0, 0, 0], [1, 0, -1]])


def test_outputs_are_numbered_in_32_bits():
    with pytest.raises(InvalidInputError, match="m must satisfy"):
        CountSketch(10, 2**31)
    # Rows are not: no table of them is kept.
    A = matrix(6, 2)
    stream = RowSketch(OSNAP(10**15, 10, rng=0), first=10**14).update(A)
    assert np.isfinite(stream.result()).all()
    assert np.abs(stream.result()).max() > 0.0


@pytest.mark.parametrize("made", [SRHT, SRCT])
def test_more_outputs_than_the_transform_has_are_refused(made):
    with pytest.raises(InvalidInputError, match="m must be at most"):
        made(6, 9)


def test_fwht_refuses_what_has_no_transform():
    for dtype in (np.float32, np.float64):
        with pytest.raises(InvalidInputError, match="overflows"):
            fwht(np.full(4, np.finfo(dtype).max, dtype))
    for bad in (np.ones(3), np.ones((0, 2)), np.ones((6, 2))):
        with pytest.raises(InvalidInputError, match="power of two"):
            fwht(bad)
    with pytest.raises(InvalidInputError, match="axis 1"):
        fwht(np.ones(4), axis=1)
    with pytest.raises(InvalidInputError, match="norm"):
        fwht(np.ones(4), norm="forward")


def test_a_complex_gaussian_sketch_has_an_adjoint_and_no_transpose():
    S = GaussianSketch(50, 6, rng=0, dtype=np.complex128)
    D, A = S.toarray(), matrix(50, 2, np.complex128)
    np.testing.assert_allclose(S @ A, D @ A)
    np.testing.assert_allclose(A.conj().T @ S.H, A.conj().T @ D.conj().T)
    np.testing.assert_allclose(A[:6].T @ S, A[:6].T @ D)
    np.testing.assert_allclose(S.apply(A.T, axis=1), A.T @ D.T)
    np.testing.assert_allclose(S.test_matrix(), D.conj().T * np.sqrt(6))
    assert (S @ A.real.astype(np.float32)).dtype == np.complex64
    for bad in (lambda: S.T, lambda: S.H.T):
        with pytest.raises(InvalidTypeError, match="adjoint|S.H.H"):
            bad()
    with pytest.raises(InvalidTypeError, match="dtype"):
        GaussianSketch(5, 2, dtype=np.float32)


@pytest.mark.parametrize("sketch", ["gaussian", "osnap", "srct", "srht"])
def test_randomized_svd_takes_any_of_them(sketch):
    A = matrix(120, 70) @ np.diag(0.7 ** np.arange(70.0))
    result = randomized_svd(A, 5, sketch=sketch, rng=0)
    np.testing.assert_allclose(result.S, np.linalg.svd(A)[1][:5], rtol=1e-9)
    bound = result.certificate.frobenius_error.value
    error = np.linalg.norm(A - (result.U * result.S) @ result.Vh)
    assert error <= bound <= 2.0 * error


def test_randomized_svd_refuses_another_sketch():
    with pytest.raises(InvalidInputError, match="sketch"):
        randomized_svd(np.eye(4), 2, sketch="count")


def test_kernels_are_warmed_up():
    linsub.warmup(["sketching"])
