"""A polynomial for any function of singular values, from its values at Chebyshev nodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
from linsub.svt.polynomial import (
    PARITIES,
    Parity,
    SVTPolynomial,
    as_interval,
    chebyshev_nodes,
    polynomial_of_samples,
)

__all__ = ["cheb_interpolant", "values_of"]

_EPS = float(np.finfo(np.float64).eps)

# The first number of nodes; it is doubled until the coefficients have fallen far enough.
FIRST = 16

# Points of the grid on which the error is measured, for each coefficient: between the nodes.
FINER = 4


def cheb_interpolant(
    f: Callable[[np.ndarray], Any],
    interval: tuple[float, float] = (0.0, 1.0),
    tol: float = 1e-8,
    *,
    parity: Parity,
    max_degree: int = 16384,
) -> SVTPolynomial:
    """Polynomial near a function of your own, of the parity that is asked for.

    ``|p(x) - f(x)| <= tol * max |f|`` on `interval`, as measured on a grid.

    Parameters
    ----------
    f : callable
        Takes an array of singular values within `interval` and returns real values.
    interval : tuple of float, optional
        ``0 <= lower < upper``, any ends for parity ``none``. An odd f that does not vanish at 0,
        as the sign, or one that is singular there, needs lower > 0.
    tol : float, optional
        In (0, 1).
    parity : {"even", "odd", "none"}
        How f continues to negative arguments; ``none`` is for eigenvalues.
    max_degree : int, optional
        Where to give up.

    Returns
    -------
    SVTPolynomial
        Of kind ``estimate``: from values alone nothing is proved between them.

    Raises
    ------
    NumericalError
        If `max_degree` does not suffice; the message has the error that was reached.
    NonFiniteError
        If f is not finite at some node.
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* Interpolation of f(x), or of f(x) / x where odd, in x^2 at Chebyshev nodes, twice
    as many until the last quarter of the coefficients has fallen below the tolerance; then cut off
    where the rest sums to less. *Accuracy.* The error is measured at four times as many points.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svt import cheb_interpolant
    >>> p = cheb_interpolant(lambda x: x / (x**2 + 0.01), (0.0, 1.0), 1e-8, parity="odd")
    >>> p.degree < 400, p.error_bound < 1e-7
    (True, True)
    """
    scalars.as_choice(parity, name="parity", choices=PARITIES)
    interval = as_interval(interval, parity)
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(False, False))
    max_degree = scalars.as_integer(max_degree, name="max_degree", low=1)
    if not callable(f):
        raise InvalidTypeError(f"f must be callable or an SVTPolynomial, got {type(f).__name__}")
    most = max_degree if parity == "none" else (max_degree - (parity == "odd")) // 2
    count = FIRST
    while True:
        count = min(count, most + 1)
        x = nodes_in(interval, parity, count)
        values = values_of(f, x)
        # Sums of values near the largest number, or near the smallest, are taken near 1.
        size, exponent = math.frexp(float(np.abs(values).max()))
        values = np.ldexp(values, -exponent)
        coef = polynomial_of_samples(_reduced(values, x, interval, parity))
        last = coef[-max(2, count // 4) :]
        if float(np.abs(last).sum()) <= max(0.25 * tol, 8.0 * _EPS * math.sqrt(count)) * size:
            break
        if count == most + 1:
            raise NumericalError(
                f"f is not resolved at degree {max_degree}: the last coefficients still are "
                f"{float(np.abs(last).max() / size):.2g} of the largest |f|; smooth f, give an "
                "interval away from where it is singular, raise tol or max_degree"
            )
        count *= 2
    rest = np.cumsum(np.abs(coef)[::-1])[::-1]
    keep = max(1, int(np.count_nonzero(rest > 0.5 * tol * size)))
    made = SVTPolynomial(coef[:keep], parity, interval, kind="estimate")
    x = nodes_in(interval, parity, FINER * count + 1)
    error = np.ldexp(float(np.abs(made(x) - np.ldexp(values_of(f, x), -exponent)).max()), exponent)
    with np.errstate(over="ignore"):
        coef = np.ldexp(coef[:keep], exponent)
    if not np.isfinite(coef).all():
        raise NumericalError("coefficients exceed the largest number; divide f by a power of two")
    return SVTPolynomial(coef, parity, interval, error_bound=float(error), kind="estimate")


def nodes_in(interval: tuple[float, float], parity: str, count: int) -> np.ndarray:
    """Return points of the interval at which z has the Chebyshev nodes."""
    lower, upper = interval
    z = chebyshev_nodes(count)
    if parity == "none":
        return np.asarray(np.clip(0.5 * lower * (1.0 - z) + 0.5 * upper * (1.0 + z), lower, upper))
    d = lower / upper
    t = np.sqrt(0.5 * ((1.0 + z) + d * d * (1.0 - z)))
    return np.asarray(np.clip(t * upper, lower, upper))


def _reduced(
    values: np.ndarray, x: np.ndarray, interval: tuple[float, float], parity: str
) -> np.ndarray:
    if parity != "odd":
        return values
    t = x / interval[1]
    if not t.all():
        raise InvalidInputError(
            f"interval {interval} is too short: points of it are rounded to 0; multiply A, and the "
            "argument of f, by a power of two"
        )
    return values / t


def values_of(f: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
    """Return f at the points, checked."""
    given = x.copy()
    given.flags.writeable = False
    with np.errstate(all="ignore"):
        values = np.asarray(f(given))
    if values.dtype.kind not in "fiub":
        raise InvalidTypeError(
            f"f returned dtype {values.dtype}; real values are needed (apply the real and the "
            "imaginary part of a complex f one after the other)"
        )
    if values.shape not in ((), x.shape):
        raise InvalidInputError(f"f returned shape {values.shape} for {x.shape}; one value a point")
    values = np.broadcast_to(values.astype(np.float64), x.shape)
    if not np.isfinite(values).all():
        i = int(np.argmin(np.isfinite(values)))
        raise NonFiniteError(f"f({x[i]:.6g}) is {values[i]}; give an interval on which f is finite")
    return values
