"""Lewis weights for every p, on rows of all sizes."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from linsub.errors import ConvergenceError, ConvergenceWarning, InvalidInputError, InvalidTypeError
from linsub.sensitivity import leverage_scores, lewis_weights

POWERS = (0.5, 1.0, 1.5, 2.0, 3.0, 3.9, 4.0, 8.0, 16.0, 64.0)
KINDS = ("plain", "dynamic range", "zero rows", "duplicates", "tiny rows")


def exact_scores(A, w, p):
    """Leverage of W^(1/2 - 1/p) A by 80 digits, and zero where w is."""
    some = np.flatnonzero(w)
    tau = np.zeros(w.size)
    with mpmath.workdps(80):
        power = mpmath.mpf(1) / 2 - 1 / mpmath.mpf(p)
        rows = [[mpmath.mpmathify(x) * mpmath.mpf(w[i]) ** power for x in A[i]] for i in some]
        M = mpmath.matrix(rows)
        G = (M.H * M) ** -1
        for k, i in enumerate(some):
            tau[i] = float(mpmath.re((M[k, :] * G * M[k, :].H)[0]))
    return tau


def hard(kind, n, d, dof, rng):
    A = rng.standard_t(dof, (n, d))
    if kind == "dynamic range":
        A *= np.exp(rng.uniform(-24, 24, (n, 1)))
    elif kind == "zero rows":
        A[rng.permutation(n)[: n // 3]] = 0.0
    elif kind == "duplicates":
        A[n // 2 :] = A[rng.integers(0, n // 2, n - n // 2)]
    elif kind == "tiny rows":
        A[: n // 4] *= 1e-12
    return A


@settings(max_examples=60)
@given(
    kind=st.sampled_from(KINDS),
    p=st.sampled_from(POWERS),
    shape=st.sampled_from([(12, 5), (60, 4), (100, 20), (50, 24)]),
    dof=st.sampled_from([0.5, 1.0, 30.0]),
    seed=st.integers(0, 1000),
)
def test_the_stress_set_converges(kind, p, shape, dof, seed):
    A = hard(kind, *shape, dof, np.random.default_rng(seed))
    found = lewis_weights(A, p)
    w = found.weights
    assert found.rank == shape[1]
    assert found.info.converged
    assert found.info.details["residual"] < 1e-10
    assert abs(w.sum() - found.rank) <= 1e-10 * found.rank
    assert ((w > 0.0) == A.any(axis=1)).all()
    assert w.max() <= 1.0


@pytest.mark.parametrize("p", [0.5, 1.0, 3.0, 8.0])
@pytest.mark.parametrize("kind", KINDS)
def test_residuals_in_exact_arithmetic(kind, p):
    A = hard(kind, 13, 4, 1.0, np.random.default_rng(3))
    found = lewis_weights(A, p)
    w, c = found.weights, found.certificate
    tau = exact_scores(A, w, p)
    off = np.abs(tau - w).max()
    assert off < 2e-10
    assert c.residual is None or off <= c.residual.value
    some = w > 0.0
    assert c.one_sided is None or (tau[some] / w[some]).max() <= c.one_sided.value


@pytest.mark.parametrize("p", [0.7, 2.0, 5.0])
def test_conjugates_where_rows_are_complex(p):
    rng = np.random.default_rng(4)
    A = rng.standard_normal((15, 3)) + 1j * rng.standard_normal((15, 3))
    w, _ = lewis_weights(A, p, tol=1e-12)
    np.testing.assert_allclose(exact_scores(A, w, p), w, rtol=1e-9)


@pytest.mark.parametrize("p", POWERS)
def test_a_single_column_has_a_closed_form(p):
    a = np.array([3.0, -1.0, 0.0, 2.5, 1e-3])
    w, rank = lewis_weights(a[:, None] * 1e200, p, tol=1e-13)
    assert rank == 1
    size = np.abs(a) / 3.0
    np.testing.assert_allclose(w, size**p / np.sum(size**p), rtol=1e-8, atol=1e-300)


def test_two_is_leverage():
    A = np.random.default_rng(5).standard_t(2, (40, 5)) * np.logspace(-200, 200, 5)
    found = lewis_weights(A, 2.0)
    np.testing.assert_allclose(found.weights, leverage_scores(A).scores, rtol=1e-9)
    assert found.info.iterations == 2


@pytest.mark.parametrize("p", [1.0, 3.0, 8.0])
def test_splitting_a_row_splits_its_weight(p):
    A = np.random.default_rng(6).standard_normal((20, 3))
    split = np.concatenate([A[1:], np.repeat(A[:1] * 5.0 ** (-1.0 / p), 5, axis=0)])
    w, _ = lewis_weights(A, p, tol=1e-12)
    v, _ = lewis_weights(split, p, tol=1e-12)
    np.testing.assert_allclose(v, np.concatenate([w[1:], np.full(5, w[0] / 5.0)]), rtol=1e-8)


@pytest.mark.parametrize("p", [1.0, 4.0])
def test_the_range_is_what_counts(p):
    rng = np.random.default_rng(7)
    A = rng.standard_normal((25, 3))
    B = np.hstack([A @ rng.standard_normal((3, 5)), np.zeros((25, 1))])
    w, _ = lewis_weights(A, p, tol=1e-12)
    for form in (B, B * 2.0**900, sparse.csr_array(B), B[:, ::-1]):
        found = lewis_weights(form, p, tol=1e-12)
        assert found.rank == 3
        np.testing.assert_allclose(found.weights, w, rtol=1e-8)


def test_rows_of_every_exponent():
    A = np.random.default_rng(8).standard_normal((30, 4))
    w, _ = lewis_weights(A, 40.0)
    far = A * np.ldexp(1.0, np.where(np.arange(30) % 2, 900, -900))[:, None]
    found = lewis_weights(far, 1.0)
    assert found.rank == 4
    assert found.info.converged
    assert found.weights[1::2].sum() > 4.0 - 1e-9
    assert w.sum() == pytest.approx(4.0, abs=1e-9)


@pytest.mark.parametrize("p", [0.5, 2.0, 20.0])
def test_columns_that_are_nearly_dependent_are_rounded_once(p):
    hilbert = 1.0 / (np.arange(30)[:, None] + np.arange(8) + 1.0)
    found = lewis_weights(hilbert, p)
    assert found.rank == 8
    np.testing.assert_allclose(exact_scores(hilbert, found.weights, p), found.weights, atol=1e-5)


def test_methods_agree_and_starts_help():
    A = np.random.default_rng(9).standard_t(2, (80, 5))
    found = {m: lewis_weights(A, 6.0, method=m) for m in ("auto", "relaxed", "mm")}
    for other in found.values():
        np.testing.assert_allclose(other.weights, found["auto"].weights, atol=1e-9)
    steps = [found[m].info.iterations for m in ("auto", "relaxed", "mm")]
    assert steps == sorted(steps)
    near = lewis_weights(A, 6.2, start=found["auto"].weights)
    assert near.info.iterations < lewis_weights(A, 6.2).info.iterations


def test_too_few_steps_are_never_silent():
    A = np.random.default_rng(10).standard_normal((200, 6))
    with pytest.raises(ConvergenceError, match="maxiter") as caught:
        lewis_weights(A, 8.0, maxiter=4)
    found = caught.value.result
    assert not found.info.converged
    assert found.certificate.residual.value > 1e-10
    with pytest.warns(ConvergenceWarning, match="john_weights"):
        lewis_weights(A, 200.0, maxiter=3, on_fail="warn")
    returned = lewis_weights(A, 8.0, maxiter=4, on_fail="return")
    np.testing.assert_array_equal(returned.weights, found.weights)


@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (5, 2)])
def test_nothing_has_no_weights(shape):
    found = lewis_weights(np.zeros(shape), 3.0)
    assert found.rank == 0
    assert found.weights.shape == shape[:1]
    assert not found.weights.any()


def test_fewer_rows_than_columns():
    found = lewis_weights(np.random.default_rng(11).standard_normal((3, 7)), 5.0)
    np.testing.assert_allclose(found.weights, 1.0, rtol=1e-9)


def test_arguments_out_of_range_are_named():
    A = np.ones((3, 1))
    bad = (
        {"p": 0.0},
        {"p": -1.0},
        {"p": np.inf},
        {"tol": 0.0},
        {"maxiter": 0},
        {"method": "newton"},
    )
    for options in (*bad, {"start": np.zeros(3)}, {"start": np.ones(2)}, {"on_fail": "x"}):
        with pytest.raises(InvalidInputError, match=next(iter(options))):
            lewis_weights(A, **{"p": 3.0, **options})
    with pytest.raises(InvalidTypeError, match="start"):
        lewis_weights(A, 3.0, start=np.ones(3) * 1j)
