"""The SVD of the last blocks of a stream, without taking anything away."""

from __future__ import annotations

import copy
from typing import Any, Literal

from linsub._core import scalars
from linsub.errors import InvalidInputError
from linsub.svd.incremental import IncrementalSVD
from linsub.svd.result import SVDResult

__all__ = ["SlidingWindowSVD"]


class SlidingWindowSVD:
    """Truncated SVD of the last `window` blocks of a stream.

    Parameters
    ----------
    window : int
        Number of blocks, at least 1.
    rank : int, optional
    error, center, keep_left, keep_right, dtype : optional
        As in :class:`IncrementalSVD`.

    Notes
    -----
    *Algorithm.* Columns cannot be taken out of a truncated SVD: what was discarded is gone, and
    subtraction is unstable. A queue of two stacks needs none of it: new blocks are merged into
    one SVD as they come; when the oldest has to leave, the SVDs of the stacked blocks are
    merged once from the newest to the oldest, and from then on each departure uncovers the
    next of these. *Cost.* Two to three merges a block on average; at most 2 `window` SVDs are
    kept. *Accuracy.* That of a merge tree: the error is exact (claim ``svd-merge-tree``).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svd import SlidingWindowSVD
    >>> svd = SlidingWindowSVD(2, rank=1)
    >>> for value in (100.0, 3.0, 4.0):
    ...     _ = svd.update(np.full((1, 1), value))
    >>> svd.result().S.round(12).tolist()
    [5.0]
    """

    def __init__(
        self,
        window: int,
        rank: int | None = None,
        *,
        error: float | None = None,
        center: bool = False,
        keep_left: bool = True,
        keep_right: bool = False,
        dtype: Any = None,
    ) -> None:
        self.window = scalars.as_integer(window, name="window", low=1)
        self._empty = IncrementalSVD(
            rank,
            error=error,
            center=center,
            keep_left=keep_left,
            keep_right=keep_right,
            dtype=dtype,
        )
        self._axis: int | None = None
        # the oldest blocks, each with all that came after it up to the turn; the last is first
        self._old: list[IncrementalSVD] = []
        self._new: list[IncrementalSVD] = []
        self._sum: IncrementalSVD | None = None  # of the new ones
        self.n_updates = 0

    def __len__(self) -> int:
        return len(self._old) + len(self._new)

    def update(self, block: Any, axis: Literal[0, 1] = 0) -> SlidingWindowSVD:
        """Append a block of rows (``axis=0``) or columns; the oldest one leaves a full window.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            The window is then what it was before.
        """
        axis = 0 if scalars.as_integer(axis, name="axis", low=0, high=1) == 0 else 1
        if self._axis not in (None, axis):
            raise InvalidInputError(f"axis is {axis} and was {self._axis}: a window has one axis")
        one = copy.copy(self._empty).update(block, axis=axis)
        total = one if self._sum is None else copy.copy(self._sum).merge(one)
        if self._sum is None and self._old:
            copy.copy(self._old[-1]).merge(one)  # raises where the block does not fit
        whole: IncrementalSVD | None = total
        old, new = self._old, [*self._new, one]
        if len(old) + len(new) > self.window:
            if not old:
                old, new, whole = _stacked(new), [], None
            old = old[:-1]
        # All at once, when nothing can fail or be interrupted any more.
        self._axis, self._old, self._new, self._sum = axis, old, new, whole
        self.n_updates += 1
        return self

    def result(self) -> SVDResult:
        """Return the truncated SVD of the blocks in the window, with its certificate.

        Raises
        ------
        InvalidInputError
            If there was no block yet.
        """
        if not self._old:
            return (self._sum or self._empty).result()
        if self._sum is None:
            return self._old[-1].result()
        return copy.copy(self._old[-1]).merge(self._sum).result()


def _stacked(blocks: list[IncrementalSVD]) -> list[IncrementalSVD]:
    """Return each block with all that came after it; the oldest is last."""
    old: list[IncrementalSVD] = []
    for one in reversed(blocks):
        old.append(copy.copy(one).merge(old[-1]) if old else one)
    return old
