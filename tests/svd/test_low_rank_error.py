"""low_rank_error: never below the truth, whoever made the factors and whatever the seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, aslinearoperator

import linsub
from linsub._core.random import Streams
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.svd import low_rank_error, randomized_svd, truncated_svd
from linsub.testing import gallery, load_digits

EPS = np.finfo(float).eps
seeds = st.integers(0, 2**20)

FORMS = {
    "dense": np.array,
    "sparse": sparse.csr_array,
    "operator": aslinearoperator,
    "blocks": lambda A: np.array_split(A, 3),
}
NORMS = ("frobenius", "spectral")


def truth(A, U, S, Vh, norm):
    wide = np.clongdouble if any(np.iscomplexobj(x) for x in (A, U, S, Vh)) else np.longdouble
    core = np.diag(S) if np.ndim(S) == 1 else S
    E = A.astype(wide) - U.astype(wide) @ core.astype(wide) @ Vh.astype(wide)
    if norm == "frobenius":
        return float(np.sqrt(np.sum(np.abs(E) ** 2)))
    peak = float(np.abs(E).max(initial=0.0))
    if peak == 0.0:
        return 0.0
    # The reference's own rounding, which must not count against the bound.
    return float(np.linalg.norm((E / peak).astype(complex), 2)) * peak * (1 - 1e-14)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("form", FORMS)
@given(
    seed=seeds,
    index=st.integers(0, 10**4),
    kind=st.sampled_from(["svd", "rough", "random", "empty", "wrong"]),
)
def test_never_below_the_truth(norm, form, seed, index, kind):
    case = gallery.case(seed, index, max_side=20, layouts="C", scales=(1.0, 1e-20, 1e20))
    A = case.A
    m, n = A.shape
    k = 0 if kind == "empty" else min(case.rank, m, n)
    rng = np.random.default_rng(seed)
    scale = float(np.abs(A).max(initial=0.0))
    if kind in ("svd", "rough"):
        U, S, Vh = (x[..., :k] if i < 2 else x[:k] for i, x in enumerate(np.linalg.svd(A, False)))
        if kind == "rough":
            U = U + (1e-4 * rng.standard_normal(U.shape)).astype(U.dtype)
    else:
        U = rng.standard_normal((m, k)).astype(A.dtype)
        S = (scale * rng.random(k)).astype(A.real.dtype)
        Vh = rng.standard_normal((k, n)).astype(A.dtype)
    found = low_rank_error(FORMS[form](A), U, S, Vh, norm=norm, rng=seed)
    assert float(found) >= truth(A, U, S, Vh, norm)
    assert found.kind != "estimate"
    if norm == "frobenius" and form == "dense":
        size = np.linalg.norm(A.astype("D") / (scale or 1)) * scale
        size += np.linalg.norm(U) * np.linalg.norm(Vh) * float(S.max(initial=0.0))
        looseness = 100 * np.sqrt(max(m, n, 1)) * np.finfo(A.dtype).eps * size
        assert float(found) <= truth(A, U, S, Vh, norm) + looseness


@pytest.mark.parametrize("norm", NORMS)
def test_it_is_tight_for_a_truncated_svd(norm):
    A = gallery.with_spectrum(0.8 ** np.arange(60.0), 90, 70, rng=0)
    U, S, Vh = np.linalg.svd(A, full_matrices=False)
    for k in (0, 1, 7, 30):
        wanted = np.linalg.norm(S[k:], None if norm == "frobenius" else np.inf)
        found = low_rank_error(A, U[:, :k], S[:k], Vh[:k], norm=norm, rng=0)
        assert (
            wanted * (1 - 1e-12) <= float(found) <= wanted * (1.2 if norm == "spectral" else 1.001)
        )


@pytest.mark.parametrize("norm", NORMS)
def test_of_numpys_own(norm):
    A = load_digits().data
    for scale in (1.0, 1e-200, 1e200):
        U, S, Vh = np.linalg.svd(A * scale, full_matrices=False)
        bound = low_rank_error(A * scale, U[:, :9], S[:9], Vh[:9], norm=norm, rng=0)
        tail = np.linalg.norm(S[9:] / scale, None if norm == "frobenius" else np.inf) * scale
        assert tail * (1 - 1e-12) <= float(bound) <= 1.3 * tail


@pytest.mark.parametrize("norm", NORMS)
def test_of_scikit_learns_own(norm):
    extmath = pytest.importorskip("sklearn.utils.extmath")
    A = load_digits().data
    for k, n_iter in ((5, 0), (5, 1), (20, 4)):
        triple = extmath.randomized_svd(A, k, n_iter=n_iter, random_state=0)
        bound = float(low_rank_error(A, *triple, norm=norm, rng=0))
        wanted = truth(A, *triple, norm)
        assert wanted <= bound <= 1.3 * wanted


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("norm", NORMS)
def test_of_an_exact_factorization(form, norm):
    """What is left is rounding, and the bound says that it is about as small."""
    A = gallery.matrix("polynomial", 40, 30, cond=1e3, rng=0)
    U, S, Vh = np.linalg.svd(A, full_matrices=False)
    found = low_rank_error(FORMS[form](A), U, S, Vh, norm=norm, rng=0)
    assert truth(A, U, S, Vh, norm) <= float(found) <= 1e5 * EPS * np.linalg.norm(A)


@pytest.mark.parametrize("norm", NORMS)
def test_a_triple_a_record_or_two_factors(norm):
    A = gallery.matrix("polynomial", 40, 30, cond=1e3, rng=0)
    result = truncated_svd(A, 4, rng=0)
    U, S, Vh = result
    wanted = float(low_rank_error(A, U, S, Vh, norm=norm, rng=0))
    same = [
        low_rank_error(A, result, norm=norm, rng=0),
        low_rank_error(A, (U, S, Vh), norm=norm, rng=0),
        low_rank_error(A, U, np.diag(S), Vh, norm=norm, rng=0),
        low_rank_error(A, U * S, None, Vh, norm=norm, rng=0),
        low_rank_error(A, U, S.tolist(), Vh.tolist(), norm=norm, rng=0),
        low_rank_error(A, U[:, ::-1], S[::-1], Vh[::-1], norm=norm, rng=0),
    ]
    for found in same:
        assert np.isclose(float(found), wanted, rtol=1e-12)


def test_a_core_that_is_not_diagonal_or_square():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((12, 9))
    U, C, Vh = (
        rng.standard_normal((12, 3)),
        rng.standard_normal((3, 4)),
        rng.standard_normal((4, 9)),
    )
    found = low_rank_error(A, U, C, Vh)
    assert np.isclose(float(found), np.linalg.norm(A - U @ C @ Vh), rtol=1e-12)
    assert float(found) >= truth(A, U, C, Vh, "frobenius")


def test_mixed_precision_and_complex_factors_of_a_real_matrix():
    A = gallery.matrix("polynomial", 40, 30, cond=1e3, rng=0)
    U, S, Vh = (x[..., :4] if i < 2 else x[:4] for i, x in enumerate(np.linalg.svd(A, False)))
    turned = np.exp(1j * np.arange(40.0))[:, None] * U, S, Vh  # not the SVD of A any more
    for form in FORMS.values():
        for norm in NORMS:
            found = float(low_rank_error(form(A), *turned, norm=norm, rng=0))
            assert truth(A, *turned, norm) <= found <= 5 * truth(A, *turned, norm)
    for dtype in "fFD":
        factors = U.astype(dtype), S.astype(dtype.lower()), Vh.astype(dtype)
        for norm in NORMS:
            found = float(low_rank_error(A, *factors, norm=norm, rng=0))
            wanted = truth(A, *factors, norm)
            assert wanted <= found <= 1.3 * wanted
    turned = U * 1j, S, Vh * -1j
    assert np.isclose(float(low_rank_error(A, *turned)), np.linalg.norm(S_tail(A, 4)), rtol=1e-10)


@pytest.mark.parametrize("norm", NORMS)
def test_an_operator_of_single_precision_and_no_factors_to_subtract(norm):
    """The rounding of its products counts, though no norm of it is known."""
    case = gallery.case(402, 106, max_side=20, layouts="C", scales=(1.0, 1e-20, 1e20))
    m, n = case.A.shape
    assert case.A.dtype == np.float32
    empty = np.zeros((m, 0)), np.zeros(0), np.zeros((0, n))
    for seed in range(402, 422):
        found = low_rank_error(aslinearoperator(case.A), *empty, norm=norm, rng=seed)
        assert float(found) >= truth(case.A, *empty, norm)


def S_tail(A, k):
    return np.linalg.svd(A, compute_uv=False)[k:]


@pytest.mark.parametrize(
    ("factors", "error", "text"),
    [
        ((np.ones((5, 2)), np.ones(2), np.ones((2, 3))), InvalidInputError, "do not fit A"),
        ((np.ones((4, 2)), np.ones(2), np.ones((3, 2))), InvalidInputError, "in its rows"),
        ((np.ones((4, 2)), np.ones(3), np.ones((2, 3))), InvalidInputError, r"S has shape \(3,\)"),
        ((np.ones((4, 2)), np.ones((3, 2)), np.ones((2, 3))), InvalidInputError, "S has shape"),
        ((np.ones((4, 2)), None, np.ones((1, 3))), InvalidInputError, "S has shape"),
        ((np.ones((4, 2)), np.ones(2)), InvalidInputError, "Vh is missing"),
        (((np.ones((4, 2)), np.ones(2)),), InvalidInputError, "tuple of 2"),
        ((np.ones(4), np.ones(1), np.ones((1, 3))), InvalidInputError, "U must be 2-D"),
        ((np.full((4, 1), np.nan), np.ones(1), np.ones((1, 3))), NonFiniteError, r"U\[0, 0\]"),
        ((np.ones((4, 1)), [np.inf], np.ones((1, 3))), NonFiniteError, r"S\[0\]"),
        ((np.ones((4, 1)), [1.0], [[1.0, np.nan, 0.0]]), NonFiniteError, r"Vh\[0, 1\]"),
        ((np.ones((4, 1), object), [1.0], np.ones((1, 3))), InvalidTypeError, "U has dtype"),
        ((np.ones((4, 1)), ["a"], np.ones((1, 3))), InvalidTypeError, "S has dtype"),
    ],
)
def test_factors_that_do_not_fit(factors, error, text):
    with pytest.raises(error, match=text):
        low_rank_error(np.ones((4, 3)), *factors)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"norm": "nuclear"}, InvalidInputError, "norm must be one of"),
        ({"norm": 2}, InvalidTypeError, "norm must be one of"),
        ({"failure_prob": 0}, InvalidInputError, "failure_prob"),
        ({"n_probes": 0}, InvalidInputError, "1 <= n_probes"),
        ({"n_steps": 0}, InvalidInputError, "1 <= n_steps"),
        ({"n_steps": 1.5}, InvalidTypeError, "n_steps"),
    ],
)
def test_bad_arguments(options, error, text):
    with pytest.raises(error, match=text):
        low_rank_error(np.eye(3), np.eye(3, 1), [1.0], np.eye(1, 3), **options)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
@pytest.mark.parametrize("norm", NORMS)
def test_empty_matrices_have_no_error(shape, norm):
    m, n = shape
    found = low_rank_error(
        np.zeros(shape), np.zeros((m, 0)), np.zeros(0), np.zeros((0, n)), norm=norm
    )
    assert float(found) == 0.0


# The trap of equal seeds.


def in_the_null_space_of(sketch):
    """Return a matrix that the given columns cannot see, of norm 1."""
    n = sketch.shape[0]
    Q, _ = np.linalg.qr(np.c_[sketch, np.random.default_rng(99).standard_normal((n, n))])
    hidden = Q[:, sketch.shape[1] :]
    return hidden[:, :5] @ hidden[:, :5].T / np.sqrt(5.0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("seed", [0, 1, 12345])
def test_equal_seeds_are_no_trap(form, norm, seed, monkeypatch):
    """A is built so that the sketch of this very seed sees nothing of it: A Omega = 0.

    The range finder then finds nothing, and probes that were the sketch again would
    certify an error of zero. With probes of their own the bound holds.
    """
    n = 60
    Omega = Streams(seed).gaussian("sketch", (n, 40))
    A = in_the_null_space_of(Omega)
    empty = np.zeros((n, 0)), np.zeros(0), np.zeros((0, n))
    wanted = truth(A, *empty, norm)
    assert np.abs(A @ Omega).max() < 1e-13
    assert wanted >= 0.4

    # One step: more of them would raise what rounding has left of A Omega.
    options = {"norm": norm, "rng": seed, "n_steps": 1}
    found = low_rank_error(FORMS[form](A), *empty, **options)
    assert float(found) >= wanted
    result = randomized_svd(A, 3, n_iter=0, rng=seed)
    assert float(low_rank_error(FORMS[form](A), result, **options)) >= truth(A, *result, norm)

    # The same call with the sketch for probes is caught in the trap, where it uses any.
    gaussian = Streams.gaussian
    monkeypatch.setattr(
        Streams,
        "gaussian",
        lambda self, purpose, shape, dtype=float, block=0, **rest: gaussian(
            self, "sketch", shape, dtype, 0, **rest
        ),
    )
    fooled = low_rank_error(FORMS[form](A), *empty, **options)
    if norm == "spectral" or form == "operator":
        assert float(fooled) < 1e-6
    else:
        assert fooled.kind in ("exact", "bound")


@pytest.mark.parametrize("norm", NORMS)
def test_the_probability_of_failure_is_kept(norm):
    """1000 trials at p = 0.05 with one probe: 100 failures have a probability below 1e-9."""
    A = gallery.with_spectrum([1.0, *np.full(39, 0.1)], 40, 40, rng=0)
    op, empty = aslinearoperator(A), (np.zeros((40, 0)), np.zeros(0), np.zeros((0, 40)))
    wanted = truth(A, *empty, norm)
    failures = sum(
        float(
            low_rank_error(
                op, *empty, norm=norm, n_probes=1, n_steps=1, failure_prob=0.05, rng=seed
            )
        )
        < wanted
        for seed in range(1000)
    )
    assert failures <= 100
    low = low_rank_error(op, *empty, norm=norm, n_steps=1, failure_prob=0.5, rng=0)
    high = low_rank_error(op, *empty, norm=norm, n_steps=1, failure_prob=1e-12, rng=0)
    assert low.kind == high.kind == "probabilistic"
    assert high.failure_prob == 1e-12
    assert float(low) < float(high)


def test_an_operator_needs_no_adjoint_for_the_frobenius_norm():
    A = gallery.matrix("polynomial", 40, 30, rng=0)
    op = LinearOperator(A.shape, matvec=lambda x: A @ x, dtype=float)
    found = low_rank_error(op, np.zeros((40, 0)), np.zeros(0), np.zeros((0, 30)), rng=0)
    norm = np.linalg.norm(A)
    assert norm <= float(found) <= 5 * norm
    with pytest.raises(InvalidTypeError, match="rmatvec"):
        low_rank_error(op, np.zeros((40, 0)), np.zeros(0), np.zeros((0, 30)), norm="spectral")


def test_the_package_offers_it():
    assert linsub.low_rank_error is low_rank_error
