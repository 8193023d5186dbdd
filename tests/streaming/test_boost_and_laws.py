"""The choice among runs, the formulas, and the constants of the error laws."""

import math

import numpy as np
import pytest

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.streaming import bounds, oja, success_boost


def test_the_choice_is_near_to_most():
    rng = np.random.default_rng(0)
    top = np.eye(6)[3]
    good = top + 1e-9 * rng.standard_normal((3, 6))
    U = np.concatenate([rng.standard_normal((2, 6)), -1e200 * good])
    vector, agreeing, success = result = success_boost(U, 1e-16)
    assert (agreeing, success, result.info.details["run"]) == (3, True, 2)
    np.testing.assert_allclose(vector, top, atol=1e-7)
    vector, agreeing, success = success_boost(np.eye(4), 0.1)
    assert (vector.tolist(), agreeing, success) == ([1.0, 0.0, 0.0, 0.0], 1, False)
    vector, agreeing, success = success_boost([[-3.0]], 0.0)
    assert (vector.tolist(), agreeing, success) == ([1.0], 1, True)


@pytest.mark.parametrize(
    ("U", "error", "kind", "message"),
    [
        (np.eye(2), -0.1, InvalidInputError, "error must satisfy"),
        (np.eye(2), 1.0, InvalidInputError, "error must satisfy"),
        (np.zeros((0, 2)), 0.1, InvalidInputError, "no run"),
        (np.diag([1.0, 0.0]), 0.1, InvalidInputError, r"U\[1\] is zero"),
        (1j * np.eye(2), 0.1, InvalidTypeError, "U is complex"),
    ],
)
def test_runs_that_are_none(U, error, kind, message):
    with pytest.raises(kind, match=message):
        success_boost(U, error)


def test_the_number_of_runs_is_the_least():
    for failure in (0.2, 1e-2, 1e-6):
        r = bounds.success_boost_runs(failure)
        tail = [
            sum(math.comb(n, b) * 0.1**b * 0.9 ** (n - b) for b in range((n + 1) // 2, n + 1))
            for n in (r - 2, r)
            if n > 0
        ]
        assert tail[-1] <= failure * (1 + 1e-12)
        assert len(tail) == 1 or tail[0] > failure
        assert bounds.success_boost_failure(r) == pytest.approx(tail[-1], rel=1e-10)
        assert r <= math.ceil(20 * math.log(1 / failure))
    assert bounds.success_boost_failure(0) == 1.0
    for bad in ((0.0, 0.1), (1.0, 0.1), (0.1, 0.5)):
        with pytest.raises(InvalidInputError, match="failure_prob"):
            bounds.success_boost_runs(*bad)


def test_laws_without_a_gap_say_nothing():
    assert bounds.oja_stationary_error([1.0, 1.0], 0.1) == math.inf
    assert bounds.batch_pca_variance([1.0, 1.0]) == math.inf
    assert bounds.oja_asymptotic_variance([1.0, 0.9], 1.0) == math.inf
    assert bounds.oja_asymptotic_variance([1.0, 0.0], 1.0) == 0.0
    assert bounds.oja_stationary_error([1.0], 0.1) == 0.0
    for bad in ([], [[1.0]], [0.5, 1.0], [1.0, -1.0], [np.nan]):
        with pytest.raises(InvalidInputError, match="eigvals"):
            bounds.batch_pca_variance(bad)
    # With one gap the best c has the variance of batch PCA.
    best = bounds.oja_asymptotic_variance([1.0, 0.5], 1.0 / 0.5)
    assert best == pytest.approx(bounds.batch_pca_variance([1.0, 0.5]))


def test_the_constants_of_the_laws():
    """Means of 300 runs from the truth, within five standard errors and the next order."""
    rng = np.random.default_rng(0)
    lam = np.array([1.0, 0.5, 0.3, 0.1])
    n, runs, top = 1500, 300, np.eye(4)[0]
    rates = 3.0 / (20.0 + np.arange(1.0, n + 1.0))
    cases = {
        "decaying": (rates, bounds.oja_asymptotic_variance(lam, 3.0) / n),
        "constant": (0.005, bounds.oja_stationary_error(lam, 0.005)),
    }
    found = {name: [] for name in cases}
    for _ in range(runs):
        X = rng.standard_normal((n, 4)) * np.sqrt(lam)
        for name, (eta, _) in cases.items():
            v = oja(X, eta, top).vector
            found[name].append(v[1:] @ v[1:])
    for name, (_, law) in cases.items():
        mean, error = np.mean(found[name]), np.std(found[name]) / math.sqrt(runs)
        assert abs(mean - law) < 5.0 * error + 0.05 * law, name
