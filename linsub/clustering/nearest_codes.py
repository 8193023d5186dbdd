"""Nearest neighbours of sparse codes by angle, exactly, most pairs never looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub._core.progress import Progress
from linsub._core.threads import run_parts

__all__ = ["nearest_codes"]

# Rows whose neighbours are found together, and candidates whose products with them are formed
# together (2 MB of single precision).
_ROWS, _CANDIDATES = 1024, 512

# The exemplars that stand for a group hold so much of its squares: more make candidates.
_SHARE = 0.5

# Angles are known to that much: the arc cosine of a number near 1 has half of its digits.
_ANGLE = 1e-6


def nearest_codes(codes: Any, top: int, n_threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row the rows at the smallest angles with it up to sign, and the cosines.

    Index -1 and cosine 0 where there are fewer than `top`; rows of zeros have none. Of equal ones
    the first. Both are (n, top), the nearest first.

    Rows are grouped by their largest entries. If a row makes the angle a with the coordinates that
    a group uses, and another row the angle b, then the angle between the rows is ``|a - b|`` at
    least: candidates are taken in the order of b until no row of the group can have a nearer one.
    """
    rows = _unit_codes(codes)
    n = rows.shape[0]
    index, size = np.full((n, top), -1, dtype=np.int64), np.zeros((n, top))
    groups = _groups(rows)
    with Progress(n, "neighbours") as progress:

        def task(group: np.ndarray) -> None:
            _of_group(rows, group, index, size)
            progress.advance(group.size)

        run_parts([lambda group=group: task(group) for group in groups], n_threads)  # type: ignore[misc]
    return index, size


def _unit_codes(codes: Any) -> Any:
    """Bring rows to norm 1, in order of their columns; those that are 0 stay."""
    rows: Any = sparse.csr_array(codes, dtype=np.float64, copy=True)
    rows.sum_duplicates()
    rows.eliminate_zeros()
    each = np.diff(rows.indptr)
    full = np.flatnonzero(each)
    start = rows.indptr[full]
    # By a power of two first, whose squares neither over- nor underflow.
    largest = np.maximum.reduceat(np.abs(rows.data), start) if full.size else np.zeros(0)
    rows.data = np.ldexp(rows.data, np.repeat(-np.frexp(largest)[1], each[full]))
    norm = np.sqrt(np.add.reduceat(np.square(rows.data), start)) if full.size else largest
    rows.data /= np.repeat(norm, each[full])
    rows.indptr, rows.indices = rows.indptr.astype(np.int64), rows.indices.astype(np.int64)
    return rows


def _groups(rows: Any) -> list[np.ndarray]:
    """Return rows that are not 0 with the same columns of largest entries, at most _ROWS each."""
    n = rows.shape[0]
    row = np.repeat(np.arange(n), np.diff(rows.indptr))
    order = np.lexsort((-np.abs(rows.data), row))
    full = np.flatnonzero(np.diff(rows.indptr))
    first = rows.indices[order[rows.indptr[full]]]
    full = full[np.argsort(first, kind="stable")]
    _, counts = np.unique(first, return_counts=True)
    cuts, begin, start = [], 0, 0
    for count in counts.tolist():
        stop = start + count
        if stop - begin > _ROWS and start > begin:
            cuts.append(start)
            begin = start
        while stop - begin > _ROWS:
            begin += _ROWS
            cuts.append(begin)
        start = stop
    return [part for part in np.split(full, cuts) if part.size]


def _of_group(rows: Any, group: np.ndarray, index: np.ndarray, size: np.ndarray) -> None:
    """Write the nearest rows of a group, and their cosines."""
    from linsub.clustering._kernels.neighbors import angles, densify, nearer

    k = rows.shape[1]
    matrix = rows.indptr, rows.indices, rows.data
    others = np.flatnonzero(np.diff(rows.indptr))
    own, theirs = np.empty(group.size), np.empty(others.size)
    inside = _columns(rows, group)
    angles(*matrix, group, inside, own)
    angles(*matrix, others, inside, theirs)
    order = np.argsort(theirs, kind="stable")
    others, theirs = others[order], theirs[order]
    A = np.empty((group.size, k), dtype=np.float32)
    densify(*matrix, group, A)
    B = np.empty((_CANDIDATES, k), dtype=np.float32)
    products = np.empty(group.size * _CANDIDATES, dtype=np.float32)
    single, dense = np.empty(1, dtype=np.float32), np.zeros(k)
    # Entries are rounded, and sums of k products, whose moduli have a sum of 1 at most; a tenth
    # more for terms of second order.
    rounding = 1.1 * (k + 4) * 2.0**-24
    for low in range(0, others.size, _CANDIDATES):
        some = others[low : low + _CANDIDATES]
        # Where all that follow are further from it than its nearest so far, a row is done.
        reach = own + np.arccos(np.minimum(size[group, -1], 1.0)) + _ANGLE
        going = reach >= theirs[low]
        if not going.all():
            group, own, A = group[going], own[going], A[going]
        if group.size == 0:
            break
        densify(*matrix, some, B[: some.size])
        P = products[: group.size * some.size].reshape(group.size, some.size)
        np.matmul(A, B[: some.size].T, out=P)
        nearer(
            *matrix, group, some, P.view(np.int32), rounding, dense, single,
            single.view(np.int32), index, size,
        )  # fmt: skip


def _columns(rows: Any, group: np.ndarray) -> np.ndarray:
    """Return which columns hold most of the squares of a group."""
    squares = np.asarray(rows[group].power(2).sum(axis=0)).ravel()
    order = np.argsort(-squares, kind="stable")
    sums = np.cumsum(squares[order])
    inside = np.zeros(squares.size, dtype=np.bool_)
    inside[order[: 1 + int(np.searchsorted(sums, _SHARE * sums[-1]))]] = True
    return inside
