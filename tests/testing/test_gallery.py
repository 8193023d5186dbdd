"""The matrices are what their descriptions say."""

import itertools

import numpy as np
import pytest

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.testing import gallery, load_digits, load_image
from linsub.testing.ratios import PASS, orthogonality_ratio, singular_value_ratio

DTYPES = "fdFD"
SHAPES = [(0, 0), (0, 3), (3, 0), (1, 1), (1, 4), (5, 1), (8, 8), (9, 8), (13, 7), (7, 13)]


def built(name):
    """Yield a named matrix in every shape and dtype that it has."""
    for (m, n), dtype in itertools.product([*SHAPES, (20, 20), (21, 20)], DTYPES):
        if gallery.fits(name, m, n):
            yield gallery.matrix(name, m, n, dtype=dtype, rng=1), m, n, dtype


@pytest.mark.parametrize("name", gallery.names())
def test_every_matrix_has_its_shape_and_dtype_and_is_finite(name):
    found = list(built(name))
    assert found
    for A, m, n, dtype in found:
        assert A.shape == (m, n)
        assert A.dtype.char == dtype
        assert np.isfinite(A).all()
    assert gallery.describe(name)


@pytest.mark.parametrize("name", gallery.names("closed_form"))
def test_closed_forms_agree_with_lapack(name):
    for A, m, n, dtype in built(name):
        sigma = gallery.singular_values(name, m, n)
        assert sigma.shape == (min(m, n),)
        found = np.linalg.svd(A.astype("D"), compute_uv=False)
        assert singular_value_ratio(found, sigma, A.shape, dtype) < PASS


@pytest.mark.parametrize("name", gallery.names("exact"))
def test_exact_matrices_are_the_same_in_every_precision(name):
    for A, m, n, dtype in built(name):
        wide = gallery.matrix(name, m, n, dtype="D" if A.dtype.kind == "c" else "d", rng=1)
        np.testing.assert_array_equal(A.astype(wide.dtype), wide, err_msg=dtype)


