"""Means of subspaces: the flag mean by one SVD, and the Riemannian (Karcher) mean."""

from __future__ import annotations

import dataclasses
import operator
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import Home, as_vector
from linsub._core.dense import norms
from linsub._core.dense.svd import svd
from linsub.errors import (
    AccuracyWarning,
    ConvergenceError,
    ConvergenceWarning,
    InvalidInputError,
    InvalidTypeError,
)
from linsub.geometry import bounds
from linsub.geometry.grassmann import exponential, logarithm, tangent_to
from linsub.geometry.tangent import point
from linsub.results import Bound, Certificate, Info, Kind, Record

__all__ = ["FlagMean", "KarcherCertificate", "KarcherMean", "flag_mean", "karcher_mean"]

_EPS = float(np.finfo(np.float64).eps)


class FlagMean(Record):
    """The extrinsic mean; unpacks as ``X, eigenvalues, gap``.

    Attributes
    ----------
    X : array of shape (n, k)
        Orthonormal; the first column is the direction that the subspaces share most.
    eigenvalues : ndarray
        Of the mean projector ``sum_i w_i P_i``, descending, in [0, 1]; those that are zero for
        want of columns are left out.
    gap : float
        Eigenvalue k less eigenvalue k + 1. The mean is unique if it is positive, and a
        perturbation E of the mean projector turns it by at most about ``||E||_2 / gap``.
    info : Info
        ``details["value"]`` is the minimum that is attained.
    """

    _fields = ("X", "eigenvalues", "gap")
    X: Any
    eigenvalues: Any
    gap: float
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class KarcherCertificate(Certificate):
    """What is known about a Riemannian mean. Unknown is None.

    Attributes
    ----------
    gradient_norm : Bound
        ``||sum_i w_i log_X(X_i)||_F``, recomputed at the result: zero at a stationary point.
    """

    gradient_norm: Bound | None = None


class KarcherMean(Record):
    """The Riemannian mean; unpacks as ``X, angles``.

    Attributes
    ----------
    X : array of shape (n, p)
        Orthonormal.
    angles : ndarray of shape (N, p)
        Principal angles between the mean and each subspace, ascending in each row.
    certificate : KarcherCertificate
    info : Info
        ``iterations``, ``converged``, and in ``details``, of the subspaces whose weight is not
        zero, the largest angle (``max_angle``), the
        largest geodesic distance (``radius``), the mean squared distance (``variance``), the norm
        of the mean of the logarithms (``gradient_norm``, without rounding), and
        ``unique``: True where the radius is below pi/4, which proves that no other point
        minimizes the sum; otherwise None, unknown.
    """

    _fields = ("X", "angles")
    X: Any
    angles: Any
    certificate: KarcherCertificate | None
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class _Points:
    """Bases in double precision with weights that add up to 1."""

    bases: list[np.ndarray]
    weights: np.ndarray
    home: Home
    dtype: np.dtype
    eps: float  # of the coarsest type

    def give_back(self, Q: np.ndarray) -> Any:
        return self.home.give_back(Q.astype(self.dtype))


