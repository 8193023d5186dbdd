"""Accept-reject sampling of a projection DPP, one item after another.

Items are proposed from a distribution p that dominates what is left of them, and accepted
with the probability that is left: the first accepted one has exactly the law that the
chain rule asks for, whatever p is. Uniforms come in a buffer; a kernel that runs out of
them, or of the work that it was allowed, returns at a proposal's end and can be resumed.
"""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["DONE", "MORE_UNIFORMS", "STALE", "draw", "find"]

DONE, MORE_UNIFORMS, STALE = 0, 1, 2

# Uniforms that one proposal may use: a column, a row, the acceptance.
_PER_PROPOSAL = 3


@njit()
def find(cdf: np.ndarray, x: float) -> int:
    """Return the first index with cdf > x, an item of positive mass; the last one if none."""
    low, high = 0, cdf.size
    while low < high:
        middle = (low + high) // 2
        if cdf[middle] > x:
            high = middle
        else:
            low = middle + 1
    if low < cdf.size:
        return low
    low = cdf.size - 1  # x was rounded up to the total
    while low > 0 and cdf[low - 1] == cdf[low]:
        low -= 1
    return low


@njit(reassociate=True)
def _size(x: np.ndarray) -> float:
    """||x||^2."""
    total = 0.0
    for i in range(x.size):
        total += x[i].real * x[i].real + x[i].imag * x[i].imag
    return total


@njit(reassociate=True)
def _dots(Q: np.ndarray, first: int, stop: int, v: np.ndarray, out: np.ndarray) -> None:
    """out[b] = Q[b]^H v for first <= b < stop, four rows at a time: v is loaded once for them."""
    m = v.size
    b = first
    while b + 4 <= stop:
        c0, c1, c2, c3 = v[0] * 0, v[0] * 0, v[0] * 0, v[0] * 0
        for i in range(m):
            c0 += np.conj(Q[b, i]) * v[i]
            c1 += np.conj(Q[b + 1, i]) * v[i]
            c2 += np.conj(Q[b + 2, i]) * v[i]
            c3 += np.conj(Q[b + 3, i]) * v[i]
        out[b], out[b + 1], out[b + 2], out[b + 3] = c0, c1, c2, c3
        b += 4
    while b < stop:
        c0 = v[0] * 0
        for i in range(m):
            c0 += np.conj(Q[b, i]) * v[i]
        out[b] = c0
        b += 1


@njit(reassociate=True)
def _subtract(v: np.ndarray, Q: np.ndarray, t: int, c: np.ndarray) -> None:
    """v -= sum_{b<t} c[b] Q[b]."""
    b = 0
    while b + 4 <= t:
        c0, c1, c2, c3 = c[b], c[b + 1], c[b + 2], c[b + 3]
        for i in range(v.size):
            v[i] -= c0 * Q[b, i] + c1 * Q[b + 1, i] + c2 * Q[b + 2, i] + c3 * Q[b + 3, i]
        b += 4
    while b < t:
        c0 = c[b]
        for i in range(v.size):
            v[i] -= c0 * Q[b, i]
        b += 1


@njit()
def _left_over(
    Q: np.ndarray,
    span: tuple[int, int],
    v: np.ndarray,
    left: float,
    enough: float,
    seen: np.ndarray,
) -> tuple[float, int]:
    """Return what Q[span] leaves of the mass `left` of v, and how many rows of Q were read.

    Once nothing above `enough` is left it does not matter how little it is. The coefficients
    along Q[span] go to `seen`.
    """
    first, stop = span
    b = first
    while b < stop:
        end = min(b + 4, stop)
        _dots(Q, b, end, v, seen)
        for k in range(b, end):
            left -= seen[k].real * seen[k].real + seen[k].imag * seen[k].imag
        b = end
        if left <= enough:
            break
    return left, b - first


@njit()
def _append(Q: np.ndarray, t: int, v: np.ndarray, seen: np.ndarray, since: int) -> float:
    """Make Q[t] the direction of v beyond Q[:t]; return its squared length, 0 if none is left.

    A second projection is made where the first took half of v or more: Daniel, Gragg, Kaufman
    and Stewart's criterion, which keeps Q orthonormal to working precision. Of the first one
    the coefficients from `since` on are known.
    """
    before = _size(v)
    _dots(Q, 0, since, v, seen)
    _subtract(v, Q, t, seen)
    after = _size(v)
    if after < 0.5 * before:
        _dots(Q, 0, t, v, seen)
        _subtract(v, Q, t, seen)
        after = _size(v)
    if not after > 1e-28 * before:
        return 0.0
    scale = 1.0 / np.sqrt(after)
    for i in range(v.size):
        Q[t, i] = v[i] * scale
    return after


@njit()
def draw(
    U: np.ndarray,
    columns: np.ndarray,
    cdf: np.ndarray,
    masses: np.ndarray,
    uniforms: np.ndarray,
    Q: np.ndarray,
    found: np.ndarray,
    since: int,
    count: int,
    allowance: int,
) -> tuple[int, int, int, int, float]:
    """Fill ``found[count:]`` with further items of the projection DPP of the rows of U[:, columns].

    Parameters
    ----------
    U : (N, r)
    columns : (m,) int
        Of U; their orthonormal columns are the kernel's.
    cdf : (1, N) or (r, N)
        With one row: of `masses`, what was left of all items when `since` of them had been
        accepted. With r rows: of |U[:, c]|^2 for each c, whose mixture over `columns` is the
        leverage; then `masses` is empty and `since` is 0.
    uniforms : (n,)
    Q : (m, m)
        Orthonormal rows, filled up to `count`: the span of the accepted rows.
    found : (m,) int
        The accepted items.
    since, count : int
    allowance : int
        Rows of Q that may be read in vain.

    Returns
    -------
    status, count, used, work, log_mass
        `used` uniforms, `work` rows of Q read in vain, the sum of the logarithms of what was left
        of each item accepted here.
    """
    m = columns.size
    v = np.empty(m, Q.dtype)
    seen = np.empty(m, Q.dtype)
    used = work = 0
    log_mass = 0.0
    while count < m:
        if used + _PER_PROPOSAL > uniforms.size:
            return MORE_UNIFORMS, count, used, work, log_mass
        if work > allowance:
            return STALE, count, used, work, log_mass
        which = 0
        if cdf.shape[0] > 1:
            which = columns[min(int(uniforms[used] * m), m - 1)]
        row = cdf[which]
        j = find(row, uniforms[used + 1] * row[row.size - 1])
        for i in range(m):
            v[i] = U[j, columns[i]]
        mass = masses[j] if masses.size else _size(v)
        enough = uniforms[used + 2] * mass
        used += _PER_PROPOSAL
        left, read = _left_over(Q, (since, count), v, mass, enough, seen)
        accepted = left > enough
        for i in range(count):
            accepted = accepted and found[i] != j
        if accepted:
            size = _append(Q, count, v, seen, since)
            accepted = size > 0.0
            if accepted:
                log_mass += np.log(size)
                found[count] = j
                count += 1
        if not accepted:
            work += read + 1
    return DONE, count, used, work, log_mass
