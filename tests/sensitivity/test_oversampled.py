"""Rejection, sums of vectors, norms and inner products from samples."""

import numpy as np
import pytest

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
from linsub.sensitivity import (
    OversampledVector,
    SampleQueryMatrix,
    SampleQueryVector,
    bounds,
    estimate_inner,
)
from tests.dpp.law import check_law

R = 20_000
W = SampleQueryVector([2.0, -3.0, 1.0, 0.5])
V = np.array([1.0, -3.0, 0.0, 0.25])


def law_of(v):
    p = np.abs(v) ** 2 / np.linalg.norm(v) ** 2
    return {(i,): float(x) for i, x in enumerate(p)}


@pytest.mark.parametrize("Q", [V, SampleQueryVector(V), lambda i: V[i], V.astype(complex)])
def test_what_is_accepted_follows_the_law(Q):
    made = OversampledVector(Q, W)
    assert made.phi == pytest.approx(W.norm**2 / np.linalg.norm(V) ** 2, rel=1e-14)
    check_law(made.sample(R, rng=0)[:, None], law_of(V))
    assert isinstance(made.sample(rng=0), int)
    assert made.sample(0, rng=0).shape == (0,)
    assert made.query(1) == -3.0
    assert made.acceptance([0, 2]).tolist() == [0.25, 0.0]


@pytest.mark.parametrize("is_complex", [False, True])
def test_sums_and_products_follow_the_law(is_complex):
    rng = np.random.default_rng(1)
    A = rng.standard_normal((5, 3)) + (1j * rng.standard_normal((5, 3)) if is_complex else 0.0)
    x = np.array([1.0, -0.5, 0.0])
    made = OversampledVector.combination([SampleQueryVector(a) for a in A.T], x)
    check_law(made.sample(R, rng=0)[:, None], law_of(A @ x))
    np.testing.assert_allclose(made.query(np.arange(5)), A @ x, rtol=1e-13)
    nested = OversampledVector.combination([made, W_of(5), made], [1.0, 2.0, -0.5])
    check_law(nested.sample(R, rng=1)[:, None], law_of(0.5 * A @ x + 2.0))


def W_of(n):
    return SampleQueryVector(np.ones(n))


def test_a_given_phi_may_be_above_and_not_below():
    loose = OversampledVector(V, W, phi=50.0)
    check_law(loose.sample(5000, rng=0)[:, None], law_of(V))
    tight = OversampledVector(np.full(4, 1e-3), SampleQueryVector(np.ones(4)), phi=1.0)
    with pytest.raises(NumericalError, match="phi is too small"):
        tight.sample(3, rng=0)
    for phi in (0.5, np.nan, "text"):
        with pytest.raises((InvalidInputError, InvalidTypeError), match="phi"):
            OversampledVector(V, W, phi)


def test_what_is_not_dominated_is_named():
    with pytest.raises(InvalidInputError, match=r"\|v\[3\]\| is 9"):
        OversampledVector([1.0, 1.0, 1.0, 9.0], W)
    lazy = OversampledVector(lambda i: np.full(i.shape, 0.8), W, phi=3.0)
    with pytest.raises(InvalidInputError, match="dominate"):
        lazy.sample(100, rng=0)
    with pytest.raises(InvalidInputError, match="v is zero"):
        OversampledVector(np.zeros(4), W)
    with pytest.raises(InvalidTypeError, match="SQ is a ndarray"):
        OversampledVector(V, np.ones(4))
    with pytest.raises(InvalidInputError, match="Q returned shape"):
        OversampledVector(lambda i: 1.0, W)
    with pytest.raises(NonFiniteError, match="Q"):
        OversampledVector(lambda i: np.full(i.shape, np.nan), W)
    with pytest.raises(InvalidInputError, match="Q has 2 entries"):
        OversampledVector(W_of(2), W)


