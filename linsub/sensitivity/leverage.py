"""Leverage scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core.arrays import as_matrix
from linsub._core.dense import norms
from linsub._core.dense.pivoted_qr import pivoted_qr
from linsub.results import Info
from linsub.sensitivity.result import LeverageResult

__all__ = ["leverage_scores"]


def leverage_scores(A: Any) -> LeverageResult:
    """Return tau_i = a_i^H (A^H A)^+ a_i, the leverage of each row of A.

    Parameters
    ----------
    A : array_like of shape (n, d)
        Real or complex, of any rank.

    Returns
    -------
    LeverageResult
        ``scores, rank``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import leverage_scores
    >>> scores, rank = leverage_scores([[1.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    >>> scores.round(12).tolist(), rank
    ([0.5, 0.5, 1.0], 2)
    """
    A = as_matrix(A)
    A = norms.near_one(A.astype(np.complex128 if A.dtype.kind == "c" else np.float64))[0]
    sizes = norms.column_norms(A)
    A = A[:, sizes > 0.0] / sizes[sizes > 0.0]
    Q, R, _ = pivoted_qr(A)
    diagonal = np.abs(R.diagonal())
    tol = max(A.shape) * float(np.finfo(np.float64).eps)
    rank = int(np.count_nonzero(diagonal > tol * diagonal.max(initial=0.0)))
    scores = np.minimum(np.square(np.abs(Q[:, :rank])).sum(axis=1), 1.0)
    return LeverageResult(scores, rank, info=Info("qr"))
