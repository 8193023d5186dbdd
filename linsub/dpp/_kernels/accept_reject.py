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

# The share of a row that is left by rounding alone, squared.
_NOTHING = 1e-28


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
def _turn(Q: np.ndarray, t: int, c: np.ndarray, size: float, y: np.ndarray) -> None:
    """Turn the rows of Q from t on so that Q[t] has the direction of sum_{b>=t} c[b] Q[b].

    By the reflection that takes the unit vector a = c / ||c|| to a multiple of the first one:
    the rows stay orthonormal however small c is. `size` is ||c||^2; c is overwritten.
    """
    m = Q.shape[0]
    scale = 1.0 / np.sqrt(size)
    for b in range(t, m):
        c[b] *= scale
    head = abs(c[t])
    c[t] += c[t] / head if head > 0.0 else 1.0
    for i in range(m):
        y[i] = 0.0
    b = t
    while b + 4 <= m:
        c0, c1, c2, c3 = c[b], c[b + 1], c[b + 2], c[b + 3]
        for i in range(m):
            y[i] += c0 * Q[b, i] + c1 * Q[b + 1, i] + c2 * Q[b + 2, i] + c3 * Q[b + 3, i]
        b += 4
    while b < m:
        for i in range(m):
            y[i] += c[b] * Q[b, i]
        b += 1
    for b in range(t, m):
        f = np.conj(c[b]) / (1.0 + head)
        for i in range(m):
            Q[b, i] -= f * y[i]


@njit()
def draw(
    U: np.ndarray,
    columns: np.ndarray,
    cdf: np.ndarray,
    masses: np.ndarray,
    uniforms: np.ndarray,
    Q: np.ndarray,
    found: np.ndarray,
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
        With one row: of `masses`, what was left of all items when no more than `count` of them
        had been accepted. With r rows: of |U[:, c]|^2 for each c, whose mixture over `columns` is
        the leverage; then `masses` is empty.
    uniforms : (n,)
    Q : (m, m)
        Orthonormal rows, of which the first `count` span the accepted rows of U[:, columns]. To
        begin with any, such as the identity.
    found : (m,) int
        The accepted items.
    count : int
    allowance : int
        Rows of Q that may be read in vain.

    Returns
    -------
    status, count, used, work, log_mass
        `used` uniforms, `work` rows of Q read in vain, the sum of the logarithms of what was left
        of each item accepted here.
    """
    m = columns.size
    v, c, y = np.empty(m, Q.dtype), np.empty(m, Q.dtype), np.empty(m, Q.dtype)
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
        # Along the rows of Q that are left: nothing is subtracted, however little it is.
        _dots(Q, count, m, v, c)
        left = _size(c[count:])
        accepted = left > max(enough, _NOTHING * _size(v))
        for i in range(count):
            accepted = accepted and found[i] != j
        if accepted:
            _turn(Q, count, c, left, y)
            log_mass += np.log(left)
            found[count] = j
            count += 1
        else:
            work += m - count + 1
    return DONE, count, used, work, log_mass
