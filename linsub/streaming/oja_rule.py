"""Oja's rule in its barest form: one vector, one rate a row, and how much it grew."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import arrays, scalars
from linsub._core.arrays import locked
from linsub._core.dense import norms
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info, Record
from linsub.streaming.rows import NanPolicy, as_rows

__all__ = ["OjaResult", "as_rates", "kernel_rows", "oja", "run_oja", "signed", "unit"]


class OjaResult(Record):
    """What one pass of Oja's rule leaves: ``vector, log_norm = oja(X, eta)``.

    Attributes
    ----------
    vector : ndarray of shape (d,)
        Of norm 1; its entry of largest modulus (the first of them) is positive.
    log_norm : float
        ``log(||v_n|| / ||v_0||)``, which no row makes smaller.
    certificate : None
        What follows from `log_norm` needs a bound on the second eigenvalue.
    info : Info
        In ``details``: `rows`.
    """

    _fields = ("vector", "log_norm")
    vector: Any
    log_norm: float
    certificate: None
    info: Info | None


def oja(X: Any, eta: Any, v0: Any = None, *, rng: RNGLike = None) -> OjaResult:
    """One pass of Oja's rule over the rows of a matrix.

    ``v_i = (I + eta_i a_i a_i^T) v_{i-1}`` for the rows a_i of X, normalised at the end.

    Parameters
    ----------
    X : array_like or sparse, (n, d)
        Rows in their order; n = 0 too. Never modified.
    eta : float or array_like of shape (n,)
        Rates, none negative; one for all rows or one for each.
    v0 : array_like of shape (d,), optional
        The start, which is normalised; by default a random direction.
    rng : {None, int, Generator}, optional
        For the start.

    Returns
    -------
    OjaResult
        The direction, in double precision, and the logarithm of how much the vector grew.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    See Also
    --------
    OjaPCA : several components, rates that follow a rule, blocks that come one by one.

    Notes
    -----
    *Algorithm.* Oja 1982. The update is linear in v, so that v is brought back by a power of two
    only when its norm has left ``[1e-30, 1e30]``; a row whose square or whose step is far
    from 1 is scaled first, so that ``eta ||a||^2`` may have any size. *Cost.* 4 n d flops and one
    reading of X; rows in CSR cost 4 flops an entry. *Accuracy.* The normalised product of all
    ``I + eta_i a_i a_i^T`` to rounding (claim ``streaming-oja-product``); the same for
    ``(c X, eta / c^2)``, to the bit where c is a power of two. The vector never shrinks
    (claim ``streaming-oja-growth``).

    References
    ----------
    Oja, "Simplified neuron model as a principal component analyzer", J. Math. Biol. 15 (1982).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.streaming import oja
    >>> X = np.diag([1.0, 2.0])[[0, 1, 1, 0, 1]]
    >>> vector, log_norm = oja(X, 0.5, v0=[3.0, 1.0])
    >>> vector.round(4).tolist()
    [0.2425, 0.9701]
    """
    rows = kernel_rows(X, None)
    n, d = rows.shape
    rates = as_rates(eta, n)
    v = unit(Streams(rng).gaussian("start", (d, 1))[:, 0] if v0 is None else _start(v0, d))
    start = 0.5 * math.log(float(v @ v))
    bad, squares, exponent = run_oja(rows, rates, v, 1.0, 0, 0)
    if bad >= 0:
        as_rows(X, None)  # says which rows
    squares = float(v @ v)
    return OjaResult(
        arrays.home(X).give_back(signed(v / math.sqrt(squares))),
        0.5 * math.log(squares) + exponent * math.log(2.0) - start,
        info=Info("oja", passes=1, details={"rows": n}),
    )


def kernel_rows(
    X: Any, n_features: int | None, name: str = "X", nan_policy: NanPolicy = "raise"
) -> Any:
    """Return rows as the kernels take them; dense ones are not yet known to be finite.

    The kernels see that for nothing, and looking here would read all rows once more.
    """
    if sparse.issparse(X):
        return as_rows(X, n_features, name=name, nan_policy=nan_policy)
    rows = arrays.as_matrix(X, name=name, check_finite=False)
    if rows.dtype.kind == "c" or rows.shape[1] == 0 or n_features not in (None, rows.shape[1]):
        return as_rows(X, n_features, name=name)  # says what is wrong
    return locked(np.ascontiguousarray(rows))


def run_oja(
    rows: Any, rates: np.ndarray, v: np.ndarray, squares: float, exponent: int, count: int
) -> tuple[int, float, int]:
    """Run the kernel over rows from :func:`kernel_rows`; v is overwritten."""
    from linsub.streaming._kernels.oja import oja_rows, oja_sparse_rows

    found: Any
    if not isinstance(rows, np.ndarray):
        parts = (rows.data, rows.indices.astype(np.int64), rows.indptr.astype(np.int64))
        found = oja_sparse_rows(*parts, rates, v, squares, exponent, count)
    else:
        found = oja_rows(locked(rows), rates, v, squares, exponent, count)
    bad, squares, exponent = found
    return int(bad), float(squares), int(exponent)


def as_rates(eta: Any, n: int, name: str = "eta") -> np.ndarray:
    """Return n rates, none negative."""
    rates = np.asarray(eta) if np.ndim(eta) == 0 else arrays.as_vector(eta, name=name)
    if rates.ndim == 0:
        return np.full(n, scalars.as_real(eta, name=name, low=0.0))
    if rates.shape != (n,):
        raise InvalidInputError(
            f"{name} has shape {rates.shape} and there are {n} rows; pass a number or one for each"
        )
    if rates.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; rates are real")
    if rates.min(initial=0.0) < 0.0:
        worst = int(np.argmin(rates))
        raise InvalidInputError(f"{name}[{worst}] is {rates[worst]:g}; rates must not be negative")
    return rates.astype(np.float64)


def _start(v0: Any, d: int) -> np.ndarray:
    v = arrays.as_vector(v0, name="v0", size=d)
    if v.dtype.kind == "c":
        raise InvalidTypeError("v0 is complex and streams are real; pass a real start")
    if not v.any():
        raise InvalidInputError("v0 is zero and no row can turn it; pass a direction, or None")
    return v


def unit(v: np.ndarray) -> np.ndarray:
    """Return a vector that is not zero, divided by its norm, as a new array."""
    near = norms.near_one(v.astype(np.float64))[0]
    return np.asarray(near / math.sqrt(float(near @ near)))


def signed(v: np.ndarray) -> np.ndarray:
    """Return the vector or its negative: the first entry of largest modulus is positive."""
    return np.asarray(-v if v[np.argmax(np.abs(v))] < 0.0 else v)
