"""Whether self-expression must keep to the subspaces, given the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from scipy.optimize import linprog, nnls

from linsub._core import scalars
from linsub._core.dense.svd import singular_values, svd
from linsub.clustering.bounds import preserves_by_dual_directions, preserves_by_projections
from linsub.clustering.inradius_of_hull import designed, facets, has_few_facets, unit_points
from linsub.clustering.labels import as_labels
from linsub.clustering.samples import as_samples
from linsub.errors import ConvergenceError, InvalidInputError
from linsub.results import Info, Record

__all__ = [
    "Preservation",
    "dual_directions",
    "preservation_certificate",
    "subspace_incoherence",
]

_EPS = float(np.finfo(np.float64).eps)

# A basis may be that far from orthonormal, and a sample from it, so that float32 ones are taken.
_ORTHONORMAL = 1e-5

# Vertices of a polar whose values differ by less, relatively, are both optimal.
_TIE = 1e-12

# Steps of the E-optimal design with all points, and with one left out, from there.
_DESIGN_STEPS, _LEFT_OUT_STEPS = 200, 30


class Preservation(Record):
    """What must be preserved: ``holds, incoherence, inradius = preservation_certificate(...)``.

    Attributes
    ----------
    holds : bool
        Whether the condition is met for every class: then no representation of a sample has a
        wrong connection. Where it is False nothing is known.
    incoherence, inradius : ndarray of shape (L,)
        Both sides of the condition; the second is a lower bound.
    certificate : None
    info : Info
        ``details["classes"]`` says for which classes the condition is met,
        ``details["distance"]`` how far a sample of norm 1 is from the basis of its class.
    """

    _fields = ("holds", "incoherence", "inradius")
    holds: bool
    incoherence: np.ndarray
    inradius: np.ndarray
    certificate: None
    info: Info | None


def dual_directions(P: Any) -> np.ndarray:
    """Return the unit dual direction of each point with respect to the others.

    ``v_i = y / ||y||`` for a solution y of ``max <p_i, y>`` subject to ``|<p_j, y>| <= 1`` for
    j != i.

    Parameters
    ----------
    P : array_like of shape (n, d)
        Rows are points, in coordinates of their subspace (``X @ U``).

    Returns
    -------
    ndarray of shape (n, d)
        Rows of norm 1; nan where the others do not span R^d, and for points that are 0.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* y is a vertex of the polar of the others, a facet of their hull (Qhull); of several
    solutions the shortest one. Where the hull has too many facets a linear program (HiGHS), of
    several solutions some vertex: each serves the theorem. *Cost.* n hulls, or n programs of d
    unknowns and 2 (n - 1) conditions.

    References
    ----------
    Soltanolkotabi and Candes, Annals of Statistics 40 (2012), Definition 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import dual_directions
    >>> dual_directions(np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])).round(9).tolist()[0]
    [1.0, 0.0]
    """
    points = unit_points(P, "P")
    return _left_out(np.ldexp(points, -int(np.frexp(np.abs(points).max())[1])))[1]


def _left_out(P: np.ndarray, *, directions: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return for each point what the others are: their inradius, from below, and the dual of it."""
    n, d = P.shape
    radii, found = np.zeros(n), np.full((n, d), np.nan)
    few = has_few_facets(n, d)
    weights = np.full(n, 1.0 / n)
    if not few:
        weights = designed(P, weights, _DESIGN_STEPS)[1]
    for i in range(n):
        others = np.delete(P, i, axis=0)
        if n - 1 < d:
            continue
        if few:
            hull = facets(others)
            if hull is None or hull[2].min() <= 0.0:
                continue
            radii[i] = hull[1].min()
            if directions and np.any(P[i]):
                found[i] = _unit(_shortest(P[i], hull[0] / hull[2][:, None]))
            continue
        S = singular_values(others)
        if S[-1] <= max(n, d) * _EPS * S[0]:
            continue
        rest = np.delete(weights, i)
        rest = rest / rest.sum() if rest.sum() > 0.0 else np.full(n - 1, 1.0 / (n - 1))
        radii[i] = designed(others, rest, _LEFT_OUT_STEPS)[0]
        if directions and np.any(P[i]):
            found[i] = _unit(_dual_point(P[i], others))
    return radii, found


