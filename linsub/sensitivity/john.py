"""John weights: the D-optimal design on the rows of A, and the limit of Lewis weights."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense.determinants import cholesky_lower
from linsub._core.dense.pivoted_qr import pivoted_r
from linsub._core.dense.triangular import solve
from linsub._core.random import Streams
from linsub.errors import ConvergenceError, ConvergenceWarning, InvalidInputError
from linsub.results import Bound, Info
from linsub.sensitivity import bounds
from linsub.sensitivity.judgement import judged
from linsub.sensitivity.leverage import row_squares
from linsub.sensitivity.orthonormalizer import orthonormalizer
from linsub.sensitivity.result import JohnCertificate, JohnResult
from linsub.sensitivity.rows import Rows

__all__ = ["john_weights"]

METHODS = ("away", "average")

# Rank-one updates before everything is computed anew: rounding has not grown by then.
_REFRESH = 200

# What a round leaves of max g - 1, before rows are left out again.
_SHRINK = 0.3

# Steps by default.
_MAXITER = 100_000


def john_weights(
    A: Any,
    *,
    tol: float = 1e-7,
    maxiter: int = _MAXITER,
    method: str = "away",
    on_fail: str = "raise",
) -> JohnResult:
    """Find v >= 0 of sum r with a_i^H (A^H V A)^-1 a_i <= 1 + tol for every row of A.

    The maximizer of ``log det(A^H V A)``: the D-optimal design, the ellipsoid of John around the
    rows and their negatives, and the Lewis weights of p = infinity.

    Parameters
    ----------
    A : array_like or sparse, of shape (n, d)
        Real or complex, of any rank r and scale.
    tol : float, optional
    maxiter : int, optional
        Rank-one steps, or averaged leverage computations.
    method : {"away", "average"}, optional
        ``away``: Frank-Wolfe with away steps, which converges linearly and has few rows in its
        support. ``average``: the mean of the iterates ``w <- tau(W^(1/2) A)``, whose number is
        known beforehand: ``(1/log(1 + tol)) log(n/r)``.
    on_fail : {"raise", "warn", "return"}, optional
        What to do when `maxiter` steps were not enough.

    Returns
    -------
    JohnResult
        ``weights, rank``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        If A is no finite matrix, an argument is out of its range, or ``average`` would take more
        than `maxiter` steps.
    ConvergenceError
        If the tolerance is not met; ``error.result`` has the last weights.

    Warns
    -----
    ConvergenceWarning
        In place of the error, with ``on_fail="warn"``.

    Notes
    -----
    *Algorithm*: Todd and Yildirim's rank-one steps, from the rows that a pivoted QR factorization
    of ``Q^H`` picks; or the average of Cohen, Cousins, Lee and Yang. *Cost*: ``2 n r`` flops a
    rank-one step, ``2 n r^2`` an averaged one; memory ``n r`` numbers. *Accuracy*:
    ``certificate.excess`` is a proved bound on ``max g - 1`` (``sensitivity-john-optimal``), and
    ``certificate.volume_gap`` on what log det lacks.

    References
    ----------
    Todd, Yildirim, "On Khachiyan's algorithm for the computation of minimum-volume enclosing
    ellipsoids", Discrete Applied Mathematics 155 (2007); Cohen, Cousins, Lee, Yang, "A
    near-optimal algorithm for approximating the John ellipsoid", COLT 2019, arXiv 1905.11580.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import john_weights
    >>> weights, rank = john_weights([[1.0, 0.0], [0.0, 2.0], [0.0, 1.0]])
    >>> weights.round(6).tolist(), rank
    ([1.0, 1.0, 0.0], 2)
    """
    tol = scalars.as_real(tol, name="tol", low=0.0, include=(False, True))
    maxiter = scalars.as_integer(maxiter, name="maxiter", low=1)
    method = scalars.as_choice(method, name="method", choices=METHODS)
    on_fail = scalars.as_choice(on_fail, name="on_fail", choices=("raise", "warn", "return"))
    rows = Rows(A)
    found = orthonormalizer(rows, rcond=None, streams=Streams.replay(0))
    n, r = rows.shape[0], int(found.columns.size)
    if r == 0:
        return JohnResult(
            rows.home.give_back(np.zeros(n)), 0, certificate=JohnCertificate(), info=Info("none")
        )
    Q = np.empty((n, r), rows.dtype)
    for i, Z in rows.products(found.T, found.columns, triangular=True):
        Q[i : i + Z.shape[0]] = Z
    run = _away if method == "away" else _average
    v, count, largest = run(Q, tol, maxiter)
    v *= r / v.sum()
    info = Info(method, iterations=count, converged=largest <= 1.0 + tol)
    certificate = _certificate(rows, found.columns, v)
    result = JohnResult(rows.home.give_back(v), r, certificate=certificate, info=info)
    if not info.converged and on_fail != "return":
        text = (
            f"{count} steps left max g - 1 = {largest - 1.0:.1e} (tol={tol:.1e}); pass a larger "
            "maxiter or tol"
        )
        if on_fail == "raise":
            raise ConvergenceError(text, result)
        warnings.warn(text, ConvergenceWarning, stacklevel=2)
    return result


def _measure(Q: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ``(Q^H V Q)^-1`` and the g of all rows."""
    support = np.flatnonzero(v)
    B = np.sqrt(v[support])[:, None] * Q[support]
    L = cholesky_lower(B.conj().T @ B)
    if L is None:
        return np.full((Q.shape[1],) * 2, np.nan), np.full(Q.shape[0], np.inf)
    half = solve(L, np.eye(Q.shape[1], dtype=Q.dtype), lower=True)
    Z = np.ascontiguousarray(Q.conj() @ half.T).view(np.float64)
    return half.conj().T @ half, np.einsum("ij,ij->i", Z, Z)


