"""total_sensitivity: exact, sampled, and when it does not pay."""

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.sensitivity import bounds, lp_sensitivities, total_sensitivity


def test_few_rows_are_enough():
    A = np.random.default_rng(0).standard_t(3.0, (1500, 4))
    exact = total_sensitivity(A, 1.5)
    assert exact.info.details == {"rows": 1500, "draws": 0}
    assert exact.certificate.upper.kind == "bound"
    assert exact.upper - exact.lower <= 1e-7 * exact.total
    found = total_sensitivity(A, 1.5, gamma=0.1, delta=0.01, rng=3)
    assert found.info.details["rows"] <= found.info.details["draws"] < 400
    assert found.lower <= exact.total <= found.upper
    assert found.certificate.upper.failure_prob == 0.01
    assert found.upper <= found.total / 0.9 * (1 + 1e-6)
    again = total_sensitivity(A, 1.5, gamma=0.1, delta=0.01, rng=3)
    assert tuple(again) == tuple(found)


def test_all_rows_where_a_sample_would_not_be_smaller():
    A = np.random.default_rng(1).standard_normal((30, 3))
    A[4] = 0.0
    found = total_sensitivity(A, 4.0, gamma=0.01)
    assert found.info.details["draws"] == 0
    assert found.total == pytest.approx(lp_sensitivities(A, 4.0).total, rel=1e-8)
    for A in (np.zeros((0, 2)), np.zeros((3, 2)), np.zeros((3, 0))):
        assert tuple(total_sensitivity(A, 3.0, gamma=0.5)) == (0.0, 0.0, 0.0)


def test_one_column_needs_one_row():
    A = np.random.default_rng(2).standard_normal((50, 1))
    found = total_sensitivity(A, 3.0, gamma=0.5, rng=0)
    assert found.info.details["rows"] == 1
    assert found.total == pytest.approx(1.0, abs=1e-5)


def test_odd_arguments_are_named():
    A = np.eye(3)
    for name in ("gamma", "delta"):
        for value in (0.0, 1.0, np.nan):
            with pytest.raises(InvalidInputError, match=name):
                total_sensitivity(A, 3.0, **{"gamma": 0.1, name: value})
    with pytest.raises(InvalidInputError, match="ratio"):
        bounds.total_sample_size(0.5, 0.1, 0.1)
    with pytest.raises(InvalidInputError, match="gamma"):
        bounds.total_sample_size(2.0, 1.0, 0.1)
    with pytest.raises(InvalidInputError, match="d must"):
        bounds.sign_cube_total(0, 1.0)
    with pytest.raises(InvalidInputError, match="p must"):
        bounds.conjugate_exponent(0.5)
    with pytest.raises(InvalidInputError, match="p must be positive"):
        bounds.leverage_bracket(0.5, 3, 0.0)


def test_sign_cubes_of_the_note():
    found = [bounds.sign_cube_total(m, 1.0) for m in (2, 3, 4, 6)]
    np.testing.assert_allclose(found, [2, 2, 8 / 3, 3.2], rtol=1e-12)
    found = [bounds.sign_cube_total(m, 1.5) for m in (3, 4, 6)]
    np.testing.assert_allclose(found, [2.5358984, 3.3137085, 4.4738115], atol=1e-7)
    found = [bounds.sign_cube_total(m, 4.0) for m in (3, 4, 6)]
    np.testing.assert_allclose(found, [27 / 7, 6.4, 13.5], rtol=1e-12)
