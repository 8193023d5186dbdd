"""Osinsky's rows: adaptive randomized pivoting without the random numbers, with certainty."""

from __future__ import annotations

import numpy as np

__all__ = ["osinsky_rows"]

# Inner products with the residual are read off the last update that was made of it; so many
# steps later it is updated by one product of matrices and its norms are taken afresh, which
# keeps their rounding from piling up.
_BLOCK = 10


def osinsky_rows(E: np.ndarray, Q: np.ndarray, floor: float) -> np.ndarray:
    """Return k rows S with ``||E - Q Q_S^-1 E_S||_F^2 <= (k + 1) (||E||_F^2 + floor^2)``.

    Parameters
    ----------
    E : ndarray of shape (N, c)
        ``A - Q Q^H A``, near 1 in scale. Overwritten.
    Q : ndarray of shape (N, k)
        Orthonormal columns.
    floor : float
        Size of the rounding in E: where the residual is no larger, rows with large ``||q_i||``
        are preferred.

    Notes
    -----
    Householder reflections from the right bring the row that was picked to its first column
    w, and ``E <- E - w e_i / w_i``. Of E only row norms and one row a step are needed, so within
    a block the updates are applied to inner products alone.
    """
    N, k = Q.shape
    Q = Q.copy(order="F")
    found = np.empty(k, np.int64)
    free = np.ones(N, bool)
    offset = floor * floor / max(N, 1)
    for start in range(0, k, _BLOCK):
        stop = min(start + _BLOCK, k)
        left = _squares(E)
        weights = np.zeros((N, stop - start), Q.dtype)
        rows = np.zeros((stop - start, E.shape[1]), E.dtype)
        for t in range(start, stop):
            b = t - start
            room = _squares(Q[:, t:])
            usable = free & (room > 0.0)
            ratio = np.full(N, np.inf)
            np.divide(left + offset, room, out=ratio, where=usable)
            # All ratios are infinite or nan only where Q has no rows left of any size.
            i = int(np.argmin(ratio)) if usable.any() else int(np.argmax(free))
            found[t], free[i] = i, False
            _reflect(Q, i, t)
            w = Q[:, t] / Q[i, t]
            e = E[i] - weights[i, :b] @ rows[:b]
            inner = E @ e.conj() - weights[:, :b] @ (rows[:b] @ e.conj())
            size = float(np.vdot(e, e).real)
            left = left - 2.0 * (w.conj() * inner).real + (w.conj() * w).real * size
            np.maximum(left, 0.0, out=left)
            weights[:, b], rows[b] = w, e
        E -= weights @ rows
    return found


def _squares(A: np.ndarray) -> np.ndarray:
    found = np.einsum("ij,ij->i", A.real, A.real)
    if A.dtype.kind == "c":
        found += np.einsum("ij,ij->i", A.imag, A.imag)
    return np.asarray(found)


def _reflect(Q: np.ndarray, i: int, t: int) -> None:
    """Rotate columns t, ... of Q so that row i is zero behind column t."""
    x = Q[i, t:].conj()
    size = float(np.linalg.norm(x))
    phase = x[0] / abs(x[0]) if x[0] != 0 else 1.0
    v = x.copy()
    v[0] += phase * size
    squares = float(np.vdot(v, v).real)
    if squares > 0.0:
        tail = Q[:, t:]
        tail -= np.outer(tail @ v, v.conj() * (2.0 / squares))
    Q[i, t + 1 :] = 0.0
