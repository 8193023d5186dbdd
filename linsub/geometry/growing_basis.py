"""A growing orthonormal basis: the directions that are protected from now on."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, canonical_dtype, home
from linsub._core.dense import norms
from linsub._core.dense.qr import qr
from linsub._core.dense.svd import svd
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.geometry.basis import in_double
from linsub.geometry.bounds.orthonormal import energy_additions
from linsub.geometry.orthonormal import OrthogonalityCertificate, measured_orthogonality
from linsub.geometry.projection import far, near_one, without
from linsub.results import Info

__all__ = ["OrthoBasis"]

_EPS = float(np.finfo(np.float64).eps)


# Two projections leave eps of the largest new direction along the basis, which is eps times
# the ratio of their sizes in the smallest one. Up to the first ratio that is rounding, and
# up to the second one more round makes it so.
_SOUND, _NEARLY = 10.0, 1e6


def _rounds(S: np.ndarray) -> int:
    """Return how often new directions with these sizes have to be projected again."""
    if S.size == 0:
        return 0
    ratio = max(float(S[0]), 100.0 * _EPS) / float(S[-1])
    return 0 if ratio <= _SOUND else 1 if ratio <= _NEARLY else 2


class OrthoBasis:
    """An orthonormal basis in n dimensions that grows by what is new in blocks of columns.

    Parameters
    ----------
    n : int
        Dimension of the space.
    dtype : dtype, optional
        Of the basis that is handed back: float32, float64, complex64 or complex128. Inside
        it is kept in double precision.

    Attributes
    ----------
    Q : ndarray
        The basis, n x rank, a copy in `dtype`; the oldest directions first.
    rank : int
    n : int
    dtype : dtype
    info : Info or None
        Of the last extension.
    certificate : OrthogonalityCertificate
        The loss of orthogonality of `Q`, measured when asked.

    Notes
    -----
    *Algorithm.* What a block X adds is the span of ``X - Q Q^H X``, formed by two projections
    ("twice is enough", Kahan and Parlett; Giraud, Langou and Rozloznik 2005), of which the
    SVD gives the leading directions. Scaling up a small one scales up what is left in it along
    Q, so where their sizes differ much they are projected and factored once or twice more.

    *Cost.* 8 n rank b + O(n b^2) flops for a block of b columns, twice or three times that
    for graded blocks; 16 n rank bytes (real).

    *Accuracy.* The defect stays rounding of the dtype whatever the stream: duplicates, blocks
    within the span, graded columns (claims ``geometry-twice-is-enough`` and
    ``geometry-basis-single``). With one projection in float32, thirty blocks that lie mostly
    in the span can make it larger than 1.

    The full space is a valid state: nothing can be added to it and what it rejects is rounding.

    References
    ----------
    Giraud, Langou and Rozloznik, "The loss of orthogonality in the Gram-Schmidt
    orthogonalization process", Comput. Math. Appl. 50 (2005). Saha, Garg and Roy, "Gradient
    projection memory for continual learning", ICLR 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import OrthoBasis
    >>> basis = OrthoBasis(4)
    >>> basis.extend(np.diag([10.0, 1.0, 0.1, 0.0]), energy=0.98)
    1
    >>> basis.extend(np.eye(4)[:, :2])
    1
    >>> basis.reject(np.ones((4, 1))).ravel()
    array([0., 0., 1., 1.])
    """

    def __init__(self, n: int, dtype: Any = np.float64) -> None:
        self.n = scalars.as_integer(n, name="n", low=0)
        try:
            given = np.dtype(dtype)
        except TypeError as error:
            raise InvalidTypeError(f"dtype={dtype!r} is no dtype; pass np.float64") from error
        self.dtype = canonical_dtype(given, name="dtype")
        # Columns with room for more, how many there are, and the record. They are exchanged
        # together: an extension that is interrupted leaves what there was.
        self._state: tuple[np.ndarray, int, Info | None] = (
            np.zeros((self.n, 0), np.result_type(self.dtype, np.float64), order="F"),
            0,
            None,
        )

    @property
    def Q(self) -> np.ndarray:
        """The basis (n, rank), a copy."""
        return self._basis().astype(self.dtype, order="C")

    @property
    def rank(self) -> int:
        """Number of directions."""
        return self._state[1]

    @property
    def info(self) -> Info | None:
        """What the last extension decided; None before the first.

        In ``details``, relative to ||X||_F: `kept` and `dropped`, the smallest singular value
        of the remainder that was added and the largest that was not (0 where there is none),
        and `tol`. `explained` is the share of the energy of X that lay in the span before, and
        `energy` the share that does now.
        """
        return self._state[2]

    @property
    def certificate(self) -> OrthogonalityCertificate:
        """The loss of orthogonality of `Q`, measured now."""
        return OrthogonalityCertificate(measured_orthogonality(self.Q))

    def extend(self, X: Any, *, energy: float | None = None, tol: float | None = None) -> int:
        """Add the directions of a block that are not in the span yet; return their number.

        Parameters
        ----------
        X : array_like of shape (n, b)
            Never modified.
        energy : float, optional
            In [0, 1]. Add the fewest directions with which the basis holds this share of
            ``||X||_F^2``, counting what it already holds. Without it all of them.
        tol : float, optional
            In [0, 1). Directions whose singular value in the remainder is at most tol times
            ``||X||_F`` are not added, with `energy` neither. By default max(n, b) eps of the
            coarser one of the two dtypes, at most sqrt(eps); never below max(n, b) eps of
            double precision. A column counts by its size: extend by ``orth(X).Q`` if all are
            to count alike.

        Returns
        -------
        int
            From 0 to min(b, n - rank).

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            The basis is then as it was.

        Notes
        -----
        The rule for `energy` is GPM's: the smallest k that reaches it. The largest k that does
        not exceed it is 0 for singular values (10, 1, 0.1) and ``energy=0.98``, and
        leaves unprotected a block that has nearly rank one (claim ``geometry-basis-energy``).
        """
        dense = self._columns(X)
        if dense.dtype.kind == "c" and self.dtype.kind != "c":
            raise InvalidTypeError(
                f"X is complex and the basis has dtype {self.dtype}; "
                "make the OrthoBasis with dtype=np.complex128"
            )
        if energy is not None:
            energy = scalars.as_real(energy, name="energy", low=0.0, high=1.0)
        eps = max(float(np.finfo(dense.dtype).eps), float(np.finfo(self.dtype).eps))
        size = max(dense.shape)
        if tol is None:
            tol = min(size * eps, float(np.sqrt(eps)))
        else:
            tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
        new, details = self._new(
            near_one(in_double(dense, copy=False))[0], energy, max(tol, size * _EPS)
        )
        added = int(new.shape[1])
        room = self._with_room(added)
        room[:, self.rank : self.rank + added] = new
        info = Info("two projections", passes=1, details=details)
        self._state = (room, self.rank + added, info)
        return added

    def _basis(self) -> np.ndarray:
        """Return the basis in double precision, a view."""
        return self._state[0][:, : self._state[1]]

    def _with_room(self, added: int) -> np.ndarray:
        """Return the columns with room for some more; doubled, so that growing costs no copies."""
        columns, rank, _ = self._state
        if rank + added <= columns.shape[1]:
            return columns
        wider = np.empty((self.n, min(2 * (rank + added), self.n)), columns.dtype, order="F")
        wider[:, :rank] = self._basis()
        return wider

    def _new(
        self, X: np.ndarray, energy: float | None, tol: float
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Return the directions to add to the basis, and the figures that decided."""
        Q = self._basis()
        rest = without(X, Q)
        W, T = qr(rest)
        U, S, _ = svd(T)
        size = norms.frobenius(X)
        S = S / size if size else S
        k = int(np.count_nonzero(tol < S))
        if energy is not None:
            k = min(k, energy_additions(S, energy))
        k = min(k, self.n - self.rank)
        new = W @ U[:, :k]
        for _ in range(_rounds(S[:k])):
            new, _ = qr(without(new, Q))
        tail = float(np.sum(np.square(S[k:])))
        return new, {
            "kept": float(S[k - 1]) if k else 0.0,
            "dropped": float(S[k]) if k < S.size else 0.0,
            "tol": tol,
            "explained": 1.0 - float(np.sum(np.square(S))) if size else 1.0,
            "energy": 1.0 - tail if size else 1.0,
        }

    def project(self, X: Any) -> Any:
        """Return ``Q Q^H X``, the part of X in the span.

        Parameters
        ----------
        X : array_like of shape (n, b)

        Returns
        -------
        array of shape (n, b)
            In the array type and precision of `X`; complex where X or the basis is.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        NumericalError
            If an entry of the result exceeds the largest number of its dtype.
        """
        dense = self._columns(X)
        wide, alpha = near_one(in_double(dense, copy=False))
        Q = self._basis()
        return home(X).give_back(far(Q @ (Q.conj().T @ wide), alpha, dense.dtype))

    def reject(self, X: Any) -> Any:
        """Return ``X - Q Q^H X``, the part of X orthogonal to the span, by two projections.

        Parameters
        ----------
        X : array_like of shape (n, b)

        Returns
        -------
        array of shape (n, b)
            In the array type and precision of `X`; complex where X or the basis is.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        NumericalError
            If an entry of the result exceeds the largest number of its dtype.
        """
        dense = self._columns(X)
        wide, alpha = near_one(in_double(dense, copy=False))
        return home(X).give_back(far(without(wide, self._basis()), alpha, dense.dtype))

    def _columns(self, X: Any) -> np.ndarray:
        dense = as_matrix(X, name="X")
        if dense.shape[0] != self.n:
            raise InvalidInputError(
                f"X has shape {dense.shape} and the basis lies in {self.n} dimensions; "
                f"X needs {self.n} rows"
            )
        return dense

    def __copy__(self) -> OrthoBasis:
        # The room for more columns must not be shared.
        twin = OrthoBasis(self.n, self.dtype)
        twin._state = (self._basis().copy(order="F"), self.rank, self.info)
        return twin

    def __repr__(self) -> str:
        return f"OrthoBasis(n={self.n}, rank={self.rank}, dtype={self.dtype})"
