"""Orthogonal matching pursuit on unit atoms, one target after another.

Everything that runs along the atoms is done a stretch at a time, which stays in the first-level
cache. Scores are not negative, so that they are ordered as the integers with the same bits: the
maximum of integers is vectorized, that of floating-point numbers is not unless nan is ruled out.

A 0 that another kernel takes is written ZERO: numba would compile that kernel once more for the
literal.
"""

import numpy as np

from linsub._core.jit import njit

__all__ = ["omp_direct", "omp_gram"]

ZERO = np.int64(0)

# How a target ended.
TOLERANCE, FULL, EXHAUSTED = 0, 1, 2

# A candidate whose pivot is less is dependent on what was chosen: the Gram matrix knows pivots to
# some eps, Gram-Schmidt to their own eps.
DEPENDENT, DEPENDENT_DIRECTLY = 1e-12, 1e-20
# A correlation whose square is less is rounding: (8 eps)^2.
NOTHING = 3.2e-30
# What OLS divides by is at least this.
LEAST = 1e-14
# Atoms of a stretch: five arrays of 4 KB in a cache of 32 KB.
STRETCH = 512
# Numbers of the columns of a stretch that serve a tile of targets: 256 KB of the second level.
CACHE = 1 << 15


@njit()
def copy_of(source, out):  # type: ignore[no-untyped-def]
    """Copy numbers; out[:] = source would compile a text of its shapes with it."""
    for j in range(out.size):
        out[j] = source[j]


@njit()
def largest(bits, low, high):  # type: ignore[no-untyped-def]
    """Return the largest score of a stretch, as an integer."""
    part = bits[low:high]
    top = part[0]
    for j in range(part.size):
        top = max(top, part[j])
    return top


@njit()
def first_of(bits, top, low):  # type: ignore[no-untyped-def]
    """Return the first index of a score, from low on."""
    for j in range(low, bits.size):
        if bits[j] == top:
            return j
    return 0


@njit()
def best(bits):  # type: ignore[no-untyped-def]
    """Return the first of the largest scores."""
    top = largest(bits, ZERO, bits.size)
    return first_of(bits, top, ZERO)


@njit()
def judge(work, low, high):  # type: ignore[no-untyped-def]
    """Write the scores of a stretch: squared correlations over squared norms."""
    scores, correlation, inverse = work[0, low:high], work[1, low:high], work[2, low:high]
    for c in range(scores.size):
        scores[c] = correlation[c] * correlation[c] * inverse[c]


@njit()
def discount(inverse, along):  # type: ignore[no-untyped-def]
    """Take the new direction out of the squared norms that OLS divides by."""
    for c in range(inverse.size):
        if inverse[c] > 0.0:
            inverse[c] = 1.0 / max(1.0 / inverse[c] - along[c] * along[c], LEAST)


@njit(reassociate=True)
def add_rows(out, weights, rows, count, low, high):  # type: ignore[no-untyped-def]
    """Add sum_t weights[t] rows[t, low:high], four rows at a time: out is stored less often."""
    t = 0
    while t + 4 <= count:
        a, b, c, d = weights[t], weights[t + 1], weights[t + 2], weights[t + 3]
        A, B, C, D = (
            rows[t, low:high],
            rows[t + 1, low:high],
            rows[t + 2, low:high],
            rows[t + 3, low:high],
        )
        for j in range(out.size):
            out[j] += (a * A[j] + b * B[j]) + (c * C[j] + d * D[j])
        t += 4
    while t < count:
        a, A = weights[t], rows[t, low:high]
        for j in range(out.size):
            out[j] += a * A[j]
        t += 1


@njit()
def back_substitute(L, z, count, out):  # type: ignore[no-untyped-def]
    """Solve L^T c = z for the leading count unknowns."""
    for t in range(count - 1, -1, -1):
        value = z[t]
        for u in range(t + 1, count):
            value -= L[u, t] * out[u]
        out[t] = value / L[t, t]


@njit()
def start(work, bits, owner):  # type: ignore[no-untyped-def]
    """Mask the target itself and score all atoms by their correlations; return the best."""
    work[2, :] = 1.0
    if owner >= 0:
        work[2, owner] = 0.0
    judge(work, ZERO, bits.size)
    return best(bits)


@njit()
def project(G, j, P, weights, count, pivot, step, ols, work, bits):  # type: ignore[no-untyped-def]
    """Take atom j in: the next row of P, the correlations after it, their scores; return the best.

    weights (count,) minus the row of the Cholesky factor that atom j has.
    """
    top, where = np.int64(-1), ZERO
    scale = 1.0 / pivot
    for low in range(0, bits.size, STRETCH):
        high = min(low + STRETCH, bits.size)
        row, correlation = P[count, low:high], work[1, low:high]
        copy_of(G[j, low:high], row)
        add_rows(row, weights, P, count, low, high)
        for c in range(row.size):
            row[c] *= scale
            correlation[c] -= step * row[c]
        if ols:
            discount(work[2, low:high], row)
        judge(work, low, high)
        found = largest(bits, low, high)
        if found > top:
            top, where = found, np.int64(low)
    return first_of(bits, top, where)


