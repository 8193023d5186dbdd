"""lp sensitivities of rows, each with a lower bound, an upper bound and a witness."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, NamedTuple

import numpy as np

from linsub._core import scalars
from linsub._core.dense import norms
from linsub.errors import InvalidInputError
from linsub.results import Bound, Certificate, Info, Record
from linsub.sensitivity import linear_programs
from linsub.sensitivity.arguments import as_exponent, as_real_matrix, as_rows
from linsub.sensitivity.duality import dual_value, outward_power, primal_value, repaired
from linsub.sensitivity.lewis import lewis_weights
from linsub.sensitivity.minimum_norm import WeightedGrams, minimum_norm
from linsub.sensitivity.range_basis import EPS, RangeBasis, TidyRows, range_basis, tidy_rows

__all__ = ["SensitivityCertificate", "SensitivityResult", "lp_sensitivities", "witnesses"]

_METHODS = ("auto", "newton", "lp", "bracket")

# Newton goes on until its own gap is this part of rtol: the rest is left to rounding.
_MARGIN = 0.1

# Residuals that are certified at a time, in numbers.
_BATCH = 1 << 18

# Lewis weights to start from need few digits. A bracket is read off them.
_START, _BRACKET = 1e-2, 1e-6
_START_STEPS, _BRACKET_STEPS = 30, 300

# Powers of Lewis weights relative to that of the largest weight are kept in this range.
_LEAST, _MOST = 1e-13, 1e10

# For p = inf weights of this p are used.
_LARGE_P = 16.0


@dataclasses.dataclass(frozen=True, eq=False)
class SensitivityCertificate(Certificate):
    """What is known of sensitivities. Unknown is None.

    Attributes
    ----------
    lower, upper : Bound
        Of each, from a point and from a dual vector, evaluated with their rounding.
    total_lower, total_upper : Bound
        Of their sum.
    """

    lower: Bound | None = None
    upper: Bound | None = None
    total_lower: Bound | None = None
    total_upper: Bound | None = None


class SensitivityResult(Record):
    """Sensitivities of rows: ``lower, upper, values, x, *_ = lp_sensitivities(A, p)``.

    Attributes
    ----------
    lower, upper : ndarray of shape (k,)
    values : ndarray of shape (k,)
        The geometric mean of the two.
    x : ndarray of shape (k, d)
        Row i attains the lower bound of row i, up to the rounding of x. Its largest entry has
        size 1/2 to 1; it is 0 for a row of zeros.
    total : float
        The sum of the values.
    total_bounds : tuple of float
        Sums of the bounds.
    rank : int
        Columns of A that count as independent.
    certificate : SensitivityCertificate
    """

    _fields = ("lower", "upper", "values", "x", "total", "total_bounds", "rank")
    lower: np.ndarray
    upper: np.ndarray
    values: np.ndarray
    x: np.ndarray
    total: float
    total_bounds: tuple[float, float]
    rank: int
    certificate: SensitivityCertificate | None
    info: Info | None


class _Found(NamedTuple):
    """Norm-form bounds (not raised to the power p), witnesses, steps."""

    low: np.ndarray
    high: np.ndarray
    Z: np.ndarray
    steps: np.ndarray


def lp_sensitivities(
    A: Any,
    p: float,
    *,
    rows: Any = None,
    rtol: float = 1e-8,
    method: Literal["auto", "newton", "lp", "bracket"] = "auto",
) -> SensitivityResult:
    """Find sigma_i = max over x of ``|a_i x|^p / ||A x||_p^p`` for rows of A, with proof.

    How much of ``||A x||_p^p`` the row a_i can be: 0 for a row of zeros, 1 for one that the others
    do not span. For p = 2 the leverage score. For p = inf the ratio ``|a_i x| / ||A x||_inf``.

    Parameters
    ----------
    A : array_like of shape (n, d)
        Real, of any rank; never modified. float32 is computed in double precision.
    p : float
        In [1, inf].
    rows : array_like of int, optional
        Whose sensitivities are wanted, 0 .. n - 1; all by default.
    rtol : float, optional
        The gap ``upper / lower - 1`` to reach.
    method : {"auto", "newton", "lp", "bracket"}, optional
        Newton's method for 1 < p < inf; linear programs for p = 1 and inf; what Lewis weights
        say, a few products instead, with a gap that depends on A. "auto" takes the exact one.

    Returns
    -------
    SensitivityResult
        ``lower, upper, values, x, total, total_bounds, rank``. Where the rank is less than d, of
        the columns ``info.details["columns"]``, on which the others depend to rounding. Where a
        gap is larger than rtol, ``info.converged`` is False and the bounds hold all the same.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
        If p < 1, A is complex, or the scales of rows differ by more than 300 orders of magnitude
        and some that are needed for the rank are too small beside the others.

    See Also
    --------
    total_sensitivity : Their sum, also from a sample of rows.
    sensitivity_upper_bounds : From weights, in one factorization.
    leverage_scores, lewis_weights

    Notes
    -----
    *Algorithm.* Sensitivities do not change under A -> A X. X makes the columns orthonormal (QR,
    large rows first, pivoted columns); A X is formed in twice the working precision and known to
    almost full precision in each row. Then ``sigma_i^(1/p) = 1 / min ||A X z||_p, a_i X z = 1 = min
    ||y||_q, X^T A^T y = X^T a_i``. Newton's method from the point of approximate Lewis weights,
    many rows at a time: weighted Gram matrices of all of them are one product of matrices; exact
    steps along the line. For p = 1 and inf HiGHS. The dual vector is made feasible, and both
    bounds are evaluated from z and y with all their rounding, whatever found them.

    *Cost.* ``n r^2`` flops a row and step, 3 to 10 steps for 1.5 <= p <= 8. By "bracket" ``6 n r``
    a row.

    *Accuracy.* Bounds hold for A as it is, rounding included (claims ``sensitivity-duality`` and
    ``sensitivity-closed-forms``); brackets by leverage and Lewis weights are claims
    ``sensitivity-leverage-bracket``, ``sensitivity-density`` and ``sensitivity-any-weights``.

    References
    ----------
    Woodruff and Yasuda, "Sharper bounds for lp sensitivity sampling", ICML 2023. Padmanabhan,
    Woodruff and Zhang, "Computing approximate lp sensitivities", NeurIPS 2023. Ogita, Rump and
    Oishi, "Accurate sum and dot product", SISC 2005.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import lp_sensitivities
    >>> hexagon = [[1.0, 0.0], [0.5, 0.75**0.5], [-0.5, 0.75**0.5]]
    >>> lp_sensitivities(hexagon, 4.0).values.round(9).tolist()
    [0.888888889, 0.888888889, 0.888888889]
    >>> round(lp_sensitivities(np.ones((4, 1)), 1.0).total, 9)
    1.0
    """
    p = as_exponent(p)
    dense = as_real_matrix(A)
    wanted = as_rows(rows, dense.shape[0])
    rtol = scalars.as_real(rtol, name="rtol", low=0.0)
    method = _method(scalars.as_choice(method, name="method", choices=_METHODS), p)  # type: ignore[assignment]
    tidy = tidy_rows(dense)
    basis = range_basis(tidy)
    # Rows of zeros have no coordinates, and rows that vanish in the columns that count no size.
    place = np.full(dense.shape[0], -1)
    alive = tidy.rows.any(axis=1)
    place[tidy.nonzero[alive]] = np.flatnonzero(alive)
    at = np.flatnonzero(place[wanted] >= 0)
    found = sensitivities_of(basis, place[wanted[at]], p, rtol, method)
    low, high = np.zeros(wanted.size), np.zeros(wanted.size)
    low[at], high[at] = outward_power(found.low, found.high, p)
    x = np.zeros((wanted.size, dense.shape[1]))
    x[at] = witnesses(tidy, basis, found.Z, basis.Q[place[wanted[at]]], dense.shape[1])
    # In the form that is not raised to a power: sigma^p may underflow where the gap is small.
    gaps = np.zeros(wanted.size)
    gaps[at] = relative_gaps(found.low, found.high, p)
    return _record(low, high, x, tidy, found.steps, gaps, rtol, method)


def _method(method: str, p: float) -> str:
    smooth = 1.0 < p < np.inf
    if method == "auto":
        return "newton" if smooth else "lp"
    if method == "newton" and not smooth:
        raise InvalidInputError(f"method='newton' needs 1 < p < inf, got p = {p}; pass 'lp'")
    if method == "lp" and smooth:
        raise InvalidInputError(f"method='lp' needs p = 1 or p = inf, got p = {p}; pass 'newton'")
    return method


def sensitivities_of(
    basis: RangeBasis, rows: np.ndarray, p: float, rtol: float, method: str
) -> _Found:
    """Return bounds on ``max |g_i z| / ||G z||_p`` for i in `rows`, in batches of rows."""
    m, n = rows.size, basis.Q.shape[0]
    out = _Found(np.zeros(m), np.ones(m), np.zeros((m, basis.Q.shape[1])), np.zeros(m, np.int64))
    if m == 0:
        return out
    weights = _powers_of_weights(basis.Q, p, method)
    solver = _weighted_solver(basis.Q, weights)
    batch = max(32, _BATCH // n)
    for first in range(0, m, batch):
        part = slice(first, first + batch)
        for target, values in zip(out, _batch(basis, rows[part], p, rtol, method, weights, solver),
                                  strict=True):  # fmt: skip
            target[part] = values
    return out


def _batch(
    basis: RangeBasis,
    rows: np.ndarray,
    p: float,
    rtol: float,
    method: str,
    weights: np.ndarray,
    solver: Any,
) -> tuple[np.ndarray, ...]:
    Q = basis.Q
    C, exponents = _unit_rows(Q[rows])
    Z = solver(C)
    Y = weights * (Z @ Q.T)
    steps = np.zeros(rows.size, np.int64)
    if method == "newton":
        Z, Y, steps = minimum_norm(Q, C, Z, p, _MARGIN * min(rtol, 1.0) / p)
    low, high = _bracket(basis, rows, C, Z, Y, exponents, p)
    if method == "lp":
        program = linear_programs.minimum_one_norm if p == 1.0 else linear_programs.minimum_peak
        for i in np.flatnonzero(~(high <= low * (1.0 + rtol))):
            solved = program(Q, C[i])
            if solved is None:
                continue
            steps[i] = 1
            z, y = solved[0][None, :], solved[1][None, :]
            one = slice(i, i + 1)
            l1, h1 = _bracket(basis, rows[one], C[one], z, y, exponents[one], p)
            if l1[0] > low[i]:
                low[i], Z[i] = l1[0], z[0]
            high[i] = min(high[i], h1[0])
    return low, high, Z, steps


def _unit_rows(C: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows at sizes near 1, and the powers of two that were taken out."""
    exponents = np.frexp(np.abs(C).max(axis=1, initial=0.0))[1]
    return norms.ldexp(C, -exponents[:, None]), exponents


