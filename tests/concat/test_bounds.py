"""The formulas of the family: closed forms, extremes, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.concat import bounds
from linsub.errors import InvalidInputError, InvalidTypeError

seeds = st.integers(0, 2**20)
EPS = np.finfo(float).eps


# How singular values move.


def test_delta_is_the_sum_over_the_blocks():
    assert bounds.gram_shift([3.0, 2.0], [0.0, 1.0]) == 5.0
    assert bounds.gram_shift([], []) == 0.0
    assert bounds.gram_shift([1e200], [1e200]) == np.inf
    assert bounds.gram_shift([1e300], [0.0]) == 0.0


def test_the_branches_of_the_theorem():
    sigma = [4.0, 1.0, 0.0]
    assert bounds.shift_radius(sigma, 1.0).tolist() == [0.25, 1.0, 1.0]
    assert bounds.shift_radius(sigma, np.inf).tolist() == [np.inf] * 3
    assert bounds.shift_radius(sigma, 0.0).tolist() == [0.0, 0.0, 0.0]
    assert bounds.centroid_radius([2.0], 4, 1.0).tolist() == [0.25]


@given(seed=seeds, delta=st.floats(0.0, 1e3), norm=st.floats(0.0, 1e3))
def test_no_branch_is_better_than_the_enclosure(seed, delta, norm):
    sigma = np.sort(np.random.default_rng(seed).exponential(size=6))[::-1]
    sigma[-1] = 0.0
    lower, upper = bounds.shifted_values(sigma, delta, norm)
    radius = bounds.shift_radius(sigma, delta)
    slack = 8 * EPS * (sigma[0] + np.sqrt(delta) + norm)
    assert np.all(upper <= sigma + norm + slack)
    assert np.all(upper <= sigma + radius + slack)
    assert np.all(lower >= sigma - norm - slack)
    assert np.all(lower >= sigma - radius - slack)
    assert np.all(lower <= sigma)
    assert np.all(sigma <= upper)


def test_the_enclosure_at_the_ends_of_the_range():
    for unit in (1e-200, 1.0, 1e150):
        lower, upper = bounds.shifted_values([5.0 * unit, 0.0], 9.0 * unit**2)
        if unit == 1e-200:  # Delta underflows, and says that nothing moves
            continue
        assert np.allclose(lower / unit, [4.0, 0.0])
        assert np.allclose(upper / unit, [np.sqrt(34.0), 3.0])
    lower, upper = bounds.shifted_values([1.0], np.inf)
    assert lower.tolist() == [0.0]
    assert upper.tolist() == [np.inf]
    assert bounds.shifted_values([], 1.0)[0].size == 0


# From norms and widths.


def test_the_width_condition():
    # 2 I_10 beside little, rank 3: the published code says 0.001 and the truth is sqrt(0.7)
    value = bounds.weyl_error([40.0, 1e-6], [10, 4], 10, 3)
    assert np.sqrt(0.7) <= value <= np.sqrt(0.7) + 1e-6


@given(seed=seeds)
def test_no_choice_of_whole_blocks_is_better(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 8))
    squares, widths = rng.exponential(size=count), rng.integers(0, 5, count)
    squares[widths == 0] = 0.0
    height, rank = int(rng.integers(1, 12)), int(rng.integers(0, 12))
    value = bounds.weyl_error(squares, widths, height, rank)
    total = squares.sum()
    best = total
    for chosen in range(1 << count):
        picked = [j for j in range(count) if chosen >> j & 1]
        if widths[picked].sum() <= rank:
            best = min(best, total - squares[picked].sum())
    best = min(best, total * max(height - rank, 0) / height)
    assert value <= (np.sqrt(max(best, 0.0) / total) if total else 0.0) + 1e-7


def test_extremes_of_the_weyl_bound():
    assert bounds.weyl_error([], [], 3, 1) == 0.0
    assert bounds.weyl_error([0.0, 0.0], [2, 3], 3, 1) == 0.0
    assert bounds.weyl_error([1.0, 4.0], [2, 3], 3, 0) == 1.0
    assert bounds.weyl_error([1.0, 4.0], [2, 3], 9, 5) == 0.0  # as many columns as the rank
    assert bounds.weyl_error([1.0, 4.0], [20, 30], 3, 3) == 0.0  # as many rows
    assert bounds.weyl_error([1e-300, 1e-310], [1, 1], 5, 1) < 1e-4
    assert bounds.weyl_error([1.0, 1.0], [1, 1], 5, 1, rounding=10.0) == 1.0


# From the spectra of the blocks.


def test_the_sums_are_ordered_and_the_values_are_not():
    M = np.array([[1.0, 1.0], [0.0, 1.0]])
    sigma = np.linalg.svd(M, compute_uv=False)
    residual_values = [1.0, 1.0]
    assert sigma[1] < 0.62 < residual_values[1]
    assert sigma[0] ** 2 >= 1.0
    value = bounds.residual_error(residual_values, 1.0, 1)
    assert value >= sigma[1] / np.linalg.norm(sigma)


def test_extremes_of_the_residual_bound():
    assert bounds.residual_error([], 0.0, 3) == 0.0
    assert bounds.residual_error([0.0], 0.0, 0) == 0.0
    assert bounds.residual_error([3.0, 4.0], 0.0, 0) == 1.0
    assert np.isclose(bounds.residual_error([3.0, 4.0], 0.0, 1), 0.6)
    assert bounds.residual_error([3.0, 4.0], 0.0, 2) == 0.0
    assert bounds.residual_error([1.0], 0.0, 1, rounding=1e-3) == 1e-3
    # far below sqrt(eps): a sum and not a difference
    assert np.isclose(bounds.residual_error([1.0, 1e-12], 0.0, 1), 1e-12)
    assert np.isclose(bounds.residual_error([3e-200, 4e-200], 0.0, 1), 0.6)


# Both ways.


def test_the_enclosure_by_hand():
    lower, upper = bounds.two_sided_error([4.0, 2.0], 5.0, 1, top=1.0)
    assert np.isclose(lower**2, 8 / 25)
    assert np.isclose(upper**2, 9 / 25)
    lower, upper = bounds.two_sided_error([4.0, 2.0], 5.0, 1)  # one direction may hold it all
    assert np.isclose(lower**2, 4 / 25)
    assert bounds.two_sided_error([4.0, 3.0], 0.0, 1) == (0.6, 0.6)
    assert bounds.two_sided_error([4.0, 3.0], 0.0, 7) == (0.0, 0.0)
    assert bounds.two_sided_error([], 0.0, 2) == (0.0, 0.0)
    assert bounds.two_sided_error([], 2.0, 0) == (1.0, 1.0)
    lower, upper = bounds.two_sided_error([4.0, 3.0], 0.0, 2, rounding=1e-3)
    assert (lower, upper) == (0.0, 1e-3)
    lower, upper = bounds.two_sided_error([1e-200], 1e-420 + 1e-300, 1)
    assert lower <= upper == 1.0
    low, high = bounds.two_sided_sigma([4.0, 0.0], 9.0, rounding=1.0)
    assert low.tolist() == [3.0, 0.0]
    assert high.tolist() == [6.0, 4.0]


@given(seed=seeds)
def test_one_rank_agrees_with_all_ranks(seed):
    rng = np.random.default_rng(seed)
    S = np.sort(rng.exponential(size=5))[::-1]
    mass = float(rng.exponential())
    top = float(rng.uniform(0, mass))
    low, high = bounds.two_sided_tails(S, mass, 5, top=top)
    for rank in range(6):
        lower, upper = bounds.two_sided_error(S, mass, rank, top=top)
        assert np.isclose(lower**2 * high[0], low[rank], atol=1e-13)
        assert np.isclose(upper**2 * high[0], high[rank])


def test_extremes_of_the_gram_enclosure():
    assert bounds.gram_error([3.0, 1.0], 1, 0.0) == (0.5, 0.5)
    assert bounds.gram_error([3.0, 1.0, -1e-17], 3, 0.0) == (0.0, 0.0)
    assert bounds.gram_error([], 0, 0.0) == (0.0, 0.0)
    assert bounds.gram_error([0.0], 0, 1.0) == (0.0, 1.0)
    lower, upper = bounds.gram_error([1.0, 1e-20], 1, 1e-16)
    assert lower == 0.0
    assert np.isclose(upper, 1e-8)


# Rounding and sums.


def test_errors_of_blocks_add_as_squares():
    assert bounds.joint_error([3.0, 4.0]) == 5.0
    assert bounds.joint_error([]) == 0.0
    assert bounds.joint_error([3e-200, 4e-200]) == 5e-200
    assert np.isclose(bounds.joint_error([3e200, 4e200]), 5e200)


def test_rounding_terms_grow_with_the_work():
    assert bounds.merge_rounding(100, 5, EPS) == 2 * bounds.merge_rounding(100, 2, EPS)
    assert bounds.merge_rounding(400, 0, EPS) == 2 * bounds.merge_rounding(100, 0, EPS)
    assert bounds.merge_rounding(0, 0, EPS) > 0.0
    real = bounds.gram_rounding(1000, 50, EPS)
    assert 500 * EPS < real < 600 * EPS
    assert bounds.gram_rounding(1000, 50, EPS, complex_entries=True) > real
    assert bounds.gram_rounding(10**9, 3, 1e-7) == np.inf


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: bounds.gram_shift([1.0], [1.0, 2.0]), InvalidInputError, "1 entries.* 2"),
        (lambda: bounds.gram_shift([-1.0], [1.0]), InvalidInputError, r"norms\[0\] is -1"),
        (lambda: bounds.gram_shift([np.nan], [1.0]), InvalidInputError, r"norms\[0\] is nan"),
        (lambda: bounds.gram_shift([[1.0]], [1.0]), InvalidInputError, "vector"),
        (lambda: bounds.gram_shift([1j], [1.0]), InvalidTypeError, "real"),
        (lambda: bounds.shift_radius([1.0, 2.0], 1.0), InvalidInputError, "descend"),
        (lambda: bounds.shift_radius([1.0], -1.0), InvalidInputError, "delta"),
        (lambda: bounds.shifted_values([1.0], 1.0, np.nan), InvalidInputError, "norm"),
        (lambda: bounds.centroid_radius([1.0], 0, 1.0), InvalidInputError, "copies"),
        (lambda: bounds.weyl_error([1.0], [1.5], 3, 1), InvalidInputError, "widths"),
        (lambda: bounds.weyl_error([1.0], [1, 2], 3, 1), InvalidInputError, "widths"),
        (lambda: bounds.weyl_error([1.0], [-1], 3, 1), InvalidInputError, "widths"),
        (lambda: bounds.weyl_error([1.0], [1], 3, -1), InvalidInputError, "rank"),
        (lambda: bounds.weyl_error([1.0], [1], 3, 1.0), InvalidTypeError, "rank"),
        (lambda: bounds.residual_error([1.0], -1.0, 1), InvalidInputError, "spanned"),
        (lambda: bounds.two_sided_error([1.0], 1.0, 2), InvalidInputError, "only 1 values"),
        (lambda: bounds.two_sided_error([1.0], np.nan, 1), InvalidInputError, "discarded"),
        (lambda: bounds.merge_rounding(3, -1, EPS), InvalidInputError, "steps"),
    ],
)
def test_bad_numbers_are_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()
