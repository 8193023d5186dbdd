"""The certificate of a triple: what A, U, S and Vh alone say about the error.

One product with A and one with A^H (one reading of A where the layout allows) give the
residuals; with the norm of what V does not hold (norm_bound.py) they give everything else.
The formulas are those of bounds.py; every bound carries a rounding term.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from linsub._core.dense import norms
from linsub._core.operators import Operator
from linsub._core.random import Streams
from linsub.results import Bound, Kind
from linsub.svd import bounds
from linsub.svd.norm_bound import (
    BEYOND_U,
    BEYOND_V,
    FROBENIUS_PROBES,
    STEPS,
    NormBounds,
    deflated_norm,
)
from linsub.svd.result import Factors, SVDCertificate
from linsub.svd.rounding import orthogonality_defect, product_rounding

__all__ = ["certify", "unscaled"]

# Where the subtraction ||A||^2 - ||A V||^2 keeps fewer digits than this, the residual is
# formed explicitly instead.
_SAFE_SUBTRACTION = 1e2

# Kinds whose residual can be formed by blocks of rows; of a sparse matrix it would be dense.
_READABLE = ("dense", "blocks", "dask")


@dataclasses.dataclass
class _Facts:
    """Numbers on the scaled operator, before they become bounds."""

    eta: float  # norm of A (I - V V^H), or of (I - U U^H) A
    eta_prob: float
    beyond: str  # the formula of eta
    right: np.ndarray  # ||A v_i - s_i u_i||
    left: np.ndarray  # ||A^H u_i - s_i v_i||
    ritz: float  # ||U^H A V - S||_F: zero, but for rounding, after Rayleigh-Ritz
    defect: float
    product_rounding: float
    norm2: float


def certify(
    op: Operator,
    factors: Factors,
    *,
    streams: Streams,
    failure_prob: float = 1e-6,
    norm_bounds: NormBounds | None = None,
    steps: int | None = None,
) -> SVDCertificate:
    """Return the certificate of `factors` on `op`, in the unit of the scaled operator."""
    U, S, V = factors.U, factors.S, factors.V
    W, Z = factors.images or (op.both(V, U) if S.size else (U, V))
    squared, floor, norm = _tail(op, W)
    R = W - U * S
    right = np.sqrt(np.square(np.abs(R), dtype=np.float64).sum(axis=0))
    left = np.sqrt(np.square(np.abs(Z - V * S), dtype=np.float64).sum(axis=0))
    weyl = factors.details.get("weyl")
    defect = max(_defect(U), _defect(V))
    eta, eta_prob, beyond = _complement(
        op,
        factors,
        squared,
        floor,
        streams,
        failure_prob,
        norm_bounds,
        steps,
        float(np.linalg.norm(left)) + defect * float(S.max(initial=0.0)),
    )
    top = max(float(S.max(initial=0.0)), eta)
    size = norm if norm is not None else np.sqrt(min(op.shape)) * top
    facts = _Facts(
        eta=eta,
        eta_prob=eta_prob,
        beyond=beyond,
        right=right,
        left=left,
        ritz=norms.frobenius(U.conj().T @ R),
        defect=defect,
        product_rounding=product_rounding(max(op.shape), op.eps) * size,
        norm2=top,
    )
    if op.kind == "operator" and S.size:
        # U^H (A V) and (A^H U)^H V are equal, whatever U and V, if the two products belong.
        gap = norms.frobenius(U.conj().T @ W - Z.conj().T @ V)
        factors.details["adjoint_gap"] = max(gap - 100.0 * facts.product_rounding, 0.0)
    frobenius = _frobenius_error(
        op, factors, W, right, squared, floor, norm, streams, facts, failure_prob
    )
    return _assemble(factors, facts, frobenius, norm, weyl)


def _defect(Q: np.ndarray) -> float:
    rounding = 2.0 * np.sqrt(max(Q.shape)) * float(np.finfo(Q.dtype).eps)
    if Q.dtype.kind == "c":  # the turn to a real pivot, which comes after, rounds every entry
        rounding += 8.0 * np.sqrt(Q.shape[1]) * float(np.finfo(Q.dtype).eps)
    return float(orthogonality_defect(Q) + rounding)


def _tail(op: Operator, W: np.ndarray) -> tuple[float | None, float, float | None]:
    """Return ||A||_F^2 - ||A V||_F^2, its rounding floor, and ||A||_F."""
    norm = op.frobenius()
    if norm is None:
        return None, 0.0, None
    kept = norms.frobenius(W)
    floor = product_rounding(max(op.shape), op.eps) * norm * norm
    return max((norm - kept) * (norm + kept), 0.0), floor, norm


def _complement(
    op: Operator,
    factors: Factors,
    squared: float | None,
    floor: float,
    streams: Streams,
    failure_prob: float,
    known: NormBounds | None,
    steps: int | None,
    left: float,
) -> tuple[float, float, str]:
    """Bound the norm of what the factors leave of A, surely where that costs nothing."""
    m, n = op.shape
    S = factors.S
    if S.size >= min(m, n):
        return 0.0, 0.0, BEYOND_V
    weyl = factors.details.get("weyl")
    if factors.tail is not None and weyl is not None:
        return float(factors.tail.max(initial=0.0)) + weyl, 0.0, BEYOND_V
    if squared is not None and S.size:
        sure = float(np.sqrt(squared + floor))
        if sure < 0.9 * float(S[-1]):
            return sure, 0.0, BEYOND_V
    following = factors.details.get("next")
    if following is not None:
        # In the basis [V, V'], A^H A is diag(S^2, C) and an off-diagonal block of norm at most
        # ||A^H U - V S|| ||A||; so if S_k^2 lies that far above the next eigenvalue, C does not.
        mixed = left * float(S[0]) + following
        if float(S[-1]) ** 2 > mixed + left * float(S[0]):
            return float(np.sqrt(mixed)), 0.0, BEYOND_V
    if known is None:
        side, basis = (op, factors.V) if op.one_read_normal else (op.adjoint, factors.U)
        if not side.one_read_normal and n > m:
            side, basis = op.adjoint, factors.U
        elif not side.one_read_normal:
            side, basis = op, factors.V
        known = deflated_norm(
            side,
            basis,
            streams=streams,
            steps=steps or STEPS,
            failure_prob=failure_prob,
            size=float(S.max(initial=0.0)),
        )
        known = dataclasses.replace(known, of=BEYOND_V if side is op else BEYOND_U)
    return known.upper, known.failure_prob, known.of


def _frobenius_error(
    op: Operator,
    factors: Factors,
    W: np.ndarray,
    right: np.ndarray,
    squared: float | None,
    floor: float,
    norm: float | None,
    streams: Streams,
    facts: _Facts,
    failure_prob: float,
) -> tuple[float, Kind, float]:
    """Return (||A - U S V^H||_F, kind, failure probability)."""
    drift = facts.defect * facts.norm2 * np.sqrt(max(1, factors.S.size))
    if squared is None:
        return _probed_frobenius(op, factors, streams, facts, failure_prob)
    mismatch = float(np.linalg.norm(right))
    if squared + mismatch**2 <= _SAFE_SUBTRACTION * floor and op.kind in _READABLE:
        scaled = (factors.U * factors.S).astype(op.dtype, copy=False)
        Vh = factors.V.conj().T
        total = 0.0
        for row, block in op.row_blocks():
            total = float(
                np.hypot(total, norms.frobenius(block - scaled[row : row + block.shape[0]] @ Vh))
            )
        rounding = product_rounding(factors.S.size, op.eps) * (norm or 0.0)
        return total + rounding, "exact" if rounding <= 0.01 * total else "bound", 0.0
    value = float(np.sqrt(squared + floor + mismatch**2)) + drift
    exact = floor <= 0.01 * (squared + mismatch**2)
    return value, "exact" if exact else "bound", 0.0


def _probed_frobenius(
    op: Operator, factors: Factors, streams: Streams, facts: _Facts, failure_prob: float
) -> tuple[float, Kind, float]:
    """Bound the error from Gaussian probes, where A is known by its products alone."""
    n = op.shape[1]
    if factors.S.size >= min(op.shape):
        mismatch = float(np.linalg.norm(facts.right)) + facts.defect * facts.norm2
        return mismatch + facts.product_rounding, "bound", 0.0
    G = streams.gaussian("probe", (n, FROBENIUS_PROBES), op.dtype, (9, 0))
    E = op.matmat(G) - (factors.U * factors.S) @ (factors.V.conj().T @ G)
    probed = bounds.frobenius_from_probes(
        norms.frobenius(E), FROBENIUS_PROBES, failure_prob, complex_probes=op.dtype.kind == "c"
    )
    return probed + facts.product_rounding, "probabilistic", failure_prob


def _assemble(
    factors: Factors,
    facts: _Facts,
    frobenius: tuple[float, Kind, float],
    norm: float | None,
    weyl: float | None,
) -> SVDCertificate:
    S = factors.S.astype(np.float64)
    rounding = facts.product_rounding + 2.0 * facts.defect * facts.norm2
    r_right = float(np.linalg.norm(facts.right)) + rounding
    r_left = float(np.linalg.norm(facts.left)) + rounding
    eta = facts.eta + rounding
    ritz = facts.ritz + rounding
    # sigma_i(A) >= sigma_i(U^H A V), and the upper bounds are those of the exact Ritz values.
    lower = np.maximum(S - ritz, 0.0)
    upper = bounds.sigma_upper(S + ritz, max(r_right, r_left), eta)
    prob = facts.eta_prob
    if weyl is not None:
        lower = np.maximum(lower, S - weyl)
        upper = np.minimum(upper, S + weyl)
    spectral = bounds.triple_spectral_error(eta, r_right, r_left)
    spectral_prob = prob
    value, kind, fro_prob = frobenius
    if value <= spectral and fro_prob == 0.0:
        spectral, spectral_prob = value, 0.0

    def bound(x: object, of: str, p: float, sure: Kind = "bound") -> Bound:
        return Bound(x, "probabilistic" if p > 0.0 else sure, of, p)

    residuals = np.maximum(facts.right, facts.left) + facts.product_rounding
    return SVDCertificate(
        residuals=bound(residuals, "max(||A v_i - s_i u_i||, ||A^H u_i - s_i v_i||)", 0.0),
        frobenius_error=bound(value, "||A - U S Vh||_F", fro_prob, kind),
        spectral_error=bound(spectral, "||A - U S Vh||_2", spectral_prob),
        sigma_lower=bound(lower, "sigma_i(A) >=", 0.0),
        sigma_upper=bound(upper, "sigma_i(A)", prob),
        complement_norm=bound(eta, facts.beyond, prob),
        orthogonality=bound(facts.defect, "max(||U^H U - I||_2, ||Vh Vh^H - I||_2)", 0.0),
        frobenius_norm=None if norm is None else bound(norm, "||A||_F", 0.0, "exact"),
    )


def unscaled(certificate: SVDCertificate, scale: float) -> SVDCertificate:
    """Return the certificate of A itself from that of scale * A."""
    if scale == 1.0:
        return certificate
    changes = {}
    with np.errstate(over="ignore", under="ignore"):
        for name, bound in certificate.bounds():
            if name != "orthogonality":
                value = np.asarray(bound.value) / scale
                changes[name] = dataclasses.replace(
                    bound, value=value if value.ndim else float(value)
                )
    return dataclasses.replace(certificate, **changes)
