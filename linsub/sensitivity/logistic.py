"""The complexity mu of data for the logistic loss."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub.results import Bound, Certificate, Info, Record
from linsub.sensitivity import linear_programs
from linsub.sensitivity.arguments import as_real_matrix
from linsub.sensitivity.duality import infeasibility, repaired
from linsub.sensitivity.exact_sensitivity import witnesses
from linsub.sensitivity.range_basis import EPS, RangeBasis, range_basis, tidy_rows

__all__ = ["LogisticCertificate", "LogisticMu", "logistic_mu"]


@dataclasses.dataclass(frozen=True, eq=False)
class LogisticCertificate(Certificate):
    """What is known of mu. Unknown is None.

    Attributes
    ----------
    lower, upper : Bound
        From a point and from a dual vector, evaluated with their rounding.
    """

    lower: Bound | None = None
    upper: Bound | None = None


class LogisticMu(Record):
    """The complexity of data: ``mu, lower, upper, x = logistic_mu(A)``.

    Attributes
    ----------
    mu : float
        Infinite for separable data.
    lower, upper : float
    x : ndarray of shape (d,)
        A direction that attains the lower bound, up to the rounding of x; for separable data one
        with A x >= 0, not 0.
    certificate : LogisticCertificate
    """

    _fields = ("mu", "lower", "upper", "x")
    mu: float
    lower: float
    upper: float
    x: np.ndarray
    certificate: LogisticCertificate | None
    info: Info | None


def logistic_mu(A: Any) -> LogisticMu:
    """Find mu = sup over x of ``||(A x)^+||_1 / ||(A x)^-||_1``, by a linear program.

    Rows are features times minus the label. Coresets for logistic regression need a multiple of mu
    rows; mu is infinite where a hyperplane separates the classes. It is the same for -A.

    Parameters
    ----------
    A : array_like of shape (n, d)
        Real, of any rank; never modified.

    Returns
    -------
    LogisticMu
        ``mu, lower, upper, x``. mu is infinite where nothing bounds it: the classes are separable,
        or so nearly that the linear program cannot tell (mu above about 1e9); `lower` is what is
        proved.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError

    Notes
    -----
    *Algorithm.* ``mu = (1 + m) / (1 - m)`` with ``m = max |1^T A x| / ||A x||_1``, by HiGHS; dual
    to it is mu = min of ``max v / min v`` over v > 0 with ``A^T v = 0``, of which there is none if
    and only if the data are separable. Both bounds are evaluated with their rounding. *Cost.* One
    linear program with n + 1 variables. *Accuracy.* Claim ``sensitivity-logistic``.

    References
    ----------
    Munteanu, Schwiegelshohn, Sohler and Woodruff, "On coresets for logistic regression", NeurIPS
    2018.

    Examples
    --------
    >>> from linsub.sensitivity import logistic_mu
    >>> round(logistic_mu([[1.0], [2.0], [-1.0]]).mu, 9)
    3.0
    >>> logistic_mu([[1.0], [2.0]]).mu
    inf
    """
    dense = as_real_matrix(A)
    tidy = tidy_rows(dense)
    basis = range_basis(tidy)
    n, r = basis.Q.shape
    # 1^T times rows of A: the rows of `tidy` are A's, but for a common power of two.
    c = basis.Q.sum(axis=0)
    y, z = np.zeros(n), c.copy()
    size = float(np.abs(c).max(initial=0.0))
    solved = linear_programs.minimum_one_norm(basis.Q, c / size) if size > 0.0 else None
    if solved is not None:
        z, y = solved[0], solved[1] * size
    lower = _ratio_at(basis, z)
    upper = _ratio_of_dual(basis, c, y)
    mu = np.inf if upper == np.inf else float(np.sqrt(lower) * np.sqrt(upper))
    notes = ("nothing bounds mu: the data are separable, or nearly",) if upper == np.inf else ()
    x = witnesses(tidy, basis, z[None, :], c[None, :], dense.shape[1])[0]
    certificate = LogisticCertificate(Bound(lower, "bound", "mu >="), Bound(upper, "bound", "mu"))
    converged = r == 0 or size == 0.0 or solved is not None
    info = Info("lp", converged=converged, notes=notes, details={"rank": tidy.rank})
    return LogisticMu(mu, lower, upper, x, certificate=certificate, info=info)


def _ratio_at(basis: RangeBasis, z: np.ndarray) -> float:
    """Return a lower bound from one point: ``||r^+|| / ||r^-||`` or its inverse, at least 1."""
    Q = basis.Q
    n, r = Q.shape
    R = Q @ z
    off = (r + 4.0) * EPS * (np.abs(Q) @ np.abs(z))
    off += basis.theta * float(np.abs(z).sum()) * (1.0 + r * EPS)
    best = 1.0
    for sign in (1.0, -1.0):
        above = float(np.maximum(sign * R - off, 0.0).sum()) * (1.0 - (n + 8.0) * EPS)
        below = float(np.maximum(off - sign * R, 0.0).sum()) * (1.0 + (n + 8.0) * EPS)
        if above > 0.0:
            best = max(best, above / below * (1.0 - 4.0 * EPS) if below > 0.0 else np.inf)
    return best


def _ratio_of_dual(basis: RangeBasis, c: np.ndarray, y: np.ndarray) -> float:
    """Return an upper bound: max v / min v of v = 1 - y, with what makes A^T v = 0."""
    n = basis.Q.shape[0]
    y = repaired(basis, c[None, :], y[None, :])[0]
    v = 1.0 - y
    missing = infeasibility(basis, np.zeros((1, c.size)), np.zeros(1), v[None, :])
    off = float(missing[0]) if n else 0.0
    least = float(v.min(initial=1.0)) - off
    most = float(v.max(initial=1.0)) + off
    return most / least * (1.0 + 8.0 * EPS) if least > 0.0 else np.inf
