"""Nearest subspace neighbours: each sample grows a subspace through the samples nearest to it."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import scalars
from linsub.clustering.largest import largest_columns
from linsub.clustering.samples import as_samples
from linsub.clustering.self_expression import SelfExpression, SelfExpressionCertificate
from linsub.errors import InvalidInputError
from linsub.results import Info

__all__ = ["nsn_neighbors"]

# Entries of the block of scores that is held at a time (16 MB: read once a step).
_ENTRIES = 1 << 21

# A sample whose part off the subspace is less than this adds no direction to it.
_INSIDE = 1e-10


def nsn_neighbors(
    X: Any,
    n_neighbors: int,
    max_dim: int,
    *,
    include_span: bool = True,
    tol: float = 1e-8,
) -> SelfExpression:
    """Connect each sample to those nearest to the subspace that they span with it (NSN).

    Starting from the line through x_i, the sample with the largest ``||P x_j|| / ||x_j||`` joins
    and extends the subspace, until that has `max_dim` dimensions; `n_neighbors` join in all.

    Parameters
    ----------
    X : array_like of shape (N, D)
        Rows are samples, of any sizes.
    n_neighbors : int
        From 1; at most N - 1 are there. At least ``max_dim - 1``, so that the subspace is full.
    max_dim : int
        In 1 .. D: the dimension of the subspaces, as far as it is known.
    include_span : bool, optional
        Connect all samples that lie in the final subspace too.
    tol : float, optional
        What counts as lying in it: ``||x_j||^2 - ||P x_j||^2 <= tol ||x_j||^2``.

    Returns
    -------
    SelfExpression
        C holds ones, in CSR; `residual` is nan: nothing is represented. Samples that are 0 have no
        neighbours and are none.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Park, Caramanis and Sanghavi (2014), algorithm 1, for a block of samples at a time:
    a new direction of each costs one product of matrices. Of equal scores the sample with the lower
    index comes in. *Cost.* ``2 N^2 D max_dim`` flops.

    References
    ----------
    Park, Caramanis and Sanghavi, NIPS 2014, arXiv 1410.8864.

    Examples
    --------
    >>> from linsub.clustering import nsn_neighbors, subspace_preserving_rate
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 9, 20, rng=0)
    >>> subspace_preserving_rate(nsn_neighbors(X, 5, 2).C, truth)
    1.0
    """
    samples = as_samples(X)
    rows = samples.unit
    n, D = rows.shape
    wanted = scalars.as_integer(n_neighbors, name="n_neighbors", low=1)
    width = scalars.as_integer(max_dim, name="max_dim", low=1, high=D)
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    include_span = scalars.as_flag(include_span, name="include_span")
    if wanted < width - 1:
        raise InvalidInputError(
            f"n_neighbors={wanted} samples cannot span max_dim={width} dimensions; take at least "
            f"{width - 1}"
        )
    alive: np.ndarray = np.asarray(rows.any(axis=1))
    step = max(1, _ENTRIES // n)
    limit = 1.0 - tol if include_span else np.inf
    parts = [
        _block(rows, alive, np.arange(i, min(n, i + step)), min(wanted, n - 1), width, limit)
        for i in range(0, n, step)
    ]
    return SelfExpression(
        sparse.vstack(parts, format="csr").astype(samples.dtype),
        np.full(n, np.nan, dtype=samples.dtype),
        certificate=SelfExpressionCertificate(),
        info=Info(method="nearest subspace neighbours", details={"max_dim": width}),
    )


def _block(
    rows: np.ndarray, alive: np.ndarray, own: np.ndarray, wanted: int, width: int, limit: float
) -> Any:
    b, (n, D) = own.size, rows.shape
    place = np.arange(b)
    basis = np.zeros((b, width, D))
    direction = rows[own].copy()
    scores = np.zeros((b, n))
    chosen = np.zeros((b, n), dtype=bool)
    shut = np.broadcast_to(~alive, (b, n)).copy()
    shut[place, own] = True
    dim = np.zeros(b, dtype=np.int64)
    count = np.minimum(wanted, np.count_nonzero(~shut, axis=1))
    for _ in range(wanted):
        if not (dim < width).any():
            break
        grown = direction.any(axis=1) & (dim < width)
        basis[place[grown], dim[grown]] = direction[grown]
        dim += grown
        scores += np.square(direction @ rows.T)
        best = np.argmax(np.where(shut, -1.0, scores), axis=1)
        open_rows = ~shut[place, best] & (dim < width)
        shut[place[open_rows], best[open_rows]] = True
        chosen[place[open_rows], best[open_rows]] = True
        direction = _new_directions(basis, rows[best])
        direction[~open_rows] = 0.0
        if not open_rows.any():
            break
    return _linked(scores, shut, chosen, count, alive[own], limit)


def _new_directions(basis: np.ndarray, picked: np.ndarray) -> np.ndarray:
    """Return what the picked samples add to each subspace, of norm 1; 0 where that is nothing."""
    rest = picked.copy()
    for _ in range(2):
        rest -= np.einsum("bkd,bk->bd", basis, np.einsum("bkd,bd->bk", basis, rest))
    size = np.sqrt(np.einsum("bd,bd->b", rest, rest))
    useful = size > _INSIDE
    return np.asarray(np.where(useful[:, None], rest / np.where(useful, size, 1.0)[:, None], 0.0))


def _linked(
    scores: np.ndarray,
    shut: np.ndarray,
    chosen: np.ndarray,
    count: np.ndarray,
    alive: np.ndarray,
    limit: float,
) -> Any:
    """Fill up with the samples of the largest scores, and those in the span."""
    left = np.where(shut, -1.0, scores)
    missing = count - np.count_nonzero(chosen, axis=1)
    for m in np.unique(missing[missing > 0]):
        which = np.flatnonzero(missing == m)
        columns = largest_columns(left[which], int(m))
        chosen[which[:, None], columns] = True
    chosen |= left >= limit
    chosen[~alive] = False
    return sparse.csr_array(chosen.astype(np.float64))
