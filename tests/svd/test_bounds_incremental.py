"""The formulas of streams against closed forms, and what they refuse."""

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.svd import bounds


def test_squares_add():
    assert bounds.carried_error([3.0, 4.0]) == 5.0
    assert bounds.carried_error([3.0, 4.0], earlier=2.0, rounding=0.5) == 7.5
    assert bounds.carried_error([]) == 0.0
    assert bounds.carried_error([3e200, 4e200]) == pytest.approx(5e200, rel=1e-15)
    assert bounds.carried_spectral_error([0.5] * 16) == pytest.approx(2.0, rel=1e-14)


def test_the_enclosure_takes_the_smaller_delta_and_widens():
    lower, upper = bounds.carried_sigma_enclosure([4.0, 3.0], 5.0, 4.0, rounding=0.25)
    assert lower.tolist() == [3.75, 2.75]
    assert upper.tolist() == [np.hypot(4.0, 4.0) + 0.25, 5.25]
    assert bounds.carried_sigma_enclosure([0.1], 0.0, 9.0, rounding=0.2)[0].tolist() == [0.0]
    with pytest.raises(InvalidInputError, match="descend"):
        bounds.carried_sigma_enclosure([1.0, 2.0], 0.0)


def test_trees_and_thresholds():
    sigma = [3.0, 2.0, 1.0]
    assert bounds.merge_tree_error(sigma, 1, 4) == pytest.approx(2.0 * np.sqrt(5.0))
    assert bounds.merge_tree_error(sigma, 1, 1) == bounds.tail(sigma, 1)
    assert bounds.threshold_error(0.5, 16) == 2.0
    assert bounds.threshold_error(0.5, 0) == 0.0
    with pytest.raises(InvalidInputError, match="levels"):
        bounds.merge_tree_error(sigma, 1, 0)


@pytest.mark.parametrize("omega", [0.1, 0.75, 0.99])
@pytest.mark.parametrize("depth", [2, 3, 7])
def test_the_tolerances_of_a_tree_add_to_the_whole(omega, depth):
    columns = np.array([3, 5, 2, 10])
    total = int(columns.sum())
    level = [bounds.hapod_tolerance(0.1, omega, int(c), total, depth, root=False) for c in columns]
    root = bounds.hapod_tolerance(0.1, omega, total, total, depth, root=True)
    assert root == pytest.approx(np.sqrt(total) * omega * 0.1)
    assert bounds.hapod_error(level * (depth - 1) + [root]) == pytest.approx(np.sqrt(total) * 0.1)


def test_the_rounding_of_a_merge():
    assert bounds.merge_rounding(2.0, 16, 1e-16) == pytest.approx(6.4e-15)
    assert bounds.merge_rounding(0.0, 16, 1e-16) == 0.0


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: bounds.carried_error([1.0, -1.0]), "discarded"),
        (lambda: bounds.carried_error([np.nan]), "discarded"),
        (lambda: bounds.carried_error([1.0], earlier=-1.0), "earlier"),
        (lambda: bounds.carried_spectral_error([1.0], rounding=-1.0), "rounding"),
        (lambda: bounds.threshold_error(-1.0, 3), "tol"),
        (lambda: bounds.hapod_tolerance(0.1, 1.0, 1, 1, 2, root=True), "omega"),
        (lambda: bounds.hapod_tolerance(0.1, 0.5, 1, 1, 1, root=False), "depth"),
        (lambda: bounds.hapod_error([-1.0]), "tolerances"),
        (lambda: bounds.merge_rounding(-1.0, 1, 1e-16), "norm"),
    ],
)
def test_what_is_refused(call, text):
    with pytest.raises(InvalidInputError, match=text):
        call()
