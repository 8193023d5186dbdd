"""Designs: their exact laws on discrete measures, weights, and least squares."""

import itertools
import math

import numpy as np
import pytest

from linsub.design import (
    Design,
    christoffel_sample,
    discrete,
    fourier,
    hermite,
    legendre,
    repeated_dpp_sample,
    rescaled_volume_sample,
    sample_size_christoffel,
    stable_sample,
    tensor,
    weighted_lstsq,
)
from linsub.design.bounds import chernoff_rate, christoffel_failure, wls_error_factor
from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError, NumericalError
from tests.dpp.law import check_law, p_values

R = 2000


def small(complex_entries=False):
    rng = np.random.default_rng(5)
    Phi = rng.standard_normal((4, 2))
    if complex_entries:
        Phi = Phi + 1j * rng.standard_normal((4, 2))
    return discrete(Phi, [1.0, 2.0, 0.5, 3.0])


def law(features, q, n, rescaled):
    V, p = features(np.arange(4)), features._weights
    found = {}
    for x in itertools.product(range(4), repeat=n):
        value = np.prod(q[list(x)])
        if rescaled:
            G = sum(p[i] / q[i] * np.outer(V[i].conj(), V[i]) for i in x)
            value *= np.linalg.det(G).real / math.perm(n, 2)
        key = tuple(sorted(x))
        found[key] = found.get(key, 0.0) + value
    return found


@pytest.mark.parametrize("complex_entries", [False, True])
@pytest.mark.parametrize("density", ["christoffel", "reference", "mixed", "given"])
def test_the_rescaled_law_of_every_density(density, complex_entries):
    features = small(complex_entries)
    mu = features._weights
    christoffel = mu * features.christoffel(np.arange(4)) / 2
    given = np.array([0.1, 0.4, 0.3, 0.2])
    q = {
        "christoffel": christoffel,
        "reference": mu,
        "mixed": 0.5 * (mu + christoffel),
        "given": given,
    }[density]
    ask = 1e-200 * given if density == "given" else density
    rng = np.random.default_rng(1)
    drawn = [rescaled_volume_sample(features, 3, density=ask, rng=rng) for _ in range(R)]
    exact = law(features, q, 3, True)
    check_law([d.points for d in drawn], exact)
    for d in drawn[:20]:
        np.testing.assert_allclose(d.weights, mu[d.points] / q[d.points])
    if density == "christoffel":
        # Mutant: independent points alone.
        plain = [christoffel_sample(features, 3, rng=rng).points for _ in range(R)]
        check_law(plain, law(features, q, 3, False))
        assert p_values(plain, exact)[0] < 1e-6


def test_each_place_of_a_design_has_the_same_law():
    """The points come in random order: the first one is as any other."""
    features = small()
    christoffel = features._weights * features.christoffel(np.arange(4)) / 2
    exact = {(i,): p for i, p in enumerate(christoffel)}
    rng = np.random.default_rng(2)
    for draw in (
        lambda: rescaled_volume_sample(features, 3, rng=rng),
        lambda: repeated_dpp_sample(features, 2, rng=rng),
    ):
        points = np.array([draw().points for _ in range(1500)])
        for place in range(points.shape[1]):
            check_law(points[:, place, None], exact)


@pytest.mark.parametrize(
    "features",
    [legendre(6), hermite(6), fourier(5), tensor(legendre(3), hermite(2)), small()],
    ids=repr,
)
def test_functions_of_the_span_are_recovered(features):
    c = np.arange(1.0, features.size + 1)
    for design in (
        christoffel_sample(features, 60, rng=0),
        rescaled_volume_sample(features, 8, density="mixed", rng=0),
        repeated_dpp_sample(features, 3, rng=0),
    ):
        points, weights, Phi = design
        assert (weights > 0).all()
        np.testing.assert_array_equal(features(points), Phi)
        coef, lambda_min, cond = weighted_lstsq(Phi, Phi @ c, weights)
        np.testing.assert_allclose(coef, c, atol=1e-11 * np.sqrt(cond))
        G = Phi.conj().T @ (weights[:, None] * Phi) / len(weights)
        values = np.linalg.eigvalsh(G)
        assert lambda_min == pytest.approx(values[0], rel=1e-9, abs=1e-14)
        assert float(design.certificate.lambda_min) == pytest.approx(lambda_min, rel=1e-9)
        assert cond == pytest.approx(values[-1] / values[0], rel=1e-6)


