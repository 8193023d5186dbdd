"""L-ensembles: laws by enumeration, samplers by chi-square, spectra of any size, bad kernels."""

import copy
import itertools
import pickle
import threading

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.dpp import KDPP, LEnsemble
from linsub.dpp.dense_sampler import DenseSampler, factored
from linsub.errors import InvalidInputError, InvalidTypeError
from tests.dpp.law import FALSE_ALARM, check_law, p_values, subsets

R = 10_000


def features(N, r, cplx, seed=0):
    rng = np.random.default_rng(seed)
    B = rng.standard_normal((N, r))
    return B + 1j * rng.standard_normal((N, r)) if cplx else B


def law_of(L):
    sets = subsets(L.shape[0])
    P = [max(np.linalg.det(L[np.ix_(S, S)]).real, 0.0) if S else 1.0 for S in sets]
    return {S: p / sum(P) for S, p in zip(sets, P, strict=True)}


def law_of_marginal(K):
    N = K.shape[0]
    sets = subsets(N)
    out = [np.diag([float(i not in S) for i in range(N)]) for S in sets]
    return {S: abs(np.linalg.det(K - D)) for S, D in zip(sets, out, strict=True)}


@pytest.mark.parametrize("cplx", [False, True])
@pytest.mark.parametrize("method", ["spectral", "sequential"])
def test_samples_follow_the_law(method, cplx):
    B = features(6, 4, cplx) / 1.5
    check_law(LEnsemble.from_features(B).sample(R, rng=1, method=method), law_of(B @ B.conj().T))


@pytest.mark.parametrize("cplx", [False, True])
def test_one_cholesky_factor_gives_samples_and_their_probabilities(cplx):
    B = features(6, 4, cplx, 3) / 1.5
    law = law_of(B @ B.conj().T)
    sampler = DenseSampler.of_likelihood(B @ B.conj().T)
    drawn = [sampler.sample(np.random.default_rng((7, i))) for i in range(R)]
    check_law([S for S, _ in drawn], law)
    for S, log_probability in drawn[:500]:
        assert np.exp(log_probability) == pytest.approx(law[tuple(sorted(S))], rel=1e-9)


@pytest.mark.parametrize("cplx", [False, True])
@pytest.mark.parametrize("size", [3.0, 40.0, 150.0])
def test_a_cholesky_factor_and_the_marginal_kernel_decide_alike(size, cplx):
    # 150 of 220 are beyond what the factor is walked for, so that K takes over.
    ensemble = LEnsemble.from_kernel((lambda B: B @ B.conj().T)(features(220, 260, cplx)))
    ensemble = ensemble.scale_to(size)
    L = (ensemble.eigvecs * ensemble.eigvals) @ ensemble.eigvecs.conj().T
    walked = DenseSampler.of_likelihood(L)
    kept = DenseSampler.of_marginal(ensemble.marginal_kernel())
    for seed in range(3):
        uniforms = np.random.default_rng(seed).random(220)
        one, other = walked.decide(uniforms), kept.decide(uniforms)
        np.testing.assert_array_equal(one[0], other[0])
        assert one[1] == pytest.approx(other[1], abs=1e-8)
        assert one[1] == pytest.approx(ensemble.logpmf(one[0]), abs=1e-8)
    assert (walked._K is not None) == (size > 100)


@pytest.mark.parametrize("hermitian", [True, False])
def test_panels_decide_as_one_step_after_another(hermitian):
    B = features(150, 150, False, 1)
    K = B @ B.T + (0.0 if hermitian else 1.0) * (B - B.T)
    K = K @ np.linalg.inv(np.eye(150) + K)
    uniforms = np.random.default_rng(0).random(150)
    chosen, log_probability, excess = factored(
        np.array(K, order="F"), uniforms, hermitian=hermitian
    )
    A, total, expected = K.copy(), 0.0, []
    for j in range(150):
        expected.append(uniforms[j] < A[j, j])
        total += np.log(A[j, j] if expected[j] else 1.0 - A[j, j])
        A[j, j] -= not expected[j]
        A[j + 1 :, j + 1 :] -= np.outer(A[j + 1 :, j], A[j, j + 1 :]) / A[j, j]
    np.testing.assert_array_equal(chosen, expected)
    assert log_probability == pytest.approx(total, abs=1e-8)
    assert excess < 1e-12


