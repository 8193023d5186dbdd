"""Geodesics on the Grassmann manifold: exponential, logarithm, parallel transport, retractions."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_vector
from linsub._core.dense.eigh import eigh
from linsub._core.dense.qr import qr
from linsub.errors import InvalidInputError
from linsub.geometry import bounds
from linsub.geometry.cs import ThinCS, beside, thin_cs
from linsub.geometry.pair import Pair, orthonormal_pair
from linsub.geometry.tangent import horizontal, moved_by, point, turn
from linsub.results import Info, Record

# Squared sine of the largest angle up to which the logarithm is a smooth function of H^H H.
_SMOOTH = 0.75

__all__ = [
    "GrassmannLog",
    "grassmann_exp",
    "grassmann_geodesic",
    "grassmann_log",
    "grassmann_retract",
    "parallel_transport",
]


class GrassmannLog(Record):
    """The logarithm; unpacks as ``D, angles, Ux, Qs, unique``.

    ``D = Qs diag(angles) Ux^H``.

    Attributes
    ----------
    D : array of shape (n, p)
        The tangent vector at X, ``X^H D = 0``, whose geodesic ends at the range of Y.
    angles : ndarray of shape (p,)
        Principal angles, ascending, in double precision; ``||angles||_2`` is the distance.
    Ux : array of shape (p, p)
        Unitary; ``X Ux`` are the principal vectors in X.
    Qs : array of shape (n, p)
        Orthonormal, orthogonal to X: the directions into which they turn. A column is zero
        where R^n has no room for it, and its angle is zero then.
    unique : bool
        Whether this is the only shortest geodesic: False where the largest angle is pi/2 to
        rounding, the cut locus.
    info : Info
        ``details["margin"]`` is pi/2 less the largest angle.
    """

    _fields = ("D", "angles", "Ux", "Qs", "unique")
    D: Any
    angles: Any
    Ux: Any
    Qs: Any
    unique: bool
    info: Info | None


def grassmann_exp(X: Any, D: Any, t: Any = 1.0) -> Any:
    """Return the point at time t on the geodesic that leaves X along D.

    ``X V cos(t S) V^H + U sin(t S) V^H`` with the SVD ``D = U S V^H``.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Orthonormal columns, to the precision of their type.
    D : array_like of shape (n, p)
        A tangent vector, ``X^H D = 0``. What rounding leaves of X^H D, up to about
        16 sqrt(n p) eps max(1, ||t D||_F), is projected out; more is refused.
    t : float, optional

    Returns
    -------
    array of shape (n, p)
        An orthonormal basis in the type of X and D.

    Raises
    ------
    InvalidInputError
        If X is not orthonormal, D is not tangent (the message gives the defect and the
        horizontal part), the shapes differ, or t D overflows.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Edelman, Arias & Smith, equation 2.65, as a correction of X, so that a small D
    moves X little. The basis is that of the group action, ``exp(D X^H - X D^H) X``. Its cosine and
    sine are smooth functions of D^H D, so that for ``t ||D||_2 <= 2`` an eigendecomposition of
    that small matrix will do; beyond, an SVD of D. *Cost.* About 6 n p^2 flops, or 14.
    *Accuracy.* Claims ``geometry-exp`` and ``geometry-injectivity``: rounding grows with
    max(1, t ||D||_2), as that of the angle itself does.

    References
    ----------
    Edelman, Arias & Smith 1998, SIAM J. Matrix Anal. Appl. 20, 303-353.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import grassmann_exp
    >>> X, D = np.eye(3)[:, :1], np.array([[0.0], [np.pi / 6], [0.0]])
    >>> grassmann_exp(X, D).ravel().round(12).tolist()
    [0.866025403784, 0.5, 0.0]
    """
    time = scalars.as_real(t, name="t")
    at, E = horizontal(point(X), D, name="D", step=time)
    return at.give_back(exponential(at.X, E, time))


def exponential(X: np.ndarray, D: np.ndarray, t: float = 1.0) -> np.ndarray:
    """Return the exponential of what is orthonormal and horizontal in double precision."""
    if abs(t) <= 1.0:
        found = moved_by(X, t * D, _cos_less_one, _sinc)
        if found is not None:
            return found
    plane = turn(X, D, t)
    moved = plane.XV * plane.lowered + plane.U * np.sin(plane.angles)
    return np.asarray(X + moved @ plane.V.conj().T)


def _cos_less_one(z: np.ndarray) -> np.ndarray:
    """``cos sqrt(z) - 1``."""
    return np.asarray(-2.0 * np.square(np.sin(np.sqrt(z) / 2)))


def _sinc(z: np.ndarray) -> np.ndarray:
    """``sin sqrt(z) / sqrt(z)``."""
    return np.asarray(np.sinc(np.sqrt(z) / np.pi))


def grassmann_log(X: Any, Y: Any) -> GrassmannLog:
    """Return the shortest tangent vector at X whose geodesic ends at the range of Y.

    ``D = Qs diag(angles) Ux^H`` from the thin CS decomposition of X and Y.

    Parameters
    ----------
    X, Y : array_like of shape (n, p)
        Orthonormal columns, to the precision of their type.

    Returns
    -------
    GrassmannLog
        ``D, angles, Ux, Qs, unique``. At the cut locus, where an angle is pi/2, there are
        several shortest geodesics: D is one of them, and `unique` is False.

    Raises
    ------
    InvalidInputError
        If X or Y is not orthonormal, or the shapes differ.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Each angle is the arctan2 of its sine and its cosine within one set of vectors.
    Formulas by the tangent, ``Y (X^H Y)^{-1}``, fail near pi/2, those by the sine lose half of
    the digits there, and those by the cosine half of the digits of small angles. *Cost.* About
    16 n p^2 flops. *Accuracy.* Claims ``geometry-log``, ``geometry-cut-locus`` and
    ``geometry-injectivity``: about 4 sqrt(n) eps, absolute, for the angles; the end of the
    geodesic is within 1e-14 or so of Y, also where LAPACK's SVD drops entries of up to 90 eps,
    which a Newton step brings back.

    References
    ----------
    Bjorck & Golub 1973, Math. Comp. 27; Bendokat, Zimmermann & Absil, arXiv 2011.13699.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import grassmann_log
    >>> X, Y = np.eye(4)[:, :2], np.eye(4)[:, 1:3]
    >>> log = grassmann_log(X, Y)
    >>> log.angles.round(12).tolist(), log.unique
    ([0.0, 1.570796326795], False)
    """
    pair = _same_dimension(X, Y)
    cs, D = logarithm(pair.X, pair.Y)
    margin = float(np.pi / 2 - cs.angles[-1]) if cs.angles.size else float(np.pi / 2)
    allowed = bounds.angle_rounding(pair.X.shape[0]) * pair.eps / np.finfo(np.float64).eps
    return GrassmannLog(
        pair.give_back(D),
        pair.home.give_back(cs.angles),
        pair.give_back(cs.Ux),
        pair.give_back(cs.Qs),
        bool(margin > allowed),
        info=Info(method="thin CS", passes=3, details={"margin": margin}),
    )


def logarithm(X: np.ndarray, Y: np.ndarray) -> tuple[ThinCS, np.ndarray]:
    """Return the CS decomposition and the logarithm of bases in double precision."""
    cs = thin_cs(X, Y)
    return cs, (cs.Qs * cs.angles) @ cs.Ux.conj().T


def tangent_to(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return the logarithm alone, by one small eigendecomposition where angles are below pi/3.

    With H = (I - X X^H) Y and C = X^H Y it is ``H f(H^H H) C^H`` for
    ``f(z) = arcsin sqrt(z) / sqrt(z (1 - z))``, which is smooth up to its pole at z = 1.
    """
    C, H = beside(X, Y)
    z, V = eigh(H.conj().T @ H)
    if z.size and z[0] > _SMOOTH:
        return logarithm(X, Y)[1]
    sine = np.sqrt(np.maximum(z, 0.0))
    # arcsin(s) / s is 1 for what is too small to be divided by.
    ratio = np.where(sine > 1e-8, np.arcsin(sine), 1.0) / np.where(sine > 1e-8, sine, 1.0)
    return np.asarray(H @ ((V * (ratio / np.sqrt(1.0 - np.square(sine)))) @ (C @ V).conj().T))


