"""Intersection, sum and complement of subspaces, with the gap at each decision."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub._core.dense.qr import complement
from linsub.geometry.basis import basis_of
from linsub.geometry.cs import ThinCS, thin_cs
from linsub.geometry.pair import Pair, pair_of
from linsub.results import Info, Record

__all__ = ["Subspace", "subspace_complement", "subspace_intersection", "subspace_sum"]

# Roundings of an entry move a basis by eps over its smallest singular value, and a sine by
# as much; the factor is for the factorizations that follow.
_ROUNDINGS = 10.0


class Subspace(Record):
    """An orthonormal basis and how clear its dimension was; unpacks as ``basis, gap``.

    Attributes
    ----------
    basis : array of shape (n, d)
        Orthonormal columns; d is the dimension.
    gap : tuple of two floats
        The largest number that counted as zero (0 where none did) and the smallest that did not
        (1 where all did): sines of principal angles for intersection and sum, relative singular
        values for the complement. The decision is clear where they are far apart.
    """

    _fields = ("basis", "gap")
    basis: Any
    gap: tuple[float, float]
    certificate: None
    info: Info | None


def subspace_intersection(
    A: Any, B: Any, *, atol: Any = None, rtol: Any = None, orthonormal: Any = False
) -> Subspace:
    """Return the intersection of the column spaces of A and B.

    It is spanned by the principal vectors whose angles are zero, that is, whose sines are at
    most `atol`.

    Parameters
    ----------
    A : array_like of shape (n, p)
    B : array_like of shape (n, q)
    atol : float, optional
        In [0, 1). By default 10 max(n, p, q) eps over the smallest relative singular value of A
        and B (what rounding of their entries can do), and at most sqrt(eps).
    rtol, orthonormal : optional
        How the ranks of A and B are decided, as in :func:`principal_angles`.

    Returns
    -------
    Subspace
        ``basis, gap``. ``info.details`` has the ranks, `atol` and all sines.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    Two subspaces of dimensions p and q share p + q - n dimensions at least, so that these count
    whatever `atol` is. With equal options, ``dim(A + B) + dim(A and B) = p + q``.

    *Algorithm.* :func:`cs_decomposition`; each basis vector is halfway between its two principal
    vectors, hence within about atol / 2 of both subspaces. The test is on sines: a test of
    cosines against ``1 - atol`` accepts angles up to ``sqrt(2 atol)``. *Cost.* That of
    :func:`principal_vectors`. *Accuracy.* Claim ``geometry-lattice``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import subspace_intersection
    >>> basis, gap = subspace_intersection(np.eye(3)[:, :2], np.eye(3)[:, 1:])
    >>> np.abs(basis[:, 0]).tolist(), gap
    ([0.0, 1.0, 0.0], (0.0, 1.0))
    """
    pair, cs, shared, gap, details = _decided(A, B, atol, rtol, orthonormal)
    middle = pair.X @ cs.Ux[:, :shared] + pair.Y @ cs.V[:, :shared]
    middle /= np.sqrt(2.0 + 2.0 * cs.c[:shared])
    return Subspace(
        pair.give_back(middle), gap, info=Info(method="thin CS", passes=3, details=details)
    )


def subspace_sum(
    A: Any, B: Any, *, atol: Any = None, rtol: Any = None, orthonormal: Any = False
) -> Subspace:
    """Return the sum of the column spaces of A and B, the span of both.

    Parameters
    ----------
    A : array_like of shape (n, p)
    B : array_like of shape (n, q)
    atol, rtol, orthonormal : optional
        As in :func:`subspace_intersection`.

    Returns
    -------
    Subspace
        ``basis, gap``. The first columns of the basis span the larger of the two subspaces (A if
        they are equally large), the others what the smaller adds to it.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* X and the columns of Qs of :func:`cs_decomposition` whose sines exceed `atol`.
    *Cost.* That of :func:`principal_vectors`. *Accuracy.* Claim ``geometry-lattice``: both
    subspaces lie in the sum to within atol.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import subspace_sum
    >>> basis, gap = subspace_sum(np.eye(4)[:, :2], np.eye(4)[:, 1:3])
    >>> basis.shape
    (4, 3)
    """
    pair, cs, shared, gap, details = _decided(A, B, atol, rtol, orthonormal)
    larger = pair.X if pair.X.shape[1] >= pair.Y.shape[1] else pair.Y
    basis = np.concatenate([larger, cs.Qs[:, shared:]], axis=1)
    return Subspace(
        pair.give_back(basis), gap, info=Info(method="thin CS", passes=3, details=details)
    )


def subspace_complement(A: Any, *, rtol: Any = None) -> Subspace:
    """Return the orthogonal complement of the column space of A.

    Parameters
    ----------
    A : array_like of shape (n, p)
    rtol : float, optional
        As in :func:`principal_angles`.

    Returns
    -------
    Subspace
        ``basis, gap`` with n - rank columns.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The last columns of the full Q of a Householder QR factorization of a basis,
    made by applying the reflectors to the last columns of the identity. *Cost.* 4 n r (n - r)
    flops for rank r, and n (n - r) numbers. *Accuracy.* Claim ``geometry-complement-angles``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import subspace_complement
    >>> basis, gap = subspace_complement([[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]])
    >>> np.abs(basis).tolist(), gap[1]
    ([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], 1.0)
    """
    place, A = home(A), as_matrix(A)
    found = basis_of(A, rtol=rtol)
    basis = complement(found.Q).astype(A.dtype)
    gap = found.dropped, found.kept if found.rank else 1.0
    details = {"rank_A": found.rank, "rtol_A": found.rtol}
    return Subspace(
        place.give_back(basis), gap, info=Info(method="householder", passes=1, details=details)
    )


def _decided(
    A: Any, B: Any, atol: Any, rtol: Any, orthonormal: Any
) -> tuple[Pair, ThinCS, int, tuple[float, float], dict[str, Any]]:
    """Return the pair, its CS decomposition with X the larger one, and how many angles are 0."""
    pair = pair_of(A, B, rtol=rtol, orthonormal=orthonormal)
    (n, p), q = pair.X.shape, pair.Y.shape[1]
    if atol is None:
        atol = min(np.sqrt(pair.eps), _ROUNDINGS * max(n, p, q) * pair.eps / pair.kept)
    else:
        atol = scalars.as_real(atol, name="atol", low=0.0, high=1.0, include=(True, False))
    swapped = p < q
    cs = thin_cs(pair.Y, pair.X) if swapped else thin_cs(pair.X, pair.Y)
    if swapped:
        cs = cs._replace(Ux=cs.V, V=cs.Ux)
    shared = max(int(np.count_nonzero(cs.s <= atol)), p + q - n)
    below = float(np.max(cs.s[:shared], initial=0.0))
    above = float(np.min(cs.s[shared:], initial=1.0))
    return pair, cs, shared, (below, above), {**pair.details, "atol": float(atol), "sines": cs.s}
