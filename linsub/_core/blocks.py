"""Matrices that come as row blocks: re-iterable sequences and dask arrays.

A block sequence is anything whose ``__iter__`` starts afresh and yields 2-D arrays (dense
or sparse) with the same number of columns, from top to bottom. Each product reads all
blocks once; A itself is never assembled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from linsub._core import arrays
from linsub._core.dense import norms
from linsub._core.operators import Operator, view
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["BlocksOperator", "dask_row_parts", "is_block_sequence", "is_dask", "view_blocks"]


def is_dask(A: Any) -> bool:
    """Whether `A` is a dask array (told by its interface: dask is never imported here)."""
    return hasattr(A, "__dask_graph__") and hasattr(A, "to_delayed") and hasattr(A, "chunks")


def is_block_sequence(A: Any) -> bool:
    """Whether `A` is a re-iterable of 2-D blocks, and not a nested list of numbers."""
    if hasattr(A, "__array__") or hasattr(A, "__dlpack__") or hasattr(A, "__next__"):
        return False
    if isinstance(A, list | tuple):
        return len(A) > 0 and all(getattr(block, "ndim", 0) == 2 for block in A)
    return isinstance(A, Iterable) and not isinstance(A, str | bytes | dict | set)


def _dask_blocks(A: Any, name: str) -> Callable[[], Iterator[Any]]:
    if len(A.shape) != 2 or any(np.isnan(s) for s in A.shape):
        raise InvalidInputError(
            f"{name} is a dask array of shape {A.shape}; a 2-D array of known shape is needed "
            "(A.compute_chunk_sizes() finds unknown ones)"
        )
    rows = A.rechunk({1: -1})  # whole rows: a block is then a contiguous piece of A
    parts = rows.to_delayed().ravel()

    def blocks() -> Iterator[Any]:
        for part in parts:
            yield part.compute()

    return blocks


class BlocksOperator(Operator):
    """A re-iterable of row blocks, each seen through its own view."""

    kind = "blocks"
    one_read_normal = True
    one_read_normal_adjoint = False

    def __init__(
        self, blocks: Callable[[], Iterator[Any]], *, kind: str, name: str, check_finite: bool
    ) -> None:
        self._blocks = blocks
        self._name = name
        rows, columns, peak, norm = 0, None, 0.0, 0.0
        dtype = np.dtype(np.float32)
        for i, block in enumerate(blocks()):
            part = view(block, name=f"{name}[block {i}]", check_finite=check_finite)
            if columns is not None and part.shape[1] != columns:
                raise InvalidInputError(
                    f"{name}[block {i}] has {part.shape[1]} columns and the ones before it have "
                    f"{columns}; blocks are groups of rows of one matrix"
                )
            if part.kind == "operator":
                raise InvalidTypeError(
                    f"{name}[block {i}] is a LinearOperator and its entries are needed; pass the "
                    "array behind it, or one LinearOperator for the whole of the matrix"
                )
            columns = part.shape[1]
            rows += part.shape[0]
            dtype = np.result_type(dtype, part.dtype)
            norm = float(np.hypot(norm, (part.frobenius() or 0.0) / part.scale))
            peak = max(peak, (part.frobenius() or 0.0) / part.scale)
        if columns is None:
            raise InvalidInputError(f"{name} has no blocks; pass at least one, or an array (0, n)")
        super().__init__((rows, columns), np.dtype(dtype), arrays.Home())
        self.kind = kind
        self.passes = 1
        self.scale = norms.power_of_two_scale(peak, self.dtype)
        self._frobenius = norm * self.scale

    def frobenius(self) -> float:
        return self._frobenius

    def _parts(self) -> Iterator[tuple[int, Operator]]:
        row = 0
        for i, block in enumerate(self._blocks()):
            part: Any = view(block, name=f"{self._name}[block {i}]", check_finite=False)
            if part.dtype != self.dtype:  # one arithmetic for all: that of the widest block
                wide = part.array.astype(self.dtype)
                part = view(wide / part.scale if part.scale != 1.0 else wide, check_finite=False)
            if row + part.shape[0] > self.shape[0] or part.shape[1] != self.shape[1]:
                break
            yield row, part
            row += part.shape[0]
        else:
            if row == self.shape[0]:
                return
        raise InvalidInputError(
            f"{self._name} did not repeat itself: the first pass gave {self.shape[0]} rows and a "
            "later one did not; a one-shot source belongs in single_pass_svd"
        )

    def _normal(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        Y = np.empty((self.shape[0], X.shape[1]), self.dtype, order="F")
        Z = np.zeros((self.shape[1], X.shape[1]), self.dtype, order="F")
        for row, part in self._parts():
            ratio = self.dtype.type(self.scale / part.scale)
            Zi, Yi = part._normal(X.astype(part.dtype, copy=False))
            Y[row : row + part.shape[0]] = Yi * ratio
            Z += Zi * ratio * ratio  # the square may overflow where the block is zero
        return Z, Y

    def _matmat(self, X: np.ndarray) -> np.ndarray:
        Y = np.empty((self.shape[0], X.shape[1]), self.dtype, order="F")
        for row, part in self._parts():
            ratio = self.dtype.type(self.scale / part.scale)
            Y[row : row + part.shape[0]] = part._matmat(X.astype(part.dtype, copy=False)) * ratio
        return Y

    def _rmatmat(self, Y: np.ndarray) -> np.ndarray:
        Z = np.zeros((self.shape[1], Y.shape[1]), self.dtype, order="F")
        for row, part in self._parts():
            ratio = self.dtype.type(self.scale / part.scale)
            piece = Y[row : row + part.shape[0]].astype(part.dtype, copy=False)
            Z += part._rmatmat(piece) * ratio
        return Z

    def _both(self, X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        W = np.empty((self.shape[0], X.shape[1]), self.dtype, order="F")
        Z = np.zeros((self.shape[1], Y.shape[1]), self.dtype, order="F")
        for row, part in self._parts():
            ratio = self.dtype.type(self.scale / part.scale)
            rows = slice(row, row + part.shape[0])
            Wi, Zi = part._both(
                X.astype(part.dtype, copy=False), Y[rows].astype(part.dtype, copy=False)
            )
            W[rows] = Wi * ratio
            Z += Zi * ratio
        return W, Z

    def row_blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        for row, part in self._parts():
            ratio = self.dtype.type(self.scale / part.scale)
            for i, block in part.row_blocks():
                yield row + i, block * ratio


def view_blocks(A: Any, *, name: str, check_finite: bool) -> BlocksOperator:
    """Return the view on a dask array or on a re-iterable of row blocks."""
    if is_dask(A):
        return BlocksOperator(
            _dask_blocks(A, name), kind="dask", name=name, check_finite=check_finite
        )
    first = next(iter(A), None)
    if first is not None and getattr(first, "ndim", 2) != 2:
        raise InvalidTypeError(
            f"{name} iterates over objects of shape {getattr(first, 'shape', None)}; "
            "row blocks are 2-D arrays"
        )
    return BlocksOperator(lambda: iter(A), kind="blocks", name=name, check_finite=check_finite)


def dask_row_parts(A: Any, block_rows: int | None, name: str) -> list[Callable[[], Any]]:
    """Return callables that compute blocks of rows of a dask array, each knowing no other part."""
    import dask

    if len(A.shape) != 2 or np.isnan(A.shape[1]):
        raise InvalidInputError(f"{name} is a dask array of shape {A.shape}; 2-D is needed")
    if block_rows is None:
        parts = [A.blocks[i] for i in range(A.numblocks[0])]
    elif np.isnan(A.shape[0]):
        raise InvalidInputError(
            f"{name} is a dask array of unknown length; leave block_rows out, or call "
            f"{name}.compute_chunk_sizes() first"
        )
    else:
        parts = [A[i : i + block_rows] for i in range(0, A.shape[0], block_rows)]
    # Each part is optimized on its own: what travels to a worker is its own graph.
    optimize: Any = getattr(dask, "optimize")  # noqa: B009 (it is not in the list of its exports)
    return [_DaskPart(optimize(part)[0]) for part in parts]


class _DaskPart:
    """Computes its part in the thread that calls it, which may be that of a dask worker."""

    def __init__(self, part: Any) -> None:
        self.part = part

    def __call__(self) -> Any:
        return self.part.compute(scheduler="synchronous")
