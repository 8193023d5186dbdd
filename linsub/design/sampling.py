"""Random designs: independent points, rescaled volume sampling and repeated DPPs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense import svd
from linsub._core.random import RNGLike, Streams
from linsub.design.features import Features
from linsub.design.result import Design, DesignCertificate
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound, Info

__all__ = ["christoffel_sample", "extremes", "repeated_dpp_sample", "rescaled_volume_sample"]

DENSITIES = ("christoffel", "reference", "mixed")


def christoffel_sample(features: Features, size: int, *, rng: RNGLike = None) -> Design:
    """Draw independent points of the density k(x)/m, the best for independent ones.

    ``k(x) = sum_j |phi_j(x)|^2``, and the weights are ``w = m/k``.

    Parameters
    ----------
    features : Features
    size : int
        n, 0 or more. :func:`sample_size_christoffel` tells how many are enough.
    rng : None, int or numpy.random.Generator, optional

    Returns
    -------
    Design

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If an argument is out of range or no Features.

    Notes
    -----
    *Algorithm*: a feature is chosen uniformly and a point of its square (Cohen & Migliorati
    2017): by rejection for Legendre polynomials, by the eigenvalues of random matrices for those
    of Hermite; exact. *Accuracy*: ``design-chernoff``, ``design-weights``.

    References
    ----------
    Cohen, Migliorati, "Optimal weighted least-squares methods", SMAI J. Comput. Math. 3 (2017),
    arXiv 1608.00512.

    Examples
    --------
    >>> from linsub.design import christoffel_sample, legendre
    >>> points, weights, Phi = christoffel_sample(legendre(5), 40, rng=0)
    >>> points.shape, Phi.shape
    ((40,), (40, 5))
    """
    features = _features(features)
    n = scalars.as_integer(size, name="size", low=0)
    x = features._christoffel(n, Streams(rng).generator("sample"))
    return _design(features, x, _christoffel_weights, "christoffel")


def repeated_dpp_sample(features: Features, repeats: int, *, rng: RNGLike = None) -> Design:
    """Draw the points of independent projection DPPs: m of them in each repeat.

    Each point has the density k(x)/m, as in :func:`christoffel_sample`, and the points of a
    repeat keep apart. Of the three designs this has the best conditioned G for the same number
    of points.

    Parameters
    ----------
    features : Features
    repeats : int
        r, 0 or more; there are ``r m`` points.
    rng : None, int or numpy.random.Generator, optional

    Returns
    -------
    Design

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If an argument is out of range or no Features.

    Notes
    -----
    *Algorithm*: tridiagonal random matrices for Legendre and Hermite polynomials; the finite
    sampler of :func:`linsub.dpp.projection_dpp` for a discrete measure; accept-reject with
    proposals of the Christoffel density otherwise. *Accuracy*: ``design-error-factor``; how
    much more often G is well conditioned is measured, not proved (docs/theory/design.md).

    References
    ----------
    Nouy, Michel, "Weighted least-squares approximation with determinantal point processes and
    generalized volume sampling", arXiv 2312.14057.

    Examples
    --------
    >>> from linsub.design import legendre, repeated_dpp_sample
    >>> design = repeated_dpp_sample(legendre(5), 4, rng=0)
    >>> bool(float(design.certificate.lambda_min) > 0.2)
    True
    """
    features = _features(features)
    repeats = scalars.as_integer(repeats, name="repeats", low=0)
    streams = Streams(rng)
    blocks = [features._dpp(streams.generator("sample", i)) for i in range(repeats)]
    empty = features._christoffel(0, streams.generator("start"))
    return _design(features, np.concatenate([empty, *blocks]), _christoffel_weights, "repeated dpp")


def rescaled_volume_sample(
    features: Features, size: int, *, density: Any = "christoffel", rng: RNGLike = None
) -> Design:
    """Draw n points with the density of det(G) beside independent ones: volume sampling.

    The law ``(n - m)!/n! det(sum_i w(x_i) phi(x_i) phi(x_i)^H)`` with respect to n independent
    points of the density nu, and ``w = dmu/dnu``. The fit is unbiased.

    Parameters
    ----------
    features : Features
    size : int
        n, at least m.
    density : {"christoffel", "reference", "mixed"} or array_like of shape (N,), optional
        nu: of density k(x)/m with respect to mu; mu itself; or half of each, for which no
        weight is above 2. For a discrete measure also probabilities of its points, on any
        scale, positive wherever a feature is not zero.
    rng : None, int or numpy.random.Generator, optional

    Returns
    -------
    Design

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If an argument is out of range or no Features.

    Notes
    -----
    *Algorithm*: by Cauchy and Binet, the m points of a projection DPP with respect to mu and
    n - m independent points of nu, in random order; nothing is rejected. *Accuracy*:
    ``design-volume-law``; the loss is (m + 1) times the least one at most
    (``dpp-rescaled-loss``).

    References
    ----------
    Nouy, Michel, "Weighted least-squares approximation with determinantal point processes and
    generalized volume sampling", arXiv 2312.14057; Derezinski, Warmuth, Hsu, "Leveraged volume
    sampling for linear regression", NeurIPS 2018, arXiv 1802.06749.

    Examples
    --------
    >>> from linsub.design import legendre, rescaled_volume_sample
    >>> points, weights, Phi = rescaled_volume_sample(legendre(5), 20, density="mixed", rng=0)
    >>> bool(weights.max() <= 2)
    True
    """
    features = _features(features)
    n = scalars.as_integer(size, name="size", low=features.size)
    streams = Streams(rng)
    generator = streams.generator("shuffle")
    free, weigh, name = _density(features, density)
    x = np.concatenate(
        [features._dpp(streams.generator("sample")), free(n - features.size, generator)]
    )
    return _design(features, generator.permutation(x, axis=0), weigh, f"volume, {name}")


Weigh = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _christoffel_weights(x: np.ndarray, Phi: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / _christoffel_density(Phi))


def _christoffel_density(Phi: np.ndarray) -> np.ndarray:
    return np.asarray(np.square(np.abs(Phi)).sum(axis=1) / Phi.shape[1])


def _density(features: Features, density: Any) -> tuple[Callable[..., np.ndarray], Weigh, str]:
    """Return how to draw from nu, and its weights."""
    if not isinstance(density, str):
        given = getattr(features, "_given_density", None)
        if given is None:
            raise InvalidTypeError(
                f"density must be one of {', '.join(map(repr, DENSITIES))} for {features!r}; "
                "an array of probabilities belongs to discrete(...)"
            )
        draw, weights = given(density)
        return draw, lambda x, Phi: weights[x], "given density"
    name = scalars.as_choice(density, name="density", choices=DENSITIES)
    if name == "christoffel":
        return features._christoffel, _christoffel_weights, name
    if name == "reference":
        return features._reference, lambda x, Phi: np.ones(Phi.shape[0]), name

    def mixed(n: int, generator: np.random.Generator) -> np.ndarray:
        count = int(generator.binomial(n, 0.5))
        first = features._christoffel(count, generator)
        return np.concatenate([first, features._reference(n - count, generator)])

    # Of k(x)/m itself: mu may have points where it is 0.
    return mixed, lambda x, Phi: 2.0 / (1.0 + _christoffel_density(Phi)), name


def _features(features: Any) -> Features:
    if not isinstance(features, Features):
        raise InvalidTypeError(
            f"features must be made by legendre, hermite, fourier, tensor or discrete, got "
            f"{type(features).__name__}; for an array of features pass discrete(features, weights)"
        )
    return features


def extremes(Phi: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return the least and the largest eigenvalue of ``(1/n) Phi^H W Phi``."""
    n, m = Phi.shape
    if n == 0 or m == 0:
        return 0.0, 0.0
    sigma = svd.singular_values(Phi * np.sqrt(weights / n)[:, None]).astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        return float(sigma[-1] ** 2) if n >= m else 0.0, float(sigma[0] ** 2)


def _design(features: Features, x: np.ndarray, weigh: Weigh, method: str) -> Design:
    points, Phi = features._at(x)
    return made(points, weigh(x, Phi), Phi, Info(method))


def made(points: np.ndarray, weights: np.ndarray, Phi: np.ndarray, info: Info) -> Design:
    """Return a design with its certificate."""
    if not np.isfinite(weights).all():
        raise InvalidInputError("a point was drawn where all features vanish; no weight fits it")
    low, high = extremes(Phi, weights)
    certificate = DesignCertificate(
        lambda_min=Bound(low, "exact", "lambda_min(G)"),
        lambda_max=Bound(high, "exact", "lambda_max(G)"),
        largest_weight=Bound(float(weights.max(initial=0.0)), "exact", "max w"),
    )
    return Design(points, weights, Phi, certificate=certificate, info=info)
