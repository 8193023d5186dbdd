"""The product of two matrices from some of their rows, with its exact mean square error."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_vector, home
from linsub._core.dense import norms
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound, Info
from linsub.sensitivity import bounds
from linsub.sensitivity.access_result import SampledCertificate, SampledProduct
from linsub.sensitivity.draws import expected_counts
from linsub.sensitivity.forest import Forest
from linsub.sensitivity.matrix_input import as_dense_or_csr

__all__ = ["approx_matmul", "approx_matmul_variance", "row_norms"]

MODES = ("iid", "bernoulli")
CERTIFY = ("norms", "exact")
_EPS = float(np.finfo(np.float64).eps)


def approx_matmul(
    X: Any,
    Y: Any,
    s: int,
    *,
    probs: Any = "norm",
    mode: str = "iid",
    failure_prob: float = 0.05,
    certify: str = "norms",
    rng: RNGLike = None,
    check_finite: bool = True,
) -> SampledProduct:
    """Estimate ``X^H Y`` without bias from s of the rows that X and Y share.

    ``E ||product - X^H Y||_F^2`` is known exactly; it falls like 1 / s.

    Parameters
    ----------
    X : array_like or sparse of shape (n, m)
    Y : array_like or sparse of shape (n, k)
    s : int
        Rows that are drawn (``iid``, with repetitions), or expected (``bernoulli``).
    probs : {"norm", "product"} or array_like of shape (n,)
        Row i in proportion to ``||x_i||^2``; to ``||x_i|| ||y_i||``, which has the least mean
        square error; or to numbers of your own, which may be zero only where x_i or y_i is.
    mode : {"iid", "bernoulli"}
        Draws with replacement; or every row by itself, with ``q_i = min(1, c p_i)``, c such that
        these add to s.
    failure_prob : float, optional
        Of the certificate's ``error_bound``.
    certify : {"norms", "exact"}
        ``norms``: what the norms of the rows tell. ``exact``: also the product itself, so that
        ``error`` and ``rms_error`` are exact, at the price that was to be saved.
    rng : None, int, Generator, ..., optional
        Seed or generator, as taken by :func:`numpy.random.default_rng`.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    SampledProduct
        ``product, indices, weights``, with ``certificate``
        (:class:`~linsub.sensitivity.SampledCertificate`). Its ``rms_error`` is exact for
        ``bernoulli``, and for ``iid`` an upper bound that leaves out ``-||X^H Y||_F^2 / s`` unless
        ``certify="exact"``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Drineas, Kannan and Mahoney 2006 I; draws of one row are merged. The tail is the
    smaller of Chebyshev's and McDiarmid's bounds. *Cost.* One pass for the norms, and 2 m k flops
    a row. *Accuracy.* Claims ``sensitivity-matmul-variance``, ``sensitivity-matmul-tail``.

    References
    ----------
    Drineas, Kannan and Mahoney, SIAM J. Comput. 36 (2006), "Fast Monte Carlo algorithms for
    matrices I".

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import approx_matmul
    >>> X = np.random.default_rng(0).standard_normal((10000, 3))
    >>> result = approx_matmul(X, X, 1000, rng=0)
    >>> bool(np.linalg.norm(result.product - X.T @ X) < float(result.certificate.error_bound))
    True
    """
    problem = _problem(X, Y, s, probs, mode, check_finite)
    certify = scalars.as_choice(certify, name="certify", choices=CERTIFY)
    delta = scalars.as_real(
        failure_prob, name="failure_prob", low=0.0, high=1.0, include=(False, False)
    )
    generator = Streams(rng).generator("sample")
    indices, weights = _draw(problem, generator)
    # Weights are applied to the rows, whose entries are brought near 1: nothing overflows before
    # the product itself does.
    product, shift = _product(problem, indices, weights)
    certificate = _certificate(problem, product, shift, indices, weights, delta, certify)
    with np.errstate(over="ignore", under="ignore"):
        found = norms.ldexp(product, shift).astype(problem.dtype)
    return SampledProduct(
        home(X).give_back(found),
        indices,
        weights,
        certificate=certificate,
        info=Info(method=problem.mode, details={"rows": int(indices.size)}),
    )


def approx_matmul_variance(
    X: Any, Y: Any, s: int, *, probs: Any = "norm", mode: str = "iid", check_finite: bool = True
) -> float:
    """Return ``E ||product - X^H Y||_F^2`` of :func:`approx_matmul`, exactly.

    Parameters
    ----------
    X, Y, s, probs, mode, check_finite
        As for :func:`approx_matmul`.

    Returns
    -------
    float
        inf or 0 where the square is beyond the numbers of double precision.

    Notes
    -----
    *Cost.* For ``iid`` the product itself, 2 n m k flops; for ``bernoulli`` the norms of the rows.
    *Accuracy.* Claim ``sensitivity-matmul-variance``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import approx_matmul_variance
    >>> round(approx_matmul_variance(np.eye(2), np.eye(2), 4), 12)
    0.5
    """
    problem = _problem(X, Y, s, probs, mode, check_finite)
    T = 0.0
    if problem.mode == "iid":
        exact, shift = _product(problem, np.arange(problem.sizes.size), None)
        T = float(np.ldexp(norms.frobenius(exact), shift - problem.exponent))
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(problem.variance(T), 2 * problem.exponent))


@dataclasses.dataclass
class _Problem:
    """Two matrices, the probabilities of their rows, and a_i = ||x_i|| ||y_i|| over 2^exponent.

    X^H Y is that of the matrices here times 2^shift.
    """

    X: Any
    Y: Any
    shift: int
    s: int
    mode: str
    p: np.ndarray  # iid: adding to 1; bernoulli: of each row
    sizes: np.ndarray
    exponent: int
    dtype: np.dtype

    def variance(self, product: float) -> float:
        if self.mode == "bernoulli":
            return bounds.bernoulli_variance(self.sizes, self.p)
        return bounds.iid_variance(self.sizes, self.p, self.s, product)

    def spread(self) -> float:
        if self.mode == "bernoulli":
            return bounds.bernoulli_spread(self.sizes, self.p)
        return bounds.iid_spread(self.sizes, self.p, self.s)


def row_norms(A: Any) -> np.ndarray:
    """Return the norms of the rows of a dense or CSR matrix, in double precision."""
    if isinstance(A, np.ndarray):
        return norms.column_norms(A.T)
    found = np.zeros(A.shape[0])
    filled = np.flatnonzero(np.diff(A.indptr))
    if filled.size:
        parts = (A.data.real, A.data.imag) if A.dtype.kind == "c" else (A.data,)
        peaks = np.zeros(filled.size)
        for part in parts:
            peaks = np.maximum(peaks, np.maximum.reduceat(np.abs(part), A.indptr[filled]))
        exponents = np.frexp(peaks.astype(np.float64))[1]
        counts = np.diff(A.indptr)[filled]
        squares = np.zeros(A.data.size)
        with np.errstate(under="ignore"):
            for part in parts:
                wide = np.ldexp(part.astype(np.float64), -np.repeat(exponents, counts))
                squares += np.square(wide)
        with np.errstate(over="ignore"):
            found[filled] = np.ldexp(np.sqrt(np.add.reduceat(squares, A.indptr[filled])), exponents)
    return found


def _problem(X: Any, Y: Any, s: int, probs: Any, mode: str, check_finite: bool) -> _Problem:
    left, right = as_dense_or_csr(X, "X", check_finite), as_dense_or_csr(Y, "Y", check_finite)
    mode = scalars.as_choice(mode, name="mode", choices=MODES)
    if left.shape[0] != right.shape[0]:
        raise InvalidInputError(
            f"X has {left.shape[0]} rows and Y has {right.shape[0]}; X^H Y needs as many of both"
        )
    s = scalars.as_integer(s, name="s", low=1)
    dtype = np.result_type(left.dtype, right.dtype)
    (left, el), (right, er) = _brought_near_one(left), _brought_near_one(right)
    (x, ex), (y, ey) = _near_one(row_norms(left)), _near_one(row_norms(right))
    sizes, exponent = _product_of_norms(x, y)
    masses = _masses(probs, x, sizes)
    lost = (masses == 0.0) & (sizes > float(sizes.max(initial=0.0)) * 2.0**-500)
    if lost.any():
        i = int(np.argmax(lost))
        raise InvalidInputError(
            f"probs[{i}] is 0 and row {i} of X and of Y is not: it would never be drawn, and the "
            "result biased"
        )
    sizes = np.where(masses > 0.0, sizes, 0.0)
    total = float(masses.sum())
    p = masses / total if total > 0.0 else masses
    if mode == "bernoulli":
        p = expected_counts(p, s, "bernoulli")
    exponent += ex + ey + el + er
    return _Problem(left, right, el + er, s, mode, p, sizes, exponent, dtype)


def _near_one(x: np.ndarray) -> tuple[np.ndarray, int]:
    """Return x over a power of two, and the exponent."""
    exponent = math.frexp(float(x.max(initial=0.0)))[1]
    return np.ldexp(x, -exponent), exponent


def _product_of_norms(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, int]:
    """Return x y over a power of two: where x is large, y may be small."""
    fx, px = np.frexp(x)
    fy, py = np.frexp(y)
    f, powers = fx * fy, px.astype(np.int64) + py
    alive = f > 0.0
    top = int(powers[alive].max()) if alive.any() else 0
    with np.errstate(under="ignore"):
        return np.ldexp(f, powers - top), top


def _masses(probs: Any, x: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    if isinstance(probs, str):
        how = scalars.as_choice(probs, name="probs", choices=("norm", "product"))
        with np.errstate(under="ignore"):
            return np.square(x) if how == "norm" else sizes.copy()
    given = as_vector(probs, name="probs", size=x.size)
    if given.dtype.kind == "c":
        raise InvalidTypeError("probs is complex; probabilities are real")
    if given.size and given.min() < 0.0:
        i = int(np.argmin(given))
        raise InvalidInputError(f"probs[{i}] is {given[i]}; probabilities are not negative")
    wide = given.astype(np.float64)
    return norms.ldexp(wide, -math.frexp(norms.max_abs(wide))[1])


def _draw(problem: _Problem, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that are drawn, ascending, and their weights."""
    p = problem.p
    if problem.mode == "bernoulli":
        indices = np.flatnonzero(generator.random(p.size) < p)
        return indices.astype(np.int64), 1.0 / p[indices]
    if not p.any():  # X or Y is zero: so is the product
        return np.zeros(0, np.int64), np.zeros(0)
    found, _ = Forest.single(p).at(generator.random(problem.s))
    indices, counts = np.unique(found, return_counts=True)
    return indices, counts / (problem.s * p[indices])


