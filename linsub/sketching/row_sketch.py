"""The sketch of a matrix whose rows come in blocks, at one place or at many."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.sketching.inputs import as_rows, check_finite_rows, dtype_of_product
from linsub.sketching.operator import Sketch

__all__ = ["RowSketch"]


class RowSketch:
    """S A for a matrix A (n, d) whose rows come in blocks: sketches of parts are added.

    Parameters
    ----------
    sketch : Sketch
        The operator S (m, n); n must be known, and may be more than what comes: rows that do not
        come count as zero. For :class:`OSNAP`, :class:`CountSketch` and :class:`SparseSign` it
        may be as large as one likes, at no cost.
    first : int, optional
        The number of the first row that comes here.

    Attributes
    ----------
    n_rows : int
        Rows so far.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* ``S @ A = sum(S.part(i, j) @ A[i:j])``. The sums are in double precision. Those
    of the hashed sketches have the same terms in the same order however the rows of one
    RowSketch are split into blocks: the result is the same to the last bit. *Cost.* m d numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import OSNAP, RowSketch
    >>> A = np.random.default_rng(0).standard_normal((1000, 5))
    >>> S = OSNAP(1000, 80, rng=0)
    >>> here, there = RowSketch(S), RowSketch(OSNAP(1000, 80, rng=0), first=600)
    >>> for i in range(0, 600, 50):
    ...     here = here.update(A[i : i + 50])
    >>> there = there.update(A[600:])
    >>> np.allclose(here.merge(there).result(), S @ A)
    True
    """

    def __init__(self, sketch: Sketch, *, first: int = 0) -> None:
        if not isinstance(sketch, Sketch):
            raise InvalidTypeError(
                f"sketch must be a sketch such as OSNAP(n, m), got {type(sketch).__name__}"
            )
        self.sketch = sketch
        self._next = scalars.as_integer(first, name="first", low=0, high=sketch.shape[1])
        self._seen: list[tuple[int, int]] = []  # the rows so far, as sorted ranges
        self._sum: np.ndarray | None = None
        self._dtype = np.dtype(np.float32)

    @property
    def n_rows(self) -> int:
        return sum(stop - first for first, stop in self._seen)

    def update(self, A: Any, *, n_threads: int = 1) -> RowSketch:
        """Add the next block of rows, (b, d), dense or sparse; returns self.

        After an error nothing has changed.
        """
        n_threads = scalars.as_integer(n_threads, name="n_threads", low=1)
        rows = as_rows(A, "A")
        if rows.ndim != 2:
            raise InvalidInputError(
                f"A must be 2-D, got shape {rows.shape}; use A[None, :] for a row"
            )
        if self._sum is not None and rows.shape[1] != self._sum.shape[1]:
            raise InvalidInputError(
                f"A has {rows.shape[1]} columns and the rows before had {self._sum.shape[1]}"
            )
        stop, n = self._next + rows.shape[0], self.sketch.shape[1]
        if stop > n:
            raise InvalidInputError(
                f"A has the rows {self._next}:{stop} and the operator has {n} columns; make it "
                "for as many rows as may come"
            )
        seen = _union(self._seen, [(self._next, stop)], "A")
        check_finite_rows(rows, "A")
        kind = dtype_of_product(rows, self.sketch.dtype, wide=True)
        total = self._total(rows.shape[1], kind)
        with np.errstate(over="ignore", invalid="ignore"):
            if total.size and rows.shape[0]:
                self.sketch._add(rows, self.sketch._first + self._next, total, n_threads)
        if not np.isfinite(total).all():
            raise InvalidInputError(
                "A has entries so large that the sketch overflows; scale it down"
            )
        self._sum, self._seen, self._next = total, seen, stop
        self._dtype = np.result_type(self._dtype, dtype_of_product(rows, self.sketch.dtype))
        return self

    def _total(self, d: int, kind: np.dtype) -> np.ndarray:
        """Return a copy of the sum so far, in that dtype at least."""
        if self._sum is None:
            return np.zeros((self.sketch.shape[0], d), kind)
        return self._sum.astype(np.result_type(self._sum.dtype, kind))

    def merge(self, other: RowSketch) -> RowSketch:
        """Return the sketch of the rows of both; neither is changed.

        Its next block of rows begins behind the last row of the two.

        Raises
        ------
        InvalidInputError
            If they are not of the same operator, or have rows in common.
        """
        if not isinstance(other, RowSketch):
            raise InvalidTypeError(f"other must be a RowSketch, got {type(other).__name__}")
        mine, theirs = self.sketch, other.sketch
        same = mine.same_operator(theirs)
        if not same or (mine._first, mine._stop) != (theirs._first, theirs._stop):
            raise InvalidInputError(
                f"other is a sketch by {theirs!r} and this one by {mine!r}, another operator: only "
                "sketches by one operator, made from one seed, can be added"
            )
        new = RowSketch(mine)
        new._seen = _union(self._seen, other._seen, "other")
        new._next = max(self._next, other._next)
        new._dtype = np.result_type(self._dtype, other._dtype)
        sums = [x for x in (self._sum, other._sum) if x is not None]
        if len(sums) == 2 and sums[0].shape != sums[1].shape:
            raise InvalidInputError(
                f"other has {sums[1].shape[1]} columns and this sketch has {sums[0].shape[1]}"
            )
        if sums:
            new._sum = sums[0] + sums[1] if len(sums) == 2 else sums[0].copy()
        return new

    def result(self) -> np.ndarray:
        """Return S A, (m, d), for the rows so far; in single precision if all of them were."""
        if self._sum is None:
            raise InvalidInputError("no rows have come yet; call update first")
        return (self._sum * self.sketch._scale()).astype(self._dtype)

    def __repr__(self) -> str:
        return f"<RowSketch of {self.n_rows} rows by {self.sketch!r}>"


def _union(
    mine: list[tuple[int, int]], theirs: list[tuple[int, int]], name: str
) -> list[tuple[int, int]]:
    """Return disjoint ranges, sorted and joined."""
    found: list[tuple[int, int]] = []
    for first, stop in sorted(r for r in (*mine, *theirs) if r[0] < r[1]):
        if found and first < found[-1][1]:
            raise InvalidInputError(
                f"{name} has the rows {first}:{min(stop, found[-1][1])}, which were sketched before"
            )
        if found and first == found[-1][1]:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((first, stop))
    return found
