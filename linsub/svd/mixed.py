"""Block Lanczos in single precision, polished in double.

A step on a float32 copy of A takes a third of the time. It leaves the vectors wrong by a few
eps32, in all directions alike. A correction of Jacobi and Davidson removes that: for each
residual r_i of A^H A v_i = theta_i v_i, solve (A^H A - theta_i) d = -r_i, approximately, with
the Ritz pairs that the iteration leaves behind and zero for what lies outside of them. The
correction is computed in single precision; the residuals, which decide, in double.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from linsub._core.dense.cholesky import cholesky_qr2
from linsub._core.dense.eigh import eigh
from linsub._core.dense.qr import orthonormalize
from linsub._core.dense.svd import svd
from linsub._core.operators import Operator
from linsub._core.random import Streams
from linsub.svd.lanczos import Subspace, leading_subspace
from linsub.svd.result import Factors

__all__ = ["mixed_lanczos"]

# What single precision reaches before its rounding takes over, a few eps32; the residuals
# that it reports below that are not those of A.
SINGLE_TOL = 5e-6

# Each round costs a product with `rank` columns and gains a factor of 3 (slow decay) to 500;
# what needs more rounds than this is done again in double precision.
ROUNDS = 5
LEAST_GAIN = 2.0

# The certificate allows 4 sqrt(n) eps ||A||_F for the rounding of a product, well above this.
WELL_CONDITIONED = 32.0


@dataclasses.dataclass
class _Pairs:
    """Ritz vectors V with their images C V and A V, and the Ritz values of C = A^H A."""

    V: np.ndarray
    CV: np.ndarray
    AV: np.ndarray
    values: np.ndarray

    def residuals(self) -> np.ndarray:
        """||A^H u_i - s_i v_i|| for u_i = A v_i / s_i."""
        gaps = np.linalg.norm(self.CV - self.V * self.values, axis=0)
        return np.asarray(gaps / np.sqrt(np.maximum(self.values, np.finfo(np.float64).tiny)))


class _Basis:
    """Orthonormal vectors B with C B and A B: the rough vectors and all corrections so far.

    Corrections of earlier rounds stay, which makes the rounds converge like conjugate
    gradients and not like a simple iteration: four corrections for i^-0.3, and not five.
    """

    def __init__(self, op: Operator, V: np.ndarray) -> None:
        self._op = op
        self.B = V
        self.CB, self.AB = op.normal_keep(V)

    def add(self, D: np.ndarray) -> None:
        D = orthonormalize(D, against=self.B).Q
        CD, AD = self._op.normal_keep(D)
        self.B = np.concatenate([self.B, D], axis=1)
        self.CB = np.concatenate([self.CB, CD], axis=1)
        self.AB = np.concatenate([self.AB, AD], axis=1)

    def ritz(self, rank: int) -> _Pairs:
        w, Y = eigh(self.B.T @ self.CB, top=rank)
        return _Pairs(self.B @ Y, self.CB @ Y, self.AB @ Y, w)


def _correction(pairs: _Pairs, rough: Subspace, rest: np.ndarray, open_: np.ndarray) -> np.ndarray:
    """Return d_i = -(C~ - theta_i)^-1 r_i, where C~ is what the iteration knows of C."""
    theta = pairs.values[open_]
    R = (pairs.CV[:, open_] - pairs.V[:, open_] * theta) / theta
    single = rest.dtype
    # -1 / (w / theta - 1) - 1, with w / theta kept away from 1: a tie has no correction.
    known = np.clip(rough.values[pairs.V.shape[1] :, None] / theta, 0.0, 0.999)
    gain = known / (1.0 - known)
    coefficients = rest.T @ R.astype(single)
    return np.asarray(R + (rest @ (gain.astype(single) * coefficients)).astype(R.dtype))


def _polish(op: Operator, rough: Subspace, tol: float) -> _Pairs | None:
    rank = rough.V.shape[1]
    V = orthonormalize(np.asfortranarray(rough.V.astype(op.dtype))).Q
    if V.shape[1] < rank:
        return None
    basis = _Basis(op, V)
    pairs = basis.ritz(rank)
    before = np.inf
    for round_number in range(ROUNDS + 1):
        residuals = pairs.residuals()
        goal = tol * float(np.sqrt(max(pairs.values[0], 0.0)))
        worst = float(residuals.max(initial=0.0))
        if worst <= goal:
            return pairs
        stuck = worst > before / LEAST_GAIN
        graded = pairs.values[-1] <= 1e3 * op.eps * pairs.values[0]
        if round_number == ROUNDS or stuck or graded or not np.isfinite(worst):
            return None
        before = worst
        if round_number == 0:
            rest = rough.vectors()
        basis.add(_correction(pairs, rough, rest, residuals > goal))
        pairs = basis.ritz(rank)
    return None


def mixed_lanczos(
    op: Operator,
    single: Operator,
    rank: int,
    *,
    tol: float,
    streams: Streams,
    block: int,
    maxiter: int,
) -> Factors | None:
    """Return the `rank` leading triplets of the real float64 `op`, through its float32 twin.

    Returns None where the residuals, which are those of `op`, do not come down to the
    tolerance: the caller then iterates in double precision.
    """
    rough = leading_subspace(
        single, rank, tol=max(tol / 2, SINGLE_TOL), streams=streams, block=block, maxiter=maxiter
    )
    op.products += single.products
    op.passes += single.passes
    pairs = _polish(op, rough, tol) if rough.converged else None
    if pairs is None:
        return None
    Q, R = cholesky_qr2(pairs.AV)
    P, S, Zh = svd(R)
    U, Z = Q @ P, Zh.T
    if S[-1] <= 30 * np.sqrt(op.eps) * S[0]:
        return None  # too small a value for a squared matrix
    # A^H U = (C V) Z / S is at hand; dividing by S costs sigma_1 / sigma_k units of rounding.
    image = (pairs.CV @ Z) / S if S[0] <= WELL_CONDITIONED * S[-1] else op.rmatmat(U)
    factors = Factors(
        U=U,
        S=S,
        V=pairs.V @ Z,
        method="lanczos",
        iterations=rough.steps,
        images=(pairs.AV @ Z, image),
        twin=single,
        details={**rough.details, "precision": "single, polished in double"},
    )
    left = np.linalg.norm(image - factors.V * S, axis=0)
    return factors if float(left.max(initial=0.0)) <= tol * float(S[0]) else None
