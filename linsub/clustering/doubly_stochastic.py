"""The nearest doubly stochastic matrix, by a semismooth Newton method."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import cg

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.dense.cholesky import cholesky_r
from linsub._core.dense.triangular import solve
from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["DoublyStochastic", "DoublyStochasticCertificate", "doubly_stochastic_projection"]

# Newton's matrix is factored up to here and solved with by conjugate gradients beyond.
_DENSE = 1000

# Regularization of Newton's matrix, which is singular where the support has a bipartite component:
# a floor, and a part that vanishes with the residual and keeps the convergence superlinear.
_FLOOR, _SHARE = 1e-10, 1e-2

_ARMIJO = 1e-4
_HALVINGS = 40

# K may be that far from symmetric, relative to its largest entry.
_SYMMETRY = 1e-10


@dataclasses.dataclass(frozen=True, eq=False)
class DoublyStochasticCertificate(Certificate):
    """What is known of a doubly stochastic matrix.

    Attributes
    ----------
    row_sums : Bound
        ``max |A 1 - 1|``, measured.
    """

    row_sums: Bound | None = None


class DoublyStochastic(Record):
    """A doubly stochastic matrix and its multipliers: ``A, multipliers = ...``.

    Attributes
    ----------
    A : csr_array or ndarray of shape (N, N)
        Symmetric, not negative, with row sums 1.
    multipliers : ndarray of shape (N,)
        The additive, or for a balanced matrix the multiplicative, ones.
    certificate : DoublyStochasticCertificate
    info : Info
    """

    _fields = ("A", "multipliers")
    A: Any
    multipliers: np.ndarray
    certificate: DoublyStochasticCertificate | None
    info: Info | None


def doubly_stochastic_projection(
    K: Any, eta: float = 1.0, *, tol: float = 1e-10, maxiter: int = 200
) -> DoublyStochastic:
    """Return the doubly stochastic matrix that fits a symmetric affinity best.

    Minimizes ``-<K, A> + (eta / 2) ||A||_F^2`` over symmetric ``A >= 0`` with ``A 1 = 1``: the
    Euclidean projection of ``K / eta``.

    Parameters
    ----------
    K : array_like of shape (N, N)
        Symmetric.
    eta : float, optional
        Positive; small ones give a sparse matrix, at last a matching, large ones ``1 1^T / N``.
    tol : float, optional
        Of the row sums.
    maxiter : int, optional

    Returns
    -------
    DoublyStochastic
        A in CSR.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    ConvergenceError
        If the row sums do not come to `tol`.

    Notes
    -----
    *Algorithm.* ``A = max(K / eta - a 1^T - 1 a^T, 0)``, whose multipliers a minimize the convex
    ``||A(a)||_F^2 / 2 + 2 sum a``; Newton's method with the generalized Jacobian
    ``diag(S 1) + S``, S the support of A, and Armijo's rule (Lim, Vidal and Haeffele 2020 for the
    model). *Cost.* About 10 to 20 steps of ``N^2`` entries and a Cholesky factor, or conjugate
    gradients on the support. *Accuracy.* The row sums are measured (claim
    ``clustering-doubly-stochastic``).

    References
    ----------
    Lim, Vidal and Haeffele, arXiv 2011.14859 (2020).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import doubly_stochastic_projection
    >>> A, _ = doubly_stochastic_projection(np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 0]]), 0.5)
    >>> A.toarray().round(3).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    M = _symmetric(K)
    eta = scalars.as_real(eta, name="eta", low=0.0, include=(False, False))
    tol = scalars.as_real(tol, name="tol", low=0.0, include=(False, False))
    maxiter = scalars.as_integer(maxiter, name="maxiter", low=1)
    # A common shift changes nothing: the largest entry becomes 0, so that entries far below
    # it may be as large as they want.
    M = M - M.max()
    with np.errstate(over="ignore"):
        M = np.maximum(M / eta, -1e200)
    # Every row sum is positive to begin with.
    a = np.full(M.shape[0], 0.5 * float(M.max(axis=1).min()) - 0.5)
    for step in range(maxiter):
        A = _primal(M, a)
        F = A.sum(axis=1) - 1.0
        error = float(np.abs(F).max())
        if error <= tol:
            return _finished(A, a, error, step)
        direction = _newton(A, F, error)
        a = _searched(M, a, A, F, direction)
    raise ConvergenceError(
        f"the row sums are off by {error:.1e} after {maxiter} steps and tol is {tol:.1e}; "
        "raise eta or maxiter, or loosen tol",
        _finished(_primal(M, a), a, error, maxiter, converged=False),
    )


