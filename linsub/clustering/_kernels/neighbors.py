"""Nearest neighbours of sparse rows of norm 1 by the moduli of their inner products, exactly."""

import numpy as np

from linsub._core.jit import njit

__all__ = ["nearest_rows"]

# Columns of a row are followed, largest entry first, until what is left of it has this square:
# enough to rule out most rows, and long before all columns.
LEFT = 0.3
# Inner products are known to that much.
ROUNDING = 1e-12


@njit()
def follow(data, indices, start, end, starts, rows, values, left, work, seen, count):  # type: ignore[no-untyped-def]
    """Add products with columns until `left`; return how many rows were seen, where, the rest."""
    rest = 0.0
    for p in range(start, end):
        rest += data[p] * data[p]
    p = start
    while p < end and rest > left:
        factor, column = data[p], indices[p]
        for q in range(starts[column], starts[column + 1]):
            j = rows[q]
            if work[j] == 0.0:
                seen[count] = j
                count += 1
                work[j] = 1e-200  # so that one that cancels is not seen twice
            work[j] += factor * values[q]
        rest -= factor * factor
        p += 1
    return count, p, np.sqrt(max(rest, 0.0))


@njit()
def insert(likeness, j, best, found):  # type: ignore[no-untyped-def]
    """Put row j where it belongs among the best, the first of equal ones before."""
    t = best.size - 1
    if likeness < best[t] or (likeness == best[t] and 0 <= found[t] < j):
        return
    while t > 0 and (likeness > best[t - 1] or (likeness == best[t - 1] and j < found[t - 1])):
        best[t], found[t] = best[t - 1], found[t - 1]
        t -= 1
    best[t], found[t] = likeness, j


@njit()
def likeness_of(indptr, indices, data, j, dense):  # type: ignore[no-untyped-def]
    """Return the modulus of the inner product of row j with a dense one."""
    found = 0.0
    for p in range(indptr[j], indptr[j + 1]):
        found += data[p] * dense[indices[p]]
    return np.abs(found)


@njit()
def nearest_rows(  # type: ignore[no-untyped-def]
    indptr, indices, data, starts, rows, values, first, stop, work, seen, dense, index, size
):
    """Write the rows most like each row first .. stop - 1, by |<a_i, a_j>|, largest first.

    indptr, indices, data: rows in CSR, largest entries first; starts, rows, values: the same in
    CSC. Of equal ones the first. work (n,), dense (k,), zeros, and seen (n,): workspace; index,
    size (stop - first, top); where there are fewer, size is 0.
    """
    for i in range(first, stop):
        start, end = indptr[i], indptr[i + 1]
        best, found = size[i - first], index[i - first]
        for p in range(start, end):
            dense[indices[p]] = data[p]
        left = LEFT
        count, at, rest = follow(
            data, indices, start, end, starts, rows, values, left, work, seen, 0
        )
        while True:
            best[:], found[:] = 0.0, -1
            for s in range(count):
                if seen[s] != i:
                    insert(np.abs(work[seen[s]]), seen[s], best, found)
            least = np.inf
            for t in range(best.size):
                exact = 0.0
                if found[t] >= 0:
                    exact = likeness_of(indptr, indices, data, found[t], dense)
                least = min(least, exact)
            # Rows that were not seen are less like it than the rest of it.
            if rest + ROUNDING < least or at == end:
                break
            count, at, rest = follow(
                data, indices, at, end, starts, rows, values, -1.0, work, seen, count
            )
        best[:], found[:] = 0.0, -1
        for s in range(count):
            j = seen[s]
            if j != i and np.abs(work[j]) + rest + ROUNDING >= least:
                insert(likeness_of(indptr, indices, data, j, dense), j, best, found)
            work[j] = 0.0
        for p in range(start, end):
            dense[indices[p]] = 0.0
