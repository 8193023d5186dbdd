"""Leverage scores, exact to the conditioning of the problem, in a few passes of products."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense import norms, svd
from linsub._core.random import Streams
from linsub.errors import InvalidInputError, RankDeficientError
from linsub.results import Bound, Info
from linsub.sensitivity.bounds import leverage_relative_error
from linsub.sensitivity.orthonormalizer import (
    METHODS,
    Orthonormalizer,
    orthonormalizer,
    terms_of,
)
from linsub.sensitivity.result import LeverageCertificate, LeverageResult
from linsub.sensitivity.rows import Rows

__all__ = ["leverage_scores", "row_squares"]

# How far from the rank the sum of scores may be, relative to it, before they are refused.
_OFF = 0.01


def leverage_scores(
    A: Any,
    *,
    ridge: float = 0.0,
    rank: int | None = None,
    method: str = "auto",
    rcond: float | None = None,
) -> LeverageResult:
    """Compute tau_i = a_i^H (A^H A)^+ a_i, the leverage of each row: how much it alone decides.

    It is the squared row of an orthonormal basis of the range, the diagonal of the projection
    onto it, and the largest share of ``||A x||^2`` that the row can have:
    ``max over x of |a_i x|^2 / ||A x||_2^2``.

    Parameters
    ----------
    A : array_like or sparse, of shape (n, d)
        Real or complex, of any rank and scale. Only A's rows are read, block by block: it may
        be a memory map.
    ridge : float, optional
        Not negative: ``a_i^H (A^H A + ridge I)^-1 a_i``.
    rank : int, optional
        Scores of the best approximation of that rank: squared rows of the leading left singular
        vectors.
    method : {"auto", "gram", "sketch", "qr"}, optional
        Where the first triangle comes from; all are corrected. ``auto`` takes the cheapest that
        is safe. ``gram`` raises where the columns are nearly dependent.
    rcond : float, optional
        A pivot of the QR factorization, of columns of one length, counts if it is more than
        `rcond` times the largest. By default ``10 d`` units of rounding of the precision of A.

    Returns
    -------
    LeverageResult
        ``scores, rank``: the dimension of the space whose scores they are, which is the range of
        A, deficient or not, its leading part, or that of A above ``sqrt(ridge) I``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        If A is no finite matrix, or an argument is out of its range.
    RankDeficientError
        For ``method="gram"`` where the columns are nearly dependent, or an `rcond` that counts
        what is rounding.

    See Also
    --------
    approx_leverage_scores : Within a factor, for many columns or few entries.
    lewis_weights : The same for other norms.

    Notes
    -----
    *Algorithm*: sketch-preconditioned CholeskyQR. A first triangle R1 comes from the Gram matrix
    where that is safe, from a pivoted QR factorization of an OSNAP sketch otherwise (and from a
    QR of A in blocks where A is not tall, or the sketch was unlucky). Then
    ``G = Z^H Z`` of ``Z = A R1^-1``, whose Cholesky factor R2 makes ``Q = A R1^-1 R2^-1``
    orthonormal to rounding whatever R1 was. Q is never held.

    *Cost*: one reading of A for each of: the Gram matrix; if its columns are not far from
    orthogonal, G; if a sketch is needed, that; and the scores. ``n d^2`` flops each but for the
    sketch; memory ``O(d^2)``. Sparse A has ``nnz d`` flops for the scores.

    *Accuracy*: relative to each score, about eps times the condition of A with columns of unit
    length, which is the conditioning of the problem. ``certificate.relative_error`` is a proved
    bound for A of full rank (``sensitivity-leverage-certificate``); the scores sum to the rank
    (``sensitivity-leverage-sum``).

    References
    ----------
    Drineas, Magdon-Ismail, Mahoney, Woodruff, "Fast approximation of matrix coherence and
    statistical leverage", JMLR 13 (2012), arXiv 1109.3843; Fan, Guo, Lin, "A novel randomized
    XR-based preconditioned CholeskyQR algorithm", arXiv 2111.11148.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import leverage_scores
    >>> scores, rank = leverage_scores([[1.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    >>> scores.round(12).tolist(), rank
    ([0.5, 0.5, 1.0], 2)
    """
    ridge = scalars.as_real(ridge, name="ridge", low=0.0)
    method = scalars.as_choice(method, name="method", choices=METHODS)
    if rcond is not None:
        rcond = scalars.as_real(rcond, name="rcond", low=0.0, high=1.0, include=(True, False))
    if rank is not None:
        rank = scalars.as_integer(rank, name="rank", low=1)
        if ridge > 0.0:
            raise InvalidInputError(
                f"rank={rank} and ridge={ridge:.3g} are two ways to leave out what is small; "
                "pass one of them"
            )
    rows = Rows(A, ridge=ridge)
    # The answer does not depend on the sketch but for rounding: one and the same each time.
    found = orthonormalizer(rows, method=method, rcond=rcond, streams=Streams.replay(0))
    T, triangular, gap = found.T, True, None
    if rank is not None and rank < found.columns.size:
        W, sigma = _leading(rows, found, rank)
        T, triangular = found.T @ W, False
        relative = float((sigma[rank - 1] - sigma[rank]) / sigma[0])
        gap = Bound(relative, "exact", "(sigma_k - sigma_(k+1)) / sigma_1")
    scores = row_squares(rows, T, found.columns, triangular=triangular)
    order = T.shape[1]
    if ridge == 0.0 and not abs(float(scores.sum()) - order) <= _OFF * order:
        raise RankDeficientError(
            f"columns of A are dependent to rounding: scores of rank {order} sum to "
            f"{scores.sum():.3g}; pass a larger rcond"
        )
    scores = np.minimum(scores, 1.0)
    certificate = _certificate(rows, found, gap)
    info = Info(found.method, passes=found.passes + 1)
    given = rows.home.give_back(scores)
    return LeverageResult(given, order, certificate=certificate, info=info)


def row_squares(
    rows: Rows, T: np.ndarray, columns: np.ndarray, *, triangular: bool = True
) -> np.ndarray:
    """Return the squared rows (n,) of ``(A D)[:, columns] T``."""
    out = np.zeros(rows.shape[0])
    for i, Z in rows.products(T, columns, triangular=triangular):
        flat = np.ascontiguousarray(Z).view(np.float64)
        np.einsum("ij,ij->i", flat, flat, out=out[i : i + Z.shape[0]])
    return out


def _leading(rows: Rows, found: Orthonormalizer, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return W (r, k), for which Q W are the leading left singular vectors, and all sigma."""
    M = np.zeros((found.R.shape[0], rows.width), rows.dtype)
    dropped = np.setdiff1d(np.arange(rows.width), found.columns)
    M[:, found.columns], M[:, dropped] = found.R, found.rest
    if rows.exponents is not None:
        M = norms.ldexp(M, rows.exponents - int(rows.exponents.max()))
    W, sigma, _ = svd.svd(norms.near_one(M)[0])
    return np.ascontiguousarray(W[:, :k]), sigma


def _certificate(rows: Rows, found: Orthonormalizer, gap: Bound | None) -> LeverageCertificate:
    deficient = found.columns.size < rows.width and gap is None
    error = leverage_relative_error(found.defect, found.growth, terms_of(rows))
    unknown = deficient or gap is not None or error == np.inf
    return LeverageCertificate(
        relative_error=None if unknown else Bound(error, "bound", "max |scores - tau| / tau"),
        orthogonality=Bound(found.defect, "bound", "||Q^H Q - I||_2"),
        neglected=Bound(found.neglected, "estimate", "max_j ||a_j - Q Q^H a_j|| / ||a_j||"),
        gap=gap,
    )
