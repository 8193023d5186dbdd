"""The concatenation read from left to right in panels of columns, never as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from linsub._core.progress import Progress
from linsub.concat.collection import Collection

__all__ = ["ConcatenatedOperator", "block_sums", "panel_width", "panels", "split_columns"]

# Columns of a panel: enough for products at the speed of BLAS, and so that thousands of
# single columns cost hundreds of calls less.
_COLUMNS = 256

# A panel of a very tall collection is narrower, so that it and what is computed from it
# stay below 32 MiB of doubles each.
_ENTRIES = 1 << 22

# A larger block is cut even where whole blocks give a better bound: 128 MiB of doubles.
_WHOLE_ENTRIES = 1 << 24


def panel_width(height: int, at_least: int = 1) -> int:
    """Columns of a panel of this height."""
    return max(1, at_least, min(_COLUMNS, _ENTRIES // max(1, height)))


def panels(
    c: Collection,
    label: str,
    *,
    width: int | None = None,
    whole: bool = False,
    dtype: np.dtype | None = None,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield ``(first column, panel of scale M)``; together they are every column once.

    Narrow blocks are joined and wide ones are cut; each is read once.

    Parameters
    ----------
    c : Collection
    label : str
        What the progress line calls this reading.
    width : int, optional
        Columns of a panel, of all but the last.
    whole : bool, optional
        Cut no block, unless it is too large for that; `width` is then the least that is
        joined.
    dtype : dtype, optional
        Of the panels; that of the collection by default.
    """
    width = width or panel_width(c.height)
    most = max(width, _WHOLE_ENTRIES // max(1, c.height)) if whole else width
    held: list[np.ndarray] = []
    start = count = 0
    with Progress(len(c), label) as progress:
        for A in c:
            first = 0
            while first < A.shape[1]:
                rest = A.shape[1] - first
                if whole and held and count + rest > most:
                    yield start, _joined(held, dtype or c.dtype)
                    start, count, held = start + count, 0, []
                part = A[:, first : first + most - count]
                held.append(part)
                first += part.shape[1]
                count += part.shape[1]
                if count >= width:
                    yield start, _joined(held, dtype or c.dtype)
                    start, count, held = start + count, 0, []
            progress.advance()
        if count:
            yield start, _joined(held, dtype or c.dtype)


def _joined(parts: list[np.ndarray], dtype: np.dtype) -> np.ndarray:
    panel = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
    return panel.astype(dtype, copy=False)


def block_sums(c: Collection, columns: np.ndarray) -> np.ndarray:
    """Return the sums over each block of numbers that belong to the columns of M."""
    owner = np.repeat(np.arange(len(c)), c.widths)
    return np.bincount(owner, weights=columns, minlength=len(c))


def split_columns(c: Collection, C: np.ndarray) -> list[np.ndarray]:
    """Return the columns of `C` that belong to each block, as arrays of their own."""
    ends = np.cumsum(c.widths)
    return [C[:, end - w : end].copy(order="C") for w, end in zip(c.widths, ends, strict=True)]


class ConcatenatedOperator:
    """``scale M`` as a LinearOperator: each product reads every block once."""

    def __init__(self, c: Collection) -> None:
        self.shape = (c.height, c.width)
        self.dtype = c.dtype
        self._collection = c
        self.reads = 0

    def matmat(self, X: np.ndarray) -> np.ndarray:
        Y = np.zeros((self.shape[0], X.shape[1]), self.dtype, order="F")
        self.reads += 1
        for j, P in panels(self._collection, "product"):
            Y += P @ X[j : j + P.shape[1]]
        return Y

    def rmatmat(self, Y: np.ndarray) -> np.ndarray:
        Z = np.empty((self.shape[1], Y.shape[1]), self.dtype, order="F")
        self.reads += 1
        for j, P in panels(self._collection, "product"):
            Z[j : j + P.shape[1]] = P.conj().T @ Y
        return Z

    def matvec(self, x: np.ndarray) -> np.ndarray:
        return self.matmat(x.reshape(-1, 1))[:, 0]

    def rmatvec(self, y: np.ndarray) -> np.ndarray:
        return self.rmatmat(y.reshape(-1, 1))[:, 0]
