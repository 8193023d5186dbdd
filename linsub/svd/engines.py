"""Which engine for which matrix, in one table.

===========================  =======================================  ==================
matrix                       condition                                engine
===========================  =======================================  ==================
any                          rank 0, or A = 0                         none
any, `error` or `energy`     error >= 10 sqrt(eps), min(m, n) > 96    golub-kahan
any, `error` or `energy`     otherwise                                lapack
dense                        rank > min(m, n) / 2, less tall than 2   lapack
dense                        min(m, n) <= 2000 and :func:`gram_cost`  gram
                             below :func:`lanczos_cost`
dense, sparse, blocks,       rank <= min(m, n) / 5, min(m, n) > 64    lanczos
LinearOperator
not dense                    otherwise                                lapack
===========================  =======================================  ==================

The two costs cross near 400 x 400 at rank 20, and near 20000 x 1000 at rank 50. Lanczos
hands over to Golub-Kahan when sigma_k / sigma_1 is too small for a squared matrix. The
figures are measured; docs/benchmarks.md has the rows.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from linsub._core.dense import norms
from linsub._core.operators import LinearOperatorView, Operator
from linsub._core.products import LAST_CACHE
from linsub._core.random import Streams
from linsub.errors import InvalidInputError
from linsub.svd.golub_kahan import golub_kahan, golub_kahan_to_error
from linsub.svd.lanczos import block_lanczos
from linsub.svd.lapack import gram_svd, lapack_svd
from linsub.svd.mixed import mixed_lanczos
from linsub.svd.result import Factors

if TYPE_CHECKING:
    from linsub.svd.truncated import _Request

__all__ = ["Plan", "choose", "explain", "find_scale", "fix_signs", "hand_back", "solve", "zeros"]

SMALL = 64  # of a matrix that is not dense: below this side LAPACK takes under a millisecond
KRYLOV_SHARE = 0.2  # of the short side: a larger rank leaves a Krylov basis no room
DIRECT_SHARE = 0.5  # beyond it a full SVD costs no more than a partial one
GRAM_SIDE = 2000  # beyond it the eigendecomposition of that order dominates
# Multiples of the three columns that the kernels take at once. In the last cache six are as
# fast as nine a column, and a smaller basis holds as much; from memory nine share a reading.
DENSE_BLOCK = 9
CACHED_BLOCK = 6
SPARSE_BLOCK = 4
CORRECTED_TOL = 1e-5  # below it single precision alone does not reach the tolerance
MIXED_TOL = 1e-9  # below it the polish of a single-precision basis no longer pays


@dataclasses.dataclass(frozen=True)
class Plan:
    """An engine, the side it works on, and its block size."""

    engine: str
    flip: bool = False  # work on A^H and swap U and V
    block: int = DENSE_BLOCK

    @property
    def iterative(self) -> bool:
        return self.engine in ("lanczos", "golub-kahan", "subspace")


def find_scale(op: LinearOperatorView, streams: Streams) -> None:
    """Give an operator known by products alone the scale of one of its products."""
    if min(op.shape) == 0:
        return
    y = op.matmat(streams.gaussian("start", (op.shape[1], 1), op.dtype, (7, 0)))
    op.rescale(norms.power_of_two_scale(norms.max_abs(y), op.dtype))


def choose(op: Operator, request: _Request) -> Plan:
    """Return the plan for `op`; what the caller fixed is kept."""
    m, n = op.shape
    short = min(m, n)
    block = request.block or _block(op)
    flip = _flip(op)
    if request.rank == 0 or short == 0 or request.max_rank == 0 or op.frobenius() == 0.0:
        return Plan("none")
    method = request.method
    if request.error is not None:
        return _choose_to_error(op, request, block)
    rank = request.rank or 0
    if method == "auto":
        method = _automatic(op, rank, request.tol)
    if method in ("lanczos", "golub-kahan", "subspace") and rank + 3 * block > short:
        method = "lapack"  # the basis would be the whole space
    if method == "gram":
        return Plan("gram", flip=m < n)
    return Plan(method, flip=flip, block=block)


def _block(op: Operator) -> int:
    if op.kind == "sparse":
        return SPARSE_BLOCK
    # The iteration works on a copy in single precision.
    cached = op.kind == "dense" and 4 * op.shape[0] * op.shape[1] <= LAST_CACHE
    return CACHED_BLOCK if cached else DENSE_BLOCK


def _flip(op: Operator) -> bool:
    """Whether to work on A^H: where that reads A once a step, else on the short side."""
    m, n = op.shape
    if op.one_read_normal != op.adjoint.one_read_normal and max(m, n) <= 4 * min(m, n):
        return not op.one_read_normal
    return m < n


def gram_cost(short: int, long: int, rank: int) -> float:
    """Return about the milliseconds of the Gram route on one core at 90 GF/s.

    The product, the eigendecomposition, and two products with `rank` columns; fitted to
    runs from 128 x 128 to 20000 x 1000 (within 30 % of all but the smallest).
    """
    return 1.5 + long * short**2 / 9e7 + 5e-8 * short**3 + 4.0 * short * long * rank / 6e7


def lanczos_cost(short: int, long: int, rank: int, tol: float = 1e-8) -> float:
    """Return about the milliseconds of block Lanczos in the same unit.

    Steps in single precision with six to nine columns, and products with `rank` columns in
    double, three of them where the tolerance asks for corrections; the number of steps is
    that of spectra between 1/i and i^-0.3.
    """
    steps = 8 + rank / 4
    entries = float(short) * long
    polish = 12.0 if tol < CORRECTED_TOL else 5.0
    return 1.5 + steps * (0.2 + 30.0 * entries / 1e8) + polish * entries * rank / 5e7


def _automatic(op: Operator, rank: int, tol: float) -> str:
    m, n = op.shape
    short, long = min(m, n), max(m, n)
    krylov = rank <= KRYLOV_SHARE * short
    if op.kind != "dense":
        return "lanczos" if krylov and short > SMALL else "lapack"
    if rank > DIRECT_SHARE * short and (long < 2 * short or rank == short):
        return "lapack"
    small = short <= GRAM_SIDE
    if small and (
        not krylov or gram_cost(short, long, rank) <= lanczos_cost(short, long, rank, tol)
    ):
        return "gram"
    return "lanczos" if krylov else "lapack"


def _choose_to_error(op: Operator, request: _Request, block: int) -> Plan:
    error = request.error or 0.0
    method = request.method
    # Below sqrt(eps) the subtraction ||A||^2 - ||R||^2 no longer sees the error.
    direct = error < 10 * np.sqrt(op.eps) or min(op.shape) <= SMALL + 4 * block
    if method == "auto":
        method = "lapack" if direct else "golub-kahan"
    if method not in ("lapack", "golub-kahan"):
        raise InvalidInputError(
            f"method={method!r} works to a rank, not to an error; "
            "use 'lapack', 'golub-kahan' or 'auto' with error= or energy="
        )
    return Plan(method, flip=method == "golub-kahan" and op.shape[0] < op.shape[1], block=block)


def solve(
    op: Operator,
    plan: Plan,
    request: _Request,
    streams: Streams,
    start: np.ndarray | None = None,
) -> Factors:
    """Run the planned engine on `op` and return its factors, right side up."""
    side = op.adjoint if plan.flip else op
    factors = _dispatch(side, plan, request, streams, start)
    if plan.flip:
        factors.U, factors.V = factors.V, factors.U
        factors.images = factors.images and factors.images[::-1]
    return factors


def _dispatch(
    op: Operator, plan: Plan, request: _Request, streams: Streams, start: np.ndarray | None
) -> Factors:
    if plan.engine == "none":
        factors = zeros(op, request.rank or 0)
        # An error below 1 needs at least one triplet, unless A = 0.
        factors.converged = request.error is None or min(op.shape) == 0 or op.frobenius() == 0.0
        return factors
    if request.error is not None:
        if plan.engine == "lapack":
            return _cut(lapack_svd(op, min(op.shape)), op, request)
        return golub_kahan_to_error(
            op,
            request.error,
            max_rank=request.max_rank,
            streams=streams,
            block=plan.block,
            failure_prob=request.failure_prob,
        )
    rank = request.rank or 0
    if plan.engine == "lapack":
        return lapack_svd(op, rank, weyl=bool(request.certify))
    if plan.engine == "gram":
        return gram_svd(op, rank)
    if plan.engine == "subspace":
        from linsub.svd.subspace_iteration import subspace_to_tolerance

        return subspace_to_tolerance(
            op, rank, tol=request.tol, maxiter=request.maxiter, streams=streams, start=start
        )
    keywords: dict[str, Any] = {"tol": request.tol, "streams": streams, "maxiter": request.maxiter}
    if plan.engine == "golub-kahan":
        return golub_kahan(op, rank, block=plan.block, start=start, **keywords)
    single = getattr(op, "single", None)
    if request.tol >= MIXED_TOL and start is None and single is not None:
        twin = single()
        mixed = mixed_lanczos(op, twin, rank, block=plan.block, **keywords) if twin else None
        if mixed is not None:
            return mixed
    factors = block_lanczos(op, rank, block=plan.block, start=start, **keywords)
    if factors.graded:
        better = golub_kahan(op, rank, block=plan.block, start=factors.V, **keywords)
        note = "sigma_k / sigma_1 is below what squaring resolves: Golub-Kahan took over"
        better.notes = (*factors.notes, note)
        return better
    return factors


def _cut(full: Factors, op: Operator, request: _Request) -> Factors:
    """Cut a full SVD at the smallest rank that meets the error."""
    from linsub.svd.rank import smallest_rank

    assert request.error is not None
    S = full.S.astype(np.float64)
    needed = smallest_rank(S, request.error)
    rank = min(needed, request.max_rank)
    full.U, full.S, full.V = full.U[:, :rank], full.S[:rank], full.V[:, :rank]
    full.tail = S[rank:].astype(full.S.dtype)
    full.converged = needed <= request.max_rank
    full.details["rank_at_least"] = needed
    full.details["rank_needed"] = needed
    return full


def zeros(op: Operator, rank: int) -> Factors:
    """Return rank 0, or an orthonormal frame with zeros where A = 0."""
    m, n = op.shape
    zero = np.zeros(rank, op.dtype).real
    return Factors(
        U=np.eye(m, rank, dtype=op.dtype),
        S=zero,
        V=np.eye(n, rank, dtype=op.dtype),
        method="none",
        details={"weyl": 0.0} if op.frobenius() == 0.0 else {},
        tail=np.zeros(0, zero.dtype) if op.frobenius() == 0.0 else None,
    )


def explain(factors: Factors, request: _Request) -> str:
    """Say what was not reached and what to do about it."""
    if request.error is not None:
        return (
            f"rank {factors.S.size} (max_rank) does not reach error={request.error:.3g} "
            f"(energy={1 - request.error**2:.3g}); raise max_rank, or ask for less"
        )
    return (
        f"{factors.method} did not reach tol={request.tol:.1e} in {factors.iterations} steps; "
        "raise maxiter or tol, or use method='lapack'"
    )


def fix_signs(U: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Make the largest entry of each column of U real and positive, the same turn in V."""
    if U.size == 0:
        return U, V
    rows = np.argmax(np.abs(U), axis=0)  # the lowest index wins a tie
    pivots = U[rows, range(U.shape[1])]
    sizes = np.abs(pivots)
    phase = np.where(sizes > 0, pivots / np.where(sizes > 0, sizes, 1), 1).astype(U.dtype)
    return U * phase.conj(), V * phase.conj()


def hand_back(op: Operator, factors: Factors) -> tuple[Any, Any, Any]:
    """Return U, S, Vh of A itself, in the caller's own array type."""
    U, V = fix_signs(factors.U, factors.V)
    with np.errstate(over="ignore", under="ignore"):
        S = factors.S / factors.S.dtype.type(op.scale) if op.scale != 1.0 else factors.S
    Vh = V.conj().T if V.dtype.kind == "c" else V.T
    give = op.home.give_back
    return give(np.ascontiguousarray(U)), give(S), give(np.ascontiguousarray(Vh))
