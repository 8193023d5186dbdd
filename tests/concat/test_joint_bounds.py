"""Bounds on the joint error against LAPACK's singular values of the concatenation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.concat import concat_residual_bound, concat_svd_bounds, concat_weyl_bound
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.testing import load_image
from tests.concat.collections_of_matrices import joined, ranked, relative_error

EPS = np.finfo(float).eps
SLACK = 1e-14
BOUNDS = (concat_weyl_bound, concat_residual_bound)


@given(
    case=ranked(),
    oversample=st.sampled_from([0, 1, 3, 10]),
    method=st.sampled_from(["auto", "gram", "chain"]),
)
def test_the_truth_is_between(case, oversample, method):
    blocks, rank = case
    M, exponent = joined(blocks)
    truth = relative_error(M, rank)
    lower, upper = result = concat_svd_bounds(blocks, rank, method=method, oversample=oversample)
    assert 0.0 <= lower <= truth + SLACK
    assert truth <= upper + SLACK
    assert upper <= 1.0
    weyl, residual = (float(bound(blocks, rank)) for bound in BOUNDS)
    assert truth <= min(weyl, residual) + SLACK
    assert upper <= weyl
    # what columns say, the spectra of the blocks say too
    assert residual <= max(weyl, 100 * EPS) + 1e-7

    sigma = np.linalg.svd(M, compute_uv=False) if M.size else np.zeros(0)
    certificate = result.certificate
    low = np.ldexp(certificate.sigma_lower.value, -exponent)[: sigma.size]
    high = np.ldexp(certificate.sigma_upper.value, -exponent)[: sigma.size]
    room = 30 * EPS * max(sigma.max(initial=0.0), 1e-300) * max(*M.shape, 1)
    assert np.all(low <= sigma[: low.size] + room)
    assert np.all(sigma[: high.size] <= high + room)
    if exponent > -1000:
        norm = np.ldexp(float(certificate.frobenius_norm), -exponent)
        assert np.isclose(norm, np.linalg.norm(M))
    assert float(certificate.error_lower) == lower
    assert str(certificate)


@given(case=ranked())
def test_with_all_directions_kept_both_ends_meet(case):
    blocks, rank = case
    M, _ = joined(blocks)
    lower, upper = concat_svd_bounds(blocks, rank, method="chain", oversample=min(M.shape))
    rounding = 20 * np.sqrt(max(M.shape[0], 1)) * EPS * (len(blocks) + 1)
    assert upper - lower <= 2 * rounding


@given(case=ranked(dtypes="dF"), power=st.sampled_from([-60, 40]))
def test_the_unit_does_not_matter(case, power):
    blocks, rank = case
    peak = max((float(np.max(np.abs(A), initial=0.0)) for A in blocks), default=0.0)
    if not (peak == 0.0 or 1e-15 < peak < 1e15):
        return
    tiny = min((float(np.min(np.abs(A[A != 0]), initial=1.0)) for A in blocks), default=1.0)
    if tiny < 1e-18:  # would underflow
        return
    moved = [A * A.dtype.type(2.0**power) for A in blocks]
    assert concat_svd_bounds(moved, rank)[:2] == concat_svd_bounds(blocks, rank)[:2]
    for bound in BOUNDS:
        assert float(bound(moved, rank)) == float(bound(blocks, rank))


def test_errors_far_below_the_root_of_eps_are_seen():
    """The published estimator, by subtraction of eigenvalues, reports 0 at all of these."""
    rng = np.random.default_rng(0)
    for noise, dtype in ((1e-9, "d"), (1e-11, "d"), (1e-5, "f")):
        basis = rng.standard_normal((64, 3))
        blocks = [
            (basis @ rng.standard_normal((3, 8)) + noise * rng.standard_normal((64, 8))).astype(
                dtype
            )
            for _ in range(30)
        ]
        truth = relative_error(joined(blocks)[0], 3)
        assert truth < 10 * noise
        lower, upper = concat_svd_bounds(blocks, 3)
        assert 0.5 * truth < lower <= truth * 1.001
        assert truth * 0.999 <= upper < 1.2 * truth


def test_blocks_with_orthogonal_columns_attain_both_bounds():
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((12, 12)))[0]
    blocks = np.split(Q * np.linspace(3.0, 1.0, 12), [2, 3, 7], axis=1)
    for rank in range(13):
        truth = relative_error(np.concatenate(blocks, axis=1), rank)
        assert float(concat_residual_bound(blocks, rank)) == pytest.approx(truth, abs=1e-13)
    columns = np.split(Q * np.linspace(3.0, 1.0, 12), 12, axis=1)
    for rank in range(13):
        truth = relative_error(np.concatenate(columns, axis=1), rank)
        assert float(concat_weyl_bound(columns, rank)) == pytest.approx(truth, abs=1e-7)


def test_a_block_wider_than_the_rank():
    """The published bound counts it in full: 0.0011 where the truth is 0.8367."""
    rng = np.random.default_rng(0)
    blocks = [2 * np.eye(10), 1e-3 * rng.standard_normal((10, 5))]
    truth = relative_error(np.concatenate(blocks, axis=1), 3)
    assert truth == pytest.approx(np.sqrt(0.7), rel=1e-5)
    for bound in BOUNDS:
        assert truth <= float(bound(blocks, 3)) < truth + 1e-5


def test_channels_of_an_image_share_what_the_bounds_say():
    """Real data: column strips of a photograph."""
    blocks = np.array_split(load_image(), 20, axis=1)
    truth = relative_error(np.concatenate(blocks, axis=1), 20)
    lower, upper = concat_svd_bounds(blocks, 20)
    assert lower <= truth <= upper < (1 + 1e-9) * lower
    lower, upper = concat_svd_bounds(blocks, 20, method="chain", oversample=40)
    assert lower <= truth <= upper < 1.02 * truth
    assert lower > 0.75 * truth
    # norms do not see what the strips share; spectra of eight strips together nearly do
    assert float(concat_weyl_bound(blocks, 20)) > 3 * truth
    assert truth < float(concat_residual_bound(blocks, 20)) < 1.15 * truth


def test_ranks_beyond_all_there_is_lose_nothing():
    blocks = [np.ones((4, 2)), np.eye(4)]
    assert float(concat_weyl_bound(blocks, 100)) == 0.0
    assert float(concat_residual_bound(blocks, 100)) < 1e-13
    assert concat_svd_bounds(blocks, 100).upper == 0.0
    assert concat_svd_bounds(blocks, 0)[:2] == pytest.approx((1.0, 1.0))


@pytest.mark.parametrize("call", [*BOUNDS, concat_svd_bounds])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (1, 1)])
def test_nothing_to_lose(call, shape):
    result = call([np.zeros(shape), np.zeros(shape)], 1)
    values = result if isinstance(result, tuple) else [float(result)]
    assert list(values) == [0.0] * len(values)


@pytest.mark.parametrize("call", [*BOUNDS, concat_svd_bounds])
@pytest.mark.parametrize(
    ("rank", "error"),
    [
        (-1, InvalidInputError),
        (1.0, InvalidTypeError),
        (True, InvalidTypeError),
        ("1", InvalidTypeError),
    ],
)
def test_bad_ranks(call, rank, error):
    with pytest.raises(error, match="rank"):
        call([np.eye(3)], rank)


@pytest.mark.parametrize("dtype", "dD")
def test_a_tall_chain_of_many_merges_is_exact_at_the_rank(dtype):
    rng = np.random.default_rng(0)
    basis, parts = rng.standard_normal((600, 10)), rng.standard_normal((5, 10, 90))
    if dtype == "D":
        basis, parts = basis + 1j * basis[::-1], parts - 1j * parts[:, ::-1]
    blocks = [basis @ C for C in parts]
    result = concat_svd_bounds(blocks, 5, method="chain", oversample=5)
    assert result.info.iterations > 2
    truth = relative_error(np.concatenate(blocks, axis=1), 5)
    assert result.lower == pytest.approx(truth, rel=1e-11)
    assert result.upper == pytest.approx(truth, rel=1e-11)


def test_the_method_and_the_readings():
    reads = [0]

    def block():
        reads[0] += 1
        return np.diag([1.0, 1e-9, 1e-12])

    for method, taken, count in (("auto", "chain", 3), ("gram", "gram", 2), ("chain", "chain", 2)):
        reads[0] = 0
        result = concat_svd_bounds([block], 1, method=method)
        assert result.info.method == taken
        assert result.info.passes == reads[0] == count
        assert result.lower <= 1e-9 <= result.upper
    assert concat_svd_bounds([block], 0).info.method == "gram"
    with pytest.raises(InvalidInputError, match="method must be one of 'auto'"):
        concat_svd_bounds([block], 1, method="lanczos")


def test_bad_oversampling():
    with pytest.raises(InvalidInputError, match="oversample"):
        concat_svd_bounds([np.eye(3)], 1, oversample=-1)


def test_the_record_says_what_was_discarded():
    rng = np.random.default_rng(0)
    blocks = [rng.standard_normal((300, 300)) for _ in range(3)]
    result = concat_svd_bounds(blocks, 2, method="chain", oversample=3)
    assert result.info.method == "chain"
    assert result.info.details["kept"] == 5
    assert result.info.details["discarded"] > 100.0
    assert result.certificate.error_upper.origin == "carried"
    assert repr(result).startswith("ConcatBounds(lower=")