def characteristic(A):
    """Return det(x I - A) of a whole matrix in exact arithmetic (Faddeev-LeVerrier)."""
    n = A.shape[0]
    B = np.array([[int(x) for x in row] for row in A], dtype=object)
    eye = np.array([[int(i == j) for j in range(n)] for i in range(n)], dtype=object)
    coefficients, M = [1], 0 * eye
    for k in range(1, n + 1):
        M = B.dot(M) + coefficients[-1] * eye
        trace = -sum(B.dot(M).diagonal())
        assert trace % k == 0
        coefficients.append(trace // k)
    return coefficients


@pytest.mark.parametrize(
    "name",
    ["circulant", "minij", "path_laplacian", "pei", "rosser", "second_difference", "summation"],
)
def test_closed_forms_have_the_exact_characteristic_polynomial(name):
    # Independent of LAPACK: the coefficients for A^T A, in whole numbers, are the elementary
    # symmetric functions of sigma^2, which for numbers >= 0 are free of cancellation.
    A = gallery.matrix(name, 8).astype(int).astype(object)
    assert np.array_equal(A, gallery.matrix(name, 8))
    coefficients = np.array([abs(c) for c in characteristic(A.T.dot(A))], dtype=float)
    symmetric = np.ones(1)
    for square in gallery.singular_values(name, 8) ** 2:
        symmetric = np.r_[symmetric, 0.0] + square * np.r_[0.0, symmetric]
    np.testing.assert_allclose(symmetric, coefficients, rtol=1e-12)


def test_known_values():
    assert gallery.matrix("frank", 4).tolist()[1] == [3, 3, 2, 1]
    assert round(np.linalg.det(gallery.matrix("frank", 6))) == 1
    assert round(np.linalg.det(gallery.matrix("moler", 6))) == 1
    assert gallery.matrix("lehmer", 3)[1, 2] == pytest.approx(2 / 3)
    # Higham, Accuracy and Stability: cond of the Hilbert matrix of order 4.
    assert np.linalg.cond(gallery.matrix("hilb", 4)) == pytest.approx(15513.7, rel=1e-5)
    # Wilkinson (1965): the largest eigenvalue of W21+.
    assert np.linalg.norm(gallery.matrix("wilkinson", 21), 2) == pytest.approx(10.7461941829034)
    parter = np.linalg.svd(gallery.matrix("parter", 40), compute_uv=False)
    np.testing.assert_allclose(parter[:20], np.pi, rtol=1e-12)
    i = np.arange(10)
    kahan = gallery.matrix("kahan", 10)
    np.testing.assert_allclose(np.diag(kahan), np.sin(1.2) ** i, rtol=1e-12)
    assert np.array_equal(
        gallery.matrix("duplicate_columns", 5, 4, rng=0)[:, 0::2],
        gallery.matrix("duplicate_columns", 5, 4, rng=0)[:, 1::2],
    )


def test_square_matrices_stay_hermitian_in_complex_arithmetic():
    for name in ("minij", "second_difference", "prolate", "rosser", "projector"):
        A = gallery.matrix(name, 8, dtype=complex, rng=3)
        np.testing.assert_allclose(A, A.conj().T, rtol=0, atol=1e-15)
        assert np.abs(A.imag).max() > 0


def test_the_breaker_breaks_cholesky():
    failures = 0
    for seed in range(5):
        A = gallery.matrix("cholesky_breaker", 50, 10, rng=seed)
        try:
            R = np.linalg.cholesky(A.T @ A).T
            failures += orthogonality_ratio(np.linalg.solve(R.T, A.T).T) > PASS
        except np.linalg.LinAlgError:
            failures += 1
    assert failures == 5


@pytest.mark.parametrize("name", gallery.names("spectrum"))
def test_spectra(name):
    for k in (0, 1, 2, 13, 40):
        sigma = gallery.spectrum(name, k, cond=1e5, rng=0)
        assert sigma.shape == (k,)
        assert np.all(np.diff(sigma) <= 0)
        assert np.all(sigma >= 0)
        reverse = gallery.spectrum(name, k, cond=1e5, reverse=True, rng=0)
        np.testing.assert_array_equal(reverse, sigma[::-1])


@pytest.mark.parametrize(
    "name", ["one_large", "one_small", "geometric", "arithmetic", "polynomial", "staircase"]
)
def test_spectra_reach_their_condition(name):
    sigma = gallery.spectrum(name, 20, cond=1e7)
    assert sigma[0] / sigma[-1] == pytest.approx(1e7)


def test_ties_and_multiplicities_are_exact():
    tied = gallery.spectrum("tied", 20)
    assert tied[8] > tied[9] == tied[10] == tied[11] > tied[12]
    assert np.count_nonzero(gallery.spectrum("multiple", 30) == 1.0) == 12


@pytest.mark.parametrize("dtype", list(DTYPES))
def test_with_spectrum(dtype):
    sigma = [4.0, 2.0, 2.0, 1e-3]
    A = gallery.with_spectrum(sigma, 9, 6, dtype=dtype, rng=5)
    found = np.linalg.svd(A.astype("D"), compute_uv=False)
    assert singular_value_ratio(found, np.r_[sigma, 0, 0], A.shape, dtype) < PASS


def test_factors_are_uniformly_distributed():
    # E[q_11^2] = 1/n and E[q_11] = 0 for Haar; QR without its signs fixed has q_11 < 0.
    draws = np.array([gallery.with_spectrum([1.0], 4, 1, rng=seed)[0, 0] for seed in range(2000)])
    assert abs(draws.mean()) < 5 * 0.5 / np.sqrt(2000)
    assert draws.var() == pytest.approx(0.25, rel=0.15)


@pytest.mark.parametrize("kind", gallery.GRAPHS)
def test_graph_laplacians(kind):
    L = gallery.graph_laplacian(kind, 16)
    assert np.all(L.sum(axis=1) == 0)
    found = np.linalg.svd(L.toarray(), compute_uv=False)
    assert singular_value_ratio(found, gallery.graph_spectrum(kind, 16)) < PASS


@pytest.mark.parametrize("dtype", list(DTYPES))
def test_sparse_random(dtype):
    A = gallery.sparse_random(60, 40, 0.1, cond=1e3, dtype=dtype, format="csc", rng=2)
    assert A.shape == (60, 40)
    assert A.dtype.char == dtype
    assert A.format == "csc"
    assert 200 < A.nnz <= 240
    assert gallery.sparse_random(3, 2, 0.0).nnz == 0


def test_cases_depend_on_seed_and_index_alone():
    one, two = gallery.case(3, 17), gallery.case(3, 17)
    np.testing.assert_array_equal(one.A, two.A)
    np.testing.assert_array_equal(one.sigma, two.sigma)
    assert (one.label, one.rank) == (two.label, two.rank)
    assert one.rng.random() == one.rng.random() == two.rng.random()
    assert gallery.case(4, 17).label != one.label
    *_, last = gallery.cases(18, seed=3)
    np.testing.assert_array_equal(last.A, one.A)


def test_cases_cover_names_sizes_layouts_and_scales():
    found = list(gallery.cases(4 * len(gallery.names())))
    assert {case.label.split()[0] for case in found} == set(gallery.names())
    assert {case.A.dtype.char for case in found} == set(DTYPES)
    shapes = [case.A.shape for case in found]
    assert any(min(shape) == 0 for shape in shapes)
    assert any(min(shape) == 1 for shape in shapes)
    assert any(m > n for m, n in shapes)
    assert any(m < n for m, n in shapes)
    assert {case.label.split()[-1] for case in found} == set("CFSNR")
    peaks = [np.abs(case.A).max() for case in found if case.A.size]
    assert min(peak for peak in peaks if peak) < 1e-290
    assert max(peaks) > 1e290
    assert any(case.rank == 0 for case in found)
    assert any(case.rank == min(case.A.shape) > 0 for case in found)
    deficient = [c for c in found if c.sigma.size and c.sigma[-1] <= 1e-17 * c.sigma[0]]
    assert deficient


def test_sigma_of_cases_is_the_truth():
    for case in gallery.cases(len(gallery.names()), seed=1):
        if case.A.size == 0:
            assert case.sigma.shape == (0,)
            continue
        # From the other side, through the norm: sum sigma^2 = ||A||_F^2.
        top = float(np.abs(case.A).max()) or 1.0
        wide = case.A.astype("D") / top
        frobenius = np.sqrt(np.sum(np.abs(wide) ** 2))
        assert np.linalg.norm(case.sigma / top) == pytest.approx(frobenius, rel=1e-13)
        assert 0 <= case.rank <= case.sigma.size


def test_cases_may_be_narrowed():
    for case in gallery.cases(30, dtypes="F", max_side=5, scales=(1e-150,), layouts="R"):
        assert case.dtype == np.complex64
        assert not case.A.flags.writeable
        assert max(case.A.shape) <= 9


@pytest.mark.parametrize("layout", list("CFSNR"))
def test_layouts(layout):
    A = np.arange(12.0).reshape(3, 4)
    B = gallery.arrange(A, layout)
    np.testing.assert_array_equal(A, B)
    assert B.flags.writeable == (layout != "R")
    assert B.flags.c_contiguous == (layout in "CR")
    assert B.flags.f_contiguous == (layout == "F")
    assert (min(B.strides) < 0) == (layout == "N")
    assert not np.shares_memory(A, B)


def test_wrong_arguments_are_named():
    with pytest.raises(InvalidInputError, match="name must be one of .*kahan.* got 'khan'"):
        gallery.matrix("khan", 3)
    with pytest.raises(InvalidInputError, match=r"'rosser' is not defined for .*\(3, 3\)"):
        gallery.matrix("rosser", 3)
    with pytest.raises(InvalidInputError, match="cond must be >= 1"):
        gallery.matrix("geometric", 3, cond=0.5)
    with pytest.raises(InvalidInputError, match="m and n must be >= 0"):
        gallery.matrix("geometric", -1, 3)
    with pytest.raises(InvalidTypeError, match="dtype must be .* got float16"):
        gallery.matrix("geometric", 3, dtype=np.float16)
    with pytest.raises(InvalidInputError, match="tags must be among"):
        gallery.names("no such tag")
    with pytest.raises(InvalidInputError, match="layout must be one of"):
        gallery.arrange(np.ones((2, 2)), "X")
    with pytest.raises(InvalidInputError, match="3 singular values do not fit"):
        gallery.with_spectrum([1, 1, 1], 2, 5)
    with pytest.raises(InvalidInputError, match="square number"):
        gallery.graph_laplacian("grid", 10)


def test_data_sets():
    digits = load_digits()
    assert digits.data.shape == (1797, 64)
    assert digits.data.dtype == np.float64
    assert (digits.data.min(), digits.data.max()) == (0, 16)
    assert np.linalg.matrix_rank(digits.data) == 61
    assert np.bincount(digits.target).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    image = load_image()
    assert image.shape == (427, 640)
    assert image.dtype == np.float64
    assert (image.min(), image.max()) == (0, 255)
    digits.data[0, 0] = 99.0  # the next caller must not see it
    assert load_digits().data[0, 0] == 0.0


def test_digits_are_scikit_learns():
    datasets = pytest.importorskip("sklearn.datasets")
    np.testing.assert_array_equal(load_digits().data, datasets.load_digits().data)
    np.testing.assert_array_equal(load_digits().target, datasets.load_digits().target)
