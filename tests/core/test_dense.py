"""Norms, SVD, eigendecomposition, polar decomposition and triangular solves."""

import math

import numpy as np
import pytest
from scipy import linalg

from linsub._core.dense import eigh as dense_eigh
from linsub._core.dense import norms
from linsub._core.dense import svd as dense_svd
from linsub._core.dense.eigh import eigenvalues, eigh
from linsub._core.dense.polar import polar
from linsub._core.dense.svd import singular_values, svd
from linsub._core.dense.triangular import solve
from linsub.errors import ConvergenceError, RankDeficientError
from linsub.testing import gallery, ratios
from linsub.testing.gallery.matrix_case import shift

COUNT = len(gallery.names())
CASES = list(gallery.cases(2 * COUNT, layouts="CF"))


def as_id(case):
    return case.label.replace(" ", "-")


def passes(ratio):
    assert ratio < ratios.PASS  # nan does not pass


# Norms


def exact_frobenius(A):
    """Return the Frobenius norm by exact sums of scaled squares."""
    parts = np.concatenate([A.real.ravel(), A.imag.ravel()]).astype(float)
    exponent = math.frexp(max(map(abs, parts), default=0.0))[1]
    total = math.fsum(math.ldexp(x, -exponent) ** 2 for x in parts)
    return math.ldexp(math.sqrt(total), exponent)


@pytest.mark.parametrize("case", CASES, ids=as_id)
def test_norms(case):
    A = case.A
    assert norms.max_abs(A) == max(np.abs(A.real).max(initial=0), np.abs(A.imag).max(initial=0))
    assert norms.frobenius(A) == pytest.approx(exact_frobenius(A), rel=1e-13, abs=0)
    columns = [exact_frobenius(A[:, j : j + 1]) for j in range(A.shape[1])]
    np.testing.assert_allclose(norms.column_norms(A), columns, rtol=1e-13)
    if A.size:
        assert norms.spectral(A) == pytest.approx(case.sigma[0], rel=1e-4)
        sums = [math.fsum(map(abs, column)) for column in A.T.astype(complex)]
        assert norms.one_norm(A) == pytest.approx(max(sums), rel=1e-6)


@pytest.mark.parametrize("value", [5e-324, 1e-310, 1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_norms_at_the_ends_of_the_range(value):
    A = np.full((4, 4), value)
    assert norms.max_abs(A) == value
    assert norms.frobenius(A) == 4 * value
    np.testing.assert_array_equal(norms.column_norms(A), np.full(4, 2 * value))
    assert norms.frobenius(A * (1 + 0j)) == 4 * value
    assert norms.one_norm(-A) == 4 * value
    assert norms.spectral(A) == pytest.approx(4 * value, rel=1e-14, abs=5e-324)


def test_column_norms_have_a_scale_each():
    A = np.array([[3e-300, 3e300, 3.0, 0.0], [4e-300, 4e300, 4.0, 0.0]])
    np.testing.assert_allclose(norms.column_norms(A), [5e-300, 5e300, 5.0, 0.0], rtol=1e-15)


def test_single_precision_is_summed_in_double():
    A = np.full((1, 2**25), 1.0, dtype=np.float32)
    A[0, 1:] = 2.0**-13  # each square is 2^-26, and lost beside 1 in single precision
    assert norms.frobenius(A) == pytest.approx(math.sqrt(1.5), rel=1e-7)


def test_norms_of_views_empties_and_nan():
    A = gallery.matrix("gaussian", 30, 20, rng=0)
    for layout in "CFSNR":
        assert norms.frobenius(gallery.arrange(A, layout)) == pytest.approx(norms.frobenius(A))
    empty = np.zeros((0, 3))
    assert norms.max_abs(empty) == norms.frobenius(empty) == norms.spectral(empty) == 0.0
    assert norms.one_norm(empty) == 0.0
    np.testing.assert_array_equal(norms.column_norms(empty), np.zeros(3))
    A[3, 4] = np.nan
    assert np.isnan(norms.frobenius(A))
    assert np.isnan(norms.column_norms(A)).tolist() == [j == 4 for j in range(20)]


@pytest.mark.parametrize("dtype", ["f", "d", "F", "D"])
def test_power_of_two_scales(dtype):
    real = np.zeros(0, dtype).real.dtype
    info = np.finfo(real)
    for peak in (float(info.max), float(info.tiny), float(info.smallest_subnormal), 1e-30, 1e30):
        alpha = norms.power_of_two_scale(peak, np.dtype(dtype))
        assert math.frexp(alpha)[0] == 0.5
        assert float(info.tiny) <= alpha <= float(info.max)
        assert float(info.tiny) <= 1 / alpha <= float(info.max)
        # The square of the square of what comes out is a normal number.
        assert float(info.tiny) < (peak * alpha) ** 4 < float(info.max)
    for peak in (0.0, 1.0, 1e-3, 1e3, np.inf, np.nan):
        assert norms.power_of_two_scale(peak, np.dtype(dtype)) == 1.0


# Singular values


@pytest.mark.parametrize("case", CASES, ids=as_id)
def test_svd(case):
    U, S, Vh = svd(case.A)
    k = min(case.A.shape)
    assert (U.shape, S.shape, Vh.shape) == ((case.A.shape[0], k), (k,), (k, case.A.shape[1]))
    assert U.dtype == Vh.dtype == case.dtype
    assert S.dtype == case.A.real.dtype
    passes(ratios.svd_ratios(case.A, U, S, Vh).worst)
    alone = singular_values(case.A)
    assert alone.dtype == S.dtype
    for found in (S, alone):
        passes(ratios.singular_value_ratio(found, case.sigma, case.A.shape, case.dtype))


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (3, 0)])
@pytest.mark.parametrize("dtype", list("fdFD"))
def test_empty_matrices(shape, dtype):
    U, S, Vh = svd(np.zeros(shape, dtype))
    assert (U.shape, S.shape, Vh.shape) == ((shape[0], 0), (0,), (0, shape[1]))
    assert (U.dtype.char, S.dtype.char) == (dtype, dtype.lower())
    assert singular_values(np.zeros(shape, dtype)).shape == (0,)


