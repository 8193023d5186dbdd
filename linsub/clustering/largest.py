"""The largest entries of each row, with the first of equal ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

__all__ = ["largest_columns", "largest_of_rows"]


def largest_columns(V: np.ndarray, top: int) -> np.ndarray:
    """Return the columns (n, top) of the `top` largest entries of each row, ascending.

    Of equal entries those with the lower column come in, so that the choice depends on nothing
    but the values.
    """
    n, width = V.shape
    if top == 0:
        return np.zeros((n, 0), dtype=np.int64)
    if top >= width:
        return np.broadcast_to(np.arange(width), (n, width)).copy()
    least = np.partition(V, width - top, axis=1)[:, width - top, None]
    inside = least < V
    open_places = top - np.count_nonzero(inside, axis=1)
    level = least == V
    tied = np.count_nonzero(level, axis=1) > open_places
    inside |= level
    for i in np.flatnonzero(tied):
        inside[i, np.flatnonzero(level[i])[open_places[i] :]] = False
    return np.nonzero(inside)[1].reshape(n, top)


def largest_of_rows(V: np.ndarray, top: int) -> Any:
    """Return V with all but the `top` largest entries of each row dropped, in CSR."""
    columns = largest_columns(V, top)
    n, kept = columns.shape
    data = np.take_along_axis(V, columns, axis=1).ravel()
    found: Any = sparse.csr_array((data, columns.ravel(), np.arange(n + 1) * kept), shape=V.shape)
    found.eliminate_zeros()
    return found
