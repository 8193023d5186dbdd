"""Rows wherever they are, as pieces that a worker can read for itself."""

from __future__ import annotations

import dataclasses
import mmap
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from scipy import sparse

from linsub._core import arrays, blocks
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["Piece", "pieces"]

# Entries of a piece where the caller does not say: 64 MB, many times what a merge costs.
_ENTRIES = 1 << 23


class Piece(Protocol):
    """A block of rows that is read where it is needed."""

    @property
    def where(self) -> str:
        """What errors call it."""

    def read(self) -> Any:
        """Return the block."""


@dataclasses.dataclass(frozen=True, eq=False)
class _Held:
    where: str
    block: Any

    def read(self) -> Any:
        return self.block


@dataclasses.dataclass(frozen=True, eq=False)
class _Called:
    where: str
    function: Callable[[], Any]

    def read(self) -> Any:
        return self.function()


@dataclasses.dataclass(frozen=True)
class _InFile:
    """Rows of a ``.npy`` file; all of them where `stop` is None."""

    where: str
    path: str
    start: int = 0
    stop: int | None = None

    def read(self) -> Any:
        return _open(self.path)[self.start : self.stop]


@dataclasses.dataclass(frozen=True)
class _Mapped:
    """Rows of a raw file, through a map of their own: its pages go when it goes."""

    where: str
    path: str
    dtype: np.dtype
    offset: int
    shape: tuple[int, int]

    def read(self) -> Any:
        if 0 in self.shape:
            return np.zeros(self.shape, self.dtype)
        return np.memmap(self.path, self.dtype, "r", offset=self.offset, shape=self.shape)


def pieces(source: Any, block_rows: int | None) -> tuple[Iterator[Piece], int | None]:
    """Return the pieces of a source, and how many there are where that is known."""
    if isinstance(source, str | os.PathLike):
        return _of_file(os.fspath(source), block_rows)
    if blocks.is_dask(source):
        parts = blocks.dask_row_parts(source, block_rows, "source")
        return (_Called(_nth(i), part) for i, part in enumerate(parts)), len(parts)
    if sparse.issparse(source) or hasattr(source, "__array__") or hasattr(source, "__dlpack__"):
        return _of_array(source, block_rows)
    if isinstance(source, list | tuple):
        if source and not any(_is_item(item) for item in source):
            return _of_array(
                arrays.as_matrix(source, name="source", check_finite=False), block_rows
            )
        return map(_piece, count(), source), len(source)
    if isinstance(source, dict | set) or not isinstance(source, Iterable):
        raise InvalidTypeError(
            f"source is a {type(source).__name__}; pass an array, the path of a .npy file, a dask "
            "array, or an iterable of blocks or of callables that return one"
        )
    return map(_piece, count(), source), None


def _is_item(item: Any) -> bool:
    return getattr(item, "ndim", 0) == 2 or callable(item) or isinstance(item, str | os.PathLike)


def _nth(i: int) -> str:
    return f"block {i} of source"


def _range(start: int, stop: int) -> str:
    return f"source[{start}:{stop}]"


def _piece(i: int, item: Any) -> Piece:
    if isinstance(item, str | os.PathLike):
        return _InFile(_nth(i), _checked(os.fspath(item)))
    if blocks.is_dask(item):
        return _Called(_nth(i), item.compute)
    return _Called(_nth(i), item) if callable(item) else _Held(_nth(i), item)


def _checked(path: str) -> str:
    if not Path(path).is_file():
        raise InvalidInputError(f"source: there is no file {path}")
    return path


def _open(path: str) -> np.ndarray:
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise InvalidInputError(f"source: {path} is no .npy file ({error})") from error
    if not isinstance(found, np.ndarray):
        raise InvalidInputError(f"source: {path} holds several arrays; save one as .npy")
    return found


def _of_file(path: str, block_rows: int | None) -> tuple[Iterator[Piece], int]:
    A = _open(_checked(path))
    cuts = _cuts(A.shape, block_rows)
    return (_InFile(_range(*cut), path, *cut) for cut in cuts), len(cuts)


def _of_array(A: Any, block_rows: int | None) -> tuple[Iterator[Piece], int]:
    arrays.refuse(A, "source")
    A = A.tocsr() if hasattr(A, "tocsr") else A
    cuts = _cuts(tuple(A.shape), block_rows)
    offset = _offset(A)
    if offset is None:
        return (_Held(_range(*cut), A[slice(*cut)]) for cut in cuts), len(cuts)
    width = A.shape[1]
    row = width * A.dtype.itemsize

    def mapped(start: int, stop: int) -> Piece:
        begin, shape = offset + start * row, (stop - start, width)
        return _Mapped(_range(start, stop), str(A.filename), A.dtype, begin, shape)

    return (mapped(start, stop) for start, stop in cuts), len(cuts)


def _offset(A: Any) -> int | None:
    """Return where in its file a memory map's rows begin; None for what is no plain map of one."""
    if not isinstance(A, np.memmap) or A.filename is None or A.mode == "c":
        return None
    if not A.flags.c_contiguous or A.size == 0 or A._mmap is None:  # type: ignore[attr-defined]
        return None
    # A slice of a map keeps the offset of the whole: addresses say where it is.
    base: Any = np.frombuffer(A._mmap, np.uint8)  # type: ignore[attr-defined]
    ahead = A.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    return int(A.offset - A.offset % mmap.ALLOCATIONGRANULARITY + ahead)


def _cuts(shape: tuple[int, ...], block_rows: int | None) -> list[tuple[int, int]]:
    if len(shape) != 2:
        raise InvalidInputError(f"source must be 2-D, got shape {shape}")
    n, d = shape
    step = block_rows or max(1, _ENTRIES // max(1, d))
    return [(i, min(n, i + step)) for i in range(0, n, step)] or [(0, 0)]
