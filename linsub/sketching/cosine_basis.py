"""A basis of a gradient without an SVD: columns of the discrete cosine transform."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from scipy import fft

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub._core.dense import norms
from linsub.results import Bound, Certificate, Info, Record
from linsub.sketching import bounds

__all__ = ["DCTCertificate", "DCTSelection", "dct_select"]


@dataclasses.dataclass(frozen=True, eq=False)
class DCTCertificate(Certificate):
    """What is known about a choice of cosine columns.

    Attributes
    ----------
    frobenius_error : Bound
        ``||G - G Q_J Q_J^T||_F``.
    error_bound : Bound
        ``sqrt(1 - r/n) ||G||_F``, which the choice by the 2-norm keeps; None for ``norm=1``.
    frobenius_norm : Bound
        ``||G||_F``.
    """

    frobenius_error: Bound | None = None
    error_bound: Bound | None = None
    frobenius_norm: Bound | None = None

    @property
    def relative_error(self) -> float | None:
        """The error over ||G||_F; 0 for G = 0."""
        if self.frobenius_error is None or self.frobenius_norm is None:
            return None
        size = float(self.frobenius_norm)
        return float(self.frobenius_error) / size if size > 0.0 else 0.0


class DCTSelection(Record):
    """Columns of the cosine basis; unpacks as ``indices, coefficients, n, axis``.

    Attributes
    ----------
    indices : ndarray of shape (r,), int64
        The largest norm first.
    coefficients : array of shape (m, r), or (r, n) for axis 0
        ``G Q_J``, or ``Q_J^T G``.
    n : int
        Length of the transformed axis.
    axis : int
    certificate : DCTCertificate
    """

    _fields = ("indices", "coefficients", "n", "axis")
    indices: np.ndarray
    coefficients: Any
    n: int
    axis: int
    certificate: DCTCertificate | None
    info: Info | None

    def expand(self, coefficients: Any = None) -> np.ndarray:
        """Return ``coefficients Q_J^T`` (for axis 0 ``Q_J coefficients``), by default the record's.

        It takes a step that was computed in the basis back to the full space.
        """
        C = as_matrix(
            self.coefficients if coefficients is None else coefficients, name="coefficients"
        )
        shape = list(C.shape)
        shape[self.axis] = self.n
        S = np.zeros(shape, C.dtype)
        S[(slice(None),) * self.axis + (self.indices,)] = C
        return np.asarray(fft.idct(S, type=2, norm="ortho", axis=self.axis)) if S.size else S


def dct_select(
    G: Any, r: int, *, norm: int = 2, axis: int = 1, check_finite: bool = True
) -> DCTSelection:
    """Choose r columns of the cosine basis Q for a matrix: those along which it is largest.

    ``||G - G Q_J Q_J^T||_F^2 = ||G||_F^2 - sum_{j in J} ||G q_j||_2^2``.

    Parameters
    ----------
    G : array_like of shape (m, n)
        A gradient, for example.
    r : int
        At most the length of the axis.
    norm : {2, 1}
        What the columns of ``G Q`` are ranked by. The 2-norm has the least error of all choices
        of r of these columns. The 1-norm, which published code takes, has no bound.
    axis : {1, 0}
        The axis that is transformed and shortened.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    DCTSelection
        ``indices, coefficients, n, axis``; ``expand()`` is the approximation of G.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Modoranu and others 2025, with the orthonormal DCT-II along the axis and a stable
    order: of equal norms the lower index comes first. (In the authors' code the matrix product
    and the FFT give different bases, DCT-III and DCT-II.) *Cost.* O(m n log n). *Accuracy.*
    Claims ``sketching-dct-selection`` and ``sketching-dct-optimal``.

    References
    ----------
    Modoranu and others, arXiv 2505.17967.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import dct_select
    >>> G = np.outer([1.0, 2.0, 3.0], np.cos(np.pi * (np.arange(8) + 0.5) * 3 / 8))
    >>> chosen = dct_select(G, 1)
    >>> chosen.indices.tolist(), bool(np.allclose(chosen.expand(), G))
    ([3], True)
    """
    given = as_matrix(G, name="G", check_finite=check_finite)
    norm = scalars.as_integer(norm, name="norm", low=1, high=2)
    axis = scalars.as_integer(axis, name="axis", low=0, high=1)
    n = given.shape[axis]
    r = scalars.as_integer(r, name="r", low=0, high=n)
    exponent = int(np.frexp(norms.max_abs(given))[1])
    B = norms.ldexp(given, -exponent)
    S = fft.dct(B, type=2, norm="ortho", axis=axis) if B.size else B
    squares = np.square(np.abs(S.astype(_wide(S)))).sum(axis=1 - axis)
    sizes = squares if norm == 2 else np.abs(S).sum(axis=1 - axis, dtype=np.float64)
    order = np.argsort(-sizes, kind="stable")
    chosen = order[:r].astype(np.int64)
    C = np.take(S, chosen, axis=axis)
    size = norms.frobenius(B)
    rounding = bounds.dct_rounding(n, size, float(np.finfo(given.dtype).eps))
    # What is left out is added up: nothing cancels.
    error = float(np.sqrt(squares[order[r:]].sum())) + rounding
    with np.errstate(over="ignore", under="ignore"):
        limit = None
        if norm == 2:
            value = bounds.dct_error_bound(n, r, size) + rounding
            limit = Bound(float(np.ldexp(value, exponent)), "bound", "||G - G Q_J Q_J^T||_F")
        certificate = DCTCertificate(
            frobenius_error=Bound(
                float(np.ldexp(error, exponent)), "exact", "||G - G Q_J Q_J^T||_F"
            ),
            error_bound=limit,
            frobenius_norm=Bound(float(np.ldexp(size, exponent)), "exact", "||G||_F"),
        )
        C = norms.ldexp(np.ascontiguousarray(C), exponent)
    return DCTSelection(
        chosen,
        home(G).give_back(C),
        n,
        axis,
        certificate=certificate,
        info=Info(method="dct", passes=1, details={"norm": norm}),
    )


def _wide(A: np.ndarray) -> Any:
    return np.complex128 if A.dtype.kind == "c" else np.float64
