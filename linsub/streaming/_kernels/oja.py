"""Oja's rule, row after row: v <- v + eta a <a, v>, normalised when it must be and not before.

The update is linear in v, so that leaving the norm alone changes nothing but the range of the
numbers. It is brought back by powers of two, which are exact.
"""

from __future__ import annotations

import math

import numpy as np

from linsub._core.jit import njit

__all__ = ["BAD", "DONE", "STEEP", "STRAINED", "oja_components", "oja_rows", "oja_sparse_rows"]

DONE, STRAINED, STEEP, BAD = 0, 1, 2, 3

# ||v||^2 may lie within these before v is brought back; with the limits on rows below, none of
# the products overflows.
_SMALL, _LARGE = 1e-60, 1e60

# A row with ||a||^2 within these, and eta ||a||^2 below the third, is taken as it stands.
_LOW, _HIGH, _STEEP = 1e-100, 1e100, 1e60

# Of several components, a row with eta ||a||^2 up to this is taken as it stands.
_GENTLE = 1e3

# Rows after which ||v||^2 is measured anew: it is carried by its exact recursion in between.
_MEASURE = 1024


@njit(reassociate=True)
def _dots(x: np.ndarray, v: np.ndarray) -> tuple[float, float]:
    """<x, v> and <x, x>, in one reading."""
    y = 0.0
    q = 0.0
    for i in range(x.size):
        xi = np.float64(x[i])
        y += xi * v[i]
        q += xi * xi
    return y, q


@njit(reassociate=True)
def _add(v: np.ndarray, t: float, x: np.ndarray) -> None:
    for i in range(x.size):
        v[i] += t * np.float64(x[i])


@njit(reassociate=True)
def _size(v: np.ndarray) -> float:
    total = 0.0
    for i in range(v.size):
        total += v[i] * v[i]
    return total


@njit()
def _brought_back(v: np.ndarray, squares: float) -> tuple[float, int]:
    """Multiply v by a power of two that makes its norm near 1; return its square, the exponent."""
    e = math.frexp(squares)[1] // 2
    for i in range(v.size):
        v[i] = math.ldexp(v[i], -e)
    return _size(v), e


@njit()
def _extreme(x: np.ndarray, at: np.ndarray, v: np.ndarray, eta: float) -> tuple[bool, float, int]:
    """The update by a row whose square, or whose rate, is far from 1.

    ``v[at]`` takes part where `at` has indices, else all of v. The row is brought near 1 and
    the coefficient kept as a mantissa and an exponent: where that is large, v is divided by it
    instead. Sums are in the order of the plain path, so that scaling by a power of two changes no
    bit. Returns whether the row is finite, ||v||^2, and the exponent that v was divided by.
    """
    peak = 0.0
    for i in range(x.size):
        size = abs(np.float64(x[i]))
        if not size < np.inf:
            return False, 0.0, 0
        peak = max(peak, size)
    if peak == 0.0 or eta == 0.0:
        return True, _size(v), 0
    p = math.frexp(peak)[1]
    near = np.empty(x.size)
    for i in range(x.size):
        near[i] = math.ldexp(np.float64(x[i]), -p)
    y = 0.0
    if at.size:
        for i in range(x.size):
            y += near[i] * v[at[i]]
    else:
        y, _ = _dots(near, v)
    if y == 0.0:
        return True, _size(v), 0
    mantissa, exponent = math.frexp(y)
    rate, more = math.frexp(eta)
    mantissa *= rate
    exponent += more + 2 * p
    k = 0
    if exponent > 64:
        k = exponent
        exponent = 0
        for i in range(v.size):
            v[i] = math.ldexp(v[i], -k)
    t = math.ldexp(mantissa, exponent)
    if at.size:
        for i in range(x.size):
            v[at[i]] += t * near[i]
    else:
        _add(v, t, near)
    squares, e = _brought_back(v, _size(v))
    return True, squares, k + e


