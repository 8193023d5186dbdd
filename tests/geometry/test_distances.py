"""Distances between subspaces: accuracy, tiny angles, unequal dimensions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError
from linsub.geometry import subspace_distance
from linsub.geometry.bounds import angle_distance
from linsub.geometry.distances import METRICS
from linsub.testing import gallery
from tests.geometry.angles import EPS, SETS, draw_pair, frame

FORMULAS = {
    "geodesic": lambda mp, t: mp.sqrt(sum(x**2 for x in t)),
    "chordal": lambda mp, t: mp.sqrt(sum(mp.sin(x) ** 2 for x in t)),
    "projection": lambda mp, t: mp.sqrt(2 * sum(mp.sin(x) ** 2 for x in t)),
    "gap": lambda mp, t: mp.sin(max(t)),
    "procrustes": lambda mp, t: 2 * mp.sqrt(sum(mp.sin(x / 2) ** 2 for x in t)),
    "fubini-study": lambda mp, t: mp.acos(mp.fprod(mp.cos(x) for x in t)),
    "binet-cauchy": lambda mp, t: mp.sqrt(1 - mp.fprod(mp.cos(x) ** 2 for x in t)),
    "martin": lambda mp, t: mp.sqrt(-2 * sum(mp.log(mp.cos(x)) for x in t)),
    "asimov": lambda mp, t: max(t),
    "spectral": lambda mp, t: 2 * mp.sin(max(t) / 2),
}


def exact(theta, metric):
    """The published formula in 800 digits."""
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(800):
        return float(FORMULAS[metric](mpmath, [mpmath.mpf(float(x)) for x in theta]))


def test_every_metric_has_a_reference():
    assert set(FORMULAS) == set(METRICS)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "theta",
    [
        [1e-200, 3e-200],
        [1e-8, 1e-20],
        [1e-9, 1e-8, 1.1e-8],
        [1e-3, 0.5, 1.5],
        [0.3],
        [1e-160] * 3,
        [1.0] * 40,
        [0.0, 1e-300],
    ],
)
def test_formulas_are_accurate_relative_to_the_angles(metric, theta):
    np.testing.assert_allclose(
        angle_distance(theta, metric), exact(theta, metric), rtol=20 * EPS, atol=0
    )


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("name", SETS)
def test_distances_to_1e_14(name, dtype):
    theta = gallery.ANGLE_SETS[name]
    for seed in range(20):
        X, Y = gallery.subspace_pair(60, theta, rng=seed, dtype=dtype)
        for metric in METRICS:
            found = subspace_distance(X, Y, metric)
            if metric == "martin":
                # the derivative of its square root at theta
                atol = 1e-14 / max(np.cos(max(theta)), 1e-14)
                if max(theta) > np.pi / 2 - 1e-14:
                    assert found == np.inf
                    continue
            else:
                atol = 1e-14
            assert abs(found - exact_at(name, metric)) <= atol, metric


_EXACT: dict[tuple[str, str], float] = {}


def exact_at(name, metric):
    key = name, metric
    if key not in _EXACT:
        _EXACT[key] = exact(gallery.ANGLE_SETS[name], metric)
    return _EXACT[key]


@pytest.mark.parametrize("metric", METRICS)
def test_a_tiny_angle_that_the_bases_hold(metric):
    found = subspace_distance([[1.0], [0.0]], [[1.0], [1e-200]], metric)
    np.testing.assert_allclose(found, exact([1e-200], metric), rtol=4 * EPS)


def test_martin_is_infinite_at_right_angles():
    assert subspace_distance([[1.0], [0.0]], [[0.0], [1.0]], "martin") == np.inf
    assert subspace_distance(np.eye(3)[:, :1], np.eye(3)[:, :2], "martin") == np.inf
    assert subspace_distance(np.eye(3)[:, :1], np.eye(3)[:, :2], "martin", unequal="ignore") == 0
    assert angle_distance([np.pi / 2], "martin") == np.inf


@pytest.mark.parametrize("metric", sorted(set(METRICS) - {"martin"}))
@given(st.data())
def test_the_triangle_inequality(metric, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    n = data.draw(st.integers(1, 8))
    size = data.draw(st.sampled_from([1e-9, 1e-3, 1.0, 10.0]))
    p, q, r = (data.draw(st.integers(0, n)) for _ in range(3))
    G = rng.standard_normal((n, n))
    A, B, C = (G[:, :k] + size * rng.standard_normal((n, k)) for k in (p, q, r))
    direct = subspace_distance(A, C, metric)
    around = subspace_distance(A, B, metric) + subspace_distance(B, C, metric)
    assert direct <= around + 1e-12


@given(draw_pair())
def test_symmetry_zero_and_projectors(pair):
    X, Y, _ = pair
    for metric in set(METRICS) - {"martin"}:
        d = subspace_distance(X, Y, metric)
        np.testing.assert_allclose(subspace_distance(Y, X, metric), d, rtol=0, atol=1e-14)
        assert subspace_distance(X, X, metric) <= 1e-14
    D = X @ X.conj().T - Y @ Y.conj().T
    np.testing.assert_allclose(
        subspace_distance(X, Y, "projection"), np.linalg.norm(D), rtol=1e-14, atol=1e-14
    )
    np.testing.assert_allclose(subspace_distance(X, Y, "gap"), np.linalg.norm(D, 2), atol=1e-14)


def test_ignore_is_the_nearest_subspace_of_the_larger():
    rng = np.random.default_rng(1)
    X, Y = frame(9, 4, rng), frame(9, 2, rng)
    U, _, _ = np.linalg.svd(X.T @ Y)
    nearest = X @ U[:, :2]
    for metric in METRICS:
        found = subspace_distance(X, Y, metric, unequal="ignore")
        np.testing.assert_allclose(found, subspace_distance(nearest, Y, metric), atol=1e-14)


@pytest.mark.parametrize("metric", METRICS)
def test_subspaces_of_dimension_zero(metric):
    zero, line = np.zeros((3, 2)), np.eye(3)[:, :1]
    assert subspace_distance(zero, zero, metric) == 0
    assert subspace_distance(zero, line, metric, unequal="ignore") == 0
    right = subspace_distance([[1.0], [0]], [[0.0], [1]], metric)
    padded = subspace_distance(zero, line, metric)
    expected = 1.0 if metric == "projection" else right
    np.testing.assert_allclose(padded, expected, rtol=1e-15)


def test_bad_arguments():
    A = np.eye(3)[:, :1]
    with pytest.raises(InvalidInputError, match=r"metric must be one of.*did you mean 'chordal'"):
        subspace_distance(A, A, "cordal")
    with pytest.raises(InvalidInputError, match="unequal must be one of 'pad', 'ignore'"):
        subspace_distance(A, A, unequal="drop")
    with pytest.raises(InvalidInputError, match="metric"):
        angle_distance([0.1], "none")
    with pytest.raises(InvalidInputError, match="theta"):
        angle_distance([2.0], "gap")
