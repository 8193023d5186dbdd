"""Polynomials of singular values: a Chebyshev series in the square, and its certified error."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.svt import bounds

__all__ = ["PARITIES", "Parity", "SVTPolynomial", "clenshaw", "polynomial_of_samples"]

Parity = Literal["even", "odd", "none"]
PARITIES = ("even", "odd", "none")

# Points of a grid for the largest value, for each degree; the factor of Ehlich and Zeller is
# then 1 / cos(pi / 20) = 1.0125.
GRID = 10


@dataclasses.dataclass(frozen=True, eq=False)
class SVTPolynomial:
    """A polynomial of given parity, with a bound on its distance from a function.

    With ``t = x / end`` and ``z = (2 t^2 - 1 - d^2) / (1 - d^2)``, where ``end`` is the upper end
    of `interval` and d the ratio of its ends, ``p(x) = sum c_k T_k(z)`` (even) or
    ``t sum c_k T_k(z)`` (odd). With parity ``none``, for eigenvalues of Hermitian matrices, z
    maps `interval` to [-1, 1] and ``p(x) = sum c_k T_k(z)``.

    Attributes
    ----------
    coef : ndarray of shape (k,), float64
        The coefficients c, read-only.
    parity : {"even", "odd", "none"}
    interval : tuple of float
        Where singular values (eigenvalues) are expected: 0 <= lower < upper unless parity is
        ``none``.
    error_bound : float
        ``max |p - f|`` on `interval`, outside of `gap`, for the polynomial with exactly these
        coefficients; 0 where p itself is the function.
    kind : {"bound", "estimate"}
        Whether that is proved, or measured on a grid.
    gap : tuple of float or None
        An open interval in which nothing is said of p - f.
    relative_error : float or None
        ``max |p - f| / |f|``, where that is what was bounded.
    of : str
        The function, as a formula.

    Examples
    --------
    >>> from linsub.svt import SVTPolynomial
    >>> p = SVTPolynomial([0.5, 0.5], "even")          # T_0 / 2 + T_1(2 x^2 - 1) / 2 = x^2
    >>> p(0.3).round(12), p.degree
    (np.float64(0.09), 2)
    """

    coef: np.ndarray
    parity: Parity
    interval: tuple[float, float] = (0.0, 1.0)
    error_bound: float = 0.0
    kind: Literal["bound", "estimate"] = "bound"
    gap: tuple[float, float] | None = None
    relative_error: float | None = None
    of: str = "f"

    def __post_init__(self) -> None:
        coef = arrays.as_vector(self.coef, name="coef").copy()
        if coef.dtype.kind == "c":
            raise InvalidTypeError(
                "coef is complex; apply a polynomial of its real parts and one of the others"
            )
        if coef.size == 0:
            raise InvalidInputError("coef is empty; a polynomial has one coefficient at least")
        scalars.as_choice(self.parity, name="parity", choices=PARITIES)
        coef = coef.astype(np.float64, copy=False)
        coef.flags.writeable = False
        object.__setattr__(self, "coef", coef)
        object.__setattr__(self, "interval", as_interval(self.interval, self.parity))

    def __setstate__(self, state: dict[str, Any]) -> None:
        # An array comes out of a pickle or a deep copy writeable.
        self.__dict__.update(state)
        self.coef.flags.writeable = False

    @property
    def degree(self) -> int:
        """The degree in x, and the number of products that applying it takes."""
        n = self.coef.size - 1
        return n if self.parity == "none" else 2 * n + (self.parity == "odd")

    @property
    def end(self) -> float:
        """The unit of x: the larger size of the ends of the interval."""
        return max(abs(self.interval[0]), abs(self.interval[1]))

    @property
    def growth(self) -> float:
        """The theta for which T_k(z) grows like cosh(k theta) down to x = 0."""
        if self.parity == "none":
            return 0.0
        return 2.0 * math.atanh(self.interval[0] / self.interval[1])

    def mapped(self, x: np.ndarray) -> np.ndarray:
        """Return z of x."""
        lower, upper = (end / self.end for end in self.interval)
        t = x / self.end
        if self.parity == "none":
            return np.asarray((2.0 * t - (lower + upper)) / (upper - lower))
        return np.asarray(2.0 * (t - lower) * (t + lower) / ((1.0 - lower) * (1.0 + lower)) - 1.0)

    def __call__(self, x: Any) -> Any:
        """Return p(x), entry by entry, by Clenshaw's recurrence."""
        points = np.asarray(x)
        if points.dtype.kind not in "fiub":
            raise InvalidTypeError(f"x has dtype {points.dtype}; singular values are real")
        points = points.astype(np.float64)
        values = clenshaw(self.coef, self.mapped(points))
        if self.parity == "odd":
            values = values * (points / self.end)
        return values[()]  # a number for a number

    def chebyshev(self) -> np.ndarray:
        """Return the coefficients b of ``p = sum_j b_j T_j(x / end)``, of length degree + 1.

        For parity ``none`` those are the coefficients on the interval itself. Every second one
        is 0 otherwise. Found from as many values of p as it has coefficients.
        """
        if self.parity == "none":
            return self.coef.copy()
        nodes = chebyshev_nodes(self.degree + 1)
        found = polynomial_of_samples(self(nodes * self.end))
        found[1 - self.degree % 2 :: 2] = 0.0
        return found

    def supremum(self) -> float:
        """Return a proved bound on ``max |p(x)|``, |x| <= end (in the interval for ``none``).

        The largest value on a grid of Chebyshev points, times the factor of Ehlich and Zeller
        (claim ``svt-supremum``), with its rounding.
        """
        count = GRID * max(1, self.degree)
        nodes = np.cos(np.pi * np.arange(count + 1) / count)
        if self.parity == "none":
            lower, upper = self.interval
            values = self(0.5 * (lower + upper) + 0.5 * (upper - lower) * nodes)
        else:
            values = self(nodes[nodes >= -0.1] * self.end)
        rounding = bounds.clenshaw_rounding(self.coef, self.growth)
        return float(bounds.grid_factor(self.degree, count) * (np.abs(values).max() + rounding))

    def stretched(self, factor: float) -> SVTPolynomial:
        """Return ``x -> p(x / factor)``, whose interval is `factor` times as long.

        A polynomial that is made for singular values up to 1 so fits a matrix of another norm.
        """
        factor = scalars.as_real(factor, name="factor", low=0.0, include=(False, True))

        def longer(pair: tuple[float, float]) -> tuple[float, float]:
            return pair[0] * factor, pair[1] * factor

        gap = None if self.gap is None else longer(self.gap)
        return dataclasses.replace(self, interval=longer(self.interval), gap=gap)


