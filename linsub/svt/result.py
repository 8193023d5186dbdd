"""The record of a polynomial of singular values applied to vectors, and its certificate."""

from __future__ import annotations

import dataclasses
from typing import Any

from linsub.results import Bound, Certificate, Info, Record

__all__ = ["SVTCertificate", "SVTResult"]


@dataclasses.dataclass(frozen=True, eq=False)
class SVTCertificate(Certificate):
    """What is known about y. Unknown is None.

    Attributes
    ----------
    error : Bound
        ``||y - f(A) x||_2``, of each column of a block: the error of the polynomial and the
        rounding of the recurrence. It supposes that the singular values lie in the interval, which
        `norm` says where it is known.
    rounding : Bound
        The part of it that is rounding: ``||y - p(A) x||_2``.
    norm : Bound
        ``||A||_2``, where the Frobenius norm proves that the interval holds it, or products
        bounded it.
    """

    error: Bound | None = None
    rounding: Bound | None = None
    norm: Bound | None = None


class SVTResult(Record):
    """``y, degree, matvecs, bound`` with ``.certificate`` and ``.info``.

    Attributes
    ----------
    y : array of shape (m,), (n,), or with b columns
        f(A) x.
    degree : int
        Of the polynomial that was applied; of the Krylov space for ``gkl``.
    matvecs : int
        Products with A or A^H for each column of x.
    bound : float or array of shape (b,)
        ``certificate.error``: on the Euclidean norm of the error of y, by column.
    """

    _fields = ("y", "degree", "matvecs", "bound")
    y: Any
    degree: int
    matvecs: int
    bound: Any
    certificate: SVTCertificate | None
    info: Info | None