def test_a_dense_kernel_is_drawn_without_its_spectrum():
    B = features(230, 300, False)
    ensemble = LEnsemble.from_kernel(0.01 * B @ B.T)
    drawn = ensemble.sample(3, rng=5)
    assert ensemble._parts is None
    for S, again in zip(drawn, ensemble.sample(3, rng=5, method="sequential"), strict=True):
        np.testing.assert_array_equal(S, again)
        assert np.isfinite(ensemble.logpmf(S))
    sizes = [S.size for S in ensemble.sample(200, rng=6)]
    assert abs(np.mean(sizes) - ensemble.expected_size) < 6 * np.sqrt(ensemble.var_size / 200)


def test_a_large_low_rank_kernel_is_decomposed():
    U = np.linalg.qr(features(230, 5, False))[0]
    ensemble = LEnsemble.from_kernel(1e12 * U @ U.T)
    assert ensemble.expected_size == pytest.approx(5.0, abs=1e-10)
    assert ensemble.sample(rng=0).size == 5


@pytest.mark.parametrize("mutant", ["p for its odds", "reversed", "same columns"])
def test_wrong_choices_of_vectors_are_noticed(mutant):
    B = features(5, 4, False, 2) / 2.0
    U, S, _ = np.linalg.svd(B, full_matrices=False)
    lam = S**2
    p = {"p for its odds": np.minimum(lam, 0.999), "reversed": (lam / (1 + lam))[::-1]}.get(
        mutant, np.where(lam / (1 + lam) > 0.5, 0.999, 0.001)
    )
    wrong = LEnsemble.from_eigh(p / (1 - p), U).sample(R, rng=0)
    assert min(p_values(wrong, law_of(B @ B.T))) < FALSE_ALARM / 2


@pytest.mark.parametrize("ones", [0, 1, 2])
@pytest.mark.parametrize("cplx", [False, True])
def test_eigenvalues_one(ones, cplx):
    V = np.linalg.qr(features(5, 5, cplx))[0]
    p = np.array([1.0] * ones + [0.7, 0.3, 0.05, 0.0, 0.9][: 5 - ones])
    K = (V * p) @ V.conj().T
    ensemble = LEnsemble.from_marginal(K)
    law = law_of_marginal(K)
    for S, P in law.items():
        assert np.exp(ensemble.logpmf(S)) == pytest.approx(P, abs=1e-13)
    check_law(ensemble.sample(R, rng=ones), law)
    check_law(ensemble.sample(R // 2, rng=ones, method="sequential"), law)
    assert np.isinf(ensemble.eigvals).sum() == ones
    np.testing.assert_allclose(ensemble.marginal_kernel(), K, atol=1e-14)


@pytest.mark.parametrize("cplx", [False, True])
@pytest.mark.parametrize(("include", "exclude"), [((2,), ()), ((), (0, 3)), ((4, 1), (0,))])
@pytest.mark.parametrize("ones", [0, 1])
def test_conditions(include, exclude, ones, cplx):
    V = np.linalg.qr(features(6, 5, cplx))[0]
    K = (V * np.array([1.0 if ones else 0.8, 0.9, 0.5, 0.4, 0.2])) @ V.conj().T
    law = law_of_marginal(K)
    met = {S: P for S, P in law.items() if set(include) <= set(S) and not set(exclude) & set(S)}
    given_both = LEnsemble.from_marginal(K).condition(include, exclude)
    one_by_one = LEnsemble.from_marginal(K).condition(include).condition(exclude=exclude)
    for S in law:
        truth = met.get(S, 0.0) / sum(met.values())
        assert np.exp(given_both.logpmf(S)) == pytest.approx(truth, abs=1e-12)
        assert np.exp(one_by_one.logpmf(S)) == pytest.approx(truth, abs=1e-12)
    for S in given_both.sample(50, rng=0):
        assert set(include) <= set(S.tolist())
        assert not set(exclude) & set(S.tolist())


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e150, 1e300])
def test_conditions_at_any_scale(scale):
    ensemble = LEnsemble.from_features(scale * features(6, 3, False)).condition([0], [1])
    size = 3 if scale > 1 else 1
    assert ensemble.expected_size == pytest.approx(size, abs=1e-12)
    assert 0 in ensemble.sample(rng=0)


