"""Low-rank representation, without noise and with it, as factors."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.dense.eigh import eigh
from linsub._core.dense.svd import svd
from linsub.clustering.bounds import shrunk_representation
from linsub.clustering.largest import largest_of_rows
from linsub.clustering.samples import Samples, as_samples, slack_of
from linsub.clustering.self_expression import affinity_of
from linsub.errors import InvalidInputError
from linsub.results import Info, Record
from linsub.svd import truncated_svd

__all__ = ["LowRankRepresentation", "low_rank_representation"]

_ROWS = 512


class LowRankRepresentation(Record):
    """A symmetric representation of low rank: ``U, weights = low_rank_representation(X)``.

    Attributes
    ----------
    U : ndarray of shape (N, r)
        Orthonormal columns.
    weights : ndarray of shape (r,)
        In (0, 1], descending: ``C = U diag(weights) U^T``.
    certificate : None
    info : Info
        ``details["singular_values"]`` are those of X that count.
    """

    _fields = ("U", "weights")
    U: np.ndarray
    weights: np.ndarray
    certificate: None
    info: Info | None

    def to_dense(self) -> np.ndarray:
        """Return C as an array of shape (N, N)."""
        return np.asarray((self.U * self.weights) @ self.U.T)

    def affinity(
        self, *, normalize: Literal["l2", "max"] | None = None, top: int | None = None
    ) -> Any:
        """Return the affinity of C without its diagonal, as that of a `SelfExpression`.

        Parameters
        ----------
        normalize : {"l2", "max"}, optional
        top : int, optional
            Keep that many entries of a row; C is then never held as a whole.
        """
        from scipy import sparse

        n = self.U.shape[0]
        if top is None:
            C = self.to_dense()
            np.fill_diagonal(C, 0.0)
            return affinity_of(C, normalize=normalize)
        top = scalars.as_integer(top, name="top", low=1)
        parts = []
        for i in range(0, n, _ROWS):
            block = np.abs((self.U[i : i + _ROWS] * self.weights) @ self.U.T)
            block[np.arange(block.shape[0]), np.arange(i, i + block.shape[0])] = 0.0
            parts.append(largest_of_rows(block, top))
        return affinity_of(sparse.vstack(parts, format="csr"), normalize=normalize)


def low_rank_representation(
    X: Any = None,
    *,
    gram: Any = None,
    tau: float | None = None,
    rank: int | None = None,
    rtol: float | None = None,
) -> LowRankRepresentation:
    """Represent samples by samples with the least nuclear norm (LRR and LRSC).

    Minimizes ``||C||_* + (tau / 2) ||X - C X||_F^2``; without `tau`, ``||C||_*`` subject to
    ``X = C X``.

    Parameters
    ----------
    X : array_like of shape (N, D), optional
        Rows are samples. Give `X` or `gram`.
    gram : array_like of shape (N, N), optional
        ``X X^T``; singular values below the root of its rounding are lost.
    tau : float, optional
        Positive, in the unit of ``1 / ||x||^2``; by default samples have no noise.
    rank : int, optional
        Use the nearest matrix of that rank for X, at least 1.
    rtol : float, optional
        In [0, 1): singular values up to `rtol` times the largest count as zero. By default
        ``max(N, D) eps`` of the dtype of X, and the root of it for `gram`.

    Returns
    -------
    LowRankRepresentation
        Of rank 0 where ``tau sigma_1^2 <= 1``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* With X = U S V^T: ``C = U U^T`` without noise, the shape interaction matrix
    (Liu et al. 2013), and ``C = U_1 (I - S_1^-2 / tau) U_1^T`` over the singular values above
    ``tau^-1/2`` otherwise (Vidal and Favaro 2014). It has blocks only if the subspaces are
    independent, that is if their dimensions sum up. *Cost.* One SVD, truncated if `rank`
    is given; memory ``N r``. *Accuracy.* To rounding (claims ``clustering-lrr``,
    ``clustering-lrsc``); the decision about the rank is `rtol`'s.

    References
    ----------
    Liu, Lin, Yan, Sun, Yu and Ma, IEEE Trans. Pattern Anal. 35 (2013); Vidal and Favaro, Pattern
    Recognition Letters 43 (2014).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import low_rank_representation
    >>> X = np.array([[1.0, 0], [2, 0], [0, 1]])
    >>> low_rank_representation(X).to_dense().round(3).tolist()
    [[0.2, 0.4, 0.0], [0.4, 0.8, 0.0], [0.0, 0.0, 1.0]]
    """
    samples = as_samples(X, gram)
    if tau is not None:
        tau = scalars.as_real(tau, name="tau", low=0.0, include=(False, True))
    if rank is not None:
        rank = scalars.as_integer(rank, name="rank", low=1)
    if rtol is not None:
        rtol = scalars.as_real(rtol, name="rtol", low=0.0, high=1.0, include=(True, False))
    U, S = _left(samples, rank)
    least = _default(samples) if rtol is None else rtol
    count = int(np.count_nonzero(least * S[0] < S)) if S.size and S[0] > 0.0 else 0
    U, S = U[:, :count], S[:count]
    # In the scale of the samples; where 2^(-2 exponent) tau overflows nothing is shrunk.
    with np.errstate(over="ignore"):
        scaled = np.inf if tau is None else float(np.ldexp(tau, -2 * samples.exponent))
    weights = np.asarray(shrunk_representation(S, scaled))
    kept = int(np.count_nonzero(weights > 0.0))
    info = Info(
        method="SVD" if samples.X is not None else "eigenvalues",
        details={"singular_values": np.ldexp(S, -samples.exponent)},
    )
    dtype = samples.dtype
    return LowRankRepresentation(
        np.ascontiguousarray(U[:, :kept]).astype(dtype), weights[:kept].astype(dtype), info=info
    )


def _left(samples: Samples, rank: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return left singular vectors and values of X."""
    if samples.X is None:
        values, U = eigh(samples.gram, top=rank)
        if values.size and values[-1] < -slack_of(samples.dtype) * abs(values[0]):
            raise InvalidInputError(
                f"gram is not positive semidefinite: its eigenvalues are {values[0]:.1e} to "
                f"{values[-1]:.1e}, at the scale of a largest entry near 1; pass X @ X.T"
            )
        return U, np.sqrt(np.maximum(values, 0.0))
    if rank is not None:
        if rank > min(samples.X.shape):
            raise InvalidInputError(
                f"rank={rank} and X has shape {samples.X.shape}; ask for at most "
                f"{min(samples.X.shape)}"
            )
        U, S, _ = truncated_svd(samples.X, rank, rng=0)
        return np.asarray(U), np.asarray(S)
    U, S, _ = svd(samples.X)
    return U, S


def _default(samples: Samples) -> float:
    eps = float(np.finfo(samples.dtype).eps)
    if samples.X is None:
        return float(np.sqrt(samples.size * eps))
    return float(max(samples.X.shape) * eps)
