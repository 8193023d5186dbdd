"""Overlaps beside their baselines, and the moments of random ones."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.geometry import random_overlap_moments, subspace_overlap
from linsub.geometry.bounds import overlap_mean, overlap_range, overlap_variance
from linsub.testing import gallery
from tests.geometry.angles import draw_pair, frame, gaussian


@given(draw_pair())
def test_overlaps_of_prescribed_angles(pair):
    X, Y, theta = pair
    n, k = X.shape[0], theta.size
    low, high = overlap_range(n, X.shape[1], Y.shape[1])
    value, baseline = subspace_overlap(X, Y)
    np.testing.assert_allclose(value, np.mean(np.cos(theta) ** 2), rtol=0, atol=1e-14)
    assert low / high - 1e-14 <= value <= 1
    assert baseline == max(X.shape[1], Y.shape[1]) / n
    smallest = subspace_overlap(X, Y, "min")
    np.testing.assert_allclose(smallest.value, np.cos(theta[-1]) ** 2, rtol=0, atol=1e-14)
    assert smallest.baseline is None
    energy = subspace_overlap(X, Y, "energy")
    np.testing.assert_allclose(energy.value * Y.shape[1], value * k, rtol=0, atol=1e-13)
    assert energy.baseline == X.shape[1] / n


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e300])
@pytest.mark.parametrize("complex_", [False, True])
def test_energy_is_of_the_matrix_and_not_of_its_range(scale, complex_):
    rng = np.random.default_rng(1)
    A, B = gaussian(rng, (12, 3), complex_), gaussian(rng, (12, 5), complex_)
    B *= [1, 10, 1e-3, 0, 1]
    X = np.linalg.qr(A)[0]
    expected = np.linalg.norm(X.conj().T @ B) ** 2 / np.linalg.norm(B) ** 2
    found = subspace_overlap(A, B * scale, "energy")
    np.testing.assert_allclose(float(found), expected, rtol=1e-13)


def test_the_overlap_of_nothing_is_refused():
    with pytest.raises(InvalidInputError, match="A has rank 0"):
        subspace_overlap(np.zeros((3, 2)), np.eye(3))
    with pytest.raises(InvalidInputError, match="B has rank 0"):
        subspace_overlap(np.eye(3), np.zeros((3, 0)), "energy")
    with pytest.raises(InvalidInputError, match="kind must be one of"):
        subspace_overlap(np.eye(3), np.eye(3), "max")


def test_ranks_and_the_spread_of_random_overlaps_are_reported():
    X, Y = gallery.subspace_pair(30, [0.1, 0.2], p=4, rng=0)
    details = subspace_overlap(X, Y).info.details
    assert (details["rank_A"], details["rank_B"]) == (4, 2)
    mean, variance = random_overlap_moments(30, 4, 2)
    assert details["baseline_deviation"] == pytest.approx(np.sqrt(variance) / 2)
    assert subspace_overlap(X, Y).baseline == pytest.approx(mean / 2)
    spread = subspace_overlap(X + 0j, Y).info.details["baseline_deviation"]
    assert spread < details["baseline_deviation"]


def test_the_published_figures():
    mean, variance = random_overlap_moments(20, 4, 7)
    assert mean == 1.4
    assert variance == pytest.approx(0.069665, abs=5e-7)
    mean, variance = random_overlap_moments(50, 6, 11)
    assert mean / 6 == pytest.approx(0.22)
    assert np.sqrt(variance) / 6 == pytest.approx(0.031, abs=5e-4)


@pytest.mark.parametrize("n", [2, 3, 7, 10**9])
def test_lines_have_beta_distributed_overlaps(n):
    """|x_1|^2 of a uniform unit vector is Beta(1/2, (n-1)/2), or Beta(1, n-1) if complex."""
    for field, a, b in (("real", Fraction(1, 2), Fraction(n - 1, 2)), ("complex", 1, n - 1)):
        mean, variance = random_overlap_moments(n, 1, 1, field=field)
        a, b = Fraction(a), Fraction(b)
        assert mean == float(a / (a + b))
        assert variance == float(a * b / ((a + b) ** 2 * (a + b + 1)))


@pytest.mark.parametrize("field", ["real", "complex"])
def test_draws_have_these_moments(field):
    rng = np.random.default_rng(11)
    n, p, q, count = 8, 3, 4, 4000
    draws = np.array(
        [np.linalg.norm(frame(n, p, rng, field == "complex")[:q]) ** 2 for _ in range(count)]
    )
    mean, variance = random_overlap_moments(n, p, q, field=field)
    assert abs(draws.mean() - mean) < 5 * np.sqrt(variance / count)
    assert draws.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / count))


@given(st.integers(0, 40), st.data())
def test_moments_of_any_sizes(n, data):
    p, q = (data.draw(st.integers(0, n)) for _ in range(2))
    for field in ("real", "complex"):
        mean, variance = random_overlap_moments(n, p, q, field=field)
        low, high = overlap_range(n, p, q)
        assert low <= mean <= high
        assert 0 <= variance <= (high - mean) * (mean - low) + 1e-12  # Bhatia and Davis
        assert (variance == 0) == (0 in (p, q, n - p, n - q))
        swapped = random_overlap_moments(n, q, p, field=field)
        assert (mean, variance) == tuple(swapped)


def test_bad_sizes():
    with pytest.raises(InvalidInputError, match="p must satisfy 0 <= p <= 3, got 4"):
        random_overlap_moments(3, 4, 1)
    with pytest.raises(InvalidTypeError, match="q must be an integer"):
        random_overlap_moments(3, 1, 1.0)
    with pytest.raises(InvalidInputError, match="field"):
        random_overlap_moments(3, 1, 1, field="quaternion")
    for formula in (overlap_mean, overlap_variance, overlap_range):
        with pytest.raises(InvalidInputError, match="q=4"):
            formula(3, 1, 4)
