"""What all sketches share: a random matrix S (m, n) that is applied and never formed."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from linsub._core import arrays, scalars
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.sketching.inputs import (
    all_finite,
    as_rows,
    check_finite_rows,
    dtype_of_product,
    is_sparse,
)
from linsub.sketching.moments import second_moments

__all__ = ["AdjointSketch", "Sketch"]

SketchT = TypeVar("SketchT", bound="Sketch")

# Sums that overflow are formed again from entries 2**64 times smaller.
_DOWN = 2.0**-64


class Sketch:
    """A random matrix S of shape (m, n) with E[S^H S] = I, as a linear operator.

    The base class of :class:`OSNAP` and of all others. ``S @ A`` and ``A @ S.T`` take arrays
    and sparse matrices; so does anything that takes a SciPy LinearOperator take S.

    Attributes
    ----------
    shape : tuple of int
        (m, n): the embedding dimension, and the number of rows that are sketched.
    dtype : dtype
        Of the entries of S.
    """

    # ndarray @ S asks S and not NumPy.
    __array_ufunc__ = None
    ndim = 2

    # Whether each row of A has a part in some output, so that a nan in it is seen there.
    _sees_all = True

    def __init__(self, n: int, m: int, *, rng: RNGLike | Streams = None) -> None:
        self._n = scalars.as_integer(n, name="n", low=0)
        self._m = scalars.as_integer(m, name="m", low=1)
        self._first = 0  # the columns that this part of the operator has
        self._stop = self._n
        self.dtype = np.dtype(np.float64)
        self._streams = rng if isinstance(rng, Streams) else Streams(rng)

    # What a subclass gives. Rows are numbered in the whole operator; S is the scale times what
    # is applied; `out` is in double precision whatever A is.
    def _add(self, A: Any, first: int, out: np.ndarray, n_threads: int) -> None:
        """out += S[:, first : first + b] A / scale, for A (b, d) an array, CSR or CSC; b, d > 0."""
        raise NotImplementedError

    def _adjoint(self, Y: np.ndarray, first: int, stop: int) -> np.ndarray:
        """Return S[:, first : stop]^H Y / scale for a C-ordered Y (m, k) in double precision."""
        raise NotImplementedError

    def _scale(self) -> float:
        return 1.0

    def _variance(self, X: Any, Y: Any) -> float:
        """Return E||X^H S^H S Y - X^H Y||_F^2."""
        raise InvalidInputError(
            f"no exact variance is proved for {type(self).__name__}; GaussianSketch, the hashed "
            "sketches, SRHT and SRCT have one"
        )

    def _identity(self) -> tuple[Any, ...]:
        """Return what two operators have in common that are the same whole operator."""
        return type(self), self._n, self._m, self._streams.entropy

    @property
    def shape(self) -> tuple[int, int]:
        return self._m, self._stop - self._first

    @property
    def H(self) -> AdjointSketch:
        """The adjoint S^H, (n, m)."""
        return AdjointSketch(self)

    @property
    def T(self) -> AdjointSketch:
        """The transpose, for a real S, whose adjoint it is."""
        if self.dtype.kind == "c":
            raise InvalidTypeError("S is complex, and S.T is not its adjoint; use S.H")
        return AdjointSketch(self)

    def apply(self, A: Any, axis: int = 0, *, n_threads: int = 1, check_finite: bool = True) -> Any:
        """Return S A, or A S^T where `axis` is 1.

        Parameters
        ----------
        A : array_like or sparse of shape (n, d) or (n,); (d, n) where axis is 1
            In any layout. Sums are formed in double precision.
        axis : {0, 1}, optional
            The axis that is sketched.
        n_threads : int, optional
            The result does not depend on it.
        check_finite : bool, optional
            Refuse nan and inf, and an overflow.

        Returns
        -------
        ndarray of shape (m, d) or (m,); (d, m) where axis is 1
            In the precision of A.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        """
        axis = scalars.as_integer(axis, name="axis", low=0, high=1)
        n_threads = scalars.as_integer(n_threads, name="n_threads", low=1)
        X = as_rows(A, "A")
        if axis == 1 and X.ndim != 2:
            raise InvalidInputError("A must be 2-D for axis=1, got a vector")
        out = self._forward(X.T if axis else X, n_threads, check_finite)
        return arrays.home(A).give_back(np.ascontiguousarray(out.T) if axis else out)

    def _forward(self, X: Any, n_threads: int = 1, check_finite: bool = True) -> np.ndarray:
        vector = X.ndim == 1
        A = X[:, None] if vector else X
        if A.shape[0] != self.shape[1]:
            raise InvalidInputError(
                f"A has {A.shape[0]} entries along the axis that is sketched and S has shape "
                f"{self.shape}"
            )
        if check_finite and not self._sees_all:
            check_finite_rows(A, "A")
        out = self._scaled(A, n_threads)
        if check_finite and not np.isfinite(out).all():
            check_finite_rows(A, "A")
            with np.errstate(over="ignore"):
                out = self._scaled(A * A.dtype.type(_DOWN), n_threads) / out.real.dtype.type(_DOWN)
            if not np.isfinite(out).all():
                raise InvalidInputError(
                    f"A has entries so near the end of the range of {A.dtype} that its sketch "
                    "overflows; scale it down first"
                )
        return out[:, 0] if vector else out

    def _scaled(self, A: Any, n_threads: int) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            out = np.zeros((self._m, A.shape[1]), dtype_of_product(A, self.dtype, wide=True))
            if out.size and A.shape[0]:
                self._add(A, self._first, out, n_threads)
            out *= self._scale()
            return out.astype(dtype_of_product(A, self.dtype), copy=False)

    def _backward(self, Y: Any, name: str = "Y") -> np.ndarray:
        X = as_rows(Y, name)
        X = X.toarray() if is_sparse(X) else X
        vector = X.ndim == 1
        X = X[:, None] if vector else X
        if X.shape[0] != self._m:
            raise InvalidInputError(f"{name} has {X.shape[0]} rows and S has shape {self.shape}")
        check_finite_rows(X, name)
        wide = np.complex128 if X.dtype.kind == "c" else np.float64
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.array(X, dtype=wide, order="C") * self._scale()
            out = self._adjoint(scaled, self._first, self._stop)
            out = out.astype(dtype_of_product(X, self.dtype), copy=False)
        if not all_finite(out):
            raise InvalidInputError(
                f"{name} has entries so near the end of the range of {X.dtype} that the product "
                "overflows; scale it down first"
            )
        return out[:, 0] if vector else out

    def __matmul__(self, A: Any) -> Any:
        return self.apply(A)

    def __rmatmul__(self, A: Any) -> Any:
        """Return A S."""
        return times_adjoint(A, self.H)

    def matvec(self, x: Any) -> Any:
        """Return S x."""
        return self.apply(x)

    def matmat(self, X: Any) -> Any:
        """Return S X."""
        return self.apply(X)

    def rmatvec(self, y: Any) -> Any:
        """Return S^H y."""
        return self._backward(y, "y")

    def rmatmat(self, Y: Any) -> Any:
        """Return S^H Y."""
        return self._backward(Y)

    def part(self: SketchT, first: int, stop: int) -> SketchT:
        """Return the columns ``first : stop`` of S, which sketch those rows of a matrix.

        ``S @ A`` is the sum of ``S.part(i, j) @ A[i:j]`` over any split of the rows.
        """
        n = self.shape[1]
        first = scalars.as_integer(first, name="first", low=0, high=n)
        stop = scalars.as_integer(stop, name="stop", low=first, high=n)
        new = copy.copy(self)
        new._first, new._stop = self._first + first, self._first + stop
        return new

    def same_operator(self, other: Any) -> bool:
        """Whether `other` is the same operator, or both are parts of the same one."""
        return isinstance(other, Sketch) and self._identity() == other._identity()

    def merge(self: SketchT, other: SketchT) -> SketchT:
        """Return the operator on the rows of this part and the next: ``[self, other]``.

        ``S.part(i, j).merge(S.part(j, k))`` is ``S.part(i, k)``, and ``self.merge(other) @ A``
        is ``self @ A[:n] + other @ A[n:]``: sketches of parts are added. Sketches of blocks
        that come in any order are merged by :class:`RowSketch`.

        Raises
        ------
        InvalidInputError
            If the two are not parts of the same operator, or `other` does not begin where
            this one ends.
        """
        if not self.same_operator(other):
            raise InvalidInputError(
                f"other is {other!r}, which is no part of the operator that {self!r} is a part "
                "of: only parts of one operator, made from one seed, can be merged"
            )
        if other._first != self._stop:
            raise InvalidInputError(
                f"other has the columns {other._first}:{other._stop} of the whole and must begin "
                f"at {self._stop}"
            )
        new = copy.copy(self)
        new._stop = other._stop
        return new

    def amm_variance(self, X: Any, Y: Any = None) -> float:
        """Return E||X^H S^H S Y - X^H Y||_F^2 over the draw of S: exact, and not an estimate.

        Parameters
        ----------
        X, Y : array_like or sparse of shape (n, d), (n, k)
            Y is X where it is None.

        Returns
        -------
        float
            Right to some roundings of ||X||_F^2 ||Y||_F^2.

        Raises
        ------
        InvalidInputError
            If no exact formula is proved for this operator.
        """
        X = as_rows(X, "X")
        Y = X if Y is None else as_rows(Y, "Y")
        for name, A in (("X", X), ("Y", Y)):
            if A.shape[0] != self.shape[1]:
                raise InvalidInputError(
                    f"{name} has {A.shape[0]} rows and S has shape {self.shape}"
                )
            check_finite_rows(A, name)
        X, Y = (A[:, None] if A.ndim == 1 else A for A in (X, Y))
        return second_moments(X, Y, self._variance)

    def test_matrix(self, dtype: DTypeLike = np.float64) -> np.ndarray:
        """Return sqrt(m) S^H, (n, m): entries of mean square 1, as randomized SVDs want them."""
        kind = arrays.canonical_dtype(np.dtype(dtype), name="dtype")
        out = self._backward(np.eye(self._m)) * np.sqrt(self._m)
        return np.asarray(out, dtype=kind, order="F")

    def toarray(self) -> np.ndarray:
        """Return S as an array (m, n)."""
        return np.ascontiguousarray(self._backward(np.eye(self._m)).conj().T)

    def __repr__(self) -> str:
        m, n = self.shape
        return f"<{type(self).__name__} of shape ({m}, {n})>"


class AdjointSketch:
    """S^H of a sketch S, (n, m): what ``S.H`` is, and ``S.T`` where S is real."""

    __array_ufunc__ = None
    ndim = 2

    def __init__(self, sketch: Sketch) -> None:
        self._sketch = sketch
        self.dtype = sketch.dtype

    @property
    def shape(self) -> tuple[int, int]:
        m, n = self._sketch.shape
        return n, m

    @property
    def H(self) -> Sketch:
        """The sketch S."""
        return self._sketch

    @property
    def T(self) -> Sketch:
        """The sketch S, for a real one."""
        if self.dtype.kind == "c":
            raise InvalidTypeError("S is complex, and S.H.T is not S; use S.H.H")
        return self._sketch

    def __matmul__(self, Y: Any) -> Any:
        return arrays.home(Y).give_back(self._sketch._backward(Y))

    def __rmatmul__(self, A: Any) -> Any:
        """Return A S^H, the rows of A sketched."""
        return times_adjoint(A, self._sketch)

    def matvec(self, y: Any) -> Any:
        """Return S^H y."""
        return self @ y

    def matmat(self, Y: Any) -> Any:
        """Return S^H Y."""
        return self @ Y

    def rmatvec(self, x: Any) -> Any:
        """Return S x."""
        return self._sketch @ x

    def rmatmat(self, X: Any) -> Any:
        """Return S X."""
        return self._sketch @ X

    def toarray(self) -> np.ndarray:
        """Return S^H as an array (n, m)."""
        return np.ascontiguousarray(self._sketch.toarray().conj().T)

    def __repr__(self) -> str:
        return f"<adjoint of {self._sketch!r}>"


def times_adjoint(A: Any, W: Any) -> Any:
    """Return A W^H = (W A^H)^H for an operator W."""
    X = as_rows(A, "A")
    if X.ndim == 1:
        return np.asarray(np.conj(W @ np.conj(X)))
    Xh = X.T if X.dtype.kind == "f" else X.conj().T
    return arrays.home(A).give_back(np.ascontiguousarray(np.conj((W @ Xh).T)))
