"""Orthonormal features with a reference measure, from which points can be drawn."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, as_vector, as_vector_or_matrix
from linsub._core.dense import eigh
from linsub._core.dense.full_rank import basis
from linsub.dpp import hermite_dpp, jacobi_dpp, projection_dpp
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["Features", "discrete", "fourier", "hermite", "legendre", "real_weights", "tensor"]

# Beyond, squares of Hermite polynomials overflow where the points are.
_HERMITE = 300

# Entries of the stack of matrices whose eigenvalues are found in one call.
_STACK = 1 << 18


class Features:
    """m functions that are orthonormal for a probability measure mu.

    Made by :func:`legendre`, :func:`hermite`, :func:`fourier`, :func:`tensor` or
    :func:`discrete`; ``features(x)`` evaluates them.

    Attributes
    ----------
    size : int
        m.
    dim : int
        Coordinates of a point; points have shape (n,) where it is 1, (n, dim) otherwise.
    """

    size: int
    dim: int = 1

    def __call__(self, x: Any) -> np.ndarray:
        """Return phi(x) as (n, m), real or complex."""
        return self._evaluate(self._points(x))

    def christoffel(self, x: Any) -> np.ndarray:
        """Return ``k(x) = sum_j |phi_j(x)|^2`` (n,), the inverse Christoffel function."""
        with np.errstate(over="ignore"):  # far from where the measure is
            return np.asarray(np.square(np.abs(self(x))).sum(axis=1))

    def _first(self, m: int) -> Features:
        """Return the first m of these."""
        return type(self)(m)  # type: ignore[call-arg]

    def _points(self, x: Any) -> np.ndarray:
        if self.dim == 1:
            return _real(as_vector(x, name="x"))
        points = _real(as_matrix(x, name="x", order="C"))
        if points.shape[1] != self.dim:
            raise InvalidInputError(f"x must have shape (n, {self.dim}), got {points.shape}")
        return points

    def _evaluate(self, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _reference(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Return n independent points of mu."""
        raise NotImplementedError

    def _component(self, k: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return for each k a point of the density |phi_k|^2 with respect to mu."""
        raise NotImplementedError

    def _christoffel(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Return n independent points of the density k(x)/m with respect to mu."""
        return self._component(generator.integers(self.size, size=n), generator)

    def _dpp(self, generator: np.random.Generator) -> np.ndarray:
        """Return the m points of the projection DPP, in random order, by accept-reject."""
        m = self.size
        Q = np.zeros((m, m), np.complex128)
        found: list[np.ndarray] = []
        while len(found) < m:
            x = self._christoffel(2 * m, generator)
            Phi = self._evaluate(x)
            for v, point, u in zip(Phi, x, generator.random(2 * m), strict=True):
                t = len(found)
                if t == m:
                    break
                size = float(np.vdot(v, v).real)
                c = Q[:t].conj() @ v
                if size - float(np.vdot(c, c).real) <= u * size:
                    continue
                rest = v - c @ Q[:t]
                rest = rest - (Q[:t].conj() @ rest) @ Q[:t]
                Q[t] = rest / np.linalg.norm(rest)
                found.append(point)
        return generator.permutation(np.array(found)) if m else self._christoffel(0, generator)

    def _at(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what a design reports of drawn points: the points and their features."""
        return x, self._evaluate(x)

    def __repr__(self) -> str:
        return f"<{type(self).__name__.strip('_').lower()} features, m = {self.size}>"


def _real(x: np.ndarray) -> np.ndarray:
    if x.dtype.kind == "c":
        raise InvalidTypeError("x is complex; points are real")
    return x.astype(np.float64)


def _recurrence(x: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return orthonormal polynomials by ``b_{k+1} p_{k+1} = x p_k - b_k p_{k-1}``, p_0 = 1."""
    m = steps.size + 1
    P = np.empty((m, x.size))
    P[0] = 1.0
    if m > 1:
        P[1] = x / steps[0]
    with np.errstate(over="ignore", invalid="ignore"):  # far from where the measure is
        for k in range(1, m - 1):
            P[k + 1] = (x * P[k] - steps[k - 1] * P[k - 1]) / steps[k]
    lost = np.isnan(P)  # the difference of two that overflowed, which has the sign of x^k
    if lost.any():
        P[lost] = (np.inf * np.where(np.arange(m)[:, None] % 2, np.sign(x), 1.0))[lost]
    return P.T


class _Legendre(Features):
    def __init__(self, m: int) -> None:
        k = np.arange(1.0, m)
        self.size, self._steps = m, k / np.sqrt(4.0 * k * k - 1.0)

    def _evaluate(self, x: np.ndarray) -> np.ndarray:
        return _recurrence(x, self._steps)

    def _reference(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return generator.uniform(-1.0, 1.0, n)

    def _component(self, k: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        # Bernstein: p_k(x)^2 (1 - x^2)^(1/2) <= 4/pi, hence rejection from the arcsine law.
        x, todo = np.empty(k.size), np.arange(k.size)
        while todo.size:
            angle = np.pi * generator.random(todo.size)
            x[todo] = np.cos(angle)
            value = self._evaluate(x[todo])[np.arange(todo.size), k[todo]]
            keep = generator.random(todo.size) < value**2 * np.sin(angle) * (np.pi / 4.0)
            todo = todo[~keep]
        return x

    def _dpp(self, generator: np.random.Generator) -> np.ndarray:
        return generator.permutation(jacobi_dpp(self.size, rng=generator))


class _Hermite(Features):
    def __init__(self, m: int) -> None:
        self.size, self._steps = m, np.sqrt(np.arange(1.0, m))

    def _evaluate(self, x: np.ndarray) -> np.ndarray:
        return _recurrence(x, self._steps)

    def _reference(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return generator.standard_normal(n)

    def _component(self, k: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        # The density of the first k + 1 is k + 1 times as much at most.
        x = np.empty(k.size)
        for order in np.unique(k):
            todo = np.flatnonzero(k == order)
            while todo.size:
                tried = _of_the_process(int(order) + 1, todo.size, generator)
                P = _recurrence(tried, self._steps[:order])
                share = np.square(P[:, order]) / np.square(P).sum(axis=1)
                keep = generator.random(todo.size) < share
                x[todo[keep]] = tried[keep]
                todo = todo[~keep]
        return x

    def _christoffel(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return _of_the_process(self.size, n, generator)

    def _dpp(self, generator: np.random.Generator) -> np.ndarray:
        return generator.permutation(hermite_dpp(self.size, rng=generator))


def _of_the_process(m: int, n: int, generator: np.random.Generator) -> np.ndarray:
    """Return one point each of n independent Hermite processes: the density k(x)/m."""
    x, rows = np.empty(n), np.arange(m)
    for first in range(0, n, max(1, _STACK // (m * m))):
        count = min(n - first, max(1, _STACK // (m * m)))
        T = np.zeros((count, m, m))
        T[:, rows, rows] = generator.standard_normal((count, m))
        shapes = np.arange(m - 1, 0, -1.0)
        T[:, rows[1:], rows[:-1]] = np.sqrt(generator.standard_gamma(shapes, (count, m - 1)))
        values = eigh.eigenvalues(T)
        x[first : first + count] = values[np.arange(count), generator.integers(m, size=count)]
    return x


class _Fourier(Features):
    def __init__(self, m: int) -> None:
        self.size = m
        k = np.arange(m)
        self._frequencies = (k + 1) // 2 * np.where(k % 2, 1, -1)

    def _evaluate(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.exp(2j * np.pi * np.outer(x, self._frequencies)))

    def _reference(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return generator.random(n)

    def _component(self, k: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        return generator.random(k.size)


class _Tensor(Features):
    def __init__(self, factors: tuple[Features, ...], indices: np.ndarray) -> None:
        self.size, self.dim = indices.shape
        self._factors, self._indices = factors, indices

    def _evaluate(self, x: np.ndarray) -> np.ndarray:
        product: Any = 1.0
        for d, factor in enumerate(self._factors):
            product = product * factor._evaluate(x[:, d])[:, self._indices[:, d]]
        return np.asarray(product)

    def _reference(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return np.stack([factor._reference(n, generator) for factor in self._factors], axis=1)

    def _component(self, k: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        drawn = [f._component(self._indices[k, d], generator) for d, f in enumerate(self._factors)]
        return np.stack(drawn, axis=1)


class _Discrete(Features):
    """Points are their numbers here; `_at` hands back the user's own."""

    def __init__(self, Phi: np.ndarray, points: np.ndarray, weights: np.ndarray) -> None:
        self.size = Phi.shape[1]
        self._weights, self._given = weights / weights.sum(), points
        live = np.flatnonzero(self._weights)
        root = np.sqrt(self._weights[live])[:, None]
        U = basis(np.ascontiguousarray(Phi[live] * root), "features")
        self._live, self._U = live, U
        self._values = np.zeros(Phi.shape, U.dtype)
        self._values[live] = U / root
        self._cdfs: dict[str, np.ndarray] = {}

    def _points(self, x: Any) -> np.ndarray:
        i = np.asarray(x)
        if i.ndim != 1 or i.dtype.kind not in "iu":
            raise InvalidTypeError(
                "x must be a vector of integers: features on a discrete measure are known at its "
                "points alone, and these are numbered"
            )
        if i.size and not (i.min() >= 0 and i.max() < self._given.shape[0]):
            raise InvalidInputError(f"x must hold numbers in 0 .. {self._given.shape[0] - 1}")
        return i

    def _evaluate(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self._values[x])

    def _draw(self, n: int, name: str, p: Any, generator: np.random.Generator) -> np.ndarray:
        if name not in self._cdfs:
            self._cdfs[name] = np.cumsum(p)
        cdf = self._cdfs[name]
        i = np.searchsorted(cdf, generator.random(n) * cdf[-1], side="right")
        last = np.searchsorted(cdf, cdf[-1], side="left")  # what was rounded up to the total
        return np.asarray(self._live[np.minimum(i, last)])

    def _reference(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return self._draw(n, "reference", self._weights[self._live], generator)

    def _christoffel(self, n: int, generator: np.random.Generator) -> np.ndarray:
        return self._draw(n, "christoffel", np.square(np.abs(self._U)).sum(axis=1), generator)

    def _given_density(self, density: Any) -> tuple[Any, np.ndarray]:
        """Return how to draw points of a density, on any scale, and the weights of all."""
        q = real_weights(density, self._given.shape[0], "density")
        used = np.zeros(q.size, bool)
        used[self._live] = np.abs(self._U).max(axis=1) > 0.0
        given, q = q, q / (q.max() or 1.0)
        q = q / (q.sum() or 1.0)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            weights = np.where(q > 0.0, self._weights / q, 0.0)
        lost = (used & (q == 0.0)) | ~np.isfinite(weights)
        if lost.any():
            i = int(np.argmax(lost))
            least = ", so little beside the rest that its weight overflows" if given[i] else ""
            raise InvalidInputError(
                f"density[{i}] is {given[i]:.3g}{least}; it must be positive where the features "
                "are not 0, and not that small"
            )
        cdf, last = np.cumsum(q), int(np.flatnonzero(q)[-1])

        def draw(n: int, generator: np.random.Generator) -> np.ndarray:
            i = np.searchsorted(cdf, generator.random(n) * cdf[-1], side="right")
            return np.asarray(np.minimum(i, last))

        return draw, weights

    def _dpp(self, generator: np.random.Generator) -> np.ndarray:
        S = projection_dpp(self._U, orthonormal="assume", check_finite=False, rng=generator)
        return np.asarray(generator.permutation(self._live[S]))

    def _at(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._given[x], self._values[x]


def legendre(m: int) -> Features:
    """Return the Legendre polynomials of degree below m, orthonormal for U(-1, 1).

    Parameters
    ----------
    m : int
        1 or more.

    Examples
    --------
    >>> from linsub.design import legendre
    >>> legendre(3)([1.0]).round(12).tolist()  # sqrt(2k + 1) at the end
    [[1.0, 1.732050807569, 2.2360679775]]
    """
    return _Legendre(scalars.as_integer(m, name="m", low=1))


def hermite(m: int) -> Features:
    """Return the Hermite polynomials of degree below m, orthonormal for N(0, 1).

    Parameters
    ----------
    m : int
        1 to 300; beyond, their squares overflow where points are drawn.

    Examples
    --------
    >>> from linsub.design import hermite
    >>> hermite(3)([2.0]).round(12).tolist()  # 1, x, (x^2 - 1)/sqrt(2)
    [[1.0, 2.0, 2.12132034356]]
    """
    return _Hermite(scalars.as_integer(m, name="m", low=1, high=_HERMITE))


def fourier(m: int) -> Features:
    """Return ``exp(2 pi i k x)`` for k = 0, 1, -1, 2, -2, ..., orthonormal for U(0, 1).

    Parameters
    ----------
    m : int
        1 or more.

    Examples
    --------
    >>> from linsub.design import fourier
    >>> fourier(3)([0.25]).round(12).imag.tolist()
    [[0.0, 1.0, -1.0]]
    """
    return _Fourier(scalars.as_integer(m, name="m", low=1))


def tensor(*factors: Features, degree: int | None = None) -> Features:
    """Return products of features in several variables, orthonormal for the product measure.

    Parameters
    ----------
    *factors : Features
        Of one variable each.
    degree : int, optional
        Keep the products whose indices, counted from 0, have at most this sum: for polynomials,
        the total degree. By default all are kept.

    Examples
    --------
    >>> from linsub.design import legendre, tensor
    >>> tensor(legendre(4), legendre(4), degree=3).size
    10
    """
    for factor in factors:
        if not isinstance(factor, Features) or isinstance(factor, _Discrete) or factor.dim != 1:
            raise InvalidTypeError(
                f"factors must be legendre, hermite or fourier features, got {factor!r}; products "
                "of others go through discrete(...)"
            )
    if not factors:
        raise InvalidInputError("factors must hold at least one set of features, got none")
    if degree is not None:
        degree = scalars.as_integer(degree, name="degree", low=0)
    ranges = (range(factor.size) for factor in factors)
    kept = [k for k in itertools.product(*ranges) if degree is None or sum(k) <= degree]
    indices = np.array(kept, dtype=np.int64)
    if len(factors) == 1:  # points of one coordinate are a vector
        return factors[0]._first(len(kept))
    return _Tensor(factors, indices)


def discrete(features: Any, weights: Any = None, *, points: Any = None) -> Features:
    """Return an orthonormal basis of any features on a measure with finitely many points.

    Parameters
    ----------
    features : array_like of shape (N, m)
        Any m independent functions at N points, real or complex: they need not be orthonormal.
    weights : array_like of shape (N,), optional
        Of the points, not negative; scaled to the sum 1. By default all are equal. The nodes and
        weights of a quadrature rule make this a continuous measure, to the accuracy of the rule.
    points : array_like of shape (N,) or (N, dim), optional
        What a design reports; by default the numbers 0, ..., N - 1.

    Returns
    -------
    Features
        To be called with numbers of points.

    Raises
    ------
    InvalidInputError
        If the features are dependent on the points of positive weight, or sizes differ.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.design import discrete
    >>> x = np.linspace(0, 1, 101)
    >>> features = discrete(np.stack([np.ones(101), np.exp(x)], axis=1), points=x)
    >>> Phi = features(np.arange(101))
    >>> bool(np.allclose(Phi.T @ Phi / 101, np.eye(2)))
    True
    """
    Phi = as_matrix(features, name="features", order="C")
    N, m = Phi.shape
    if not 1 <= m <= N:
        raise InvalidInputError(
            f"features must have at least one column and no more columns than rows, got {Phi.shape}"
        )
    w = np.ones(N) if weights is None else real_weights(weights, N)
    if not 0 < m <= int(np.count_nonzero(w)):
        raise InvalidInputError(
            f"weights has {np.count_nonzero(w)} positive entries for {m} features"
        )
    if points is None:
        x = np.arange(N)
    else:
        x = as_vector_or_matrix(points, name="points")
        if x.shape[0] != N:
            raise InvalidInputError(f"points must have {N} rows, got shape {x.shape}")
    return _Discrete(Phi, x.copy(), w / w.max())


def real_weights(weights: Any, N: int, name: str = "weights") -> np.ndarray:
    """Return N weights in double precision; refuse what is complex or negative."""
    w = as_vector(weights, name=name, size=N)
    if w.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; pass its real part")
    w = w.astype(np.float64)
    if w.size and w.min() < 0.0:
        i = int(w.argmin())
        raise InvalidInputError(f"{name}[{i}] is {w[i]:.3g}; it must not be negative")
    return w