def flag_mean(Xs: Any, k: Any, *, weights: Any = None) -> FlagMean:
    """Return the subspace of dimension k that is nearest to others in the Frobenius norm.

    Minimizes ``sum_i w_i ||P - P_i||_F^2`` over projectors P of rank k.

    Parameters
    ----------
    Xs : sequence of N arrays of shape (n, p_i)
        Orthonormal columns; the dimensions may differ.
    k : int
        From 0 to min(n, sum of the p_i).
    weights : array_like of shape (N,), optional
        Not negative, not all zero; only their ratios count. Equal by default.

    Returns
    -------
    FlagMean
        ``X, eigenvalues, gap``.

    Raises
    ------
    InvalidInputError
        If Xs is empty, a basis is not orthonormal, rows differ, k is out of range, or weights do
        not fit.
    InvalidTypeError, NonFiniteError

    Warns
    -----
    AccuracyWarning
        If the gap is rounding: other subspaces are as near.

    Notes
    -----
    *Algorithm.* The leading k left singular vectors of ``[sqrt(w_1) X_1 ... sqrt(w_N) X_N]``,
    whose squared singular values are the eigenvalues of the mean projector. *Cost.* One SVD of
    an n x (p_1 + ... + p_N) matrix. *Accuracy.* Claim ``geometry-flag-mean``.

    References
    ----------
    Draper, Kirby, Marks, Marrinan & Peterson 2014, Linear Algebra Appl. 451, 15-32.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import flag_mean
    >>> mean = flag_mean([np.eye(3)[:, :2], np.eye(3)[:, :1]], 1)
    >>> np.abs(mean.X).ravel().round(12).tolist(), mean.eigenvalues.round(12).tolist()
    ([1.0, 0.0, 0.0], [1.0, 0.5, 0.0])
    """
    points = _points(Xs, weights)
    n, total = points.bases[0].shape[0], sum(Q.shape[1] for Q in points.bases)
    k = scalars.as_integer(k, name="k", low=0, high=min(n, total))
    U, values = _leading(points)
    after = float(values[k]) if k < values.size else 0.0
    gap = float(values[k - 1]) - after if 0 < k < n else np.inf
    rounding = bounds.angle_rounding(n) * points.eps / _EPS
    if not gap > rounding:
        warnings.warn(
            f"the flag mean is not unique: eigenvalues k={k} and k + 1 of the mean projector "
            f"differ by {gap:.1e}; choose another k, or another mean",
            AccuracyWarning,
            stacklevel=2,
        )
    dimension = float(points.weights @ [Q.shape[1] for Q in points.bases])
    value = max(bounds.flag_value(values, k, dimension), 0.0)
    return FlagMean(
        points.give_back(U[:, :k]),
        points.home.give_back(values),
        gap,
        info=Info(method="svd", passes=1, details={"value": value}),
    )


def _leading(points: _Points) -> tuple[np.ndarray, np.ndarray]:
    """Return the eigenvectors and eigenvalues of the mean projector, descending."""
    scaled = [np.sqrt(w) * Q for w, Q in zip(points.weights, points.bases, strict=True)]
    U, S, _ = svd(np.concatenate(scaled, axis=1))
    return U, np.minimum(np.square(S), 1.0)


