"""The nearest orthonormal columns, partial isometry or rotation to a matrix."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub._core.dense import determinant, norms
from linsub._core.dense.cholesky import two_rounds
from linsub._core.dense.eigh import eigenvalues
from linsub._core.dense.svd import svd
from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.geometry.basis import in_double, like
from linsub.geometry.bounds.orthonormal import (
    orthogonality_rounding,
    polar_distance,
    polar_enclosure,
)
from linsub.geometry.orthonormal import OrthogonalityCertificate, measured_orthogonality
from linsub.results import Bound, Info, Record

__all__ = ["NearestCertificate", "NearestOrthogonal", "as_det", "nearest_orthogonal", "with_det"]

_EPS = float(np.finfo(np.float64).eps)

# Shapes from which CholeskyQR2 and the SVD of its triangle take less time than LAPACK's SVD.
_TALL = 4
_FEW = 8

# The lemma on A^H A is evaluated where A can be squared and squared again.
_SQUARABLE = 2.0**100


@dataclasses.dataclass(frozen=True, eq=False)
class NearestCertificate(OrthogonalityCertificate):
    """What is known about a nearest orthogonal matrix. Unknown is None.

    Attributes
    ----------
    orthogonality : Bound
        ``||Q^H Q - I||_F``, of Q^H for wide A; for a rank below min(m, n), of the orthonormal
        factors of Q.
    distance : Bound
        ``||A - Q||_F``, measured on what was handed back.
    lower : Bound
        No matrix of the kind that was asked for is nearer than this. Q itself may be, by as much
        as rounding keeps it from being of the kind.
    spectral_lower, spectral_upper : Bound
        ``||A - Q||_2`` on both sides, from ``||A^H A - I||_2`` alone (Higham's lemma 8.17);
        without a rank or a determinant.
    """

    distance: Bound | None = None
    lower: Bound | None = None
    spectral_lower: Bound | None = None
    spectral_upper: Bound | None = None


class NearestOrthogonal(Record):
    """The nearest matrix and its distance; unpacks as ``Q, distance``.

    Attributes
    ----------
    Q : array of shape (m, n)
    distance : float
        ``||A - Q||_F``.
    certificate : NearestCertificate
    """

    _fields = ("Q", "distance")
    Q: Any
    distance: float
    certificate: NearestCertificate | None
    info: Info | None


def nearest_orthogonal(
    A: Any, *, rank: int | None = None, det: Literal[-1, 1] | None = None
) -> NearestOrthogonal:
    """Nearest matrix with orthonormal columns, or nearest partial isometry or rotation.

    Minimizes ``||A - Q||_F`` over all Q with orthonormal columns (rows, if A is wide), over
    all Q = X Y^H with `rank` orthonormal columns in X and in Y, or over orthogonal Q with the
    determinant `det`.

    Parameters
    ----------
    A : array_like of shape (m, n)
        Never modified.
    rank : int, optional
        In 0..min(m, n), the default.
    det : {1, -1}, optional
        For real square A without `rank`: 1 for a rotation.

    Returns
    -------
    NearestOrthogonal
        ``Q, distance``, Q in the array type and precision of `A`. ``info.details`` has `gap`,
        what decides whether the answer is the only one, relative to sigma_1, `unique`, and
        `flipped`, whether the determinant cost a sign.

    Raises
    ------
    InvalidInputError
        If `rank` or `det` is out of range, both are given, or A is not square with `det`.
    NumericalError
        If the norm of A exceeds the largest float.
    InvalidTypeError, NonFiniteError

    See Also
    --------
    procrustes : The nearest rotation of one set of columns to another.

    Notes
    -----
    *Algorithm.* The SVD in double precision, of the triangle of CholeskyQR2 where A is tall or
    wide and not too ill conditioned for it; ``Q = U_r V_r^H``. With `det`, the smallest
    singular vector changes its sign where the determinant is not the one asked for. The gap
    is sigma_n; sigma_r - sigma_{r+1} at a rank below n; sigma_{n-1} + sigma_n with `det`, and
    sigma_{n-1} - sigma_n where the sign was changed. `unique` is a gap above n eps. Without
    one the answer is one of many that are equally near. Without `rank` and `det` it is nearest
    in every unitarily invariant norm.

    *Cost.* That of an SVD. *Accuracy.* Claims ``geometry-polar-nearest``,
    ``geometry-polar-enclosure``, ``geometry-polar-perturbation``.

    References
    ----------
    Fan and Hoffman 1955; Higham, "Functions of Matrices", SIAM 2008, chapter 8.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import nearest_orthogonal
    >>> Q, distance = nearest_orthogonal([[2.0, 0.0], [0.0, -0.5]])
    >>> Q.tolist(), round(distance**2, 12)
    ([[1.0, 0.0], [0.0, -1.0]], 1.25)
    >>> nearest_orthogonal([[2.0, 0.0], [0.0, -0.5]], det=1).Q.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    dense = as_matrix(A)
    least = min(dense.shape)
    r = least if rank is None else scalars.as_integer(rank, name="rank", low=0, high=least)
    wanted = as_det(det, dense)
    if wanted is not None and rank is not None:
        raise InvalidInputError(f"rank={rank} and det={det} are both given; leave out one of them")
    wide = in_double(dense, copy=False)
    U, S, Vh = _svd(wide)
    with np.errstate(over="ignore"):
        largest = norms.frobenius(S) + 1.0
    if not np.isfinite(largest):
        raise NumericalError(
            "the norm of A exceeds the largest float, and so does its distance to anything; "
            "divide A by a power of two first"
        )
    left, flipped = U[:, :r], False
    if wanted is not None:
        left, flipped = with_det(U, Vh, wanted)
    right = Vh[:r]
    Q = like(left @ right, dense.dtype)
    gap = _gap(S, r, wanted, flipped) / float(S[0]) if S.size and S[0] else 0.0
    gap = np.inf if r == 0 or (wanted is not None and least <= 1) else gap
    details = {
        "gap": gap,
        "unique": bool(gap > max(dense.shape) * _EPS),
        "flipped": flipped,
        "sigma_max": float(S[0]) if S.size else 0.0,
        "sigma_min": float(S[-1]) if S.size else 0.0,
    }
    certificate = _certificate(wide, Q, S, (left, right), rank is None, flipped)
    assert certificate.distance is not None
    return NearestOrthogonal(
        home(A).give_back(Q),
        float(certificate.distance),
        certificate=certificate,
        info=Info("svd", passes=1, details=details),
    )


def _svd(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the thin SVD, by way of the small triangle of CholeskyQR2 where A is tall or wide."""
    m, n = A.shape
    if m < n:
        U, S, Vh = _svd(A.conj().T)
        return Vh.conj().T, S, U.conj().T
    found = two_rounds(A) if m >= _TALL * n and n > _FEW else None
    if found is None:
        return svd(A)
    Q, R = found
    U, S, Vh = svd(R)
    return Q @ U, S, Vh


def as_det(det: Any, A: np.ndarray, name: str = "A") -> int | None:
    """Return the determinant that was asked for, checked, or None."""
    if det is None:
        return None
    number = scalars.as_real(det, name="det")
    if number not in (-1.0, 1.0):
        raise InvalidInputError(f"det must be 1, -1 or None, got {number:g}")
    if A.dtype.kind == "c":
        raise InvalidTypeError(
            f"{name} is complex and det={number:g} is for real matrices: a unitary matrix has "
            "a determinant on the whole circle; leave out det"
        )
    return int(number)


def with_det(U: np.ndarray, Vh: np.ndarray, det: int) -> tuple[np.ndarray, bool]:
    """Return U, its last column negated where det(U Vh) is not `det`, and whether it was."""
    if U.shape[0] != Vh.shape[1]:
        raise InvalidInputError(
            f"det={det} needs a square matrix, got shape {(U.shape[0], Vh.shape[1])}; leave it out"
        )
    if determinant.sign(U) * determinant.sign(Vh) == det:
        return U, False
    if not U.size:
        raise InvalidInputError("the 0 x 0 matrix has determinant 1; leave out det")
    U = U.copy()
    U[:, -1] *= -1
    return U, True


def _gap(S: np.ndarray, r: int, det: int | None, flipped: bool) -> float:
    """Return what must be positive for the nearest matrix to be the only one."""
    if det is not None:
        last = float(S[-1])
        return (float(S[-2]) if S.size > 1 else last) + (-last if flipped else last)
    return float(S[r - 1]) - (float(S[r]) if 0 < r < S.size else 0.0)


def _certificate(
    A: np.ndarray,
    Q: np.ndarray,
    S: np.ndarray,
    factors: tuple[np.ndarray, np.ndarray],
    full: bool,
    flipped: bool,
) -> NearestCertificate:
    left, right = factors
    r = right.shape[0]
    top = float(S[0]) if S.size else 0.0
    rounding = orthogonality_rounding(max(A.shape), max(r, 1), _EPS) * max(top, 1.0)
    with np.errstate(over="ignore"):
        distance = norms.frobenius(A - Q)
    lower = max(polar_distance(S, r, flipped) - rounding, 0.0)
    if full:
        orthogonality = measured_orthogonality(Q if Q.shape[0] >= Q.shape[1] else Q.conj().T)
    else:
        sides = [measured_orthogonality(side) for side in (left, right.conj().T)]
        orthogonality = max(sides, key=float)
    found = NearestCertificate(
        orthogonality=orthogonality,
        distance=Bound(distance, "exact", "||A - Q||_F"),
        lower=Bound(lower, "bound", "||A - Z||_F >="),
    )
    if not full or flipped or not S.size or top > _SQUARABLE:
        return found
    gram = A.conj().T @ A if A.shape[0] >= A.shape[1] else A @ A.conj().T
    gram[range(r), range(r)] -= 1
    off, wrong = float(np.abs(eigenvalues(gram)).max()), rounding * max(top, 1.0)
    low, _ = polar_enclosure(max(off - wrong, 0.0), top + rounding, top)
    _, high = polar_enclosure(off + wrong, top, max(float(S[-1]) - rounding, 0.0))
    # What was handed back differs from the polar factor by the rounding of its type.
    slack = rounding + float(np.sqrt(r)) * float(np.finfo(Q.dtype).eps)
    return dataclasses.replace(
        found,
        spectral_lower=Bound(max(low - slack, 0.0), "bound", "||A - Q||_2 >="),
        spectral_upper=Bound(high + slack, "bound", "||A - Q||_2"),
    )
