"""The formulas about sketches: closed forms, ranges and bad numbers."""

import math

import numpy as np
import pytest

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.streaming import bounds


def test_error_bounds():
    ones = np.ones(20)
    assert bounds.fd_error_bound(ones, 5) == 4.0  # d / l
    assert bounds.fd_error_bound(ones, 5, 0) == 4.0
    assert bounds.fd_error_bound(ones, 5, 4) == 16.0
    assert bounds.fd_error_bound(ones, 10, alpha=0.5) == 4.0
    assert bounds.fd_error_bound([3.0, 1.0], 2) == 1.0
    assert bounds.fd_error_bound([3.0, 1.0], 3) == 0.0
    assert bounds.fd_error_bound([], 1) == 0.0
    sigma = np.sort(np.random.default_rng(0).exponential(1.0, 12))[::-1]
    each = [bounds.fd_error_bound(sigma, 8, k) for k in range(8)]
    assert bounds.fd_error_bound(sigma, 8) == pytest.approx(min(each))
    assert bounds.projection_error_bound(sigma, 8, 4) == pytest.approx(2 * np.sum(sigma[4:] ** 2))
    assert bounds.shrinkage_bound(10.0, 4.0, 3) == 2.0
    assert bounds.shrinkage_bound(10.0, 11.0, 3) == 0.0


def test_counts():
    assert [bounds.shrunk_values(10, alpha) for alpha in (1.0, 0.95, 0.9, 0.01)] == [10, 10, 9, 1]
    assert bounds.shrunk_values(100, 0.07) == 7
    assert bounds.fd_sketch_size(5, 0.5) == 15
    assert bounds.fd_sketch_size(5, 100.0) == 6
    sigma = np.ones(50)
    for k, error in ((1, 0.1), (5, 0.5), (3, 2.0)):
        size = bounds.fd_sketch_size(k, error)
        best = np.sum(sigma[k:] ** 2)
        assert bounds.projection_error_bound(sigma, size, k) <= (1 + error) * best * (1 + 1e-12)


def test_certificates():
    assert bounds.eigenvector_certificate(2.0, 1.0, 0.0) == 0.0
    assert bounds.eigenvector_certificate(2.0, 1.0, 1.0) == 1.0  # 2 e = g
    assert bounds.eigenvector_certificate(1.0, 1.0, 0.0) == 1.0
    assert bounds.eigenvector_certificate(0.0, 0.0, 0.0) == 1.0
    e = 0.25
    expected = math.sin(0.5 * math.asin(0.5))
    assert bounds.eigenvector_certificate(2.0, 1.0, 2 * e) == pytest.approx(expected)
    assert bounds.eigenvector_certificate(2.0, 1.0, 0.0, e) == pytest.approx(expected)
    found = [bounds.eigenvector_certificate(1.0, 0.0, 2 * e) for e in np.linspace(0, 0.5, 50)]
    assert np.all(np.diff(found) > 0)
    lower, upper = bounds.eigenvalue_enclosure([5.0, 1.0, 0.0], 0.5, 0.1, 5.8)
    np.testing.assert_allclose(lower, [4.9, 0.9, 0.0])
    np.testing.assert_allclose(upper, [5.6, 1.6, 0.6])
    assert bounds.eigenvalue_enclosure([5.0], 3.0, 0.0, 5.8)[1] == 5.8
    assert bounds.seen_projection_error(10.0, [4.0, 2.0, 1.0], 2, 0.25) == 4.5
    assert bounds.robust_error(3.0, 0.5) == 2.0
    assert bounds.merged_shrinkage([1.0, 2.0], 0.5) == 3.5
    assert bounds.decayed_shrinkage(4.0, 0.5, 1.0) == 2.0


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: bounds.fd_error_bound([1.0, 2.0], 3), "descend"),
        (lambda: bounds.fd_error_bound([[1.0]], 3), "vector"),
        (lambda: bounds.fd_error_bound([np.nan], 3), "finite"),
        (lambda: bounds.fd_error_bound([1.0], 0), "sketch_size"),
        (lambda: bounds.fd_error_bound([1.0], 3, 3), "k must be"),
        (lambda: bounds.fd_error_bound([1.0], 3, alpha=0.0), "alpha"),
        (lambda: bounds.projection_error_bound([1.0], 3, 3), "k must be"),
        (lambda: bounds.eigenvector_certificate(1.0, 0.0, -1.0), "shrinkage"),
        (lambda: bounds.fd_sketch_size(3, 0.0), "error must be positive"),
        (lambda: bounds.decayed_shrinkage(1.0, 0.0, 1.0), "decay"),
        (lambda: bounds.merged_shrinkage([1.0, math.nan]), "parts"),
    ],
)
def test_bad_numbers(call, match):
    with pytest.raises(InvalidInputError, match=match):
        call()


def test_counts_are_integers():
    with pytest.raises(InvalidTypeError, match="sketch_size"):
        bounds.shrunk_values(2.5)