def _same_dimension(X: Any, Y: Any) -> Pair:
    pair = orthonormal_pair(X, Y, names=("X", "Y"))
    if pair.X.shape != pair.Y.shape:
        raise InvalidInputError(
            f"X has {pair.X.shape[1]} columns and Y has {pair.Y.shape[1]}; geodesics join "
            "subspaces of one dimension"
        )
    return pair


def grassmann_geodesic(X: Any, Y: Any, t: Any) -> Any:
    """Return points on the shortest geodesic from the range of X, t = 0, to that of Y, t = 1.

    ``(X Ux cos(t angles) + Qs sin(t angles)) Ux^H``, as of :func:`grassmann_log`.

    Parameters
    ----------
    X, Y : array_like of shape (n, p)
        Orthonormal columns, to the precision of their type.
    t : float or one-dimensional array_like
        Any real times; beyond 1 the geodesic goes on.

    Returns
    -------
    array of shape (n, p), or of shape (times, n, p) for an array of times
        Orthonormal bases: X itself to rounding for t = 0, a basis of the range of Y for t = 1.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        As :func:`grassmann_log`.

    Notes
    -----
    *Cost.* That of the logarithm, and 2 n p^2 flops a time. *Accuracy.* Claim
    ``geometry-geodesic``: the angles from X are ``t angles``. At the cut locus, where shortest
    geodesics are not unique, it is that of :func:`grassmann_log`.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import grassmann_geodesic, subspace_distance
    >>> X, Y = np.eye(5)[:, :2], np.eye(5)[:, 2:4]
    >>> half = grassmann_geodesic(X, Y, 0.5)
    >>> bool(np.isclose(subspace_distance(X, half), 0.5 * subspace_distance(X, Y)))
    True
    """
    scalar = np.ndim(t) == 0
    times = np.array([scalars.as_real(t, name="t")]) if scalar else as_vector(t, name="t")
    if times.dtype.kind == "c":
        raise InvalidInputError("t must be real: times on a geodesic")
    pair = _same_dimension(X, Y)
    cs, _ = logarithm(pair.X, pair.Y)
    with np.errstate(over="ignore"):
        angles = times.astype(np.float64)[:, None, None] * cs.angles
    if not np.isfinite(angles).all():
        raise InvalidInputError(f"t={times[np.abs(times).argmax()]:g} times the angles overflows")
    moved = (pair.X @ cs.Ux) * (-2.0 * np.square(np.sin(angles / 2))) + cs.Qs * np.sin(angles)
    found = pair.X + moved @ cs.Ux.conj().T
    return pair.give_back(found[0] if scalar else found)