def _bracket(
    basis: RangeBasis,
    rows: np.ndarray,
    C: np.ndarray,
    Z: np.ndarray,
    Y: np.ndarray,
    exponents: np.ndarray,
    p: float,
) -> tuple[np.ndarray, np.ndarray]:
    low = primal_value(basis, rows, Z, p)
    with np.errstate(under="ignore"):
        Y = norms.ldexp(repaired(basis, C, Y), exponents[:, None])
    return low, dual_value(basis, rows, Y, p)


def _powers_of_weights(Q: np.ndarray, p: float, method: str) -> np.ndarray:
    """Return w^(1 - 2/p) of Lewis weights w, up to a factor."""
    n = Q.shape[0]
    if p == 2.0:
        return np.ones(n)
    q = min(p, _LARGE_P) if p == np.inf else p
    rough = method != "bracket"
    tol, steps = (_START, _START_STEPS) if rough else (_BRACKET, _BRACKET_STEPS)
    w = lewis_weights(Q, q, tol=tol, maxiter=steps, on_fail="return").weights
    with np.errstate(divide="ignore"):
        log_w = np.log(w / w.max())
    exponent = 1.0 if p == np.inf else 1.0 - 2.0 / p
    bounds = np.log(_LEAST), np.log(_MOST)
    return np.asarray(np.exp(np.clip(exponent * np.nan_to_num(log_w, neginf=-1e3), *bounds)))


