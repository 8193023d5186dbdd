"""Strong rank-revealing QR: k columns that hold the leading singular values, with a bound."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub._core.dense import norms
from linsub._core.dense.pivoted_qr import pivoted_qr
from linsub._core.dense.qr import qr
from linsub._core.dense.triangular import solve
from linsub.errors import ConvergenceError, NumericalError
from linsub.results import Bound, Info
from linsub.selection import bounds
from linsub.selection.leading_subspace import EPS, check_rank, rank_tolerance, widened
from linsub.selection.result import RRQRCertificate, RRQRResult

__all__ = ["DEFAULT_F", "GAIN", "StrongPivots", "strong_pivots", "strong_rrqr"]

DEFAULT_F = 1.5

# A swap must enlarge the volume by this much beyond f: rounding would else swap back and forth
# for f = 1.
GAIN = 1.0 + 1e-8

# Each swap multiplies det R11 by more than f GAIN, and the pivots of QR start near the top:
# more than a few swaps a column were never seen.
_SWAPS = 50


def strong_rrqr(A: Any, k: int, f: float = DEFAULT_F, *, check_finite: bool = True) -> RRQRResult:
    """Choose k columns that hold what rank k can: A P = Q R, with R11^-1 R12 bounded by f.

    ``sigma_i(R11) >= sigma_i(A) / q`` and ``sigma_j(R22) <= sigma_{k+j}(A) q`` for all i and j,
    with ``q = sqrt(1 + f^2 k (n - k))``, and ``|R11^-1 R12| <= f`` in every entry.

    Parameters
    ----------
    A : array_like of shape (m, n)
        Never modified.
    k : int
        Columns to choose, at most the numerical rank of A.
    f : float, optional
        At least 1; smaller is stronger and takes more swaps.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    RRQRResult
        ``Q, R, permutation, T`` with ``A[:, permutation] = Q @ R`` and ``T = R11^-1 R12``, in the
        array type of `A`; ``certificate`` is an :class:`~linsub.selection.RRQRCertificate`.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, ConvergenceError, NumericalError
        Also when k exceeds the numerical rank. The last one where R overflows.

    Notes
    -----
    *Algorithm.* Gu and Eisenstat's algorithm 4 from the pivots of LAPACK's QR: while some pair
    has ``T_ij^2 + (gamma_j / omega_i)^2 > f^2`` the two columns are exchanged, which multiplies
    ``det R11`` by the root of it (gamma_j the norm of a column of R22, 1 / omega_i that of a row
    of R11^-1). The factors are computed afresh at each swap, where the paper updates them.
    *Cost.* 4 m n min(m, n) flops, and 4 min(m, n) n k a swap; mostly there is none. *Accuracy.*
    Claim ``selection-srrqr``.

    References
    ----------
    Gu and Eisenstat, SIAM J. Sci. Comput. 17 (1996).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.selection import strong_rrqr
    >>> A = np.array([[4.0, 4.0, 0.0], [0.0, 0.1, 3.0]])
    >>> Q, R, permutation, T = strong_rrqr(A, 2)
    >>> sorted(permutation[:2].tolist())
    [1, 2]
    >>> bool(np.abs(T).max() <= 1.5)
    True
    """
    given = as_matrix(A, check_finite=check_finite)
    m, n = given.shape
    k = scalars.as_integer(k, name="k", low=0, high=min(m, n))
    f = scalars.as_real(f, name="f", low=1.0)
    B, alpha = widened(given)
    found = strong_pivots(B, k, f, rank_tolerance(given))
    permuted = B[:, found.order]
    Q, R = qr(permuted)
    dtype, give = given.dtype, home(A).give_back
    trailing = norms.frobenius(R[k:, k:])
    rounding = bounds.subset_rounding(min(m, n), np.sqrt(min(m, n)), norms.frobenius(B), EPS)
    Q, T = Q.astype(dtype, copy=False), found.T.astype(dtype, copy=False)
    with np.errstate(over="ignore", under="ignore"):
        R = (R / alpha).astype(dtype, copy=False)
        if not np.isfinite(R).all():
            raise NumericalError(
                f"R, whose columns have the norms of those of A, exceeds the largest {dtype}; "
                "divide A by a power of two first"
            )
        residual = norms.frobenius(permuted - Q.astype(B.dtype) @ (R.astype(B.dtype) * alpha))
        certificate = RRQRCertificate(
            coefficients=Bound(float(np.abs(T).max(initial=0.0)), "exact", "max |R11^-1 R12|"),
            factor=Bound(bounds.pivoting_factor(n, k, f), "bound", "sigma_i(A) / sigma_i(R11)"),
            trailing_error=Bound((trailing + rounding) / alpha, "exact", "||R22||_F"),
            residual=Bound((residual + rounding) / alpha, "exact", "||A P - Q R||_F"),
        )
    return RRQRResult(
        give(Q),
        give(R),
        found.order,
        give(T),
        certificate=certificate,
        info=Info(method="gu-eisenstat", iterations=found.swaps, details={"k": k, "f": f}),
    )


@dataclasses.dataclass
class StrongPivots:
    """The columns, the k chosen ones first, with T = R11^-1 R12 and the number of swaps."""

    order: np.ndarray
    T: np.ndarray
    swaps: int


def strong_pivots(B: np.ndarray, k: int, f: float, tol: float) -> StrongPivots:
    """Return columns with T_ij^2 + (gamma_j / omega_i)^2 <= f^2 for all pairs."""
    n = B.shape[1]
    _, R, order = pivoted_qr(B)
    check_rank(np.abs(R.diagonal()), k, tol)
    if k in (0, n):
        return StrongPivots(order, np.zeros((k, n - k), B.dtype), 0)
    for swaps in range(_SWAPS * max(n, 1)):
        Q1, R11 = qr(R[:, :k])
        R12 = Q1.conj().T @ R[:, k:]
        T = solve(R11, np.asfortranarray(R12))
        gamma = norms.column_norms(R[:, k:] - Q1 @ R12)
        inverse = solve(R11, np.asfortranarray(np.eye(k, dtype=B.dtype)))
        growth = np.hypot(np.abs(T), np.outer(norms.column_norms(inverse.T), gamma))
        i, j = (int(x) for x in np.unravel_index(int(np.argmax(growth)), growth.shape))
        if not growth[i, j] > f * GAIN:
            return StrongPivots(order, np.ascontiguousarray(T), swaps)
        order[[i, k + j]] = order[[k + j, i]]
        R[:, [i, k + j]] = R[:, [k + j, i]]
    raise ConvergenceError(f"strong_rrqr did not settle after {swaps + 1} swaps; pass a larger f")
