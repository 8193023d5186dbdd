"""The elastic net of one target on a working set of atoms, by an exact active set.

min over c of  c^T G c / 2 - g^T c + sum_q lam_q |c_q| + ridge ||c||^2 / 2.

The atom that violates its condition most joins; the stationary point of the current signs is found
by a Cholesky factor, and a step towards it ends where a coefficient reaches 0, which leaves. The
objective falls at every step, so that no set of signs comes back.
"""

import numpy as np

from linsub._core.jit import njit

__all__ = ["CAPPED", "OPTIMAL", "ROOM", "STALLED", "descend"]

# How it ended: within the tolerance, at the largest support, no step helps, more workspace needed.
OPTIMAL, CAPPED, STALLED, ROOM = 0, 1, 2, 3

# An atom whose pivot is less, relative to its diagonal, is a combination of the active ones.
DEPENDENT = 1e-13
# Corrections of the active coefficients in a row that may fail to bring them within the tolerance.
CORRECTIONS = 3


@njit(reassociate=True)
def dot(x, y, size):  # type: ignore[no-untyped-def]
    """Return x^T y of the leading entries."""
    found = 0.0
    for p in range(size):
        found += x[p] * y[p]
    return found


@njit(reassociate=True)
def gram_row(S, by_gram, W, w, b, out):  # type: ignore[no-untyped-def]
    """Write the inner products of atom W[b] with the working set."""
    if by_gram:
        row = S[W[b]]
        for q in range(w):
            out[q] = row[W[q]]
    else:
        atom = S[W[b]]
        for q in range(w):
            out[q] = dot(atom, S[W[q]], atom.size)


@njit(reassociate=True)
def forward(L, rhs, count):  # type: ignore[no-untyped-def]
    """Solve L y = rhs in place."""
    for t in range(count):
        rhs[t] = (rhs[t] - dot(L[t], rhs, t)) / L[t, t]


@njit(reassociate=True)
def backward(L, y, count):  # type: ignore[no-untyped-def]
    """Solve L^T x = y in place."""
    for t in range(count - 1, -1, -1):
        y[t] /= L[t, t]
        value, row = y[t], L[t]
        for u in range(t):
            y[u] -= value * row[u]


@njit(reassociate=True)
def advance(step, d, A, slots, count, G, w, c, h):  # type: ignore[no-untyped-def]
    """Move the active coefficients by step d, and the gradient with them."""
    for t in range(count):
        change = step * d[t]
        c[A[t]] += change
        row = G[slots[t]]
        for q in range(w):
            h[q] -= change * row[q]


@njit()
def crossing(d, A, count, c, signs, limit):  # type: ignore[no-untyped-def]
    """Return the step at which the first coefficient reaches 0, below a limit, and its place."""
    step, place = limit, -1
    for t in range(count):
        q = A[t]
        if signs[q] * d[t] < 0.0:
            reach = -c[q] / d[t]
            if reach < step:
                step, place = max(reach, 0.0), t
    return step, place


@njit()
def leave(t, A, slots, count, L, c, place):  # type: ignore[no-untyped-def]
    """Take the atom at place t out of the active set and of the factor; return the new count."""
    c[A[t]] = 0.0
    place[A[t]] = -1
    free = slots[t]
    for u in range(t, count - 1):
        A[u] = A[u + 1]
        place[A[u]] = u
        slots[u] = slots[u + 1]
        for v in range(u + 2):
            L[u, v] = L[u + 1, v]
    slots[count - 1] = free
    for u in range(t, count - 1):  # rotations of columns u and u + 1 restore the triangle
        a, b = L[u, u], L[u, u + 1]
        size = np.hypot(a, b)
        cosine, sine = a / size, b / size
        for v in range(u, count - 1):
            a, b = L[v, u], L[v, u + 1]
            L[v, u] = cosine * a + sine * b
            L[v, u + 1] = cosine * b - sine * a
    return count - 1


@njit()
def pivot_of(b, A, slots, count, G, ridge, L, new):  # type: ignore[no-untyped-def]
    """Write L^-1 G_Ab to new; return what atom b has beyond the active ones, and its diagonal."""
    for t in range(count):
        new[t] = G[slots[t], b]
    forward(L, new, count)
    diagonal = G[slots[count], b] + ridge
    return diagonal - dot(new, new, count), diagonal


