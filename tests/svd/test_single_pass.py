"""single_pass_svd: how the rows are cut must not matter, and what was seen once is certified."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import linsub
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.svd import bounds, single_pass_svd
from linsub.testing import gallery, ratios
from tests.svd_truth import truth, violations

EPS = np.finfo(float).eps
seeds = st.integers(0, 2**20)


def once(blocks):
    """Yield the blocks and overwrite each when the next one is asked for."""
    for block in blocks:
        mine = block.copy()
        yield mine
        if isinstance(mine, np.ndarray):
            mine[...] = 7.0


def cut(A, rng):
    """Cut into blocks of random heights, some of them empty."""
    edges = np.sort(rng.integers(0, A.shape[0] + 1, rng.integers(0, 6)))
    return np.split(A, edges)


@given(
    seed=seeds,
    index=st.integers(0, 10**4),
    failure_prob=st.sampled_from([1e-9, 1e-6]),
)
def test_over_the_gallery(seed, index, failure_prob):
    case = gallery.case(seed, index, max_side=30, scales=(1.0, 1e-300, 1e-20, 1e20, 1e300))
    A = case.A
    blocks = once(cut(A, case.rng))
    result = single_pass_svd(
        blocks, A.shape, case.rank, dtype=A.dtype, failure_prob=failure_prob, rng=seed
    )
    assert ratios.orthogonality_ratio(result.U) < ratios.PASS
    assert ratios.orthogonality_ratio(result.Vh.conj().T) < ratios.PASS
    assert result.S.dtype == A.real.dtype
    assert result.U.dtype == A.dtype
    assert np.all(np.diff(result.S) <= 0)
    assert violations(A, result, case.sigma) == []


@given(seed=seeds, dtype=st.sampled_from("fdFD"))
def test_how_the_rows_are_cut_does_not_matter(seed, dtype):
    A = gallery.matrix("polynomial", 50, 30, cond=1e3, dtype=dtype, rng=seed)
    one = single_pass_svd([A], A.shape, 4, dtype=dtype, rng=seed)
    for blocks in (cut(A, np.random.default_rng(seed)), np.split(A, 50)):
        two = single_pass_svd(iter(blocks), A.shape, 4, dtype=dtype, rng=seed)
        # The sketch is the same; its rounding is amplified by the least squares, mildly.
        limit = 1e4 * np.finfo(dtype).eps
        assert np.abs(one.S - two.S).max() <= limit
        assert np.abs((one.U * one.S) @ one.Vh - (two.U * two.S) @ two.Vh).max() <= limit
        assert np.isclose(
            float(one.certificate.frobenius_error), float(two.certificate.frobenius_error),
            rtol=1e4 * np.finfo(dtype).eps, atol=limit,
        )  # fmt: skip


def test_sparse_blocks_and_mixed_kinds_are_the_same_matrix():
    A = gallery.sparse_random(60, 40, 0.2, rng=0).toarray()
    wanted = single_pass_svd([A], A.shape, 3, rng=0)
    kinds = [sparse.csr_array(A[:20]), A[20:45].tolist(), sparse.coo_matrix(A[45:])]
    found = single_pass_svd(kinds, A.shape, 3, rng=0)
    assert np.abs(found.S - wanted.S).max() <= 1e-12


@given(seed=seeds)
def test_a_matrix_of_low_rank_is_found_exactly(seed):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((50, 3)) @ rng.standard_normal((3, 40))
    result = single_pass_svd(np.array_split(A, 6), A.shape, 3, rng=seed)
    norm = np.linalg.norm(A)
    assert np.linalg.norm(A - (result.U * result.S) @ result.Vh) <= 1e-11 * norm
    assert float(result.certificate.frobenius_error) <= 1e-10 * norm


def test_the_mean_error_keeps_the_theorem():
    sigma = 1.0 / np.arange(1.0, 51.0)
    A = gallery.with_spectrum(sigma, 70, 50, rng=0)
    errors = []
    for seed in range(100):
        U, S, Vh = single_pass_svd([A], A.shape, 13, width=13, core=27, rng=seed)
        errors.append(np.linalg.norm(A - (U * S) @ Vh) ** 2)
    limit = bounds.single_pass(sigma, 13, 27)
    assert np.mean(errors) <= limit + 4 * np.std(errors) / 10
    assert np.mean(errors) >= 0.02 * limit


def test_rounding_of_large_rows_that_come_late():
    """The sketch is kept in a unit that grows: early small rows, then large ones, or back."""
    small = gallery.matrix("gaussian", 10, 8, rng=0)
    for exponents in ((-600, 600), (600, -600), (-600, 0, 600), (0, -1000), (-1000, 0)):
        blocks = [np.ldexp(small, exponent) for exponent in exponents]
        A = np.concatenate(blocks)
        result = single_pass_svd(blocks, A.shape, 4, rng=0)
        top = np.ldexp(np.linalg.svd(small, compute_uv=False)[:4], max(exponents))
        assert ratios.singular_value_ratio(result.S, top, shape=A.shape) < 1e3
        assert violations(A, result) == []
        zeros = np.zeros_like(small)
        again = single_pass_svd([zeros, *blocks, zeros], (A.shape[0] + 20, 8), 4, rng=0)
        assert ratios.singular_value_ratio(again.S, top, shape=A.shape) < 1e3


def test_the_certificate_is_carried_and_knows_its_limits():
    A = gallery.matrix("polynomial", 50, 30, cond=1e2, rng=0)
    certificate = single_pass_svd([A], A.shape, 4, failure_prob=1e-4, rng=0).certificate
    assert certificate.residuals is None
    assert certificate.frobenius_error.origin == "carried"
    assert certificate.frobenius_error.kind == "probabilistic"
    assert certificate.failure_prob == 1e-4
    assert np.isclose(float(certificate.frobenius_norm), np.linalg.norm(A), rtol=1e-14)


def test_the_certificate_measures_this_result():
    """Not too loose: within the factor that 16 probes cost at 1e-6."""
    A = gallery.matrix("polynomial", 50, 30, cond=1e2, rng=0)
    for seed in range(20):
        result = single_pass_svd([A], A.shape, 4, rng=seed)
        known = truth(A, result)
        error = known.frobenius_error * np.ldexp(1.0, known.exponent)
        assert error <= float(result.certificate.frobenius_error) <= 6 * error


def test_the_probes_fail_as_rarely_as_they_say():
    """1000 trials at p = 0.05; more than 90 failures have a probability below 1e-7."""
    A = gallery.with_spectrum([1.0, *np.full(19, 1e-3)], 24, 20, rng=0)
    failures = 0
    for seed in range(1000):
        result = single_pass_svd([A], A.shape, 0, width=1, failure_prob=0.05, rng=seed)
        failures += float(result.certificate.frobenius_error) < np.linalg.norm(A)
    assert failures <= 90


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (4, 0), (1, 1), (1, 5), (5, 1)])
@pytest.mark.parametrize("dtype", "fdFD")
def test_empty_and_thin_matrices(shape, dtype):
    A = np.ones(shape, dtype)
    for blocks in ([A], [], [A[:0], A]):
        if blocks or shape[0] == 0:
            result = single_pass_svd(blocks, shape, min(shape), dtype=dtype, rng=0)
            assert result.U.shape == (shape[0], min(shape))
            assert result.Vh.shape == (min(shape), shape[1])
            assert result.S.dtype == A.real.dtype
            assert result.U.dtype == dtype
            assert violations(A, result) == []


def test_the_zero_matrix():
    result = single_pass_svd([np.zeros((5, 4)), np.zeros((2, 4))], (7, 4), 2, rng=0)
    assert np.array_equal(result.S, [0.0, 0.0])
    assert float(result.certificate.frobenius_error) == 0.0


A43 = np.ones((4, 3))


@pytest.mark.parametrize(
    ("args", "options", "error", "text"),
    [
        (([A43], (5, 3), 1), {}, InvalidInputError, "held 4 rows and shape=.* promised 5"),
        (([A43, A43], (7, 3), 1), {}, InvalidInputError, r"blocks\[1\] ends at row 8 .* 7 rows"),
        (([A43], (4, 2), 1), {}, InvalidInputError, r"blocks\[0\] has 3 columns .* promised 2"),
        (([A43, np.ones((1, 4))], (5, 3), 1), {}, InvalidInputError, r"blocks\[1\] has 4 columns"),
        (([A43], (4,), 1), {}, InvalidInputError, r"shape must be \(m, n\)"),
        (([A43], None, 1), {}, InvalidInputError, "shape must be"),
        (([A43], (4, -3), 1), {}, InvalidInputError, r"shape\[1\]"),
        (([A43], (4.0, 3), 1), {}, InvalidTypeError, r"shape\[0\]"),
        (([A43], (4, 3), 4), {}, InvalidInputError, "rank <= 3"),
        (([A43], (4, 3), 2), {"width": 1}, InvalidInputError, "2 <= width <= 3"),
        (([A43], (4, 3), 1), {"width": 4}, InvalidInputError, "width <= 3"),
        (([A43], (4, 3), 1), {"width": 3, "core": 2}, InvalidInputError, "3 <= core"),
        (([A43], (4, 3), 1), {"failure_prob": 1.0}, InvalidInputError, "failure_prob"),
        (([A43], (4, 3), 1), {"dtype": object}, InvalidTypeError, "dtype"),
        (([A43], (4, 3), 1), {"dtype": np.longdouble}, InvalidTypeError, "dtype"),
        (([A43 * 1j], (4, 3), 1), {}, InvalidInputError, r"blocks\[0\] is complex; pass dtype"),
        (([A43, [[1, 2]]], (5, 3), 1), {}, InvalidInputError, r"blocks\[1\] has 2 columns"),
        (([A43 * np.nan], (4, 3), 1), {}, NonFiniteError, r"blocks\[0\]\[0, 0\] is nan"),
        (
            ([np.ma.masked_less(A43, 0)], (4, 3), 1),
            {},
            InvalidTypeError,
            r"blocks\[0\] is a masked",
        ),
    ],
)
def test_what_does_not_fit(args, options, error, text):
    with pytest.raises(error, match=text):
        single_pass_svd(*args, **options)


@pytest.mark.parametrize("blocks", [None, 3, A43])
def test_what_is_no_sequence_of_blocks(blocks):
    """An array iterates over its rows, which are no blocks: said by name, not by luck."""
    with pytest.raises((InvalidTypeError, InvalidInputError), match="blocks"):
        single_pass_svd(blocks, (4, 3), 1)


def test_the_source_is_read_once():
    count = 0

    class Source:
        def __iter__(self):
            nonlocal count
            count += 1
            return iter([A43])

    assert single_pass_svd(Source(), (4, 3), 1, rng=0).info.passes == 1
    assert count == 1


def test_the_package_offers_it():
    assert linsub.single_pass_svd is single_pass_svd
