"""The boundary for collections: matrices with the same number of rows, side by side.

Blocks may be arrays of any accepted type, memory maps, sparse matrices, or callables that
return one each time they are called, so that a collection may be larger than memory. They
are looked at once, one at a time; afterwards each is read afresh when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from linsub._core import arrays
from linsub._core.dense import norms
from linsub._core.progress import Progress
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["Collection", "collect"]


# Norms of two readings of the same block differ by rounding, far below this.
_REPEATED = 1e-6


class Collection:
    """Blocks A_1, ..., A_N of one height, canonical and at one scale.

    Attributes
    ----------
    height : int
        Rows m of every block.
    widths : list of int
        Columns of each block; 0 is fine.
    dtype : dtype
        f4, f8, c8 or c16, wide enough for all of them.
    home : Home
        The array type of the first block, to hand results back in.
    scale : float
        The power of two that brings the largest entry of all blocks near 1; 1.0 for zero.
    squares : ndarray of float64
        ||scale A_i||_F^2.
    norms : ndarray of float64
        ||A_i||_F, right also where the square above underflows.
    reads : int
        How often a block was read.
    """

    def __init__(self, source: _Source, name: str, check_finite: bool) -> None:
        if len(source) == 0:
            raise InvalidInputError(f"{name} is empty; pass at least one matrix")
        self._source = source
        self._name = name
        self._check_finite = check_finite
        self.widths: list[int] = []
        self.dtype = np.dtype(np.float32)
        self.home = arrays.Home()
        self.scale = 1.0
        self.height = 0
        self.squares = np.zeros(len(source))
        self.norms = np.zeros(len(source))
        self.reads = len(source)
        self._scan()

    def _scan(self) -> None:
        """Read every block once: shapes, dtypes, sizes, and whether all is finite."""
        sizes = []
        with Progress(len(self._source), f"reading {self._name}") as progress:
            for i in range(len(self._source)):
                given = self._source.take(i)
                A = self._canonical(given, i, self._check_finite)
                if i == 0:
                    self.home = arrays.home(given)
                    self.height = A.shape[0]
                elif A.shape[0] != self.height:
                    raise InvalidInputError(
                        f"{self.label(i)} has {A.shape[0]} rows, {self.label(0)} has "
                        f"{self.height}; blocks are put side by side, so their heights must agree"
                    )
                self.widths.append(A.shape[1])
                self.dtype = np.dtype(np.result_type(self.dtype, A.dtype))
                peak = norms.max_abs(A)
                own = norms.power_of_two_scale(peak, A.dtype)
                norm = norms.frobenius(A if own == 1.0 else A * A.dtype.type(own))
                sizes.append((peak, own, norm))
                progress.advance()
        # Always near 1, so that the squares of errors far below the norm keep their digits,
        # and blocks that differ by a power of two give the same result to the bit.
        largest = max(peak for peak, _, _ in sizes)
        self.scale = norms.power_of_two_scale(largest, self.dtype, always=True)
        # The ratio before the square: where a block is tiny beside the largest its square is
        # zero, and where it is zero its own scale is 1 and the square of the other could be inf.
        with np.errstate(under="ignore"):
            self.squares[:] = [(norm * (self.scale / own)) ** 2 for _, own, norm in sizes]
        with np.errstate(over="ignore", under="ignore"):
            self.norms[:] = [norm / own for _, own, norm in sizes]

    def label(self, i: int) -> str:
        """What messages call block i."""
        return f"{self._name}[{i}]"

    def _canonical(self, given: Any, i: int, check_finite: bool) -> np.ndarray:
        if hasattr(given, "toarray") and hasattr(given, "tocsr"):
            arrays.canonical_dtype(given.dtype, name=self.label(i))
            given = given.toarray()
        return arrays.as_matrix(given, name=self.label(i), check_finite=check_finite)

    def __len__(self) -> int:
        return len(self._source)

    @property
    def width(self) -> int:
        """Columns of the concatenation."""
        return sum(self.widths)

    @property
    def eps(self) -> float:
        return float(np.finfo(self.dtype).eps)

    def block(self, i: int) -> np.ndarray:
        """Return scale A_i, dense and canonical; it may share the caller's memory: never write.

        Raises
        ------
        InvalidInputError
            If a lazy or mapped block has another shape, another norm or a wider type than when
            it was first read.
        NonFiniteError
            If a lazy block has become nan or inf.
        """
        A = self.original(i)
        return A if self.scale == 1.0 else A * self.dtype.type(self.scale)

    def original(self, i: int) -> np.ndarray:
        """Return A_i itself, dense and canonical, in the type of all; raises as `block` does."""
        self.reads += 1
        lazy = self._source.is_lazy(i)
        A = self._canonical(self._source.take(i), i, lazy and self._check_finite)
        expected = (self.height, self.widths[i])
        if A.shape != expected or np.result_type(A.dtype, self.dtype) != self.dtype:
            raise InvalidInputError(
                f"{self.label(i)} did not repeat itself: at first it had shape {expected}, now "
                f"it is {A.shape} of dtype {A.dtype}; a callable must return the same matrix "
                "each time"
            )
        if lazy or self.is_out_of_core(i):
            self._check_repeated(A, i)
        return A.astype(self.dtype, copy=False)

    def _check_repeated(self, A: np.ndarray, i: int) -> None:
        norm, first = norms.frobenius(A), float(self.norms[i])
        if norm != first and not abs(norm - first) <= _REPEATED * first:
            raise InvalidInputError(
                f"{self.label(i)} did not repeat itself: at first its norm was {first:.6g}, now it "
                f"is {norm:.6g}; a callable or a file must give the same matrix each time"
            )

    def is_out_of_core(self, i: int) -> bool:
        """Whether block i is computed or mapped, so that a copy may not fit into memory."""
        return self._source.is_lazy(i) or isinstance(self._source.take(i), np.memmap)

    def __iter__(self) -> Iterator[np.ndarray]:
        for i in range(len(self)):
            yield self.block(i)

    def __repr__(self) -> str:
        return f"Collection({len(self)} blocks, {self.height} x {self.width} {self.dtype})"


class _Source:
    """What was passed in: items that are held, or that are computed when they are asked for."""

    def __init__(self, items: Any, count: int, read: Callable[[int], Any] | None = None) -> None:
        self._items = items
        self._count = count
        self._read = read

    def __len__(self) -> int:
        return self._count

    def _item(self, i: int) -> Any:
        if self._read is not None:
            return self._read(i)
        # A stack is indexed along all its axes, as the array API asks for.
        return self._items[i, ...] if hasattr(self._items, "shape") else self._items[i]

    def take(self, i: int) -> Any:
        item = self._item(i)
        return item() if _is_lazy(item) else item

    def is_lazy(self, i: int) -> bool:
        return self._read is not None or _is_lazy(self._item(i))


def _is_lazy(item: Any) -> bool:
    """Whether `item` is called to get the block: no class, array or LinearOperator is."""
    if isinstance(item, type) or hasattr(item, "shape") or callable(getattr(item, "matvec", None)):
        return False
    return callable(item)


def collect(blocks: Any, *, name: str = "blocks", check_finite: bool = True) -> Collection:
    """Return the collection view on `blocks`; the blocks are read once, one at a time.

    Parameters
    ----------
    blocks : sequence of matrices (m, n_i), or array of shape (N, m, n)
        Arrays of any accepted type, memory maps, scipy.sparse matrices, callables without
        arguments that return one of these each time, or a sequence object that loads a
        block when it is indexed. An object that is given twice counts twice.
    name : str
        What the error messages call it.
    check_finite : bool
        Refuse nan and inf.

    Raises
    ------
    InvalidInputError
        If there is no block, a block is no matrix, or heights differ.
    InvalidTypeError
        If `blocks` is a single matrix, a mapping, a set, a one-shot iterator, and the like.
    NonFiniteError
        If an entry is nan or inf; the message names the block and the entry.
    """
    if isinstance(blocks, Collection):
        return blocks
    return Collection(_source(blocks, name), name, check_finite)


def _source(blocks: Any, name: str) -> _Source:
    shape = getattr(blocks, "shape", None)
    if isinstance(blocks, np.ndarray) and blocks.dtype == object and blocks.ndim == 1:
        blocks, shape = list(blocks), None
    if shape is not None:
        arrays.refuse(blocks, name)
        if len(shape) == 3:
            return _Source(blocks, int(shape[0]))
        raise InvalidInputError(
            f"{name} is one array of shape {tuple(shape)}; pass a list of matrices, [{name}] for "
            "a single one, or a stack of shape (N, m, n)"
        )
    if isinstance(blocks, list | tuple):
        held = tuple(blocks)
        return _Source(held, len(held))
    if isinstance(blocks, Mapping):
        raise InvalidTypeError(f"{name} is a mapping; pass list({name}.values())")
    if isinstance(blocks, AbstractSet):
        raise InvalidTypeError(f"{name} is a set, which has no order; pass a list")
    if isinstance(blocks, str | bytes | type) or blocks is None:
        kind = f"the class {blocks.__name__}" if isinstance(blocks, type) else type(blocks).__name__
        raise InvalidTypeError(f"{name} must be a sequence of matrices, got {kind}")
    if isinstance(blocks, Sequence) or (
        hasattr(blocks, "__getitem__") and hasattr(blocks, "__len__")
    ):
        return _Source(blocks, len(blocks), lambda i: blocks[i])
    if callable(getattr(blocks, "__next__", None)) or isinstance(blocks, Iterable):
        raise InvalidTypeError(
            f"{name} is a {type(blocks).__name__}, which cannot be read again block by block; "
            f"pass list({name}), or a list of callables that load one block each"
        )
    raise InvalidTypeError(f"{name} must be a sequence of matrices, got a {type(blocks).__name__}")