def karcher_mean(
    Xs: Any,
    *,
    weights: Any = None,
    tol: Any = 1e-12,
    maxiter: Any = 200,
    on_fail: str = "raise",
) -> KarcherMean:
    """Return the Riemannian mean of subspaces of one dimension.

    A point where ``sum_i w_i log_X(X_i) = 0``: stationary for
    ``sum_i w_i dist(X, X_i)^2`` with the geodesic distance.

    Parameters
    ----------
    Xs : sequence of N arrays of shape (n, p)
        Orthonormal columns.
    weights : array_like of shape (N,), optional
        Not negative, not all zero; only their ratios count. Equal by default.
    tol : float, optional
        The norm of the mean of the logarithms to reach, over sqrt(p).
    maxiter : int, optional
    on_fail : {"raise", "warn", "return"}, optional
        What to do when it is not reached.

    Returns
    -------
    KarcherMean
        ``X, angles``.

    Raises
    ------
    InvalidInputError
        If Xs is empty, a basis is not orthonormal, shapes differ, or weights do not fit.
    ConvergenceError
        If `tol` is not reached in `maxiter` steps; ``error.result`` is the best mean found.
    InvalidTypeError, NonFiniteError

    Warns
    -----
    AccuracyWarning
        If an angle between the mean and a subspace is pi/4 or more: then a stationary point
        need not be a minimum, and minima need not be unique.
    ConvergenceWarning
        In place of the error, with ``on_fail="warn"``.

    Notes
    -----
    *Algorithm.* Starts at the flag mean and steps to ``exp_X(T)``, T the mean of the logarithms.
    In a space without negative curvature a step of length 1 lowers half of the objective by
    ``||T||_F^2 / 2`` at least, from wherever it starts (claim ``geometry-karcher-descent``). A
    bounded number of such steps is possible before T is small; the last of them converge
    linearly, faster the nearer the subspaces are. *Cost.* N logarithms a step, each by one small
    eigendecomposition while the angles are below pi/3. *Accuracy.*
    Claim ``geometry-karcher-mean``. Where all subspaces lie within the geodesic distance pi/4 of
    the mean, it is the only one (``info.details["unique"]``).

    References
    ----------
    Karcher 1977, Comm. Pure Appl. Math. 30; Afsari 2011, Proc. Amer. Math. Soc. 139, 655-673.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import karcher_mean
    >>> lines = [np.array([[np.cos(a)], [np.sin(a)]]) for a in (0.1, 0.2, 0.6)]
    >>> x, y = karcher_mean(lines).X.ravel()
    >>> round(float(np.arctan(y / x)), 12)
    0.3
    """
    points = _points(Xs, weights, alike=True)
    tol = scalars.as_real(tol, name="tol", low=0.0)
    maxiter = scalars.as_integer(maxiter, name="maxiter", low=0)
    on_fail = scalars.as_choice(on_fail, name="on_fail", choices=("raise", "warn", "return"))
    p = points.bases[0].shape[1]
    target = tol * float(np.sqrt(p))
    X = _leading(points)[0][:, :p]
    T = _direction(points, X)
    best = (norms.frobenius(T), X)
    steps = 0
    while norms.frobenius(T) > target and steps < maxiter:
        X = _renewed(exponential(X, T))
        T = _direction(points, X)
        steps += 1
        best = min(best, (norms.frobenius(T), X), key=operator.itemgetter(0))
    result = _result(points, best[1], steps, best[0] <= target)
    _complain(result, target, on_fail)
    return result


def _direction(points: _Points, X: np.ndarray) -> np.ndarray:
    """Return the mean of the logarithms."""
    T = np.zeros_like(X)
    for w, Q in zip(points.weights, points.bases, strict=True):
        T += w * tangent_to(X, Q)
    return np.asarray(T - X @ (X.conj().T @ T))


def _measured(points: _Points, X: np.ndarray) -> tuple[np.ndarray, float]:
    """Return all angles with X, and the norm of the mean of the logarithms."""
    T = np.zeros_like(X)
    angles = np.zeros((len(points.bases), X.shape[1]))
    for i, (w, Q) in enumerate(zip(points.weights, points.bases, strict=True)):
        cs, D = logarithm(X, Q)
        T += w * D
        angles[i] = cs.angles
    return angles, norms.frobenius(T - X @ (X.conj().T @ T))


def _renewed(X: np.ndarray) -> np.ndarray:
    """Take the rounding of one step from the orthonormality of X, to first order."""
    defect = X.conj().T @ X - np.eye(X.shape[1])
    return np.asarray(X - 0.5 * (X @ defect))


def _result(points: _Points, X: np.ndarray, steps: int, converged: bool) -> KarcherMean:
    angles, norm = _measured(points, X)
    n, p = X.shape
    rounding = bounds.angle_rounding(n) * float(np.sqrt(max(p, 1))) * points.eps / _EPS
    counted = angles[points.weights > 0.0]
    largest = float(counted.max(initial=0.0))
    radius = float(np.max(np.sqrt(np.square(counted).sum(axis=1)), initial=0.0))
    unique = radius + rounding < bounds.mean_radius()
    details = {
        "max_angle": largest,
        "gradient_norm": norm,
        "radius": radius,
        "variance": float(points.weights @ np.square(angles).sum(axis=1)),
        "unique": True if unique else None,
    }
    # Beyond pi/4 two angles may add up to nearly pi, where the logarithm has no condition.
    kind: Kind = "bound" if largest < bounds.mean_radius() else "estimate"
    condition = bounds.log_condition(np.full(2, min(largest, bounds.mean_radius())))
    gradient = Bound(norm + rounding * condition, kind, "||sum_i w_i log_X(X_i)||_F")
    return KarcherMean(
        points.give_back(X),
        points.home.give_back(angles),
        certificate=KarcherCertificate(gradient_norm=gradient),
        info=Info(
            method="fixed point",
            passes=steps + 2,
            converged=converged,
            iterations=steps,
            details=details,
        ),
    )


