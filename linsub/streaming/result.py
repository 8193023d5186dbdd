"""The record of a top eigenvector and its certificate."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from linsub.results import Bound, Certificate, Info, Record

__all__ = ["EigCertificate", "EigResult", "Status"]

Status = Literal["certified", "uncertified"]


@dataclasses.dataclass(frozen=True, eq=False)
class EigCertificate(Certificate):
    """What is known of a top eigenvector of ``M = A^T A``. Unknown is None.

    Attributes
    ----------
    sine : Bound
        ``sin(v, v_1)``, where the eigenvalue is simple; None where nothing below 1 is proved.
    value_lower, value_upper : Bound
        The enclosure of the largest eigenvalue.
    second_upper : Bound
        An upper bound on the second eigenvalue.
    """

    sine: Bound | None = None
    value_lower: Bound | None = None
    value_upper: Bound | None = None
    second_upper: Bound | None = None


class EigResult(Record):
    """A top eigenvector of a stream: ``vector, value, sin_bound, status = stream.result()``.

    Attributes
    ----------
    vector : ndarray of shape (d,)
        Of norm 1; its entry of largest modulus (the first of them) is positive.
    value : ndarray of shape (2,)
        ``[lower, upper]`` with ``lower <= lambda_1(A^T A) <= upper``.
    sin_bound : float
        At least the sine of the angle to the top eigenvector; 1.0 where nothing is known.
    status : {"certified", "uncertified"}
        ``certified`` where ``sin_bound < 1``.
    certificate : EigCertificate
    info : Info
        ``method``, and in ``details`` the number of rows and figures of the method.
    """

    _fields = ("vector", "value", "sin_bound", "status")
    vector: Any
    value: np.ndarray
    sin_bound: float
    status: Status
    certificate: EigCertificate | None
    info: Info | None