@pytest.mark.parametrize("dtype", list("fdFD"))
@pytest.mark.parametrize("name", ["geometric", "kahan", "gaussian", "tied", "integers"])
def test_powers_of_two_scale_the_values_exactly(name, dtype):
    A = gallery.matrix(name, 15, 11, cond=1e4, dtype=dtype, rng=0)
    H = A[:11] + A[:11].conj().T
    _, S, _ = svd(A)
    w, _ = eigh(H)
    alone = singular_values(A)
    reach = (90, 20, -20, -60) if dtype in "fF" else (900, 500, 290, 30, -30, -290, -500, -900)
    for p in reach:
        _, shifted, _ = svd(shift(A, p))
        np.testing.assert_array_equal(shifted, np.ldexp(S, p))
        np.testing.assert_array_equal(singular_values(shift(A, p)), np.ldexp(alone, p))
        np.testing.assert_array_equal(eigh(shift(H, p))[0], np.ldexp(w, p))


def failing(drivers, original):
    """Return a stand-in whose listed drivers do not converge."""

    def call(*args, **kwargs):
        if (kwargs.get("lapack_driver") or kwargs.get("driver")) in drivers:
            raise np.linalg.LinAlgError("SVD did not converge")
        return original(*args, **kwargs)

    return call


def test_gesvd_takes_over(monkeypatch):
    A = gallery.matrix("geometric", 9, 6, rng=0, scale=2.0**-900)
    monkeypatch.setattr(dense_svd.linalg, "svd", failing({"gesdd"}, linalg.svd))
    before = dense_svd.FALLBACKS["gesdd"]
    passes(ratios.svd_ratios(A, *svd(A)).worst)
    assert singular_values(A).shape == (6,)
    assert dense_svd.FALLBACKS["gesdd"] == before + 2


def test_nan_from_gesdd_for_a_finite_matrix_is_a_failure(monkeypatch):
    original = linalg.svd

    def poisoned(*args, **kwargs):
        U, S, Vh = original(*args, **kwargs)
        return (U, S * np.nan, Vh) if kwargs["lapack_driver"] == "gesdd" else (U, S, Vh)

    monkeypatch.setattr(dense_svd.linalg, "svd", poisoned)
    A = gallery.matrix("gaussian", 9, 6, rng=0)
    passes(ratios.svd_ratios(A, *svd(A)).worst)


def test_failure_of_both_is_named(monkeypatch):
    A = gallery.matrix("geometric", 9, 6, rng=0)
    monkeypatch.setattr(dense_svd.linalg, "svd", failing({"gesdd", "gesvd"}, linalg.svd))
    with pytest.raises(ConvergenceError, match=r"shape \(9, 6\)"):
        svd(A)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_ends_in_an_error(value):
    A = np.ones((5, 5))
    A[1, 2] = A[2, 1] = value
    for function in (svd, singular_values, eigh):
        with pytest.raises(ConvergenceError, match="nan or inf"):
            function(A)


# Eigenvalues


def hermitian(case):
    k = min(case.A.shape)
    B = shift(case.A[:k, :k], -2)
    return B + B.conj().T


