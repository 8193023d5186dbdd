"""Block diagonal representation: self-expression whose affinity has k components."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.dense.cholesky import cholesky_r
from linsub._core.dense.eigh import eigh
from linsub._core.dense.triangular import solve
from linsub.clustering.samples import as_samples
from linsub.errors import ConvergenceError, ConvergenceWarning, InvalidInputError
from linsub.results import Info, Record

__all__ = ["BlockDiagonalResult", "block_diagonal_representation"]


class BlockDiagonalResult(Record):
    """``B, Z = block_diagonal_representation(X, 3)``.

    Attributes
    ----------
    B : ndarray of shape (N, N)
        Symmetric, not negative, of zero diagonal: the affinity.
    Z : ndarray of shape (N, N)
        ``x_i ~ sum_j Z_ij x_j``.
    info : Info
        In ``details``: ``objective``, a value a step, which does not rise; ``gap``, the sum of the
        `n_clusters` smallest eigenvalues of the Laplacian of B: 0 for k components.
    """

    _fields = ("B", "Z")
    B: np.ndarray
    Z: np.ndarray
    certificate: None
    info: Info | None

    def affinity(self) -> np.ndarray:
        """Return B."""
        return self.B


def block_diagonal_representation(
    X: Any = None,
    n_clusters: int = 2,
    lam: float = 50.0,
    gamma: float = 1.0,
    *,
    gram: Any = None,
    tol: float = 1e-3,
    maxiter: int = 300,
    on_fail: Literal["raise", "warn", "return"] = "warn",
) -> BlockDiagonalResult:
    """Represent samples by each other with an affinity of nearly k components (BDR).

    Minimizes ``1/2 ||X - Z X||^2 + lam/2 ||Z - B||^2 + gamma sum_(i <= k) lambda_i(L)`` over Z and
    symmetric ``B >= 0`` of zero diagonal; L = Diag(B 1) - B, its eigenvalues ascending.

    Parameters
    ----------
    X : array_like of shape (N, D), optional
        Rows are samples, best of norm 1. Give `X` or `gram`.
    n_clusters : int, optional
        k, in 1 .. N.
    lam, gamma : float, optional
        Positive, in the unit of squared norms of samples.
    gram : array_like of shape (N, N), optional
    tol : float, optional
        Stop when no entry of B or Z changes by more than that.
    maxiter : int, optional
    on_fail : {"raise", "warn", "return"}, optional
        What to do if `maxiter` steps do not suffice.

    Returns
    -------
    BlockDiagonalResult

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    ConvergenceError
        With ``on_fail="raise"``.

    Warns
    -----
    ConvergenceWarning
        With ``on_fail="warn"``.

    Notes
    -----
    *Algorithm.* Lu, Feng, Lin, Mei and Yan (2019): alternation of three exact steps, so that the
    objective never rises (claim ``clustering-bdr-monotone``). *Cost.* An eigendecomposition of
    order N and 4 N^3 flops a step. *Accuracy.* The problem is not convex; the limit is a stationary
    point.

    References
    ----------
    Lu, Feng, Lin, Mei and Yan, IEEE Trans. Pattern Anal. Mach. Intell. 41 (2019), arXiv 1805.09243.

    Examples
    --------
    >>> from linsub.clustering import block_diagonal_representation, subspace_preserving_rate
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(2, 2, 20, 15, rng=0)
    >>> B, Z = block_diagonal_representation(X, 2)
    >>> bool((B >= 0).all()), B.shape
    (True, (30, 30))
    """
    samples = as_samples(X, gram)
    n = samples.size
    k = scalars.as_integer(n_clusters, name="n_clusters", low=1)
    if k > n:
        raise InvalidInputError(f"n_clusters={k} and there are {n} samples; ask for at most {n}")
    lam = scalars.as_real(lam, name="lam", low=0.0, include=(False, True))
    gamma = scalars.as_real(gamma, name="gamma", low=0.0, include=(True, True))
    tol = scalars.as_real(tol, name="tol", low=0.0)
    maxiter = scalars.as_integer(maxiter, name="maxiter", low=1)
    on_fail = scalars.as_choice(on_fail, name="on_fail", choices=("raise", "warn", "return"))  # type: ignore[assignment]
    with np.errstate(over="ignore", under="ignore"):
        weight, penalty = np.ldexp([lam, gamma], 2 * samples.exponent).tolist()
    _check_weights(weight, penalty, lam, gamma, samples.gram)
    B, Z, path, gap, converged = _alternate(samples.gram, k, weight, penalty, tol, maxiter)
    with np.errstate(over="ignore"):
        objective = np.ldexp(np.array(path), -2 * samples.exponent)
    result = BlockDiagonalResult(
        B.astype(samples.dtype),
        Z.astype(samples.dtype),
        info=Info(
            method="alternation",
            iterations=len(path),
            converged=converged,
            details={"objective": objective, "gap": gap},
        ),
    )
    if not converged and on_fail != "return":
        text = f"entries still change by more than tol={tol:g} after {maxiter} steps; raise maxiter"
        if on_fail == "raise":
            raise ConvergenceError(text, result)
        warnings.warn(text, ConvergenceWarning, stacklevel=2)
    return result


def _check_weights(weight: float, penalty: float, lam: float, gamma: float, G: np.ndarray) -> None:
    rounding = G.shape[0] * float(np.finfo(np.float64).eps) * float(np.trace(G))
    if not (rounding < weight < np.inf and penalty < np.inf and penalty / weight < np.inf):
        raise InvalidInputError(
            f"lam={lam:g} and gamma={gamma:g} are out of reach of the samples' squared norms; "
            "bring samples to norm 1, or choose lam near their squared norms"
        )


def _alternate(
    G: np.ndarray, k: int, lam: float, gamma: float, tol: float, maxiter: int
) -> tuple[np.ndarray, np.ndarray, list[float], float, bool]:
    n = G.shape[0]
    B, Z, path, gap = np.zeros((n, n)), np.zeros((n, n)), [], 0.0
    W = np.zeros((n, n))
    R = cholesky_r(G + lam * np.eye(n))
    if R is None:
        raise InvalidInputError("lam is too small beside the rounding of the samples; raise it")
    for step in range(maxiter):
        old_Z, old_B = Z, B
        Z = solve(R, solve(R, G + lam * B, side="right"), side="right", adjoint=True)
        A = Z - (gamma / lam) * (W.diagonal()[:, None] - W)
        np.fill_diagonal(A, 0.0)
        B = np.maximum(0.5 * (A + A.T), 0.0)
        W, gap = _bottom(B, k)
        rest = Z @ G - G
        fit = float(np.sum(rest * (Z - np.eye(n))))
        path.append(0.5 * fit + 0.5 * lam * float(np.square(Z - B).sum()) + gamma * gap)
        moved = max(float(np.abs(Z - old_Z).max()), float(np.abs(B - old_B).max()))
        if step and moved <= tol:
            return B, Z, path, gap, True
    return B, Z, path, gap, False


def _bottom(B: np.ndarray, k: int) -> tuple[np.ndarray, float]:
    """Return the projector on the k smallest eigenvectors of the Laplacian, and their sum."""
    L = np.diag(B.sum(axis=1)) - B
    values, V = eigh(-L, top=k)
    return V @ V.T, float(max(0.0, -values.sum()))
