"""QR by Householder and by Cholesky, and the orthonormalization of blocks."""

import numpy as np
import pytest

from linsub._core.dense import cholesky as dense_cholesky
from linsub._core.dense import qr as dense_qr
from linsub._core.dense.cholesky import cholesky_qr2
from linsub._core.dense.qr import complement, orthonormalize, qr, r_factor
from linsub.testing import gallery, ratios
from linsub.testing.gallery.matrix_case import shift

CASES = list(gallery.cases(2 * len(gallery.names()), seed=1, layouts="CF"))
TALL = [case for case in CASES if case.A.shape[0] >= case.A.shape[1]]
DTYPES = "fdFD"


def as_id(case):
    return case.label.replace(" ", "-")


def passes(ratio):
    assert ratio < ratios.PASS  # nan does not pass


@pytest.mark.parametrize("case", CASES, ids=as_id)
def test_qr(case):
    m, n = case.A.shape
    Q, R = qr(case.A)
    assert (Q.shape, R.shape) == ((m, min(m, n)), (min(m, n), n))
    assert Q.dtype == R.dtype == case.dtype
    passes(ratios.qr_ratios(case.A, Q, R).worst)
    alone = r_factor(case.A)
    assert alone.shape == R.shape
    np.testing.assert_array_equal(np.abs(alone), np.abs(R))


@pytest.mark.parametrize("case", TALL, ids=as_id)
def test_cholesky_qr2(case):
    Q, R = cholesky_qr2(case.A)
    assert Q.shape == case.A.shape
    passes(ratios.qr_ratios(case.A, Q, R).worst)


@pytest.mark.parametrize("dtype", list(DTYPES))
@pytest.mark.parametrize("name", ["kahan", "triw", "upper", "moler", "cholesky_breaker"])
def test_conditions_that_pivots_hide(name, dtype):
    for side in (20, 30, 40):
        for seed in range(3):
            A = gallery.matrix(name, side, dtype=dtype, rng=seed)
            passes(ratios.qr_ratios(A, *cholesky_qr2(A)).worst)
            check(A, None, orthonormalize(A))


@pytest.mark.parametrize(("name", "cond"), [("geometric", 1e6), ("graded_columns", 1e12)])
def test_cholesky_is_used_where_it_is_safe(name, cond, monkeypatch):
    monkeypatch.setattr(dense_qr, "qr", None)  # calling it would fail
    A = gallery.matrix(name, 200, 8, cond=cond, rng=0)
    passes(ratios.qr_ratios(A, *cholesky_qr2(A)).worst)


@pytest.mark.parametrize(
    ("name", "side", "dtype"), [("kahan", 40, "f"), ("upper", 37, "d"), ("moler", 20, "F")]
)
def test_the_judge_of_the_first_round_is_needed(name, side, dtype, monkeypatch):
    matrices = [gallery.matrix(name, side, dtype=dtype, rng=seed) for seed in range(6)]
    for A in matrices:
        passes(ratios.qr_ratios(A, *cholesky_qr2(A)).worst)
    monkeypatch.setattr(dense_cholesky, "corrector_r", dense_cholesky.cholesky_r)
    worst = max(ratios.qr_ratios(A, *cholesky_qr2(A)).worst for A in matrices)
    assert worst > ratios.PASS


# Orthonormalization


def check(X, V, found, size=None):
    """Check X = V H + Q R, and that V and Q are orthonormal together."""
    Q, R, H, _ = found
    n = X.shape[0]
    V = np.zeros((n, 0), X.dtype) if V is None else V
    assert Q.dtype == X.dtype
    passes(ratios.orthogonality_ratio(np.hstack([V, Q])))
    exponent = -int(np.frexp(np.abs(X).max(initial=0.0))[1])
    wide = np.complex128 if X.dtype.kind == "c" else np.float64
    B, HH, RR = (shift(Y.astype(wide), exponent) for Y in (X, H, R))
    residual = B - V.astype(wide) @ HH - Q.astype(wide) @ RR
    unit = max(n, 1) * np.finfo(X.dtype).eps * np.abs(B).sum(axis=0).max(initial=0.0)
    error = np.abs(residual).sum(axis=0).max(initial=0.0)
    assert error < ratios.PASS * unit or error == 0.0


def basis(n, d, dtype, rng):
    return qr(gallery.matrix("gaussian", n, d, dtype=dtype, rng=rng))[0]


