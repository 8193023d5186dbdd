"""Formulas of ranks and sizes: values, limits and what they refuse."""

import itertools
import math

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.spaces import bounds


def test_values():
    assert bounds.least_overlap(3, 4, 5) == 2
    assert bounds.composed_rank(3, 4, 2, 1) == 4
    assert bounds.cut_rank(5, 2) == 3
    assert bounds.cycle_rank(7, 5, 2) == 4
    assert bounds.cut_rank(0, 0) == bounds.cycle_rank(0, 0, 0) == 0
    assert [bounds.k_sum_overlap(k) for k in range(4)] == [0, 0, 1, 2]
    assert bounds.minor_bits(0, 5) == 0.0
    assert bounds.minor_bits(1, 8) == 3.0
    assert bounds.minor_bits(4, 2) == 8.0
    assert bounds.minor_bits(2, 2**2000) == pytest.approx(4001.0)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_no_minor_of_signs_is_larger(order):
    largest = max(
        abs(round(np.linalg.det(np.reshape(M, (order, order)))))
        for M in itertools.product((-1.0, 1.0), repeat=order**2)
    )
    bound = bounds.minor_bits(order, 1)
    assert math.log2(largest) <= bound + 1e-12
    if order < 3:  # Hadamard matrices
        assert math.log2(largest) == pytest.approx(bound)


def test_singular_values_of_a_link():
    theta = np.linspace(0.0, np.pi / 2, 101)
    found = bounds.link_singular_value(theta)
    assert found.min() == pytest.approx(np.sqrt(4 / 3))
    assert found.max() == pytest.approx(np.sqrt(3 / 2))
    np.testing.assert_allclose(found, found[::-1], rtol=1e-14)
    assert bounds.link_singular_value([]).shape == (0,)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: bounds.least_overlap(1, 1, 3), "rank=3 must be from"),
        (lambda: bounds.least_overlap(3, 1, 2), "rank=2 must be from"),
        (lambda: bounds.least_overlap(-1, 1, 1), "rank_s must be a count"),
        (lambda: bounds.composed_rank(1, 1, 3, 0), "contradict"),
        (lambda: bounds.composed_rank(1.5, 1, 1, 0), "rank_left must be a count"),
        (lambda: bounds.cut_rank(2, 3), "components=3 does not fit"),
        (lambda: bounds.cut_rank(2, 0), "components=0 does not fit"),
        (lambda: bounds.cycle_rank(1, 5, 1), "edges=1 are too few"),
        (lambda: bounds.minor_bits(1, 0), "size must be at least 1"),
        (lambda: bounds.minor_bits(1, np.inf), "size must be a count"),
        (lambda: bounds.minor_bits(1, 1.5), "size must be a count"),
        (lambda: bounds.minor_bits(np.nan, 1), "order must be a count"),
        (lambda: bounds.link_singular_value(2.0), "angle must be in"),
        (lambda: bounds.link_singular_value(np.nan), "angle must be in"),
        (lambda: bounds.k_sum_overlap(-1), "shared must be a count"),
    ],
)
def test_numbers_that_no_space_has(call, match):
    with pytest.raises(InvalidInputError, match=match):
        call()
