"""Oblique projectors: onto one subspace along the complement of another."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core.arrays import as_matrix, home
from linsub._core.dense.svd import svd
from linsub.errors import InvalidInputError, RankDeficientError
from linsub.geometry.basis import basis_of, in_double, like
from linsub.geometry.bounds.orthonormal import oblique_norm
from linsub.geometry.projection import far, near_one
from linsub.geometry.reflectors import vector_or_matrix

__all__ = ["ObliqueProjector", "oblique_projector"]

# Cosines below this multiple of n eps are rounding of the bases, and below this multiple of
# sqrt(k) eps of the coarser type that of the k columns.
_RIGHT_ANGLE = 4.0


class ObliqueProjector:
    """``P = left @ right^H`` with ``P^2 = P``, never formed unless asked; ``P @ Z`` applies it.

    Made by :func:`oblique_projector`.

    Attributes
    ----------
    left : ndarray of shape (n, k)
        Columns that span the range.
    right : ndarray of shape (n, k)
        Orthonormal columns that span (kernel P)-perp.
    cosines : ndarray of shape (k,)
        Cosines of the principal angles of the range and (kernel P)-perp, descending: the
        singular values of P are their inverses.
    norm : float
        ``||P||_2 = 1 / cos theta_max``; 0 for rank 0.
    shape : tuple of int
    dtype : dtype
    rank : int
    """

    __array_ufunc__ = None  # NumPy's arrays leave Z @ P to this class, which has none

    def __init__(
        self, left: np.ndarray, right: np.ndarray, cosines: np.ndarray, dtype: np.dtype
    ) -> None:
        self.left, self.right, self.cosines, self.dtype = left, right, cosines, dtype
        self.norm = oblique_norm(float(cosines[-1])) if cosines.size else 0.0
        self.shape = (left.shape[0], left.shape[0])
        self.rank = int(cosines.size)

    @property
    def H(self) -> ObliqueProjector:
        """The adjoint: onto (kernel P)-perp along (range P)-perp."""
        # P = X B c^-1 (Y A)^H, so P^H = (Y A) c^-1 (X B)^H.
        left, right = self.right / self.cosines, self.left * self.cosines
        return ObliqueProjector(left, right, self.cosines, self.dtype)

    def apply(self, Z: Any) -> Any:
        """Return ``P Z`` in the array type and precision of Z, for Z of shape (n, b) or (n,).

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        NumericalError
            If an entry of the result exceeds the largest number of its dtype.
        """
        dense = vector_or_matrix(Z, "Z")
        if dense.shape[0] != self.shape[0]:
            raise InvalidInputError(
                f"Z has shape {dense.shape} and P has {self.shape}; Z needs {self.shape[0]} rows"
            )
        wide, alpha = near_one(in_double(dense, copy=False))
        found = self.left @ (self.right.conj().T @ wide)
        return home(Z).give_back(far(found, alpha, dense.dtype))

    def __matmul__(self, Z: Any) -> Any:
        return self.apply(Z)

    def to_dense(self) -> np.ndarray:
        """Return the n x n matrix."""
        return like(self.left @ self.right.conj().T, self.dtype)

    def __repr__(self) -> str:
        return f"ObliqueProjector(n={self.shape[0]}, rank={self.rank}, norm={self.norm:.4g})"


def oblique_projector(X: Any, Y: Any) -> ObliqueProjector:
    """Projector onto range(X) along the orthogonal complement of range(Y).

    ``P = X (Y^H X)^-1 Y^H`` for bases X and Y; ``P = P^2``, with range(P) = range(X) and
    kernel(P) = range(Y)-perp.

    Parameters
    ----------
    X, Y : array_like of shape (n, p) and (n, q)
        Of equal rank; they need not be orthonormal, nor of full column rank. Columns are
        brought to one size first, and ranks decided, as by :func:`orth`.

    Returns
    -------
    ObliqueProjector
        ``P @ Z`` applies it, ``P.norm`` is its norm, ``P.to_dense()`` the matrix and ``P.H``
        the adjoint.

    Raises
    ------
    RankDeficientError
        If some direction of X is orthogonal to all of Y, up to the rounding of their entries to
        their type: no such projector exists.
    InvalidInputError
        If the ranks differ.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Orthonormal bases and the SVD ``Y^H X = A c B^H``; then
    ``P = (X B / c) (Y A)^H``. Its singular values are 1 / c, so that
    ``||P||_2 = ||I - P||_2 = 1 / cos theta_max`` for ranks between 0 and n (claim
    ``geometry-oblique-norm``). *Cost.* O(n (p + q)^2) flops, 4 n k b to apply to b columns.
    *Accuracy.* Relative to ``||P|| ||Z||``, eps ``||P||``: a large norm is a projector that is
    ill determined by X and Y.

    Examples
    --------
    >>> from linsub.geometry import oblique_projector
    >>> P = oblique_projector([[1.0], [0.0]], [[0.6], [0.8]])
    >>> round(P.norm, 12)
    1.666666666667
    >>> (P @ [[0.0], [3.0]]).round(12)
    array([[4.],
           [0.]])
    """
    A, B = as_matrix(X, name="X"), as_matrix(Y, name="Y")
    if A.shape[0] != B.shape[0]:
        raise InvalidInputError(
            f"X has shape {A.shape} and Y has {B.shape}; they need the same number of rows"
        )
    first, second = basis_of(A, name="X"), basis_of(B, name="Y")
    if first.rank != second.rank:
        raise InvalidInputError(
            f"X has rank {first.rank} and Y has rank {second.rank}; a projector onto range(X) "
            "along range(Y)-perp needs equal ranks: drop columns of one of them"
        )
    U, c, Vh = svd(second.Q.conj().T @ first.Q)
    c = np.minimum(c, 1.0)
    coarse = max(float(np.finfo(part.dtype).eps) for part in (A, B))
    lost = max(A.shape[0] * float(np.finfo(np.float64).eps), float(np.sqrt(c.size)) * coarse)
    if c.size and not c[-1] > _RIGHT_ANGLE * lost:
        raise RankDeficientError(
            f"the cosine of the largest angle between X and Y is {float(c[-1]):.2g}: a direction "
            "of X is orthogonal to Y and no such projector exists; drop it from X, and its "
            "partner from Y"
        )
    left, right = first.Q @ (Vh.conj().T / c), second.Q @ U
    return ObliqueProjector(left, right, c, np.result_type(A.dtype, B.dtype))