def test_conditions_of_probability_zero():
    K = np.diag([1.0, 0.0, 0.5])
    ensemble = LEnsemble.from_marginal(K)
    with pytest.raises(InvalidInputError, match="exclude .* probability 0"):
        ensemble.condition(exclude=[0])
    with pytest.raises(InvalidInputError, match="include .* probability 0"):
        ensemble.condition(include=[1])
    with pytest.raises(InvalidInputError, match="include .* probability 0"):
        LEnsemble.from_features(np.ones((3, 1))).condition([0, 1])
    with pytest.raises(InvalidInputError, match="both have 2"):
        ensemble.condition([2], [2])


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1.0, 1e150, 1e300])
@pytest.mark.parametrize("cplx", [False, True])
def test_features_of_any_size(scale, cplx):
    B = features(6, 3, cplx) * scale
    ensemble = LEnsemble.from_features(B)
    assert ensemble.rank == 3
    with mpmath.workdps(60):
        G = mpmath.matrix(B[:2].tolist())
        det = mpmath.det(G * G.transpose_conj()).real
        sigma = [mpmath.mpf(float(s)) * mpmath.mpf(scale) for s in
                 np.linalg.svd(B / scale, compute_uv=False)]  # fmt: skip
        truth = mpmath.log(det) - sum(mpmath.log(1 + s * s) for s in sigma)
        size = sum(s * s / (1 + s * s) for s in sigma)
    assert ensemble.logpmf([0, 1]) == pytest.approx(float(truth), rel=1e-12, abs=1e-10)
    assert ensemble.expected_size == pytest.approx(float(size), rel=1e-12)
    assert ensemble.scale_to(1.5).expected_size == pytest.approx(1.5, rel=1e-12)


def test_features_whose_gram_matrix_would_lose_them():
    U, V = (np.linalg.qr(features(n, 10, False, n))[0] for n in (60, 10))
    sigma = np.array([1e8] * 5 + [0.5] * 5)
    ensemble = LEnsemble.from_features((U * sigma) @ V.T)
    assert ensemble.expected_size == pytest.approx(6.0, abs=5e-7)
    wrong = np.linalg.eigvalsh(((U * sigma) @ V.T).T @ ((U * sigma) @ V.T))
    assert abs(np.sum(wrong / (1 + wrong)) - 6.0) > 1e-3


@given(
    data=st.data(),
    N=st.integers(1, 6),
    scale=st.sampled_from([1e-8, 1.0, 1e6]),
    kind=st.sampled_from(["plain", "twice", "zero", "tied"]),
    cplx=st.booleans(),
)
def test_all_that_an_ensemble_says_agrees(data, N, scale, kind, cplx):
    B = features(N, data.draw(st.integers(1, N + 1)), cplx, data.draw(st.integers(0, 99))) * scale
    if kind == "twice":
        B[-1] = B[0]
    if kind == "zero":
        B[0] = 0.0
    if kind == "tied":
        B = scale * np.eye(N)
    before = B.copy()
    ensemble = LEnsemble.from_features(B)
    law = {S: float(np.exp(ensemble.logpmf(S))) for S in subsets(N)}
    assert sum(law.values()) == pytest.approx(1.0, abs=1e-11)
    inside = [sum(P for S, P in law.items() if i in S) for i in range(N)]
    np.testing.assert_allclose(ensemble.marginals(), inside, atol=1e-11)
    np.testing.assert_allclose(ensemble.marginal_kernel().diagonal().real, inside, atol=1e-11)
    for A in itertools.combinations(range(N), 2):
        both = sum(P for S, P in law.items() if set(A) <= set(S))
        assert ensemble.marginals(A) == pytest.approx(both, abs=1e-11)
    sizes = np.zeros(N + 1)
    for S, P in law.items():
        sizes[len(S)] += P
    np.testing.assert_allclose(ensemble.size_pmf(), sizes[: ensemble.rank + 1], atol=1e-11)
    assert ensemble.expected_size == pytest.approx(float(sizes @ np.arange(N + 1)), abs=1e-10)
    for S in ensemble.sample(3, rng=0):
        assert len(set(S.tolist())) == S.size <= ensemble.rank
        assert np.isfinite(ensemble.logpmf(S))
    np.testing.assert_array_equal(B, before)


