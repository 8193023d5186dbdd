"""Phase factors of quantum signal processing: a fixed point, and the map by a tree of products."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError
from linsub.results import Bound, Certificate, Info, Record
from linsub.svt.polynomial import SVTPolynomial

__all__ = ["QSPCertificate", "QSPPhases", "qsp_phases", "qsp_response"]

_EPS = float(np.finfo(np.float64).eps)

# Points at which a target is held against 1, for each degree.
GRID = 4


@dataclasses.dataclass(frozen=True, eq=False)
class QSPCertificate(Certificate):
    """What is known about phases.

    Attributes
    ----------
    error : Bound
        ``max |Im <0|U(x)|0> - f(x)|`` over [-1, 1].
    """

    error: Bound | None = None


class QSPPhases(Record):
    """``phases, residual`` with ``.info``.

    Attributes
    ----------
    phases : ndarray of shape (d + 1,)
        Symmetric, in radians.
    residual : float
        ``max |Im <0|U(x)|0> - f(x)|`` over [-1, 1] is at most that: the sum of the errors of all
        Chebyshev coefficients, and rounding.
    """

    _fields = ("phases", "residual")
    phases: np.ndarray
    residual: float
    certificate: QSPCertificate | None
    info: Info | None


def qsp_phases(target: SVTPolynomial | Any, *, tol: float = 1e-12, maxiter: int = 500) -> QSPPhases:
    """Symmetric phase factors of a real polynomial of definite parity, bounded by 1.

    ``Im <0| U(x) |0> = f(x)`` with ``U(x) = e^{i phi_0 Z} prod_j W(x) e^{i phi_j Z}``,
    ``W(x) = [[x, i sqrt(1 - x^2)], [i sqrt(1 - x^2), x]]``.

    Parameters
    ----------
    target : SVTPolynomial or array_like of shape (d + 1,)
        A polynomial of parity even or odd, as a function of x over the end of its interval; or
        Chebyshev coefficients of T_0 to T_d, every second one 0.
    tol : float, optional
        For the sum of the errors of the coefficients, in (0, 1).
    maxiter : int, optional

    Returns
    -------
    QSPPhases

    Raises
    ------
    ConvergenceError
        With the best phases so far. The iteration is proved to converge where the sizes of the
        coefficients sum to less than 0.86, and does so for most f that stay well below 1.
    InvalidInputError
        If the target exceeds 1, or has no parity.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* ``phi <- phi + (c - F(phi)) / 2`` from c / 2, where F gives the Chebyshev
    coefficients of the imaginary part. F is a product of d + 1 matrices of polynomials of degree
    one in ``exp(2 i theta)``, multiplied in pairs by the fast Fourier transform: the authors
    evaluate it at each node, in O(d^2). *Cost.* O(d log(d)^2) an iteration; some tens of
    iterations. *Accuracy.* Claim ``svt-qsp``.

    References
    ----------
    Dong, Lin, Ni and Wang, arXiv 2209.10162.

    Examples
    --------
    >>> from linsub.svt import qsp_phases, qsp_response
    >>> phases, residual = qsp_phases([0.0, 0.25, 0.0, 0.5])       # T_1 / 4 + T_3 / 2
    >>> residual < 1e-12, qsp_response(phases, 0.3).imag.round(12)
    (True, np.float64(-0.321))
    """
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(False, False))
    maxiter = scalars.as_integer(maxiter, name="maxiter", low=1)
    c = _target(target)
    d = c.size - 1
    # Of T_k, k > 0, two phases share the work, and the iteration moves each by half of what lacks.
    where = np.abs(d - 2 * np.arange(d + 1))
    half = np.where(where == 0, 1.0, 0.5)
    phases = half * c[where]
    best, least, since, taken = phases, math.inf, 0, 0
    for taken in range(1, maxiter + 1):  # noqa: B007
        lack = c - _coefficients(phases)
        size = float(np.abs(lack).sum())
        if size < least:
            best, least, since = phases, size, 0
        else:
            since += 1
        if least <= tol or since > 8 or not size < 1e3:
            break
        phases = phases + half * lack[where]
    residual = least + 8.0 * _EPS * (d + 1.0) * (1.0 + math.log2(d + 1.0))
    info = Info("fixed point", converged=least <= tol, iterations=taken)
    found = QSPPhases(
        best,
        residual,
        certificate=QSPCertificate(Bound(residual, "bound", "max |Im <0|U|0> - f|")),
        info=info,
    )
    if least > tol:
        total = float(np.abs(c).sum())
        raise ConvergenceError(
            f"the coefficients are off by {least:.2g} after {taken} steps; scale the target down "
            f"(it reaches {_largest(c):.3g}, its coefficients sum to {total:.3g}), or raise tol or "
            "maxiter",
            result=found,
        )
    return found


def qsp_response(phases: Any, x: Any) -> Any:
    """Response ``<0| U(x) |0>`` of phase factors, complex.

    Parameters
    ----------
    phases : array_like of shape (d + 1,)
        In radians; they need not be symmetric.
    x : array_like
        In [-1, 1], of any shape.

    Returns
    -------
    ndarray
        Of the shape of x; its imaginary part is what :func:`qsp_phases` sets.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The product of the matrices on the vector (1, 0). *Cost.* O(d) for each x.

    Examples
    --------
    >>> from linsub.svt import qsp_response
    >>> qsp_response([0.0, 0.0, 0.0], 0.5).real.round(12)          # T_2
    np.float64(-0.5)
    """
    angles = arrays.as_vector(phases, name="phases")
    if angles.dtype.kind == "c":
        raise InvalidTypeError("phases are complex; they are angles, in radians")
    if angles.size == 0:
        raise InvalidInputError("phases are empty; there is one at least")
    shape = np.shape(x)
    points = arrays.as_vector(np.ravel(np.asarray(x)), name="x")
    if points.dtype.kind == "c":
        raise InvalidTypeError("x is complex; it is a cosine, from -1 to 1")
    if points.size and np.abs(points).max() > 1.0:
        raise InvalidInputError(
            f"x holds {float(points[np.argmax(np.abs(points))]):.17g}; it must be within [-1, 1]"
        )
    points = points.astype(np.float64)
    root = 1j * np.sqrt((1.0 - points) * (1.0 + points))
    turns = np.exp(1j * angles.astype(np.float64))
    first, second = turns[-1] * np.ones(points.size), np.zeros(points.size, complex)
    for turn in turns[-2::-1]:
        first, second = (
            turn * (points * first + root * second),
            turn.conjugate() * (root * first + points * second),
        )
    return first.reshape(shape)[()]


def _target(target: Any) -> np.ndarray:
    """Return Chebyshev coefficients with the last one not 0 and every second one 0, checked."""
    if isinstance(target, SVTPolynomial):
        if target.parity == "none":
            raise InvalidInputError("target has parity 'none'; phases exist for even and odd ones")
        c = target.chebyshev()
    else:
        c = arrays.as_vector(target, name="target")
        if c.dtype.kind == "c":
            raise InvalidTypeError(
                "target is complex; real and imaginary parts have phases of their own"
            )
        if c.size == 0:
            raise InvalidInputError("target is empty; it has one coefficient at least")
        c = c.astype(np.float64)
    nonzero = np.flatnonzero(c)
    c = c[: (int(nonzero[-1]) if nonzero.size else 0) + 1]
    other = c[c.size % 2 :: 2]
    if other.any():
        k = int(c.size % 2 + 2 * np.flatnonzero(other)[0])
        raise InvalidInputError(
            f"target[{k}] is {c[k]:.3g} and target[{c.size - 1}] is {c[-1]:.3g}: neither even nor "
            "odd; take the even and the odd part one after the other"
        )
    largest = _largest(c)
    if largest > 1.0 + 1e-12:
        raise InvalidInputError(
            f"target reaches {largest:.6g} in size and no phases exist for it; divide it by more"
        )
    return c


def _largest(c: np.ndarray) -> float:
    """Return the largest size on a grid of Chebyshev points."""
    from scipy import fft

    padded = np.zeros(GRID * c.size + 1)
    padded[: c.size] = 0.5 * c
    padded[0] *= 2.0
    return float(np.abs(fft.dct(padded, type=1)).max())


def _coefficients(phases: np.ndarray) -> np.ndarray:
    """Return the Chebyshev coefficients of ``Im <0|U(x)|0>``.

    With ``x = cos(theta)`` and in the basis of X, W is ``diag(w, 1 / w)``, w = exp(i theta), and
    the phases turn about X. Times w^d every factor is ``diag(u, 1)`` times a turn, u = w^2.
    """
    d = phases.size - 1
    cosines, sines = np.cos(phases), 1j * np.sin(phases)
    if d == 0:
        return np.array([sines[0].imag])
    C = np.zeros((d, 2, 2, 2), complex)
    C[:, 0, 0, 1], C[:, 0, 1, 1] = cosines[1:], sines[1:]
    C[:, 1, 0, 0], C[:, 1, 1, 0] = sines[1:], cosines[1:]
    product = _product(C)
    # <0| is (1, 1) / sqrt(2) there, and the first turn multiplies it by exp(i phi_0).
    p = 0.5 * np.exp(1j * phases[0]) * product.sum(axis=(0, 1))[: d + 1]
    found = np.zeros(d + 1)
    k = np.abs(2 * np.arange(d + 1) - d)
    np.add.at(found, k, p.imag)
    return found


def _product(C: np.ndarray) -> np.ndarray:
    """Return the product (2, 2, n) of a stack (count, 2, 2, len) of matrices of polynomials."""
    from scipy import fft

    while C.shape[0] > 1:
        count, length = C.shape[0], C.shape[-1]
        if count % 2:
            one = np.zeros((1, 2, 2, length), complex)
            one[0, 0, 0, 0] = one[0, 1, 1, 0] = 1.0
            C = np.concatenate([C, one])
        size = 2 * length - 1
        n = fft.next_fast_len(size)
        F = fft.fft(C, n, axis=-1)
        G, H = F[::2], F[1::2]
        P = np.empty_like(G)
        for a in range(2):
            for b in range(2):
                P[:, a, b] = G[:, a, 0] * H[:, 0, b] + G[:, a, 1] * H[:, 1, b]
        C = fft.ifft(P, axis=-1)[..., :size]
    return np.asarray(C[0])
