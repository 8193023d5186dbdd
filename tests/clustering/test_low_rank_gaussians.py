"""Denoisers of a union of subspaces against Gaussian densities, in many digits where need be."""

import itertools

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from linsub.clustering import bounds, k_subspaces, molrg_loss, molrg_posterior_mean
from linsub.errors import InvalidInputError, InvalidTypeError


def frames(rng, D, dims):
    return [np.linalg.qr(rng.standard_normal((D, d)))[0] for d in dims]


@given(st.integers(1, 5), st.integers(1, 3), st.integers(0, 2**20))
def test_the_mean_by_densities(D, K, seed):
    rng = np.random.default_rng(seed)
    bases = frames(rng, D, rng.integers(1, D + 1, K))
    s, gamma = rng.uniform(0.1, 3.0, 2)
    x = rng.standard_normal((4, D)) * 2
    found = molrg_posterior_mean(bases, x, s, gamma)
    for row, mean in zip(x, found, strict=True):
        logs, means = [], []
        for U in bases:
            cov = s**2 * U @ U.T + gamma**2 * np.eye(D)
            logs.append(multivariate_normal(np.zeros(D), cov).logpdf(row))
            means.append(s * U @ U.T @ np.linalg.solve(cov, row))
        w = np.exp(np.array(logs) - max(logs))
        expected = w @ np.array(means) / w.sum()
        np.testing.assert_allclose(mean, expected, atol=1e-9)


@pytest.mark.parametrize(
    ("s", "gamma", "size"),
    [(1.0, 1e-3, 1e-2), (1e-160, 1e-160, 1e-160), (1e150, 1e155, 1e155), (1e-200, 1.0, 1.0),
     (3.0, 1e-170, 1e-170), (1e300, 1e300, 1e300), (0.0, 2.0, 1.0)],
)  # fmt: skip
def test_the_mean_at_any_scale_in_many_digits(s, gamma, size):
    bases = [np.eye(3)[:, :1], np.eye(3)[:, 1:], np.array([[0.6, 0.8, 0.0]]).T]
    x = np.array([0.75, -0.5, 0.625]) * size
    with mpmath.workdps(80):
        S, g, rows = mpmath.mpf(s), mpmath.mpf(gamma), [mpmath.mpf(float(t)) for t in x]
        total = S * S + g * g
        logs, means = [], []
        for U in bases:
            Y = [sum(mpmath.mpf(float(u)) * t for u, t in zip(c, rows, strict=True)) for c in U.T]
            logs.append(
                S**2 / (2 * g**2 * total) * sum(y * y for y in Y)
                + mpmath.mpf(U.shape[1]) / 2 * mpmath.log(g**2 / total)
            )
            means.append([
                sum(mpmath.mpf(float(u)) * y for u, y in zip(r, Y, strict=True)) for r in U
            ])  # fmt: skip
        w = [mpmath.exp(v - max(logs)) for v in logs]
        expected = [
            float(S / total * sum(a * m[i] for a, m in zip(w, means, strict=True)) / sum(w))
            for i in range(3)
        ]
    found = molrg_posterior_mean(bases, x[None], s, gamma)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-300)


def test_limits_of_the_mean():
    bases = [np.eye(2)[:, :1], np.eye(2)[:, 1:]]
    # Without noise: a projection on the nearest subspace; of ties the mean.
    x = np.array([[3.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1e200, -1.0]])
    found = molrg_posterior_mean(bases, x, 1.0, 1e-8)
    np.testing.assert_allclose(found, [[3, 0], [0.5, 0.5], [0, 0], [1e200, 0]], rtol=1e-12)
    assert molrg_posterior_mean(bases, np.ones((0, 2)), 1.0, 1.0).shape == (0, 2)
    assert molrg_posterior_mean(bases, x, 0.0, 1.0).tolist() == np.zeros((4, 2)).tolist()


@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 2**20), st.sampled_from([-400, 0, 400]))
def test_the_loss_is_the_mean_square_error(D, K, seed, exponent):
    rng = np.random.default_rng(seed)
    bases = frames(rng, D, [int(rng.integers(1, D + 1))] * K)
    X = rng.standard_normal((5, D))
    s, gamma = 10.0 ** rng.uniform(-2, 2, 2)
    expected = 0.0
    for x in X:
        U = max(bases, key=lambda U, x=x: np.linalg.norm(U.T @ x))
        A = s / (s**2 + gamma**2) * U @ U.T
        expected += np.linalg.norm(s * A @ x - x) ** 2 + gamma**2 * np.linalg.norm(A) ** 2
    assert molrg_loss(bases, X, s, gamma) == pytest.approx(expected / 5, rel=1e-10)
    # The energy of samples counts with its scale, and the noise of the denoiser does not.
    noise = (s * gamma / (s**2 + gamma**2)) ** 2 * bases[0].shape[1]
    scaled = molrg_loss(bases, X * 2.0**exponent, s, gamma)
    unit = expected / 5 - noise
    assert scaled == pytest.approx(unit * 4.0**exponent + noise, rel=1e-9)


def test_samples_on_the_subspaces_keep_small_losses():
    """residual 0 and c near 1: (1 - c)^2 = 1e-24 and nothing cancels."""
    X = np.eye(3)
    loss = molrg_loss([np.eye(3)], X, 1e6, 1.0)
    expected = (1e-12 / (1 + 1e-12)) ** 2 + 3 * (1e6 / (1e12 + 1)) ** 2
    assert loss == pytest.approx(expected, rel=1e-13)
    assert bounds.denoising_loss(0.0, 3.0, 3, 3, 1e-200, 1e-200) == pytest.approx(0.25 + 0.75)


@given(st.integers(0, 2**20))
def test_losses_are_ordered_as_costs_of_k_subspaces(seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((12, 4))
    s, gamma = 10.0 ** rng.uniform(-1, 1, 2)
    fits = [k_subspaces(X, 2, 1, n_init=1, maxiter=i, rng=i) for i in (1, 2, 5)]
    found = sorted((fit.cost, molrg_loss(fit.bases, X, s, gamma)) for fit in fits)
    for (low, a), (high, b) in itertools.pairwise(found):
        assert a <= b + 1e-12 * b or high - low < 1e-9


def test_bad_arguments_are_named():
    U = np.eye(3)[:, :2]
    with pytest.raises(InvalidInputError, match="bases is empty"):
        molrg_loss([], np.eye(3), 1.0, 1.0)
    with pytest.raises(InvalidInputError, match=r"bases\[0\] has no orthonormal columns"):
        molrg_posterior_mean([2 * U], np.eye(3), 1.0, 1.0)
    with pytest.raises(InvalidInputError, match=r"bases\[0\] has shape \(3, 2\) and X has 2"):
        molrg_loss([U], np.eye(2), 1.0, 1.0)
    with pytest.raises(InvalidInputError, match=r"bases have the dimensions \[1, 2\]"):
        molrg_loss([U, U[:, :1]], np.eye(3), 1.0, 1.0)
    with pytest.raises(InvalidInputError, match="gamma"):
        molrg_posterior_mean([U], np.eye(3), 1.0, 0.0)
    with pytest.raises(InvalidInputError, match="s must"):
        molrg_posterior_mean([U], np.eye(3), -1.0, 1.0)
    with pytest.raises(InvalidTypeError, match="x is complex"):
        molrg_posterior_mean([U], np.eye(3) * 1j, 1.0, 1.0)
    with pytest.raises(InvalidTypeError, match=r"bases\[0\] is complex"):
        molrg_loss([U * 1j], np.eye(3), 1.0, 1.0)
