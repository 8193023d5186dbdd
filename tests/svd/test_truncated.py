"""What truncated_svd promises: ranks for an error, limits, failures, and its arguments."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator

import linsub
from linsub.errors import (
    ConvergenceError,
    ConvergenceWarning,
    InvalidInputError,
    InvalidTypeError,
    NumericalError,
)
from linsub.svd import engines, truncated_svd
from linsub.testing import gallery, load_digits, ratios
from tests.svd_truth import violations

EPS = np.finfo(float).eps
seeds = st.integers(0, 2**20)

FORMS = {
    "dense": np.array,
    "sparse": sparse.csr_array,
    "blocks": lambda A: np.array_split(A, 3),
    "operator": aslinearoperator,
}


def error_of(A, result):
    wide = A.astype(np.clongdouble if A.dtype.kind == "c" else np.longdouble)
    U, S, Vh = (x.astype(wide.dtype) for x in result)
    norm = np.sqrt(np.sum(np.abs(wide) ** 2))
    return float(np.sqrt(np.sum(np.abs(wide - (U * S) @ Vh) ** 2)) / norm) if norm else 0.0


def optimal_rank(sigma, error):
    """The smallest r whose tail is at most error, by summing in extended precision."""
    squares = np.square(sigma.astype(np.longdouble))
    tails = np.concatenate([np.cumsum(squares[::-1])[::-1], [0.0]])
    return int(np.argmax(np.sqrt(tails) <= np.longdouble(error) * np.sqrt(tails[0])))


# error=, energy=, max_rank=


@pytest.mark.parametrize("form", FORMS)
@given(
    seed=seeds,
    name=st.sampled_from(["geometric", "polynomial", "arithmetic", "step", "tied", "gaussian"]),
    error=st.floats(1e-4, 0.95),
    shape=st.sampled_from([(150, 120), (120, 150), (40, 30)]),
    dtype=st.sampled_from("dD"),
)
def test_the_error_is_reached_with_the_rank_enclosed(form, seed, name, error, shape, dtype):
    A = gallery.matrix(name, *shape, cond=1e6, dtype=dtype, rng=seed)
    result = truncated_svd(FORMS[form](A), error=error, rng=seed)
    rank = result.S.size
    assert error_of(A, result) <= error * (1 + 100 * EPS)
    sigma = np.linalg.svd(A, compute_uv=False)
    # Where a tail equals the error to rounding, either rank is right.
    least, most = optimal_rank(sigma, error * (1 + 1e-10)), optimal_rank(sigma, error * (1 - 1e-10))
    if form != "operator":  # whose norm is unknown
        assert result.info.details["rank_at_least"] <= most
    assert rank >= least
    assert result.info.converged
    assert violations(A, result) == []
    if form != "operator":  # a growing basis gives a rank close to the best one
        assert rank <= most + max(2, 0.1 * most)


@given(seed=seeds, error=st.floats(0.02, 0.9))
def test_the_error_in_single_precision(seed, error):
    A = gallery.matrix("polynomial", 150, 120, cond=1e3, dtype="f", rng=seed)
    result = truncated_svd(A, error=error, rng=seed)
    assert result.S.dtype == np.float32
    assert error_of(A, result) <= error + 30 * np.finfo(np.float32).eps
    sigma = np.linalg.svd(A.astype(float), compute_uv=False)
    assert result.info.details["rank_at_least"] <= optimal_rank(sigma, error * (1 - 1e-4))


@pytest.mark.parametrize("error", [0.0, 1e-14, 1e-10, 1e-6])
@pytest.mark.parametrize("shape", [(150, 120), (60, 150)])
def test_small_errors(error, shape):
    A = gallery.matrix("geometric", *shape, cond=1e12, rng=0)
    result = truncated_svd(A, error=error, rng=0)
    assert error_of(A, result) <= max(error, 30 * EPS * max(shape))
    sigma = np.linalg.svd(A, compute_uv=False)
    assert result.S.size <= optimal_rank(sigma, error * (1 - 1e-6)) if error else shape
    if error == 0.0:
        assert ratios.svd_ratios(A, *result).passed


@pytest.mark.parametrize("shape", [(40, 30), (150, 120)])
def test_energy_is_error_in_other_words(shape):
    A = gallery.matrix("polynomial", *shape, cond=1e2, rng=0)
    for energy in (0.1, 0.5, 0.9, 0.999, 1.0):
        one = truncated_svd(A, energy=energy, rng=0)
        two = truncated_svd(A, error=float(np.sqrt(1 - energy)), rng=0)
        assert np.array_equal(one.S, two.S)
        kept = np.sum(one.S**2) / np.sum(A**2)
        assert kept >= energy - 1e-12


def test_max_rank_that_is_enough():
    A = gallery.matrix("geometric", 150, 120, cond=1e6, rng=0)
    plain = truncated_svd(A, error=0.1, rng=0)
    rank = plain.S.size
    for limit in (rank, rank + 1, 120, 10**6):
        assert np.array_equal(truncated_svd(A, error=0.1, max_rank=limit, rng=0).S, plain.S)


@pytest.mark.parametrize("shape", [(40, 30), (150, 120)])
@pytest.mark.parametrize("limit", [0, 1, 3])
def test_max_rank_that_is_not_enough(shape, limit):
    A = gallery.matrix("polynomial", *shape, cond=1e1, rng=0)
    with pytest.raises(ConvergenceError, match=r"max_rank.*error=0.001") as caught:
        truncated_svd(A, error=1e-3, max_rank=limit, rng=0)
    best = caught.value.result
    assert best.S.shape == (limit,)
    assert not best.info.converged
    assert violations(A, best) == []
    sigma = np.linalg.svd(A, compute_uv=False)
    assert np.all(sigma[:limit] * (1 + 1e-12) >= best.S)
    assert np.all(0.9 * sigma[:limit] <= best.S)


@pytest.mark.parametrize("shape", [(6, 5), (150, 120), (0, 4), (4, 0)])
def test_an_error_of_the_zero_matrix(shape):
    result = truncated_svd(np.zeros(shape), error=0.1)
    assert result.S.size == 0
    assert result.info.converged


def test_the_digits_to_an_error():
    A = load_digits().data
    result = truncated_svd(A, error=0.1, rng=0)
    sigma = np.linalg.svd(A, compute_uv=False)
    assert result.S.size == optimal_rank(sigma, 0.1)
    assert result.certificate.relative_error <= 0.1


# Failures.


def hard():
    return gallery.matrix("arithmetic", 120, 100, cond=2.0, rng=0)


@pytest.mark.parametrize("method", ["lanczos", "golub-kahan", "subspace"])
def test_a_failure_raises_and_keeps_what_was_found(method):
    A = hard()
    options = {"method": method, "maxiter": 1, "tol": 1e-12, "rng": 0}
    with pytest.raises(ConvergenceError, match=r"tol=1\.0e-12.*maxiter") as caught:
        truncated_svd(A, 4, **options)
    assert isinstance(caught.value, NumericalError)
    assert isinstance(caught.value, np.linalg.LinAlgError)
    best = caught.value.result
    assert best.S.shape == (4,)
    assert best.info.iterations == 1
    assert not best.info.converged
    assert violations(A, best) == []
    assert np.array_equal(pickle.loads(pickle.dumps(caught.value)).result.S, best.S)


@pytest.mark.parametrize("method", ["lanczos", "golub-kahan", "subspace"])
def test_a_failure_can_be_a_warning_or_nothing(method):
    options = {"method": method, "maxiter": 1, "tol": 1e-12, "rng": 0}
    with pytest.warns(ConvergenceWarning, match="maxiter") as caught:
        warned = truncated_svd(hard(), 4, on_fail="warn", **options)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        returned = truncated_svd(hard(), 4, on_fail="return", **options)
    assert np.array_equal(warned.S, returned.S)
    for result in (warned, returned):
        assert not result.info.converged
        assert any("maxiter" in note for note in result.info.notes)
        assert violations(hard(), result) == []


@pytest.mark.parametrize("method", ["lanczos", "golub-kahan", "subspace"])
@pytest.mark.parametrize("rank", [1, 5, 20])
@pytest.mark.parametrize("maxiter", [1, 2, 3, 7, 14, 15, 30])
def test_any_number_of_steps(method, rank, maxiter):
    """However early the end, the result is well-shaped and its certificate true."""
    A = hard()
    result = truncated_svd(
        A, rank, method=method, maxiter=maxiter, block=2, tol=0.0, rng=0, on_fail="return"
    )
    assert not result.info.converged
    assert result.U.shape == (120, rank)
    assert result.Vh.shape == (rank, 100)
    assert ratios.orthogonality_ratio(result.U) < ratios.PASS
    assert ratios.orthogonality_ratio(result.Vh.T) < ratios.PASS
    assert violations(A, result) == []


# Arguments.


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({}, InvalidInputError, "exactly one of rank, error and energy, got none"),
        ({"rank": 2, "error": 0.1}, InvalidInputError, "got rank, error"),
        ({"error": 0.1, "energy": 0.9}, InvalidInputError, "got error, energy"),
        ({"rank": 2, "max_rank": 3}, InvalidInputError, "max_rank goes with"),
        ({"error": 1.0}, InvalidInputError, "error < 1.0, got 1"),
        ({"error": -0.1}, InvalidInputError, "0.0 <= error"),
        ({"error": np.nan}, InvalidInputError, "error must be finite"),
        ({"error": "0.1"}, InvalidTypeError, r"pass float\(error\)"),
        ({"error": True}, InvalidTypeError, "bool"),
        ({"energy": 0.0}, InvalidInputError, "0.0 < energy <= 1.0"),
        ({"energy": 1.1}, InvalidInputError, "energy <= 1.0"),
        ({"error": 0.1, "max_rank": -1}, InvalidInputError, "0 <= max_rank"),
        ({"error": 0.1, "max_rank": 2.5}, InvalidTypeError, "max_rank"),
        ({"rank": 2, "tol": -1e-3}, InvalidInputError, "0.0 <= tol"),
        ({"rank": 2, "tol": np.inf}, InvalidInputError, "tol must be finite"),
        ({"rank": 2, "method": "lancsoz"}, InvalidInputError, "did you mean 'lanczos'"),
        ({"rank": 2, "method": None}, InvalidTypeError, "method must be one of"),
        ({"rank": 2, "certify": "yes"}, InvalidTypeError, "certify"),
        ({"rank": 2, "certify": 1}, InvalidTypeError, "certify"),
        ({"rank": 2, "failure_prob": 0.0}, InvalidInputError, "0.0 < failure_prob"),
        ({"rank": 2, "failure_prob": 1.0}, InvalidInputError, "failure_prob < 1.0"),
        ({"rank": 2, "on_fail": "ignore"}, InvalidInputError, "on_fail must be one of"),
        ({"rank": 2, "maxiter": 0}, InvalidInputError, "1 <= maxiter"),
        ({"rank": 2, "block": 0}, InvalidInputError, "1 <= block"),
        ({"error": 0.1, "method": "gram"}, InvalidInputError, "works to a rank"),
    ],
)
def test_bad_arguments(options, error, text):
    with pytest.raises(error, match=text):
        truncated_svd(gallery.matrix("polynomial", 12, 9), **options)


def test_the_package_offers_it():
    assert linsub.truncated_svd is truncated_svd


def test_auto_takes_the_direct_way_for_small_and_the_iterative_for_large():
    def method(*shape, rank):
        A = gallery.matrix("polynomial", *shape, cond=1e2, rng=0)
        return truncated_svd(A, rank, rng=0).info.method

    assert method(50, 40, rank=40) == "lapack"
    assert method(300, 250, rank=200) == "lapack"
    assert method(50, 40, rank=3) == "gram"
    assert method(2000, 80, rank=60) == "gram"
    assert method(80, 2000, rank=5) == "gram"
    assert method(800, 700, rank=5) == "lanczos"


def test_auto_takes_the_cheaper_of_the_two_costs():
    assert engines.gram_cost(300, 300, 20) < engines.lanczos_cost(300, 300, 20)
    assert engines.gram_cost(1500, 1500, 20) > 4 * engines.lanczos_cost(1500, 1500, 20)
    assert engines.gram_cost(300, 20000, 20) < engines.lanczos_cost(300, 20000, 20)


def test_a_single_seed_gives_the_same_bits_for_each_form():
    A = gallery.matrix("polynomial", 200, 150, cond=1e2, rng=0)
    for make in FORMS.values():
        options = {"method": "lanczos"}  # the direct engines draw no numbers
        one, two = (truncated_svd(make(A), 5, rng=3, **options) for _ in range(2))
        assert all(np.array_equal(x, y) for x, y in zip(one, two, strict=True))
        other = truncated_svd(make(A), 5, rng=4, **options)
        assert not np.array_equal(one.U, other.U)
        assert np.abs(other.S - one.S).max() <= 1e-7 * one.S[0]


def test_real_and_complex_agree():
    A = gallery.matrix("polynomial", 200, 150, cond=1e2, rng=0)
    one = truncated_svd(A, 5, tol=1e-13, rng=0)
    two = truncated_svd(A.astype(complex), 5, tol=1e-13, rng=0)
    assert ratios.singular_value_ratio(two.S, one.S, shape=A.shape) < ratios.PASS
    turned = truncated_svd(A * np.exp(1j * np.arange(150.0)), 5, tol=1e-13, rng=0)
    assert ratios.singular_value_ratio(turned.S, one.S, shape=A.shape) < ratios.PASS
