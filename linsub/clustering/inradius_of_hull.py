"""The inradius of a symmetrized convex hull: how well points cover the directions of their span."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from linsub._core import arrays, scalars
from linsub._core.dense.eigh import eigh
from linsub._core.dense.svd import singular_values
from linsub._core.random import RNGLike, Streams
from linsub.clustering.bounds import inradius_from_design
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info, Record

__all__ = ["Inradius", "inradius", "unit_points"]

# Hulls of n points in d dimensions have up to n^(d / 2) facets; beyond it bounds are taken.
_EXACT_DIM, _EXACT_POINTS = 6, 400

# Steps of the E-optimal design, and the starts and steps of the descent from above.
_DESIGN_STEPS = 300
_STARTS, _STEPS = 20, 60


class Inradius(Record):
    """An enclosure of an inradius: ``lower, upper = inradius(P)``.

    Attributes
    ----------
    lower, upper : float
        ``lower <= r <= upper``, rounding included.
    certificate : None
    info : Info
        ``method`` is "exact" or "bounds".
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
        Rows are points, in coordinates of their subspace: where they do not span R^d, r is 0.
    method : {"auto", "exact", "bounds"}, optional
        By the facets of the hull, or by bounds from both sides; by default the facets up to six
        dimensions.
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
    *Algorithm.* The least distance of a facet from 0 (Qhull). From below
    ``r^2 >= lambda_min(sum_j w_j p_j p_j^T)`` for any weights that sum to 1, raised by the
    multiplicative steps of an E-optimal design; from above any v, lowered by descent from random
    starts. *Cost.* ``O(n^(d/2))`` for facets, ``O(n d^2)`` a step of the bounds. *Accuracy.* Claim
    ``clustering-inradius``.

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
    peak = float(np.abs(points).max(initial=0.0))
    exponent = int(np.frexp(peak)[1])
    near = np.ldexp(points, -exponent)
    S = singular_values(near)
    if n < d or peak == 0.0 or S[-1] <= max(n, d) * float(np.finfo(np.float64).eps) * S[0]:
        upper = float(np.ldexp(S[-1] if n >= d and S.size else 0.0, exponent))
        return Inradius(0.0, upper, info=Info(method="exact"))
    exact = method == "exact" or (method == "auto" and d <= _EXACT_DIM and n <= _EXACT_POINTS)
    found = _by_facets(near) if exact else None
    if found is None:
        lower = _from_below(near)
        found = lower, max(lower, _from_above(near, Streams(rng)))
    lower, upper = (float(np.ldexp(r, exponent)) for r in found)
    return Inradius(lower, upper, info=Info(method="exact" if exact else "bounds"))


def unit_points(P: Any, name: str) -> np.ndarray:
    """Return points as a real matrix with at least one row and column."""
    points = arrays.as_matrix(P, name=name)
    if points.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; points are real")
    if 0 in points.shape:
        raise InvalidInputError(f"{name} has shape {points.shape}: there are no points in it")
    return points.astype(np.float64)


def _by_facets(P: np.ndarray) -> tuple[float, float] | None:
    """Return the least distance of a facet, less and more its rounding."""
    d = P.shape[1]
    if d == 1:
        r = float(np.abs(P).max())
        return r, r
    try:
        hull = ConvexHull(np.concatenate([P, -P]))
    except QhullError:  # flat to its precision
        return None
    # The supporting hyperplane of each facet, evaluated: the distance is that of its vertices.
    normals = hull.equations[:, :-1]
    reach = np.abs(P @ normals.T).max(axis=0)
    rounding = 16.0 * d * float(np.finfo(np.float64).eps) * float(np.abs(P).max()) * d
    r = float(reach.min())
    offset = float((-hull.equations[:, -1]).min())
    # Qhull merges facets that are nearly one: the hull lies between offset and reach.
    return max(0.0, min(r, offset) - rounding), r + rounding


def _from_below(P: np.ndarray) -> float:
    """Return a certified lower bound by weights that an E-optimal design improves."""
    n, d = P.shape
    size = float(np.sqrt(np.einsum("ij,ij->i", P, P).max()))
    X = P / size
    w = np.full(n, 1.0 / n)
    best = 0.0
    for _ in range(_DESIGN_STEPS):
        values, V = eigh((X.T * w) @ X)
        best = max(best, inradius_from_design(float(values[-1]), d))
        u = X @ V[:, -1]
        w = w * np.exp(2.0 * (u * u - values[-1]))
        w /= w.sum()
    return best * size * (1.0 - 4.0 * float(np.finfo(np.float64).eps))


def _from_above(P: np.ndarray, streams: Streams) -> float:
    """Return the least ``max_j |<v, p_j>|`` of a descent from random directions."""
    d = P.shape[1]
    starts = streams.generator("start").standard_normal((_STARTS, d))
    best = np.inf
    for v in starts:
        x = v / np.linalg.norm(v)
        step = 0.5
        value = float(np.abs(P @ x).max())
        for _ in range(_STEPS):
            inner = P @ x
            # Away from the points that are nearly the largest, weighted by how near.
            weight = np.exp((np.abs(inner) / value - 1.0) * 50.0) * np.sign(inner)
            direction = weight @ P
            direction -= (direction @ x) * x
            length = float(np.linalg.norm(direction))
            if length == 0.0:
                break
            trial = x - step * direction / length
            trial /= np.linalg.norm(trial)
            reached = float(np.abs(P @ trial).max())
            if reached < value:
                x, value = trial, reached
            else:
                step *= 0.7
        best = min(best, value)
    rounding = 4.0 * d * float(np.finfo(np.float64).eps)
    return float(best * (1.0 + rounding))
