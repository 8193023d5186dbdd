"""How much two subspaces overlap, and how much random ones do."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub.errors import InvalidInputError
from linsub.geometry import bounds
from linsub.geometry.cs import angles_of
from linsub.geometry.pair import Pair, pair_of
from linsub.results import Info, Record

__all__ = ["OverlapMoments", "SubspaceOverlap", "random_overlap_moments", "subspace_overlap"]


class SubspaceOverlap(Record):
    """An overlap beside that of random subspaces; unpacks as ``value, baseline``.

    Attributes
    ----------
    value : float
        In [0, 1].
    baseline : float or None
        Its mean where one of the subspaces is uniformly random; None where that is not known
        in closed form.
    """

    _fields = ("value", "baseline")
    value: float
    baseline: float | None
    certificate: None
    info: Info | None

    def __float__(self) -> float:
        return float(self.value)


class OverlapMoments(Record):
    """Mean and variance of ``||X^H Y||_F^2``; unpacks as ``mean, variance``."""

    _fields = ("mean", "variance")
    mean: float
    variance: float
    certificate: None
    info: Info | None


def subspace_overlap(
    A: Any, B: Any, kind: str = "mso", *, rtol: Any = None, orthonormal: Any = False
) -> SubspaceOverlap:
    """Return how much of one subspace lies in the other, from 0 (orthogonal) to 1 (contained).

    Parameters
    ----------
    A : array_like of shape (n, p)
    B : array_like of shape (n, q)
    kind : {"mso", "min", "energy"}, optional
        With orthonormal bases X and Y of ranks p and q, and k = min(p, q):

        - ``"mso"``, mode subspace overlap: ``||X^H Y||_F^2 / k``, the mean of cos^2 of the
          principal angles. Random subspaces have max(p, q) / n on average.
        - ``"min"``: the smallest cos^2, what every direction of the smaller subspace has in the
          other at least. No baseline.
        - ``"energy"``: ``||X X^H B||_F^2 / ||B||_F^2``, the share of B, not of its range, that
          lies in range(A). It is not symmetric. Baseline p / n.
    rtol, orthonormal : optional
        As in :func:`principal_angles`.

    Returns
    -------
    SubspaceOverlap
        ``value, baseline``. ``info.details`` has the rank decisions, and for ``"mso"`` the
        standard deviation of random overlaps (``baseline_deviation``).

    Raises
    ------
    InvalidInputError
        If A or B has rank 0: the overlap of nothing is not defined.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Squared cosines of :func:`principal_angles`; for the energy, norms of what a
    projection keeps and leaves. *Cost.* That of the angles. *Accuracy.* Claims
    ``geometry-overlap-range`` and ``geometry-random-overlap``. A value within eps of 1 says
    nothing of the angles below sqrt(eps): ask for the angles themselves.

    References
    ----------
    "Safety Subspaces are Not Linearly Distinct", 2025 (arXiv 2505.14185), for the mso.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import subspace_overlap
    >>> value, baseline = subspace_overlap(np.eye(8)[:, :3], np.eye(8)[:, 1:5])
    >>> round(value, 12), baseline
    (0.666666666667, 0.5)
    """
    kind = scalars.as_choice(kind, name="kind", choices=("mso", "min", "energy"))
    pair = pair_of(A, B, rtol=rtol, orthonormal=orthonormal)
    n, p, q = pair.X.shape[0], pair.X.shape[1], pair.Y.shape[1]
    for name, rank in (("A", p), ("B", q)):
        if rank == 0:
            raise InvalidInputError(
                f"{name} has rank 0, and the overlap of no direction is not defined; leave it out"
            )
    baseline: float | None = None
    details = dict(pair.details)
    if kind == "energy":
        value, baseline = _energy(pair, arrays.as_matrix(B, name="B")), p / n
    else:
        squares = np.square(np.cos(angles_of(pair.X, pair.Y)))
        value = float(squares.mean() if kind == "mso" else squares.min())
    if kind == "mso":
        baseline, field = max(p, q) / n, "complex" if pair.dtype.kind == "c" else "real"
        spread = float(np.sqrt(bounds.overlap_variance(n, p, q, field=field)))
        details["baseline_deviation"] = spread / min(p, q)
    return SubspaceOverlap(
        min(max(value, 0.0), 1.0), baseline, info=Info(method=kind, details=details)
    )


def _energy(pair: Pair, B: np.ndarray) -> float:
    B = B.astype(np.result_type(B.dtype, np.float64))
    B = B * norms.power_of_two_scale(norms.max_abs(B), B.dtype, always=True)
    kept = pair.X.conj().T @ B
    left = B - pair.X @ kept
    inside, outside = norms.frobenius(kept), norms.frobenius(left)
    return float((inside / np.hypot(inside, outside)) ** 2)


def random_overlap_moments(n: Any, p: Any, q: Any, *, field: str = "real") -> OverlapMoments:
    """Return mean and variance of the overlap ``||X^H Y||_F^2`` of random subspaces.

    X spans a uniformly random subspace of dimension p of R^n (or C^n), and Y any one of
    dimension q that does not depend on it.

    Parameters
    ----------
    n, p, q : int
        ``0 <= p, q <= n``.
    field : {"real", "complex"}, optional

    Returns
    -------
    OverlapMoments
        ``mean = p q / n``, and for real subspaces
        ``variance = 2 p q (n-p) (n-q) / (n^2 (n-1) (n+2))``. Both are exact, and rounded once.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* Second moments of the projector onto a uniformly random subspace, see the docs.
    Divided by min(p, q) and its square they are those of ``subspace_overlap(kind="mso")``.
    *Cost.* None. *Accuracy.* Claim ``geometry-random-overlap``.

    Examples
    --------
    >>> from linsub.geometry import random_overlap_moments
    >>> mean, variance = random_overlap_moments(20, 4, 7)
    >>> mean, round(variance, 6)
    (1.4, 0.069665)
    """
    n = scalars.as_integer(n, name="n", low=0)
    p = scalars.as_integer(p, name="p", low=0, high=n)
    q = scalars.as_integer(q, name="q", low=0, high=n)
    field = scalars.as_choice(field, name="field", choices=("real", "complex"))
    return OverlapMoments(
        bounds.overlap_mean(n, p, q),
        bounds.overlap_variance(n, p, q, field=field),
        info=Info(method="closed form"),
    )
