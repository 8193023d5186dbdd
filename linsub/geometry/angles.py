"""Principal angles and vectors between two subspaces, and the CS decomposition behind them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core.dense import norms
from linsub.geometry import bounds
from linsub.geometry.cs import ThinCS, angles_of, thin_cs
from linsub.geometry.pair import orthonormal_pair, pair_of
from linsub.results import Bound, Certificate, Info, Record

__all__ = [
    "AngleCertificate",
    "CSResult",
    "PrincipalVectors",
    "cs_decomposition",
    "principal_angles",
    "principal_vectors",
]


@dataclasses.dataclass(frozen=True, eq=False)
class AngleCertificate(Certificate):
    """What is known about principal angles and vectors. Unknown is None.

    Attributes
    ----------
    angle_error : Bound
        The largest error of an angle, relative to the exact angles of the bases that were
        used: X and Y themselves, or the computed bases of A and B.
    cosine_residual, sine_residual : Bound
        How far the two identities are from holding, in the Frobenius norm. The second is known
        for :func:`cs_decomposition` only.
    orthogonality : Bound
        The largest of ``||Q^H Q - I||_F`` over the factors or vectors (columns of zeros left
        out).
    """

    angle_error: Bound | None = None
    cosine_residual: Bound | None = None
    sine_residual: Bound | None = None
    orthogonality: Bound | None = None


class CSResult(Record):
    """The thin CS decomposition; unpacks as ``Ux, c, s, V, Qs, angles``.

    ``X^H Y V = Ux diag(c)`` and ``(I - X X^H) Y V = Qs diag(s)``, k = min(p, q).

    Attributes
    ----------
    Ux : array of shape (p, k)
        Orthonormal columns.
    c, s : ndarray of shape (k,)
        Cosines and sines of the angles, ``c^2 + s^2 = 1``.
    V : array of shape (q, k)
        Orthonormal columns.
    Qs : array of shape (n, k)
        Orthonormal columns, orthogonal to X. Columns are zero where R^n has no room beyond X.
    angles : ndarray of shape (k,)
        Ascending, in radians.
    certificate : AngleCertificate
    """

    _fields = ("Ux", "c", "s", "V", "Qs", "angles")
    Ux: Any
    c: Any
    s: Any
    V: Any
    Qs: Any
    angles: Any
    certificate: AngleCertificate | None
    info: Info | None


class PrincipalVectors(Record):
    """Principal angles with their vectors; unpacks as ``angles, left, right``.

    Attributes
    ----------
    angles : ndarray of shape (k,)
        Ascending, in radians; k is the smaller of the two ranks.
    left : array of shape (n, k)
        Orthonormal, in the range of A.
    right : array of shape (n, k)
        Orthonormal, in the range of B; ``left^H right = diag(cos(angles))``.
    certificate : AngleCertificate
    info : Info
        ``details`` has the rank decisions: ``rank_A``, the smallest relative singular value
        that was kept (``kept_A``) and the largest that was dropped (``dropped_A``), ``rtol_A``,
        and likewise for B.
    """

    _fields = ("angles", "left", "right")
    angles: Any
    left: Any
    right: Any
    certificate: AngleCertificate | None
    info: Info | None


def cs_decomposition(X: Any, Y: Any) -> CSResult:
    """Return the thin CS decomposition of two orthonormal bases.

    ``X^H Y V = Ux diag(c)`` and ``(I - X X^H) Y V = Qs diag(s)`` with ``c^2 + s^2 = 1``: the
    cosines and the sines of the principal angles, with one set of vectors.

    Parameters
    ----------
    X : array_like of shape (n, p)
    Y : array_like of shape (n, q)
        Orthonormal columns, to the precision of their type.

    Returns
    -------
    CSResult
        ``Ux, c, s, V, Qs, angles`` with k = min(p, q) columns and numbers. Vectors have the type
        of X and Y; c, s and the angles are in double precision.

    Raises
    ------
    InvalidInputError
        If X or Y is not orthonormal (the message gives the defect), or their rows differ.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    Where p < q, the directions of Y beyond V are orthogonal to X. Where p + q > n, at least
    p + q - n angles are zero; a column of Qs that would need an (n + 1)-st dimension is zero,
    and so is its sine, to rounding.

    *Algorithm.* Cosines say nothing of small angles and sines nothing of large ones. The SVD of
    X^H Y finds the angles beyond 45 degrees; the sines of the others are the singular values
    of a triangle, and a last QR factorization turns Ux along. Bases in single precision, or
    orthonormal to less than double precision, are first brought to the nearest orthonormal
    ones of the same range. *Cost.* About 8 n p q + 4 n q^2 flops, and 6 n p q + 8 n q^2 for the
    certificate. *Accuracy.* Claims
    ``geometry-cs``, ``geometry-angles`` and ``geometry-angle-certificate``.

    References
    ----------
    Bjorck & Golub 1973, Math. Comp. 27; Knyazev & Argentati 2002, SIAM J. Sci. Comput. 23.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import cs_decomposition
    >>> X = np.eye(4)[:, :2]
    >>> Y = np.array([[1.0, 0], [0, 0.6], [0, 0.8], [0, 0]])
    >>> Ux, c, s, V, Qs, angles = cs_decomposition(X, Y)
    >>> c.round(12).tolist(), s.round(12).tolist()
    ([1.0, 0.6], [0.0, 0.8])
    """
    pair = orthonormal_pair(X, Y, names=("X", "Y"))
    cs = thin_cs(pair.X, pair.Y)
    Ux, V, Qs = (Q.astype(pair.dtype) for Q in (cs.Ux, cs.V, cs.Qs))
    found = returned = _Defects(pair.X, pair.Y, cs)
    if pair.given is not None or pair.eps > _EPS:
        wide = cs.Qs.dtype
        rounded = cs._replace(Ux=Ux.astype(wide), V=V.astype(wide), Qs=Qs.astype(wide))
        returned = _Defects(*(pair.given or (pair.X, pair.Y)), rounded)
    return CSResult(
        pair.home.give_back(Ux),
        pair.home.give_back(cs.c),
        pair.home.give_back(cs.s),
        pair.home.give_back(V),
        pair.home.give_back(Qs),
        pair.home.give_back(cs.angles),
        certificate=returned.certificate(found.angle_error),
        info=Info(method="thin CS", passes=3, details=pair.details),
    )


def principal_angles(A: Any, B: Any, *, rtol: Any = None, orthonormal: Any = False) -> Any:
    """Return the principal angles between the column spaces of A and B, ascending.

    ``cos theta_i`` are the singular values of X^H Y for orthonormal bases X and Y.

    Parameters
    ----------
    A : array_like of shape (n, p)
    B : array_like of shape (n, q)
        Any columns: dependent, zero, at any scale.
    rtol : float, optional
        In [0, 1): the rank is the number of singular values beyond rtol times the largest, once
        the columns have been brought to one size. By default max(n, p) eps of the type.
    orthonormal : bool, optional
        A and B are orthonormal to the precision of their type: no ranks to decide, and no
        factorization of either. It is checked.

    Returns
    -------
    ndarray of shape (k,)
        In [0, pi/2], in radians and in double precision; k is the smaller of the two ranks, so
        that the array is empty where one of them is 0. :func:`principal_vectors` reports how
        the ranks were decided, and a bound on the error of the angles.

    Raises
    ------
    InvalidInputError
        If the rows differ, or `orthonormal` is not so.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Sines are singular values of ``Y - X X^H Y``, cosines of X^H Y, and each angle is
    the arctan2 of the two. *Cost.* About 6 n p q flops beside the QR factorizations of A and B.
    *Accuracy.* Claims ``geometry-angles`` and ``geometry-angle-bases``: about
    4 sqrt(n) eps, absolute, for tiny and nearly right angles alike, between the bases. The bases
    themselves move by eps times the condition of A and B. An angle far below eps is found with
    a small relative error where the bases hold it exactly, as ``[1, 0]`` and ``[1, 1e-200]`` do.

    References
    ----------
    Bjorck & Golub 1973, Math. Comp. 27; Knyazev & Argentati 2002, SIAM J. Sci. Comput. 23.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import principal_angles
    >>> A = np.array([[1.0, 0], [0, 1], [0, 0]])
    >>> B = np.array([[2.0, 0], [0, 1], [0, 1e-12]])
    >>> principal_angles(A, B).tolist()
    [0.0, 1e-12]
    """
    pair = pair_of(A, B, rtol=rtol, orthonormal=orthonormal)
    return pair.home.give_back(angles_of(pair.X, pair.Y))


def principal_vectors(
    A: Any, B: Any, *, rtol: Any = None, orthonormal: Any = False
) -> PrincipalVectors:
    """Return the principal angles between the column spaces of A and B, and their vectors.

    ``left^H right = diag(cos theta)``: the i-th pair of vectors makes the angle theta_i, and
    any two of different pairs are orthogonal.

    Parameters
    ----------
    A : array_like of shape (n, p)
    B : array_like of shape (n, q)
    rtol, orthonormal : optional
        As in :func:`principal_angles`.

    Returns
    -------
    PrincipalVectors
        ``angles, left, right``. The vectors have the type of A and B.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    Vectors of equal angles are determined up to a unitary transform of both sides, and those of
    right angles up to one of each side.

    *Algorithm.* :func:`cs_decomposition` of two bases. *Cost.* That of it, beside the QR
    factorizations of A and B. *Accuracy.* Claims ``geometry-cs`` and
    ``geometry-angle-certificate``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import principal_vectors
    >>> A = np.array([[1.0, 1], [0, 1], [0, 0]])
    >>> angles, left, right = principal_vectors(A, [[0.0], [0.6], [0.8]])
    >>> np.abs(left[:, 0]).round(12).tolist()
    [0.0, 1.0, 0.0]
    """
    pair = pair_of(A, B, rtol=rtol, orthonormal=orthonormal)
    cs = thin_cs(pair.X, pair.Y)
    left, right = ((Q @ W).astype(pair.dtype) for Q, W in ((pair.X, cs.Ux), (pair.Y, cs.V)))
    return PrincipalVectors(
        pair.home.give_back(cs.angles),
        pair.home.give_back(left),
        pair.home.give_back(right),
        certificate=_of_vectors(left, right, cs, _Defects(pair.X, pair.Y, cs)),
        info=Info(method="thin CS", passes=3, details=pair.details),
    )


_EPS = float(np.finfo(np.float64).eps)


class _Defects:
    """How far the factors are from what they should be, measured, and what follows from it."""

    def __init__(self, X: np.ndarray, Y: np.ndarray, cs: ThinCS) -> None:
        C = X.conj().T @ Y
        H = Y - X @ C
        V, Qs = cs.V, cs.Qs
        # Both sides of the first: a singular value of X^H Y is one of Ux c V^H but for this.
        self.cosine = norms.frobenius(C - (cs.Ux * cs.c) @ V.conj().T)
        self.sine = norms.frobenius(H @ V - Qs * cs.s)
        room = norms.column_norms(Qs) > 0.5
        self.no_room = float(np.max(cs.s[~room], initial=0.0))
        self.bases = _defect(X) + _defect(Y)
        self.turns = max(_defect(cs.Ux), _defect(V))
        self.beyond = _defect(Qs[:, room])
        # What the directions of Y beyond V have in common with Qs: nothing, in exact arithmetic.
        rest = Qs.conj().T @ Y
        self.beside = norms.frobenius(rest - (rest @ V) @ V.conj().T)
        self.disorder = _disorder(-cs.c) + _disorder(cs.s)
        k = float(np.sqrt(max(1, cs.c.size)))
        self.rounding = k * bounds.angle_rounding(Y.shape[0])

    @property
    def angle_error(self) -> float:
        """A bound on the error of every angle; Weyl's inequality for cosines and for sines."""
        common = self.bases + 2.0 * self.turns + self.disorder + self.rounding
        cosine = self.cosine + common
        sine = self.sine + self.beyond + self.beside + self.cosine + self.no_room + common
        return bounds.angle_error(cosine, sine)

    def certificate(self, angle_error: float) -> AngleCertificate:
        return AngleCertificate(
            angle_error=Bound(angle_error, "bound", "|theta_i - exact|"),
            cosine_residual=Bound(self.cosine + self.rounding, "bound", "||X^H Y - Ux c V^H||_F"),
            sine_residual=Bound(self.sine + self.rounding, "bound", "||(I - X X^H) Y V - Qs s||_F"),
            orthogonality=Bound(
                max(self.turns, self.beyond) + self.rounding, "bound", "||Q^H Q - I||_F"
            ),
        )


def _of_vectors(
    left: np.ndarray, right: np.ndarray, cs: ThinCS, found: _Defects
) -> AngleCertificate:
    """Return what is known of principal vectors, measured on what is handed back."""
    left, right = left.astype(cs.Qs.dtype), right.astype(cs.Qs.dtype)
    across = norms.frobenius(left.conj().T @ right - np.diag(cs.c))
    skew = max(_defect(left), _defect(right))
    return AngleCertificate(
        angle_error=Bound(found.angle_error, "bound", "|theta_i - exact|"),
        cosine_residual=Bound(
            across + found.rounding, "bound", "||left^H right - diag(cos theta)||_F"
        ),
        orthogonality=Bound(skew + found.rounding, "bound", "||Q^H Q - I||_F"),
    )


def _defect(Q: np.ndarray) -> float:
    return norms.frobenius(Q.conj().T @ Q - np.eye(Q.shape[1]))


def _disorder(x: np.ndarray) -> float:
    """How far numbers are from their sorted order."""
    return float(np.max(np.abs(x - np.sort(x)), initial=0.0))
