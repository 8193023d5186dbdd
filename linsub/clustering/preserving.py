"""Whether self-expression must keep to the subspaces, given the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from scipy.optimize import linprog

from linsub._core import scalars
from linsub._core.dense.svd import svd
from linsub.clustering.bounds import preserves_by_dual_directions, preserves_by_projections
from linsub.clustering.inradius_of_hull import inradius, unit_points
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
        ``details["classes"]`` says for which classes the condition is met.
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
        Rows are points that span R^d also without one of them.

    Returns
    -------
    ndarray of shape (n, d)
        Rows of norm 1; nan for points that the others do not span, whose y is unbounded.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* One linear program a point (HiGHS). Where the solution is not unique some vertex is
    taken. *Cost.* n programs of d unknowns and 2 (n - 1) conditions.

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
    points = np.ldexp(points, -int(np.frexp(np.abs(points).max())[1]))
    found = np.full(points.shape, np.nan)
    for i in range(points.shape[0]):
        others = np.delete(points, i, axis=0)
        y = _dual_point(points[i], others)
        if y is not None and np.any(y):
            found[i] = y / np.linalg.norm(y)
    return found


def _dual_point(x: np.ndarray, others: np.ndarray) -> np.ndarray | None:
    if others.shape[0] == 0:
        return None
    conditions = np.concatenate([others, -others])
    solved = linprog(-x, A_ub=conditions, b_ub=np.ones(len(conditions)), bounds=(None, None))
    if solved.status == 3:  # unbounded
        return None
    if solved.x is None:
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
        inf for a class with a sample that the others do not span.

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
    unit, classes, frames = _given(X, labels, bases)
    return np.array([_incoherence(unit, classes, U, k) for k, U in enumerate(frames)])


def _incoherence(unit: np.ndarray, classes: np.ndarray, U: np.ndarray, k: int) -> float:
    if U.shape[1] == 0:
        return float("inf")
    V = dual_directions(unit[classes == k] @ U) @ U.T
    if not np.isfinite(V).all():
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
    inradius of the class's points, the least when one of them is left out.

    Parameters
    ----------
    X : array_like of shape (N, D)
        Rows are samples without noise; their directions count.
    labels : array_like of shape (N,)
        The true classes.
    bases : sequence of array_like of shape (D, d_l), optional
        Orthonormal, in the order of the sorted labels; by default those of the samples.
    condition : {"projection", "dual"}, optional

    Returns
    -------
    Preservation

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Inradii by :func:`inradius`, from below. *Cost.* One inradius a sample; for "dual"
    one linear program a sample too. *Accuracy.* Sufficient and not necessary (claims
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
    unit, classes, frames = _given(X, labels, bases)
    radii = np.array([_least_inradius(unit[classes == k] @ U) for k, U in enumerate(frames)])
    if condition == "projection":
        sides = np.array([
            float(np.linalg.norm(unit[classes != k] @ U, axis=1).max(initial=0.0))
            for k, U in enumerate(frames)
        ])  # fmt: skip
        met = preserves_by_projections(sides, radii)
    else:
        sides = np.array([_incoherence(unit, classes, U, k) for k, U in enumerate(frames)])
        met = preserves_by_dual_directions(sides, radii)
    return Preservation(
        bool(met.all()), sides, radii, info=Info(method=condition, details={"classes": met})
    )


def _least_inradius(P: np.ndarray) -> float:
    if P.shape[0] < 2 or P.shape[1] == 0:
        return 0.0
    return min(inradius(np.delete(P, i, axis=0), rng=0).lower for i in range(P.shape[0]))


def _given(
    X: Any, labels: Any, bases: Sequence[Any] | None
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return unit samples, classes, and a basis a class."""
    samples = as_samples(X)
    unit = samples.unit
    classes = as_labels(labels, name="labels", size=samples.size)
    count = int(classes.max(initial=-1)) + 1
    if bases is None:
        return unit, classes, [_span(unit[classes == k]) for k in range(count)]
    frames = [unit_points(U, f"bases[{k}]") for k, U in enumerate(bases)]
    if len(frames) != count:
        raise InvalidInputError(f"bases has {len(frames)} entries and labels {count} classes")
    for k, U in enumerate(frames):
        if U.shape[0] != unit.shape[1]:
            raise InvalidInputError(
                f"bases[{k}] has shape {U.shape} and X has {unit.shape[1]} columns"
            )
        if np.abs(U.T @ U - np.eye(U.shape[1])).max() > _ORTHONORMAL:
            raise InvalidInputError(f"bases[{k}] has no orthonormal columns; pass geometry.orth")
    return unit, classes, frames


# A basis may be that far from orthonormal, so that float32 ones are taken.
_ORTHONORMAL = 1e-5


def _span(rows: np.ndarray) -> np.ndarray:
    _, S, Vh = svd(rows)
    rank = int(np.count_nonzero(max(rows.shape) * float(np.finfo(np.float64).eps) * S[0] < S))
    return np.ascontiguousarray(Vh[:rank].T)