def _weighted_solver(Q: np.ndarray, weights: np.ndarray) -> Any:
    """Return the function C -> rows (Q^T V Q)^-1 c."""
    from linsub.sensitivity._kernels.lp_newton import solve

    H = WeightedGrams(Q)(weights[None, :])

    def apply(C: np.ndarray) -> np.ndarray:
        B = np.ascontiguousarray(C[None, :, :]).copy()
        solve(H, B)
        return np.asarray(B[0])

    return apply


def witnesses(
    tidy: TidyRows, basis: RangeBasis, Z: np.ndarray, C: np.ndarray, d: int
) -> np.ndarray:
    """Return x in the coordinates of A, of entries at most 1, with c z > 0."""
    x = np.zeros((Z.shape[0], d))
    if Z.size == 0:
        return x
    Z = np.where((Z * C).sum(axis=1) < 0.0, -1.0, 1.0)[:, None] * Z
    with np.errstate(under="ignore"):
        found = norms.ldexp(Z, basis.x_exponents - basis.x_exponents.max()) @ basis.X.T
        mantissa, power = np.frexp(found)
        power = power - tidy.f[tidy.columns]
        power = np.where(mantissa == 0.0, np.iinfo(np.int64).min // 4, power)
        power = power - power.max(axis=1, keepdims=True)
        x[:, tidy.columns] = norms.ldexp(mantissa, np.maximum(power, -2000))
    return x


def relative_gaps(low: np.ndarray, high: np.ndarray, p: float) -> np.ndarray:
    """Return (high / low)^p - 1, of high / low for p = inf."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        gaps = np.expm1((1.0 if p == np.inf else p) * np.log(high / low))
    return np.where(high > 0.0, gaps, 0.0)


def _record(
    low: np.ndarray,
    high: np.ndarray,
    x: np.ndarray,
    tidy: TidyRows,
    steps: np.ndarray,
    gaps: np.ndarray,
    rtol: float,
    method: str,
) -> SensitivityResult:
    values = np.sqrt(low) * np.sqrt(high)
    rounding = (low.size + 2.0) * EPS
    ends = float(low.sum() * (1.0 - rounding)), float(high.sum() * (1.0 + rounding))
    late = int(np.count_nonzero(~(gaps <= rtol)))
    notes = [f"{late} of {low.size} rows have a gap above rtol"] if late else []
    if tidy.rank < x.shape[1]:
        notes.append(f"A has rank {tidy.rank}: sensitivities are those of so many of its columns")
    details = {
        "largest_gap": float(gaps.max(initial=0.0)),
        "mean_steps": float(steps.mean()) if steps.size else 0.0,
        "most_steps": int(steps.max(initial=0)),
        "columns": tidy.columns,
    }
    info = Info(
        method,
        converged=not late,
        iterations=int(steps.max(initial=0)),
        notes=tuple(notes),
        details=details,
    )
    certificate = SensitivityCertificate(
        Bound(low, "bound", "sigma_i >="),
        Bound(high, "bound", "sigma_i"),
        Bound(ends[0], "bound", "sum sigma_i >="),
        Bound(ends[1], "bound", "sum sigma_i"),
    )
    return SensitivityResult(
        low, high, values, x, float(values.sum()), ends, tidy.rank,
        certificate=certificate, info=info,
    )  # fmt: skip
