"""Features: orthonormal for their measures, and points of their densities."""

import numpy as np
import pytest
from scipy import special, stats

from linsub.design import (
    christoffel_sample,
    discrete,
    fourier,
    hermite,
    legendre,
    repeated_dpp_sample,
    tensor,
)
from linsub.design.features import Features
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError

FALSE_ALARM = 1e-6


def rule(kind, count=120):
    if kind is legendre:
        x, w = special.roots_legendre(count)
    elif kind is hermite:
        x, w = special.roots_hermitenorm(count)
    else:
        x, w = np.arange(count) / count, np.ones(count)
    return x, w / w.sum()


@pytest.mark.parametrize("kind", [legendre, hermite, fourier])
@pytest.mark.parametrize("m", [1, 2, 40])
def test_they_are_orthonormal(kind, m):
    x, w = rule(kind)
    Phi = kind(m)(x)
    np.testing.assert_allclose(Phi.conj().T @ (w[:, None] * Phi), np.eye(m), atol=1e-11)
    np.testing.assert_allclose(kind(m).christoffel(x), np.square(np.abs(Phi)).sum(1))


def test_recurrences_agree_with_scipy():
    x = np.linspace(-1, 1, 7)
    k = np.arange(30)
    np.testing.assert_allclose(
        legendre(30)(x), special.eval_legendre(k, x[:, None]) * np.sqrt(2 * k + 1), atol=1e-12
    )
    root = np.exp(0.5 * special.gammaln(k + 1))
    np.testing.assert_allclose(
        hermite(30)(3 * x), special.eval_hermitenorm(k, 3 * x[:, None]) / root, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("kind", [legendre, hermite])
@pytest.mark.parametrize("k", [0, 1, 4])
def test_points_of_a_component(kind, k):
    """The distribution function of |phi_k|^2 dmu, by a fine quadrature."""
    features = kind(6)
    x = features._component(np.full(3000, k), np.random.default_rng(k))
    grid = np.linspace(-1, 1, 20001) if kind is legendre else np.linspace(-9, 9, 40001)
    density = features(grid)[:, k] ** 2
    density *= 0.5 if kind is legendre else stats.norm.pdf(grid)
    cdf = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(grid))])
    assert cdf[-1] == pytest.approx(1.0, abs=1e-6)
    assert stats.kstest(x, lambda t: np.interp(t, grid, cdf)).pvalue > FALSE_ALARM


def test_christoffel_points_of_hermite_are_those_of_the_mixture():
    features = hermite(5)
    direct = features._christoffel(3000, np.random.default_rng(1))
    mixed = Features._christoffel(features, 3000, np.random.default_rng(2))
    assert stats.ks_2samp(direct, mixed).pvalue > FALSE_ALARM


def test_the_processes_of_random_matrices_and_of_rejection_agree():
    for features in (legendre(4), hermite(3)):
        rng = np.random.default_rng(3)
        fast = np.array([np.sort(features._dpp(rng)) for _ in range(1500)])
        general = np.array([np.sort(Features._dpp(features, rng)) for _ in range(1500)])
        for i in range(features.size):
            assert stats.ks_2samp(fast[:, i], general[:, i]).pvalue > FALSE_ALARM


def test_the_process_of_complex_features_is_that_of_random_unitary_matrices():
    features = fourier(3)
    rng = np.random.default_rng(4)
    gaps = np.empty(1500)
    for i in range(gaps.size):
        x = np.sort(features._dpp(rng))
        gaps[i] = x[1] - x[0]
    G = rng.standard_normal((1500, 3, 3)) + 1j * rng.standard_normal((1500, 3, 3))
    Q, R = np.linalg.qr(G)
    diagonal = np.diagonal(R, axis1=1, axis2=2)
    Q = Q * (diagonal / np.abs(diagonal))[:, None, :]
    angles = np.sort(np.angle(np.linalg.eigvals(Q)) / (2 * np.pi) % 1.0, axis=1)
    assert stats.ks_2samp(gaps, angles[:, 1] - angles[:, 0]).pvalue > FALSE_ALARM


