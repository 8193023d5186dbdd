"""Randomized subspace iteration: few passes over A, scikit-learn's arguments, certified."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.dense.qr import Orthonormalized, orthonormalize, qr
from linsub._core.dense.svd import svd
from linsub._core.operators import LinearOperatorView, Operator, view
from linsub._core.random import RNGLike, Streams
from linsub.results import Info
from linsub.sketching import OSNAP, SRCT, SRHT, GaussianSketch
from linsub.svd import engines
from linsub.svd.certificate import certify as certify_factors
from linsub.svd.certificate import unscaled
from linsub.svd.result import Factors, SVDCertificate, SVDResult

__all__ = ["randomized_svd", "subspace_iteration", "subspace_to_tolerance"]

OVERSAMPLES = 10
_SKETCHES: dict[str, Any] = {
    "gaussian": GaussianSketch,
    "osnap": OSNAP,
    "srct": SRCT,
    "srht": SRHT,
}
GRADED = 30.0  # times sqrt(eps): below this sigma_k / sigma_1 squaring leaves few digits


def subspace_iteration(
    op: Operator,
    rank: int,
    *,
    streams: Streams,
    oversamples: int = OVERSAMPLES,
    iterations: int = 4,
    start: np.ndarray | None = None,
    keep_all: bool = False,
    squared: bool = True,
    reads: int | None = None,
    sketch: str = "gaussian",
) -> Factors:
    """Return the leading triplets of A restricted to the range of (A^H A)^q Omega.

    The block is orthonormalized after every product, or rounding would turn all of its
    columns into the leading vector. `squared` is the fused product A^H (A X); the first one
    shows whether sigma_k / sigma_1 is too small for it, and from there on the block is
    orthonormalized between A and A^H too (``graded`` in the result), within `reads`
    readings of A if that is given.
    """
    n = op.shape[1]
    width = min(rank + oversamples, *op.shape)
    X = _SKETCHES[sketch](n, width, rng=streams).test_matrix(op.dtype)
    if start is not None and start.shape[1]:
        X = np.concatenate([start.astype(op.dtype), X], axis=1)[:, : max(width, start.shape[1])]
    fill = streams.generator("sketch", 1)
    X = orthonormalize(X, gaussian=fill).Q
    budget = np.inf if reads is None else reads - 1  # one is for the product after the loop
    for _ in range(iterations):
        if squared:
            budget -= 1 if op.one_read_normal else 2
            new = orthonormalize(op.normal(X), gaussian=fill)
            X, squared = new.Q, _resolved(new, rank, op.eps)
        elif budget >= 2:
            budget -= 2
            Y, _ = qr(op.matmat(X))
            X, _ = qr(op.rmatmat(Y))
    Q, R = qr(op.matmat(X))
    P, S, Zh = svd(R)
    rank = X.shape[1] if keep_all else rank
    return Factors(
        U=Q @ P[:, :rank],
        S=S[:rank].copy(),
        V=X @ Zh[:rank].conj().T,
        method="subspace",
        iterations=iterations,
        graded=not squared,
        details={"width": X.shape[1]},
    )


def _resolved(new: Orthonormalized, rank: int, eps: float) -> bool:
    """Whether A^H A X still holds the rank-th direction, with a few digits to spare."""
    if new.rank < new.Q.shape[1]:
        return False
    pivots = np.abs(np.diag(new.R))
    return bool(pivots[:rank].min() > GRADED**2 * eps * pivots.max())


def subspace_to_tolerance(
    op: Operator,
    rank: int,
    *,
    tol: float,
    maxiter: int,
    streams: Streams,
    start: np.ndarray | None = None,
) -> Factors:
    """Iterate until every residual is at most tol * sigma_1, reading it now and then."""
    done, batch, squared = 0, 3, True
    while True:
        batch = min(batch, maxiter - done)
        factors = subspace_iteration(
            op,
            rank,
            streams=streams,
            iterations=batch,
            start=start,
            keep_all=True,
            squared=squared,
        )
        squared = not factors.graded
        done += batch
        U, S, V = factors.U[:, :rank], factors.S[:rank], factors.V[:, :rank]
        left = np.linalg.norm(op.rmatmat(U) - V * S, axis=0)
        worst = float(left.max(initial=0.0))
        factors.converged = worst <= tol * float(S[0])
        if factors.converged or done >= maxiter:
            factors.U, factors.S, factors.V = U, S, V
            factors.iterations = done
            return factors
        start, batch = factors.V, min(2 * batch, 20)


def randomized_svd(
    A: Any,
    rank: int,
    *,
    n_oversamples: int = OVERSAMPLES,
    n_iter: int | Literal["auto"] = "auto",
    passes: int | None = None,
    sketch: Literal["gaussian", "osnap", "srct", "srht"] = "gaussian",
    certify: bool | Literal["tight"] = True,
    failure_prob: float = 1e-6,
    rng: RNGLike = None,
    check_finite: bool = True,
) -> SVDResult:
    """Truncated SVD by randomized subspace iteration, in a fixed number of passes.

    Takes scikit-learn's arguments where they make sense, stops after a fixed amount of
    work, and says how good the result is. For a result of given accuracy use
    :func:`truncated_svd`, which is also faster where A fits in memory.

    Parameters
    ----------
    A : array_like, sparse, LinearOperator, memmap, dask array or row blocks, (m, n)
        As in :func:`truncated_svd`.
    rank : int
        From 0 to min(m, n).
    n_oversamples : int, optional
        Columns of the sketch beyond `rank`.
    n_iter : int or "auto", optional
        Power iterations. "auto" is 7 where rank < 0.1 min(m, n) and 4 elsewhere.
    passes : int, optional
        Readings of A that the answer may cost, at least 2; sets `n_iter` (give one of
        the two). The certificate reads A four times more.
    sketch : {"gaussian", "osnap", "srct", "srht"}, optional
        The test matrix, of :mod:`linsub.sketching`. The claims below are of Gaussian ones;
        the certificate holds for each.
    certify, failure_prob, rng, check_finite
        As in :func:`truncated_svd`.

    Returns
    -------
    SVDResult
        ``U (m, k)``, ``S (k,)`` descending, ``Vh (k, n)`` with certificate and info.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    See Also
    --------
    truncated_svd, single_pass_svd
    sklearn.utils.extmath.randomized_svd : no error is returned; `n_iter` iterations read
        A twice each.

    Notes
    -----
    *Algorithm.* Halko, Martinsson and Tropp, algorithms 4.4 and 5.1, from the right: the
    sketch is (A^H A)^(q+1) Omega with the fused product, which reads A once, so that q
    iterations cost q + 2 readings and give the accuracy of exponent 2 q + 2, where the
    usual scheme costs 2 q + 2 and gives 2 q + 1. Where sigma_k / sigma_1 is too small to be
    squared, which the first product shows, it changes to the usual scheme. *Cost.*
    4 m n (k + p) (q + 1.5) flops; (m + n) (k + p) numbers. *Accuracy.* Claims
    ``svd-hmt-frobenius``, ``svd-hmt-power``; what was reached in this run is in the certificate.

    References
    ----------
    Halko, Martinsson and Tropp, SIAM Review 53 (2011).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svd import randomized_svd
    >>> A = np.diag(1.0 / np.arange(1.0, 41.0))
    >>> result = randomized_svd(A, 3, rng=0)
    >>> result.S.round(6).tolist()
    [1.0, 0.5, 0.333333]
    """
    op = view(A, check_finite=check_finite)
    short = min(op.shape)
    rank = scalars.as_integer(rank, name="rank", low=0, high=short)
    oversamples = scalars.as_integer(n_oversamples, name="n_oversamples", low=0)
    iterations = _iterations(n_iter, passes, rank, short, reads=1 if op.one_read_normal else 2)
    scalars.as_choice(sketch, name="sketch", choices=_SKETCHES)
    failure_prob = scalars.as_real(
        failure_prob, name="failure_prob", low=0.0, high=1.0, include=(False, False)
    )
    if not isinstance(certify, str) or certify != "tight":
        certify = scalars.as_flag(certify, name="certify")
    streams = Streams(rng)
    if isinstance(op, LinearOperatorView):
        engines.find_scale(op, streams)
    if rank == 0 or op.frobenius() == 0.0:
        factors = engines.zeros(op, rank)
    else:
        # A sketch of the whole short side loses nothing, on that side.
        flip = rank + oversamples >= op.shape[0] and op.shape[0] < op.shape[1]
        factors = subspace_iteration(
            op.adjoint if flip else op,
            rank,
            streams=streams,
            oversamples=oversamples,
            iterations=iterations,
            reads=passes,
            sketch=sketch,
        )
        if flip:
            factors.U, factors.V = factors.V, factors.U
    products, passes_used = op.products, op.passes
    certificate = None
    if certify:
        certificate = _certified(op, factors, streams, failure_prob, certify == "tight")
    info = Info(
        notes=_notes(factors),
        method=factors.method,
        products=op.products,
        passes=op.passes,
        iterations=factors.iterations,
        details={**factors.details, "answer_products": products, "answer_passes": passes_used},
    )
    return SVDResult(*engines.hand_back(op, factors), certificate=certificate, info=info)


def _certified(
    op: Operator, factors: Factors, streams: Streams, failure_prob: float, tight: bool
) -> SVDCertificate:
    steps = 12 if tight else None
    known = certify_factors(op, factors, streams=streams, failure_prob=failure_prob, steps=steps)
    return unscaled(known, op.scale)


def _notes(factors: Factors) -> tuple[str, ...]:
    if factors.details.get("adjoint_gap", 0.0) > 1e-6 * float(factors.S.max(initial=0.0)):
        note = "rmatmat is not the adjoint of matmat; see to the operator's rmatvec"
        return (*factors.notes, note)
    return factors.notes


def _iterations(n_iter: Any, passes: Any, rank: int, short: int, reads: int) -> int:
    """Return the number of fused products before the last one."""
    if passes is not None:
        if n_iter != "auto":
            scalars.as_choice(n_iter, name="n_iter (with passes)", choices=("auto",))
        readings = int(scalars.as_integer(passes, name="passes", low=2))
        return max(1, (readings - 1) // reads)
    if n_iter == "auto":
        return 1 + (7 if rank < 0.1 * short else 4)
    return 1 + scalars.as_integer(n_iter, name="n_iter", low=0)