@pytest.mark.parametrize("case", CASES, ids=as_id)
def test_eigh(case):
    A = hermitian(case)
    n = A.shape[0]
    w, V = eigh(A)
    assert (w.shape, V.shape, V.dtype) == ((n,), (n, n), A.dtype)
    assert w.dtype == A.real.dtype
    passes(ratios.eigh_ratios(A, w, V).worst)
    w3, V3 = eigh(A, top=3)
    assert w3.shape == (min(3, n),)
    passes(ratios.eigh_ratios(A, w3, V3).worst)
    passes(ratios.singular_value_ratio(w3, w[:3], A.shape) if n and np.any(w[:3]) else 0.0)


@pytest.mark.parametrize("dtype", list("fD"))
def test_a_subset_of_a_large_matrix(dtype):
    A = gallery.with_spectrum(np.linspace(1, 2, 260), 260, dtype=dtype, rng=0)
    A = A + A.conj().T
    w, V = eigh(A, top=10)
    assert V.shape == (260, 10)
    passes(ratios.eigh_ratios(A, w, V).worst)
    passes(ratios.singular_value_ratio(w, eigh(A)[0][:10], A.shape))


def test_eigh_reads_the_lower_triangle():
    A = gallery.matrix("minij", 6)
    w, _ = eigh(np.tril(A))
    np.testing.assert_allclose(w, gallery.singular_values("minij", 6), rtol=1e-13)


@pytest.mark.parametrize("dtype", "fdFD")
def test_eigenvalues_of_a_stack(dtype):
    rng = np.random.default_rng(0)
    A = np.stack([gallery.matrix("geometric", 6, 6, dtype=dtype, rng=rng) for _ in range(4)])
    H = A + A.conj().swapaxes(1, 2)
    found = eigenvalues(np.tril(H))
    assert found.shape == (4, 6)
    for w, h in zip(found, H, strict=True):
        passes(ratios.singular_value_ratio(w, eigh(h)[0], h.shape))
    assert eigenvalues(np.zeros((0, 3, 3))).shape == (0, 3)
    with pytest.raises(ConvergenceError, match="stack of shape"):
        eigenvalues(np.full((2, 3, 3), np.nan))


def test_eigh_falls_back(monkeypatch):
    A = gallery.matrix("minij", 9)
    monkeypatch.setattr(dense_eigh.linalg, "eigh", failing({"evd"}, linalg.eigh))
    passes(ratios.eigh_ratios(A, *eigh(A)).worst)
    monkeypatch.setattr(dense_eigh.linalg, "eigh", failing({"evd", "ev"}, linalg.eigh))
    with pytest.raises(ConvergenceError, match="order 9"):
        eigh(A)


# Polar decomposition and triangular solves


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.A.shape[0] >= case.A.shape[1]], ids=as_id
)
def test_polar(case):
    U, H = polar(case.A)
    assert (U.shape, H.shape) == (case.A.shape, (case.A.shape[1],) * 2)
    passes(ratios.orthogonality_ratio(U))
    # H = V S V^H, so that U H has the SVD (U V) S V^H.
    w, V = eigh(H)
    passes(ratios.eigh_ratios(H, w, V).worst)
    passes(ratios.svd_ratios(case.A, U @ V, np.maximum(w, 0), V.conj().T).worst)


@pytest.mark.parametrize("dtype", list("fdFD"))
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
def test_triangular_solves(dtype, side, lower, adjoint, order):
    # Well conditioned, with rubbish where it must not be read.
    rng = np.random.default_rng(0)
    R = (gallery.matrix("gaussian", 6, dtype=dtype, rng=rng) + 8 * np.eye(6)).astype(dtype)
    full = np.tril(R) if lower else np.triu(R)
    op = full.conj().T if adjoint else full
    R, shape = np.array(R, order=order), (6, 4) if side == "left" else (9, 6)
    B = np.array(gallery.matrix("gaussian", *shape, dtype=dtype, rng=rng), order=order)
    kept = B.copy()
    X = solve(R, B, lower=lower, side=side, adjoint=adjoint)
    assert X.dtype.char == dtype
    np.testing.assert_array_equal(B, kept)
    product = op @ X if side == "left" else X @ op
    np.testing.assert_allclose(product, B, atol=100 * np.finfo(dtype).eps)


def test_triangular_solves_of_singular_and_empty_matrices():
    R = np.triu(np.ones((3, 3)))
    R[1, 1] = 0.0
    for side, shape in (("left", (3, 2)), ("right", (2, 3))):
        with pytest.raises(RankDeficientError, match=r"\[1, 1\]"):
            solve(R, np.ones(shape), side=side)
    assert solve(np.zeros((0, 0)), np.zeros((0, 2))).shape == (0, 2)
    assert solve(np.eye(3), np.zeros((0, 3)), side="right").shape == (0, 3)
