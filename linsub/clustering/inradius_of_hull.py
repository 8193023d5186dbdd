"""The inradius of a symmetrized convex hull: how well points cover the directions of their span."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, QhullError

from linsub._core import arrays, scalars
from linsub._core.dense.eigh import eigh
from linsub._core.dense.svd import svd
from linsub._core.random import RNGLike, Streams
from linsub.clustering.bounds import inradius_from_design
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info, Record

__all__ = ["Inradius", "designed", "facets", "has_few_facets", "inradius", "unit_points"]

_EPS = float(np.finfo(np.float64).eps)


# 2 n points of a sphere in d dimensions have about n 4^(d - 2) facets (counted for d to 6); so many
# take half a second, and no more are looked for unless it is asked for.
_FACETS = 20_000
_LAST_DIM = 9

# Steps of the E-optimal design, and the starts and steps of the descent from above.
_DESIGN_STEPS, _POWER = 200, 24.0
_STARTS, _STEPS = 12, 40


class Inradius(Record):
    """An enclosure of an inradius: ``lower, upper = inradius(P)``.

    Attributes
    ----------
    lower, upper : float
        ``lower <= r <= upper``, rounding included.
    certificate : None
    info : Info
        ``method`` is "exact" (both ends are one number up to rounding), "bounds", or "flat" where
        points do not span the space.
    """

    _fields = ("lower", "upper")
    lower: float
    upper: float
    certificate: None
    info: Info | None


def inradius(
    P: Any, *, method: Literal["auto", "exact", "bounds"] = "auto", rng: RNGLike = None
) -> Inradius:
    """Enclose the inradius of the convex hull of points and their negatives.

    ``r = min over unit v of max_j |<v, p_j>|``, the cosine of the angle by which some direction
    is away from all points, for points of norm 1.

    Parameters
    ----------
    P : array_like of shape (n, d)
        Rows are points, in coordinates of their subspace (``X @ U``): where they do not span
        R^d, r is 0.
    method : {"auto", "exact", "bounds"}, optional
        By the facets of the hull, or by bounds from both sides; by default the facets where they
        are some ten thousands at most.
    rng : {None, int, Generator}, optional
        For the starts from above.

    Returns
    -------
    Inradius

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The least distance of a facet from 0 (Qhull): from above by the support function
    of its normal, from below by its vertices, which needs nothing of Qhull but that the facets
    close around 0. Otherwise from below ``r^2 >= lambda_min(G)``, ``G = sum_j w_j p_j p_j^T``, for
    any weights that sum to 1, raised by the multiplicative steps ``w_j (p_j^T G^-q p_j)^(1/q)``
    towards an E-optimal design, q growing; from above any v, lowered by descent from random
    starts and then by linear programs ``max <y, z>`` subject to ``|<z, p_j>| <= 1``, which climb
    to a vertex of the polar. *Cost.* ``O(n^(d/2))`` for facets, ``O(n d^2)`` a step of the bounds.
    *Accuracy.* Both ends include their rounding (claim ``clustering-inradius``).

    References
    ----------
    Soltanolkotabi and Candes, Annals of Statistics 40 (2012).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import inradius
    >>> round(inradius(np.eye(2)).lower, 9)
    0.707106781
    """
    points = unit_points(P, "P")
    scalars.as_choice(method, name="method", choices=("auto", "exact", "bounds"))
    n, d = points.shape
    exponent = int(np.frexp(float(np.abs(points).max()))[1])
    near = np.ldexp(points, -exponent)
    _, S, Vh = svd(near)
    if n < d or S[-1] <= max(n, d) * _EPS * S[0]:
        upper = 0.0 if n < d else _reach(near, Vh[-1])
        return _at_scale(0.0, upper, exponent, "flat")
    found = None
    if method == "exact" or (method == "auto" and has_few_facets(n, d)):
        if d > _LAST_DIM:
            raise InvalidInputError(
                f"P has {d} columns, and hulls in more than {_LAST_DIM} dimensions have too many "
                "facets; pass method='bounds'"
            )
        found = facets(near)
    if found is not None:
        return _at_scale(float(found[1].min()), float(found[2].min()), exponent, "exact")
    below = designed(near, np.full(n, 1.0 / n), _DESIGN_STEPS)[0]
    above = _from_above(near, Vh.T / S, Streams(rng))
    return _at_scale(below, max(below, above), exponent, "bounds")


def _at_scale(lower: float, upper: float, exponent: int, method: str) -> Inradius:
    """Return the enclosure in the unit of the points; what underflows is rounded outwards."""
    ends = [float(np.ldexp(r, exponent)) for r in (lower, upper)]
    for i, (away, r) in enumerate(((0.0, lower), (np.inf, upper))):
        back = float(np.ldexp(ends[i], -exponent))
        if (back > r) if i == 0 else (back < r):
            ends[i] = float(np.nextafter(ends[i], away))
    return Inradius(*ends, info=Info(method=method))


def unit_points(P: Any, name: str) -> np.ndarray:
    """Return points as a real matrix with at least one row and column."""
    points = arrays.as_matrix(P, name=name)
    if points.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; points are real")
    if 0 in points.shape:
        raise InvalidInputError(f"{name} has shape {points.shape}: there are no points in it")
    return points.astype(np.float64)


def has_few_facets(n: int, d: int) -> bool:
    """Tell whether the hull of n points and their negatives is soon found."""
    return d <= _LAST_DIM and n * 4.0 ** (d - 2) <= _FACETS


def facets(P: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return the facets of the hull of P and -P: unit normals, and least and largest distances.

    No point is beyond the largest distance of a facet; what is within the least distances of all
    of them is in the hull. None where the hull is flat to the precision of Qhull.
    """
    d = P.shape[1]
    rounding = 8.0 * d * _EPS * float(np.sqrt(np.einsum("ij,ij->i", P, P).max()))
    if d == 1:
        r = np.full(2, np.abs(P).max())
        return np.array([[1.0], [-1.0]]), r, r
    both = np.concatenate([P, -P])
    try:
        hull = ConvexHull(both)
    except QhullError:
        return None
    normals = np.ascontiguousarray(hull.equations[:, :-1])
    # The facets close around 0 and are spanned by their vertices: a ray meets one of them in a
    # convex combination of vertices, all of which are at least so far along the normal.
    least = np.einsum("fvd,fd->fv", both[hull.simplices], normals).min(axis=1) - rounding
    # Pieces, so that points times facets are never held at once.
    step = max(1, (1 << 22) // P.shape[0])
    largest = np.concatenate([
        np.abs(P @ normals[at : at + step].T).max(axis=0)
        for at in range(0, len(normals), step)
    ])  # fmt: skip
    return normals, np.maximum(least, 0.0), largest + rounding


def designed(P: np.ndarray, w: np.ndarray, steps: int) -> tuple[float, np.ndarray]:
    """Return a certified lower bound by weights that an E-optimal design improves, and these."""
    n, d = P.shape
    size = float(np.sqrt(np.einsum("ij,ij->i", P, P).max())) * (1.0 + 2.0 * d * _EPS)
    X = P / size
    best, kept = 0.0, w
    for power in np.geomspace(2.0, _POWER, steps):
        values, V = eigh((X.T * w) @ X)
        bound = inradius_from_design(float(values[-1]), d, n)
        if bound > best:
            best, kept = bound, w
        if values[-1] <= 0.0:  # flat to rounding
            break
        # (lambda_min / lambda)^power, without a power that overflows.
        weight = np.maximum(values[-1] / values, _EPS) ** power
        w = w * (np.square(X @ V) @ weight) ** (1.0 / power)
        w = w / w.sum()
    return float(best * size * (1.0 - 4.0 * (d + 1) * _EPS)), kept


def _reach(P: np.ndarray, v: np.ndarray) -> float:
    """Return at least ``max_j |<v, p_j>|`` for the direction of v, rounding included."""
    v = v / np.linalg.norm(v)
    largest = float(np.sqrt(np.einsum("ij,ij->i", P, P).max()))
    return float(np.abs(P @ v).max() + 4.0 * P.shape[1] * _EPS * largest)


def _from_above(P: np.ndarray, whitening: np.ndarray, streams: Streams) -> float:
    """Return the least reach of a descent from random directions, ended by linear programs."""
    d = P.shape[1]
    starts = streams.generator("start").standard_normal((_STARTS, d)) @ whitening.T
    # The last singular vector too: where points are nearly flat it is the answer.
    found = [_descended(P, v) for v in (*starts, whitening[:, -1])]
    y = min(found, key=lambda v: _reach(P, v))
    best = _reach(P, y)
    conditions, ones = np.concatenate([P, -P]), np.ones(2 * len(P))
    for _ in range(_STEPS):
        solved = linprog(-y, A_ub=conditions, b_ub=ones, bounds=(None, None))
        if solved.x is None or not np.any(solved.x):
            break
        y = solved.x / np.linalg.norm(solved.x)
        reached = _reach(P, y)
        if reached >= best * (1.0 - 1e-9):
            return float(min(best, reached))
        best = reached
    return float(best)


def _descended(P: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return a direction of smaller reach, by steps away from the points that are nearly on it."""
    x = v / np.linalg.norm(v)
    step, value = 0.5, float(np.abs(P @ x).max())
    for _ in range(_STEPS):
        inner = P @ x
        direction = (np.exp((np.abs(inner) / value - 1.0) * 50.0) * np.sign(inner)) @ P
        direction -= (direction @ x) * x
        length = float(np.linalg.norm(direction))
        if length == 0.0 or value == 0.0:
            break
        trial = x - step * direction / length
        trial /= np.linalg.norm(trial)
        reached = float(np.abs(P @ trial).max())
        if reached < value:
            x, value = trial, reached
        else:
            step *= 0.7
    return np.asarray(x)