def test_the_same_seed_gives_the_same_design():
    features = tensor(legendre(3), legendre(3), degree=2)
    for draw in (christoffel_sample, rescaled_volume_sample, repeated_dpp_sample):
        one, two = (draw(features, 7, rng=4) for _ in range(2))
        for a, b in zip(one, two, strict=True):
            np.testing.assert_array_equal(a, b)
    assert not np.array_equal(one.points, repeated_dpp_sample(features, 7, rng=5).points)


def test_stable_designs_keep_their_promise():
    features = legendre(8)

    def draw(rng):
        return christoffel_sample(features, 32, rng=rng)

    plain = stable_sample(draw, rng=1)
    assert float(plain.certificate.lambda_min) >= 0.5
    assert plain.info.details["draws"] > plain.info.details["stable"] == 1
    thin = stable_sample(draw, subsample=True, boost=5, rng=1)
    assert thin.info.details["left_out"] > 0
    assert thin.points.size == 32 - thin.info.details["left_out"] >= 8
    G = thin.Phi.T @ (thin.weights[:, None] * thin.Phi) / thin.points.size
    assert np.linalg.eigvalsh(G)[0] >= 0.5 - 1e-12
    complex_design = stable_sample(
        lambda rng: christoffel_sample(fourier(5), 40, rng=rng), subsample=True, rng=0
    )
    assert float(complex_design.certificate.lambda_min) >= 0.5
    boosted = [
        float(stable_sample(draw, delta=0.99, boost=b, rng=3).certificate.lambda_min)
        for b in (1, 20)
    ]
    assert boosted[1] > boosted[0]


def test_a_hopeless_design_ends_with_the_best():
    with pytest.raises(ConvergenceError, match="in 6 draws") as caught:
        stable_sample(
            lambda rng: christoffel_sample(legendre(8), 7, rng=rng), max_redraws=3, boost=2, rng=0
        )
    assert isinstance(caught.value.result, Design)
    with pytest.raises(InvalidTypeError, match="design must be a function"):
        stable_sample(christoffel_sample(legendre(2), 3))
    with pytest.raises(InvalidTypeError, match="design must return a Design"):
        stable_sample(lambda rng: 3)
    for name, bad in (("delta", 1.0), ("max_redraws", 0), ("boost", 0)):
        with pytest.raises(InvalidInputError, match=name):
            stable_sample(lambda rng: None, **{name: bad})


def test_sample_sizes():
    n = sample_size_christoffel(20, 0.5, 0.01)
    assert christoffel_failure(20, n, 0.5) <= 0.01 < christoffel_failure(20, n - 1, 0.5)
    both = sample_size_christoffel(20, 0.5, 0.01, two_sided=True)
    assert christoffel_failure(20, both, 0.5, two_sided=True) <= 0.01
    assert both > n
    assert wls_error_factor(5, 20, 0.5, 0.5) == pytest.approx(3.0)
    assert wls_error_factor(5, 20, 0.5, 0.5, boost=2, kept=10) == pytest.approx(1 + 2 * 4 / 0.75)
    for bad in ({"delta": 0.0}, {"eta": 1.0}, {"m": 0}):
        with pytest.raises(InvalidInputError, match=next(iter(bad))):
            sample_size_christoffel(**{"m": 3, "delta": 0.5, "eta": 0.1, **bad})


