"""Lewis weights for every p in (0, inf), with a bound on their error."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub.errors import (
    ConvergenceError,
    ConvergenceWarning,
    InvalidInputError,
    InvalidTypeError,
)
from linsub.results import Bound, Info
from linsub.sensitivity import bounds
from linsub.sensitivity.judgement import judged
from linsub.sensitivity.leverage import row_squares
from linsub.sensitivity.lewis_iteration import FLOOR, State, iterate
from linsub.sensitivity.result import LewisCertificate, LewisResult
from linsub.sensitivity.scaled_rows import ScaledRows

__all__ = ["lewis_weights"]

METHODS = ("auto", "relaxed", "mm")


def lewis_weights(
    A: Any,
    p: float,
    *,
    tol: float = 1e-10,
    maxiter: int | None = None,
    method: str = "auto",
    start: Any = None,
    rcond: float | None = None,
    on_fail: str = "raise",
) -> LewisResult:
    """Find the w with w_i = tau_i(W^(1/2 - 1/p) A): the lp Lewis weights of the rows of A.

    They are the leverage scores of A after the change of density in which the lp norm of A x is
    nearest to a Euclidean one. For p = 2 they are the leverage scores.

    Parameters
    ----------
    A : array_like or sparse, of shape (n, d)
        Real or complex, of any rank and scale. A sparse A becomes dense inside.
    p : float
        Positive and finite. As p grows the weights go to those of :func:`john_weights`.
    tol : float, optional
        Of ``max |tau_i - w_i|``, and of the sum of the weights relative to the rank.
    maxiter : int, optional
        Leverage computations; by default 500, and more for large p.
    method : {"auto", "relaxed", "mm"}, optional
        ``auto``: Anderson acceleration of ``relaxed`` with a guard. ``relaxed``: the step of the
        best local rate. ``mm``: the step that never lowers the objective for p > 2, and is a
        contraction for p <= 2.
    start : array_like of shape (n,), optional
        Positive weights to start from, such as those of a p nearby.
    rcond : float, optional
        As for :func:`leverage_scores`, for rows of one size.
    on_fail : {"raise", "warn", "return"}, optional
        What to do when `maxiter` steps were not enough.

    Returns
    -------
    LewisResult
        ``weights, rank``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        If A is no finite matrix, or an argument is out of its range.
    ConvergenceError
        If the tolerance is not met; ``error.result`` has the best weights.

    Warns
    -----
    ConvergenceWarning
        In place of the error, with ``on_fail="warn"``.

    See Also
    --------
    leverage_scores : p = 2.
    john_weights : The limit of large p.

    Notes
    -----
    *Algorithm*: ``log w += kappa (log tau - log w)``. ``kappa = p/2`` is the fixed point of Cohen
    and Peng, a contraction for p < 4 (``sensitivity-lewis-contraction``), and cycles beyond;
    ``kappa = 1`` is minorize-maximize for p > 2 (``sensitivity-lewis-monotone``). One of these is
    taken far from the end, then ``kappa = 2p/(p+2)``, of the rate ``|p-2|/(p+2)``
    (``sensitivity-lewis-rate``), accelerated by Anderson's method with least squares in the norm
    of tau. A step that reduces neither the residual nor the distance from the optimum is taken
    back. Rows are brought to one size and their sizes kept as logarithms; the triangle comes from
    a Gram matrix where that is accurate, from a QR factorization with sorted rows and pivoting
    elsewhere. The rank is decided once, on rows of one size, and columns that are nearly dependent
    are made orthonormal once.

    *Cost*: one leverage computation a step, ``2 n d^2`` flops, about 10 to 20 steps for
    p from 1 to 8; memory ``2 n d`` numbers.

    *Accuracy*: ``certificate.log_error`` bounds ``max |log w - log w*|``, proved for p < 4;
    ``certificate.one_sided`` is a factor that makes the weights one-sided, proved for every p
    (``sensitivity-lewis-error``).

    References
    ----------
    Cohen, Peng, "lp row sampling by Lewis weights", STOC 2015, arXiv 1412.0588; Fazel, Lee,
    Padmanabhan, Sidford, "Computing Lewis weights to high precision", SODA 2022, arXiv 2110.15563.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import lewis_weights
    >>> weights, rank = lewis_weights([[1.0], [2.0]], 3.0)
    >>> (9 * weights).round(6).tolist()
    [1.0, 8.0]
    """
    p = scalars.as_real(p, name="p", low=0.0, include=(False, True))
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(False, False))
    method = scalars.as_choice(method, name="method", choices=METHODS)
    on_fail = scalars.as_choice(on_fail, name="on_fail", choices=("raise", "warn", "return"))
    limit = 500 + int(min(20.0 * p, 1e5))
    if maxiter is not None:
        limit = scalars.as_integer(maxiter, name="maxiter", low=1)
    if rcond is not None:
        rcond = scalars.as_real(rcond, name="rcond", low=0.0, high=1.0, include=(True, False))
    S = ScaledRows(A, rcond=rcond)
    u = _start(S, start)
    weights = np.zeros(S.n)
    if S.rank == 0:
        found = LewisCertificate(Bound(0.0, "bound", "max |tau(w) - w|"))
        return LewisResult(S.home.give_back(weights), 0, certificate=found, info=Info("none"))
    state = iterate(S, u, p, tol, limit, method)
    weights[S.rows] = np.exp(state.u)
    result = LewisResult(
        S.home.give_back(weights),
        S.rank,
        certificate=_certificate(S, state.u, p),
        info=_info(state, method),
    )
    _complain(result, state, p, tol, limit, on_fail)
    return result


def _start(S: ScaledRows, start: Any) -> np.ndarray:
    if start is None:
        return np.full(S.rows.size, np.log(max(S.rank, 1) / max(S.rows.size, 1)))
    w = arrays.as_vector(start, name="start", size=S.n)
    if w.dtype.kind == "c":
        raise InvalidTypeError("start is complex; pass its real part")
    if not (w[S.rows] > 0.0).all():
        raise InvalidInputError("start must be positive where the rows of A are not zero")
    return np.clip(np.log(w[S.rows].astype(np.float64)), FLOOR, 0.0)


def _info(state: State, method: str) -> Info:
    notes = (f"{state.taken_back} steps were taken back",) if state.taken_back else ()
    return Info(
        "anderson" if method == "auto" else method,
        iterations=state.count,
        converged=state.converged,
        notes=notes,
        details={"residual": state.residual},
    )


def _certificate(S: ScaledRows, u: np.ndarray, p: float) -> LewisCertificate:
    """Judge the weights by an independent computation of their leverage scores."""
    power = 0.5 - 1.0 / p
    scale = power * u + S.given_size
    scale -= scale.max()
    sizes = np.abs(power * u).max() + np.abs(S.given_size).max() + np.abs(scale).max()
    judgement = judged(S.scaled(scale), bounds.rounding(4.0 * float(sizes) + 4.0))
    if judgement is None:
        return LewisCertificate()
    rows, found, error = judgement
    tau = row_squares(rows, found.T, found.columns)
    w = np.exp(u)
    slack = -np.log1p(-error)
    residual = float(np.abs(np.minimum(tau, 1.0) - w).max()) + error
    inside = u > FLOOR
    with np.errstate(divide="ignore"):
        gap = np.log(tau) - u
    log_error = None
    if p < 4.0 and inside.all() and tau.min() > 0.0:
        value = bounds.lewis_log_error(p, float(np.abs(gap).max()) + slack)
        log_error = Bound(value, "bound", "max |log w - log w*|")
    factor = float(np.exp(max(float(gap.max()), 0.0) + slack))
    return LewisCertificate(
        residual=Bound(residual, "bound", "max |tau(w) - w|"),
        log_error=log_error,
        one_sided=Bound(factor, "bound", "max tau_i(w) / w_i"),
    )


def _complain(
    result: LewisResult, state: State, p: float, tol: float, limit: int, on_fail: str
) -> None:
    if state.converged or on_fail == "return":
        return
    text = (
        f"{limit} steps for p={p:g} left a residual of {state.residual:.1e} (tol={tol:.1e}); pass "
        "a larger maxiter, or start= with the weights of a p nearby"
    )
    if p > 100.0:
        text += "; for p as large john_weights is a better problem"
    if on_fail == "raise":
        raise ConvergenceError(text, result)
    warnings.warn(text, ConvergenceWarning, stacklevel=3)
