"""One view on everything that acts as a matrix.

``view(A)`` takes a dense array, a SciPy sparse matrix, a LinearOperator, a memory map, a
dask array or a re-iterable sequence of row blocks, and returns an :class:`Operator` with
the four products that the engines need. Every product is one of ``scale * A``, where
``scale`` is an exact power of two that brings the entries near 1, so that no engine meets
1e200 or 1e-200; singular values are divided by it at the end, which is exact.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from linsub._core import arrays, products
from linsub._core.dense import norms
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError

__all__ = ["AdjointOperator", "DenseOperator", "Operator", "SparseOperator", "view"]


class Operator:
    """What the engines see: shape, dtype, the products, and a count of them.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
        f4, f8, c8 or c16.
    kind : str
        ``dense``, ``sparse``, ``operator``, ``blocks`` or ``dask``.
    scale : float
        The power of two by which every product is multiplied.
    products : int
        Matrix-vector products so far, one a column.
    passes : int
        Readings of A from beginning to end so far.
    one_read_normal : bool
        Whether :meth:`normal` reads A once.
    n_threads : int
        Threads of our own kernels; BLAS has a setting of its own.
    """

    kind = "operator"
    one_read_normal = False

    def __init__(self, shape: tuple[int, int], dtype: np.dtype, home: arrays.Home) -> None:
        self.shape = (int(shape[0]), int(shape[1]))
        self.dtype = np.dtype(dtype)
        self.home = home
        self.scale = 1.0
        self.products = 0
        self.passes = 0
        self.n_threads = 1

    # What a subclass gives: products of scale * A, uncounted.
    def _matmat(self, X: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _rmatmat(self, Y: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _normal(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        Y = self._matmat(X)
        return self._rmatmat(Y), Y

    def _both(self, X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._matmat(X), self._rmatmat(Y)

    def frobenius(self) -> float | None:
        """||scale * A||_F, or None where only products are known."""
        return None

    def row_blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield ``(first row, block of scale * A)``; dense blocks from top to bottom."""
        raise NotImplementedError

    def matmat(self, X: np.ndarray) -> np.ndarray:
        """A X."""
        self.products += X.shape[1]
        self.passes += 1
        return self._matmat(X)

    def rmatmat(self, Y: np.ndarray) -> np.ndarray:
        """A^H Y."""
        self.products += Y.shape[1]
        self.passes += 1
        return self._rmatmat(Y)

    def normal(self, X: np.ndarray) -> np.ndarray:
        """A^H (A X)."""
        return self.normal_keep(X)[0]

    def normal_keep(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A^H (A X) and A X."""
        self.products += 2 * X.shape[1]
        self.passes += 1 if self.one_read_normal else 2
        return self._normal(X)

    def both(self, X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A X and A^H Y."""
        self.products += X.shape[1] + Y.shape[1]
        self.passes += 1 if self.one_read_normal else 2
        return self._both(X, Y)

    @property
    def adjoint(self) -> Operator:
        """A^H as an operator; it counts on the same counters."""
        return AdjointOperator(self)

    @property
    def eps(self) -> float:
        return float(np.finfo(self.dtype).eps)


class AdjointOperator(Operator):
    """A^H; products are counted on the operator that it looks at."""

    def __init__(self, base: Operator) -> None:
        super().__init__(base.shape[::-1], base.dtype, base.home)
        self.base = base
        self.kind = base.kind
        self.scale = base.scale

        array = getattr(base, "array", None)
        if array is not None:
            self.array = array.conj().T if self.dtype.kind == "c" else array.T

    def matmat(self, X: np.ndarray) -> np.ndarray:
        return self.base.rmatmat(X)

    def rmatmat(self, Y: np.ndarray) -> np.ndarray:
        return self.base.matmat(Y)

    def normal_keep(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        base = self.base
        base.products += 2 * X.shape[1]
        base.passes += 1 if self.one_read_normal else 2
        return base._normal_adjoint(X) if hasattr(base, "_normal_adjoint") else self._two(X)

    def _two(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        Y = self.base._rmatmat(X)
        return self.base._matmat(Y), Y

    def both(self, X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        W, Z = self.base.both(Y, X)
        return Z, W

    @property
    def one_read_normal(self) -> bool:  # type: ignore[override]
        return bool(getattr(self.base, "one_read_normal_adjoint", False))

    def frobenius(self) -> float | None:
        return self.base.frobenius()

    def single(self) -> Operator | None:
        """Return the adjoint of the float32 twin, where there is one."""
        make = getattr(self.base, "single", None)
        twin = make() if make is not None else None
        return None if twin is None else twin.adjoint

    @property
    def adjoint(self) -> Operator:
        return self.base


def _is_mapped(A: np.ndarray) -> bool:
    """Whether the memory of A is that of a file."""
    base: Any = A
    while base is not None:
        if isinstance(base, np.memmap):
            return True
        base = getattr(base, "base", None)
    return False


class DenseOperator(Operator):
    """A canonical ndarray in memory or memory-mapped."""

    kind = "dense"

    def __init__(self, A: np.ndarray, home: arrays.Home, name: str, check_finite: bool) -> None:
        super().__init__(A.shape, A.dtype, home)
        self.mapped = _is_mapped(A)
        peak, squares, finite = products.scan(A)
        if not finite and check_finite:
            arrays.check_all_finite(A, name=name)
        self.scale = norms.power_of_two_scale(peak, A.dtype)
        self._frobenius: float | None = None
        if self.scale != 1.0:
            A = A * A.dtype.type(self.scale)
        elif finite:
            self._frobenius = float(np.sqrt(squares))
        self.array = A
        self.one_read_normal = products.fusable(A)
        self.one_read_normal_adjoint = products.fusable(A.T)

    def _matmat(self, X: np.ndarray) -> np.ndarray:
        return products.matmat(self.array, X, self.n_threads)

    def _rmatmat(self, Y: np.ndarray) -> np.ndarray:
        return products.rmatmat(self.array, Y, self.n_threads)

    def _normal(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return products.normal(self.array, X, self.n_threads)

    def _normal_adjoint(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.one_read_normal_adjoint:  # real and F-ordered: A^T is a C-ordered view
            return products.normal(self.array.T, X, self.n_threads)
        Y = products.rmatmat(self.array, X, self.n_threads)
        return products.matmat(self.array, Y, self.n_threads), Y

    def _both(self, X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return products.both(self.array, X, Y, self.n_threads)

    def frobenius(self) -> float:
        if self._frobenius is None:
            self._frobenius = norms.frobenius(self.array)
        return self._frobenius

    def single(self) -> DenseOperator | None:
        """Return a float32 twin of a float64 matrix in memory, up to a power of two.

        None for others: a copy of a memory map might not fit.
        """
        if self.dtype != np.float64 or self.mapped:
            return None
        norm = self.frobenius()
        alpha = norms.power_of_two_scale(norm, np.dtype(np.float32))
        if alpha != 1.0:  # in double precision still, whose exponents reach further
            alpha = norms.power_of_two_scale(norm, self.dtype, always=True)
        array = self.array if alpha == 1.0 else self.array * alpha
        twin = DenseOperator(array.astype(np.float32), self.home, "A", False)
        twin.scale *= self.scale * alpha
        twin.n_threads = self.n_threads
        return twin

    def row_blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        step = max(1, (1 << 21) // max(1, self.shape[1] * self.array.itemsize))
        for i in range(0, self.shape[0], step):
            yield i, self.array[i : i + step]


class SparseOperator(Operator):
    """A scipy.sparse matrix in CSR or CSC form, never densified as a whole."""

    kind = "sparse"

    def __init__(self, A: Any, home: arrays.Home, name: str, check_finite: bool) -> None:
        dtype = arrays.canonical_dtype(A.dtype, name=name)
        if A.format not in ("csr", "csc"):
            A = A.tocsr()
        if A.dtype != dtype or not A.data.dtype.isnative:
            A = A.astype(dtype)
        if not A.has_canonical_format:  # duplicates are sums, so norms need them summed
            A = A.copy()
            A.sum_duplicates()
        super().__init__(A.shape, dtype, home)
        if check_finite and not np.isfinite(A.data).all():
            coo = A.tocoo()
            bad = ~np.isfinite(coo.data)
            i = int(np.argmax(bad))
            raise NonFiniteError(
                f"{name}[{coo.row[i]}, {coo.col[i]}] is {coo.data[i]} ({int(bad.sum())} of "
                f"{A.nnz} stored entries not finite); drop or impute such entries first"
            )
        self.scale = norms.power_of_two_scale(norms.max_abs(A.data), dtype)
        self.array = A if self.scale == 1.0 else A * dtype.type(self.scale)
        self.nnz = int(A.nnz)
        self.one_read_normal = products.fusable(self.array)
        self.one_read_normal_adjoint = products.fusable(self.array.T)

    _matmat = DenseOperator._matmat
    _rmatmat = DenseOperator._rmatmat
    _normal = DenseOperator._normal
    _normal_adjoint = DenseOperator._normal_adjoint
    _both = DenseOperator._both

    def frobenius(self) -> float:
        return norms.frobenius(self.array.data)

    def row_blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        A = self.array.tocsr()
        step = max(1, (1 << 21) // max(1, self.shape[1] * self.dtype.itemsize))
        for i in range(0, self.shape[0], step):
            yield i, A[i : i + step].toarray()


class LinearOperatorView(Operator):
    """Anything with ``shape``, ``matvec`` and ``rmatvec`` (and ``matmat`` where it has them)."""

    kind = "operator"

    def __init__(self, A: Any, name: str) -> None:
        dtype = getattr(A, "dtype", None)
        dtype = np.dtype(np.float64) if dtype is None else arrays.canonical_dtype(dtype, name=name)
        super().__init__(A.shape, dtype, arrays.Home())
        self._operator = A
        self._name = name

    def rescale(self, alpha: float) -> None:
        """Set the scale, once the size of the operator has been seen in a product."""
        self.scale = alpha

    def _call(self, X: np.ndarray, block: str, single: str, rows: int) -> np.ndarray:
        X = X * X.dtype.type(self.scale) if self.scale != 1.0 else X
        try:
            if hasattr(self._operator, block):
                Y = getattr(self._operator, block)(X)
            else:
                f = getattr(self._operator, single)
                Y = np.stack([self._column(f(x), single, rows) for x in X.T], axis=1)
        except (AttributeError, NotImplementedError, TypeError) as error:
            # SciPy's operators without an adjoint call None.
            if isinstance(error, TypeError) and "NoneType" not in str(error):
                raise
            raise InvalidTypeError(
                f"{self._name} gives no {single}: the adjoint product is needed; "
                "define rmatvec (or rmatmat) on the operator"
            ) from error
        Y = np.asarray(Y)
        if Y.shape != (rows, X.shape[1]):
            raise InvalidInputError(
                f"{self._name}.{block} returned shape {Y.shape} for an input of shape {X.shape}; "
                f"expected {(rows, X.shape[1])}"
            )
        if Y.dtype.kind == "c" and self.dtype.kind != "c":
            raise InvalidTypeError(
                f"{self._name}.{block} returned complex numbers but its dtype is {self.dtype}; "
                "declare a complex dtype on the operator"
            )
        if not np.isfinite(Y).all():
            raise NonFiniteError(f"{self._name}.{block} returned nan or inf; see to its input")
        return Y.astype(self.dtype, copy=False)

    def _column(self, y: Any, single: str, rows: int) -> np.ndarray:
        y = np.asarray(y)
        if y.shape not in ((rows,), (rows, 1)):
            raise InvalidInputError(
                f"{self._name}.{single} returned shape {y.shape}; expected ({rows},)"
            )
        return np.asarray(y.reshape(rows))

    def _matmat(self, X: np.ndarray) -> np.ndarray:
        return self._call(X, "matmat", "matvec", self.shape[0])

    def _rmatmat(self, Y: np.ndarray) -> np.ndarray:
        return self._call(Y, "rmatmat", "rmatvec", self.shape[1])


def _is_sparse(A: Any) -> bool:
    module = sys.modules.get("scipy.sparse")
    return module is not None and bool(module.issparse(A))


def _is_linear_operator(A: Any) -> bool:
    return (
        not isinstance(A, np.ndarray)
        and callable(getattr(A, "matvec", None))
        and hasattr(A, "shape")
    )


def view(A: Any, *, name: str = "A", check_finite: bool = True) -> Operator:
    """Return the operator view on whatever `A` is.

    Raises
    ------
    InvalidTypeError
        For a one-shot iterator (only streaming algorithms can take it), a masked array, a
        tensor that requires grad, an array on another device, and the like.
    InvalidInputError, NonFiniteError
    """
    if isinstance(A, Operator):
        return A
    if _is_sparse(A):
        if A.ndim != 2:
            raise InvalidInputError(f"{name} must be 2-D, got shape {A.shape}")
        return SparseOperator(A, arrays.Home(), name, check_finite)
    if _is_linear_operator(A):
        if len(A.shape) != 2:
            raise InvalidInputError(f"{name} must be 2-D, got shape {A.shape}")
        return LinearOperatorView(A, name)
    from linsub._core import blocks

    if blocks.is_dask(A) or blocks.is_block_sequence(A):
        return blocks.view_blocks(A, name=name, check_finite=check_finite)
    if callable(getattr(A, "__next__", None)):
        raise InvalidTypeError(
            f"{name} is a one-shot iterator and several passes over it are needed; pass a list of "
            "blocks or an object whose __iter__ starts afresh, or use single_pass_svd"
        )
    return DenseOperator(
        arrays.as_matrix(A, name=name, check_finite=False), arrays.home(A), name, check_finite
    )
