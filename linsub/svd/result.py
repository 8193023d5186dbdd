"""The record of a truncated SVD, its certificate, and what the engines hand to the driver."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core.operators import Operator
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["Factors", "SVDCertificate", "SVDResult"]


@dataclasses.dataclass(frozen=True, eq=False)
class SVDCertificate(Certificate):
    """What is known about a triple (U, S, Vh), in the unit of A. Unknown is None.

    Attributes
    ----------
    residuals : Bound of shape (k,)
        max(||A v_i - s_i u_i||, ||A^H u_i - s_i v_i||) for each triplet.
    frobenius_error, spectral_error : Bound
        The error of the triple itself, ||A - U S Vh||, not of its subspaces.
    sigma_lower, sigma_upper : Bound of shape (k,)
        An enclosure of sigma_i(A), with the index right: no value of the leading k was
        passed over outside it.
    complement_norm : Bound
        No singular value that U and V do not hold exceeds it.
    orthogonality : Bound
        max(||U^H U - I||_2, ||Vh Vh^H - I||_2).
    frobenius_norm : Bound
        ||A||_F.
    """

    residuals: Bound | None = None
    frobenius_error: Bound | None = None
    spectral_error: Bound | None = None
    sigma_lower: Bound | None = None
    sigma_upper: Bound | None = None
    complement_norm: Bound | None = None
    orthogonality: Bound | None = None
    frobenius_norm: Bound | None = None

    @property
    def relative_error(self) -> float | None:
        """||A - U S Vh||_F / ||A||_F, or None where either is unknown; 0 for A = 0."""
        if self.frobenius_error is None or self.frobenius_norm is None:
            return None
        norm = float(self.frobenius_norm)
        return float(self.frobenius_error) / norm if norm > 0.0 else 0.0

    @property
    def complete(self) -> bool | None:
        """True when every singular value above the complement norm is in the triple.

        That is, when ``complement_norm`` lies below the certified lower end of the
        smallest computed value. None, never True, when it is not known to be so: with a
        tie at the cut, for one, no method can tell.
        """
        if self.complement_norm is None or self.sigma_lower is None:
            return None
        lower = np.asarray(self.sigma_lower.value)
        return True if lower.size == 0 or float(self.complement_norm) < lower[-1] else None

    @property
    def failure_prob(self) -> float:
        """A bound on the probability that any entry is wrong.

        The probabilistic entries rest on the same draw of probes and fail together, so they
        count once; the Frobenius error of an operator known by products alone has probes of
        its own.
        """
        own = 0.0
        if self.frobenius_error is not None and self.frobenius_norm is None:
            own = self.frobenius_error.failure_prob
        shared = [
            b.failure_prob for name, b in self.bounds() if name != "frobenius_error" or not own
        ]
        return min(1.0, own + max(shared, default=0.0))


class SVDResult(Record):
    """``U, S, Vh`` with ``.certificate`` (:class:`SVDCertificate`) and ``.info``.

    Attributes
    ----------
    U : array of shape (m, k)
        Left singular vectors in its columns.
    S : array of shape (k,)
        Singular values, descending.
    Vh : array of shape (k, n)
        Right singular vectors, conjugated, in its rows.
    """

    _fields = ("U", "S", "Vh")
    U: Any
    S: Any
    Vh: Any
    certificate: SVDCertificate | None
    info: Info | None


@dataclasses.dataclass
class Factors:
    """What an engine returns: ``A ~ U diag(S) V^H``, on the scaled operator.

    `tail` holds the rest of the spectrum, where the engine computed all of it; `graded`
    says that the engine met values too small for its arithmetic (squaring loses what is
    below sqrt(eps) sigma_1), so that another engine must take over from `V`.
    """

    U: np.ndarray
    S: np.ndarray
    V: np.ndarray
    method: str
    converged: bool = True
    iterations: int = 0
    graded: bool = False
    tail: np.ndarray | None = None
    images: tuple[np.ndarray, np.ndarray] | None = None
    twin: Operator | None = None
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = dataclasses.field(default_factory=dict)
