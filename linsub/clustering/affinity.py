"""The affinity of two subspaces, in both norms that theorems on clustering use."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays
from linsub.errors import InvalidInputError
from linsub.geometry import principal_angles

__all__ = ["subspace_affinity"]


def subspace_affinity(U: Any, V: Any, *, normalized: bool = False) -> float:
    """Return the affinity of two column spaces, ``sqrt(sum_i cos^2 theta_i)``.

    Parameters
    ----------
    U : array_like of shape (D, p)
    V : array_like of shape (D, q)
        Any columns; their spans count.
    normalized : bool, optional
        False: ``||U^T V||_F`` for orthonormal bases, in ``[0, sqrt(min(p, q))]`` for ranks p and q
        (Soltanolkotabi and Candes). True: that over ``sqrt(min(p, q))``, in [0, 1] (Heckel and
        Boelcskei). Thresholds of papers are of one or the other.

    Returns
    -------
    float

    Raises
    ------
    InvalidInputError
        If rows differ, or a rank is 0: a subspace of no direction has no affinity.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* :func:`linsub.geometry.principal_angles`. *Cost.* That of the angles. *Accuracy.*
    About ``4 sqrt(D) eps``, absolute. Its square over min(p, q) is
    :func:`linsub.geometry.subspace_overlap`.

    References
    ----------
    Soltanolkotabi and Candes, Annals of Statistics 40 (2012), Definition 2.6; Heckel and Boelcskei,
    IEEE Trans. Information Theory 61 (2015).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import subspace_affinity
    >>> U, V = np.eye(4)[:, :2], np.eye(4)[:, 1:3]
    >>> subspace_affinity(U, V), round(subspace_affinity(U, V, normalized=True), 9)
    (1.0, 0.707106781)
    """
    left, right = arrays.as_matrix(U, name="U"), arrays.as_matrix(V, name="V")
    if left.shape[0] != right.shape[0]:
        raise InvalidInputError(
            f"U and V must have as many rows, got shapes {left.shape} and {right.shape}"
        )
    cosines = np.cos(np.asarray(principal_angles(left, right), dtype=np.float64))
    if cosines.size == 0:
        name = "V" if left.any() else "U"
        raise InvalidInputError(f"{name} has rank 0, which has no affinity; leave it out")
    square = float(np.square(cosines).sum())
    return float(np.sqrt(square / cosines.size if normalized else square))
