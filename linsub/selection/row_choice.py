"""k rows that stand for a matrix, with an error near the best of rank k."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub._core.dense import norms
from linsub._core.dense.pivoted_qr import pivoted_qr
from linsub._core.dense.svd import svd
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.results import Bound, Info, Kind
from linsub.selection import bounds
from linsub.selection.gu_eisenstat import DEFAULT_F, strong_pivots
from linsub.selection.leading_subspace import (
    EPS,
    beyond,
    check_rank,
    checked_basis,
    leading_subspace,
    rank_tolerance,
    widened,
)
from linsub.selection.osinsky import osinsky_rows
from linsub.selection.result import RowSubset, SelectionCertificate
from linsub.selection.weights import oblique_weights, projection_weights

__all__ = ["row_subset"]

METHODS = ("arp", "osinsky", "volume", "cpqr", "srrqr")
_ERROR = "||A - W A[S]||_F"
_MEAN = "(E ||A - W A[S]||_F^2)^(1/2)"
_START = "||A - Q Q^H A||_F"
_LEAST = "(sum_{i>k} sigma_i^2)^(1/2)"


def row_subset(
    A: Any,
    k: int,
    *,
    method: str = "arp",
    Q: Any = None,
    interp: str | None = None,
    rng: RNGLike = None,
    check_finite: bool = True,
) -> RowSubset:
    """Choose k rows S and weights W with ``A ~ W A[S]``, nearly as good as rank k allows.

    ``||A - W A[S]||_F <= factor * ||A - Q Q^H A||_F``, with the default Q the least error of
    rank k.

    Parameters
    ----------
    A : array_like of shape (N, c)
        Never modified.
    k : int
        Number of rows, at most min(N, c) and at most the numerical rank of A; with `Q`, its
        number of columns.
    method : {"arp", "osinsky", "volume", "cpqr", "srrqr"}
        ``arp``: drawn from the projection DPP of Q; factor sqrt(k + 1) in the mean square.
        ``osinsky``: the same without chance; factor sqrt(k + 1) always. ``volume``: drawn with
        probability proportional to det(A_S A_S^H); the mean square error is known exactly, and
        at most k + 1 times the least. ``cpqr``: pivoted QR of A^H (of Q^H if Q is given); no
        factor. ``srrqr``: strong rank-revealing QR of A^H, or of Q^H.
    Q : array_like of shape (N, k), optional
        Orthonormal columns; by default the leading left singular vectors of A. Any Q will do,
        and the factor is then over its own error. Not for ``volume``.
    interp : {"oblique", "projection"}, optional
        ``W = Q Q_S^-1``, for which the rows of A need not be read; or ``W = A A_S^+``, which
        has the least error of all W. By default oblique for ``arp`` and ``osinsky`` and
        for a given Q, else projection.
    rng : None, int, Generator, ..., optional
        Seed or generator, as taken by :func:`numpy.random.default_rng`.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    RowSubset
        ``indices, W``, with ``certificate`` (:class:`~linsub.selection.SelectionCertificate`).

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Also when k exceeds the numerical rank: then fewer rows give all of A.

    Notes
    -----
    *Algorithm.* ``arp``: Cortinovis and Kressner's adaptive randomized pivoting, whose law is that
    of :func:`linsub.dpp.projection_dpp`, drawn by accept-reject. ``osinsky``: pivots by the least
    ``(||e_i||^2 + floor^2/N) / ||q_i||^2``, where floor is the size of rounding; with it no
    pivot is tiny when A has rank k exactly. ``volume``: :class:`linsub.dpp.KDPP` of A A^H. All
    is computed in double precision, at a power of two where entries are near 1. *Cost.* Q by
    :func:`linsub.svd.truncated_svd`; then ``arp`` about 2 k^3 log k flops, ``osinsky`` 4 N c k,
    ``volume`` an SVD of A, ``cpqr`` 4 N c k and more; and 2 N c k for the certificate.
    *Accuracy.* Claims ``selection-arp``, ``selection-osinsky``, ``selection-volume``,
    ``selection-error``.

    References
    ----------
    Cortinovis and Kressner, arXiv 2412.13992; Epperly, arXiv 2510.02513; Osinsky, arXiv
    2308.12106; Deshpande, Rademacher, Vempala and Wang, SODA 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.selection import row_subset
    >>> x = np.linspace(0.0, 1.0, 40)
    >>> A = 1.0 / (1.0 + x[:, None] + x)
    >>> indices, W = chosen = row_subset(A, 5, method="osinsky")
    >>> bool(np.linalg.norm(A - W @ A[indices]) < 1e-5)
    True
    >>> float(chosen.certificate.frobenius_error) <= float(chosen.certificate.error_bound)
    True
    """
    given = as_matrix(A, check_finite=check_finite)
    method = scalars.as_choice(method, name="method", choices=METHODS)
    oblique = _is_oblique(interp, method, Q is not None)
    N, c = given.shape
    k = scalars.as_integer(k, name="k", low=0, high=N if Q is not None else min(N, c))
    streams = Streams(rng)
    B, alpha = widened(given)
    basis = None if Q is None else checked_basis(Q, N, k, check_finite)
    rank_tol = rank_tolerance(given)
    if basis is None and (method in ("arp", "osinsky") or oblique):
        basis = leading_subspace(B, k, rank_tol, streams)
    found = _chosen(method, B, basis, Q is not None, k, rank_tol, streams)
    if oblique:
        W = oblique_weights(basis, found.indices)  # type: ignore[arg-type]
    else:
        W = projection_weights(B, found.indices, rank_tol)
    W = W.astype(given.dtype, copy=False)
    return RowSubset(
        found.indices,
        home(A).give_back(W),
        certificate=_certificate(B, W, found, alpha),
        info=Info(method=method, details={"interp": "oblique" if oblique else "projection"}),
    )


@dataclasses.dataclass
class _Chosen:
    """Rows, and what the theorem says of their error, at the scale where they were chosen.

    `start` is the projection error that the factor multiplies, `limit` the theorem's bound
    without the rounding of the weights, `of` what it bounds.
    """

    indices: np.ndarray
    factor: Bound | None = None
    start: float | None = None
    limit: float | None = None
    kind: Kind = "bound"
    of: str = _ERROR


def _is_oblique(interp: str | None, method: str, has_Q: bool) -> bool:
    if method == "volume" and has_Q:
        raise InvalidInputError(
            "Q is given and method='volume' draws from the volumes of A itself; leave Q out, or "
            "take method='arp', which draws from those of Q"
        )
    if interp is None:
        return has_Q or method in ("arp", "osinsky")
    oblique = scalars.as_choice(interp, name="interp", choices=("oblique", "projection"))
    if oblique == "oblique" and method == "volume":
        raise InvalidInputError(
            "interp='oblique' needs a Q, and method='volume' has none; take interp='projection'"
        )
    return oblique == "oblique"


def _chosen(
    method: str,
    B: np.ndarray,
    basis: np.ndarray | None,
    own: bool,
    k: int,
    rank_tol: float,
    streams: Streams,
) -> _Chosen:
    if method == "volume":
        return _by_volume(B, k, rank_tol, streams)
    if method in ("cpqr", "srrqr"):
        return _by_pivots(method, B, basis if own else None, k, rank_tol)
    assert basis is not None
    E = beyond(B, basis)
    start = norms.frobenius(E)
    factor = bounds.subset_factor(k)
    if method == "arp":
        from linsub.dpp import projection_dpp

        S = projection_dpp(basis, orthonormal="assume", rng=streams.generator("sample"))
        ratio = Bound(factor, "bound", f"{_MEAN} / {_START}")
        return _Chosen(S, ratio, start, factor * start, of=_MEAN)
    floor = bounds.subset_rounding(k, np.sqrt(k), norms.frobenius(B), EPS)
    limit = bounds.osinsky_error(start, k, floor)
    S = osinsky_rows(E, basis, floor)
    return _Chosen(S, Bound(factor, "bound", f"{_ERROR} / {_START}"), start, limit)


def _by_pivots(
    method: str, B: np.ndarray, Q: np.ndarray | None, k: int, rank_tol: float
) -> _Chosen:
    X = B if Q is None else Q
    start = None if Q is None else norms.frobenius(beyond(B, Q))
    if method == "cpqr":
        _, R, order = pivoted_qr(X.conj().T)
        check_rank(np.abs(R.diagonal()), k, rank_tol)
        return _Chosen(order[:k], start=start)
    found = strong_pivots(X.conj().T, k, DEFAULT_F, rank_tol)
    factor = bounds.pivoting_factor(B.shape[0], k, DEFAULT_F)
    ratio = Bound(factor, "bound", f"{_ERROR} / {_LEAST if Q is None else _START}")
    limit = None if start is None else factor * start
    return _Chosen(found.order[:k], ratio, start, limit)


def _by_volume(B: np.ndarray, k: int, rank_tol: float, streams: Streams) -> _Chosen:
    from linsub.dpp import KDPP, LEnsemble

    U, sigma, _ = svd(B)
    check_rank(sigma, k, rank_tol)
    mean, least = bounds.volume_error(sigma, k), norms.frobenius(sigma[k:])
    ratio = Bound(mean / least, "exact", f"{_MEAN} / {_LEAST}") if least > 0.0 else None
    S = np.zeros(0, np.int64)
    if k:
        keep = sigma > rank_tol * sigma[0]
        ensemble = LEnsemble.from_eigh(np.square(sigma[keep]), U[:, keep])
        S = KDPP(ensemble, k).sample(rng=streams.generator("sample"))
    return _Chosen(S, ratio, least, mean, kind="exact", of=_MEAN)


def _certificate(
    B: np.ndarray, W: np.ndarray, found: _Chosen, alpha: float
) -> SelectionCertificate:
    """Measure the error of W as it is handed back, and put the theorem beside it."""
    eps = float(np.finfo(W.dtype).eps)
    W = W.astype(B.dtype, copy=False)
    norm, weights = norms.frobenius(B), norms.frobenius(W)
    error = norms.frobenius(B - W @ B[found.indices])
    measured = bounds.subset_rounding(W.shape[1], weights, norm, EPS)
    # The theorem is about the weights before they were rounded to the type of A.
    rounding = measured + bounds.subset_rounding(W.shape[1], weights, norm, eps)
    with np.errstate(over="ignore", under="ignore"):
        start, limit = found.start, found.limit
        return SelectionCertificate(
            frobenius_error=Bound((error + measured) / alpha, "exact", _ERROR),
            projection_error=None if start is None else Bound(start / alpha, "exact", _START),
            factor=found.factor,
            error_bound=None
            if limit is None
            else Bound((limit + rounding) / alpha, found.kind, found.of),
            largest_weight=Bound(float(np.abs(W).max(initial=0.0)), "exact", "max |W_ij|"),
            frobenius_norm=Bound(norm / alpha, "exact", "||A||_F"),
        )
