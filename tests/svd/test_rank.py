"""Ranks from singular values: the rules, their edges, and the tie of energy to error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator

import linsub
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.svd import energy_rank, numerical_rank
from linsub.svd.rank import smallest_rank
from linsub.testing import gallery, load_digits

spectra = st.lists(st.integers(0, 1000), max_size=20).map(
    lambda values: np.sort(np.array(values, dtype=float))[::-1]
)


def tails(S):
    squares = [int(s) ** 2 for s in S]
    return [sum(squares[r:]) for r in range(len(squares) + 1)]


@given(S=spectra, numerator=st.integers(0, 99), exponent=st.sampled_from([0, -500, 500]))
def test_the_smallest_rank_in_whole_numbers(S, numerator, exponent):
    """sum_{i>r} S_i^2 <= (p/100)^2 sum S_i^2, decided without rounding."""
    exact = tails(S)
    margin = [abs(10**4 * t - numerator**2 * exact[0]) for t in exact]
    wanted = next(r for r, t in enumerate(exact) if 10**4 * t <= numerator**2 * exact[0])
    found = smallest_rank(np.ldexp(S, exponent), numerator / 100)
    if exact[0] == 0 or min(m for m in margin) > 1e-12 * 10**4 * exact[0]:
        assert found == wanted
    else:  # a tail that equals the error: rounding decides
        assert abs(found - wanted) <= 1 + np.count_nonzero(np.diff(S) == 0)


@given(S=spectra, percent=st.integers(1, 99), exponent=st.sampled_from([0, -500, 500]))
def test_energy_is_error(S, percent, exponent):
    exact = tails(S)
    share = percent / 100
    rank = energy_rank(np.ldexp(S, exponent), share)
    close = [abs(100 * t - (100 - percent) * exact[0]) <= 1e-10 * exact[0] for t in exact]
    if exact[0] and any(close):
        return
    wanted = next(r for r, t in enumerate(exact) if 100 * t <= (100 - percent) * exact[0])
    assert rank == wanted
    assert rank == smallest_rank(S, float(np.sqrt(1 - share)))


@given(S=spectra, seed=st.integers(0, 1000), power=st.sampled_from([0.5, 1.0, 2.0, 4.0]))
def test_order_and_zeros_do_not_matter_and_shares_are_monotone(S, seed, power):
    mixed = np.random.default_rng(seed).permutation(np.concatenate([S, np.zeros(3)]))
    ranks = [energy_rank(mixed, share, power=power) for share in np.linspace(0, 1, 11)]
    assert ranks == sorted(ranks)
    assert ranks == [energy_rank(S, share, power=power) for share in np.linspace(0, 1, 11)]
    assert ranks[0] == 0
    assert ranks[-1] == np.count_nonzero(S)


def test_the_digits_as_the_docstring_says():
    S = np.linalg.svd(load_digits().data, compute_uv=False)
    assert energy_rank(S, 0.99) == 33
    assert energy_rank(S, 0.99, power=1) == 50


@given(seed=st.integers(0, 2**20), index=st.integers(0, 10**4))
def test_numerical_rank_is_numpys(seed, index):
    case = gallery.case(seed, index, max_side=20)
    A = case.A
    if A.size == 0:
        assert numerical_rank(A) == 0
        return
    eps = np.finfo(A.dtype).eps
    tol = max(A.shape) * eps
    sigma = case.sigma
    near = np.abs(sigma - tol * sigma[0]) <= 30 * max(A.shape) * eps * sigma[0]
    if not near.any():  # else rounding decides
        assert numerical_rank(A) == np.count_nonzero(sigma > tol * sigma[0])
    loose = 1e-2
    if not np.any(np.abs(sigma - loose * sigma[0]) <= 30 * max(A.shape) * eps * sigma[0]):
        assert numerical_rank(A, tol=loose) == np.count_nonzero(sigma > loose * sigma[0])


@pytest.mark.parametrize("rank", [0, 1, 3, 9])
@pytest.mark.parametrize("exponent", [-900, 0, 900])
@pytest.mark.parametrize("dtype", "fdFD")
def test_the_rank_of_a_product(rank, exponent, dtype):
    rng = np.random.default_rng(rank)
    A = (rng.standard_normal((20, rank)) @ rng.standard_normal((rank, 9))).astype(dtype)
    if dtype in "fF":
        exponent //= 10
    A = A * A.dtype.type(2.0**exponent)
    for make in (np.array, sparse.csr_array, lambda A: np.array_split(A, 2)):
        assert numerical_rank(make(A)) == rank
    if exponent == 0:
        assert numerical_rank(aslinearoperator(A)) == rank
        if dtype in "dD":  # lists are double precision, and see the rounding of single
            assert numerical_rank(A.tolist()) == rank


def test_the_frobenius_norm_is_another_rule():
    S = [10.0, *np.full(100, 0.09)]
    assert numerical_rank(S, tol=0.01) == 1
    assert numerical_rank(S, tol=0.01, norm="frobenius") > 1
    assert numerical_rank(np.diag(S), tol=0.01, norm="frobenius") == smallest_rank(
        np.array(S), 0.01
    )
    assert numerical_rank([3.0, 4.0], tol=0.0) == 2
    assert numerical_rank([5.0, 0.0], tol=0.0, norm="frobenius") == 1


def test_single_precision_has_a_threshold_of_its_own():
    S = np.array([1.0, 1e-7, 1e-9])
    assert numerical_rank(S) == 3
    assert numerical_rank(S.astype("f")) == 1
    assert numerical_rank(np.diag(S).astype("f")) == 1
    assert numerical_rank(sparse.csr_array(np.diag(S).astype("f"))) == 1


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: numerical_rank(np.eye(2), tol=1.0), InvalidInputError, "tol < 1.0"),
        (lambda: numerical_rank(np.eye(2), tol=-1.0), InvalidInputError, "0.0 <= tol"),
        (lambda: numerical_rank(np.eye(2), tol="a"), InvalidTypeError, "tol"),
        (lambda: numerical_rank(np.eye(2), norm="max"), InvalidInputError, "norm"),
        (lambda: numerical_rank([1.0, -1.0]), InvalidInputError, "not negative"),
        (lambda: numerical_rank([1.0, 1j]), InvalidInputError, "real"),
        (lambda: energy_rank([1.0], 1.1), InvalidInputError, "energy <= 1.0"),
        (lambda: energy_rank([1.0], -0.1), InvalidInputError, "0.0 <= energy"),
        (lambda: energy_rank([1.0], True), InvalidTypeError, "energy"),
        (lambda: energy_rank([1.0], 0.5, power=0.0), InvalidInputError, "0.0 < power"),
        (lambda: energy_rank([1.0], 0.5, power=np.inf), InvalidInputError, "power"),
    ],
)
def test_bad_arguments(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_bad_arguments_are_refused_for_the_zero_matrix_too():
    with pytest.raises(InvalidInputError, match="tol"):
        numerical_rank(np.zeros((2, 2)), tol=7.0)


def test_the_package_offers_them():
    assert linsub.numerical_rank is numerical_rank
    assert linsub.energy_rank is energy_rank
