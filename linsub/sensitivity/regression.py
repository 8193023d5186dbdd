"""lp regression with a proof of how far from optimal it is."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_vector
from linsub._core.dense import norms
from linsub.errors import InvalidTypeError, NumericalError
from linsub.results import Bound, Certificate, Info, Record
from linsub.sensitivity import linear_programs
from linsub.sensitivity.arguments import as_exponent, as_real_matrix, as_weights
from linsub.sensitivity.bounds import conjugate_exponent, norm_ratio
from linsub.sensitivity.duality import CORRECTIONS, infeasibility, norm_of
from linsub.sensitivity.minimum_norm import minimum_norm
from linsub.sensitivity.range_basis import (
    EPS,
    TINY,
    RangeBasis,
    TidyRows,
    range_basis,
    split_scale,
    tidy_rows,
)

__all__ = ["LpRegressionCertificate", "LpRegressionResult", "lp_regression"]

_MARGIN = 0.1
_REFINEMENTS = 2


@dataclasses.dataclass(frozen=True, eq=False)
class LpRegressionCertificate(Certificate):
    """What is known of a fit. Unknown is None.

    Attributes
    ----------
    value : Bound
        ``||W^(1/p) (A x - b)||_p`` at x as it was handed back, an upper bound.
    optimum : Bound
        Of the least of all x, a lower bound.
    """

    value: Bound | None = None
    optimum: Bound | None = None


class LpRegressionResult(Record):
    """A fit: ``x, value, gap, rank = lp_regression(A, b, p)``.

    Attributes
    ----------
    x : ndarray of shape (d,)
        0 for columns that depend on others.
    value : float
        ``||W^(1/p) (A x - b)||_p``, rounded up.
    gap : float
        No other x has a value below `value` - `gap`.
    rank : int
    certificate : LpRegressionCertificate
    """

    _fields = ("x", "value", "gap", "rank")
    x: np.ndarray
    value: float
    gap: float
    rank: int
    certificate: LpRegressionCertificate | None
    info: Info | None


def lp_regression(
    A: Any, b: Any, p: float, *, weights: Any = None, rtol: float = 1e-8
) -> LpRegressionResult:
    """Minimize ``sum_i w_i |a_i x - b_i|^p`` over x, and bound how far from the least it is.

    Parameters
    ----------
    A : array_like of shape (n, d)
        Real, of any rank; never modified.
    b : array_like of shape (n,)
    p : float
        In [1, inf]. For p = inf the largest ``|a_i x - b_i|`` of rows of positive weight.
    weights : array_like of shape (n,), optional
        Not negative; by default all are 1.
    rtol : float, optional
        The relative gap to reach.

    Returns
    -------
    LpRegressionResult
        ``x, value, gap, rank``. ``info.converged`` says whether gap <= rtol value, up to what
        rounding x does to the residual.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
        If sizes differ, p < 1, a weight is negative, or x overflows.

    See Also
    --------
    lp_sensitivities

    Notes
    -----
    *Algorithm.* Least squares first; then Newton's method on residual and range together, as for
    sensitivities, or HiGHS for p = 1 and inf. Any y with ``A^T y = 0`` proves
    ``||A x - b||_p >= y^T b / ||y||_q``; it is evaluated with its rounding, and the residual in
    twice the working precision. *Cost.* ``n r^2`` flops a step, a few to 20 steps. *Accuracy.*
    Claim ``sensitivity-regression``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import lp_regression
    >>> ones = np.ones((5, 1))
    >>> b = [0.0, 1.0, 2.0, 3.0, 10.0]
    >>> [round(float(lp_regression(ones, b, p).x[0]), 6) for p in (1, 2, np.inf)]
    [2.0, 3.2, 5.0]
    """
    p = as_exponent(p)
    dense = as_real_matrix(A)
    n, d = dense.shape
    b = as_vector(b, name="b", size=n)
    if b.dtype.kind == "c":
        raise InvalidTypeError("b is complex; lp norms of real vectors are meant here")
    b = b.astype(np.float64, copy=False)
    w = np.ones(n) if weights is None else as_weights(weights, n)
    rtol = scalars.as_real(rtol, name="rtol", low=0.0)
    counted = np.flatnonzero(w)
    scale = np.zeros(counted.size) if p == np.inf else np.log(w[counted]) / p
    problem = _Problem.of(dense[counted], b[counted], scale)
    z, y, steps, method = _solve(problem, p, rtol)
    x = _refined(problem, z, d)
    value, least, floor, exponent = _certified(problem, x, y, p)
    # Less than what rounding x does to the residual cannot be asked for.
    converged = value - least <= rtol * value + floor
    value, least = _scaled(value, exponent, np.inf), _scaled(least, exponent, 0.0)
    # Outward: a gap of nearly all of the value is rounded by more than a small optimum.
    gap = min(float(np.nextafter(value - least, np.inf)), value) if value > least else 0.0
    notes = () if problem.tidy.rank == d else (f"A has rank {problem.tidy.rank}",)
    return LpRegressionResult(
        x, value, gap, problem.tidy.rank,
        certificate=LpRegressionCertificate(
            Bound(value, "bound", "||W^(1/p) (A x - b)||_p"),
            Bound(least, "bound", "min ||W^(1/p) (A x - b)||_p >="),
        ),
        info=Info(method, converged=bool(converged), iterations=steps, notes=notes,
                  details={"columns": problem.tidy.columns}),
    )  # fmt: skip


def _scaled(value: float, exponent: int, towards: float) -> float:
    """Return value 2^exponent, rounded in that direction where it is subnormal."""
    with np.errstate(under="ignore", over="ignore"):
        found = float(np.ldexp(value, exponent))
    exact = found == np.inf or float(np.ldexp(found, -exponent)) == value
    return found if exact else float(np.nextafter(found, towards))


class _Problem(NamedTuple):
    """``min ||target - G z||``; target is diag(mantissa 2^turns) b / 2^b_exponent."""

    b: np.ndarray
    tidy: TidyRows
    basis: RangeBasis
    everywhere: RangeBasis
    mantissa: np.ndarray
    turns: np.ndarray
    target: np.ndarray
    b_exponent: int
    spread: float

    @classmethod
    def of(cls, A: np.ndarray, b: np.ndarray, scale: np.ndarray) -> _Problem:
        tidy = tidy_rows(A)
        basis = range_basis(tidy, scale[tidy.nonzero])
        n, r = A.shape[0], basis.Q.shape[1]
        Q, theta = np.zeros((n, r)), np.zeros(n)
        Q[tidy.nonzero], theta[tidy.nonzero] = basis.Q, basis.theta
        mantissa, turns = split_scale(scale)
        fraction, power = np.frexp(b)
        power = power + turns
        b_exponent = int(power[b != 0.0].max()) if b.any() else 0
        with np.errstate(under="ignore"):
            target = np.ldexp(fraction * mantissa, np.clip(power - b_exponent, -2000, 0))
        spread = float(np.abs(scale).max(initial=0.0))
        return cls(b, tidy, basis, basis._replace(Q=Q, theta=theta), mantissa, turns, target,
                   b_exponent, spread)  # fmt: skip


def _solve(problem: _Problem, p: float, rtol: float) -> tuple[np.ndarray, np.ndarray, int, str]:
    """Return z, a dual vector y, steps and the method."""
    Q, target = problem.everywhere.Q, problem.target
    n, r = Q.shape
    z = Q.T @ target
    rest = target - Q @ z
    for _ in range(2 * CORRECTIONS):
        correction = Q.T @ rest
        z, rest = z + correction, rest - Q @ correction
    size = float(np.linalg.norm(rest))
    method = "newton" if 1.0 < p < np.inf else "lp"
    if not size > 4.0 * (n + r) * EPS * float(np.linalg.norm(target)):
        return z, rest, 0, "least squares"
    if p == 2.0:
        return z, rest, 0, "least squares"
    E = np.column_stack([Q, rest / size])
    c = np.zeros(r + 1)
    c[r] = 1.0
    if method == "newton":
        Z, Y, steps = minimum_norm(E, c[None, :], c[None, :], p, _MARGIN * min(rtol, 1.0))
        turned, y, count = Z[0], Y[0], int(steps[0])
    else:
        program = linear_programs.minimum_one_norm if p == 1.0 else linear_programs.minimum_peak
        solved = program(E, c)
        if solved is None or solved[0][r] == 0.0:
            return z, rest, 0, "least squares"
        turned, y, count = solved[0] / solved[0][r], solved[1], 1
    for _ in range(CORRECTIONS):
        y = y - Q @ (Q.T @ y)
    return z - size * turned[:r], y, count, method


def _refined(problem: _Problem, z: np.ndarray, d: int) -> np.ndarray:
    """Return x with the residual that z has, up to the rounding of x.

    The coordinates of A may cancel where those of z do not: what that loses is put back.
    """
    x = _in_units_of_A(problem, z, d)
    Q = problem.everywhere.Q
    wanted = problem.target - Q @ z
    for _ in range(_REFINEMENTS if z.size else 0):
        rest, _, _, exponent = _residual(problem, x)
        with np.errstate(under="ignore", over="ignore"):
            off = np.ldexp(rest, exponent - problem.b_exponent) - wanted
        if not np.isfinite(off).all():
            break
        x = x + _in_units_of_A(problem, Q.T @ off, d)
    return x


def _in_units_of_A(problem: _Problem, z: np.ndarray, d: int) -> np.ndarray:
    x = np.zeros(d)
    basis, tidy = problem.basis, problem.tidy
    if z.size == 0:
        return x
    top = int(basis.x_exponents.max())
    with np.errstate(under="ignore", over="ignore"):
        found = basis.X @ np.ldexp(z, basis.x_exponents - top)
        mantissa, power = np.frexp(found)
        power = power + top - basis.e_max + problem.b_exponent - tidy.f[tidy.columns]
        x[tidy.columns] = np.ldexp(mantissa, np.clip(power, -2000, 2000))
    if not np.isfinite(x).all():
        raise NumericalError(
            "x exceeds the largest float64: b is that much larger than A; multiply A by a power of "
            "two first"
        )
    return x


def _certified(
    problem: _Problem, x: np.ndarray, y: np.ndarray, p: float
) -> tuple[float, float, float, int]:
    """Return bounds of the value at x and of the least, rounding of x, and their power of two."""
    rest, off, sizes, exponent = _residual(problem, x)
    floor = 4.0 * EPS * (x.size + 1.0) * float(norm_of(sizes[None, :], p)[0])
    floor += 64.0 * (x.size + rest.size) * TINY
    n = rest.size
    q = conjugate_exponent(p)
    # What rounding of the row scales does to values, and sums of n terms.
    factor = (n + 24.0) * EPS + 8.0 * EPS * (1.0 + problem.spread)
    value = float(norm_of((np.abs(rest) + off)[None, :], p)[0]) * (1.0 + factor)
    size = float(np.abs(y).max(initial=0.0))
    if size == 0.0 or not np.isfinite(value):
        return value, 0.0, floor, exponent
    y = y / size
    missing = 0.0
    if problem.basis.Q.shape[1]:
        nothing = np.zeros((1, problem.basis.Q.shape[1]))
        missing = float(infeasibility(problem.everywhere, nothing, np.zeros(1), y[None, :])[0])
    length = float(np.linalg.norm(np.abs(rest) + off)) * (1.0 + (n + 4.0) * EPS)
    product = float(y @ rest) - (n + 4.0) * EPS * float(np.abs(y) @ np.abs(rest))
    product -= float(np.abs(y) @ off) * (1.0 + n * EPS) + missing * length
    bound = float(norm_of(y[None, :], q)[0]) * (1.0 + factor) + norm_ratio(n, q) * missing
    return value, max(product / bound * (1.0 - factor), 0.0), floor, exponent


def _residual(problem: _Problem, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return diag(row scales) (b - A x), its error, and |b| + |A| |x|, all over 2^exponent."""
    from linsub.sensitivity._kernels.compensated import residual

    tidy, b = problem.tidy, problem.b
    n, r = b.size, tidy.columns.size
    mantissa, power = np.frexp(x[tidy.columns])
    power = power + tidy.f[tidy.columns]
    used = power[mantissa != 0.0]
    top = int(used.max()) if used.size else 0
    rows, e = np.zeros((n, r)), np.full(n, -(1 << 20))
    b_power = np.where(b != 0.0, np.frexp(b)[1], -(1 << 20))
    with np.errstate(under="ignore"):
        vector = np.ldexp(mantissa, np.maximum(power - top, -2000))
        if used.size:
            e[tidy.nonzero] = tidy.e + top
        k = np.maximum(e, b_power)
        k = np.where(k > -(1 << 19), k, 0)
        rows[tidy.nonzero] = norms.ldexp(tidy.rows, np.maximum(e - k, -2000)[tidy.nonzero, None])
        scaled_b = np.ldexp(np.frexp(b)[0], np.maximum(b_power - k, -2000))
        rest, sizes = np.empty(n), np.empty(n)
        residual(np.ascontiguousarray(rows), vector, scaled_b, rest, sizes)
        off = 0.3 * (r + 2.0) ** 2 * EPS**2 * sizes + 8.0 * (r + 1) * TINY
        turns = k + problem.turns
        exponent = int(turns.max()) if n else 0
        turns = np.maximum(turns - exponent, -2000)
        rest = np.ldexp(rest * problem.mantissa, turns)
        off = np.ldexp(off * problem.mantissa, turns) + 4.0 * EPS * np.abs(rest) + TINY
        sizes = np.ldexp(sizes * problem.mantissa, turns)
    return rest, off, sizes, exponent
