"""The formulas against definitions, and what they refuse."""

import itertools
import math

import numpy as np
import pytest

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.selection import bounds


def test_volume_error_is_a_ratio_of_symmetric_polynomials():
    sigma = np.array([5.0, 2.0, 1.0, 0.3, 0.1])

    def e(k):
        return sum(math.prod(c) for c in itertools.combinations(sigma**2, k))

    for k in range(5):
        assert bounds.volume_error(sigma, k) ** 2 == pytest.approx((k + 1) * e(k + 1) / e(k))
    assert bounds.volume_error(sigma, 5) == 0.0
    assert bounds.volume_error([*sigma, 0.0], 5) == 0.0
    # Of the size of e_{k+1} nothing is ever seen.
    wide = bounds.volume_error(np.full(400, 1e150), 200)
    assert wide == pytest.approx(1e150 * math.sqrt(200), rel=1e-10)
    with pytest.raises(InvalidInputError, match="at most 5"):
        bounds.volume_error(sigma, 6)
    with pytest.raises(InvalidInputError, match="sigma"):
        bounds.volume_error([-1.0], 1)


def test_factors():
    assert bounds.subset_factor(3) == 2.0
    assert bounds.cur_factor(1) == pytest.approx(2.0)
    assert bounds.expected_growth(5, 2) == 4.0
    assert math.prod(1 + 1 / (5 - t) for t in range(5)) == pytest.approx(
        bounds.expected_growth(5, 0)
    )
    assert bounds.pivoting_factor(5, 5, 2.0) == 1.0
    assert bounds.pivoting_factor(3, 1, 2.0) == 3.0
    assert bounds.osinsky_error(2.0, 3) == 4.0
    assert bounds.osinsky_error(0.0, 4, 1.0) == 2.0
    assert bounds.existence_ratio(3, 1e-12) == pytest.approx(2.0)
    assert bounds.existence_ratio(3, 1.0) == 1.0
    for wrong, error in ((1.5, InvalidTypeError), (-1, InvalidInputError)):
        with pytest.raises(error, match="k must"):
            bounds.subset_factor(wrong)
    with pytest.raises(InvalidInputError, match="gap"):
        bounds.existence_ratio(2, 0.0)
    with pytest.raises(InvalidInputError, match="start"):
        bounds.osinsky_error(-1.0, 2)
