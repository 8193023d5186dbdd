"""The record of an orthonormal basis that one pass over the rows has left."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core.arrays import Home
from linsub.geometry import OrthogonalityCertificate, orthonormality_defect
from linsub.results import Bound, Info, Record
from linsub.streaming.bounds.oja import basis_rounding
from linsub.streaming.oja_rule import signed

__all__ = ["BasisResult", "basis_result", "orthogonality"]


class BasisResult(Record):
    """Leading directions of a stream: ``components, deviations = stream.result()``.

    Attributes
    ----------
    components : ndarray of shape (k, d)
        Orthonormal rows, in double precision; the entry of largest modulus of each (the first of
        them) is positive.
    deviations : ndarray of shape (k,), or None
        Estimates of the root mean square of the rows along each component,
        ``sqrt(lambda_j(A^T A) / n)``, where the method makes any. Nothing is proved of them.
    certificate : OrthogonalityCertificate
        ``||V V^T - I||_F``, measured: all that is certain of a basis whose rows are gone.
    info : Info
        ``method``, and in ``details`` the number of `rows` and figures of the method.
    """

    _fields = ("components", "deviations")
    components: Any
    deviations: np.ndarray | None
    certificate: OrthogonalityCertificate | None
    info: Info | None


def orthogonality(V: np.ndarray) -> OrthogonalityCertificate:
    """Return the measured defect of the rows of V."""
    defect = float(orthonormality_defect(V.T).fro)
    rounding = basis_rounding(V.shape[1], V.shape[0], float(np.finfo(np.float64).eps))
    return OrthogonalityCertificate(Bound(defect + rounding, "bound", "||V V^T - I||_F"))


def basis_result(
    V: np.ndarray, deviations: np.ndarray | None, home: Home, info: Info
) -> BasisResult:
    """Return the record of the rows of V."""
    V = np.array([signed(row) for row in V]).reshape(V.shape)
    return BasisResult(
        home.give_back(V),
        None if deviations is None else np.array(deviations, dtype=np.float64),
        certificate=orthogonality(V),
        info=dataclasses.replace(info, passes=1),
    )
