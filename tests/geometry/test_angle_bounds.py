"""The formulas of angles as functions of numbers, and the pairs of the gallery."""

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.geometry import bounds
from linsub.testing import gallery


def test_the_direction_of_a_disturbed_unit_vector():
    """Attained where the disturbance is orthogonal to the disturbed vector."""
    for e in (1e-12, 0.1, 0.9):
        theta = 0.4
        length = np.sqrt(1 - e**2)
        turn = np.arcsin(e)
        c, s = length * np.cos(theta + turn), length * np.sin(theta + turn)
        moved = abs(np.arctan2(s, c) - theta)
        bound = bounds.angle_error(abs(c - np.cos(theta)), abs(s - np.sin(theta)))
        assert moved <= bound * (1 + 1e-12) + 1e-15
        assert bound == pytest.approx(moved, rel=1e-3)
    assert bounds.angle_error(0.0, 0.0) == 0.0
    assert bounds.angle_error(1.0, 1.0) == np.pi / 2


def test_rounding_grows_with_the_root_of_the_length():
    assert bounds.angle_rounding(400) == 2 * bounds.angle_rounding(100)
    assert bounds.angle_rounding(0) == bounds.angle_rounding(1) > 0


def test_extra_dimensions_are_right_angles():
    for metric in ("geodesic", "chordal", "gap", "procrustes", "fubini-study", "spectral"):
        padded = bounds.angle_distance([0.2, 0.3, np.pi / 2], metric)
        assert bounds.angle_distance([0.3, 0.2], metric, extra=1) == padded
    assert bounds.angle_distance([], "projection", extra=4) == 2.0
    assert bounds.angle_distance([], "geodesic") == 0.0


def test_pairs_may_share_all_the_room_that_there_is():
    X, Y = gallery.subspace_pair(3, [0.0, 0.0, 0.3][:2], p=3, rng=0)
    assert X.shape == (3, 3)
    assert Y.shape == (3, 2)
    for theta in ([-0.1], [2.0], [np.nan]):
        with pytest.raises(InvalidInputError, match="angles must be in"):
            gallery.subspace_pair(9, theta)
    with pytest.raises(InvalidInputError, match="do not fit"):
        gallery.subspace_pair(3, [0.1, 0.2], rng=0)
