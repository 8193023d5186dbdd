"""The certificate of a joint SVD: what the blocks, U, S and Vh alone say about the error."""

from __future__ import annotations

import dataclasses

import numpy as np

from linsub._core.dense import norms
from linsub.concat import bounds
from linsub.concat.collection import Collection
from linsub.concat.panels import block_sums, panels
from linsub.concat.result import ConcatSVDCertificate
from linsub.results import Bound, Kind

__all__ = ["Known", "certify", "unscaled"]

_EPS = float(np.finfo(float).eps)
_NORMAL = float(np.finfo(float).tiny) * 2.0**53

# A block whose norm is below this share of the scale of all has lost digits to underflow, in
# its entries or in their squares.
_FAINT = {np.dtype(np.float32): 1e-25, np.dtype(np.float64): 1e-140}


@dataclasses.dataclass(frozen=True)
class Known:
    """What the engine that found U knows about the spectrum of the scaled M.

    Attributes
    ----------
    lower, upper : ndarray (k,)
        An enclosure of the leading singular values.
    beyond : float
        Bound on ||(I - U U^H) M||_2 for its own U.
    failure_prob : float
        Probability that `upper` or `beyond` is wrong.
    """

    lower: np.ndarray
    upper: np.ndarray
    beyond: float
    failure_prob: float = 0.0


@dataclasses.dataclass(frozen=True)
class _Measured:
    """What one reading of the blocks gives, in double precision."""

    columns: np.ndarray  # squares of the columns of M - U S Vh
    right: np.ndarray  # ||M v_i - s_i u_i||
    left: np.ndarray  # ||M^H u_i - s_i v_i||


def certify(
    c: Collection,
    U: np.ndarray,
    S: np.ndarray,
    Vh: np.ndarray,
    known: Known,
    C: np.ndarray | None = None,
) -> ConcatSVDCertificate:
    """Return the certificate of ``scale M ~ U S Vh``, in the unit of the scaled collection.

    With `C`, rounded from ``S Vh / scale``, the errors are those of ``scale U C``.
    """
    seen = _measure(c, U, S, Vh, C)
    k = S.size
    norm = float(np.sqrt(c.squares.sum()))
    block_norms = np.sqrt(c.squares)
    # The product U (S Vh) has k terms an entry and the difference is as large as the block;
    # the squares of its entries are summed over columns and blocks.
    step = bounds.merge_rounding(k, 0, _EPS)
    summed = 1.0 + bounds.merge_rounding(c.height * max([*c.widths, 1]), 0, _EPS)
    block_errors = np.sqrt(block_sums(c, seen.columns)) * summed + step * block_norms
    frobenius = bounds.joint_error(block_errors)
    sure = step * norm <= 0.01 * frobenius

    defect = max(_defect(U), _defect(Vh.conj().T))
    top = max(float(S.max(initial=0.0)), float(known.upper.max(initial=0.0)), known.beyond)
    rounding = bounds.merge_rounding(max(c.height, c.width), 0, _EPS) * norm
    drift = rounding + 2.0 * defect * min(top, norm)
    left = float(np.linalg.norm(seen.left)) + drift
    # U has been rounded to its type since the engine had it.
    cast = float(np.sqrt(max(k, 1))) * c.eps * min(top, norm)
    sure_beyond = frobenius + drift  # U is not exactly orthonormal
    beyond = min(known.beyond + cast + drift, sure_beyond)
    prob = known.failure_prob if beyond < sure_beyond else 0.0
    lower, upper = bounds.two_sided_sigma(np.asarray(S, np.float64), beyond**2, rounding=left)
    lower, upper = np.maximum(lower, known.lower), np.minimum(upper, known.upper)
    spectral = min(float(np.hypot(beyond, left)), frobenius)

    def bound(x: object, of: str, p: float = 0.0, kind: Kind = "bound") -> Bound:
        return Bound(x, "probabilistic" if p > 0.0 else kind, of, p)

    return ConcatSVDCertificate(
        residuals=bound(
            np.maximum(seen.right, seen.left) + rounding,
            "max(||M v_i - s_i u_i||, ||M^H u_i - s_i v_i||)",
        ),
        frobenius_error=bound(frobenius, "||M - U S Vh||_F", kind="exact" if sure else "bound"),
        spectral_error=bound(spectral, "||M - U S Vh||_2", prob if spectral < frobenius else 0.0),
        sigma_lower=bound(lower, "sigma_i(M) >="),
        sigma_upper=bound(upper, "sigma_i(M)", known.failure_prob),
        complement_norm=bound(beyond, "||(I - U U^H) M||_2", prob),
        orthogonality=bound(defect, "max(||U^H U - I||_2, ||Vh Vh^H - I||_2)"),
        frobenius_norm=bound(norm, "||M||_F", kind="exact"),
        block_errors=bound(block_errors, "||A_i - U S Vh_i||_F"),
        block_norms=bound(block_norms, "||A_i||_F", kind="exact"),
    )


