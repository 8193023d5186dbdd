"""Symmetric scaling of a kernel to row sums of 1 (Sinkhorn and Knopp)."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub.clustering.doubly_stochastic import DoublyStochastic, DoublyStochasticCertificate
from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError
from linsub.results import Bound, Info

__all__ = ["sinkhorn_symmetric"]

_SYMMETRY = 1e-10

# Without total support the multipliers run to 0 and infinity while the row sums stand still.
_STALL = 500
_PROGRESS = 0.9


def sinkhorn_symmetric(
    K: Any = None, *, log_kernel: Any = None, tol: float = 1e-10, maxiter: int = 20_000
) -> DoublyStochastic:
    """Scale a symmetric kernel so that its rows sum to 1.

    Finds u > 0 with ``A = diag(u) K diag(u)`` and ``A 1 = 1``.

    Parameters
    ----------
    K : array_like of shape (N, N), optional
        Symmetric, not negative, at any scale. Give `K` or `log_kernel`.
    log_kernel : array_like of shape (N, N), optional
        ``log K``, finite; ``-C / eta`` of a cost C, with entries of any size.
    tol : float, optional
        Of the row sums.
    maxiter : int, optional

    Returns
    -------
    DoublyStochastic
        A as an array, and u, or its logarithm where `log_kernel` was given.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Among others for a row of zeros.
    ConvergenceError
        If the row sums do not come to `tol`, as those of a kernel without total support never do:
        there is no such u.

    Notes
    -----
    *Algorithm.* ``u <- sqrt(u / (K u))``, the geometric mean of Sinkhorn's alternating scalings,
    which on a symmetric kernel converges in tens of steps where they need thousands; in the
    logarithm throughout. *Cost.* ``N^2`` exponentials a step.
    *Accuracy.* The row sums are measured (claim ``clustering-sinkhorn``).

    References
    ----------
    Sinkhorn and Knopp, Pacific J. Math. 21 (1967).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import sinkhorn_symmetric
    >>> A, u = sinkhorn_symmetric(np.array([[1.0, 2], [2, 8]]))
    >>> A.sum(axis=1).round(9).tolist()
    [1.0, 1.0]
    """
    L = _logarithm(K, log_kernel)
    tol = scalars.as_real(tol, name="tol", low=0.0, include=(False, False))
    maxiter = scalars.as_integer(maxiter, name="maxiter", low=1)
    v = -0.5 * L.max(axis=1)
    best, since, error = np.inf, 0, np.inf
    for step in range(maxiter):
        A = _scaled(L, v)
        sums = A.sum(axis=1)
        error = float(np.abs(sums - 1.0).max())
        if error <= tol:
            return _finished(A, v, error, step, log_kernel is None)
        if error < _PROGRESS * best:
            best, since = error, step
        elif step - since > _STALL:
            break
        v = v - 0.5 * np.log(sums)
    raise ConvergenceError(
        f"the row sums are off by {error:.1e} after {step + 1} steps and tol is {tol:.1e}: "
        "the kernel has no total support, or is near such a one; add a small constant to it",
        _finished(_scaled(L, v), v, error, step + 1, log_kernel is None, converged=False),
    )


def _logarithm(K: Any, log_kernel: Any) -> np.ndarray:
    if (K is None) == (log_kernel is None):
        raise InvalidInputError(f"give K or log_kernel, got {'neither' if K is None else 'both'}")
    name = "log_kernel" if K is None else "K"
    matrix = arrays.as_matrix(log_kernel if K is None else K, name=name)
    if matrix.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; pass a real kernel")
    if matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise InvalidInputError(f"{name} must be square and not empty, got shape {matrix.shape}")
    wide = matrix.astype(np.float64)
    if norms.max_abs(wide - wide.T) > _SYMMETRY * norms.max_abs(wide):
        raise InvalidInputError(f"{name} is not symmetric; pass ({name} + {name}.T) / 2")
    if K is None:
        return wide
    if wide.min() < 0.0:
        raise InvalidInputError(f"K has a negative entry, {wide.min()}; pass a kernel that is >= 0")
    empty = np.flatnonzero(~wide.any(axis=1))
    if empty.size:
        raise InvalidInputError(
            f"row {empty[0]} of K is zero: no scaling gives it the sum 1; drop such samples"
        )
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(wide))


def _scaled(L: np.ndarray, v: np.ndarray) -> np.ndarray:
    A = L + v[:, None]
    A += v
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(A, out=A))


def _finished(
    A: np.ndarray, v: np.ndarray, error: float, steps: int, plain: bool, converged: bool = True
) -> DoublyStochastic:
    rounding = A.shape[0] * float(np.finfo(np.float64).eps)
    with np.errstate(over="ignore", under="ignore"):
        u = np.exp(v) if plain else v
    return DoublyStochastic(
        A,
        u,
        certificate=DoublyStochasticCertificate(Bound(error + rounding, "bound", "max |A 1 - 1|")),
        info=Info(method="damped Sinkhorn", iterations=steps, converged=converged),
    )
