"""Randomly pivoted partial Cholesky, in blocks with rejection: columns as they are needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from linsub._core.random import Streams
from linsub.errors import InvalidInputError

__all__ = ["partial_cholesky"]

# Columns proposed at once, as a share of k: more are fewer calls and more rejections.
_SHARE = 8
_LEAST, _MOST = 4, 128


def partial_cholesky(
    columns: Callable[[np.ndarray], np.ndarray],
    diagonal: np.ndarray,
    k: int,
    tol: float,
    streams: Streams,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return F (N, k) with F F^H = A_:S A_SS^-1 A_S:, S, and the columns that were evaluated.

    Each index of S is drawn in proportion to the diagonal of the residual after those before
    it. A block of proposals is drawn from the diagonal d at its start; one is accepted with
    probability ``r_i / d_i``, r the diagonal after those accepted before it, which is the same
    law, and rejected ones are forgotten.
    """
    N = diagonal.size
    generator = streams.generator("sample")
    left = diagonal.copy()
    top = float(left.max(initial=0.0))
    F = np.zeros((N, 0))
    S: list[int] = []
    looked = 0
    size = min(max(k // _SHARE, _LEAST), _MOST)
    while len(S) < k:
        # Rounding of size tol * top is no room for another column.
        left[left <= tol * top] = 0.0
        if not left.any():
            raise InvalidInputError(
                f"k is {k} and A has numerical rank {len(S)} (relative tolerance {tol:.2g}): "
                f"nothing is left of its diagonal; pass k={len(S)}"
            )
        cdf = np.cumsum(left)
        draws = generator.random(size) * cdf[-1]
        # On a round-off overrun, the last item that has any mass.
        proposals = np.minimum(np.searchsorted(cdf, draws, side="right"), np.flatnonzero(left)[-1])
        levels = generator.random(size) * left[proposals]
        block = columns(proposals)
        looked += size
        residual = block - F @ F[proposals].conj().T
        R = residual[proposals].copy()
        fresh: list[int] = []
        taken = np.zeros((N, 0), residual.dtype)
        for j in range(size):
            pivot = float(R[j, j].real)
            if len(S) == k or pivot <= levels[j] or pivot <= tol * top:
                continue
            i = int(proposals[j])
            if i in S:
                continue
            column = residual[:, j] - taken @ taken[i].conj()
            column = column / np.sqrt(column[i].real)
            taken = np.concatenate([taken, column[:, None]], axis=1)
            S.append(i)
            fresh.append(i)
            v = column[proposals]
            R = R - np.outer(v, v.conj())
        F = np.concatenate([F, taken], axis=1)
        left = np.maximum(left - np.square(np.abs(taken)).sum(axis=1), 0.0)
        left[fresh] = 0.0
    return F, np.array(S, np.int64), looked
