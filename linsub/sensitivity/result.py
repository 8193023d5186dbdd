"""The records of leverage scores and Lewis weights, and their certificates."""

from __future__ import annotations

import dataclasses

import numpy as np

from linsub.results import Bound, Certificate, Info, Record

__all__ = [
    "ApproxLeverageCertificate",
    "JohnCertificate",
    "JohnResult",
    "LeverageCertificate",
    "LeverageResult",
    "LewisCertificate",
    "LewisResult",
]


@dataclasses.dataclass(frozen=True, eq=False)
class LeverageCertificate(Certificate):
    """What is known of leverage scores. Unknown is None.

    Attributes
    ----------
    relative_error : Bound
        ``max |scores - tau| / tau`` against the exact scores of A, rounding included. None where
        the rank is deficient or was chosen: the range is then a matter of decision.
    orthogonality : Bound
        ``||Q^H Q - I||_2`` of the basis ``Q = A T`` whose rows were measured.
    neglected : Bound
        What the range that was decided on leaves of the columns, relative to their lengths.
    gap : Bound
        ``(sigma_k - sigma_(k+1)) / sigma_1``, where scores of rank k were asked for: rounding
        turns the singular vectors by about eps over it.
    """

    relative_error: Bound | None = None
    orthogonality: Bound | None = None
    neglected: Bound | None = None
    gap: Bound | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class ApproxLeverageCertificate(Certificate):
    """What is known of approximate leverage scores. Unknown is None.

    Attributes
    ----------
    lower, upper : Bound
        Of ``tau / scores``, for all rows.
    """

    lower: Bound | None = None
    upper: Bound | None = None


class LeverageResult(Record):
    """Leverage scores: ``scores, rank = leverage_scores(A)``.

    Attributes
    ----------
    scores : ndarray of float64 of shape (n,)
        Exact ones are in [0, 1] and their sum is the rank (the effective dimension with a ridge).
    rank : int
        Dimension of the space whose scores they are: the range of A as it was decided.
    certificate : LeverageCertificate or ApproxLeverageCertificate
    """

    _fields = ("scores", "rank")
    scores: np.ndarray
    rank: int
    certificate: LeverageCertificate | ApproxLeverageCertificate | None
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class LewisCertificate(Certificate):
    """What is known of Lewis weights. Unknown is None.

    Attributes
    ----------
    residual : Bound
        ``max |tau(w) - w|``, tau the exact leverage scores of ``W^(1/2 - 1/p) A``.
    log_error : Bound
        ``max |log w - log w*|`` over the rows that are not zero; None for p >= 4, where nothing
        is proved.
    one_sided : Bound
        ``max tau_i(w) / w_i``: the weights times this are one-sided, which is all that sampling
        needs, for every p.
    """

    residual: Bound | None = None
    log_error: Bound | None = None
    one_sided: Bound | None = None


class LewisResult(Record):
    """Lewis weights: ``weights, rank = lewis_weights(A, p)``.

    Attributes
    ----------
    weights : ndarray of float64 of shape (n,)
        In [0, 1]; their sum is the rank.
    rank : int
        Of A, as it was decided: the weights are those of its range.
    certificate : LewisCertificate
    """

    _fields = ("weights", "rank")
    weights: np.ndarray
    rank: int
    certificate: LewisCertificate | None
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class JohnCertificate(Certificate):
    """What is known of John weights. Unknown is None.

    Attributes
    ----------
    excess : Bound
        ``max a_i^H (A^H V A)^-1 a_i - 1``, which is 0 for the exact weights.
    volume_gap : Bound
        What ``log det(A^H V A)`` lacks to its maximum.
    """

    excess: Bound | None = None
    volume_gap: Bound | None = None


class JohnResult(Record):
    """John weights: ``weights, rank = john_weights(A)``.

    Attributes
    ----------
    weights : ndarray of float64 of shape (n,)
        Not negative; their sum is the rank.
    rank : int
        Of A, as it was decided.
    certificate : JohnCertificate
    """

    _fields = ("weights", "rank")
    weights: np.ndarray
    rank: int
    certificate: JohnCertificate | None
    info: Info | None
