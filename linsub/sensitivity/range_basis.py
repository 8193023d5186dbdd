"""The rows of a matrix in coordinates in which it is nearly orthonormal, with their rounding.

Sensitivities do not change under A -> A X, X invertible. Here X is a floating-point matrix and
taken as exact; the rows of A X are known to almost full relative precision each, however small
they are, so that what is proved of them is proved of A.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.pivoted_qr import pivoted_qr
from linsub._core.dense.svd import singular_values
from linsub._core.dense.triangular import solve
from linsub.errors import NumericalError

__all__ = ["EPS", "TINY", "RangeBasis", "TidyRows", "range_basis", "split_scale", "tidy_rows"]

EPS = float(np.finfo(np.float64).eps)
TINY = float(np.finfo(np.float64).smallest_subnormal)

# The exponent of an entry that is zero: below all others.
_NEVER = 1 << 20

# Row scales beyond these do not count for the triangle: their rows are zero beside the others.
_EXPONENTS = 1000

# Where A X is this far from orthonormal another triangle is taken; up to _USABLE it will do.
_GOOD, _USABLE = 1e-3, 0.5
_ROUNDS = 3


class TidyRows(NamedTuple):
    """The rows of A that are not zero, at entries of 1 at most: ``A = 2^e (rows) 2^f (columns)``.

    `rank` columns are independent, those of `columns`; the others depend on them to rounding.
    """

    rows: np.ndarray
    nonzero: np.ndarray
    e: np.ndarray
    f: np.ndarray
    columns: np.ndarray
    rank: int


class RangeBasis(NamedTuple):
    """``|Q - G| <= 2 eps |Q| + theta[:, None]`` entry by entry, G = C X exactly.

    C are the rows of :class:`TidyRows`, its independent columns, times row scales; X is near `X`
    times powers of two of its columns, `x_exponents`, and of all of it, `e_max`. `defect` bounds
    ``||G^T G - I||_2``.
    """

    Q: np.ndarray
    theta: np.ndarray
    X: np.ndarray
    x_exponents: np.ndarray
    e_max: int
    defect: float


def tidy_rows(A: np.ndarray) -> TidyRows:
    """Scale rows and columns by powers of two, and decide the rank.

    Neither changes the rank, so that it is decided where no row and no column counts less for
    being small.
    """
    A = A.astype(np.float64, copy=False)
    nonzero = np.flatnonzero(A.any(axis=1))
    B = A[nonzero]
    # By exponents alone: no entry is rounded before all scales are known. Entries below 2^-1074
    # times the size of their row and column are lost, and `theta` allows for it.
    E = np.where(B != 0.0, np.frexp(B)[1].astype(np.int64), -_NEVER)
    f = _top(E, 0)
    e = _top(E - f, 1)
    f = f + _top(E - f - e[:, None], 0)
    with np.errstate(under="ignore"):
        B = norms.ldexp(B, -(e[:, None] + f))
    columns, rank = np.arange(0), 0
    if B.size:
        _, R, order = pivoted_qr(B)
        S = singular_values(R)
        rank = int(np.count_nonzero(max(B.shape) * EPS * S[0] < S))
        columns = np.sort(order[:rank])
    return TidyRows(np.ascontiguousarray(B[:, columns]), nonzero, e, f, columns, rank)


def _top(E: np.ndarray, axis: int) -> np.ndarray:
    """Return the largest exponent of each column or row; 0 where all entries are zero."""
    found = E.max(axis=axis, initial=-_NEVER)
    return np.where(found > -_NEVER // 2, found, 0)


def range_basis(tidy: TidyRows, log_scale: np.ndarray | None = None) -> RangeBasis:
    """Return the rows of A in coordinates in which diag(exp(log_scale)) A is orthonormal.

    Parameters
    ----------
    tidy : TidyRows
    log_scale : ndarray, optional
        One number for each row of `tidy`. The rows that come back are then those of
        ``diag(exp(log_scale)) A X``; each scale is rounded, by ``4 eps (1 + |log_scale|)`` of it
        at most.

    Raises
    ------
    NumericalError
        If no coordinates are found in which the columns are independent.
    """
    e, mantissa = tidy.e, np.ones(tidy.e.size)
    if log_scale is not None:
        mantissa, turns = split_scale(log_scale)
        e = e + turns
    e_max = int(e.max(initial=0))
    e = e - e_max
    n, r = tidy.rows.shape
    if r == 0:
        nothing = np.zeros(0, np.int64)
        return RangeBasis(np.zeros((n, 0)), np.zeros(n), np.zeros((0, 0)), nothing, e_max, 0.0)
    with np.errstate(under="ignore"):
        scaled = norms.ldexp(tidy.rows * mantissa[:, None], np.maximum(e, -_EXPONENTS)[:, None])
    X, exponents = _inverse_triangle(scaled)
    Q, theta = _product(tidy.rows, mantissa, e, X, exponents)
    defect = _defect(Q, theta)
    for _ in range(_ROUNDS):
        if defect <= _GOOD:
            break
        # A second factor, applied to what is known of the rows: one matrix in double precision
        # cannot be so accurate where rows or columns are graded by more than 1 / eps.
        correction, shift = _inverse_triangle(Q)
        size = np.abs(norms.ldexp(correction, shift))
        theta = (r + 4.0) * EPS * (np.abs(Q) @ size) + (1.0 + r * EPS) * (theta @ size)
        Q = norms.ldexp(Q @ correction, shift)
        X, exponents = _near_one(
            norms.ldexp(X, exponents - exponents.max()) @ correction, exponents.max() + shift
        )
        defect = _defect(Q, theta)
    if not defect <= _USABLE:
        raise NumericalError(
            f"the {r} columns of A that count as independent are not so in double precision, once "
            "its rows are scaled: rescale rows of A, or drop columns"
        )
    return RangeBasis(Q, theta.max(axis=1), X, exponents, e_max, defect)


def split_scale(log_scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of 1 to 2 and powers of two whose products are exp(log_scale)."""
    turns = np.floor(log_scale / np.log(2.0))
    return np.exp(log_scale - turns * np.log(2.0)), turns.astype(np.int64)


