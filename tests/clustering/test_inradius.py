"""Inradii against closed forms, and dual directions against linear programs."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from linsub.clustering import bounds, dual_directions, inradius
from linsub.errors import InvalidInputError, InvalidTypeError

METHODS = ("exact", "bounds")


def simplex(d):
    """Return d + 1 unit points at equal angles in R^d."""
    center = np.full((1, d + 1), 1 / (d + 1))
    points = np.eye(d + 1) - center
    basis = np.linalg.svd(points)[2][:d]
    points = points @ basis.T
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def cube(d):
    return np.array(list(itertools.product([-1.0, 1.0], repeat=d)))[: 2 ** (d - 1)]


def polygon(n):
    """Return half of the corners of a regular polygon with 2 n corners."""
    angle = np.arange(n) * np.pi / n
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def simplex_inradius(d):
    """Return the least ``max |v_j|`` of unit v with sum 0 in R^(d + 1), over the points' length.

    Half of the coordinates are m, half are -m, and one is 0 if their number is odd.
    """
    k = d + 1
    return 1.0 / math.sqrt(k - k % 2) / math.sqrt(1.0 - 1.0 / k)


def enclosed(P, r, scale=1.0, slack=1e-12, methods=METHODS):
    for method in methods:
        lower, upper = inradius(P * scale, method=method, rng=1)
        assert lower <= r * scale * (1 + 1e-14)
        assert r * scale <= upper * (1 + 1e-14)
        if method == "exact":
            assert upper - lower <= slack * scale
        else:
            assert upper <= r * scale * (1 + 1e-9)


@pytest.mark.parametrize("scale", [2.0**-1000, 1e-200, 1.0, 1e300])
@pytest.mark.parametrize("n", [2, 3, 7, 40])
def test_regular_polygons(n, scale):
    P = polygon(n)
    enclosed(P, math.cos(np.pi / (2 * n)), scale)
    # A design is the best at d = 2 too: all weights 1 / n give 1 / sqrt(2).
    assert inradius(P, method="bounds", rng=0).lower == pytest.approx(np.sqrt(0.5), rel=1e-9)


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_cross_polytopes_cubes_and_simplices(d):
    Q = np.linalg.qr(np.random.default_rng(d).standard_normal((d, d)))[0]
    enclosed(np.eye(d) @ Q, 1 / math.sqrt(d))
    enclosed(cube(d) @ Q, 1.0)
    if d > 1:
        enclosed(simplex(d) @ Q, simplex_inradius(d))
    assert inradius(np.eye(d) @ Q, method="bounds").lower == pytest.approx(1 / math.sqrt(d))


def test_many_dimensions_go_by_bounds():
    found = inradius(np.eye(20))
    assert found.info.method == "bounds"
    assert found.lower <= 1 / math.sqrt(20) <= found.upper <= found.lower * (1 + 1e-9)
    with pytest.raises(InvalidInputError, match="pass method='bounds'"):
        inradius(np.eye(20), method="exact")


@given(st.integers(2, 4), st.integers(0, 8), st.integers(0, 2**20))
def test_the_upper_end_is_a_support_and_the_lower_one_a_ball_inside(d, more, seed):
    rng = np.random.default_rng(seed)
    P = rng.integers(-3, 4, (d + more, d)) * 10.0 ** rng.integers(-3, 3, (d + more, 1))
    lower, upper = inradius(P)
    assert 0.0 <= lower <= upper
    # No direction has a smaller support than the lower end.
    v = rng.standard_normal((200, d))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    assert np.abs(v @ P.T).max(axis=1).min() >= lower * (1 - 1e-12)
    # Points and negatives and duplicates change nothing.
    again = inradius(np.concatenate([P, -P[::-1], P[:1]]))
    np.testing.assert_allclose(again, (lower, upper), rtol=1e-9, atol=1e-12 * np.abs(P).max())
    sigma = np.linalg.svd(P, compute_uv=False)[-1]
    assert sigma / math.sqrt(len(P)) <= upper + 1e-12 * np.abs(P).max()


def test_points_that_do_not_span():
    assert tuple(inradius(np.zeros((3, 2)))) == (0.0, 0.0)
    assert tuple(inradius(np.ones((1, 2)))) == (0.0, 0.0)
    for P in (np.ones((4, 2)), np.eye(3) * [1, 1, 1e-20], np.arange(12.0).reshape(4, 3)):
        for method in METHODS:
            lower, upper = inradius(P, method=method)
            assert lower == 0.0 <= upper < 1e-13 * np.abs(P).max()
    # Nearly flat, but not to rounding.
    for method in METHODS:
        lower, upper = inradius(np.eye(3) * [1, 1, 1e-13], method=method)
        assert lower <= 1e-13 <= upper < 1.2e-13


def test_one_dimension_and_the_smallest_numbers():
    assert tuple(inradius([[3.0], [-7.0], [0.0]])) == (7.0, 7.0)
    assert tuple(inradius([[5e-324]])) == (5e-324, 5e-324)
    lower, upper = inradius(np.float32(np.eye(3) * 1e-40))
    assert lower == pytest.approx(float(np.float32(1e-40)) / math.sqrt(3))
    lower, upper = inradius(np.eye(2) * 5e-324)  # the inradius itself is no number
    assert lower == 0.0
    assert upper == 5e-324


def test_designs_by_arithmetic():
    assert bounds.inradius_from_design(0.25, 2, 4) == pytest.approx(0.5, rel=1e-14)
    assert bounds.inradius_from_design(0.25, 2, 4) < 0.5
    assert bounds.inradius_from_design(0.0, 2, 4) == 0.0


@given(st.integers(2, 4), st.integers(0, 2**20))
def test_dual_directions_solve_their_linear_programs(d, seed):
    rng = np.random.default_rng(seed)
    P = rng.standard_normal((d + 4, d))
    P[-1] = P[0] * rng.choice([1.0, -1.0])
    V = dual_directions(P * 2.0 ** float(rng.integers(-900, 900)))
    np.testing.assert_allclose(np.linalg.norm(V, axis=1), 1.0, rtol=1e-12)
    for i in (0, 2):
        others = np.delete(P, i, axis=0)
        both = np.concatenate([others, -others])
        solved = linprog(-P[i], A_ub=both, b_ub=np.ones(len(both)), bounds=(None, None))
        y = V[i] / np.abs(others @ V[i]).max()
        assert P[i] @ y == pytest.approx(-solved.fun, rel=1e-8)
        assert np.linalg.norm(y) <= np.linalg.norm(solved.x) * (1 + 1e-7)  # the shortest one


def test_of_several_dual_points_the_shortest_and_of_none_nan():
    V = dual_directions(np.array([[1.0, 0], [1, 0], [0, 1], [0, 1], [0, 0]]))
    np.testing.assert_allclose(V[:4], [[1, 0], [1, 0], [0, 1], [0, 1]], atol=1e-12)
    assert np.isnan(V[4]).all()
    assert np.isnan(dual_directions(np.eye(3))).all()
    assert np.isnan(dual_directions([[2.0]])).all()
    assert dual_directions([[2.0], [-3.0]]).tolist() == [[1.0], [-1.0]]
    # Too many facets: by linear programs.
    V = dual_directions(np.repeat(np.eye(12), 2, axis=0))
    assert V.shape == (24, 12)
    assert (np.einsum("ij,ij->i", V, np.repeat(np.eye(12), 2, axis=0)) > 0).all()


def test_bad_arguments_are_named():
    with pytest.raises(InvalidTypeError, match="P is complex"):
        inradius(np.eye(2) * 1j)
    with pytest.raises(InvalidInputError, match="no points"):
        inradius(np.ones((0, 2)))
    with pytest.raises(InvalidInputError, match="method"):
        inradius(np.eye(2), method="facets")
