"""Tucker decompositions: errors that are known, ranks that suffice, tensors of any scale."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import (
    ConvergenceError,
    ConvergenceWarning,
    InvalidInputError,
    InvalidTypeError,
    NumericalError,
)
from linsub.tensor import hooi, hosvd, sthosvd, tucker_to_dense

METHODS = (sthosvd, hosvd, hooi)


def _einsum(core, factors):
    """Return the tensor by its definition, in extended precision."""
    X = np.asarray(core).astype(np.clongdouble if np.iscomplexobj(core) else np.longdouble)
    for mode, U in enumerate(factors):
        X = np.moveaxis(np.tensordot(np.asarray(U).astype(X.dtype), X, (1, mode)), 0, mode)
    return X


def _norm(X):
    return float(np.sqrt((np.abs(X.astype(np.clongdouble)) ** 2).sum()))


def _low_rank(rng, shape, ranks, noise):
    core = rng.standard_normal(ranks)
    X = _einsum(core, [rng.standard_normal((n, r)) for n, r in zip(shape, ranks, strict=True)])
    E = rng.standard_normal(shape)
    return np.asarray(X / _norm(X) + noise * E / _norm(E), dtype=float)


@st.composite
def tensors(draw):
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.standard_normal(shape)
    if draw(st.booleans()):
        X = X + 1j * rng.standard_normal(shape)
    kind = draw(st.sampled_from(["plain", "ties", "short", "zero slice", "graded"]))
    if kind == "ties":
        X = np.sign(X.real)
    elif kind == "short":
        X = np.ones(shape) * X.ravel()[0]
    elif kind == "zero slice":
        X[0] = 0.0
    elif kind == "graded":
        X = X * (10.0 ** -(3.0 * np.arange(shape[-1])))
    X = X * 2.0 ** draw(st.sampled_from([-900, -300, 0, 300, 900]))
    ranks = [draw(st.integers(1, n)) for n in shape]
    return X, ranks


@given(tensors())
def test_errors_are_as_certified_and_factors_orthonormal(case):
    X, ranks = case
    for method in METHODS:
        with np.errstate(all="raise", under="ignore"):
            found = method(X, ranks, **({"on_fail": "return"} if method is hooi else {}))
        assert found.ranks == tuple(ranks)
        for U in found.factors:
            np.testing.assert_allclose(U.conj().T @ U, np.eye(U.shape[1]), atol=1e-13)
        error = _norm(X - _einsum(found.core, found.factors))
        norm = _norm(X)
        known = found.certificate
        assert error <= float(known.frobenius_error)
        assert float(known.frobenius_error) <= error + 1e-13 * norm
        assert float(known.frobenius_norm) == pytest.approx(norm, rel=1e-14)
        assert float(known.best_error_lower) <= error + 1e-15 * norm
        if "discarded" in found.info.details:
            assert (found.info.details["discarded"] >= 0).all()
    full = sthosvd(X, list(X.shape))
    assert _norm(X - full.to_dense()) <= 1e-14 * X.ndim * _norm(X)


@pytest.mark.parametrize("method", METHODS)
def test_a_matrix_has_its_truncated_svd(method):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((9, 7))
    U, S, Vh = np.linalg.svd(A)
    found = method(A, 3)
    np.testing.assert_allclose(found.to_dense(), U[:, :3] * S[:3] @ Vh[:3], atol=1e-12)
    tail = np.sqrt((S[3:] ** 2).sum())
    assert float(found.certificate.frobenius_error) == pytest.approx(tail, rel=1e-13)
    assert float(found.certificate.best_error_lower) == pytest.approx(tail, rel=1e-13)


@pytest.mark.parametrize("noise", [1e-1, 1e-5, 1e-9, 1e-13])
@pytest.mark.parametrize("method", [sthosvd, hosvd])
def test_small_errors_keep_their_digits(method, noise):
    """Squared singular values would lose what is below 1e-8."""
    X = _low_rank(np.random.default_rng(1), (12, 11, 10), (3, 2, 4), noise)
    for found in (method(X, (3, 2, 4)), method(X, error=2.0 * noise)):
        assert found.ranks == (3, 2, 4)
        error = _norm(X - _einsum(found.core, found.factors))
        assert error <= noise * (1 + 1e-3) + 1e-14
        total = np.sqrt(found.info.details["discarded"].sum())
        if method is sthosvd:
            assert total == pytest.approx(error / _norm(X), rel=1e-3, abs=1e-15)


@given(st.integers(0, 2**32 - 1), st.floats(1e-12, 0.9), st.booleans())
def test_the_error_that_was_asked_for_is_kept(seed, error, flat):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((5, 6, 4))
    if not flat:
        X = _einsum(X, [np.diag(0.1 ** np.arange(n)) for n in X.shape]).astype(float)
    for method in (sthosvd, hosvd):
        found = method(X, error=error)
        assert _norm(X - _einsum(found.core, found.factors)) <= (error + 1e-14) * _norm(X)
    ranks = list(sthosvd(X, error=error, order=(0, 1, 2)).ranks)
    if ranks[2] > 1:  # and no rank is given away at the end
        ranks[2] -= 1
        less = sthosvd(X, ranks, order=(0, 1, 2))
        assert float(less.certificate.relative_error) > error * (1 - 1e-6) - 1e-14


def test_shares_that_are_not_used_go_to_the_later_modes():
    X = _low_rank(np.random.default_rng(2), (4, 30, 30), (4, 30, 30), 0.0)
    sequential, parallel = sthosvd(X, error=0.3), hosvd(X, error=0.3)
    assert sequential.certificate.relative_error <= 0.3
    assert np.prod(sequential.ranks) < np.prod(parallel.ranks)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), "auto"])
def test_every_order_has_an_error_within_root_n_of_the_best(order):
    X = np.random.default_rng(3).standard_normal((6, 5, 7))
    found = sthosvd(X, (2, 2, 2), order=order)
    best = min(float(hooi(X, 2, tol=1e-10, maxiter=500).certificate.frobenius_error), 1e9)
    assert best <= float(found.certificate.frobenius_error) <= np.sqrt(3) * best
    assert found.info.details["order"][0] in ((0, 1, 2) if order == "auto" else (order[0],))


def test_iteration_never_loses_and_starts_where_it_is_told():
    X = np.random.default_rng(4).standard_normal((8, 7, 6))
    start = sthosvd(X, 2)
    found = hooi(X, 2, init=start, tol=1e-12, maxiter=1000)
    assert (np.diff(found.info.details["core_norms"]) >= 0).all()
    assert float(found.certificate.frobenius_error) < float(start.certificate.frobenius_error)
    again = hooi(X, 2, init=found.factors)
    assert again.info.iterations <= 2
    scaled = hooi(X, 2, init=[U @ [[3e200, 1.0], [0.0, 1e200]] for U in found.factors])
    np.testing.assert_allclose(scaled.to_dense(), again.to_dense(), atol=1e-8)


def test_sweeps_that_do_not_suffice_are_said():
    X = np.random.default_rng(5).standard_normal((8, 7, 6))
    with pytest.warns(ConvergenceWarning, match="maxiter"):
        hooi(X, 2, maxiter=1, tol=0.0)
    with pytest.raises(ConvergenceError, match="maxiter") as caught:
        hooi(X, 2, maxiter=1, tol=0.0, on_fail="raise")
    assert caught.value.result.ranks == (2, 2, 2)
    assert not hooi(X, 2, maxiter=1, tol=0.0, on_fail="return").info.converged


def test_zero_and_single_numbers():
    zero = sthosvd(np.zeros((3, 4)), error=0.1)
    assert zero.ranks == (1, 1)
    assert zero.certificate.relative_error == 0.0
    one = hosvd(np.full((1, 1, 1), 7.0), 1)
    assert abs(one.to_dense()[0, 0, 0] - 7.0) < 1e-14
    line = sthosvd(np.arange(1.0, 5.0), 1)
    np.testing.assert_allclose(line.to_dense(), np.arange(1.0, 5.0), rtol=1e-14)


def test_wide_dimensions_have_bases_beyond_their_fibres():
    X = np.random.default_rng(6).standard_normal((9, 2, 2))
    found = sthosvd(X, (7, 2, 2))
    np.testing.assert_allclose(found.factors[0].T @ found.factors[0], np.eye(7), atol=1e-14)
    assert found.certificate.relative_error < 1e-14


def test_results_survive_a_pickle():
    found = sthosvd(np.random.default_rng(7).standard_normal((4, 3)), 2)
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.core, found.core)
    assert float(again.certificate.frobenius_error) == float(found.certificate.frobenius_error)


def test_what_does_not_fit_is_named():
    X = np.ones((3, 4))
    cases = [
        (lambda: sthosvd(X, (3, 5)), r"ranks\[1\].*4.*5"),
        (lambda: sthosvd(X, (3, 0)), r"ranks\[1\]"),
        (lambda: sthosvd(X, (1, 2, 3)), "3 entries and X 2 modes"),
        (lambda: sthosvd(X), "ranks .* or error"),
        (lambda: hosvd(X, 2, error=0.1), "not both"),
        (lambda: hosvd(X, error=1.0), "error"),
        (lambda: sthosvd(np.ones((3, 0)), 1), r"\(3, 0\)"),
        (lambda: sthosvd(X, 1, order=(0, 0)), "order"),
        (lambda: sthosvd(X, 1, order="best"), "order"),
        (lambda: hooi(X, None), "ranks"),
        (lambda: hooi(X, 2, init=[np.eye(3, 2)]), "init holds 1"),
        (lambda: hooi(X, 2, init=[np.eye(3, 2), np.eye(4, 3)]), r"init\[1\]"),
        (lambda: tucker_to_dense(X, [np.eye(3)]), "factors holds 1"),
        (lambda: tucker_to_dense(X, [np.eye(3), np.eye(3)]), r"factors\[1\]"),
    ]
    for call, message in cases:
        with pytest.raises(InvalidInputError, match=message):
            call()


def test_numbers_that_would_overflow_are_refused():
    X = np.full((4, 4), 1e308)
    with pytest.raises(NumericalError, match="core"):
        sthosvd(X, 1)
    with pytest.raises(NumericalError, match="divide core"):
        tucker_to_dense([[1e308]], [[[1.0]], [[10.0]]])


def test_what_is_no_sequence_of_modes_or_factors_is_named():
    X = np.random.default_rng(0).standard_normal((4, 5, 6))
    for order in (3, [0, 1, "a"], [0.5, 1, 2]):
        with pytest.raises(InvalidTypeError, match="order"):
            sthosvd(X, 2, order=order)
    for init in (3, "random"):
        with pytest.raises(InvalidTypeError, match="init"):
            hooi(X, 2, init=init)
    with pytest.raises(InvalidTypeError, match="factors"):
        tucker_to_dense(X, None)


def test_a_complex_start_of_a_real_tensor_is_refused():
    """Its factors would lose their imaginary parts at the end, and the error would rise."""
    X = np.random.default_rng(0).standard_normal((4, 5, 6))
    with pytest.raises(InvalidTypeError, match=r"init\[0\] is complex"):
        hooi(X, 2, init=[np.ones((n, 2)) * 1j for n in X.shape])
