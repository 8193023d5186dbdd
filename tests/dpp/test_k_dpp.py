"""k-DPPs and elementary symmetric polynomials: laws, ranges, scaling, refusals."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.dpp import KDPP, LEnsemble, bounds, esp_marginals, log_esp
from linsub.errors import InvalidInputError, InvalidTypeError
from tests.dpp.law import FALSE_ALARM, check_law, p_values, subsets

R = 10_000
WILD = [1e-200, 3e-100, 2.0, 5.0, 1e80, 1e150]


def kernel(N, r, cplx, seed=0):
    rng = np.random.default_rng(seed)
    B = rng.standard_normal((N, r))
    B = B + 1j * rng.standard_normal((N, r)) if cplx else B
    return B @ B.conj().T


def law_of(L, k):
    sets = subsets(L.shape[0], [k])
    P = [max(np.linalg.det(L[np.ix_(S, S)]).real, 0.0) if S else 1.0 for S in sets]
    return {S: p / sum(P) for S, p in zip(sets, P, strict=True)}


@pytest.mark.parametrize("cplx", [False, True])
@pytest.mark.parametrize("k", [0, 1, 2, 3, 4])
def test_samples_follow_the_law(k, cplx):
    L = kernel(6, 4, cplx)
    dpp, law = KDPP(L, k), law_of(L, k)
    check_law(dpp.sample(R, rng=k), law)
    for S, P in law.items():
        assert np.exp(dpp.logpmf(S)) == pytest.approx(P, abs=1e-12)
    holds = np.array([[i in S for S in law] for i in range(6)])
    np.testing.assert_allclose(dpp.marginals(), holds @ list(law.values()), atol=1e-12)
    assert dpp.logpmf(range(k + 1)) == -math.inf


def test_the_naive_chain_rule_is_noticed():
    L = np.diag([4.0, 1.0, 1.0, 0.2]) + 0.15
    rng = np.random.default_rng(0)
    wrong = []
    for _ in range(R):
        A, S = L.copy(), []
        for _ in range(2):
            left = np.maximum(A.diagonal(), 0.0)
            i = rng.choice(4, p=left / left.sum())
            A = A - np.outer(A[:, i], A[i]) / A[i, i]
            S.append(int(i))
        wrong.append(S)
    assert p_values(wrong, law_of(L, 2))[0] < FALSE_ALARM / 2
    check_law(KDPP(L, 2).sample(R, rng=0), law_of(L, 2))


def test_a_reversed_index_is_noticed():
    lam, V = np.array([3.0, 1.0, 0.5, 0.1]), np.linalg.qr(kernel(4, 4, False))[0]
    L = (V * lam) @ V.T
    wrong = KDPP(LEnsemble.from_eigh(lam[::-1], V), 2).sample(R, rng=0)
    assert p_values(wrong, law_of(L, 2))[0] < FALSE_ALARM / 2


@pytest.mark.parametrize("k", [1, 2, 3, 5, 6])
def test_the_choice_is_right_from_1e_minus_200_to_1e150(k):
    truth = bounds.chosen_marginals(WILD, k)
    dpp = KDPP(LEnsemble.from_eigh(WILD, np.eye(6)), k)
    for found in (esp_marginals(WILD, k), dpp.marginals()):
        normal = truth > 1e-290
        np.testing.assert_allclose(found[normal], truth[normal], rtol=1e-12)
        assert found.sum() == pytest.approx(k, rel=1e-14)
    assert log_esp(WILD, k) == pytest.approx(bounds.log_symmetric_polynomial(WILD, k), rel=1e-14)
    assert dpp.log_normalizer == pytest.approx(log_esp(WILD, k), rel=1e-14)


@given(
    lam=st.lists(
        st.one_of(st.just(0.0), st.just(1.0), st.floats(1e-200, 1e150)), min_size=1, max_size=9
    ),
    data=st.data(),
)
def test_polynomials_against_fractions(lam, data):
    rank = sum(x > 0.0 for x in lam)
    k = data.draw(st.integers(0, rank))
    e = [Fraction(1)] + [Fraction(0)] * (k + 1)
    for x in lam:
        for j in range(k + 1, 0, -1):
            e[j] += Fraction(x) * e[j - 1]
    with mpmath.workdps(50):
        truth = mpmath.log(mpmath.mpf(e[k].numerator) / e[k].denominator)
        assert abs(log_esp(lam, k) - truth) < 1e-12 * max(1.0, abs(truth))
    q = esp_marginals(lam, k)
    assert q.sum() == pytest.approx(k, rel=1e-13)
    order = data.draw(st.permutations(range(len(lam))))
    np.testing.assert_allclose(esp_marginals([lam[i] for i in order], k), q[list(order)], rtol=1e-9)


def test_where_the_recurrence_overflows():
    # DPPy 0.3.3 chooses none of the larger half here: its table is inf from row 412 on.
    A = np.random.RandomState(0).randn(1000, 1000)
    lam = np.linalg.eigvalsh(A @ A.T).clip(0.0)
    assert log_esp(lam, 100) == pytest.approx(1007.55340174021512, rel=1e-14)
    q = esp_marginals(lam, 100)
    assert q @ lam == pytest.approx(189917.9447732, rel=1e-10)
    assert q[500:].sum() / 100 == pytest.approx(0.874702, abs=1e-6)
    for scale in (1e-9, 1e8):
        np.testing.assert_allclose(esp_marginals(lam * scale, 100), q, rtol=1e-11)


@pytest.mark.parametrize("cplx", [False, True])
@pytest.mark.parametrize("exponent", [-900, -300, -1, 1, 10, 300, 900])
def test_powers_of_two_choose_the_same_items(exponent, cplx):
    L = kernel(20, 9, cplx)
    one, other = KDPP(L, 5), KDPP(np.ldexp(1.0, exponent) * L, 5)
    np.testing.assert_array_equal(one.sample(20, rng=0), other.sample(20, rng=0))
    np.testing.assert_array_equal(one.marginals(), other.marginals())
    S = one.sample(rng=1)
    assert one.logpmf(S) == pytest.approx(other.logpmf(S), abs=1e-10)
    assert other.log_normalizer - one.log_normalizer == pytest.approx(
        5 * exponent * math.log(2.0), rel=1e-12
    )


def test_features_scaled_by_powers_of_two_choose_the_same_items():
    B = np.random.default_rng(0).standard_normal((20, 8))
    one = KDPP(LEnsemble.from_features(B), 4).sample(10, rng=0)
    for c in (2.0**-900, 2.0**5, 2.0**900):
        other = KDPP(LEnsemble.from_features(c * B), 4).sample(10, rng=0)
        np.testing.assert_array_equal(one, other)


def test_an_ensemble_with_eigenvalues_one_given_its_size():
    V = np.linalg.qr(np.random.default_rng(1).standard_normal((5, 5)))[0]
    K = (V * [1.0, 0.6, 0.3, 0.2, 0.0]) @ V.T
    ensemble = LEnsemble.from_marginal(K)
    dpp = KDPP(ensemble, 2)
    joint = {S: np.exp(ensemble.logpmf(S)) for S in subsets(5, [2])}
    law = {S: P / sum(joint.values()) for S, P in joint.items()}
    for S, P in law.items():
        assert np.exp(dpp.logpmf(S)) == pytest.approx(P, abs=1e-12)
    check_law(dpp.sample(R, rng=0), law)
    assert dpp.log_normalizer == math.inf
    with pytest.raises(InvalidInputError, match="k is 0 and K has 1"):
        KDPP(ensemble, 0)


def test_sizes_beyond_the_rank_are_refused():
    L = kernel(6, 3, False)
    with pytest.raises(InvalidInputError, match=r"k is 4 and L has the numerical rank 3 .*e-15"):
        KDPP(L, 4)
    with pytest.raises(InvalidInputError, match="k is 2 and only 1 of the 3"):
        esp_marginals([0.0, 1.0, 0.0], 2)
    assert log_esp([0.0, 1.0, 0.0], 2) == -math.inf
    with pytest.raises(InvalidInputError, match="k must satisfy"):
        KDPP(L, -1)
    with pytest.raises(InvalidTypeError, match="k must be"):
        KDPP(L, 2.5)
    with pytest.raises(InvalidInputError, match=r"lam\[0\] is -1"):
        log_esp([-1.0], 1)


def test_sizes_at_the_ends():
    assert KDPP(kernel(4, 2, False), 0).sample(rng=0).size == 0
    assert KDPP(np.zeros((3, 3)), 0).sample(3, rng=0).shape == (3, 0)
    assert sorted(KDPP(np.eye(4), 4).sample(rng=0)) == [0, 1, 2, 3]
    assert log_esp([], 0) == 0.0
    assert esp_marginals([], 0).size == 0
    assert KDPP([[2.0]], 1).log_normalizer == pytest.approx(math.log(2.0))


def test_bounds_refuse_what_is_no_spectrum():
    for call in (bounds.size_law, bounds.size_moments):
        with pytest.raises(InvalidInputError, match="lam"):
            call([-1.0])
        with pytest.raises(InvalidInputError, match="lam"):
            call([[1.0]])
    for call in (bounds.chosen_marginals, bounds.chosen_sum):
        with pytest.raises(InvalidInputError, match="k = 2"):
            call([1.0, 0.0], 2)
    assert bounds.log_symmetric_polynomial([1.0, 0.0], 2) == -math.inf
    with pytest.raises(InvalidInputError, match="k must be in 0 .. 1"):
        bounds.chosen_sum([1.0], 2)
    with pytest.raises(InvalidInputError, match="at least 1"):
        bounds.down_up_gap(0)
    with pytest.raises(InvalidTypeError, match="integer"):
        bounds.down_up_gap(1.5)
    assert bounds.chosen_marginals([1.0, 2.0], 0).tolist() == [0.0, 0.0]
