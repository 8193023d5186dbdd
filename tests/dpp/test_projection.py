"""Projection DPPs: the law by enumeration, every method, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.dpp import projection_dpp, projection_logpmf
from linsub.dpp.orthonormality import survey
from linsub.dpp.projection import METHODS, projection_sample, start_cdf
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
from tests.dpp.law import check_law, p_values, subsets

R = 10_000


def basis(N, m, seed=0, complex_entries=False, graded=0.0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((N, m))
    if complex_entries:
        X = X + 1j * rng.standard_normal((N, m))
    return np.linalg.qr(np.exp(-graded * np.arange(N))[:, None] * X)[0]


def law(U):
    m = U.shape[1]
    return {S: abs(np.linalg.det(U[list(S)])) ** 2 for S in subsets(U.shape[0], [m])}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("complex_entries", [False, True])
def test_the_law_is_that_of_the_determinants(method, complex_entries):
    U = basis(8, 3, 1, complex_entries, graded=0.3)
    check_law(projection_dpp(U, n_samples=R, method=method, rng=5), law(U))


@pytest.mark.parametrize("m", [1, 2, 4, 5])
def test_the_law_holds_for_other_sizes(m):
    U = basis(5, m, 3)
    check_law(projection_dpp(U, n_samples=R, rng=m), law(U))


def test_the_mixture_of_columns_has_the_law_of_the_chosen_ones():
    U = basis(7, 5, 2, complex_entries=True)
    columns = np.array([0, 3, 4])
    cdf = np.ascontiguousarray(np.cumsum(np.abs(U.T) ** 2, axis=1))
    rng = np.random.default_rng(8)
    drawn = [projection_sample(U, np.empty(0), cdf, rng, columns=columns) for _ in range(R)]
    check_law([S for S, _ in drawn], law(U[:, columns]))
    for S, logp in drawn[:50]:
        assert logp == pytest.approx(projection_logpmf(U[:, columns], S), abs=1e-10)


def test_sizes_of_real_use_agree_with_the_inclusion_law():
    U = basis(400, 60, 4, graded=0.01)
    counts = np.zeros(400)
    for S in projection_dpp(U, n_samples=2000, rng=0):
        assert len(set(S.tolist())) == 60
        counts[S] += 1
    lev = np.square(U).sum(axis=1)
    z = (counts - 2000 * lev) / np.sqrt(2000 * lev * (1 - lev) + 1e-9)
    assert np.abs(z).max() < 6  # 400 tests at 2e-9 each
    assert np.square(z).mean() == pytest.approx(1.0, abs=0.5)


def _no_early_exit_strictness(U, rng):
    """Accept in proportion to the leverage alone: i.i.d. without replacement."""
    lev = np.square(np.abs(U)).sum(axis=1)
    return rng.choice(len(lev), U.shape[1], replace=False, p=lev / lev.sum())


def _chain_rule_without_update(U, rng):
    """The residual of the first pick only."""
    left = np.square(np.abs(U)).sum(axis=1)
    first = rng.choice(len(left), p=left / left.sum())
    q = U[first] / np.linalg.norm(U[first])
    left = np.maximum(left - np.abs(U @ q.conj()) ** 2, 0)
    left[first] = 0
    rest = rng.choice(len(left), U.shape[1] - 1, replace=False, p=left / left.sum())
    return [first, *rest]


def _unconjugated(U, rng):
    left = np.square(np.abs(U)).sum(axis=1)
    Q = np.zeros((0, U.shape[1]), U.dtype)
    S = []
    for _ in range(U.shape[1]):
        i = rng.choice(len(left), p=left / left.sum())
        v = U[i] - Q.T @ (Q.conj() @ U[i])
        Q = np.vstack([Q, v / np.linalg.norm(v)])
        left = np.maximum(left - np.abs(U @ Q[-1]) ** 2, 0)
        left[[*S, i]] = 0
        S.append(i)
    return S


@pytest.mark.parametrize(
    "mutant", [_no_early_exit_strictness, _chain_rule_without_update, _unconjugated]
)
def test_mutants_are_caught(mutant):
    U = basis(8, 3, 1, complex_entries=True, graded=0.3)
    rng = np.random.default_rng(0)
    upper, _ = p_values([mutant(U, rng) for _ in range(R)], law(U))
    assert upper < 1e-6


def test_a_stratified_fake_is_too_good():
    U = basis(6, 2, 1)
    exact = law(U)
    fake = [S for S, p in exact.items() for _ in range(round(p * R))]
    assert p_values(fake, exact)[1] < 1e-6


@given(
    N=st.integers(1, 12), seed=st.integers(0, 2**16), kind=st.sampled_from("fdFD"),
    method=st.sampled_from(METHODS), data=st.data(),
)  # fmt: skip
def test_samples_are_sets_of_rows_with_mass(N, seed, kind, method, data):
    m = data.draw(st.integers(0, N))
    rng = np.random.default_rng(seed)
    live = np.sort(rng.choice(N, int(rng.integers(m, N + 1)), replace=False))
    U = np.zeros((N, m), kind)
    if m:
        U[live] = basis(live.size, m, seed, kind in "FD", graded=float(rng.choice([0, 1, 8])))
    before = U.copy()
    S = projection_dpp(U, n_samples=3, method=method, rng=seed)
    assert S.shape == (3, m)
    assert S.dtype == np.int64
    for row in S:
        assert set(row.tolist()) <= set(live.tolist())
        assert len(set(row.tolist())) == m
    np.testing.assert_array_equal(U, before)


def test_certain_and_impossible_rows():
    U = np.zeros((9, 4))
    U[2, 0] = 1.0
    U[7, 1] = -1.0
    U[[0, 1, 3], 2:] = basis(3, 2, 0)
    for method in METHODS:
        for S in projection_dpp(U, n_samples=200, method=method, rng=1):
            assert {2, 7} <= set(S.tolist()) <= {0, 1, 2, 3, 7}
    everything = projection_dpp(basis(6, 6, 0), n_samples=20, rng=0)
    assert (np.sort(everything, axis=1) == np.arange(6)).all()


def test_no_columns_one_row_and_no_samples():
    assert projection_dpp(np.zeros((4, 0))).shape == (0,)
    assert projection_dpp(np.zeros((0, 0))).shape == (0,)
    assert projection_dpp(np.zeros((4, 0)), n_samples=2).shape == (2, 0)
    assert projection_dpp([[1.0]]).tolist() == [0]
    assert projection_dpp(basis(5, 2), n_samples=0).shape == (0, 2)


def test_sample_i_does_not_depend_on_how_many_are_drawn():
    U = basis(50, 7)
    many = projection_dpp(U, n_samples=5, rng=3)
    np.testing.assert_array_equal(projection_dpp(U, n_samples=2, rng=3), many[:2])
    np.testing.assert_array_equal(projection_dpp(U, rng=3), many[0])
    assert not np.array_equal(many[0], many[1])


def test_the_order_of_memory_changes_nothing():
    U = basis(3000, 4)
    for other in (np.asfortranarray(U), np.repeat(U, 2, axis=0)[::2]):
        np.testing.assert_array_equal(projection_dpp(other, rng=3), projection_dpp(U, rng=3))


@pytest.mark.parametrize("kind", "fdFD")
@pytest.mark.parametrize("order", "CF")
def test_one_reading_finds_leverages_and_defect(kind, order):
    wide = basis(600, 9, 1, kind in "FD")
    U = np.array(wide, dtype=kind, order=order)
    masses, defect = survey(U)
    np.testing.assert_allclose(masses, np.square(np.abs(U.astype(wide.dtype))).sum(1), rtol=1e-12)
    assert defect < 30 * 3 * np.finfo(kind).eps
    U[:, 2] *= 1.01
    assert 0.02 / 30 < survey(U)[1] < 0.02 * 30


def test_orthonormal_to_single_precision_is_enough_in_single_precision():
    for N, m in ((50, 3), (2000, 40), (300, 300)):
        U = np.linalg.qr(np.random.default_rng(1).standard_normal((N, m)).astype("f"))[0]
        assert projection_dpp(U, rng=0).size == m


def test_an_orthonormal_basis_is_made_on_request():
    rng = np.random.default_rng(2)
    X = rng.standard_normal((7, 3)) * [1e-200, 1.0, 1e200]
    U = np.linalg.qr(X * [1e200, 1.0, 1e-200])[0]
    check_law(projection_dpp(X, n_samples=R, orthonormal="qr", rng=2), law(U))
    with pytest.raises(InvalidInputError, match="not orthonormal"):
        projection_dpp(X)


def test_what_has_not_full_rank_is_refused():
    X = np.random.default_rng(0).standard_normal((9, 3))
    X[:, 2] = X[:, 0] - X[:, 1]
    with pytest.raises(InvalidInputError, match="full rank: its column 2"):
        projection_dpp(X, orthonormal="qr")
    X[:, 1] = 0
    with pytest.raises(InvalidInputError, match="column 1 is zero"):
        projection_dpp(X, orthonormal="qr")


@pytest.mark.parametrize("method", METHODS)
def test_a_false_promise_ends_in_an_error(method):
    U = basis(9, 3)
    U[:, 2] = U[:, 0]
    with pytest.raises(NumericalError, match="assume"):
        projection_dpp(U, orthonormal="assume", method=method, rng=0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("scale", [1e155, 1e300])
def test_leverages_that_are_no_numbers_end_in_an_error(method, scale):
    with pytest.raises(NumericalError, match="left of all of them is inf"):
        projection_dpp(scale * basis(8, 3), orthonormal="assume", method=method, rng=0)


def test_bad_input_is_named():
    U = basis(6, 2)
    with pytest.raises(InvalidInputError, match="more columns than rows"):
        projection_dpp(U.T)
    with pytest.raises(InvalidInputError, match="method"):
        projection_dpp(U, method="fast")
    with pytest.raises(InvalidInputError, match="n_samples"):
        projection_dpp(U, n_samples=-1)
    with pytest.raises(InvalidInputError, match=r"pass orthonormal='qr'"):
        projection_dpp(2 * U)
    U[3, 1] = np.nan
    for how in ("check", "assume", "qr"):
        with pytest.raises(NonFiniteError, match=r"U\[3, 1\]"):
            projection_dpp(U, orthonormal=how)


def test_probabilities_sum_to_one_and_know_impossible_sets():
    U = basis(7, 3, 1, True)
    logp = projection_logpmf(U, subsets(7, [3]))
    assert np.exp(logp).sum() == pytest.approx(1.0, abs=1e-13)
    assert projection_logpmf(U, [0, 0, 1]) == -np.inf
    assert projection_logpmf(U, [0, 1]) == -np.inf
    assert projection_logpmf(np.zeros((3, 0)), []) == 0.0
    Q = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    np.testing.assert_allclose(projection_logpmf(U @ Q, subsets(7, [3])), logp, atol=1e-12)
    with pytest.raises(InvalidInputError, match="index 7"):
        projection_logpmf(U, [0, 1, 7])
    with pytest.raises(InvalidInputError, match="index -1"):
        projection_logpmf(U, [0, 1, -1])
    with pytest.raises(InvalidTypeError, match="integers"):
        projection_logpmf(U, [0.0, 1.0, 2.0])
    with pytest.raises(InvalidInputError, match="shape"):
        projection_logpmf(U, np.zeros((1, 1, 3), int))
    with pytest.raises(InvalidTypeError, match="masked"):
        projection_logpmf(U, np.ma.array([0, 1, 2], mask=[False, False, True]))


@pytest.mark.parametrize("graded", [0.0, 0.05, 0.5])
def test_the_accepted_rows_stay_orthogonal(graded):
    """The sum of logarithms is the determinant, also where rows are nearly dependent."""
    U = basis(300, 80, 5, graded=graded)
    masses, cdf = start_cdf(U)
    for seed in range(3):
        S, logp = projection_sample(U, masses, cdf, np.random.default_rng(seed))
        assert logp == pytest.approx(2 * np.linalg.slogdet(U[S])[1], abs=1e-9)