def _measure(
    c: Collection, U: np.ndarray, S: np.ndarray, Vh: np.ndarray, C: np.ndarray | None
) -> _Measured:
    wide = np.dtype(np.complex128 if c.dtype.kind == "c" else np.float64)
    U, Vh, S = U.astype(wide, copy=False), Vh.astype(wide, copy=False), S.astype(np.float64)
    US = U * S
    scale = wide.type(c.scale)
    columns = np.zeros(c.width)
    images = np.zeros((c.height, S.size), wide)
    left = np.zeros(S.size)
    for j, P in panels(c, "certificate", dtype=wide):
        part = slice(j, j + P.shape[1])
        V = Vh[:, part].conj().T
        E = P - (US @ V.conj().T if C is None else U @ (C[:, part].astype(wide) * scale))
        columns[part] = _squares(E, 0)
        images += P @ V
        left += _squares(P.conj().T @ U - V * S, 0)
    right = np.sqrt(_squares(images - US, 0))
    return _Measured(columns, right, np.sqrt(left))


def _squares(X: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(np.square(np.abs(X)).sum(axis=axis))


def _defect(Q: np.ndarray) -> float:
    """Bound ||Q^H Q - I||_2, its own rounding included."""
    wide = Q.astype(np.complex128 if Q.dtype.kind == "c" else np.float64, copy=False)
    gram = wide.conj().T @ wide
    gram[range(Q.shape[1]), range(Q.shape[1])] -= 1
    rounding = bounds.merge_rounding(Q.shape[0], 0, _EPS) * float(np.sqrt(Q.shape[1]))
    return norms.frobenius(gram) + rounding


def unscaled(
    c: Collection, certificate: ConcatSVDCertificate, S: np.ndarray, Vh: np.ndarray
) -> ConcatSVDCertificate:
    """Return the certificate of the blocks themselves from that of scale times them.

    `S` and `Vh` are what is returned, in the unit of the blocks.
    """
    changes = {}
    with np.errstate(over="ignore", under="ignore"):
        for name, bound in certificate.bounds():
            if name == "orthogonality":
                continue
            value = np.asarray(bound.value) / c.scale
            if name == "sigma_lower":  # of a value that no double holds
                value = np.minimum(value, np.finfo(float).max)
            elif name == "block_norms":
                value = c.norms
            else:  # a quotient that is no normal number has been rounded
                value = np.where(value < _NORMAL, np.nextafter(value, np.inf), value)
                value = np.where(np.asarray(bound.value) == 0.0, 0.0, value)
            if name == "block_errors":
                value = _with_faint(c, value, S, Vh)
            changes[name] = dataclasses.replace(bound, value=value if value.ndim else float(value))
    return dataclasses.replace(certificate, **changes)


def _with_faint(c: Collection, errors: np.ndarray, S: np.ndarray, Vh: np.ndarray) -> np.ndarray:
    """Bound the errors of blocks that vanish in the scale of the others by ||A_i|| + ||C_i||."""
    real = np.empty(0, c.dtype).real.dtype
    faint = (np.sqrt(c.squares) < _FAINT[real]) & (c.norms > 0.0)
    if not faint.any():
        return errors
    errors = errors.copy()
    wide = np.complex128 if c.dtype.kind == "c" else np.float64
    ends = np.cumsum([0, *c.widths])
    for i in np.flatnonzero(faint):
        C = S.astype(np.float64)[:, None] * Vh[:, ends[i] : ends[i + 1]].astype(wide)
        given = norms.frobenius(C) + (C.size + 1) * np.finfo(float).smallest_subnormal
        errors[i] = np.nextafter((c.norms[i] + given) * (1.0 + 1e-12), np.inf)
    return errors
