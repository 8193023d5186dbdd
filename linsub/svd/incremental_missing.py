"""Missing entries of a stream, filled in from the subspace that it has found so far."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.svd import svd
from linsub.svd.incremental_state import State

__all__ = ["impute"]

# Directions of the basis that the observed rows hardly see: a coefficient of theirs would be
# noise magnified by the inverse of this.
_BLIND = 1e-6


def impute(C: np.ndarray, missing: np.ndarray, state: State) -> np.ndarray:
    """Return C with the missing entries of each column filled in.

    A column c with observed rows O gets ``P_M y`` in its missing rows M, with y the least
    squares solution of ``P_O y = c_O`` (Brand 2002), both less the mean where there is one.
    Before there is a basis the missing entries are those of the mean, or zero.
    """
    filled = np.where(missing, 0.0, C).astype(np.result_type(C, np.float64))
    scale = state.scale or 1.0
    mean = np.zeros(C.shape[0]) if state.mean is None else state.mean / scale
    P = state.P / scale
    for j in np.flatnonzero(missing.any(axis=0)):
        absent = missing[:, j]
        filled[absent, j] = mean[absent]
        if P.shape[1] == 0 or absent.all():
            continue
        U, S, Wh = svd(P[~absent])
        seen = _BLIND * S.max(initial=0.0) < S
        coefficients = (U[:, seen].conj().T @ (filled[~absent, j] - mean[~absent])) / S[seen]
        filled[absent, j] += P[absent] @ (Wh[seen].conj().T @ coefficients)
    return filled
