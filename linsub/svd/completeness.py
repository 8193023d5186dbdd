"""After convergence: did the iteration miss a singular value?

Residuals cannot tell. A Krylov space grown from b vectors holds at most b copies of a
multiple singular value, and the triplets that it does hold have residuals of 1e-15. Fresh
probes, independent of everything that built the answer, can: a Rayleigh quotient of
A (I - V V^H) above sigma_k proves that one was missed, and points at it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from linsub._core.dense import norms
from linsub._core.operators import Operator
from linsub._core.random import Streams
from linsub.svd.norm_bound import BEYOND_U, BEYOND_V, NormBounds, deflated_norm
from linsub.svd.result import Factors
from linsub.svd.rounding import product_rounding

if TYPE_CHECKING:
    from linsub.svd.engines import Plan
    from linsub.svd.truncated import _Request

__all__ = ["complete"]

ROUNDS = 20


def _surely_complete(op: Operator, factors: Factors) -> bool:
    """Whether ||A||_F^2 - ||S||^2 alone leaves no room for a missed value."""
    norm = op.frobenius()
    if norm is None or factors.S.size == 0:
        return False
    kept = norms.frobenius(factors.S)
    left = max((norm - kept) * (norm + kept), 0.0) + 1e3 * op.eps * norm * norm
    return bool(np.sqrt(left) < 0.9 * float(factors.S[-1]))


def _cheap(side: Operator, factors: Factors) -> tuple[Operator, float]:
    """Return the operator to probe, and what its rounding may hide or add."""
    if factors.twin is None:
        return side, 0.0
    norm = side.frobenius() or 0.0
    eps = factors.twin.eps
    return factors.twin, product_rounding(max(side.shape), eps) * norm


def _residual(factors: Factors, request: _Request) -> float:
    """Return the largest ||A^H u - s v||, or the tolerance where the engine kept no images."""
    limit = request.tol * float(factors.S[0])
    if factors.images is None:
        return min(limit, float(factors.details.get("residual", limit)))
    gaps = np.linalg.norm(factors.images[1] - factors.V * factors.S, axis=0)
    other = np.linalg.norm(factors.images[0] - factors.U * factors.S, axis=0)
    return min(limit, float(max(gaps.max(initial=0.0), other.max(initial=0.0))))


def complete(
    op: Operator,
    factors: Factors,
    plan: Plan,
    request: _Request,
    streams: Streams,
    solve: Callable[..., Factors],
) -> tuple[Factors, NormBounds | None, str]:
    """Return factors in which the probes find nothing missing, and what they measured.

    Each round draws its own probes and has half the failure probability of the round
    before it, so that all rounds together stay within the one asked for.
    """
    if factors.S.size == 0 or _surely_complete(op, factors):
        return factors, None, ""
    flip = plan.flip
    for round_number in range(ROUNDS):
        side, basis = (op.adjoint, factors.U) if flip else (op, factors.V)
        # The probes need few digits: single precision, where the engine made a copy.
        cheap, rounding = _cheap(side, factors)
        measured = deflated_norm(
            cheap,
            basis.astype(cheap.dtype, copy=False),
            streams=streams,
            block=(1, round_number),
            failure_prob=request.failure_prob / 2 ** (round_number + 1),
            size=float(factors.S[0]) * cheap.scale / side.scale,
        )
        measured = dataclasses.replace(
            measured,
            lower=max(measured.lower * side.scale / cheap.scale - rounding, 0.0),
            upper=measured.upper * side.scale / cheap.scale + rounding,
            failure_prob=request.failure_prob,
            vectors=measured.vectors.astype(op.dtype, copy=False),
            of=BEYOND_U if flip else BEYOND_V,
        )
        last = float(factors.S[-1])
        # A vector that is wrong by its residual leaves that much of its value behind.
        slack = 2 * _residual(factors, request) + 50 * op.eps * float(factors.S[0])
        if measured.lower <= last + slack or not factors.converged or request.error is not None:
            return factors, measured, ""
        start = np.concatenate([measured.vectors, basis], axis=1)
        next_plan = dataclasses.replace(plan, engine="golub-kahan")
        if factors.S.size + 3 * start.shape[1] > min(op.shape):
            # No room for two blocks that hold all that is known, and less of it would not do.
            next_plan = dataclasses.replace(plan, engine="lapack", flip=False)
        again = solve(op, next_plan, request, streams, start)
        again.notes = (*factors.notes, f"a missed singular value was found (round {round_number})")
        again.iterations += factors.iterations
        factors = again
    return (
        factors,
        measured,
        (
            f"after {ROUNDS} rounds the probes still find singular values above S[-1]; "
            "use a larger block or method='lapack'"
        ),
    )
