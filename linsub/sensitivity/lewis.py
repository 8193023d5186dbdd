"""Lewis weights for every p."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix
from linsub._core.dense import norms, triangular
from linsub._core.dense.pivoted_qr import pivoted_qr
from linsub.errors import ConvergenceError
from linsub.results import Bound, Info
from linsub.sensitivity.result import LewisCertificate, LewisResult

__all__ = ["lewis_weights"]

# Smallest log of a weight: exp of it is a normal number.
_FLOOR = -700.0


def lewis_weights(A: Any, p: float, *, tol: float = 1e-10, maxiter: int = 5000) -> LewisResult:
    """Return the w with w_i = tau_i(W^(1/2 - 1/p) A), the lp Lewis weights of the rows of A.

    Parameters
    ----------
    A : array_like of shape (n, d)
        Real or complex, of any rank.
    p : float
        Positive.
    tol : float, optional
        Of ``max |tau_i - w_i|``.
    maxiter : int, optional

    Returns
    -------
    LewisResult
        ``weights, rank``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import lewis_weights
    >>> weights, rank = lewis_weights([[1.0], [2.0]], 3.0)
    >>> (9 * weights).round(6).tolist()
    [1.0, 8.0]
    """
    p = scalars.as_real(p, name="p", low=0.0, include=(False, True))
    A = as_matrix(A)
    A = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64)
    sizes = norms.column_norms(A.conj().T)
    rows = np.flatnonzero(sizes)
    unit, c = A[rows] / sizes[rows, None], np.log(sizes[rows])
    weights = np.zeros(A.shape[0])
    Q, R, _ = pivoted_qr(unit * np.exp(c - c.max(initial=-np.inf))[:, None])
    diagonal = np.abs(R.diagonal())
    floor = max(A.shape) * float(np.finfo(np.float64).eps) * diagonal.max(initial=0.0)
    rank = int(np.count_nonzero(diagonal > floor))
    if rank == 0:
        return LewisResult(weights, 0, info=Info("relaxed"))
    if rank < A.shape[1]:
        basis = Q[:, :rank]
        size = np.linalg.norm(basis, axis=1)
        unit, c = basis / size[:, None], np.log(size)
    u = np.full(rows.size, np.log(rank / rows.size))
    u, residual, count = _iterate(unit, c, u, p, tol, maxiter)
    weights[rows] = np.exp(u)
    found = LewisResult(
        weights,
        rank,
        certificate=LewisCertificate(Bound(residual, "exact", "max |tau(w) - w|")),
        info=Info("relaxed", iterations=count, converged=residual < tol),
    )
    if residual >= tol:
        raise ConvergenceError(f"{maxiter} iterations left a residual of {residual:.1e}", found)
    return found


def _iterate(
    unit: np.ndarray, c: np.ndarray, u: np.ndarray, p: float, tol: float, maxiter: int
) -> tuple[np.ndarray, float, int]:
    safe = p / 2.0 if p <= 2.0 else 1.0
    last = np.inf
    residual = np.inf
    for count in range(maxiter):
        scale = (0.5 - 1.0 / p) * u + c
        scale -= scale.max()
        order = np.argsort(-scale, kind="stable")
        _, R, columns = pivoted_qr(np.exp(scale[order])[:, None] * unit[order])
        Z = triangular.solve(R, np.asfortranarray(unit[:, columns]), side="right")
        log_tau = 2.0 * np.log(np.linalg.norm(Z, axis=1)) + 2.0 * scale
        log_tau = np.minimum(0.0, log_tau)
        rho = log_tau - u
        residual = float(np.abs(np.exp(log_tau) - np.exp(u)).max())
        if residual < tol:
            return u, residual, count
        size = float(np.sqrt(np.sum(np.exp(log_tau) * rho * rho)))
        kappa = 2.0 * p / (p + 2.0) if size < min(1.0, last) else safe
        last = size
        u = np.maximum(u + kappa * rho, _FLOOR)
    return u, residual, maxiter
