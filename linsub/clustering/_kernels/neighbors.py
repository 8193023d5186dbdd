"""Nearest neighbours of sparse rows of norm 1 by the moduli of their inner products, exactly.

Products of single precision rule most pairs out; those that may be among the nearest are found
again from the rows themselves. Moduli are ordered as the integers with the same bits: the maximum
of integers is vectorized, that of floating-point numbers is not unless nan is ruled out.
"""

import numpy as np

from linsub._core.jit import njit

__all__ = ["angles", "densify", "nearer"]

# Entries of a row of products that are looked at together.
STRETCH = 256
# All bits of a number of single precision but its sign.
MODULUS = np.int32(0x7FFFFFFF)


@njit()
def densify(indptr, indices, data, rows, out):  # type: ignore[no-untyped-def]
    """Write rows of a CSR matrix to out (rows.size, k), in its precision."""
    out[:, :] = 0.0
    for r in range(rows.size):
        for p in range(indptr[rows[r]], indptr[rows[r] + 1]):
            out[r, indices[p]] = data[p]


@njit()
def angles(indptr, indices, data, rows, inside, out):  # type: ignore[no-untyped-def]
    """Write the angles between rows and the coordinates that are inside (k,)."""
    for r in range(rows.size):
        along, across = 0.0, 0.0
        for p in range(indptr[rows[r]], indptr[rows[r] + 1]):
            square = data[p] * data[p]
            if inside[indices[p]]:
                along += square
            else:
                across += square
        out[r] = np.arctan2(np.sqrt(across), np.sqrt(along))


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
def largest(bits, low, high):  # type: ignore[no-untyped-def]
    """Return the largest modulus of a stretch, as an integer."""
    part = bits[low:high]
    top = np.int32(0)
    for c in range(part.size):
        top = max(top, part[c] & MODULUS)
    return top


@njit()
def floor_of(least, rounding, single, bits):  # type: ignore[no-untyped-def]
    """Return, as an integer, what products of rows at least that like each other reach."""
    single[0] = np.float32(max(0.0, least - rounding))
    return bits[0]


@njit()
def nearer(  # type: ignore[no-untyped-def]
    indptr, indices, data, rows, others, bits, rounding, dense, single, integer, index, size
):
    """Put among the nearest of rows (r,) those of others (c,) that belong there.

    indptr, indices, data: all rows in CSR; bits (r, c): the view as integers of inner products
    that are off by `rounding` at most. dense (k,), zeros, single (1,) and integer (1,), its view:
    workspace. index, size (n, top): nearest rows, and the moduli of their inner products.
    """
    for r in range(rows.size):
        i = rows[r]
        best, found = size[i], index[i]
        floor = floor_of(best[best.size - 1], rounding, single, integer)
        started = False
        for low in range(0, others.size, STRETCH):
            high = min(low + STRETCH, others.size)
            if largest(bits[r], low, high) < floor:
                continue
            if not started:
                started = True
                for p in range(indptr[i], indptr[i + 1]):
                    dense[indices[p]] = data[p]
            for c in range(low, high):
                if (bits[r, c] & MODULUS) >= floor and others[c] != i:
                    j = others[c]
                    insert(likeness_of(indptr, indices, data, j, dense), j, best, found)
                    floor = floor_of(best[best.size - 1], rounding, single, integer)
        if started:
            for p in range(indptr[i], indptr[i + 1]):
                dense[indices[p]] = 0.0