def _complain(result: KarcherMean, target: float, on_fail: str) -> None:
    assert result.info is not None
    largest = result.info.details["max_angle"]
    if largest >= bounds.mean_radius():
        warnings.warn(
            f"a subspace makes an angle of {largest:.4f} with the mean, and beyond pi/4 = 0.7854 "
            "a stationary point need not be the only one; flag_mean is the best of its kind "
            "always",
            AccuracyWarning,
            stacklevel=3,
        )
    if result.info.converged or on_fail == "return":
        return
    message = (
        f"the mean of the logarithms has the norm {result.info.details['gradient_norm']:.1e} "
        f"after {result.info.iterations} steps, and {target:.1e} was asked for; raise maxiter or "
        "tol (the best mean is in error.result)"
    )
    if on_fail == "raise":
        raise ConvergenceError(message, result)
    warnings.warn(message, ConvergenceWarning, stacklevel=3)


def _points(Xs: Any, weights: Any, *, alike: bool = False) -> _Points:
    if isinstance(Xs, str) or not (isinstance(Xs, Iterable) or hasattr(Xs, "shape")):
        raise InvalidTypeError(
            f"Xs must be a sequence of orthonormal bases, got {type(Xs).__name__}"
        )
    shape = getattr(Xs, "shape", None)
    if shape is not None and len(shape) != 3:
        raise InvalidInputError(
            f"Xs must be a sequence of bases or a stack (N, n, p), got shape {tuple(shape)}; pass "
            "[X] for a single one"
        )
    # A stack by its indices: arrays of other libraries need not be iterable.
    each = Xs if shape is None else (Xs[i, ...] for i in range(shape[0]))
    points = [point(X, name=f"Xs[{i}]") for i, X in enumerate(each)]
    if not points:
        raise InvalidInputError("Xs is empty: pass at least one basis")
    first = points[0].X
    for i, at in enumerate(points):
        if at.X.shape[0] != first.shape[0] or (alike and at.X.shape != first.shape):
            wanted = "one shape" if alike else "as many rows each"
            raise InvalidInputError(
                f"Xs[{i}] has shape {at.X.shape} and Xs[0] has {first.shape}; subspaces of "
                f"{wanted} are needed{'; flag_mean takes others' if alike else ''}"
            )
    dtype = np.result_type(*(at.dtype for at in points))
    wide = np.result_type(*(at.X.dtype for at in points))
    bases = [at.X.astype(wide, copy=False) for at in points]
    eps = max(float(np.finfo(at.dtype).eps) for at in points)
    return _Points(bases, _weights(weights, len(points)), points[0].home, dtype, eps)


def _weights(weights: Any, count: int) -> np.ndarray:
    if weights is None:
        return np.full(count, 1.0 / count)
    w = as_vector(weights, name="weights", size=count)
    if w.dtype.kind == "c":
        raise InvalidTypeError("weights must be real, got complex numbers")
    w = w.astype(np.float64)
    if not (w.min() >= 0.0 and w.max() > 0.0):
        raise InvalidInputError(
            f"weights must be nonnegative and not all zero, got {w.min():g} to {w.max():g}"
        )
    w = w / w.max()
    return np.asarray(w / w.sum())