@njit()
def enter(b, A, slots, count, G, w, ridge, L, new, c, h, signs, place):  # type: ignore[no-untyped-def]
    """Let atom b join; return the new count, or -1 - count where it cannot.

    A combination of the active atoms comes in along the direction that keeps the fit, on which the
    objective falls at a constant rate until one of them reaches 0 and leaves in its place.
    """
    own = G[slots[count]]
    while True:
        pivot, diagonal = pivot_of(b, A, slots, count, G, ridge, L, new)
        if pivot > DEPENDENT * diagonal:
            break
        backward(L, new, count)
        for t in range(count):
            new[t] *= -signs[b]
        step, out = crossing(new, A, count, c, signs, np.inf)
        if out < 0:  # by rounding alone: as if it had not come
            for q in range(w):
                h[q] += c[b] * own[q]
            c[b] = 0.0
            return -1 - count
        advance(step, new, A, slots, count, G, w, c, h)
        c[b] += step * signs[b]
        for q in range(w):
            h[q] -= step * signs[b] * own[q]
        mine = slots[count]
        count = leave(out, A, slots, count, L, c, place)
        slots[count + 1], slots[count] = slots[count], mine
    for t in range(count):
        L[count, t] = new[t]
    L[count, count] = np.sqrt(pivot)
    A[count], place[b] = b, count
    return count + 1


@njit()
def settle(A, slots, count, G, w, lam, ridge, L, d, c, h, signs, place):  # type: ignore[no-untyped-def]
    """Go to the stationary point of the signs, atoms leaving on the way; return the new count."""
    while count > 0:
        for t in range(count):
            q = A[t]
            d[t] = h[q] - lam[q] * signs[q] - ridge * c[q]
        forward(L, d, count)
        backward(L, d, count)
        step, out = crossing(d, A, count, c, signs, 1.0)
        advance(step, d, A, slots, count, G, w, c, h)
        if out < 0:
            break
        count = leave(out, A, slots, count, L, c, place)
    return count


@njit()
def worst_of(w, lam, ridge, tol, floor, c, h, signs, place, banned):  # type: ignore[no-untyped-def]
    """Return the atom of the working set that violates its condition most, or -1."""
    worst, top = -1, 0.0
    for q in range(w):
        if place[q] < 0:
            violation = np.abs(h[q]) - lam[q]
            if banned[q]:
                continue
        else:
            violation = np.abs(h[q] - lam[q] * signs[q] - ridge * c[q])
        if violation > top and violation > max(tol * lam[q], floor):
            worst, top = q, violation
    return worst


@njit()
def descend(  # type: ignore[no-untyped-def]
    S, by_gram, W, w, k, g, lam, ridge, tol, floor, cap, G, L, c, h, signs, place, banned, A, slots,
    d,
):  # fmt: skip
    """Solve on the working set W[:w], whose leading k atoms are active with coefficients c[:k].

    S: atoms as rows, or their Gram matrix (by_gram); g (w,) correlations of the target; cap: the
    largest support. G (room, >= w), L (room, room), h, signs, place, banned (>= w,), A, slots, d
    (room,): workspace. Return the number of active atoms, A[:count], and how it ended.
    """
    room = A.size
    count = np.int64(0)  # 0 would have the kernels that take it compiled for it once more
    start = c[:k].copy()
    for q in range(w):
        h[q], place[q], banned[q], c[q] = g[q], -1, 0, 0.0
    for t in range(room):
        slots[t] = t
    for q in range(k):
        gram_row(S, by_gram, W, w, q, G[slots[count]])
        pivot, diagonal = pivot_of(q, A, slots, count, G, ridge, L, d)
        if pivot <= DEPENDENT * diagonal:
            continue
        for t in range(count):
            L[count, t] = d[t]
        L[count, count] = np.sqrt(pivot)
        A[count], place[q], signs[q], c[q] = q, count, np.sign(start[q]), start[q]
        row = G[slots[count]]
        for p in range(w):
            h[p] -= start[q] * row[p]
        count += 1
    corrections = 0
    for _ in range(20 * (w + 10)):
        b = worst_of(w, lam, ridge, tol, floor, c, h, signs, place, banned)
        if b < 0:
            return count, OPTIMAL
        if place[b] >= 0:
            corrections += 1
            if corrections > CORRECTIONS:
                return count, STALLED
        else:
            if count >= cap:
                return count, CAPPED
            if count >= room:
                return count, ROOM
            corrections = 0
            signs[b] = np.sign(h[b])
            gram_row(S, by_gram, W, w, b, G[slots[count]])
            count = enter(b, A, slots, count, G, w, ridge, L, d, c, h, signs, place)
            if count < 0:
                count, banned[b] = -1 - count, 1
                continue
        count = settle(A, slots, count, G, w, lam, ridge, L, d, c, h, signs, place)
        if place[b] < 0:
            banned[b] = 1
    return count, STALLED
