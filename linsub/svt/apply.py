"""Functions of singular values applied to vectors, by products with the matrix alone."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.dense.norms import column_norms
from linsub._core.operators import Operator
from linsub._core.random import RNGLike
from linsub.errors import AccuracyWarning, InvalidInputError, InvalidTypeError, NumericalError
from linsub.results import Bound, Info
from linsub.svt import bounds
from linsub.svt.columns import Columns
from linsub.svt.golub_kahan import krylov
from linsub.svt.interpolant import cheb_interpolant, values_of
from linsub.svt.polynomial import PARITIES, Parity, SVTPolynomial, as_interval
from linsub.svt.recurrence import Times, sizes, three_terms
from linsub.svt.result import SVTCertificate, SVTResult
from linsub.svt.spectrum import Spectrum

__all__ = ["LONGER", "apply_polynomial", "nothing", "svt_apply"]

_EPS = float(np.finfo(np.float64).eps)

# Norms that were bounded by products are made longer by this much, so that an end of the spectrum
# is not an end of the interval, where the slope of T_n is n^2.
LONGER = 1.001


# A column of zeros has Rayleigh quotients that do not matter.
_TINY = 1e-150

# Coefficients of up to 2^500 are added up as they are.
_FAR = 500


def svt_apply(
    A: Any,
    f: SVTPolynomial | Callable[[np.ndarray], Any],
    x: Any,
    *,
    parity: Parity | None = None,
    interval: tuple[float, float] | None = None,
    tol: float = 1e-8,
    method: Literal["chebyshev", "gkl"] = "chebyshev",
    max_degree: int = 16384,
    rng: RNGLike = None,
) -> SVTResult:
    """Function of the singular values of A applied to vectors, without a decomposition.

    For ``A = sum s_i u_i v_i^H``: ``y = sum f(s_i) u_i v_i^H x`` (odd), or
    ``y = sum f(s_i) v_i v_i^H x`` over a full basis of the domain (even), so that what A maps to 0
    gets f(0). With parity ``none`` A is Hermitian and f takes its eigenvalues.

    Parameters
    ----------
    A : array_like, sparse, LinearOperator, memmap, dask array or row blocks, (m, n)
    f : SVTPolynomial or callable
        A polynomial (:func:`cheb_sign` and the like, :meth:`SVTPolynomial.stretched` to the norm of
        A), or a function that takes an array of singular values and returns real values.
    x : array_like of shape (n,) or (n, b)
    parity : {"even", "odd", "none"}, optional
        Of a callable; a polynomial has its own.
    interval : tuple of float, optional
        Where the singular values lie that x meets, for a callable; by default from 0 to a bound
        on the norm, which takes some 50 products. An odd f may leave the kernel of A out of it.
    tol : float, optional
        For a callable: ``max |p - f|`` over ``max |f|`` on the interval, in (0, 1). For ``gkl``:
        the change at which to stop, relative to ``max |f| ||x||``.
    method : {"chebyshev", "gkl"}, optional
        Chebyshev's recurrence: the same linear map for every x, no inner products, a few vectors
        of memory. Golub, Kahan and Lanczos: adapts to x and to the spectrum, needs no interval
        and often fewer products, and keeps its basis in memory.
    max_degree : int, optional
        Where to give up.
    rng
        Seed of the vectors that bound the norm.

    Returns
    -------
    SVTResult
        ``y, degree, matvecs, bound``.

    Raises
    ------
    InvalidInputError
        If a singular value is found to lie above the interval: with a norm that was underestimated
        the recurrence would grow like exp(2 degree sqrt(2 e)), e the excess. If A is not Hermitian
        with parity ``none``.
    NumericalError
        If f is not resolved at `max_degree`, or y exceeds the largest number.
    InvalidTypeError, NonFiniteError

    Warns
    -----
    AccuracyWarning
        If x is seen to have a part with singular values below the interval, or barely above it:
        bound is inf for that column, and y is p(A) x there. A polynomial of degree 0 or 1 sees too
        little of A for that.

    Notes
    -----
    *Algorithm.* ``t_{k+1} = 2 Z t_k - t_{k-1}`` with ``Z = (2 A^H A / end^2 - 1 - d^2) / (1 -
    d^2)`` and the sum ``c_k t_k``; an odd f takes A x first, so that the kernel of A is left out at
    once. Norms of the t_k are watched: within the interval they do not grow, a Rayleigh quotient
    above 1 proves a singular value above it. *Cost.* As many products as the degree; each goes
    over A once for all columns.
    *Accuracy.* ``bound`` is the error of the polynomial and rounding (claims ``svt-apply`` and
    ``svt-growth``); rounding is far less as a rule, as errors do not add up. A matrix
    in single precision is taken to double first. With ``gkl`` it is an estimate: the last change,
    and rounding of A times the slope of f as its values show it; an odd f takes singular values
    below ``16 max(m, n) eps ||A||`` as 0.

    References
    ----------
    Gilyen, Su, Low and Wiebe, arXiv 1806.01838.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svt import cheb_sign, svt_apply
    >>> A = np.array([[3.0, 0.0], [0.0, 0.5], [0.0, 0.0]])
    >>> y, degree, matvecs, bound = svt_apply(A, cheb_sign(0.1, 1e-8).stretched(4.0), [1.0, 2.0])
    >>> y.round(6), bound < 1e-6
    (array([1., 2., 0.]), True)
    """
    scalars.as_choice(method, name="method", choices=("chebyshev", "gkl"))
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(False, False))
    max_degree = scalars.as_integer(max_degree, name="max_degree", low=1)
    kind = _parity(f, parity, interval)
    spectrum = Spectrum(A)
    m, n = spectrum.op.shape
    if kind == "none" and m != n:
        raise InvalidInputError(
            f"A has shape {(m, n)}; parity 'none' takes eigenvalues of a Hermitian matrix"
        )
    columns = Columns.of(x, n, spectrum.op.dtype, spectrum.given, "x")
    if method == "gkl":
        if interval is not None:
            interval = as_interval(interval, kind)
        return _lanczos(spectrum, f, columns, kind, interval, tol, max_degree)
    failure = 0.0
    if not isinstance(f, SVTPolynomial):
        if interval is None:
            end, failure = spectrum.largest(rng)
            if end == 0.0:
                value = 0.0 if kind == "odd" else float(values_of(f, np.zeros(1))[0])
                return nothing(spectrum, columns, even=kind != "odd", value=value)
            if not math.isfinite(end * LONGER):
                raise NumericalError(
                    "the norm of A exceeds the largest number; divide A by a power of two first"
                )
            end *= LONGER
            interval = (-end, end) if kind == "none" else (0.0, end)
        f = cheb_interpolant(f, interval, tol, parity=kind, max_degree=max_degree)
    return apply_polynomial(spectrum, f, columns, failure)


def _parity(f: Any, parity: Any, interval: Any) -> Parity:
    if isinstance(f, SVTPolynomial):
        if parity is not None and parity != f.parity:
            scalars.as_choice(parity, name="parity", choices=PARITIES)
            raise InvalidInputError(
                f"parity is {parity!r} and that of f is {f.parity!r}; leave it out"
            )
        if interval is not None:
            raise InvalidInputError(
                f"interval is that of a callable; this polynomial has {f.interval}, and "
                "f.stretched(factor) another one"
            )
        return f.parity
    if not callable(f):
        raise InvalidTypeError(f"f must be callable or an SVTPolynomial, got {type(f).__name__}")
    if parity is None:
        raise InvalidInputError(
            "parity of a callable f is needed: 'odd' maps the domain of A to its range, 'even' the "
            "domain to itself, 'none' is for eigenvalues of a Hermitian A"
        )
    scalars.as_choice(parity, name="parity", choices=PARITIES)
    return parity  # type: ignore[no-any-return]


def nothing(
    spectrum: Spectrum, columns: Columns, *, even: bool = False, value: float = 0.0
) -> SVTResult:
    """Return f(0) x for a matrix of zeros and an even f, and 0 for an odd one."""
    rows = spectrum.op.shape[1 if even else 0]
    Y = value * columns.X if even else np.zeros((rows, columns.X.shape[1]), columns.X.dtype)
    y, error = columns.give_back(Y, np.zeros(columns.norms.size))
    return _record(y, error, error, columns, 0, 0, "bound", 0.0, 0.0, "zero", spectrum, ())


def apply_polynomial(
    spectrum: Spectrum, p: SVTPolynomial, columns: Columns, failure: float = 0.0
) -> SVTResult:
    """Return p(A) x by the recurrence, with the bounds that hold for it."""
    spectrum.set_unit(p.end)
    p = _near_one(p, columns)
    op = spectrum.op
    end = p.end * op.scale
    spectrum.refuse_beyond(end, _outside(p))
    first, second = (1.0 + 1e-6) * np.array(spectrum.product_rounding(end))
    w, start = columns.X, np.zeros(columns.X.shape[1])
    if p.parity == "odd":
        w = _over(op.matmat(w), end)
        start = (first + _EPS) * _norms(columns)
        given, images = column_norms(columns.X), column_norms(w)
        if (images > (1.0 + 1e-12) * given + start).any():
            raise InvalidInputError(_outside(p)(float((images / np.maximum(given, _TINY)).max())))
    if p.parity == "none":
        _check_hermitian(op, w, (first + second) * end)
    times, unit = _map(p, op, end, first if p.parity == "none" else first + second)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is found out
        run = three_terms(times, w, p.coef, p.growth, unit, start, _outside(p))
    rounding = bounds.recurrence_rounding(p.coef, p.growth, run.norms, unit, start)
    rounding = columns.joined(np.asarray(rounding))
    left = columns.joined(run.left.astype(float)) > 0.0
    error = p.error_bound * columns.norms + rounding
    if p.relative_error is not None and p.relative_error < 0.5:
        # |p - f| <= r |f|: of what was meant that is r, of p(A) x at most r / (1 - r).
        found = columns.joined(column_norms(run.sums)) + rounding
        relative = p.relative_error / (1.0 - p.relative_error) * found + rounding
        error = np.minimum(error, relative)
    error = np.where(left, np.inf, error)
    notes: tuple[str, ...] = ()
    if left.any():
        notes = (_left(p, left),)
        warnings.warn(notes[0], AccuracyWarning, stacklevel=3)
    y, error = columns.give_back(run.sums, error)
    _, rounding = columns.give_back(run.sums, rounding)
    kind = p.kind if failure == 0.0 or p.kind == "estimate" else "probabilistic"
    norm = p.end if spectrum.certified(p.end) or failure > 0.0 else None
    return _record(
        y, error, rounding, columns, p.degree, p.degree, kind, failure, norm, "chebyshev", spectrum,
        notes, gap=p.gap,
    )  # fmt: skip


def _near_one(p: SVTPolynomial, columns: Columns) -> SVTPolynomial:
    """Leave to the columns the power of two of coefficients whose sums would over- or underflow."""
    exponent = math.frexp(float(np.abs(p.coef).max()))[1]
    if abs(exponent) <= _FAR:
        return p
    columns.exponents = columns.exponents - exponent
    coef, error = np.ldexp(p.coef, -exponent), float(np.ldexp(p.error_bound, -exponent))
    return dataclasses.replace(p, coef=coef, error_bound=error)


def _norms(columns: Columns) -> np.ndarray:
    """Return norms of the columns of X: those of x are above those of its parts."""
    return np.concatenate([columns.norms] * 2) if columns.split else columns.norms


def _over(Y: np.ndarray, end: float) -> np.ndarray:
    return np.asarray(Y / Y.real.dtype.type(end))


def _map(p: SVTPolynomial, op: Operator, end: float, unit: float) -> tuple[Times, float]:
    """Return what multiplies by Z, and its rounding relative to the vector.

    `unit` is the rounding of the products with A that it takes, over `end` or its square.
    """
    lower, upper = (value / p.end for value in p.interval)
    if p.parity == "none":
        half, middle = 0.5 * (upper - lower), 0.5 * (upper + lower)

        def eigen(W: np.ndarray, norms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            Y = (_over(op.matmat(W), end) - middle * W) / half
            dots = np.einsum("ij,ij->j", W.conj(), Y).real
            quotients = dots / np.square(np.maximum(norms, _TINY))
            return Y, quotients, np.abs(half * quotients + middle)

        return eigen, (unit + 8.0 * _EPS) / half

    spread = (1.0 - lower) * (1.0 + lower)
    square = op.adjoint if p.parity == "odd" else op

    def singular(W: np.ndarray, norms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        Y, images = square.normal_keep(W)
        Y = _over(Y, end)
        Y *= 2.0 / (spread * end)
        Y -= ((1.0 + lower * lower) / spread) * W
        ratios = sizes(images) / (end * np.maximum(norms, _TINY))
        return Y, (2.0 * np.square(ratios) - (1.0 + lower * lower)) / spread, ratios

    return singular, (2.0 * unit + 16.0 * _EPS) / spread


def _check_hermitian(op: Any, w: np.ndarray, unit: float) -> None:
    difference = np.abs(op.matmat(w) - op.rmatmat(w))
    size = np.linalg.norm(difference)
    if size > 4.0 * unit * np.linalg.norm(w):
        raise InvalidInputError(
            f"A is not Hermitian: ||A x - A^H x|| is {float(size) / op.scale:.3g} for this x; use "
            "parity 'odd' or 'even', or pass (A + A^H) / 2"
        )


def _outside(p: SVTPolynomial) -> Callable[[float], str]:
    """Return what to say of a singular value of that size over the end of the interval."""

    def text(ratio: float) -> str:
        what = "an eigenvalue outside of" if p.parity == "none" else "a singular value beyond"
        with np.errstate(over="ignore"):
            size = float(np.float64(ratio) * p.end)
        found = f" (at least {size:.6g})" if ratio > 1.0 and math.isfinite(size) else ""
        why = "" if p.parity == "none" else " its norm was underestimated;"
        return (
            f"A has {what} the interval {p.interval}{found}:{why} pass a larger interval, or "
            "polynomial.stretched(factor)"
        )

    return text


def _left(p: SVTPolynomial, left: np.ndarray) -> str:
    return (
        f"A has singular values outside of the interval {p.interval} that {int(left.sum())} of "
        f"{left.size} columns of x meet, below it or barely above: bound is inf for them and y is "
        "p(A) x, with p not near f there; take a longer interval"
    )


def _lanczos(
    spectrum: Spectrum,
    f: Any,
    columns: Columns,
    parity: Parity,
    interval: Any,
    tol: float,
    max_degree: int,
) -> SVTResult:
    if parity == "none":
        raise InvalidInputError(
            "method 'gkl' is for singular values; parity must be 'odd' or 'even'"
        )
    if isinstance(f, SVTPolynomial):
        spectrum.set_unit(f.end)
    elif interval is not None:
        spectrum.set_unit(interval[1])
    else:
        spectrum.set_unit_by(columns.X)
    found = krylov(spectrum.op, f, columns.X, parity == "odd", interval, tol, max_degree)
    columns.exponents = columns.exponents - found.exponent
    error = columns.joined(found.changes)
    notes: tuple[str, ...] = ()
    if isinstance(f, SVTPolynomial):
        left = columns.joined(found.left.astype(float)) > 0.0
        size = float(np.ldexp(f.error_bound, -found.exponent))
        error = np.where(left, np.inf, error + size * columns.norms)
        if left.any():
            notes = (_left(f, left),)
            warnings.warn(notes[0], AccuracyWarning, stacklevel=3)
    y, error = columns.give_back(found.Y, error)
    return _record(
        y, error, None, columns, found.degree, found.degree, "estimate", 0.0, None, "gkl", spectrum,
        notes,
    )  # fmt: skip


def _record(
    y: Any,
    error: np.ndarray,
    rounding: np.ndarray | None,
    columns: Columns,
    degree: int,
    matvecs: int,
    kind: Any,
    failure: float,
    norm: float | None,
    method: str,
    spectrum: Spectrum,
    notes: tuple[str, ...],
    gap: tuple[float, float] | None = None,
) -> SVTResult:
    def shaped(values: np.ndarray) -> Any:
        return float(values[0]) if columns.single else values

    of = "||y - f(A) x||_2"
    if gap is not None:
        of += f" without singular values in ({gap[0]:.6g}, {gap[1]:.6g})"
    probability = failure if kind == "probabilistic" else 0.0
    certificate = SVTCertificate(
        error=Bound(shaped(error), kind, of, probability),
        rounding=None if rounding is None else Bound(shaped(rounding), "bound", "||y - p(A) x||_2"),
        norm=None
        if norm is None
        else Bound(norm, "probabilistic" if failure > 0.0 else "bound", "||A||_2", failure),
    )
    op = spectrum.base
    info = Info(method, products=op.products, passes=op.passes, iterations=degree, notes=notes)
    return SVTResult(y, degree, matvecs, shaped(error), certificate=certificate, info=info)
