"""The answer that most of several independent runs agree on."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info, Record
from linsub.streaming.oja_rule import signed, unit

__all__ = ["BoostResult", "success_boost"]

# Rounding of a squared sine.
_ROUNDING = 64.0 * float(np.finfo(np.float64).eps)


class BoostResult(Record):
    """What several runs agree on: ``vector, agreeing, success = success_boost(U, error)``.

    Attributes
    ----------
    vector : ndarray of shape (d,)
        Of norm 1; its entry of largest modulus (the first of them) is positive.
    agreeing : int
        Runs, itself among them, within ``sin^2 <= 4 error`` of it.
    success : bool
        Whether more than half of the runs agree. If not, fewer than half of them can have met
        `error`.
    certificate : None
    info : Info
        In ``details``: `run`, the index of the vector.
    """

    _fields = ("vector", "agreeing", "success")
    vector: Any
    agreeing: int
    success: bool
    certificate: None
    info: Info | None


def success_boost(U: Any, error: float) -> BoostResult:
    """Choose, of independent runs that mostly succeed, one that has succeeded.

    Parameters
    ----------
    U : array_like of shape (r, d)
        One vector a run, of any length but 0. An odd number of runs is best.
    error : float
        In [0, 1): ``sin^2`` to the truth that a run has with probability above 1/2.

    Returns
    -------
    BoostResult

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The vector with the most others within ``sin^2 <= 4 error`` (the first of them):
    two runs that are good are that near to each other. Kumar and others choose any with half of
    the runs within 5 error. *Accuracy.* If more than half of the runs are good, then ``sin^2 <= 9
    error`` (:func:`linsub.streaming.bounds.success_boost_error`); how many runs that takes is
    :func:`linsub.streaming.bounds.success_boost_runs` (claim ``streaming-success-boost``).
    *Cost.* r^2 d flops.

    References
    ----------
    Dasgupta, Kumar, Pandey and Sarkar, "Low-precision streaming PCA" (SuccessBoost), 2025.

    Examples
    --------
    >>> from linsub.streaming import success_boost
    >>> vector, agreeing, success = success_boost([[1.0, 0.1], [0.0, 1.0], [-1.0, 0.1]], 0.01)
    >>> agreeing, success
    (2, True)
    """
    error = scalars.as_real(error, name="error", low=0.0, high=1.0, include=(True, False))
    dense = as_matrix(U, name="U")
    if dense.dtype.kind == "c":
        raise InvalidTypeError("U is complex and streams are real; pass real vectors")
    if dense.shape[0] == 0:
        raise InvalidInputError(f"U has shape {dense.shape}: there is no run to choose")
    zero = np.flatnonzero(~dense.any(axis=1))
    if zero.size:
        raise InvalidInputError(f"U[{zero[0]}] is zero, which is no direction; drop such runs")
    V = np.array([unit(row) for row in dense])
    near = _squared_sines(V) <= 4.0 * error + _ROUNDING
    counts = near.sum(axis=1)
    run = int(np.argmax(counts))
    return BoostResult(
        home(U).give_back(signed(V[run])),
        int(counts[run]),
        bool(2 * counts[run] > V.shape[0]),
        info=Info("success boost", details={"run": run}),
    )


def _squared_sines(V: np.ndarray) -> np.ndarray:
    """Return sin^2 between all rows, small ones to their own accuracy."""
    C = V @ V.T
    found = np.empty(C.shape)
    for i, v in enumerate(V):
        # The sine from the difference: 1 - c^2 would lose all below 1e-16.
        rest = V - C[:, i, None] * v
        found[i] = np.einsum("ij,ij->i", rest, rest)
    return found