@pytest.mark.parametrize("case", CASES, ids=as_id)
def test_blocks_are_orthonormalized_against_a_basis(case):
    m, b = case.A.shape
    n, rng = max(m, b) + 7, case.rng
    V = np.asfortranarray(basis(n, 5, case.dtype, rng))
    X = np.zeros((n, b), case.dtype)
    X[:m] = case.A
    found = orthonormalize(X, against=V, gaussian=rng)
    assert found.Q.shape == (n, b)
    assert found.R.shape == (b, b)
    assert found.H.shape == (5, b)
    assert not np.any(found.R[found.rank :])
    check(X, V, found)
    check(X, V, orthonormalize(X, against=V))


@pytest.mark.parametrize("dtype", list(DTYPES))
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("b", [1, 4, 8, 32])
def test_layouts_and_block_sizes(dtype, order, b):
    rng = np.random.default_rng(0)
    V = np.array(basis(150, 30, dtype, rng), order=order)
    X = np.array(gallery.matrix("gaussian", 150, b, dtype=dtype, rng=rng), order=order)
    kept = X.copy()
    found = orthonormalize(X, against=V, gaussian=rng)
    assert found.rank == b
    check(X, V, found)
    np.testing.assert_array_equal(X, kept)


@pytest.mark.parametrize("dtype", list(DTYPES))
@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-7, 1e-10, 1e-13, 0.0])
def test_blocks_nearly_inside_the_basis(dtype, distance):
    rng = np.random.default_rng(1)
    V = basis(60, 10, dtype, rng)
    inside = V @ gallery.matrix("gaussian", 10, 6, dtype=dtype, rng=rng)
    outside = gallery.matrix("gaussian", 60, 6, dtype=dtype, rng=rng)
    X = (inside + distance * outside).astype(dtype)
    found = orthonormalize(X, against=V, gaussian=rng)
    assert found.Q.shape == (60, 6)
    check(X, V, found)
    if distance > 1e3 * np.finfo(dtype).eps:
        assert found.rank == 6
    if distance == 0.0:
        assert found.rank == 0


def test_dependent_columns_are_replaced():
    rng = np.random.default_rng(2)
    V = basis(50, 8, "d", rng)
    Y = rng.standard_normal((50, 2))
    X = np.hstack([Y, Y @ rng.standard_normal((2, 3)), np.zeros((50, 1)), V[:, :1]])
    found = orthonormalize(X, against=V, gaussian=rng)
    assert found.rank == 2
    assert found.Q.shape == (50, 7)
    check(X, V, found)
    short = orthonormalize(X, against=V)
    assert short.Q.shape == (50, 2)
    check(X, V, short)


def test_a_basis_that_leaves_no_room():
    rng = np.random.default_rng(3)
    V = basis(10, 8, "d", rng)
    X = rng.standard_normal((10, 4))
    found = orthonormalize(X, against=V, gaussian=rng)
    assert (found.rank, found.Q.shape) == (2, (10, 2))
    check(X, V, found._replace(R=found.R[:2]))
    full = basis(10, 10, "d", rng)
    assert orthonormalize(X, against=full, gaussian=rng).Q.shape == (10, 0)


def test_the_size_of_what_was_cancelled_counts():
    # What is left of a cancellation at size 1 is noise, however orthogonal to V it is.
    rng = np.random.default_rng(4)
    V = basis(50, 5, "d", rng)
    noise = 1e-16 * rng.standard_normal((50, 3))
    assert orthonormalize(noise, against=V).rank == 3
    assert orthonormalize(noise, against=V, scale=10.0).rank == 0


def test_a_skew_basis_is_seen():
    # The checks of this file can fail: without the second projection they do.
    rng = np.random.default_rng(5)
    V = basis(60, 10, "d", rng)
    X = V @ rng.standard_normal((10, 4)) + 1e-7 * rng.standard_normal((60, 4))
    H = V.T @ X
    Q, R = qr(X - V @ H)
    with pytest.raises(AssertionError):
        check(X, V, dense_qr.Orthonormalized(Q, R, H, 4))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("shape", [(6, 2), (6, 6), (6, 0), (1, 1), (0, 0), (40, 39)])
def test_the_complement_completes_a_basis(shape, dtype):
    rng = np.random.default_rng(0)
    X = rng.standard_normal(shape) + (
        1j * rng.standard_normal(shape) if np.dtype(dtype).kind == "c" else 0
    )
    Q = np.linalg.qr(X.astype(dtype))[0]
    before = Q.copy()
    N = complement(Q)
    assert N.dtype == dtype
    both = np.concatenate([Q, N], axis=1)
    np.testing.assert_allclose(
        both.conj().T @ both, np.eye(shape[0]), atol=20 * np.finfo(dtype).eps
    )
    np.testing.assert_array_equal(Q, before)