def _symmetric(K: Any) -> np.ndarray:
    matrix = arrays.as_matrix(K, name="K")
    if matrix.dtype.kind == "c":
        raise InvalidTypeError("K is complex; pass its absolute values")
    if matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise InvalidInputError(f"K must be square and not empty, got shape {matrix.shape}")
    wide = matrix.astype(np.float64)
    if norms.max_abs(wide - wide.T) > _SYMMETRY * norms.max_abs(wide):
        raise InvalidInputError("K is not symmetric; pass (K + K.T) / 2")
    return 0.5 * wide + 0.5 * wide.T


def _primal(M: np.ndarray, a: np.ndarray) -> np.ndarray:
    A = np.add.outer(a, a)  # not one after the other: A is symmetric to the bit
    np.subtract(M, A, out=A)
    return np.asarray(np.maximum(A, 0.0, out=A))


def _newton(A: np.ndarray, F: np.ndarray, error: float) -> np.ndarray:
    """Return the step of Newton's method for the multipliers."""
    damping = _FLOOR + _SHARE * min(1.0, error)
    support = A > 0.0
    count = support.sum(axis=1) + damping
    n = F.size
    if n <= _DENSE:
        J = support.astype(np.float64)
        J[np.arange(n), np.arange(n)] += count
        R = cholesky_r(J)
        if R is not None:
            return np.asarray(solve(R, solve(R, F[:, None], adjoint=True))[:, 0])
    S: Any = sparse.csr_array(support, dtype=np.float64)
    J = S + sparse.diags_array(count)
    inverse = sparse.diags_array(1.0 / (count + S.diagonal()))
    found: np.ndarray = cg(J, F, rtol=min(0.1, error), maxiter=10 * n, M=inverse)[0]
    return found


def _searched(
    M: np.ndarray, a: np.ndarray, A: np.ndarray, F: np.ndarray, direction: np.ndarray
) -> np.ndarray:
    """Return the multipliers after a step that Armijo's rule accepts."""
    value, error = _dual(A, a), float(np.abs(F).max())
    slope = 2.0 * float(F @ direction)
    step = 1.0
    for _ in range(_HALVINGS):
        trial = a + step * direction
        after = _primal(M, trial)
        # Near the end the dual value is constant to rounding, and the row sums decide.
        if _dual(after, trial) <= value - _ARMIJO * step * slope:
            return trial
        if float(np.abs(after.sum(axis=1) - 1.0).max()) <= 0.5 * error:
            return trial
        step *= 0.5
    return trial


def _dual(A: np.ndarray, a: np.ndarray) -> float:
    return float(0.5 * np.vdot(A, A) + 2.0 * a.sum())


def _finished(
    A: np.ndarray, a: np.ndarray, error: float, steps: int, converged: bool = True
) -> DoublyStochastic:
    rounding = A.shape[0] * float(np.finfo(np.float64).eps)
    return DoublyStochastic(
        sparse.csr_array(A),
        a,
        certificate=DoublyStochasticCertificate(Bound(error + rounding, "bound", "max |A 1 - 1|")),
        info=Info(method="semismooth Newton", iterations=steps, converged=converged),
    )
