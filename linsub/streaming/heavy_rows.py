"""Rows of large norm that are kept as they are, outside of the sketch."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from scipy import sparse

from linsub._core.dense import norms

__all__ = ["Heavy"]


@dataclasses.dataclass(frozen=True, eq=False)
class Heavy:
    """At most `most` rows, those of the largest norms among the rows that were ever heavy.

    A row is heavy when its square is at least ``threshold / d`` times that of all rows until then.

    Attributes
    ----------
    most : int
    threshold : float
    rows : ndarray (h, d)
    squares : ndarray (h,)
    """

    most: int = 0
    threshold: float = 0.2
    rows: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 1)))
    squares: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))

    def taken(self, X: Any, squares: np.ndarray, running: np.ndarray) -> tuple[Heavy, Any]:
        """Return what is kept after the rows of X, and the rows that are not.

        Parameters
        ----------
        X : ndarray or CSR (b, d)
        squares : ndarray (b,)
            Of the rows; rows of zeros are dropped.
        running : ndarray (b,)
            The squares of all rows up to each.
        """
        light = squares > 0.0
        if self.most == 0:
            return self, X if light.all() else X[light]
        d = X.shape[1]
        rows, sizes = list(self.rows), list(self.squares)
        returned: dict[int, np.ndarray] = {}
        # Python's loop is entered for heavy rows alone.
        for i in np.flatnonzero(light & (squares * d >= self.threshold * running)):
            least = int(np.argmin(sizes)) if len(sizes) == self.most else None
            if least is not None:
                if squares[i] <= sizes[least]:
                    continue
                returned[int(i)] = rows.pop(least)
                sizes.pop(least)
            light[i] = False
            rows.append(X[i].copy() if isinstance(X, np.ndarray) else X[[i]].toarray()[0])
            sizes.append(float(squares[i]))
        return self._with(rows, sizes, d), _with_returned(X, light, returned)

    def joined(self, other: Heavy) -> tuple[Heavy, np.ndarray]:
        """Return the heaviest rows of both, and the others."""
        if other.squares.size == 0:
            return self, other.rows[:0]
        d = other.rows.shape[1]
        squares = np.concatenate([self.squares, other.squares])
        rows = np.concatenate([self.rows.reshape(-1, d), other.rows])
        order = np.argsort(-squares, kind="stable")
        kept, rest = np.sort(order[: self.most]), np.sort(order[self.most :])
        return dataclasses.replace(self, rows=rows[kept], squares=squares[kept]), rows[rest]

    def faded(self, decay: float) -> Heavy:
        return dataclasses.replace(
            self, rows=self.rows * decay, squares=self.squares * (decay * decay)
        )

    def scaled(self, shift: int) -> Heavy:
        return dataclasses.replace(
            self, rows=norms.ldexp(self.rows, shift), squares=norms.ldexp(self.squares, 2 * shift)
        )

    def _with(self, rows: list[np.ndarray], squares: list[float], d: int) -> Heavy:
        return dataclasses.replace(
            self, rows=np.array(rows).reshape(len(rows), d), squares=np.array(squares)
        )


def _with_returned(X: Any, light: np.ndarray, returned: dict[int, np.ndarray]) -> Any:
    """Return the light rows, and those that came back where the rows stood that replaced them.

    Then the sketch sees the same rows in the same order however they are cut into blocks.
    """
    if not returned:
        return X[light]
    where, back = np.array(list(returned)), np.array(list(returned.values()))
    light[where] = True
    if isinstance(X, np.ndarray):
        mixed = X.copy()
        mixed[where] = back
        return mixed[light]
    order = np.arange(X.shape[0])
    order[where] = X.shape[0] + np.arange(where.size)
    return sparse.vstack([X, sparse.csr_array(back)], format="csr")[order[light]]
