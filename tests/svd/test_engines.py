"""Every engine over the gallery: LAPACK's ratios, the tolerance, and what must not matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator

from linsub.svd import randomized_svd, truncated_svd
from linsub.testing import gallery, ratios
from tests.svd_truth import truth, violations

EPS = np.finfo(float).eps
ITERATIVE = ("lanczos", "golub-kahan", "subspace")
ENGINES = ("auto", "lapack", "gram", *ITERATIVE, "randomized")

every_engine = pytest.mark.parametrize("engine", ENGINES)
seeds = st.integers(0, 2**20)
indices = st.integers(0, 10**4)


def solve(engine, A, rank, **options):
    if engine == "randomized":
        return randomized_svd(A, rank, rng=0)
    if engine in ("lanczos", "golub-kahan"):
        options.setdefault("block", 2)
    return truncated_svd(A, rank, method=engine, rng=0, **options)


def well_formed(result, A, rank):
    U, S, Vh = result
    m, n = A.shape
    assert U.shape == (m, rank)
    assert S.shape == (rank,)
    assert Vh.shape == (rank, n)
    assert U.dtype == Vh.dtype == A.dtype
    assert S.dtype == A.real.dtype
    assert U.flags.c_contiguous
    assert Vh.flags.c_contiguous
    assert np.all(S >= 0)
    assert np.all(np.diff(S) <= 0)
    assert ratios.orthogonality_ratio(U) < ratios.PASS
    assert ratios.orthogonality_ratio(Vh.conj().T) < ratios.PASS
    if rank:  # the sign that docs promise
        eps = float(np.finfo(A.dtype).eps)
        largest = np.abs(U) >= (1 - 8 * eps) * np.abs(U).max(axis=0)  # rounding breaks ties
        turned = (U.real > 0) & (np.abs(U.imag) <= 4 * eps * np.abs(U))
        assert np.all(np.any(largest & turned, axis=0))


@every_engine
@given(seed=seeds, index=indices)
def test_the_gallery(engine, seed, index):
    case = gallery.case(seed, index, max_side=30)
    result = solve(engine, case.A, case.rank)
    well_formed(result, case.A, case.rank)
    assert violations(case.A, result, case.sigma) == []
    if result.info.method in ("lapack", "gram") and case.rank:
        shape = case.A.shape
        top = case.sigma[: case.rank]
        assert ratios.singular_value_ratio(result.S, top, shape=shape) < ratios.PASS


@every_engine
@given(seed=seeds, index=indices)
def test_nothing_truncated_is_nothing_lost(engine, seed, index):
    case = gallery.case(seed, index, max_side=20)
    result = solve(engine, case.A, min(case.A.shape))
    found = ratios.svd_ratios(case.A, *result)
    assert found.passed, found


@pytest.mark.parametrize("engine", ITERATIVE)
@pytest.mark.parametrize("digits", [2, 6, 10, 13])
@given(seed=seeds)
def test_residuals_meet_the_tolerance(engine, digits, seed):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(25, 45, size=2)
    rank = int(rng.integers(1, 7))
    sigma = gallery.spectrum(
        str(rng.choice(["geometric", "polynomial", "exponential"])), 25, cond=1e4
    )
    A = gallery.with_spectrum(sigma, m, n, rng=rng)
    tol = 10.0**-digits
    result = solve(engine, A, rank, tol=tol, maxiter=2000)
    assert result.info.converged
    known = truth(A, result)
    scale = float(np.ldexp(result.S[0], -known.exponent))
    rounding = ratios.PASS * max(m, n) * EPS * scale
    assert known.residuals.max() <= tol * scale + rounding


@every_engine
@pytest.mark.parametrize("exponent", [-800, -333, 333, 800])
def test_powers_of_two(engine, exponent):
    A = gallery.matrix("geometric", 40, 30, cond=1e8, rng=0)
    plain, scaled = solve(engine, A, 5), solve(engine, np.ldexp(A, exponent), 5)
    assert np.array_equal(scaled.S, np.ldexp(plain.S, exponent))
    assert np.array_equal(scaled.U, plain.U)
    assert np.array_equal(scaled.Vh, plain.Vh)


@every_engine
@pytest.mark.parametrize("dtype", "fdFD")
def test_the_adjoint_swaps_the_sides(engine, dtype):
    A = gallery.matrix("geometric", 40, 30, cond=1e4, dtype=dtype, rng=0)
    tol = 1e-5 if dtype in "fF" else 1e-13
    one = solve(engine, A, 4, **({} if engine == "randomized" else {"tol": tol}))
    two = solve(engine, A.conj().T, 4, **({} if engine == "randomized" else {"tol": tol}))
    # What the tolerance leaves of the vectors, over the smallest gap, dominates.
    limit = ratios.PASS * (40 * np.finfo(dtype).eps + (1e-8 if engine == "randomized" else tol))
    product, swapped = (one.U * one.S) @ one.Vh, (two.U * two.S) @ two.Vh
    assert np.abs(product - swapped.conj().T).max() <= limit
    assert np.abs(one.S - two.S).max() <= limit


@every_engine
@pytest.mark.parametrize(("rows", "columns"), [(7, 0), (0, 7), (30, 20)])
def test_zeros_around_the_matrix_change_nothing(engine, rows, columns):
    A = gallery.matrix("geometric", 40, 30, cond=1e6, rng=0)
    options = {} if engine == "randomized" else {"tol": 1e-13}
    plain = solve(engine, A, 4, **options)
    padded = solve(engine, np.pad(A, ((0, rows), (0, columns))), 4, **options)
    assert ratios.singular_value_ratio(padded.S, plain.S, shape=(70, 50)) < ratios.PASS
    assert np.abs(padded.U[40:]).max(initial=0.0) <= ratios.PASS * EPS
    assert np.abs(padded.Vh[:, 30:]).max(initial=0.0) <= ratios.PASS * EPS


@every_engine
def test_permutations_and_signs_change_nothing(engine):
    rng = np.random.default_rng(0)
    A = gallery.matrix("polynomial", 40, 30, cond=1e3, rng=0)
    rows, columns = rng.permutation(40), rng.permutation(30)
    B = (A * rng.choice([-1.0, 1.0], 30))[np.ix_(rows, columns)]
    options = {} if engine == "randomized" else {"tol": 1e-13}
    one, two = solve(engine, A, 4, **options), solve(engine, B, 4, **options)
    limit = ratios.PASS if engine != "randomized" else 1e-9 / (40 * EPS)
    assert ratios.singular_value_ratio(two.S, one.S, shape=A.shape) < limit


FORMS = {
    "F": np.asfortranarray,
    "csr": sparse.csr_array,
    "csc": sparse.csc_array,
    "operator": aslinearoperator,
    "blocks": lambda A: np.array_split(A, 4),
}


@pytest.mark.parametrize("engine", ["auto", "lanczos", "golub-kahan", "subspace"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", [(130, 90), (90, 130), (100, 100), (700, 70), (70, 700)])
@pytest.mark.parametrize("dtype", "fd")
def test_every_form_at_a_size_where_engines_iterate(engine, form, shape, dtype):
    A = gallery.matrix("polynomial", *shape, cond=1e3, dtype=dtype, rng=0)
    result = truncated_svd(FORMS[form](A), 6, method=engine, rng=1)
    if engine != "auto":
        assert result.info.method.startswith(engine)
    well_formed(result, A, 6)
    assert violations(A, result) == []


@pytest.mark.parametrize("shape", [(300, 90), (90, 300), (150, 150)])
@pytest.mark.parametrize("cond", [1e2, 1e6, 1e10, 1e14])
@pytest.mark.parametrize("engine", ["auto", "gram", "lanczos"])
def test_what_squaring_would_lose_is_kept(engine, shape, cond):
    """sigma_k far below sqrt(eps) sigma_1: right to eps sigma_1, as from LAPACK."""
    A = gallery.matrix("geometric", *shape, cond=cond ** (min(shape) / 15), rng=0)
    result = truncated_svd(A, 14, method=engine, tol=1e-14, rng=0, maxiter=1000, on_fail="return")
    sigma = np.linalg.svd(A, compute_uv=False)[:14]
    assert ratios.singular_value_ratio(result.S, sigma, shape=shape) < ratios.PASS
    well_formed(result, A, 14)
    assert violations(A, result) == []


def test_the_lanczos_engine_hands_over_when_values_are_too_small():
    A = gallery.with_spectrum(10.0 ** -np.arange(60.0), 120, 100, rng=0)
    result = truncated_svd(A, 10, method="lanczos", rng=0)
    assert result.info.method == "golub-kahan"
    assert any("squaring" in note for note in result.info.notes)
    assert np.abs(result.S / 10.0 ** -np.arange(10.0) - 1)[:5].max() < 1e-9


@pytest.mark.parametrize("rank", [1, 13, 30, 40])
def test_a_graded_spectrum_at_every_rank(rank):
    """The other engine starts from a basis as wide as the rank, in a space not much wider."""
    A = gallery.with_spectrum(0.5 ** np.arange(66.0), 70, 66, rng=0)
    result = truncated_svd(A, rank, method="lanczos", rng=0)
    assert result.info.converged
    well_formed(result, A, rank)
    assert violations(A, result) == []


@pytest.mark.parametrize("block", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("engine", ["lanczos", "golub-kahan"])
def test_every_block_size(engine, block):
    A = gallery.matrix("polynomial", 90, 80, cond=1e3, rng=0)
    result = truncated_svd(A, 7, method=engine, block=block, tol=1e-12, rng=0, maxiter=2000)
    assert result.info.details["block"] == block
    assert violations(A, result) == []
    sigma = np.linalg.svd(A, compute_uv=False)[:7]
    assert ratios.singular_value_ratio(result.S, sigma, shape=A.shape) < ratios.PASS


def test_products_and_passes_are_counted():
    """As many as the operator itself saw."""
    A = gallery.matrix("polynomial", 90, 80, rng=0)
    seen = {"columns": 0, "calls": 0}

    class Counting:
        shape, dtype = A.shape, A.dtype

        def matvec(self, x):
            raise AssertionError("blocks are there to be used")

        rmatvec = matvec

        def matmat(self, X):
            seen["columns"] += X.shape[1]
            seen["calls"] += 1
            return A @ X

        def rmatmat(self, Y):
            seen["columns"] += Y.shape[1]
            seen["calls"] += 1
            return A.T @ Y

    result = truncated_svd(Counting(), 5, rng=0)
    assert result.info.products == seen["columns"]
    assert result.info.passes == seen["calls"]
    for method in ("subspace", "golub-kahan", "lapack"):
        seen.update(columns=0, calls=0)
        info = truncated_svd(Counting(), 5, method=method, rng=0).info
        assert (info.products, info.passes) == (seen["columns"], seen["calls"]), method
