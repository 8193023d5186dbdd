"""The formulas: gaps by hand, infinity where nothing is said, and the corrected theorem."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError
from linsub.geometry import bounds


@pytest.mark.parametrize(
    ("kept", "other", "interval", "one_sided", "distance"),
    [
        ([4.0, 5.0], [1.0, 0.0], 3.0, 3.0, 3.0),
        ([1.0, 0.0], [4.0, 5.0], 3.0, 3.0, 3.0),
        ([4.0, 5.0], [1.0, 7.0], 2.0, -3.0, 2.0),  # one interval between the others
        ([1.0, 7.0], [4.0, 5.0], 2.0, -3.0, 2.0),
        ([1.0, 3.0], [2.0, 4.5], 0.0, -1.0, 1.0),  # interlaced
        ([1.0], [1.0], 0.0, 0.0, 0.0),
        ([1.0], [], math.inf, math.inf, math.inf),
    ],
)
def test_gaps_by_hand(kept, other, interval, one_sided, distance):
    assert bounds.interval_gap(kept, other) == interval
    assert bounds.one_sided_gap(kept, other) == one_sided
    assert bounds.distance_gap(kept, other) == distance


@given(
    st.lists(st.floats(-10, 10), min_size=1, max_size=6),
    st.lists(st.floats(-10, 10), min_size=1, max_size=6),
)
def test_gaps_are_ordered_and_symmetric(kept, other):
    one, two = bounds.one_sided_gap(kept, other), bounds.interval_gap(kept, other)
    least = bounds.distance_gap(kept, other)
    assert max(one, 0.0) <= two <= least
    assert least == min(abs(x - y) for x in kept for y in other)
    assert two == bounds.interval_gap(other, kept)


def test_a_closed_gap_is_infinity_and_no_error():
    assert bounds.davis_kahan(0.0, [1.0], [1.0]) == math.inf
    assert bounds.davis_kahan_tan(1.0, [1.0], [2.0, 0.0]) == math.inf
    assert bounds.davis_kahan_double_sin(1.0, [1.0, 3.0], [2.0, 4.0]) == math.inf
    assert bounds.general_separation(1.0, [1.0], [1.0]) == math.inf
    assert bounds.wedin(1.0, [1.0], [2.0]) == math.inf
    assert bounds.yu_wang_samworth(1.0, 1.0, [1.0, 1.0], 1, 1) == math.inf
    assert bounds.yu_wang_samworth_singular(1.0, 1.0, [0.0, 0.0], 1, 1, 2) == math.inf


def test_nothing_to_separate_costs_nothing():
    assert bounds.davis_kahan(1.0, [1.0], []) == 0.0
    assert bounds.yu_wang_samworth(1.0, 1.0, [2.0, 1.0], 1, 2) == 0.0
    assert bounds.yu_wang_samworth_singular(1.0, 1.0, [2.0, 1.0], 1, 2, 2) == 0.0


def test_the_constants():
    assert bounds.davis_kahan(1.0, [3.0], [1.0]) == 0.5
    assert bounds.davis_kahan_double_sin(1.0, [3.0], [1.0]) == 1.0
    assert bounds.davis_kahan_double_tan(1.0, [3.0], [1.0]) == 1.0
    assert bounds.general_separation(1.0, [3.0], [1.0]) == 0.5
    assert bounds.general_separation(1.0, [3.0], [1.0], norm=np.inf) == pytest.approx(np.pi / 4)
    assert bounds.wedin(1.0, [3.0], [1.0]) == 0.5
    assert bounds.wedin(1.0, [3.0], []) == pytest.approx(1 / 3)
    assert bounds.yu_wang_samworth(1.0, 1.2, [4.0, 3.0, 1.0], 1, 2) == pytest.approx(1.2)
    assert bounds.yu_wang_samworth(1.0, 9.0, [4.0, 3.0, 1.0], 1, 2) == pytest.approx(2**0.5)
    basis = bounds.yu_wang_samworth_basis(1.0, 1.2, [4.0, 3.0, 1.0], 1, 2)
    assert basis == pytest.approx(2**0.5 * 1.2)


def test_the_block_in_the_middle_has_the_smaller_gap():
    assert bounds.block_gap([9.0, 5.0, 4.0, 1.0], 2, 3) == 3.0
    assert bounds.block_gap([9.0, 5.0, 4.0, 1.0], 1, 4) == math.inf
    difference, total = bounds.singular_block_gap([5.0, 4.0, 1.0], 2, 2, 3)
    assert difference * total == 9.0  # 25 - 16 < 16 - 1


def test_the_printed_convention_of_yu_wang_and_samworth_is_false():
    """A = diag(1, 0), B = diag(0, 1): the sine is 1, the printed bound 0, the corrected 6."""
    E = np.diag([0.0, 1.0]) - np.diag([1.0, 0.0])
    two, fro = np.linalg.norm(E, 2), np.linalg.norm(E)
    assert bounds.yu_wang_samworth_singular(two, fro, [1.0, 0.0], 1, 1, 2) == 6.0
    # in the convention of the paper nothing follows the rank, as beyond the whole space
    assert bounds.yu_wang_samworth_singular(two, fro, [1.0], 1, 1, 1) == 0.0


def test_past_the_rank_but_within_the_space_there_are_zeros():
    tall = bounds.yu_wang_samworth_singular(0.1, 0.1, [2.0, 1.0], 1, 2, 5)
    assert tall == pytest.approx(2 * (4 + 0.1) * 0.1 / 1.0)


def test_rounding_raises_the_size_and_lowers_the_gap():
    assert bounds.davis_kahan(0.5, [3.0], [1.0], rounding=0.5) == pytest.approx(1.0 / 1.5)
    assert bounds.davis_kahan(0.5, [3.0], [1.0], rounding=2.0) == math.inf


@pytest.mark.parametrize(
    "call",
    [
        lambda: bounds.davis_kahan(-1.0, [1.0], [0.0]),
        lambda: bounds.davis_kahan(math.nan, [1.0], [0.0]),
        lambda: bounds.davis_kahan(1.0, [math.nan], [0.0]),
        lambda: bounds.wedin(1.0, [-1.0], [0.0]),
        lambda: bounds.block_gap([1.0], 1, 2),
        lambda: bounds.block_gap([1.0], 0, 1),
        lambda: bounds.singular_block_gap([2.0, 1.0], 1, 1, 1),
    ],
)
def test_what_is_no_spectrum_is_refused(call):
    with pytest.raises(InvalidInputError):
        call()
