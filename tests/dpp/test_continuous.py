"""Processes on the line: moments against the kernel, and the law of two points."""

import numpy as np
import pytest
from scipy import special, stats

from linsub.dpp import hermite_dpp, jacobi_dpp
from linsub.errors import InvalidInputError, InvalidTypeError


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.0), (-0.5, -0.5), (1.5, -0.3), (7.0, 2.0)])
def test_one_point_has_the_beta_law(a, b):
    x = jacobi_dpp(1, a, b, n_samples=4000, rng=3)[:, 0]
    assert stats.kstest((x + 1) / 2, stats.beta(b + 1, a + 1).cdf).pvalue > 1e-6
    assert stats.kstest(hermite_dpp(1, n_samples=4000, rng=3)[:, 0], "norm").pvalue > 1e-6


def test_two_points_are_at_the_distance_that_the_density_says():
    # (x - y)^2 on the square: the distance D has the density 12 (2 - D) D^2 / 16.
    gap = np.ptp(jacobi_dpp(2, n_samples=4000, rng=1), axis=1)
    assert stats.kstest(gap, lambda t: (8 * t**3 - 3 * t**4) / 16).pvalue > 1e-6
    # (x - y)^2 for two normals: D^2 / 2 is chi-square with 3 degrees of freedom.
    gap = np.ptp(hermite_dpp(2, n_samples=4000, rng=1), axis=1)
    assert stats.kstest(gap**2 / 2, stats.chi2(3).cdf).pvalue > 1e-6


def _kernel_moments(x, w, features, h):
    """Mean and variance of the sum of h over the process, on a quadrature rule."""
    Phi = features * np.sqrt(w)[:, None]
    K = Phi @ Phi.T
    diagonal = np.diag(K)
    return h @ diagonal, h**2 @ diagonal - h @ (K**2) @ h


def _jacobi_features(m, a, b, x):
    P = np.stack([special.eval_jacobi(k, a, b, x) for k in range(m)], axis=1)
    return P


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.0), (0.5, -0.5), (2.0, 1.0)])
@pytest.mark.parametrize("m", [3, 8])
def test_moments_of_linear_statistics(m, a, b):
    x, w = special.roots_jacobi(60, a, b)
    P = _jacobi_features(m, a, b, x)
    P = P / np.sqrt(w @ np.square(P))
    draws = jacobi_dpp(m, a, b, n_samples=3000, rng=m)
    for h in (lambda x: x, np.square, np.cos):
        mean, variance = _kernel_moments(x, w, P, h(x))
        _check(h(draws).sum(axis=1), mean, variance)


@pytest.mark.parametrize("m", [2, 7])
def test_moments_of_the_hermite_process(m):
    x, w = special.roots_hermitenorm(80)
    w = w / w.sum()
    P = np.stack([special.eval_hermitenorm(k, x) for k in range(m)], axis=1)
    P = P / np.sqrt(w @ np.square(P))
    draws = hermite_dpp(m, n_samples=3000, rng=m)
    for h in (lambda x: x, np.square, np.cos):
        mean, variance = _kernel_moments(x, w, P, h(x))
        _check(h(draws).sum(axis=1), mean, variance)


def _check(values, mean, variance):
    """Bounded or light-tailed statistics: z of the mean, and the ratio of variances."""
    n = values.size
    assert abs(values.mean() - mean) < 6 * np.sqrt(variance / n)
    kurtosis = np.mean((values - mean) ** 4) / variance**2
    assert abs(values.var() / variance - 1) < 7 * np.sqrt(max(kurtosis - 1, 0.1) / n)


def test_points_are_in_order_and_the_same_whatever_is_drawn():
    many = jacobi_dpp(30, 0.3, -0.9, n_samples=4, rng=9)
    assert (np.diff(many, axis=1) > 0).all()
    assert np.abs(many).max() <= 1
    np.testing.assert_array_equal(jacobi_dpp(30, 0.3, -0.9, rng=9), many[0])
    np.testing.assert_array_equal(hermite_dpp(5, rng=9), hermite_dpp(5, n_samples=3, rng=9)[0])
    assert jacobi_dpp(0).shape == (0,)
    assert hermite_dpp(0, n_samples=2).shape == (2, 0)
    assert hermite_dpp(3, n_samples=0).shape == (0, 3)
    assert np.isfinite(jacobi_dpp(40, -0.999999, 1e6, rng=0)).all()


def test_bad_arguments_are_named():
    for bad in (-1.0, -2.0):
        with pytest.raises(InvalidInputError, match="a must satisfy"):
            jacobi_dpp(3, bad)
    with pytest.raises(InvalidInputError, match="b must be finite"):
        jacobi_dpp(3, 0.0, np.inf)
    with pytest.raises(InvalidTypeError, match="m must be an integer"):
        hermite_dpp(3.0)
    with pytest.raises(InvalidInputError, match="n_samples"):
        hermite_dpp(3, n_samples=-1)