@njit()
def oja_rows(
    X: np.ndarray, rates: np.ndarray, v: np.ndarray, squares: float, exponent: int, count: int
) -> tuple[int, float, int]:
    """Run over the rows of X, from the state of `count` rows before them.

    Parameters
    ----------
    X : (b, d)
        float32 or float64.
    rates : (b,)
    v : (d,)
        Overwritten; the unnormalised vector is ``2^exponent v``.
    squares : float
        ||v||^2.
    exponent, count : int

    Returns
    -------
    bad : int
        The first row that is not finite, at which it stopped; -1 if there is none.
    squares, exponent
    """
    nowhere = np.empty(0, np.int64)
    for i in range(X.shape[0]):
        x = X[i]
        eta = rates[i]
        y, q = _dots(x, v)
        if _LOW < q < _HIGH and eta * q < _STEEP:
            t = eta * y
            _add(v, t, x)
            squares += 2.0 * t * y + t * t * q
        else:
            fine, squares, e = _extreme(x, nowhere, v, eta)
            if not fine:
                return i, squares, exponent
            exponent += e
        if (count + i + 1) % _MEASURE == 0:
            squares = _size(v)
        if not _SMALL < squares < _LARGE:
            squares, e = _brought_back(v, squares)
            exponent += e
    return -1, squares, exponent


@njit()
def oja_sparse_rows(
    data: np.ndarray,
    indices: np.ndarray,
    indptr: np.ndarray,
    rates: np.ndarray,
    v: np.ndarray,
    squares: float,
    exponent: int,
    count: int,
) -> tuple[int, float, int]:
    """As :func:`oja_rows`, for rows in CSR, at the cost of their entries."""
    for i in range(indptr.size - 1):
        x, at = data[indptr[i] : indptr[i + 1]], indices[indptr[i] : indptr[i + 1]]
        eta = rates[i]
        y, q = 0.0, 0.0
        for j in range(x.size):
            y += x[j] * v[at[j]]
            q += x[j] * x[j]
        if _LOW < q < _HIGH and eta * q < _STEEP:
            t = eta * y
            for j in range(x.size):
                v[at[j]] += t * x[j]
            squares += 2.0 * t * y + t * t * q
        elif x.size:
            fine, squares, e = _extreme(x, at, v, eta)
            if not fine:
                return i, squares, exponent
            exponent += e
        if (count + i + 1) % _MEASURE == 0:
            squares = _size(v)
        if not _SMALL < squares < _LARGE:
            squares, e = _brought_back(v, squares)
            exponent += e
    return -1, squares, exponent


@njit(reassociate=True)
def _square(x: np.ndarray) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i] * x[i]
    return total


@njit(reassociate=True)
def _turn(W: np.ndarray, x: np.ndarray, eta: float) -> None:
    """W[j] += eta <x, W[j]> x for all j."""
    for j in range(W.shape[0]):
        v = W[j]
        y = 0.0
        for i in range(x.size):
            y += x[i] * v[i]
        _add(v, eta * y, x)


@njit()
def oja_components(
    X: np.ndarray, rates: np.ndarray, W: np.ndarray, first: int, strain: float, allowed: float
) -> tuple[int, int, float]:
    """Run over the rows of X from `first` on with the k rows of W, while W is well conditioned.

    Parameters
    ----------
    X : (b, d)
    rates : (b,)
    W : (k, d)
        Overwritten.
    first : int
    strain : float
        The sum of log(1 + eta ||a||^2) since W was orthonormal, which bounds log(cond(W)).
    allowed : float
        What it may reach.

    Returns
    -------
    status : int
        :data:`DONE`; :data:`STRAINED`, W has to be made orthonormal; :data:`STEEP`, the row at
        which it stopped alone is too much; :data:`BAD`, it is not finite.
    stopped : int
        The row that comes next.
    strain : float
    """
    for i in range(first, X.shape[0]):
        x = X[i]
        q, eta = _square(x), rates[i]
        if _LOW < q < _HIGH and eta * q < _GENTLE:
            more = math.log1p(eta * q)
            if strain + more > allowed:
                return STRAINED, i, strain
            strain += more
            _turn(W, x, eta)
            continue
        empty = True
        for j in range(x.size):
            if not abs(x[j]) < np.inf:
                return BAD, i, strain
            empty = empty and x[j] == 0.0
        if not empty:
            return STEEP, i, strain
    return DONE, X.shape[0], strain
