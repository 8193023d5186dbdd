"""Distances between subspaces, also of different dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub.geometry import bounds
from linsub.geometry.cs import angles_of
from linsub.geometry.pair import pair_of

__all__ = ["METRICS", "subspace_distance"]

METRICS = (
    "geodesic",
    "chordal",
    "projection",
    "gap",
    "procrustes",
    "fubini-study",
    "binet-cauchy",
    "martin",
    "asimov",
    "spectral",
)


def subspace_distance(
    A: Any,
    B: Any,
    metric: str = "geodesic",
    *,
    unequal: str = "pad",
    rtol: Any = None,
    orthonormal: Any = False,
) -> float:
    r"""Return the distance between the column spaces of A and B.

    A function of the principal angles :math:`\theta_1 \le \dots \le \theta_k`; for the default,
    their Euclidean norm, the length of the shortest path on the Grassmann manifold.

    Parameters
    ----------
    A : array_like of shape (n, p)
    B : array_like of shape (n, q)
    metric : str, optional
        With P and Q the orthogonal projectors and X and Y any orthonormal bases:

        - ``"geodesic"``: ``||theta||_2``
        - ``"chordal"``: ``||sin theta||_2``
        - ``"projection"``: ``||P - Q||_F``, which is ``sqrt(2) ||sin theta||_2``
        - ``"gap"``: ``||P - Q||_2``, which is ``sin theta_k``
        - ``"procrustes"``: ``min ||X R - Y||_F`` over unitary R, ``2 ||sin(theta/2)||_2``
        - ``"spectral"``: the same in the 2-norm, ``2 sin(theta_k / 2)``
        - ``"asimov"``: ``theta_k``, the largest angle
        - ``"fubini-study"``: ``arccos |det X^H Y|``
        - ``"binet-cauchy"``: ``sqrt(1 - |det X^H Y|^2)``
        - ``"martin"``: ``sqrt(-2 log |det X^H Y|)``; no metric, and infinite at right angles
    unequal : {"pad", "ignore"}, optional
        What is done where the ranks differ. ``"pad"`` adds a right angle for each dimension that
        one of them has more, which makes metrics of metrics (the projection distance stays
        ``||P - Q||_F``). ``"ignore"`` measures the smaller subspace against the nearest one of
        its dimension in the larger: 0 where it is contained, and no metric.
    rtol, orthonormal : optional
        As in :func:`principal_angles`.

    Returns
    -------
    float
        0 for two subspaces of dimension 0.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* :func:`principal_angles`, then ``bounds.angle_distance``, whose formulas take no
    difference of numbers near 1. For ``"martin"``, whose logarithm can tell them apart, cosines
    up to ``bounds.angle_rounding`` count as zero. *Cost.* That of the angles. *Accuracy.* Claims
    ``geometry-distances``, ``geometry-triangle`` and ``geometry-projector-distance``: that of
    the angles, about 4 sqrt(n) eps each, but for ``"martin"`` near right angles, where it is
    that over the cosine.

    References
    ----------
    Edelman, Arias & Smith 1998, SIAM J. Matrix Anal. Appl. 20; Ye & Lim 2016, ibid. 37, for
    different dimensions (arXiv 1407.0900).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import subspace_distance
    >>> A, B = np.eye(3)[:, :1], np.array([[3.0], [3e-9], [4e-9]])
    >>> round(subspace_distance(A, B, "fubini-study") / 1e-9, 12)
    1.666666666667
    >>> subspace_distance(A, np.eye(3)[:, :2], "gap")
    1.0
    >>> subspace_distance(A, np.eye(3)[:, :2], "gap", unequal="ignore")
    0.0
    """
    metric = scalars.as_choice(metric, name="metric", choices=METRICS)
    unequal = scalars.as_choice(unequal, name="unequal", choices=("pad", "ignore"))
    pair = pair_of(A, B, rtol=rtol, orthonormal=orthonormal)
    theta = angles_of(pair.X, pair.Y)
    if metric == "martin":
        unseen = np.cos(theta) <= bounds.angle_rounding(pair.X.shape[0])
        theta = np.where(unseen, np.pi / 2, theta)
    extra = abs(pair.X.shape[1] - pair.Y.shape[1]) if unequal == "pad" else 0
    return bounds.angle_distance(theta, metric, extra=extra)
