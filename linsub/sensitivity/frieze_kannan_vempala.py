"""Low-rank approximation from sampled rows and columns (Frieze, Kannan and Vempala)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import home
from linsub._core.dense import norms
from linsub._core.dense.qr import qr
from linsub._core.dense.svd import singular_values, svd
from linsub._core.random import RNGLike, Streams
from linsub.results import Bound, Info
from linsub.sensitivity import bounds
from linsub.sensitivity.access_result import FKVResult, SampledCertificate
from linsub.sensitivity.length_squared import (
    gram_defect,
    matrix_near_one,
    sampled_columns,
    sampled_rows,
)

__all__ = ["fkv"]

CERTIFY = ("norms", "exact")
_EPS = float(np.finfo(np.float64).eps)


def fkv(
    A: Any,
    rank: int,
    s: int,
    t: int,
    *,
    failure_prob: float = 0.05,
    certify: str = "exact",
    rng: RNGLike = None,
    check_finite: bool = True,
) -> FKVResult:
    """Approximate a matrix by ``A V V^H``, V of k columns from s sampled rows and t columns.

    ``||A - A V V^H||_F^2 <= sum_{i>k} sigma_i^2 + error_bound``, the bound being of the order of
    ``sqrt(k / s) ||A||_F^2``.

    Parameters
    ----------
    A : SampleQueryMatrix, array_like or sparse of shape (m, n)
    rank : int
        k, at most min(s, t, m, n); fewer columns are returned where the samples have less rank.
    s, t : int
        Rows and columns that are drawn, with repetitions.
    failure_prob : float, optional
        Of ``error_bound`` with ``certify="norms"``.
    certify : {"exact", "norms"}
        ``exact``: the error and the defect of the Gram matrix are measured, 2 m n (n + k) flops,
        and ``error_bound`` is certain. ``norms``: the defect is bounded by its law, with
        `failure_prob`, without reading A again.
    rng : None, int, Generator, ..., optional
        Seed or generator, as taken by :func:`numpy.random.default_rng`.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    FKVResult
        ``V, S, rows, columns``, with ``certificate``
        (:class:`~linsub.sensitivity.SampledCertificate`).

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Rows in proportion to their squared norms, then columns of those rows R in the
    same way; the left singular vectors U of what is left give ``R^H U``, which is made
    orthonormal here (the paper keeps it as it is). All is computed in double precision, at a power
    of two where entries are near 1. *Cost.* One pass for the norms, O(s n k + s^2 t) flops.
    For a matrix in memory :func:`linsub.svd.truncated_svd` is nearly always faster for the same
    error; this is for matrices of which only samples can be had. *Accuracy.* Claims
    ``sensitivity-companion`` and ``sensitivity-fkv``.

    References
    ----------
    Frieze, Kannan and Vempala, JACM 51 (2004); Drineas, Kannan and Mahoney, SIAM J. Comput. 36
    (2006), "Fast Monte Carlo algorithms for matrices II".

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import fkv
    >>> A = np.outer(np.arange(1.0, 51.0), np.ones(20)) + np.eye(50, 20)
    >>> V, S, rows, columns = found = fkv(A, 1, 40, 40, rng=0)
    >>> V.shape, bool(np.linalg.norm(A - A @ V @ V.T) <= float(found.certificate.error))
    ((20, 1), True)
    """
    B, exponent, dtype = matrix_near_one(A, check_finite)
    s, t = scalars.as_integer(s, name="s", low=1), scalars.as_integer(t, name="t", low=1)
    rank = scalars.as_integer(rank, name="rank", low=0, high=min(s, t, *B.shape))
    delta = scalars.as_real(
        failure_prob, name="failure_prob", low=0.0, high=1.0, include=(False, False)
    )
    certify = scalars.as_choice(certify, name="certify", choices=CERTIFY)
    streams = Streams(rng)
    rows, R, size = sampled_rows(B, s, streams.generator("sample", 0))
    columns, C = sampled_columns(R, t, streams.generator("sample", 1))
    V, S = _leading(R, C, rank)
    certificate = _certificate((B, R, V), rank, size, exponent, delta, certify)
    with np.errstate(over="ignore", under="ignore"):
        S = np.ldexp(S, exponent).astype(np.empty(0, dtype).real.dtype)
    return FKVResult(
        home(A).give_back(np.ascontiguousarray(V.astype(dtype))),
        S,
        rows,
        columns,
        certificate=certificate,
        info=Info(method="fkv", details={"rank": V.shape[1]}),
    )


def _leading(R: np.ndarray, C: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Return orthonormal V from the left singular vectors of C, and the singular values."""
    U, sigma, _ = svd(C)
    least = max(C.shape) * _EPS * float(sigma[0]) if sigma.size else 0.0
    k = min(rank, int(np.count_nonzero(sigma > least)))
    V, triangle = qr(R.conj().T @ (U[:, :k] / sigma[:k]))
    # Left vectors of C may be nearly lost in R: what is rounding alone is no direction of A.
    sizes = np.abs(triangle.diagonal())
    kept = sizes > 100.0 * max(R.shape) * _EPS * float(sizes.max(initial=0.0))
    return V[:, kept], sigma[:k][kept]


def _certificate(
    parts: tuple[Any, np.ndarray, np.ndarray],
    rank: int,
    size: float,
    exponent: int,
    delta: float,
    certify: str,
) -> SampledCertificate:
    B, R, V = parts
    captured = norms.frobenius(R @ V) ** 2
    top = singular_values(R)[:rank]
    deficit = max(float(np.square(top).sum()) - captured, 0.0)
    rounding = bounds.sampled_rounding(sum(B.shape), size**2, _EPS)
    what = "||A - A V V^H||_F^2 - sum_{i>k} sigma_i^2"
    error, measured = None, None
    if certify == "exact":
        V = np.asarray(V)
        E = B - (B @ V) @ V.conj().T
        error = norms.frobenius(E) + bounds.sampled_rounding(V.shape[0], size, _EPS)
        measured = gram_defect(B, R) + rounding
        limit = bounds.projection_excess(rank, measured, deficit)
    else:
        rms = size**2 / math.sqrt(R.shape[0])
        tail = bounds.sampled_tail(rms, rms, delta) + rounding
        limit = bounds.projection_excess(rank, tail, deficit)
    with np.errstate(over="ignore", under="ignore"):
        square = float(np.ldexp(limit + rounding, 2 * exponent))
        return SampledCertificate(
            error=None
            if error is None
            else Bound(float(np.ldexp(error, exponent)), "exact", "||A - A V V^H||_F"),
            error_bound=Bound(square, "bound", what)
            if certify == "exact"
            else Bound(square, "probabilistic", what, delta),
            gram_defect=None
            if measured is None
            else Bound(float(np.ldexp(measured, 2 * exponent)), "exact", "||A^H A - R^H R||_F"),
            frobenius_norm=Bound(float(np.ldexp(size, exponent)), "exact", "||A||_F"),
        )