@njit()
def omp_gram(G, H, owner, k, least, ols, P, work, bits, L, z, index, value, info):  # type: ignore[no-untyped-def]
    """Pursue targets whose correlations with all atoms are the rows of H (t, n).

    G (n, n) Gram matrix of unit atoms; owner (t,) the atom that target i must not use, or -1;
    k atoms at most; least (t,) the squared residual, of unit targets, to stop at.
    P (k, n), work (3, n), bits (n,) the view of work[0] as integers, L (k, k), z (2, k):
    workspace. index, value (t, k) and info (t, 2): atoms, coefficients, how many and how it ended.
    """
    weights = z[1]
    for i in range(H.shape[0]):
        copy_of(H[i], work[1])
        j = start(work, bits, owner[i])
        rest, count, ended = 1.0, 0, FULL
        while count < k:
            if rest <= least[i]:
                ended = TOLERANCE
                break
            if work[0, j] <= NOTHING:
                ended = EXHAUSTED
                break
            pivot = G[j, j]
            for t in range(count):
                L[count, t] = P[t, j]
                weights[t] = -P[t, j]
                pivot -= P[t, j] * P[t, j]
            work[2, j] = 0.0
            if pivot <= DEPENDENT:
                work[0, j] = 0.0
                j = best(bits)
                continue
            L[count, count] = np.sqrt(pivot)
            z[0, count] = work[1, j] / L[count, count]
            rest -= z[0, count] * z[0, count]
            index[i, count] = j
            count += 1
            if count < k:
                step = z[0, count - 1]
                j = project(G, j, P, weights, count - 1, np.sqrt(pivot), step, ols, work, bits)
        if count == k and rest <= least[i]:
            ended = TOLERANCE
        back_substitute(L, z[0], count, value[i])
        info[i, 0], info[i, 1] = count, ended


# Columns of the integers and numbers that are kept of each target of a tile.
RUNNING, GREW, BEST = 0, 1, 2
REST, SCORE = 0, 1

# Scores are screened in single precision. A correlation of unit vectors is off by d + 4 roundings
# at most, and what is made of it by 5; UPWARD is 16.
ROUNDING = 2.0**-24
UPWARD = 1.0 + 16.0 * ROUNDING


@njit()
def screen(columns, direction, mask, scratch, low, high):  # type: ignore[no-untyped-def]
    """Write what the scores of a stretch are at most to scratch[0], for a residual of norm 1."""
    d, n = columns.shape[0], high - low
    scores, part, weight = scratch[0, :n], scratch[1, :n], mask[low:high]
    allowance = np.float32((d + 8.0) * ROUNDING)
    part[:] = np.float32(0.0)
    add_rows(part, direction, columns, d, low, high)
    for c in range(n):
        most = np.abs(part[c]) + allowance
        scores[c] = most * most * weight[c]


@njit()
def take_if_better(j, atom, residual, inverse, state, size):  # type: ignore[no-untyped-def]
    """Let atom j be the best if its score is larger, or as large and it comes first."""
    along = 0.0
    for p in range(atom.size):
        along += atom[p] * residual[p]
    score = along * along * inverse
    if score > size[SCORE] or (score == size[SCORE] and j < state[BEST]):
        state[BEST], size[SCORE] = j, score