def _unit(y: np.ndarray) -> np.ndarray:
    return np.asarray(y / np.linalg.norm(y))


def _shortest(x: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return the shortest of all y in the hull of rows of Y with the largest ``<x, y>``."""
    values = Y @ x
    best = Y[values >= values.max() * (1.0 - _TIE)]
    if len(best) == 1:
        return np.asarray(best[0])
    # Lawson and Hanson: the least ||Y^T w||^2 + (sum w - 1)^2 over w >= 0 is along the shortest.
    size = float(np.abs(best).max())
    rows = np.concatenate([best.T / size, np.ones((1, len(best)))])
    w = nnls(rows, np.append(np.zeros(len(x)), 1.0))[0]
    return np.asarray(w @ best / w.sum())


def _dual_point(x: np.ndarray, others: np.ndarray) -> np.ndarray:
    conditions = np.concatenate([others, -others])
    solved = linprog(-x, A_ub=conditions, b_ub=np.ones(len(conditions)), bounds=(None, None))
    if solved.x is None or not np.any(solved.x):
        raise ConvergenceError(f"HiGHS found no dual point: {solved.message}")
    return np.asarray(solved.x)


def subspace_incoherence(X: Any, labels: Any, bases: Sequence[Any] | None = None) -> np.ndarray:
    """Return for each class the largest coherence of its dual directions with other points.

    ``mu_l = max over x of other classes and i in class l of |<v_i, x>|``, for points of norm 1.

    Parameters
    ----------
    X : array_like of shape (N, D)
        Rows are samples; their directions count.
    labels : array_like of shape (N,)
        The true classes.
    bases : sequence of array_like of shape (D, d_l), optional
        Orthonormal, in the order of the sorted labels; by default those of the samples themselves,
        to rounding.

    Returns
    -------
    ndarray of shape (L,)
        inf for a class that does not span its subspace without one of its samples.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import subspace_incoherence
    >>> X = np.repeat(np.eye(3)[:2], 3, axis=0)
    >>> subspace_incoherence(X, [0, 0, 0, 1, 1, 1]).tolist()
    [0.0, 0.0]
    """
    unit, classes, frames, _ = _given(X, labels, bases)
    found = np.full(len(frames), np.inf)
    for k, U in enumerate(frames):
        if U.size:
            V = _left_out(unit[classes == k] @ U)[1]
            found[k] = _incoherence(unit, classes, U, k, V)
    return found


def _incoherence(
    unit: np.ndarray, classes: np.ndarray, U: np.ndarray, k: int, directions: np.ndarray
) -> float:
    # Samples that are 0 have no direction and need none: there is nothing to represent.
    V = directions[unit[classes == k].any(axis=1)] @ U.T
    if V.shape[0] == 0 or not np.isfinite(V).all():
        return float("inf")
    return float(np.abs(unit[classes != k] @ V.T).max(initial=0.0))


def preservation_certificate(
    X: Any,
    labels: Any,
    bases: Sequence[Any] | None = None,
    *,
    condition: Literal["projection", "dual"] = "projection",
) -> Preservation:
    """Certify that sparse self-expression has no wrong connection, given the truth.

    Condition "projection": ``max over x of other classes ||U_l^T x|| < r_l`` for every class l,
    which keeps orthogonal matching pursuit and basis pursuit within the class; condition "dual":
    ``mu_l < r_l``, which keeps basis pursuit there (Soltanolkotabi and Candes 2012). r_l is the
    inradius of the class's points, the least when one of them is left out. Basis pursuit is
    ``min ||c||_1`` subject to ``x_i = sum_j c_j x_j``, and no solution of it has a wrong entry.

    Parameters
    ----------
    X : array_like of shape (N, D)
        Rows are samples without noise; their directions count. What is certified is certified of
        their projections on the bases.
    labels : array_like of shape (N,)
        The true classes.
    bases : sequence of array_like of shape (D, d_l), optional
        Orthonormal, in the order of the sorted labels; by default those of the samples. Samples
        must lie in them to 1e-5.
    condition : {"projection", "dual"}, optional

    Returns
    -------
    Preservation

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Inradii from below as in :func:`inradius`, by facets where they are few and by an
    E-optimal design otherwise. *Cost.* One hull or design a sample; where facets are too many
    "dual" adds a linear program a sample. *Accuracy.* Sufficient and not necessary (claims
    ``clustering-preserved-by-projections``, ``clustering-preserved-by-dual-directions``).

    References
    ----------
    Soltanolkotabi and Candes, Annals of Statistics 40 (2012); You, Robinson and Vidal, CVPR (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import preservation_certificate
    >>> X = np.repeat(np.eye(3)[:2], 3, axis=0)
    >>> preservation_certificate(X, [0, 0, 0, 1, 1, 1]).holds
    True
    """
    scalars.as_choice(condition, name="condition", choices=("projection", "dual"))
    unit, classes, frames, distance = _given(X, labels, bases)
    sides, radii = np.zeros(len(frames)), np.zeros(len(frames))
    for k, U in enumerate(frames):
        dual = condition == "dual"
        left, V = _left_out(unit[classes == k] @ U, directions=dual) if U.size else _NOTHING
        radii[k] = left.min(initial=np.inf) if left.size else 0.0
        if dual:
            sides[k] = _incoherence(unit, classes, U, k, V) if U.size else np.inf
        else:
            inside = unit[classes != k] @ U
            sides[k] = float(np.linalg.norm(inside, axis=1).max(initial=0.0))
    condition_of = preserves_by_dual_directions if condition == "dual" else preserves_by_projections
    met = condition_of(sides, radii, unit.shape[1])
    details = {"classes": met, "distance": distance}
    return Preservation(bool(met.all()), sides, radii, info=Info(method=condition, details=details))


# Of a class whose samples are all 0.
_NOTHING = np.zeros(0), np.zeros((0, 0))


def _given(
    X: Any, labels: Any, bases: Sequence[Any] | None
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], float]:
    """Return unit samples, classes, a basis a class, and how far samples are from them."""
    samples = as_samples(X)
    unit = samples.unit
    classes = as_labels(labels, name="labels", size=samples.size)
    count = int(classes.max(initial=-1)) + 1
    if bases is None:
        frames = [_span(unit[classes == k]) for k in range(count)]
    else:
        frames = _frames(bases, count, unit.shape[1])
    distance = 0.0
    for k, U in enumerate(frames):
        inside = unit[classes == k]
        off = np.linalg.norm(inside - inside @ U @ U.T, axis=1)
        if off.max() > _ORTHONORMAL:
            i = int(np.flatnonzero(classes == k)[np.argmax(off)])
            raise InvalidInputError(
                f"X[{i}] is {off.max():.1e} of its norm away from bases[{k}]: what is certified is "
                "of samples on subspaces; project them, or leave bases out"
            )
        distance = max(distance, float(off.max()))
    return unit, classes, frames, distance


def _frames(bases: Sequence[Any], count: int, dim: int) -> list[np.ndarray]:
    frames = [unit_points(U, f"bases[{k}]") for k, U in enumerate(bases)]
    if len(frames) != count:
        raise InvalidInputError(f"bases has {len(frames)} entries and labels {count} classes")
    for k, U in enumerate(frames):
        if U.shape[0] != dim:
            raise InvalidInputError(f"bases[{k}] has shape {U.shape} and X has {dim} columns")
        if np.abs(U.T @ U - np.eye(U.shape[1])).max() > _ORTHONORMAL:
            raise InvalidInputError(f"bases[{k}] has no orthonormal columns; pass geometry.orth")
    # The nearest orthonormal ones: float32 bases are so to 1e-7 only.
    return [W @ Vh for W, _, Vh in map(svd, frames)]


def _span(rows: np.ndarray) -> np.ndarray:
    _, S, Vh = svd(rows)
    rank = int(np.count_nonzero(max(rows.shape) * _EPS * S[0] < S))
    return np.ascontiguousarray(Vh[:rank].T)