def _away(Q: np.ndarray, tol: float, maxiter: int) -> tuple[np.ndarray, int, float]:
    n, r = Q.shape
    v = np.zeros(n)
    v[pivoted_r(Q.conj().T)[1][:r]] = 1.0
    count = 0
    _, g = _measure(Q, v)
    while True:
        # Rows that cannot be in the support are left out, until all are looked at again.
        before, largest = count, float(g.max())
        if largest <= 1.0 + tol or count >= maxiter:
            return v, count, largest
        left = np.flatnonzero((v > 0.0) | (g >= _support_from(largest - 1.0, r)))
        v[left], taken = _among(np.ascontiguousarray(Q[left]), v[left], tol, maxiter - count)
        count += taken
        _, g = _measure(Q, v)
        if count == before:
            return v, count, float(g.max())


def _among(Q: np.ndarray, v: np.ndarray, tol: float, maxiter: int) -> tuple[np.ndarray, int]:
    """Return the weights after as many steps as halve what is to be gained, or end it."""
    from linsub.sensitivity._kernels.away_steps import DONE, away_steps

    r = Q.shape[1]
    inverse, g = _measure(Q, v)
    # A little more than is asked for, or rounding undoes the last step.
    goal = max(0.9 * tol, _SHRINK * (float(g.max()) - 1.0))
    count = 0
    while count < maxiter:
        steps = min(_REFRESH, maxiter - count)
        status, taken = away_steps(Q, np.ascontiguousarray(inverse), g, v, goal, steps)
        count += taken
        v *= r / v.sum()
        if status == DONE or taken < steps:
            break
        inverse, g = _measure(Q, v)
    return v, count


def _support_from(excess: float, r: int) -> float:
    """Return the g below which no row is in the support (Harman & Pronzato 2007)."""
    root = math.sqrt(max(excess * (4.0 + excess - 4.0 / r), 0.0))
    return 1.0 + 0.5 * excess - 0.5 * root


def _average(Q: np.ndarray, tol: float, maxiter: int) -> tuple[np.ndarray, int, float]:
    n, r = Q.shape
    steps = max(1, math.ceil(math.log(n / r) / math.log1p(tol)))
    if steps > maxiter:
        raise InvalidInputError(
            f"method='average' takes {steps} steps for tol={tol:.1e} and maxiter is {maxiter}; "
            "pass a larger tol, or method='away'"
        )
    w, total = np.full(n, r / n), np.zeros(n)
    for _ in range(steps):
        total += w
        w = np.minimum(w * _measure(Q, w)[1], 1.0)
    v = total / steps
    return v, steps, float(_measure(Q, v * (r / v.sum()))[1].max())


def _certificate(rows: Rows, columns: np.ndarray, v: np.ndarray) -> JohnCertificate:
    support = np.flatnonzero(v)
    B = np.sqrt(v[support])[:, None] * rows.take(support)[:, columns]
    judgement = judged(B, bounds.rounding(4))
    if judgement is None:
        return JohnCertificate()
    T = judgement.found.T
    if judgement.rows.exponents is not None:
        return JohnCertificate()
    g = row_squares(rows, T, columns)
    largest = float(g.max()) * (1.0 + judgement.error)
    return JohnCertificate(
        excess=Bound(max(largest - 1.0, 0.0), "bound", "max a_i^H (A^H V A)^-1 a_i - 1"),
        volume_gap=Bound(
            bounds.john_volume_gap(len(columns), max(largest, 1.0)),
            "bound",
            "log det(A^H V* A) - log det(A^H V A)",
        ),
    )
