"""randomized_svd: passes, arguments, and a certificate that owes nothing to the sketch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator

import linsub
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.svd import bounds, randomized_svd
from linsub.testing import gallery, load_digits, ratios
from tests.svd_truth import violations

EPS = np.finfo(float).eps
seeds = st.integers(0, 2**20)


@given(
    seed=seeds,
    index=st.integers(0, 10**4),
    n_iter=st.integers(0, 4),
    n_oversamples=st.integers(0, 12),
)
def test_over_the_gallery(seed, index, n_iter, n_oversamples):
    case = gallery.case(seed, index, max_side=30)
    result = randomized_svd(case.A, case.rank, n_iter=n_iter, n_oversamples=n_oversamples, rng=seed)
    assert ratios.orthogonality_ratio(result.U) < ratios.PASS
    assert ratios.orthogonality_ratio(result.Vh.conj().T) < ratios.PASS
    assert violations(case.A, result, case.sigma) == []


@given(seed=seeds, dtype=st.sampled_from("fdFD"), wide=st.booleans())
def test_values_are_never_above_the_truth(seed, dtype, wide):
    """S comes from a projection of A: interlacing holds whatever the sketch missed."""
    A = gallery.matrix("polynomial", 40, 30, cond=1e2, dtype=dtype, rng=seed)
    A = A.conj().T if wide else A
    S = randomized_svd(A, 6, n_iter=0, rng=seed).S
    sigma = np.linalg.svd(A.astype("D"), compute_uv=False)[:6]
    assert np.all(sigma + ratios.PASS * 40 * np.finfo(dtype).eps * sigma[0] >= S)


def test_the_mean_error_keeps_the_bound_of_halko_martinsson_and_tropp():
    """Without power iterations, over 200 draws, at most the expectation plus 4 deviations."""
    sigma = np.arange(1.0, 61.0) ** -0.5
    A = gallery.with_spectrum(sigma, 80, 60, rng=0)
    errors = []
    for seed in range(200):
        result = randomized_svd(A, 8, n_iter=0, n_oversamples=5, rng=seed, certify=False)
        errors.append(np.linalg.norm(A - (result.U * result.S) @ result.Vh) ** 2)
    limit = bounds.rangefinder_frobenius(sigma, 13, power=2, rank=8)
    assert np.mean(errors) <= limit + 4 * np.std(errors) / np.sqrt(200)
    assert np.min(errors) >= np.sum(sigma[8:] ** 2) * (1 - 1e-12)


def test_more_iterations_are_more_accurate():
    A = gallery.matrix("polynomial", 150, 100, cond=1e2, rng=0)
    errors = [
        float(randomized_svd(A, 8, n_iter=q, rng=0).certificate.frobenius_error) for q in range(6)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 1.001 * errors[5]


@pytest.mark.parametrize(("dtype", "base"), [("d", 0.2), ("d", 0.05), ("f", 0.5), ("f", 0.3)])
@pytest.mark.parametrize("rank", [5, 8, 11, 15])
@pytest.mark.parametrize("shape", [(150, 100), (100, 150)])
def test_small_values_are_not_lost_to_squaring(dtype, base, rank, shape):
    """sigma_k down to eps sigma_1: the error is near the best one, or near rounding."""
    A = gallery.with_spectrum(base ** np.arange(100.0), *shape, rng=0).astype(dtype)
    best = np.linalg.norm(np.linalg.svd(A.astype(float), compute_uv=False)[rank:])
    result = randomized_svd(A, rank, rng=0)
    error = np.linalg.norm(A.astype(float) - (result.U.astype(float) * result.S) @ result.Vh)
    assert error <= 1.1 * best + ratios.PASS * np.sqrt(rank) * np.finfo(dtype).eps
    assert violations(A, result) == []
    for passes in (2, 4, 8):
        info = randomized_svd(A, rank, passes=passes, rng=0).info
        assert info.details["answer_passes"] <= passes


@pytest.mark.parametrize("form", [np.array, aslinearoperator])
@pytest.mark.parametrize("passes", [2, 3, 4, 7])
def test_passes_are_kept(form, passes):
    A = gallery.matrix("polynomial", 150, 100, cond=1e2, rng=0)
    info = randomized_svd(form(A), 5, passes=passes, rng=0).info
    # An operator reads A twice in a fused product, and once to learn its scale.
    slack = 2 if form is aslinearoperator and passes == 2 else int(form is aslinearoperator)
    assert info.details["answer_passes"] <= passes + slack
    assert info.passes - info.details["answer_passes"] >= 1
    assert info.products > info.details["answer_products"]


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"n_oversamples": -1}, InvalidInputError, "0 <= n_oversamples"),
        ({"n_oversamples": 2.0}, InvalidTypeError, "n_oversamples"),
        ({"n_iter": -1}, InvalidInputError, "0 <= n_iter"),
        ({"n_iter": "many"}, InvalidTypeError, "n_iter"),
        ({"passes": 1}, InvalidInputError, "2 <= passes"),
        ({"passes": 3, "n_iter": 2}, InvalidTypeError, "n_iter"),
        ({"failure_prob": 0.0}, InvalidInputError, "failure_prob"),
        ({"failure_prob": True}, InvalidTypeError, "failure_prob"),
        ({"certify": "no"}, InvalidTypeError, "certify"),
        ({"rng": True}, InvalidTypeError, "rng"),
    ],
)
def test_bad_arguments(options, error, text):
    with pytest.raises(error, match=text):
        randomized_svd(np.eye(9), 2, **options)


def test_without_a_certificate():
    A = load_digits().data
    plain, certified = (randomized_svd(A, 5, rng=0, certify=c) for c in (False, True))
    assert plain.certificate is None
    assert np.array_equal(plain.S, certified.S)
    assert plain.info.products == certified.info.details["answer_products"]
    tight = randomized_svd(A, 5, rng=0, certify="tight")
    assert violations(A, tight) == []


def test_against_scikit_learn():
    extmath = pytest.importorskip("sklearn.utils.extmath")
    A = load_digits().data
    _, S, _ = extmath.randomized_svd(A, 10, random_state=0)
    sigma = np.linalg.svd(A, compute_uv=False)[:10]
    ours = randomized_svd(A, 10, rng=0)
    assert np.all(np.abs(ours.S - sigma) <= np.abs(S - sigma) + 40 * EPS * 1797 * sigma[0])


def test_the_probes_are_not_the_sketch(monkeypatch):
    """Were they equal, a certificate would call small what the sketch cannot see."""
    from linsub._core.random import Streams

    A = np.diag(np.concatenate([[1.0], np.full(199, 1e-3)]))
    gaussian = Streams.gaussian

    seen = []

    def recorded(self, purpose, shape, dtype=float, block=0, **options):
        X = gaussian(self, purpose, shape, dtype, block, **options)
        seen.append((purpose, X))
        return X

    monkeypatch.setattr(Streams, "gaussian", recorded)
    randomized_svd(A, 4, rng=5)
    sketches = [X for purpose, X in seen if purpose == "sketch"]
    probes = [X for purpose, X in seen if purpose == "probe"]
    assert sketches
    assert probes
    for X in sketches:
        for W in probes:
            # Independent columns of length 200: a correlation of 0.5 is 7 deviations.
            correlation = (X / np.linalg.norm(X, axis=0)).T @ (W / np.linalg.norm(W, axis=0))
            assert np.abs(correlation).max() < 0.5


def test_a_sparse_matrix_is_not_made_dense():
    A = sparse.random_array((20_000, 20_000), density=1e-5, rng=np.random.default_rng(0))
    result = randomized_svd(A.tocsr(), 3, n_iter=1, rng=0)  # 3.2 GB if it were
    assert result.U.shape == (20_000, 3)
    residual = np.linalg.norm(A @ result.Vh.T - result.U * result.S, axis=0)
    assert np.all(residual <= np.asarray(result.certificate.residuals))


def test_the_package_offers_it():
    assert linsub.randomized_svd is randomized_svd