def test_products():
    features = tensor(legendre(3), fourier(2), hermite(2))
    assert (features.size, features.dim) == (12, 3)
    x = np.array([[0.3, 0.1, -0.4], [-0.9, 0.7, 2.0]])
    A, B, C = legendre(3)(x[:, 0]), fourier(2)(x[:, 1]), hermite(2)(x[:, 2])
    expected = np.einsum("na,nb,nc->nabc", A, B, C).reshape(2, 12)
    np.testing.assert_allclose(features(x), expected)
    assert tensor(legendre(4), legendre(4), degree=2).size == 6
    assert tensor(legendre(5)).dim == 1
    # One variable: the points are a vector, whatever the degree.
    one = tensor(hermite(5), degree=2)
    assert (one.size, one.dim) == (3, 1)
    points, weights, Phi = christoffel_sample(one, 7, rng=0)
    assert points.shape == (7,)
    np.testing.assert_array_equal(one(points), Phi)
    np.testing.assert_allclose(one.christoffel(points), 3.0 / weights)
    design = repeated_dpp_sample(tensor(legendre(3), hermite(3), degree=2), 2, rng=0)
    assert design.points.shape == (12, 2)
    assert design.Phi.shape == (12, 6)
    assert len(np.unique(design.points, axis=0)) == 12


def test_a_discrete_measure_orthonormalizes_any_features():
    x = np.linspace(0, 1, 30)
    w = np.where(np.arange(30) % 5, 1.0 + x, 0.0)
    Phi = np.stack([np.ones(30), 1e200 * np.exp(x), 1j * np.sin(9 * x)], axis=1)
    features = discrete(Phi, w, points=x)
    V = features(np.arange(30))
    p = w / w.sum()
    np.testing.assert_allclose(V.conj().T @ (p[:, None] * V), np.eye(3), atol=1e-12)
    live = p > 0
    rest = Phi[live] - V[live] @ (V[live].conj().T @ (p[live, None] * Phi[live]))
    assert np.abs(rest / [1, 1e200, 1]).max() < 1e-12
    design = christoffel_sample(features, 50, rng=1)
    assert set(design.points) <= set(x[live])


def test_bad_arguments_are_named():
    with pytest.raises(InvalidInputError, match="m must satisfy"):
        legendre(0)
    with pytest.raises(InvalidInputError, match="300"):
        hermite(301)
    assert np.isfinite(hermite(300)._christoffel(3, np.random.default_rng(0))).all()
    with pytest.raises(InvalidTypeError, match="factors"):
        tensor(legendre(2), np.eye(2))
    with pytest.raises(InvalidInputError, match="at least one"):
        tensor()
    with pytest.raises(InvalidInputError, match=r"x must have shape \(n, 2\)"):
        tensor(legendre(2), legendre(2))(np.ones((3, 3)))
    with pytest.raises(NonFiniteError, match="x"):
        legendre(2)([np.nan])
    with pytest.raises(InvalidTypeError, match="x is complex"):
        legendre(2)([1j])
    with pytest.raises(InvalidInputError, match="features does not have full rank"):
        discrete(np.ones((5, 2)))
    with pytest.raises(InvalidInputError, match=r"weights\[1\] is -1"):
        discrete(np.eye(3), [1, -1, 1])
    with pytest.raises(InvalidInputError, match="1 positive entries for 2"):
        discrete(np.eye(3)[:, :2], [1, 0, 0])
    with pytest.raises(InvalidInputError, match="points must have 3 rows"):
        discrete(np.eye(3), points=[1.0])
    with pytest.raises(InvalidInputError, match=r"numbers in 0 \.\. 2"):
        discrete(np.eye(3))([3])
    with pytest.raises(InvalidTypeError, match="integers"):
        discrete(np.eye(3))([0.5])