def test_least_squares_of_odd_shapes():
    Phi = legendre(3)(np.linspace(-1, 1, 9))
    y = np.stack([np.ones(9), np.arange(9.0)], axis=1)
    both = weighted_lstsq(Phi, y)
    for j in range(2):
        np.testing.assert_allclose(both.coef[:, j], weighted_lstsq(Phi, y[:, j]).coef, atol=1e-13)
    assert both.certificate.residual.value.shape == (2,)
    few = weighted_lstsq(Phi[:2], y[:2, 0], [1.0, 2.0])
    assert (few.lambda_min, few.cond) == (0.0, np.inf)
    np.testing.assert_allclose(Phi[:2] @ few.coef, 1.0)
    assert weighted_lstsq(np.zeros((0, 3)), np.zeros(0)).coef.tolist() == [0, 0, 0]
    assert weighted_lstsq(np.zeros((4, 2)), np.ones(4)).cond == np.inf
    for scale in (1e-300, 1e300):
        np.testing.assert_allclose(
            weighted_lstsq(scale * Phi, Phi @ [1.0, 2.0, 3.0]).coef * scale, [1, 2, 3]
        )
    with pytest.raises(InvalidInputError, match=r"weights\[1\] is -2"):
        weighted_lstsq(Phi[:2], y[:2, 0], [1, -2])
    with pytest.raises(InvalidInputError, match="y must have 9 rows"):
        weighted_lstsq(Phi, y[:3])
    with pytest.raises(InvalidTypeError, match="weights"):
        weighted_lstsq(Phi, y, np.ones(9) * 1j)


def test_bad_arguments_are_named():
    with pytest.raises(InvalidTypeError, match="features must be made by"):
        christoffel_sample(np.eye(3), 3)
    with pytest.raises(InvalidInputError, match="size must satisfy size >= 3|3 <= size"):
        rescaled_volume_sample(legendre(3), 2)
    with pytest.raises(InvalidInputError, match="density"):
        rescaled_volume_sample(legendre(3), 3, density="uniform")
    with pytest.raises(InvalidTypeError, match="density"):
        rescaled_volume_sample(legendre(3), 3, density=np.ones(3))
    with pytest.raises(InvalidInputError, match=r"density\[2\] is 0"):
        rescaled_volume_sample(small(), 3, density=[1, 1, 0, 1])
    with pytest.raises(InvalidInputError, match="repeats"):
        repeated_dpp_sample(legendre(3), -1)
    empty = repeated_dpp_sample(legendre(3), 0)
    assert empty.points.shape == (0,)
    assert float(empty.certificate.lambda_min) == 0.0
    assert christoffel_sample(tensor(legendre(2), legendre(2)), 0).points.shape == (0, 2)


def test_the_ends_of_the_range():
    Phi = legendre(3)(np.linspace(-1, 1, 9))
    huge = weighted_lstsq(Phi, 1e300 * np.arange(9.0))
    np.testing.assert_allclose(
        huge.coef / 1e300, weighted_lstsq(Phi, np.arange(9.0)).coef, atol=1e-12
    )
    assert np.isfinite(huge.certificate.residual.value)
    assert weighted_lstsq(Phi.astype("f"), Phi[:, 0].astype("f")).coef.dtype == np.float32
    np.testing.assert_allclose(
        weighted_lstsq(Phi, Phi[:, 1], np.full(9, 1e300)).coef, [0, 1, 0], atol=1e-12
    )
    assert np.isinf(hermite(3)([1e200])[0, 2])
    far = hermite(9)([1e200, -1e200])
    assert far[:, 4:].tolist() == [[np.inf] * 5, [np.inf, -np.inf] * 2 + [np.inf]]
    assert np.isinf(legendre(5).christoffel([1e100])).all()
    with pytest.raises(InvalidInputError, match="rectangular"):
        weighted_lstsq(Phi, [[1], [1, 2]])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize(
    ("of_Phi", "of_y", "of_w"), [(-1, -1, -1), (1, 1, 1), (1, 1, -1), (-1, -1, 1), (0, 0, -1)]
)
def test_least_squares_at_any_scale(of_Phi, of_y, of_w, dtype):
    # As much as sqrt(w) Phi or its squares leave the range, the minimizer does not.
    most = 40 if dtype == np.float32 else 330
    rng = np.random.default_rng(3)
    Phi = rng.standard_normal((9, 3)).astype(dtype)
    y, w = rng.standard_normal(9).astype(dtype), (0.5 + rng.random(9)).astype(Phi.real.dtype)
    if dtype == np.complex128:
        Phi += 1j * rng.standard_normal((9, 3))
    two = Phi.real.dtype.type(2.0)
    expected = weighted_lstsq(Phi, y, w)
    p, q, r = (int(2.4 * most * s) for s in (of_Phi, of_y, of_w))
    found = weighted_lstsq(Phi * two**p, y * two**q, w * two**r)
    np.testing.assert_allclose(np.ldexp(1.0, p - q) * found.coef, expected.coef, rtol=1e-5)
    assert found.cond == pytest.approx(expected.cond, rel=1e-4)