def _product(
    problem: _Problem, indices: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, int]:
    """Return X[indices]^H diag(weights) Y[indices] over 2^shift, and the shift."""
    whole = weights is None
    X = problem.X if whole else problem.X[indices]
    Y = problem.Y if whole else problem.Y[indices]
    shift = problem.shift
    if weights is not None and weights.size:
        top = math.frexp(float(weights.max()))[1]
        scaled = np.ldexp(weights, -top).astype(np.empty(0, Y.dtype).real.dtype)
        shift += top
        Y = Y * scaled[:, None] if isinstance(Y, np.ndarray) else _rows_times(Y, scaled)
    found = X.conj().T @ Y
    found = found if isinstance(found, np.ndarray) else found.toarray()
    return np.asarray(found, np.result_type(X.dtype, Y.dtype)), shift


def _brought_near_one(A: Any) -> tuple[Any, int]:
    values = A if isinstance(A, np.ndarray) else A.data
    if norms.power_of_two_scale(norms.max_abs(values), values.dtype) == 1.0:
        return A, 0
    exponent = math.frexp(norms.max_abs(values))[1]
    scaled = norms.ldexp(values, -exponent)
    if isinstance(A, np.ndarray):
        return scaled, exponent
    return type(A)((scaled, A.indices, A.indptr), shape=A.shape), exponent


