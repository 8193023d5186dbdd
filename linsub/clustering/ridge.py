"""Least-squares self-expression: every sample regressed on all others, in closed form."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import scalars
from linsub._core.dense import norms
from linsub._core.dense.cholesky import cholesky_r
from linsub._core.dense.triangular import solve
from linsub.clustering.largest import largest_of_rows
from linsub.clustering.samples import Samples, as_samples
from linsub.clustering.self_expression import SelfExpression, SelfExpressionCertificate
from linsub.errors import InvalidInputError
from linsub.results import Bound, Info

__all__ = ["self_expressive_ridge"]

# Rows of C that are made at a time where only their largest entries are kept.
_ROWS = 512

# Where a diagonal entry of the complement is less, six of its digits are gone ...
_CANCELLED = 1e-6
# ... and up to so many samples the N x N factor is taken instead (4000: 3 s).
_DUAL_LAST = 4000


def self_expressive_ridge(
    X: Any = None,
    *,
    gram: Any = None,
    alpha: float = 1.0,
    exclude_self: bool = True,
    top: int | None = None,
) -> SelfExpression:
    """Represent each sample by all others under a ridge penalty (LSR).

    Row i of C minimizes ``||x_i - sum_j C_ij x_j||^2 + alpha ||C_i||^2`` subject to
    ``C_ii = 0``.

    Parameters
    ----------
    X : array_like of shape (N, D), optional
        Rows are samples. Give `X` or `gram`.
    gram : array_like of shape (N, N), optional
        ``X X^T``, or a sum of such over layers or views: the minimizer of the summed losses.
    alpha : float, optional
        Positive, in the unit of ``||x||^2``.
    exclude_self : bool, optional
        Without it the diagonal is free: ``C = G (G + alpha I)^-1``.
    top : int, optional
        Keep that many entries of a row, those of largest modulus, in CSR; C is then never
        held as a whole.

    Returns
    -------
    SelfExpression
        Its `residual` is that of the whole rows, before they are cut.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Among others if `alpha` is below the rounding of G, so that nothing is determined.

    Notes
    -----
    *Algorithm.* With ``M = (G + alpha I)^-1``, ``C_ij = -M_ij / M_ii`` for i != j: row i
    is the ridge regression on the others (Lu et al. 2012 for the free diagonal). One Cholesky
    factor of the smaller of ``X^T X + alpha I`` and ``X X^T + alpha I``. *Cost.*
    ``2 N^2 min(N, D) + O(min(N, D)^3)`` flops. *Accuracy.* The violation of the normal equations is
    measured, unless `top` is given (claim ``clustering-ridge``).

    References
    ----------
    Lu, Min, Zhao, Zhu, Huang and Yan, ECCV (2012), arXiv 1404.6736.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import self_expressive_ridge
    >>> C, residual = self_expressive_ridge(np.array([[1.0, 0], [1, 0], [0, 1]]), alpha=1e-3)
    >>> abs(C).round(3).tolist()
    [[0.0, 0.999, 0.0], [0.999, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    samples = as_samples(X, gram)
    alpha = scalars.as_real(alpha, name="alpha", low=0.0, include=(False, False))
    exclude_self = scalars.as_flag(exclude_self, name="exclude_self")
    if top is not None:
        top = scalars.as_integer(top, name="top", low=1)
    complement = _complement(samples, alpha)
    n = samples.size
    if top is None:
        P = complement.rows(0, n)
        size = np.linalg.norm(complement.times_samples(samples), axis=1)
        C = _representation(P, complement.diagonal, 0, exclude_self)
        violation = _violation(C, samples, complement.ridge, exclude_self)
        certificate = SelfExpressionCertificate(
            Bound(violation, "exact", "max |C G + alpha C - G| / max ||x||^2")
        )
    else:
        parts = []
        for i in range(0, n, _ROWS):
            P = complement.rows(i, min(n, i + _ROWS))
            block = _representation(P, complement.diagonal, i, exclude_self)
            parts.append(_largest(block, top))
        C, certificate = sparse.vstack(parts, format="csr"), SelfExpressionCertificate()
        size = np.linalg.norm(complement.times_samples(samples), axis=1)
    if exclude_self:
        size = size / complement.diagonal
    residual = np.ldexp(size, -samples.exponent)
    info = Info(method="dual Cholesky" if complement.dual else "primal Cholesky")
    return SelfExpression(
        C.astype(samples.dtype),
        residual.astype(samples.dtype),
        certificate=certificate,
        info=info,
    )


@dataclasses.dataclass(frozen=True)
class _Complement:
    """``P = I - G (G + ridge I)^-1``, by a factor: ``I - F F^T``, or ``ridge F F^T`` (dual)."""

    F: np.ndarray
    ridge: float
    dual: bool

    @functools.cached_property
    def diagonal(self) -> np.ndarray:
        squares = np.einsum("ij,ij->i", self.F, self.F)
        return np.asarray(self.ridge * squares if self.dual else np.maximum(1.0 - squares, 0.0))

    def rows(self, first: int, stop: int) -> np.ndarray:
        H: np.ndarray = self.F[first:stop] @ self.F.T
        if self.dual:
            H *= self.ridge
        else:
            np.negative(H, out=H)
            H[np.arange(stop - first), np.arange(first, stop)] += 1.0
        return H

    def times_samples(self, samples: Samples) -> np.ndarray:
        """Return rows with the norms of those of P X."""
        if samples.X is not None:
            rest = np.asarray(self.F @ (self.F.T @ samples.X))
            return np.asarray(self.ridge * rest if self.dual else samples.X - rest)
        # G P = ridge (I - P), so that P G P = ridge (P - P^2).
        P = self.rows(0, samples.size)
        squares = self.ridge * (self.diagonal - np.einsum("ij,ij->i", P, P))
        return np.asarray(np.sqrt(np.maximum(squares, 0.0))[:, None])


def _complement(samples: Samples, alpha: float) -> _Complement:
    with np.errstate(over="ignore"):
        ridge = float(np.ldexp(alpha, 2 * samples.exponent))
    if not np.isfinite(ridge):  # beside it the samples are nothing
        return _Complement(np.zeros((samples.size, 1)), 1.0, dual=False)
    X = samples.X
    if X is not None and 2 * X.shape[1] <= X.shape[0]:
        primal = _Complement(solve(_factor(X.T @ X, ridge), X, side="right"), ridge, dual=False)
        # A sample that no other resembles: 1 - ||f||^2 has lost its digits.
        if primal.diagonal.min() > _CANCELLED or samples.size > _DUAL_LAST:
            return primal
    G = samples.gram
    return _Complement(solve(_factor(G, ridge), np.eye(G.shape[0])), ridge, dual=True)


def _factor(G: np.ndarray, ridge: float) -> np.ndarray:
    n = G.shape[0]
    rounding = n * float(np.finfo(np.float64).eps) * float(np.trace(G))
    R = cholesky_r(G + ridge * np.eye(n)) if ridge > rounding else None
    if R is None and ridge > rounding:
        raise InvalidInputError(
            f"gram is not positive semidefinite: an eigenvalue is below -{ridge:.1e}, at the scale "
            "of a largest entry near 1; pass X @ X.T"
        )
    if R is None:
        raise InvalidInputError(
            f"alpha is {ridge:.1e} in the scale in which G has a rounding of {rounding:.1e}: "
            "nothing is determined; raise alpha, or take low_rank_representation, its limit"
        )
    return R


def _representation(P: np.ndarray, diagonal: np.ndarray, first: int, exclude: bool) -> np.ndarray:
    """Turn rows of P into rows of C, in place."""
    i = np.arange(P.shape[0])
    np.negative(P, out=P)
    if exclude:
        P /= diagonal[first : first + i.size, None]
        P[i, first + i] = 0.0
    else:
        P[i, first + i] += 1.0
    return P


def _largest(C: np.ndarray, top: int) -> Any:
    size = largest_of_rows(np.abs(C), top)
    row = np.repeat(np.arange(C.shape[0]), np.diff(size.indptr))
    size.data = C[row, size.indices]
    return size


def _violation(C: np.ndarray, samples: Samples, ridge: float, exclude: bool) -> float:
    """Return by how much the normal equations of any row are violated."""
    largest = float(samples.squares.max())
    if largest == 0.0:
        return norms.max_abs(C)
    if samples.X is not None:
        gradient = (C @ samples.X - samples.X) @ samples.X.T
    else:
        gradient = C @ samples.gram - samples.gram
    gradient += ridge * C
    if exclude:
        np.fill_diagonal(gradient, 0.0)
    return norms.max_abs(gradient) / largest
