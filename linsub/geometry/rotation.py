"""The orthogonal Procrustes problem: the rotation that brings one matrix nearest to another."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub._core.dense import norms
from linsub._core.dense.svd import svd
from linsub.errors import InvalidInputError, NumericalError
from linsub.geometry.basis import in_double, like
from linsub.geometry.bounds.orthonormal import orthogonality_rounding, procrustes_residual
from linsub.geometry.nearest import as_det, with_det
from linsub.geometry.orthonormal import OrthogonalityCertificate, measured_orthogonality
from linsub.results import Bound, Info, Record

__all__ = ["ProcrustesCertificate", "ProcrustesResult", "procrustes"]

_EPS = float(np.finfo(np.float64).eps)

# Rows whose residual is found at once.
_ROWS = 1024


@dataclasses.dataclass(frozen=True, eq=False)
class ProcrustesCertificate(OrthogonalityCertificate):
    """What is known about a Procrustes rotation.

    Attributes
    ----------
    orthogonality : Bound
        ``||R^H R - I||_F``.
    residual : Bound
        ``||s A R - B||_F``, measured on what was handed back.
    lower : Bound
        No rotation (and no scale, where one was sought) has a smaller residual than this.
        R itself may, by as much as rounding keeps it from being a rotation.
    """

    residual: Bound | None = None
    lower: Bound | None = None


class ProcrustesResult(Record):
    """The rotation, the scale and the residual; unpacks as ``R, scale, residual``.

    Attributes
    ----------
    R : array of shape (n, n)
    scale : float
        1 unless one was sought.
    residual : float
        ``||scale A R - B||_F``.
    certificate : ProcrustesCertificate
    """

    _fields = ("R", "scale", "residual")
    R: Any
    scale: float
    residual: float
    certificate: ProcrustesCertificate | None
    info: Info | None


def procrustes(
    A: Any, B: Any, *, scale: bool = False, det: Literal[-1, 1] | None = None
) -> ProcrustesResult:
    """Rotation, and scale, that bring a matrix nearest to another.

    Minimizes ``||s A R - B||_F`` over unitary R, with s = 1, or over s >= 0 too.

    Parameters
    ----------
    A, B : array_like of shape (m, n)
        Never modified. Rows are points: subtract their means first if a shift is allowed.
    scale : bool, optional
        Whether to scale.
    det : {1, -1}, optional
        For real matrices: 1 allows proper rotations only, no reflections.

    Returns
    -------
    ProcrustesResult
        ``R, scale, residual``, R in the array type and precision of `A`, complex where A or B
        is. ``info.details`` has `gap`, what decides whether R is the only one, relative to
        sigma_1(A^H B), `unique`, and `flipped`, whether the determinant cost a sign.

    Raises
    ------
    InvalidInputError
        If the shapes differ or `det` is out of range.
    NumericalError
        If the scale or the residual exceeds the largest float.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* ``A^H B = U S V^H`` and ``R = U V^H``; with `det`, the smallest singular vector
    changes its sign where needed (Kabsch; Umeyama 1991). The scale is ``tr(S) / ||A||_F^2``,
    with sigma_n negated likewise, and 0 where that is negative; 1 where A is zero. The
    residual is measured, since its closed form cancels. The gap is sigma_n, with `det`
    sigma_{n-1} + sigma_n, or sigma_{n-1} - sigma_n where the sign was changed.

    *Cost.* 2 m n^2 flops and an SVD of order n. *Accuracy.* The square of the residual exceeds
    the least one by rounding of ``(||A|| + ||B||)^2`` at most, whatever the conditions (claims
    ``geometry-procrustes-optimum`` and ``geometry-procrustes-residual``): directions in which
    A is smaller than sqrt(eps) ``||A||`` are lost in A^H B, and may be turned wrongly.

    References
    ----------
    Schoenemann, Psychometrika 31 (1966). Umeyama, "Least-squares estimation of transformation
    parameters between two point patterns", PAMI 13 (1991).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import procrustes
    >>> A = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    >>> turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> R, scale, residual = procrustes(A, 3.0 * A @ turn, scale=True)
    >>> bool(np.allclose(R, turn)), round(scale, 12), residual < 1e-14
    (True, 3.0, True)
    """
    first, second = as_matrix(A, name="A"), as_matrix(B, name="B")
    if first.shape != second.shape:
        raise InvalidInputError(
            f"A has shape {first.shape} and B has {second.shape}; give them the same shape, "
            "with columns of zeros for what is missing"
        )
    scale = scalars.as_flag(scale, name="scale")
    wanted = as_det(det, second if second.dtype.kind == "c" else first, "A or B")
    X, Y = in_double(first, copy=False), in_double(second, copy=False)
    a, b = (norms.power_of_two_scale(norms.max_abs(part), part.dtype) for part in (X, Y))
    if not scale:  # one unit for both
        a = b = min(a, b)
    X, Y = (part if unit == 1.0 else part * unit for part, unit in ((X, a), (Y, b)))
    U, S, Vh = svd(X.conj().T @ Y)
    flipped = False
    if wanted is not None:
        U, flipped = with_det(U, Vh, wanted)
    R = U @ Vh
    trace = float(S.sum()) - (2.0 * float(S[-1]) if flipped else 0.0)
    norm_a, norm_b = norms.frobenius(X), norms.frobenius(Y)
    s = 1.0
    if scale and norm_a:
        s = max(trace, 0.0) / norm_a**2
    elif scale:
        a = b  # zero has no unit
    # What is handed back, where the scale itself is too small for all its digits.
    found_scale = _unscaled(s, a, b)
    s = _unscaled(found_scale, b, a)
    returned = like(R, np.promote_types(first.dtype, second.dtype))
    least = procrustes_residual(norm_a, norm_b, S, scale=scale, flipped=flipped)
    size = norm_b if scale else norm_a + norm_b
    residual = _residual(X, s * in_double(returned), Y)
    with np.errstate(over="ignore"):
        if not np.isfinite(residual / b):
            raise NumericalError(
                "the residual exceeds the largest float; divide A and B by a power of two first"
            )
    certificate = _certificate(returned, residual, least, size, b, max(first.shape))
    assert certificate.residual is not None
    return ProcrustesResult(
        home(A).give_back(returned),
        found_scale,
        float(certificate.residual),
        certificate=certificate,
        info=Info("svd", passes=1, details=_details(S, wanted, flipped, max(first.shape))),
    )


def _residual(X: np.ndarray, R: np.ndarray, Y: np.ndarray) -> float:
    """Return ||X R - Y||_F, by blocks of rows that stay in cache."""
    total = 0.0
    off = np.empty((min(_ROWS, X.shape[0]), R.shape[1]), np.result_type(X, R, Y))
    for i in range(0, X.shape[0], _ROWS):
        rows = off[: X[i : i + _ROWS].shape[0]]
        np.matmul(X[i : i + _ROWS], R, out=rows)
        rows -= Y[i : i + _ROWS]
        total = math.hypot(total, norms.frobenius(rows))
    return total


def _unscaled(s: float, a: float, b: float) -> float:
    """Return s for A and B from that of a A and b B."""
    with np.errstate(over="ignore", under="ignore"):
        scale = float(np.ldexp(s, int(np.log2(a)) - int(np.log2(b))))
    if not np.isfinite(scale):
        raise NumericalError("the scale from A to B exceeds the largest float; divide B first")
    return scale


def _details(S: np.ndarray, det: int | None, flipped: bool, size: int) -> dict[str, Any]:
    top = float(S[0]) if S.size else 0.0
    if S.size == 0 or (det is not None and S.size == 1):
        gap = np.inf
    elif det is None:
        gap = float(S[-1]) / top if top else 0.0
    else:
        last = -float(S[-1]) if flipped else float(S[-1])
        gap = (float(S[-2]) + last) / top if top else 0.0
    return {"gap": gap, "unique": bool(gap > size * _EPS), "flipped": flipped}


def _certificate(
    R: np.ndarray, residual: float, least: float, size: float, unit: float, length: int
) -> ProcrustesCertificate:
    # The closed form is a difference of squares: its rounding is relative to these.
    lost = orthogonality_rounding(length, max(R.shape[0], 1), _EPS) * size**2
    with np.errstate(over="ignore", under="ignore"):
        lower = float(np.sqrt(max(least**2 - lost, 0.0))) / unit
        residual = residual / unit
    return ProcrustesCertificate(
        orthogonality=measured_orthogonality(R),
        residual=Bound(residual, "exact", "||s A R - B||_F"),
        lower=Bound(lower, "bound", "||s A Z - B||_F >="),
    )