def _rows_times(A: Any, weights: np.ndarray) -> Any:
    data = A.data * np.repeat(weights, np.diff(A.indptr))
    return type(A)((data, A.indices, A.indptr), shape=A.shape)


def _certificate(
    problem: _Problem,
    product: np.ndarray,
    shift: int,
    indices: np.ndarray,
    weights: np.ndarray,
    delta: float,
    certify: str,
) -> SampledCertificate:
    e = problem.exponent
    what = "||product - X^H Y||_F"
    mean = f"(E {what}^2)^(1/2)"
    n = problem.sizes.size
    eps = float(np.finfo(problem.dtype).eps)
    with np.errstate(over="ignore", under="ignore"):
        used = problem.sizes[indices] * weights
        rounding = bounds.sampled_rounding(n, float(used.sum()) + float(problem.sizes.sum()), eps)

        # What a product below the smallest number of the type loses.
        least = float(np.finfo(problem.dtype).smallest_subnormal) * math.sqrt(product.size)

        def bound(value: float, kind: Any, of: str, prob: float = 0.0) -> Bound:
            more = least if of == what else 0.0
            return Bound(float(np.ldexp(value, e)) + more, kind, of, prob)

        error, T, exact = None, 0.0, problem.mode == "bernoulli"
        if certify == "exact":
            whole, other = _product(problem, np.arange(n), None)
            T = float(np.ldexp(norms.frobenius(whole), other - e))
            difference = norms.ldexp(product.astype(whole.dtype), shift - e) - norms.ldexp(
                whole, other - e
            )
            error = bound(norms.frobenius(difference) + rounding, "exact", what)
            exact = True
        variance = problem.variance(T)
        rms = math.sqrt(variance)
        tail = bounds.sampled_tail(rms, problem.spread(), delta)
        return SampledCertificate(
            error=error,
            rms_error=bound(rms + _EPS * n * rms, "exact" if exact else "bound", mean),
            rms_estimate=_estimate(problem, product, shift, bound, mean),
            error_bound=bound(tail + rounding, "probabilistic", what, delta),
        )


def _estimate(
    problem: _Problem, product: np.ndarray, shift: int, bound: Any, of: str
) -> Bound | None:
    """The root of (sum a_i^2 / p_i - ||product||_F^2) / (s - 1), whose mean is the variance."""
    if problem.mode == "bernoulli" or problem.s < 2:
        return None
    size = float(np.ldexp(norms.frobenius(product), shift - problem.exponent))
    mean_square = bounds.iid_variance(problem.sizes, problem.p, 1, 0.0)
    found = max(mean_square - size**2, 0.0) / (problem.s - 1)
    estimate: Bound = bound(math.sqrt(found), "estimate", of)
    return estimate
