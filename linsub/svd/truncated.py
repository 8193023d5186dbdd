"""The truncated SVD: one function over every engine, with a certificate."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.operators import LinearOperatorView, Operator, view
from linsub._core.random import RNGLike, Streams
from linsub.errors import ConvergenceError, ConvergenceWarning, InvalidInputError
from linsub.results import Info
from linsub.svd import completeness, engines
from linsub.svd.certificate import certify as certify_factors
from linsub.svd.certificate import unscaled
from linsub.svd.result import Factors, SVDCertificate, SVDResult

__all__ = ["truncated_svd"]

METHODS = ("auto", "lapack", "gram", "lanczos", "golub-kahan", "subspace")
OnFail = Literal["raise", "warn", "return"]


@dataclasses.dataclass(frozen=True)
class _Request:
    """The checked arguments of one call."""

    rank: int | None
    error: float | None
    max_rank: int
    tol: float
    method: str
    certify: bool | str
    failure_prob: float
    on_fail: str
    maxiter: int
    block: int | None


def truncated_svd(
    A: Any,
    rank: int | None = None,
    *,
    error: float | None = None,
    energy: float | None = None,
    max_rank: int | None = None,
    tol: float | None = None,
    method: str = "auto",
    certify: bool | Literal["tight"] = True,
    failure_prob: float = 1e-6,
    rng: RNGLike = None,
    on_fail: OnFail = "raise",
    maxiter: int = 300,
    block: int | None = None,
    n_threads: int = 1,
    check_finite: bool = True,
) -> SVDResult:
    """Leading part of the singular value decomposition, with a certificate.

    Finds ``U, S, Vh`` with orthonormal columns and rows such that ``A ~ U diag(S) Vh``,
    and says how wrong each of them may be. Give exactly one of `rank`, `error` and
    `energy`.

    Parameters
    ----------
    A : array_like, sparse, LinearOperator, memmap, dask array or row blocks, (m, n)
        Anything that acts as a matrix. A list of 2-D arrays, or any object that yields
        them afresh each time it is iterated over, is read as blocks of rows. Real or
        complex; float32 stays float32. Never modified.
    rank : int, optional
        Number of triplets, from 0 to min(m, n).
    error : float, optional
        Relative Frobenius error to reach, in [0, 1): the result has the smallest rank
        that the engine sees with ``||A - U S Vh||_F <= error * ||A||_F``;
        ``info.details["rank_at_least"]`` is a rank that no approximation can do without.
    energy : float, optional
        Share of the squared Frobenius norm to keep, in (0, 1]; the same as
        ``error=sqrt(1 - energy)``.
    max_rank : int, optional
        Upper limit of the rank when `error` or `energy` is given.
    tol : float, optional
        Convergence tolerance of the iterative engines: every residual is at most
        ``tol * S[0]``. Default: sqrt(eps) of the dtype. The error of a singular value that
        stands apart is of the order of the square of its residual; singular values below
        ``2 * tol * S[0]`` may be passed over, and the certificate then says so
        (``complete`` is None and ``sigma_upper`` covers them).
    method : {"auto", "lapack", "gram", "lanczos", "golub-kahan", "subspace"}
        The engine; see Notes.
    certify : bool or "tight", optional
        Attach a certificate. ``"tight"`` spends more products on the complement norm.
        The iterative engines look for missed singular values in any case.
    failure_prob : float, optional
        Probability that a probabilistic entry of the certificate is wrong.
    rng : None, int, Generator, ..., optional
        Seed or generator, as taken by :func:`numpy.random.default_rng`.
    on_fail : {"raise", "warn", "return"}, optional
        What to do when the tolerance, the error or the completeness is not reached.
    maxiter : int, optional
        Most block steps of an iterative engine, or rank / block where that is more.
    block : int, optional
        Columns of one block product; chosen by the engine's table if None.
    n_threads : int, optional
        Threads for products with few columns of a dense matrix, where they run in linsub's
        own kernels. The result does not depend on it. Dense factorizations and wide
        products follow the setting of BLAS, which linsub leaves alone.
    check_finite : bool, optional
        Refuse nan and inf in `A`. Without the check a result may be nan.

    Returns
    -------
    SVDResult
        ``U (m, k)``, ``S (k,)`` descending, ``Vh (k, n)``, in the array type of `A`;
        ``.certificate`` (:class:`~linsub.svd.SVDCertificate` or None) and ``.info``.
        The largest entry of each column of `U` is real and positive.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        For an argument that cannot be used; the message names it and the way out.
    NonFiniteError
        If `A` has nan or inf.
    ConvergenceError
        If the iteration ends too early; its ``result`` attribute holds what was found.

    See Also
    --------
    randomized_svd : few passes, scikit-learn's arguments.
    single_pass_svd : for data that can be seen once.
    low_rank_error : certify a factorization that somebody else computed.

    Notes
    -----
    *Algorithm.* ``auto`` chooses by the table in :mod:`linsub.svd.engines`: LAPACK for
    large ranks, the guarded Gram route for small matrices and for tall and narrow ones,
    thick-restart block Lanczos on the fused product A^H (A X) for the rest, block
    Golub-Kahan where squaring would lose the small values and for `error`. After an
    iterative engine has converged, fresh random probes look for a singular value that
    it missed; if they find one they join the basis and the iteration goes on.

    *Cost.* Lanczos: 4 m n b flops and one reading of A a step (C order, real), between
    k / b + 5 and 4 k / b + 10 steps for most spectra. From ``tol=1e-9`` upward a float64
    matrix in memory is iterated on in single precision, at a third of the time, and polished
    in double, where the residuals that decide are computed. LAPACK: 6 m n^2 + 20 n^3 flops;
    Gram: m n^2 flops. The certificate: one product with k columns and 12 fused ones.

    *Memory*, beyond A and the result, with p the short side and w the bytes of a number:
    Lanczos ``w (max(m, n) (d + 3 b) + 12 (m + n) k)`` with ``d = max(4 k, k + max(14 b, 92))``,
    and 4 m n for the copy in single precision
    (none of a memory map, nor with tol below 1e-9); Gram ``w (4 p^2 + 6 (m + n) k)``; LAPACK
    ``w (4 m n + 4 p^2)``.

    *Accuracy.* Claims ``svd-sigma-enclosure``, ``svd-residuals``,
    ``svd-frobenius-error``, ``svd-complement``, ``svd-complete``.

    References
    ----------
    Baglama and Reichel, SIAM J. Sci. Comput. 27 (2005); Musco and Musco, NIPS 2015;
    Hallman, SIAM J. Matrix Anal. Appl. 43 (2022); Li and Li, Linear Algebra Appl. 395
    (2005).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svd import truncated_svd
    >>> A = np.diag([3.0, 2.0, 1.0, 0.5])
    >>> U, S, Vh = result = truncated_svd(A, 2)
    >>> S.round(12).tolist()
    [3.0, 2.0]
    >>> round(float(result.certificate.frobenius_error), 6)
    1.118034
    """
    op = view(A, check_finite=check_finite)
    op.n_threads = scalars.as_integer(n_threads, name="n_threads", low=1)
    request = _check(
        op,
        rank,
        error,
        energy,
        max_rank,
        tol,
        method,
        certify,
        failure_prob,
        on_fail,
        maxiter,
        block,
    )
    return run(op, request, Streams(rng))


def _check(
    op: Operator,
    rank: int | None,
    error: float | None,
    energy: float | None,
    max_rank: int | None,
    tol: float | None,
    method: str,
    certify: bool | str,
    failure_prob: float,
    on_fail: str,
    maxiter: int,
    block: int | None,
) -> _Request:
    short = min(op.shape)
    given = [n for n, v in (("rank", rank), ("error", error), ("energy", energy)) if v is not None]
    if len(given) != 1:
        raise InvalidInputError(
            f"give exactly one of rank, error and energy, got {', '.join(given) or 'none'}; "
            "max_rank limits the rank of an error or an energy"
        )
    if rank is not None:
        rank = scalars.as_integer(rank, name="rank", low=0, high=short)
        if max_rank is not None:
            raise InvalidInputError("max_rank goes with error or energy; with rank, leave it out")
    if error is not None:
        error = scalars.as_real(error, name="error", low=0.0, high=1.0, include=(True, False))
    if energy is not None:
        energy = scalars.as_real(energy, name="energy", low=0.0, high=1.0, include=(False, True))
        error = float(np.sqrt(1.0 - energy))
    limit = short if max_rank is None else scalars.as_integer(max_rank, name="max_rank", low=0)
    default_tol = float(np.sqrt(op.eps))
    if not isinstance(certify, str) or certify != "tight":
        certify = scalars.as_flag(certify, name="certify")
    return _Request(
        rank=rank,
        error=error,
        max_rank=min(limit, short),
        tol=default_tol if tol is None else scalars.as_real(tol, name="tol", low=0.0, high=1.0),
        method=scalars.as_choice(method, name="method", choices=METHODS),
        certify=certify,
        failure_prob=scalars.as_real(
            failure_prob, name="failure_prob", low=0.0, high=1.0, include=(False, False)
        ),
        on_fail=scalars.as_choice(on_fail, name="on_fail", choices=("raise", "warn", "return")),
        maxiter=scalars.as_integer(maxiter, name="maxiter", low=1),
        block=None if block is None else scalars.as_integer(block, name="block", low=1),
    )


def run(op: Operator, request: _Request, streams: Streams) -> SVDResult:
    """The body without validation: solve, look for what was missed, certify, hand back."""
    if isinstance(op, LinearOperatorView):
        engines.find_scale(op, streams)
    plan = engines.choose(op, request)
    factors = engines.solve(op, plan, request, streams)
    found, trouble = factors, ""
    norm_bounds = None
    if plan.iterative:
        found, norm_bounds, trouble = completeness.complete(
            op, factors, plan, request, streams, solve=engines.solve
        )
    if not found.converged:
        trouble = engines.explain(found, request)
    certificate = None
    if request.certify:
        certificate = certify_factors(
            op,
            found,
            streams=streams,
            failure_prob=request.failure_prob,
            norm_bounds=norm_bounds if request.certify is True else None,
            steps=12 if request.certify == "tight" else None,
        )
        trouble = trouble or _beyond_tolerance(op, certificate, found, plan, request)
        certificate = unscaled(certificate, op.scale)
    result = SVDResult(
        *engines.hand_back(op, found),
        certificate=certificate,
        info=Info(
            method=found.method,
            products=op.products,
            passes=op.passes,
            converged=not trouble,
            iterations=found.iterations,
            notes=found.notes + ((trouble,) if trouble else ()),
            details=found.details,
        ),
    )
    if trouble and request.on_fail == "raise":
        raise ConvergenceError(trouble, result)
    if trouble and request.on_fail == "warn":
        warnings.warn(trouble, ConvergenceWarning, stacklevel=3)
    return result


def _beyond_tolerance(
    op: Operator,
    certificate: SVDCertificate,
    found: Factors,
    plan: engines.Plan,
    request: _Request,
) -> str:
    """Say so if the residuals, measured afresh, exceed the tolerance that the engine reported."""
    top = float(found.S.max(initial=0.0))
    if found.details.get("adjoint_gap", 0.0) > request.tol * top:
        return (
            "rmatmat is not the adjoint of matmat: U^H (A V) and (A^H U)^H V differ by "
            f"{found.details['adjoint_gap']:.1e}; see to the operator's rmatvec"
        )
    if not plan.iterative or request.error is not None or certificate.residuals is None:
        return ""
    worst = float(np.max(certificate.residuals.value, initial=0.0))
    norm = op.frobenius() or float(np.sqrt(min(op.shape))) * top
    rounding = 8.0 * float(np.sqrt(max(op.shape))) * op.eps * norm  # what the bound adds, twice
    if worst <= 1.1 * request.tol * top + rounding:
        return ""
    return (
        f"the residuals reach {worst / top:.1e} S[0], beyond tol={request.tol:.1e}, which is "
        "below what this dtype resolves here"
    )
