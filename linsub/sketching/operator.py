"""What all sketches share: a random matrix S (m, n) that is applied and never formed."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import numpy as np
from scipy import sparse

from linsub._core import arrays, scalars
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError

__all__ = ["AdjointSketch", "Sketch"]

Self = TypeVar("Self", bound="Sketch")


class Sketch:
    """A random matrix S of shape (m, n) with E[S^H S] = I, as a linear operator.

    Attributes
    ----------
    shape : tuple of int
        (m, n): the embedding dimension, and the number of rows that are sketched.
    dtype : dtype
        Of S itself.
    """

    # ndarray @ S asks S and not NumPy.
    __array_ufunc__ = None
    ndim = 2

    def __init__(self, n: int, m: int, *, rng: RNGLike | Streams = None) -> None:
        self._n = scalars.as_integer(n, name="n", low=0)
        self._m = scalars.as_integer(m, name="m", low=1)
        self._first = 0  # of the rows that this part of the operator acts on
        self._stop = self._n
        self.dtype = np.dtype(np.float64)
        self._streams = rng if isinstance(rng, Streams) else Streams(rng)

    # What a subclass gives; rows are those of the whole operator, and `out` is in float64 or
    # complex128 whatever A is. S is the scale times what these apply.
    def _add(self, A: Any, first: int, out: np.ndarray) -> None:
        """out += S[:, first : first + b] A / scale, for A (b, d) canonical or CSR."""
        raise NotImplementedError

    def _adjoint(self, Y: np.ndarray, first: int, stop: int) -> np.ndarray:
        """Return S[:, first : stop]^H Y / scale for Y (m, k), C-ordered."""
        raise NotImplementedError

    def _scale(self) -> Any:
        """Return the scale: a number, or one for each output as a column."""
        return 1.0

    @property
    def shape(self) -> tuple[int, int]:
        return self._m, self._stop - self._first

    @property
    def H(self) -> AdjointSketch:
        """The adjoint S^H, (n, m)."""
        return AdjointSketch(self)

    @property
    def T(self) -> AdjointSketch:
        """The transpose, which is the adjoint: S is real."""
        if self.dtype.kind == "c":
            raise InvalidTypeError("S is complex, and S.T is not its adjoint; use S.H")
        return AdjointSketch(self)

    def apply(
        self, A: Any, axis: int = 0, *, n_threads: int = 1, check_finite: bool = True
    ) -> np.ndarray:
        """Return S A, or A S^T where `axis` is 1.

        Parameters
        ----------
        A : array_like or sparse, (n, d) or (n,); (d, n) where axis is 1
        axis : {0, 1}, optional
            The axis that is sketched.
        n_threads : int, optional
            The result does not depend on it.
        check_finite : bool, optional

        Returns
        -------
        ndarray of shape (m, d) or (m,); (d, m) where axis is 1
            In the precision of A.
        """
        axis = scalars.as_integer(axis, name="axis", low=0, high=1)
        X = _canonical(A, "A")
        if axis == 1:
            if X.ndim != 2:
                raise InvalidInputError("A must be 2-D for axis=1, got a vector")
            out = self._forward(X.T, n_threads, check_finite, "A")
            return np.ascontiguousarray(out.T)
        return self._forward(X, n_threads, check_finite, "A")

    def _forward(self, X: Any, n_threads: int, check_finite: bool, name: str) -> np.ndarray:
        vector = X.ndim == 1
        A = X[:, None] if vector else X
        if A.shape[0] != self.shape[1]:
            raise InvalidInputError(
                f"{name} has {A.shape[0]} rows to be sketched and S has shape {self.shape}"
            )
        if sparse.issparse(A):
            A = sparse.csr_array(A)
        complex_ = "c" in (A.dtype.kind, self.dtype.kind)
        out = np.zeros((self.shape[0], A.shape[1]), np.complex128 if complex_ else np.float64)
        self._add(A, self._first, out)
        out *= self._scale()
        if check_finite and not np.isfinite(out).all():
            _check_finite(A, name)
        single = A.dtype.itemsize == (8 if A.dtype.kind == "c" else 4)
        kind = np.complex64 if complex_ else np.float32
        out = out.astype(kind) if single else out
        return out[:, 0] if vector else out

    def _backward(self, Y: Any, name: str) -> np.ndarray:
        X = _canonical(Y, name)
        X = X.toarray() if sparse.issparse(X) else X
        vector = X.ndim == 1
        X = X[:, None] if vector else X
        if X.shape[0] != self.shape[0]:
            raise InvalidInputError(f"{name} has {X.shape[0]} rows and S has shape {self.shape}")
        arrays.check_all_finite(X, name=name)
        single = X.dtype.itemsize == (8 if X.dtype.kind == "c" else 4)
        wide = np.dtype(np.complex128 if X.dtype.kind == "c" else np.float64)
        scaled = np.ascontiguousarray(X, dtype=wide) * self._scale()
        out = self._adjoint(scaled, self._first, self._stop)
        if single:
            out = out.astype(np.complex64 if out.dtype.kind == "c" else np.float32)
        return out[:, 0] if vector else out

    def __matmul__(self, A: Any) -> np.ndarray:
        return self.apply(A)

    def __rmatmul__(self, A: Any) -> np.ndarray:
        """Return A S."""
        return _right(A, self.H)

    def matvec(self, x: Any) -> np.ndarray:
        """Return S x."""
        return self.apply(x)

    def matmat(self, X: Any) -> np.ndarray:
        """Return S X."""
        return self.apply(X)

    def rmatvec(self, y: Any) -> np.ndarray:
        """Return S^H y."""
        return self._backward(y, "y")

    def rmatmat(self, Y: Any) -> np.ndarray:
        """Return S^H Y."""
        return self._backward(Y, "Y")

    def part(self: Self, first: int, stop: int) -> Self:
        """Return the columns ``first : stop`` of S, which sketch those rows of a matrix.

        ``S @ A = sum(S.part(i, j) @ A[i:j])`` over any split of the rows into parts.
        """
        n = self.shape[1]
        first = scalars.as_integer(first, name="first", low=0, high=n)
        stop = scalars.as_integer(stop, name="stop", low=first, high=n)
        new = copy.copy(self)
        new._first, new._stop = self._first + first, self._first + stop
        return new

    def toarray(self) -> np.ndarray:
        """Return S as an array (m, n)."""
        out = self._backward(np.eye(self.shape[0]), "Y")
        return np.ascontiguousarray(out.conj().T)

    def __repr__(self) -> str:
        m, n = self.shape
        return f"<{type(self).__name__} of shape ({m}, {n})>"


class AdjointSketch:
    """S^H of a sketch S, (n, m); ``S.H``, or ``S.T`` where S is real."""

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
        """The sketch S."""
        return self._sketch

    def __matmul__(self, Y: Any) -> np.ndarray:
        return self._sketch._backward(Y, "Y")

    def __rmatmul__(self, A: Any) -> np.ndarray:
        """Return A S^H, the columns of A sketched."""
        return _right(A, self._sketch)

    def matvec(self, y: Any) -> np.ndarray:
        """Return S^H y."""
        return self @ y

    def matmat(self, Y: Any) -> np.ndarray:
        """Return S^H Y."""
        return self @ Y

    def rmatvec(self, x: Any) -> np.ndarray:
        """Return S x."""
        return self._sketch @ x

    def rmatmat(self, X: Any) -> np.ndarray:
        """Return S X."""
        return self._sketch @ X

    def toarray(self) -> np.ndarray:
        """Return S^H as an array (n, m)."""
        return np.ascontiguousarray(self._sketch.toarray().conj().T)

    def __repr__(self) -> str:
        return f"<adjoint of {self._sketch!r}>"


def _right(A: Any, operator: Any) -> np.ndarray:
    """Return A W^H = (W A^H)^H for an operator W."""
    X = _canonical(A, "A")
    if X.ndim == 1:
        return np.asarray(np.conj(operator @ np.conj(X)))
    return np.ascontiguousarray(np.conj(operator @ np.conj(X).T).T)


def _canonical(A: Any, name: str) -> Any:
    """Return A as a canonical array of one or two dimensions, or as a sparse matrix."""
    if sparse.issparse(A):
        if A.ndim != 2:
            raise InvalidInputError(f"{name} must be 2-D, got shape {A.shape}")
        dtype = arrays.canonical_dtype(A.dtype, name=name)
        return A.astype(dtype, copy=False)
    return arrays.as_vector_or_matrix(A, name=name, check_finite=False)


def _check_finite(A: Any, name: str) -> None:
    """Raise where A, whose sketch is not finite, is not."""
    if sparse.issparse(A):
        if not np.isfinite(A.data).all():
            coo = A.tocoo()
            bad = ~np.isfinite(coo.data)
            i = int(np.argmax(bad))
            raise NonFiniteError(
                f"{name}[{coo.row[i]}, {coo.col[i]}] is {coo.data[i]} ({int(bad.sum())} of "
                f"{A.nnz} stored entries not finite); drop or impute such entries first"
            )
    else:
        arrays.check_all_finite(A, name=name)