def test_kernels_of_other_kinds_are_one_ensemble():
    B = features(7, 5, True)
    L = B @ B.conj().T
    made = LEnsemble.from_kernel(L)
    others = [
        LEnsemble.from_features(B),
        LEnsemble.from_marginal(made.marginal_kernel()),
        LEnsemble.from_eigh(made.eigvals[::-1], made.eigvecs[:, ::-1]),
    ]
    for other in others:
        np.testing.assert_allclose(other.eigvals, made.eigvals, rtol=1e-9)
        assert other.logpmf([0, 2, 5]) == pytest.approx(made.logpmf([0, 2, 5]), abs=1e-9)


def test_a_sample_does_not_depend_on_how_many_are_drawn():
    ensemble = LEnsemble.from_features(features(30, 8, False))
    one, many = ensemble.sample(rng=3), ensemble.sample(5, rng=3)
    np.testing.assert_array_equal(one, many[0])
    for S, again in zip(ensemble.sample(3, rng=3), many[:3], strict=True):
        np.testing.assert_array_equal(S, again)
    assert ensemble.sample(0, rng=0) == []
    assert one.dtype == np.int64


def test_threads_may_share_an_ensemble():
    ensemble = LEnsemble.from_kernel((lambda B: B @ B.T)(features(210, 20, False)))
    found = {}
    threads = [
        threading.Thread(target=lambda i=i: found.update({i: ensemble.sample(rng=4)}))
        for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for S in found.values():
        np.testing.assert_array_equal(S, found[0])


def test_nothing_of_an_ensemble_can_be_changed():
    L = np.diag([1.0, 2.0])
    ensemble = LEnsemble.from_kernel(L)
    L[0, 0] = 5.0
    assert ensemble.eigvals.tolist() == [2.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        ensemble.eigvecs[0, 0] = 3.0
    with pytest.raises(InvalidTypeError, match="from_kernel"):
        LEnsemble(L, None)
    for made in (ensemble, LEnsemble.from_kernel(np.eye(210))):
        for copied in (made, pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
            np.testing.assert_array_equal(copied.sample(rng=0), made.sample(rng=0))
            with pytest.raises(ValueError, match="read-only"):
                copied.eigvecs[0, 0] = 3.0
            with pytest.raises(ValueError, match="read-only"):
                copied.spectrum.base[0] = 3.0


@pytest.mark.parametrize("shape", [(0, 0), (1, 1)])
def test_smallest_kernels(shape):
    for L in (np.zeros(shape), np.ones(shape)):
        ensemble = LEnsemble.from_kernel(L)
        total = sum(np.exp(ensemble.logpmf(S)) for S in subsets(shape[0]))
        assert total == pytest.approx(1.0)
        assert ensemble.sample(rng=0).size <= shape[0]
    assert LEnsemble.from_features(np.zeros((4, 0))).sample(rng=0).size == 0
    assert LEnsemble.from_features(np.zeros((4, 2))).expected_size == 0.0


@pytest.mark.parametrize("cplx", [False, True])
def test_entries_at_the_end_of_the_range(cplx):
    B = features(5, 3, cplx)
    L = B @ B.conj().T
    L = L / np.abs(L).max()
    B = B / np.abs(B).max()
    # The largest eigenvalue, or its root, is beyond all numbers.
    for big, unit in (
        (LEnsemble.from_kernel(1.7e308 * L), LEnsemble.from_kernel(L)),
        (LEnsemble.from_features(1.7e308 * B), LEnsemble.from_features(B)),
    ):
        assert (big.rank, big.expected_size) == (3, 3.0)
        for S in subsets(5, [3]):
            assert big.logpmf(S) == pytest.approx(KDPP(unit, 3).logpmf(S), abs=1e-11)
        np.testing.assert_allclose(
            big.scale_to(1.5).marginals(), unit.scale_to(1.5).marginals(), rtol=1e-10
        )
        np.testing.assert_allclose(
            big.condition(exclude=[2]).marginals(), KDPP(unit, 3).ensemble.scale_to(3 - 1e-13)
            .condition(exclude=[2]).marginals(), atol=1e-10,
        )  # fmt: skip


def test_eigenvalues_that_are_numbers_are_told_whatever_their_roots_are():
    features_of = np.diag([1e200, 1e-100])
    assert LEnsemble.from_features(features_of, tol=0.0).eigvals[1] == pytest.approx(1e-200)
    small = LEnsemble.from_features(np.diag([1.0, 1e-170]), tol=0.0).scale_to(1.9)
    assert small.eigvals[1] == pytest.approx(9.0, rel=1e-12)


@pytest.mark.parametrize("size", [1e-300, 1e-40, 1e-12, 0.05, 0.5])
@pytest.mark.parametrize("lam", [np.ones(4), np.logspace(-200, 150, 6), np.logspace(-3, 3, 9)])
def test_few_items_can_be_asked_for(size, lam):
    ensemble = LEnsemble.from_eigh(lam, np.eye(lam.size))
    assert ensemble.scale_to(size).expected_size == pytest.approx(size, rel=1e-12, abs=0.0)
    nearly_all = lam.size - max(size, 1e-12)
    assert ensemble.scale_to(nearly_all).expected_size == pytest.approx(nearly_all, rel=1e-15)


def test_what_is_forgiven_is_forgiven_by_every_method():
    ensemble = LEnsemble.from_kernel(np.diag(np.append(np.ones(249), -1e-13)))
    assert 249 not in ensemble.sample(rng=0)
    assert ensemble.marginals()[249] == 0.0


def test_kernels_that_are_none():
    L = np.diag([2.0, 1.0, -0.5])
    with pytest.raises(InvalidInputError, match="L is not positive semidefinite: .* -0.5 "):
        LEnsemble.from_kernel(L)
    big = np.diag(np.append(np.ones(250), -1e-3))
    with pytest.raises(InvalidInputError, match="eigenvalue -0.001 "):
        LEnsemble.from_kernel(big)
    with pytest.raises(InvalidInputError, match="L is not symmetric: L.0, 1. is 1"):
        LEnsemble.from_kernel([[1.0, 1.0], [0.5, 1.0]])
    with pytest.raises(InvalidInputError, match="not Hermitian"):
        LEnsemble.from_kernel([[1.0, 1.0j], [1.0j, 1.0]])
    with pytest.raises(InvalidInputError, match=r"K has the eigenvalue 1\.5"):
        LEnsemble.from_marginal(np.diag([0.5, 1.5]))
    with pytest.raises(InvalidInputError, match=r"K has the eigenvalue -0\.1"):
        LEnsemble.from_marginal(np.diag([0.5, -0.1]))
    with pytest.raises(InvalidInputError, match="shape"):
        LEnsemble.from_kernel(np.ones((3, 2)))
    with pytest.raises(InvalidInputError, match="not orthonormal"):
        LEnsemble.from_eigh([1.0, 2.0], np.ones((3, 2)))
    with pytest.raises(InvalidInputError, match=r"lam\[1\] is -2"):
        LEnsemble.from_eigh([1.0, -2.0], np.eye(3)[:, :2])


def test_rounding_of_a_singular_kernel_is_forgiven():
    B = features(40, 3, False).astype(np.float32)
    ensemble = LEnsemble.from_kernel(B @ B.T)
    assert ensemble.rank == 3


@pytest.mark.parametrize(
    ("S", "error", "text"),
    [
        ([0, 0], InvalidInputError, "twice"),
        ([3], InvalidInputError, "index 3"),
        ([-1], InvalidInputError, "index -1"),
        ([0.5], InvalidTypeError, "integers"),
        ([True, False, True], InvalidTypeError, "flatnonzero"),
        (2, InvalidTypeError, "sequence"),
        ([[0]], InvalidTypeError, "sequence"),
        ("01", InvalidTypeError, "S"),
        (None, InvalidTypeError, "S"),
    ],
)
def test_sets_that_are_none(S, error, text):
    with pytest.raises(error, match=text):
        LEnsemble.from_kernel(np.eye(3)).logpmf(S)


def test_other_arguments_that_do_not_fit():
    ensemble = LEnsemble.from_kernel(np.eye(3))
    for bad in (0.0, 3.0, -1.0):
        with pytest.raises(InvalidInputError, match="expected_size"):
            ensemble.scale_to(bad)
    with pytest.raises(InvalidInputError, match="method"):
        ensemble.sample(method="fast")
    with pytest.raises(InvalidInputError, match="n_samples"):
        ensemble.sample(-1)
    with pytest.raises(InvalidInputError, match="tol"):
        LEnsemble.from_kernel(np.eye(3), tol=-1.0)