def as_interval(interval: Any, parity: str) -> tuple[float, float]:
    """Return a checked interval of singular values, or of eigenvalues where parity is none."""
    try:
        lower, upper = interval
    except (TypeError, ValueError):
        raise InvalidInputError(
            f"interval must be a pair (lower, upper), got {interval!r}"
        ) from None
    low = None if parity == "none" else 0.0
    lower = scalars.as_real(lower, name="interval[0]", low=low)
    upper = scalars.as_real(upper, name="interval[1]")
    if not lower < upper:
        raise InvalidInputError(f"interval must have lower < upper, got {(lower, upper)}")
    if not lower / upper < 1.0 and parity != "none":
        raise InvalidInputError(f"the ends of the interval {(lower, upper)} are equal to rounding")
    return lower, upper


def clenshaw(coef: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return ``sum c_k T_k(z)``."""
    one, two = np.zeros_like(z), np.zeros_like(z)
    twice = 2.0 * z
    with np.errstate(over="ignore", invalid="ignore"):
        for c in coef[:0:-1]:
            one, two = twice * one - two + c, one
        return np.asarray(z * one - two + coef[0])


def chebyshev_nodes(count: int) -> np.ndarray:
    """Return the zeros of T_count, descending."""
    return np.cos(np.pi * (np.arange(count) + 0.5) / count)


def polynomial_of_samples(values: np.ndarray) -> np.ndarray:
    """Return the coefficients of the polynomial with these values at the Chebyshev nodes."""
    from scipy import fft

    coef = fft.dct(values, type=2) / values.size
    coef[0] *= 0.5
    return np.asarray(coef)