def test_combinations_refuse_what_does_not_fit():
    for vectors, coefficients, match in (
        ([], [], "vectors is empty"),
        ([W, W_of(3)], [1.0, 1.0], r"vectors\[1\] has 3 entries"),
        ([W, np.ones(4)], [1.0, 1.0], r"vectors\[1\] is a ndarray"),
        ([W], [1.0, 2.0], "coefficients"),
        ([SampleQueryVector([1e300])], [1e300], "exceed the largest number"),
    ):
        with pytest.raises((InvalidInputError, InvalidTypeError), match=match):
            OversampledVector.combination(vectors, coefficients)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_scales(scale):
    made = OversampledVector(scale * V, SampleQueryVector(scale * W.toarray()))
    plain = OversampledVector(V, W)
    assert made.phi == pytest.approx(plain.phi, rel=1e-13)
    np.testing.assert_array_equal(made.sample(50, rng=0), plain.sample(50, rng=0))
    summed = OversampledVector.combination([W_of(4)], [scale])
    assert summed.phi == pytest.approx(1.0, rel=1e-13)
    assert set(summed.sample(100, rng=0).tolist()) == {0, 1, 2, 3}


def test_norms_are_estimated_within_their_error():
    made = OversampledVector(V, W)
    found = made.estimate_norm(error=0.05, failure_prob=0.01, rng=0)
    bound = found.certificate.error_bound
    assert abs(float(found) - np.linalg.norm(V)) <= float(bound)
    assert (bound.kind, bound.failure_prob) == ("probabilistic", 0.01)
    assert found.info.details["draws"] == bounds.norm_tries(made.phi, 0.05, 0.01)
    with pytest.raises(InvalidInputError, match="tries at phi"):
        made.estimate_norm(error=1e-7)
    for options in ({"error": 1.0}, {"error": 0.0}, {"failure_prob": 1.0}):
        with pytest.raises(InvalidInputError, match=next(iter(options))):
            made.estimate_norm(**options)


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e200])
@pytest.mark.parametrize("is_complex", [False, True])
def test_inner_products(scale, is_complex):
    rng = np.random.default_rng(2)
    u, v = rng.standard_normal(500), rng.standard_normal(500)
    if is_complex:
        u = u * np.exp(1j * rng.uniform(0.0, 6.0, 500))
    sampled = SampleQueryVector(scale * u)
    found = estimate_inner(sampled, v, error=0.05, rng=0)
    truth = scale * np.vdot(u, v)
    assert abs(found.value - truth) <= float(found.certificate.error_bound)
    assert isinstance(found.value, complex if is_complex else float)
    again = estimate_inner(scale * u, SampleQueryVector(v), error=0.05, rng=0)
    assert again.value == pytest.approx(found.value, rel=1e-12)
    draws, groups = bounds.inner_sizes(0.05, 0.05, is_complex)
    assert found.info.details == {"draws": draws, "groups": groups}


def test_inner_products_at_the_edges():
    assert estimate_inner(np.zeros(3), np.ones(3)).value == 0.0
    assert estimate_inner([], []).value == 0.0
    assert estimate_inner([2.0], [3.0], rng=0).value == pytest.approx(6.0)
    # Zeros of u are never drawn, where v may be anything.
    assert estimate_inner([0.0, 1.0], [1e300, 1.0], error=0.5, rng=0).value == pytest.approx(1.0)
    with pytest.raises(InvalidInputError, match="u has 2 entries and v has 3"):
        estimate_inner(np.ones(2), np.ones(3))
    with pytest.raises(InvalidInputError, match="samples"):
        estimate_inner(np.ones(2), np.ones(2), error=1e-9)
    for options in ({"error": 0.0}, {"failure_prob": 0.0}):
        with pytest.raises(InvalidInputError, match=next(iter(options))):
            estimate_inner(np.ones(2), np.ones(2), **options)


def test_rows_of_a_matrix_can_be_summed():
    A = SampleQueryMatrix(np.arange(6.0).reshape(2, 3))
    rows = [SampleQueryVector(row) for row in A.toarray()]
    made = OversampledVector.combination(rows, [1.0, -1.0])
    np.testing.assert_allclose(made.query([0, 1, 2]), [-3.0, -3.0, -3.0])