@njit()
def scan(  # type: ignore[no-untyped-def]
    columns, single, atoms, Q, count, ols, inverse, mask, direction, new, scratch, bits, state, size
):
    """Find the best atom of each target of a tile that still runs.

    A stretch of the atoms serves all targets while it is in the cache. Scores are exact for the
    atoms that single precision does not rule out.
    """
    n, d = atoms.shape
    k = Q.shape[1] - 1
    width = max(64, min(STRETCH, CACHE // d))
    size[:, SCORE] = -1.0
    for low in range(0, n, width):
        high = min(low + width, n)
        for i in range(count.size):
            if state[i, RUNNING] == 0:
                continue
            if ols and state[i, GREW] == 1:
                along = new[: high - low]
                along[:] = 0.0
                add_rows(along, Q[i, count[i] - 1], columns, d, low, high)
                discount(inverse[i, low:high], along)
                for c in range(low, high):
                    mask[i, c] = inverse[i, c] * UPWARD
            screen(single, direction[i], mask[i], scratch, low, high)
            rest, scores = size[i, REST], scratch[0]
            bits[STRETCH] = largest(bits, ZERO, high - low)
            if scores[STRETCH] * rest < size[i, SCORE]:
                continue
            at = first_of(bits, bits[STRETCH], ZERO)
            j = low + at
            take_if_better(j, atoms[j], Q[i, k], inverse[i, j], state[i], size[i])
            least = np.float32(size[i, SCORE] / rest / UPWARD)
            for c in range(high - low):
                if scores[c] >= least and c != at:
                    j = low + c
                    take_if_better(j, atoms[j], Q[i, k], inverse[i, j], state[i], size[i])


@njit()
def advance(  # type: ignore[no-untyped-def]
    atoms, least, Q, L, z, inverse, mask, direction, state, size, index, count
):
    """Take in the best atom of a target; return how it ended, or -1."""
    k = index.size
    state[GREW] = 0
    if size[SCORE] <= NOTHING * size[REST]:
        state[RUNNING] = 0
        return EXHAUSTED
    j, c, residual = state[BEST], count[0], Q[k]
    inverse[j], mask[j] = 0.0, 0.0
    if orthogonalize(atoms[j], Q, c, L) <= DEPENDENT_DIRECTLY:
        return -1
    along, rest = 0.0, 0.0
    for p in range(residual.size):
        along += Q[c, p] * residual[p]
    for p in range(residual.size):
        residual[p] -= along * Q[c, p]
        rest += residual[p] * residual[p]
    for p in range(residual.size):
        direction[p] = residual[p] / np.sqrt(rest)
    z[c], index[c], size[REST] = along, j, rest
    count[0] = c + 1
    state[GREW] = 1
    if rest > least and c + 1 < k:
        return -1
    state[RUNNING] = 0
    return TOLERANCE if rest <= least else FULL


@njit()
def omp_direct(  # type: ignore[no-untyped-def]
    columns, single, atoms, targets, owner, k, least, ols, new, scratch, bits, inverse, mask,
    direction, Q, L, z, state, size, index, value, info,
):  # fmt: skip
    """Pursue targets (t, d) of norm 1 without a Gram matrix, a tile of T of them at a time.

    atoms (n, d) of norm 1, as columns (d, n) for OLS only, and as single (d, n) in float32; least
    (t,) as in omp_gram. new (STRETCH,), scratch (2, STRETCH + 1) in float32, bits the view of
    scratch[0] as integers, inverse (T, n), mask (T, n) and direction (T, d) in float32, Q
    (T, k + 1, d) the orthonormalized atoms and, last, the residual, L (T, k, k), z (T, k), state
    (T, 3) integers, size (T, 2): workspace. The rest as in omp_gram.
    """
    tile = inverse.shape[0]
    for first in range(0, targets.shape[0], tile):
        m = min(tile, targets.shape[0] - first)
        count, running = info[first : first + m, 0], 0
        for i in range(m):
            copy_of(targets[first + i], Q[i, k])
            copy_of(targets[first + i], direction[i])
            inverse[i, :], mask[i, :] = 1.0, UPWARD
            if owner[first + i] >= 0:
                inverse[i, owner[first + i]], mask[i, owner[first + i]] = 0.0, 0.0
            size[i, REST] = 1.0
            state[i, GREW], count[i], info[first + i, 1] = 0, 0, TOLERANCE
            state[i, RUNNING] = 1 if least[first + i] < 1.0 else 0
            running += state[i, RUNNING]
        while running > 0:
            scan(
                columns, single, atoms, Q, count, ols, inverse, mask, direction, new, scratch,
                bits, state, size,
            )  # fmt: skip
            for i in range(m):
                if state[i, RUNNING] == 0:
                    continue
                f = first + i
                ended = advance(
                    atoms, least[f], Q[i], L[i], z[i], inverse[i], mask[i], direction[i],
                    state[i], size[i], index[f], count[i : i + 1],
                )  # fmt: skip
                if ended >= 0:
                    info[f, 1] = ended
                    running -= 1
        for i in range(m):
            back_substitute(L[i], z[i], count[i], value[first + i])


@njit()
def orthogonalize(atom, Q, count, L):  # type: ignore[no-untyped-def]
    """Write to Q[count] what is new of an atom, and its coefficients to L[count]; return pivot."""
    d = atom.size
    new = Q[count]
    copy_of(atom, new)
    L[count, :] = 0.0
    for _ in range(2):  # once more for what the first pass left by rounding
        for t in range(count):
            along = 0.0
            for p in range(d):
                along += Q[t, p] * new[p]
            L[count, t] += along
            for p in range(d):
                new[p] -= along * Q[t, p]
    pivot = 0.0
    for p in range(d):
        pivot += new[p] * new[p]
    if pivot > DEPENDENT_DIRECTLY:
        root = np.sqrt(pivot)
        L[count, count] = root
        for p in range(d):
            new[p] /= root
    return pivot
