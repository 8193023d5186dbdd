"""Projection processes on the line by eigenvalues of random Jacobi matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense import eigh
from linsub._core.random import RNGLike, Streams

__all__ = ["hermite_dpp", "jacobi_dpp"]

# Parameters whose sums, and the Gamma variates made from them, are far from overflow.
_LARGEST = 1e100


def jacobi_dpp(
    m: int, a: float = 0.0, b: float = 0.0, *, n_samples: int | None = None, rng: RNGLike = None
) -> np.ndarray:
    """Draw m points in [-1, 1] of the DPP of the first m Jacobi polynomials.

    The density is proportional to ``prod_{i<j} (x_i - x_j)^2 prod_i (1 - x_i)^a (1 + x_i)^b``: the
    projection process of the polynomials of degree below m, orthonormal for this weight.

    Parameters
    ----------
    m : int
        0 or more.
    a, b : float, optional
        Above -1, 1e100 at most. By default both are 0: Legendre polynomials.
    n_samples : int, optional
        How many independent samples to return; by default a single one, without the first axis.
    rng : None, int or numpy.random.Generator, optional
        What :func:`numpy.random.default_rng` takes. Sample i is the same whatever `n_samples` is.

    Returns
    -------
    ndarray of shape (m,) or (n_samples, m)
        Ascending. It is a sample of a set: shuffle it before giving its points different roles.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If an argument is out of range.

    See Also
    --------
    linsub.design.christoffel_sample : Independent points of the same density.

    Notes
    -----
    *Algorithm*: eigenvalues of a random tridiagonal matrix with independent Beta entries
    (Killip & Nenciu 2004, theorem 2, for beta = 2), by LAPACK. *Cost*: ``O(m^3)`` with a small
    constant, since the matrix is passed as a full one. *Accuracy*: ``dpp-jacobi-moments``.

    References
    ----------
    Killip, Nenciu, "Matrix models for circular ensembles", IMRN 50 (2004).

    Examples
    --------
    >>> from linsub.dpp import jacobi_dpp
    >>> x = jacobi_dpp(5, rng=0)
    >>> x.shape, bool((abs(x) <= 1).all())
    ((5,), True)
    """
    m = scalars.as_integer(m, name="m", low=0)
    a = scalars.as_real(a, name="a", low=-1.0, high=_LARGEST, include=(False, True))
    b = scalars.as_real(b, name="b", low=-1.0, high=_LARGEST, include=(False, True))
    A, B = b + 1.0, a + 1.0

    def coefficients(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        i = np.arange(1, m + 1)
        odd = generator.beta(m - i + A, m - i + B)
        even = generator.beta((m - i)[:-1], (m - i - 1)[:-1] + A + B)
        before = np.concatenate([[1.0], 1.0 - even])
        xi = odd * before
        eta = (1.0 - odd[:-1]) * even
        diagonal = xi.copy()
        diagonal[1:] += eta
        return 2.0 * diagonal - 1.0, 2.0 * np.sqrt(xi[:-1] * eta)

    return np.asarray(np.clip(_eigenvalues(m, coefficients, n_samples, rng), -1.0, 1.0))


def hermite_dpp(m: int, *, n_samples: int | None = None, rng: RNGLike = None) -> np.ndarray:
    """Draw m real points of the DPP of the first m Hermite polynomials.

    The density is proportional to ``prod_{i<j} (x_i - x_j)^2 prod_i exp(-x_i^2 / 2)``: the
    projection process of the polynomials of degree below m, orthonormal for the standard
    normal distribution, and the eigenvalues of the Gaussian unitary ensemble.

    Parameters
    ----------
    m : int
        0 or more.
    n_samples : int, optional
        How many independent samples to return; by default a single one, without the first axis.
    rng : None, int or numpy.random.Generator, optional
        What :func:`numpy.random.default_rng` takes. Sample i is the same whatever `n_samples` is.

    Returns
    -------
    ndarray of shape (m,) or (n_samples, m)
        Ascending. It is a sample of a set: shuffle it before giving its points different roles.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If m is out of range.

    Notes
    -----
    *Algorithm*: eigenvalues of a random tridiagonal matrix with normal and Gamma entries
    (Dumitriu & Edelman 2002, for beta = 2), by LAPACK. *Cost*: ``O(m^3)`` with a small
    constant, since the matrix is passed as a full one. *Accuracy*: ``dpp-hermite-moments``.

    References
    ----------
    Dumitriu, Edelman, "Matrix models for beta ensembles", J. Math. Phys. 43 (2002).

    Examples
    --------
    >>> from linsub.dpp import hermite_dpp
    >>> hermite_dpp(4, n_samples=2, rng=0).shape
    (2, 4)
    """
    m = scalars.as_integer(m, name="m", low=0)

    def coefficients(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        diagonal = generator.standard_normal(m)
        return diagonal, np.sqrt(generator.standard_gamma(np.arange(m - 1, 0, -1.0)))

    return _eigenvalues(m, coefficients, n_samples, rng)


def _eigenvalues(m: int, coefficients: Any, n_samples: Any, rng: RNGLike) -> np.ndarray:
    if n_samples is not None:
        n_samples = scalars.as_integer(n_samples, name="n_samples", low=0)
    streams, count = Streams(rng), 1 if n_samples is None else n_samples
    found = np.empty((count, m))
    rows = np.arange(m)
    for i in range(count if m else 0):
        T = np.zeros((m, m))
        T[rows, rows], T[rows[1:], rows[:-1]] = coefficients(streams.generator("sample", i))
        found[i] = eigh.eigenvalues(T)[::-1]
    return found[0] if n_samples is None else found
