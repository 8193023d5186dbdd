"""The factor that grows with a stream: rows that came one by one, turned ever after."""

from __future__ import annotations

import dataclasses

import numpy as np

__all__ = ["GrowingFactor"]


@dataclasses.dataclass(frozen=True, eq=False)
class GrowingFactor:
    """Rows ``[earlier @ turn; rows]``, multiplied out only when they are asked for.

    A merge turns all earlier rows by one small matrix. Turning them at once would cost as
    much as all that came before; kept as a chain, all of them are turned in one pass from
    the last to the first. A link is never changed, so that a copy costs nothing.

    Attributes
    ----------
    rows : ndarray (w, k)
    turn : ndarray (k', k), or None
        What the rows of `earlier` (of k' columns) are multiplied by.
    earlier : GrowingFactor or None
    height : int
        Rows in all.
    pending : int
        Entries of the turns that wait.
    """

    rows: np.ndarray
    turn: np.ndarray | None = None
    earlier: GrowingFactor | None = None
    height: int = 0
    pending: int = 0

    @staticmethod
    def start(rows: np.ndarray) -> GrowingFactor:
        """Return a factor of these rows."""
        return GrowingFactor(rows, height=rows.shape[0])

    @property
    def columns(self) -> int:
        return int(self.rows.shape[1])

    def append(self, turn: np.ndarray, rows: np.ndarray) -> GrowingFactor:
        """Return ``[self @ turn; rows]``."""
        link = GrowingFactor(
            rows, turn, self, self.height + rows.shape[0], self.pending + turn.size
        )
        # Turns in waiting take no more memory than the rows themselves; with blocks at least
        # as wide as the rank the rows double between two collapses.
        return link if link.pending <= link.height * link.columns else link.collapse()

    def collapse(self) -> GrowingFactor:
        """Return the same rows in one piece."""
        return GrowingFactor.start(self.matrix())

    def matrix(self) -> np.ndarray:
        """Return all the rows, multiplied out."""
        if self.earlier is None:
            return self.rows
        out = np.empty((self.height, self.columns), self.rows.dtype)
        link: GrowingFactor | None = self
        product: np.ndarray | None = None
        while link is not None:
            stop = link.height
            part = link.rows if product is None else link.rows @ product
            out[stop - part.shape[0] : stop] = part
            if link.turn is not None:
                product = link.turn if product is None else link.turn @ product
            link = link.earlier
        return out

    def astype(self, dtype: np.dtype) -> GrowingFactor:
        """Return the factor in another dtype."""
        return GrowingFactor.start(self.matrix().astype(dtype))
