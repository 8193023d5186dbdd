"""Leverage scores from a sketch alone."""

import numpy as np
import pytest
from scipy import sparse

from linsub.errors import InvalidInputError
from linsub.sensitivity import approx_leverage_scores, leverage_scores
from tests.sensitivity.exact_values import leverages, rational


def _rows(n=4000, d=8):
    rng = np.random.default_rng(0)
    return rng.standard_t(3, (n, d)) * np.logspace(-150, 150, d)


@pytest.mark.parametrize("n_jl", [None, 60])
@pytest.mark.parametrize("kind", ["real", "complex", "sparse"])
def test_scores_are_within_the_factors(kind, n_jl):
    A = _rows()
    given = {"real": A, "complex": A * (1 + 2j), "sparse": sparse.csr_array(A)}[kind]
    found = approx_leverage_scores(given, size=200, n_jl=n_jl, rng=1)
    ratio = leverage_scores(A).scores / found.scores
    c = found.certificate
    assert found.rank == 8
    assert c.lower.value <= ratio.min()
    assert ratio.max() <= c.upper.value
    assert c.upper.kind == ("bound" if n_jl is None else "probabilistic")
    assert ratio.min() > 0.3
    assert ratio.max() < 3.0


def test_seeds_and_no_measurement():
    A = _rows()
    first, again = (approx_leverage_scores(A, measure=False, rng=3).scores for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(approx_leverage_scores(A, rng=4).scores - first).max() > 1e-6
    assert approx_leverage_scores(A, measure=False, rng=3).certificate.upper is None


def test_a_sketch_that_is_too_small_promises_nothing():
    A = np.random.default_rng(2).standard_normal((300, 6))
    found = approx_leverage_scores(A, size=4, rng=0)
    assert found.rank == 4
    assert found.certificate.upper is None
    deficient = np.hstack([A, A[:, :2] - A[:, 2:4]])
    found = approx_leverage_scores(deficient, size=60, rng=0)
    ratio = leverage_scores(A).scores / found.scores
    assert found.rank == 6
    assert ratio.max() <= found.certificate.upper.value
    assert found.certificate.lower.value <= ratio.min()


def test_few_rows_are_not_sketched():
    A = np.random.default_rng(1).standard_normal((6, 3))
    found = approx_leverage_scores(A, rng=0)
    np.testing.assert_allclose(found.scores, leverage_scores(A).scores, rtol=1e-11)
    assert abs(found.certificate.upper.value - 1.0) < 1e-9
    for shape in ((0, 3), (4, 0), (3, 2)):
        nothing = approx_leverage_scores(np.zeros(shape), rng=0)
        assert nothing.rank == 0
        assert not nothing.scores.any()


def test_arguments_out_of_range_are_named():
    for options in ({"size": 0}, {"n_jl": 0}, {"failure_prob": 1.0}):
        with pytest.raises(InvalidInputError, match=next(iter(options))):
            approx_leverage_scores(np.ones((3, 2)), **options)


@pytest.mark.parametrize("exponent", [0, 10, 14])
@pytest.mark.parametrize("n_jl", [None, 50])
def test_factors_allow_for_the_rounding_of_dependent_columns(exponent, n_jl):
    rng = np.random.default_rng(exponent)
    U = np.linalg.qr(rng.standard_t(2, (30, 4)))[0]
    turn = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    A = (U * np.logspace(0, -exponent, 4)) @ turn
    exact = [float(tau) for tau in leverages(rational(A))]
    for size in (30, 12):
        found = approx_leverage_scores(A, size=size, n_jl=n_jl, rng=1)
        ratio = exact / found.scores
        if found.certificate.upper is None:  # n_jl only: lengths that are all rounding
            assert exponent == 14
            continue
        assert found.rank == 4
        assert found.certificate.lower.value <= ratio.min()
        assert ratio.max() <= found.certificate.upper.value