def parallel_transport(X: Any, D: Any, H: Any, t: Any = 1.0) -> Any:
    """Return the tangent vector H moved in parallel along the geodesic of D to time t.

    ``(-X V sin(t S) + U cos(t S)) U^H H + (I - U U^H) H`` with ``D = U S V^H``.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Orthonormal columns, to the precision of their type.
    D, H : array_like of shape (n, p)
        Tangent vectors at X, checked as in :func:`grassmann_exp`.
    t : float, optional

    Returns
    -------
    array of shape (n, p)
        A tangent vector at ``grassmann_exp(X, D, t)``, for the basis that this function returns.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        As :func:`grassmann_exp`.

    Notes
    -----
    This is the transport of the Levi-Civita connection: an isometry that keeps the angle to the
    geodesic. A projection onto the tangent space at the end, which other libraries call
    transport, shortens vectors by up to ``cos(t ||D||_2)``. *Algorithm.* Edelman, Arias & Smith,
    theorem 2.4; it is H moved by the group, ``exp(t (D X^H - X D^H)) H``. *Cost.* About
    18 n p^2 flops. *Accuracy.* Claim ``geometry-transport``.

    References
    ----------
    Edelman, Arias & Smith 1998, SIAM J. Matrix Anal. Appl. 20, 303-353.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import parallel_transport
    >>> X, D = np.eye(3)[:, :1], np.array([[0.0], [np.pi / 2], [0.0]])
    >>> H = np.array([[0.0], [3.0], [4.0]])
    >>> parallel_transport(X, D, H).ravel().round(12).tolist()
    [-3.0, 0.0, 4.0]
    """
    time = scalars.as_real(t, name="t")
    at, E = horizontal(point(X), D, name="D", step=time)
    at, F = horizontal(at, H, name="H")
    plane = turn(at.X, E, time)
    inside = plane.U.conj().T @ F
    moved = plane.U * plane.lowered - plane.XV * np.sin(plane.angles)
    return at.give_back(F + moved @ inside)


def grassmann_retract(X: Any, D: Any, *, method: str = "polar") -> Any:
    """Return an orthonormal basis of the range of X + D.

    It is the geodesic of D to first order, ``dist(retract(X, D), exp(X, D)) = O(||D||^3)``.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Orthonormal columns, to the precision of their type.
    D : array_like of shape (n, p)
        A tangent vector at X, checked as in :func:`grassmann_exp`.
    method : {"polar", "qr"}, optional
        Which basis of the one subspace: the nearest to X + D, or its Q factor whose R has a
        positive diagonal.

    Returns
    -------
    array of shape (n, p)

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        As :func:`grassmann_exp`.

    Notes
    -----
    The angles from X are ``arctan S`` for the singular values S of D: a retraction never goes
    beyond the cut locus. *Algorithm.* ``X V (1 + S^2)^(-1/2) V^H + U S (1 + S^2)^(-1/2) V^H``
    from the SVD of D, accurate for D of any size and rank, where a QR factorization of X + D
    loses X once D is 1e16; the Q factor is found from the small polar factor. *Cost.* About
    14 n p^2 flops. *Accuracy.* Claim ``geometry-retraction``.

    References
    ----------
    Absil, Mahony & Sepulchre 2008, Optimization Algorithms on Matrix Manifolds, 4.1.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import grassmann_retract
    >>> X, D = np.eye(3)[:, :1], np.array([[0.0], [0.75], [0.0]])
    >>> grassmann_retract(X, D).ravel().round(12).tolist()
    [0.8, 0.6, 0.0]
    """
    wanted = scalars.as_choice(method, name="method", choices=("polar", "qr"))
    at, E = horizontal(point(X), D, name="D")
    plane = turn(at.X, E, 1.0)
    length = np.hypot(1.0, plane.angles)
    Q = plane.XV / length + plane.U * (plane.angles / length)
    if wanted == "polar":
        # As a correction of X where D is small: 1 / h - 1 = -s^2 / (h (1 + h)).
        lowered = -(plane.angles / length) * (plane.angles / (1.0 + length))
        moved = plane.XV * lowered + plane.U * (plane.angles / length)
        return at.give_back(at.X + moved @ plane.V.conj().T)
    # X + D = Q diag(length) V^H, so that its R is that of the small matrix.
    W, R = qr(length[:, None] * plane.V.conj().T)
    d = np.diag(R)
    return at.give_back(Q @ (W * (d / np.abs(d))))
