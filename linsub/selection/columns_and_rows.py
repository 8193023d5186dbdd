"""CUR: a matrix from k of its columns, k of its rows and a small matrix between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub._core.dense import norms
from linsub._core.random import RNGLike, Streams
from linsub.errors import NumericalError
from linsub.results import Bound, Info
from linsub.selection import bounds
from linsub.selection.leading_subspace import EPS, beyond, leading_pair, rank_tolerance, widened
from linsub.selection.osinsky import osinsky_rows
from linsub.selection.result import CURResult, SelectionCertificate
from linsub.selection.weights import pseudo_inverse_factors

__all__ = ["cur"]


def cur(
    A: Any, k: int, *, method: str = "arp", rng: RNGLike = None, check_finite: bool = True
) -> CURResult:
    """Approximate a matrix by k of its columns and k of its rows, ``A ~ C U R``.

    ``||A - C U R||_F <= sqrt(2 (k + 1))`` times the least error of rank k, in the mean square for
    ``arp`` and always for ``osinsky``.

    Parameters
    ----------
    A : array_like of shape (m, n)
        Never modified.
    k : int
        At most min(m, n) and the numerical rank of A.
    method : {"arp", "osinsky"}
        How rows and columns are chosen, each from the leading singular vectors of its side; see
        :func:`row_subset`.
    rng : None, int, Generator, ..., optional
        Seed or generator, as taken by :func:`numpy.random.default_rng`.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    CURResult
        ``C, U, R, columns, rows``, with ``certificate``
        (:class:`~linsub.selection.SelectionCertificate`).

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
        Also when k exceeds the numerical rank. The last one where A is so small that U
        overflows.

    Notes
    -----
    *Algorithm.* Two independent choices, and ``U = C^+ A R^+`` by the singular value
    decompositions of C and R, which has the least error for them. *Cost.* The leading singular
    vectors, and 4 m n k flops. *Accuracy.* Claim ``selection-cur``. U has entries as large as
    1 / sigma_k, so that the product C U R cannot be trusted beyond about
    ``eps sigma_1 / sigma_k`` relative to A; the certificate measures it. Where k singular values
    span more than half of the digits, :func:`row_subset` is the better approximation.

    References
    ----------
    Mahoney and Drineas, PNAS 106 (2009); Cortinovis and Kressner, arXiv 2412.13992.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.selection import cur
    >>> A = np.outer([1.0, 2.0, 3.0], [4.0, 5.0]) + np.eye(3, 2)
    >>> C, U, R, columns, rows = cur(A, 2, rng=0)
    >>> bool(np.allclose(C @ U @ R, A))
    True
    """
    given = as_matrix(A, check_finite=check_finite)
    method = scalars.as_choice(method, name="method", choices=("arp", "osinsky"))
    k = scalars.as_integer(k, name="k", low=0, high=min(given.shape))
    streams = Streams(rng)
    B, alpha = widened(given)
    tol = rank_tolerance(given)
    left, right = leading_pair(B, k, tol, streams)
    E = beyond(B, left)
    start = norms.frobenius(E)
    rows = _rows(method, B, E, left, streams, 0)
    Bh = B.conj().T
    columns = _rows(method, Bh, beyond(Bh, right), right, streams, 1)
    C, R = B[:, columns], B[rows]
    Uc, sc, Vhc = pseudo_inverse_factors(C, tol)
    Ur, sr, Vhr = pseudo_inverse_factors(R, tol)
    core = (Uc.conj().T @ B @ Vhr.conj().T) / sr / sc[:, None]
    dtype = given.dtype
    with np.errstate(over="ignore", under="ignore"):
        # C, U alpha, R alpha and A alpha: U is in the inverse unit of A.
        U = np.asarray((Vhc.conj().T @ core @ Ur.conj().T) * alpha).astype(dtype, copy=False)
    if not np.isfinite(U).all():
        raise NumericalError(
            f"U, which is in the inverse unit of A, exceeds the largest {dtype} (the largest entry "
            f"of A is {norms.max_abs(given):.3g}); multiply A by a power of two first"
        )
    certificate = _certificate(method, B, C, U.astype(B.dtype) / alpha, R, (start, alpha), dtype)
    give = home(A).give_back
    return CURResult(
        give(np.ascontiguousarray(given[:, columns])),
        give(U),
        give(np.ascontiguousarray(given[rows])),
        columns,
        rows,
        certificate=certificate,
        info=Info(method=method, details={"k": k}),
    )


def _rows(
    method: str, B: np.ndarray, E: np.ndarray, Q: np.ndarray, streams: Streams, side: int
) -> np.ndarray:
    if method == "osinsky":
        k = Q.shape[1]
        return osinsky_rows(E, Q, bounds.subset_rounding(k, np.sqrt(k), norms.frobenius(B), EPS))
    from linsub.dpp import projection_dpp

    generator = streams.generator("sample", side)
    return projection_dpp(Q, orthonormal="assume", rng=generator)


def _certificate(
    method: str,
    B: np.ndarray,
    C: np.ndarray,
    U: np.ndarray,
    R: np.ndarray,
    start_and_scale: tuple[float, float],
    dtype: np.dtype,
) -> SelectionCertificate:
    start, alpha = start_and_scale
    k = U.shape[0]
    norm, weights = norms.frobenius(B), norms.frobenius(U) * norms.frobenius(R)
    error = norms.frobenius(B - (C @ U) @ R)
    size = norms.frobenius(C)
    measured = bounds.subset_rounding(k, weights, size, EPS) + EPS * norm
    rounding = measured + bounds.subset_rounding(k, weights, size, float(np.finfo(dtype).eps))
    floor = bounds.subset_rounding(k, np.sqrt(k), norm, EPS)
    factor = bounds.cur_factor(k)
    what, base = "||A - C U R||_F", "(sum_{i>k} sigma_i^2)^(1/2)"
    of = what if method == "osinsky" else f"(E {what}^2)^(1/2)"
    limit = float(np.sqrt(2.0)) * bounds.osinsky_error(start, k, floor)
    with np.errstate(over="ignore", under="ignore"):
        return SelectionCertificate(
            frobenius_error=Bound((error + measured) / alpha, "exact", what),
            projection_error=Bound(start / alpha, "exact", "||A - Q Q^H A||_F"),
            factor=Bound(factor, "bound", f"{of} / {base}"),
            error_bound=Bound((limit + rounding) / alpha, "bound", of),
            frobenius_norm=Bound(norm / alpha, "exact", "||A||_F"),
        )