def _inverse_triangle(B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return X with B X orthonormal, and exponents: its columns are X 2^exponents.

    Large rows first and columns by pivots: then QR is accurate row by row (Cox & Higham 1998).
    """
    r = B.shape[1]
    descending = np.argsort(-np.abs(B).max(axis=1), kind="stable")
    _, R, order = pivoted_qr(B[descending])
    if R.shape[0] < r or not np.abs(R.diagonal()).all():
        raise NumericalError(
            "rows of A that are needed for its rank are too small beside the others, more than "
            "300 orders of magnitude: rescale rows of A, or drop columns"
        )
    # R = D U with U of unit diagonal, whose inverse is of moderate size after pivoting.
    diagonal = R.diagonal()
    unit = solve(R / diagonal[:, None], np.eye(r))
    mantissa, power = np.frexp(diagonal)
    X = np.zeros((r, r))
    X[order] = unit / mantissa
    return _near_one(X, -power.astype(np.int64))


def _near_one(X: np.ndarray, exponents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    peaks = np.frexp(np.abs(X).max(axis=0, initial=0.0))[1].astype(np.int64)
    return norms.ldexp(X, -peaks), exponents + peaks


def _product(
    rows: np.ndarray, mantissa: np.ndarray, e: np.ndarray, X: np.ndarray, exponents: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return Q = diag(mantissa 2^e) rows X 2^exponents and theta, of each entry."""
    from linsub.sensitivity._kernels.compensated import product

    n, d = rows.shape
    Q, sizes = np.empty((n, X.shape[1])), np.empty((n, X.shape[1]))
    product(rows, np.ascontiguousarray(X.T), Q, sizes)
    with np.errstate(under="ignore", over="ignore"):
        power = e[:, None] + exponents
        Q = norms.ldexp(Q * mantissa[:, None], power)
        # gamma_d^2 |A| |X| beside one rounding (Ogita, Rump & Oishi 2005, proposition 5.5).
        lost = 0.3 * (d + 1.0) ** 2 * EPS**2 * sizes + 4.0 * d * TINY
        theta = norms.ldexp(lost, power) + TINY
    return Q, theta


def _defect(Q: np.ndarray, theta: np.ndarray) -> float:
    """Return a bound on ||G^T G - I||_2, with the rounding of its measuring."""
    n, r = Q.shape
    measured = norms.frobenius(Q.T @ Q - np.eye(r))
    size = norms.frobenius(Q)
    entries = 2.0 * EPS * size + norms.frobenius(theta)
    return float(measured + (n + 4.0) * EPS * size**2 + entries * (2.0 * size + entries))
