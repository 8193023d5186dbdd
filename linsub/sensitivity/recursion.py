"""Samples in rounds, by leverage alone, p at most 2."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.results import Info
from linsub.sensitivity.bounds.sampling import merge_reduce_error
from linsub.sensitivity.bounds.sampling import oversampling as proved_oversampling
from linsub.sensitivity.draws import drawn_counts
from linsub.sensitivity.leverage import leverage_scores
from linsub.sensitivity.row_sample import RowSample, scaled_rows

__all__ = ["recursive_root_leverage"]

# A round that would keep more of the rows than this only adds distortion.
_PROGRESS = 0.8


def recursive_root_leverage(
    A: Any,
    p: float = 1.0,
    *,
    error: float | None = None,
    oversampling: float | None = None,
    delta: float = 0.05,
    rounds: int = 4,
    rng: RNGLike = None,
) -> RowSample:
    """Sample rows by the p-th power of the root of their leverage, again and again.

    In each round a row that is left is kept with probability ``min(1, c tau_i^(p/2))``, tau the
    leverage scores of the rows that are left with their weights: n rows become at most
    ``c n^(1 - p/2) d^(p/2)`` on average, whose fixed point is ``d c^(2/p)``.

    Parameters
    ----------
    A : array_like of shape (n, d)
        Real or complex, of any rank.
    p : float, optional
        In (0, 2], and with `error` in [1, 2].
    error : float, optional
        In (0, 1): c as it is proved to give ``1 -+ error`` for all x after all rounds, with
        probability ``1 - delta``; each round gets the same share. Give it or `oversampling`.
    oversampling : float, optional
        c, positive; then :func:`embedding_distortion` tells what came of it.
    delta : float, optional
        In (0, 1).
    rounds : int, optional
        At most, at least 1. A round that would keep more than 0.8 of the rows is not begun.
    rng : None, int or numpy.random.Generator, optional

    Returns
    -------
    RowSample
        `probabilities` are products over the rounds that a row was in. ``info.iterations`` are the
        rounds; ``info.details`` has `rows`, how many were left before the first and after each
        round, `expected`, their expectation given the round before, and `oversampling`.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    See Also
    --------
    sample_rows : One round, by Lewis weights, which need no rounds.

    Notes
    -----
    *Cost*: one set of leverage scores a round, of ever fewer rows. *Accuracy*: claim
    ``sensitivity-root-leverage``; unbiased, by the tower rule.

    References
    ----------
    Cohen, Peng, "l_p row sampling by Lewis weights", STOC 2015, arXiv 1412.0588; Woodruff, Yasuda,
    arXiv 2306.00732.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import recursive_root_leverage
    >>> A = np.random.default_rng(0).standard_t(2, (20000, 3))
    >>> sample = recursive_root_leverage(A, 1.0, oversampling=6.0, rounds=2, rng=0)
    >>> [n < 400 for n in sample.info.details["rows"]]
    [False, False, True]
    """
    dense = arrays.as_matrix(A)
    p = scalars.as_real(p, name="p", low=0.0, high=2.0, include=(False, True))
    delta = scalars.as_real(delta, name="delta", low=0.0, high=1.0, include=(False, False))
    rounds = scalars.as_integer(rounds, name="rounds", low=1)
    if (error is None) == (oversampling is None):
        raise InvalidInputError("give error or oversampling, and not both")
    if error is not None:
        error = scalars.as_real(error, name="error", low=0.0, high=1.0, include=(False, False))
        p = scalars.as_real(p, name="p", low=1.0)
    else:
        oversampling = scalars.as_real(
            oversampling, name="oversampling", low=0.0, include=(False, True)
        )
    n = dense.shape[0]
    indices, weights, q = np.arange(n), np.ones(n), np.ones(n)
    rows, expected = [n], []
    streams = Streams(rng)
    for k in range(rounds):
        B = scaled_rows(dense[indices].astype(_wide(dense), copy=False), weights ** (1.0 / p))
        tau, rank = leverage_scores(B)
        if k == 0 and error is not None:
            d = max(rank, 1) * (2 if dense.dtype.kind == "c" and p != 2.0 else 1)
            share = merge_reduce_error(error, rounds)
            oversampling = proved_oversampling(p, d, share, delta / rounds)
        assert oversampling is not None
        with np.errstate(over="ignore", invalid="ignore"):
            chance = np.where(tau > 0.0, np.minimum(1.0, oversampling * tau ** (p / 2.0)), 0.0)
        if float(chance.sum()) > _PROGRESS * indices.size:
            break
        expected.append(float(chance.sum()))
        q[indices] *= chance
        kept = drawn_counts(chance, "bernoulli", streams.generator("sample", k)) > 0
        indices, weights = indices[kept], weights[kept] / chance[kept]
        rows.append(indices.size)
    details = {"rows": tuple(rows), "expected": tuple(expected), "oversampling": oversampling}
    info = Info("root_leverage", iterations=len(expected), details=details)
    return RowSample(indices.astype(np.int64), weights, q, p, info=info)


def _wide(A: np.ndarray) -> Any:
    return np.complex128 if A.dtype.kind == "c" else np.float64
