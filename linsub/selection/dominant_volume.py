"""Rows of dominant volume: all others are combinations of them with coefficients up to f."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub._core.dense import norms
from linsub._core.dense.pivoted_qr import pivoted_qr
from linsub._core.dense.svd import svd
from linsub.errors import ConvergenceError, InvalidInputError
from linsub.results import Bound, Info
from linsub.selection import bounds
from linsub.selection.gu_eisenstat import GAIN
from linsub.selection.leading_subspace import EPS, check_rank, rank_tolerance
from linsub.selection.result import MaxvolCertificate, MaxvolResult
from linsub.selection.weights import oblique_weights

__all__ = ["maxvol"]

# Rank-one updates of W between two computations of it from the rows of U.
_AFRESH = 20

# The volume grows by f GAIN a swap; see gu_eisenstat.py.
_SWAPS = 50


def maxvol(U: Any, f: float = 1.05, *, check_finite: bool = True) -> MaxvolResult:
    """Choose k rows S of a tall matrix with ``|U U_S^-1| <= f`` in every entry.

    No exchange of one row enlarges ``|det U_S|`` by more than the factor f, and ``sigma_min(U_S)
    >= sigma_min(U) / sqrt(1 + f^2 k (N - k))``.

    Parameters
    ----------
    U : array_like of shape (N, k)
        Of full column rank; only its range matters. Never modified.
    f : float, optional
        At least 1.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    MaxvolResult
        ``indices, W`` with ``U = W @ U[indices]``; ``certificate`` is a
        :class:`~linsub.selection.MaxvolCertificate`.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, ConvergenceError
        Also when U has dependent columns.

    Notes
    -----
    *Algorithm.* Goreinov and others, 2010: from the pivots of QR of the transposed basis of the
    range, exchange the row with the largest coefficient while it exceeds f, by rank-one updates;
    the coefficients are computed afresh every 20 swaps, and before they are called final.
    *Cost.* 6 N k^2 flops, and 2 N k a swap. *Accuracy.* Claim ``selection-maxvol``.

    References
    ----------
    Goreinov, Oseledets, Savostyanov, Tyrtyshnikov and Zamarashkin, in Matrix Methods: Theory,
    Algorithms and Applications, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.selection import maxvol
    >>> U = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])
    >>> indices, W = maxvol(U)
    >>> sorted(indices.tolist()), float(np.abs(W).max())
    ([1, 2], 1.0)
    """
    given = as_matrix(U, name="U", check_finite=check_finite)
    f = scalars.as_real(f, name="f", low=1.0)
    N, k = given.shape
    if k > N:
        raise InvalidInputError(f"U has shape {given.shape}: fewer rows than columns; pass U.T?")
    basis = _range(given)
    S, W, swaps = _dominant(basis, f)
    wide, eps = _unit_columns(given), float(np.finfo(given.dtype).eps)
    W = W.astype(given.dtype, copy=False)
    residual = norms.frobenius(wide - W.astype(wide.dtype) @ wide[S])
    rounding = bounds.subset_rounding(k, norms.frobenius(W), np.sqrt(k), EPS)
    certificate = MaxvolCertificate(
        largest_weight=Bound(float(np.abs(W).max(initial=0.0)), "exact", "max |U U_S^-1|"),
        factor=Bound(
            bounds.pivoting_factor(N, k, f * GAIN * (1.0 + 4.0 * eps)),
            "bound",
            "sigma_min(U) / sigma_min(U_S)",
        ),
        residual=Bound(residual + rounding, "exact", "||(U - W U_S) D||_F, unit columns U D"),
    )
    return MaxvolResult(
        S, home(U).give_back(W), certificate=certificate, info=Info("maxvol", iterations=swaps)
    )


def _unit_columns(U: np.ndarray) -> np.ndarray:
    """Return U in double precision, its columns scaled near norm 1 by powers of two."""
    wide = U.astype(np.complex128 if U.dtype.kind == "c" else np.float64)
    for _ in range(2):  # no single power of two takes the smallest number to 1
        sizes = norms.column_norms(wide)
        sizes[~np.isfinite(sizes)] = np.finfo(np.float64).max
        scale = np.ldexp(1.0, np.clip(-np.frexp(sizes)[1], -1000, 1000))
        wide = wide * np.where(sizes > 0.0, scale, 1.0)
    return wide


def _range(U: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of the range, or raise where columns are dependent."""
    basis, sigma, _ = svd(_unit_columns(U))
    k = U.shape[1]
    tol = rank_tolerance(U)
    if k and not (sigma[0] > 0.0 and sigma[-1] > tol * sigma[0]):
        rank = int(np.count_nonzero(sigma > tol * sigma[0]))
        raise InvalidInputError(
            f"U has {k} columns of numerical rank {rank} (relative tolerance {tol:.2g}); pass a "
            "basis of its range, as the leading left singular vectors are"
        )
    return basis


def _dominant(Q: np.ndarray, f: float) -> tuple[np.ndarray, np.ndarray, int]:
    N, k = Q.shape
    _, R, order = pivoted_qr(Q.conj().T)
    check_rank(np.abs(R.diagonal()), k, EPS, "U")
    S = order[:k].copy()
    W, fresh = oblique_weights(Q, S), True
    if k == 0:
        return S, W, 0
    for swaps in range(_SWAPS * max(N, 1)):
        i, j = (int(x) for x in np.unravel_index(int(np.argmax(np.abs(W))), W.shape))
        if not np.abs(W[i, j]) > f * GAIN:
            if fresh:
                return S, W, swaps
            W, fresh = oblique_weights(Q, S), True
            continue
        row = W[i].copy()
        row[j] -= 1.0
        W -= np.outer(W[:, j] / W[i, j], row)
        S[j], fresh = i, False
        if swaps % _AFRESH == _AFRESH - 1:
            W, fresh = oblique_weights(Q, S), True
    raise ConvergenceError(f"maxvol did not settle after {swaps + 1} swaps; pass a larger f")
