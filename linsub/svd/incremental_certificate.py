"""The carried certificate of a stream: T1 and T2 as bounds on what is returned."""

from __future__ import annotations

import numpy as np

from linsub._core.dense import norms
from linsub.results import Bound, Kind
from linsub.svd import bounds
from linsub.svd.certificate import unscaled
from linsub.svd.incremental_core import EPS, Ledger
from linsub.svd.result import SVDCertificate
from linsub.svd.rounding import orthogonality_defect, product_rounding

__all__ = ["carried_certificate", "final_rank", "handing_over"]


def handing_over(S: np.ndarray, merges: int, kept: bool, eps: float) -> float:
    """Return what leaving the state adds: the last QR and SVD, V multiplied out, the dtype."""
    norm = norms.frobenius(S)
    chain = (merges + 1.0) * product_rounding(S.size + 1, EPS) * norm if kept else 0.0
    return 2.0 * bounds.merge_rounding(norm, S.size + 1, EPS) + chain + 2.0 * eps * norm


def final_rank(ledger: Ledger, S: np.ndarray, error: float, rounding: float) -> int:
    """Return the smallest rank whose certified error is at most ``error ||A||_F``."""
    room = error * ledger.norm * (1.0 - 4.0 * EPS) - ledger.earlier - ledger.rounding - rounding
    tails = np.cumsum(np.square(S)[::-1])[::-1]
    spent = ledger.squares + ledger.uncertainty
    if room < 0.0:
        return int(S.size)
    return int(np.count_nonzero(np.sqrt(tails + spent) > room))


def carried_certificate(
    ledger: Ledger,
    S: np.ndarray,
    rank: int,
    sides: tuple[np.ndarray, ...],
    *,
    rounding: float,
    scale: float,
    imputed: bool,
    matrix: str = "A",
) -> SVDCertificate:
    """Return what is known about the leading `rank` of the values S and the returned sides.

    With imputed entries nothing is known about A, whose entries nobody has seen.
    """
    rank = min(rank, S.size)
    defect = max((_defect(Q) for Q in sides), default=0.0)
    orthogonality = Bound(defect, "bound", "max(||U^H U - I||_2, ||Vh Vh^H - I||_2)")
    if imputed:
        return SVDCertificate(orthogonality=orthogonality)
    kept, cut = S[:rank], S[rank:]
    total = ledger.rounding + rounding
    spent = float(np.sqrt(ledger.squares + ledger.uncertainty))
    top = min(float(np.sqrt(ledger.top_squares + ledger.uncertainty)), spent)
    discarded = float(np.hypot(spent, norms.frobenius(cut)))
    tops = min(float(np.hypot(top, cut[0] if cut.size else 0.0)), discarded)
    error = bounds.carried_error([discarded], earlier=ledger.earlier, rounding=total)
    spectral = bounds.carried_spectral_error([tops], earlier=ledger.earlier_top, rounding=total)
    spectral = min(spectral, error)
    if ledger.exact:
        lower, upper = bounds.carried_sigma_enclosure(kept, discarded, tops, rounding=total)
    else:  # Weyl's inequality is left
        lower, upper = np.maximum(kept - spectral, 0.0), kept + spectral

    def carried(value: object, of: str, kind: Kind = "bound") -> Bound:
        return Bound(value, kind, of, origin="carried")

    certificate = SVDCertificate(
        frobenius_error=carried(
            error, f"||{matrix} - U S Vh||_F", "exact" if ledger.exact else "bound"
        ),
        spectral_error=carried(spectral, f"||{matrix} - U S Vh||_2"),
        sigma_lower=carried(lower, f"sigma_i({matrix}) >="),
        sigma_upper=carried(upper, f"sigma_i({matrix})"),
        complement_norm=carried(spectral, f"sigma_{{k+1}}({matrix})"),
        orthogonality=orthogonality,
        frobenius_norm=carried(ledger.norm, f"||{matrix}||_F", "exact"),
    )
    return unscaled(certificate, scale)


def _defect(Q: np.ndarray) -> float:
    eps = float(np.finfo(Q.dtype).eps)
    return orthogonality_defect(Q) + 2.0 * float(np.sqrt(max(1, Q.shape[0]))) * eps
