"""Loops that decide on one item after another: in it, or not."""

from __future__ import annotations

import numpy as np

from linsub._core.jit import njit

__all__ = ["decide", "decide_by_rows", "descend"]


@njit()
def decide(A: np.ndarray, uniforms: np.ndarray, chosen: np.ndarray) -> tuple[float, float]:
    """Factor A = L U in place, 1 taken off the diagonal of each item that is left out.

    Returns
    -------
    log_probability, excess
        The latter is how far the worst pivot was from being a probability.
    """
    b = A.shape[0]
    log_probability = excess = 0.0
    for j in range(b):
        p = A[j, j].real
        excess = max(excess, -p, p - 1.0, abs(A[j, j].imag))
        chosen[j] = uniforms[j] < p
        if chosen[j]:
            log_probability += np.log(p)
        else:
            A[j, j] -= 1.0
            log_probability += np.log1p(0.0 if p < 0.0 else -p)
        for i in range(j + 1, b):
            A[i, j] /= A[j, j]
            c = A[i, j]
            for m in range(j + 1, b):
                A[i, m] -= c * A[j, m]
    return log_probability, excess


@njit()
def decide_by_rows(
    Z: np.ndarray, W: np.ndarray, uniforms: np.ndarray, chosen: np.ndarray
) -> tuple[float, float]:
    """Do the same for the kernel Z W Z^H, with W (r, r) updated in place."""
    N, r = Z.shape
    right, left = np.empty(r, W.dtype), np.empty(r, W.dtype)
    log_probability = excess = 0.0
    for j in range(N):
        pivot = W[0, 0] * 0 if r else 0.0 * W.sum()
        for a in range(r):
            right[a] = 0.0
            left[a] = 0.0
        for a in range(r):
            c = Z[j, a]
            for b in range(r):
                right[a] += W[a, b] * np.conj(Z[j, b])
                left[b] += c * W[a, b]
        for a in range(r):
            pivot += Z[j, a] * right[a]
        p = pivot.real
        excess = max(excess, -p, p - 1.0, abs(pivot.imag))
        chosen[j] = uniforms[j] < p
        if chosen[j]:
            log_probability += np.log(p)
        else:
            pivot -= 1.0
            log_probability += np.log1p(0.0 if p < 0.0 else -p)
        for a in range(r):
            c = right[a] / pivot
            for b in range(r):
                W[a, b] -= c * left[b]
    return log_probability, excess


@njit(reassociate=True)
def _rotate(row: np.ndarray, x: np.ndarray, xt: complex, diagonal: float, r: float) -> None:
    """Apply the rotation that takes (diagonal, xt) to (r, 0) to what is behind them."""
    c, s, sc = diagonal / r, xt / r, np.conj(xt) / r
    for i in range(row.size):
        before = row[i]
        row[i] = c * before + sc * x[i]
        x[i] = c * x[i] - s * before


@njit(reassociate=True)
def _eliminate(row: np.ndarray, b: np.ndarray, z: complex) -> None:
    for i in range(row.size):
        b[i] -= row[i] * z


@njit()
def descend(
    C: np.ndarray, uniforms: np.ndarray, F: np.ndarray, found: np.ndarray
) -> tuple[int, float]:
    """Decide from the last item to the first, given I + L = C C^H with C lower triangular.

    Parameters
    ----------
    C : (N, N)
        In Fortran order.
    uniforms : (N,)
        Of the order in which they are used.
    F : (most, most)
        Room for the factor of H, the conditional kernel of the chosen items, by rows.
    found : (most,) int

    Returns
    -------
    count, log_probability
        The count is -1 if more than `most` items were to be chosen.
    """
    N, most = C.shape[0], found.size
    x, b = np.empty(most, C.dtype), np.empty(most, C.dtype)
    count, log_probability = 0, 0.0
    for step in range(N):
        j = N - 1 - step
        diagonal = C[j, j].real
        for t in range(count):
            x[t] = C[found[t], j]
            b[t] = x[t] * diagonal
        growth = 1.0  # det(H + x x^H) / det H
        for t in range(count):
            xt, d = x[t], F[t, t].real
            size = xt.real * xt.real + xt.imag * xt.imag
            if size > 0.0:
                r = np.sqrt(d * d + size)
                growth *= 1.0 + size / (d * d)
                _rotate(F[t, t + 1 : count], x[t + 1 : count], xt, d, r)
                F[t, t] = r
        out = min(growth / (diagonal * diagonal), 1.0)
        # Uniforms below 1 - out take the item, as those of the factored marginal kernel do.
        if not uniforms[step] < 1.0 - out:
            log_probability += np.log(out)
            continue
        log_probability += np.log1p(-out)
        if count == most:
            return -1, log_probability
        for t in range(count):
            z = b[t] / F[t, t]
            _eliminate(F[t, t + 1 : count], b[t + 1 : count], z)
            F[t, count] = np.conj(z)
        F[count, count] = np.sqrt((1.0 - out) / growth) * diagonal
        found[count] = j
        count += 1
    return count, log_probability