def test_coefficients_that_overflow_are_named():
    with pytest.raises(NumericalError, match="coef exceeds the largest float64"):
        weighted_lstsq(1e-300 * np.eye(3), 1e300 * np.ones(3))


@pytest.mark.filterwarnings("error")
def test_a_measure_with_points_where_all_features_vanish():
    features = discrete(np.vstack([np.eye(3), np.zeros((3, 3))]))
    points, weights, Phi = rescaled_volume_sample(features, 40, density="mixed", rng=0)
    assert (points >= 3).any()
    np.testing.assert_array_equal(weights[points >= 3], 2.0)
    np.testing.assert_allclose(weights, 2.0 / (1.0 + np.square(Phi).sum(axis=1) / 3.0), rtol=1e-14)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("density", [[1.0, 1.0, 1e-315, 1.0], [1e300, 1e300, 1e-30, 1e300]])
def test_a_density_whose_weight_overflows_is_named(density):
    with pytest.raises(InvalidInputError, match=r"density\[2\] is 1e-3.*its weight overflows"):
        rescaled_volume_sample(small(), 3, density=density, rng=0)


@pytest.mark.parametrize("delta", [1e-150, 1e-12, 1e-8, 0.01, 0.2499, 0.25, 0.9])
def test_the_rate_does_not_cancel(delta):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(400):
        d = mpmath.mpf(delta)
        below = d + (1 - d) * mpmath.log(1 - d)
        above = (1 + d) * mpmath.log(1 + d) - d
    assert chernoff_rate(delta) == pytest.approx(float(below), rel=1e-14, abs=0.0)
    assert chernoff_rate(delta, two_sided=True) == pytest.approx(float(above), rel=1e-14, abs=0.0)


def test_bounds_take_counts_only():
    with pytest.raises(InvalidTypeError, match=r"m must be an integer, got 2\.5"):
        sample_size_christoffel(2.5, 0.5, 0.5)
    with pytest.raises(InvalidTypeError, match="n must be an integer, got nan"):
        christoffel_failure(2, float("nan"), 0.5)
    with pytest.raises(InvalidTypeError, match="n must be an integer, got nan"):
        wls_error_factor(2, float("nan"), 0.5, 0.5)
    with pytest.raises(InvalidInputError, match="n exceeds all numbers"):
        sample_size_christoffel(2, 1e-200, 0.5)


def test_stable_designs_do_not_trust_the_certificate_they_are_given():
    def halved(rng):
        drawn = repeated_dpp_sample(legendre(4), 4, rng=rng)
        half = drawn.weights / 2.0
        return Design(drawn.points, half, drawn.Phi, certificate=drawn.certificate)

    # The trace of G is m/2: lambda_min is 1/2 at most, whatever the certificate says.
    with pytest.raises(ConvergenceError, match="in 20 draws"):
        stable_sample(halved, delta=0.5, max_redraws=20, rng=0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("points", "weights", "Phi", "match"),
    [
        (range(3), [1.0, -1.0, 1.0], np.eye(3), r"design\.weights\[1\] is -1"),
        (range(3), [1.0, np.nan, 1.0], np.eye(3), r"design\.weights\[1\] is nan"),
        (range(3), [1.0, 1.0], np.eye(3), r"design\.weights must have shape \(3,\)"),
        (range(2), [1.0, 1.0, 1.0], np.eye(3), r"design\.points must have 3 rows"),
        (range(3), [1.0, 1.0, 1.0], np.full((3, 3), np.inf), r"design\.Phi\[0, 0\] is inf"),
    ],
)
def test_a_design_of_the_user_is_checked(points, weights, Phi, match):
    with pytest.raises(InvalidInputError, match=match):
        stable_sample(lambda rng: Design(np.array(points), weights, Phi), rng=0)
    fine = stable_sample(lambda rng: Design([1, 2, 3], [3, 3, 3], np.eye(3).tolist()), rng=0)
    assert float(fine.certificate.lambda_min) == pytest.approx(1.0)
