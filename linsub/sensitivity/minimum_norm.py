"""min ||Q z||_p subject to c z = 1, for many c: Newton's method with a duality gap."""

from __future__ import annotations

import numpy as np

from linsub.sensitivity.bounds import conjugate_exponent, norm_ratio

__all__ = ["WeightedGrams", "minimum_norm"]

# Numbers of a batch of residuals, and of the products of columns that are kept or made anew in
# panels.
_BATCH, _KEPT, _PANEL = 1 << 17, 1 << 21, 1 << 18

# Fewer vectors at a time would waste the products of columns.
_LEAST_BATCH = 16

# Infeasibility, relative to c, that rounding explains where H is well conditioned.
_FEASIBLE = 1e-13

_MAXITER = 200
_PATIENCE = 3


def minimum_norm(
    Q: np.ndarray, C: np.ndarray, Z: np.ndarray, p: float, rtol: float, maxiter: int = _MAXITER
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Z (m, r), Y (m, n) with ``Q^T y = c``, and the number of steps of each.

    Parameters
    ----------
    Q : ndarray of shape (n, r)
        Nearly orthonormal.
    C : ndarray of shape (m, r)
    Z : ndarray of shape (m, r)
        Where to start, ``c z > 0``.
    p : float
        1 < p < inf.
    rtol : float
        Steps end where ``||y||_q ||Q z||_p - 1 <= rtol``, or where they gain nothing.

    Notes
    -----
    The step is Newton's, from the weights ``V = |r|^(p-2)``, r = Q z, kept in range; along it the
    norm is minimized. The dual point is ``|r|^(p-1)`` made feasible by ``V Q (Q^T V Q)^-1``.
    """
    n = Q.shape[0]
    batch = max(_LEAST_BATCH, _BATCH // max(n, 1))
    grams = WeightedGrams(Q)
    parts = [
        _batch(Q, grams, C[i : i + batch], Z[i : i + batch], p, rtol, maxiter)
        for i in range(0, C.shape[0], batch)
    ]
    if not parts:
        return Z.copy(), np.zeros((0, n)), np.zeros(0, np.int64)
    return (
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
    )


class WeightedGrams:
    """Q^T diag(v) Q for many v at a time: products with the r (r + 1) / 2 products of columns.

    One product of matrices for all v is 2 to 5 times as fast as a Gram matrix for each, compiled
    or by BLAS (n x r = 150 x 4, 569 x 30 and 2000 x 50).
    """

    def __init__(self, Q: np.ndarray) -> None:
        self._Q = Q
        self._i, self._j = np.tril_indices(Q.shape[1])
        few = Q.shape[0] * self._i.size <= _KEPT
        self._all = Q[:, self._i] * Q[:, self._j] if few else None

    def __call__(self, V: np.ndarray) -> np.ndarray:
        """Return the lower triangles, packed by rows, for each row of V."""
        if self._all is not None:
            return np.asarray(V @ self._all)
        panel = max(1, _PANEL // self._i.size)
        H = np.zeros((V.shape[0], self._i.size))
        for at in range(0, V.shape[1], panel):
            part = self._Q[at : at + panel]
            H += V[:, at : at + panel] @ (part[:, self._i] * part[:, self._j])
        return H


def _batch(
    Q: np.ndarray,
    grams: WeightedGrams,
    C: np.ndarray,
    Z: np.ndarray,
    p: float,
    rtol: float,
    maxiter: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from linsub.sensitivity._kernels import lp_newton

    q = conjugate_exponent(p)
    m, n = C.shape[0], Q.shape[0]
    best_Z, best_Y, steps = Z.copy(), np.zeros((m, n)), np.zeros(m, np.int64)
    best = np.full((2, m), np.inf)  # ||Q z||_p and ||y||_q, each the least so far
    stuck = np.zeros(m, np.int64)
    active = np.arange(m)
    Z = Z / (C * Z).sum(axis=1)[:, None]
    for _ in range(maxiter + 1):
        c = C[active]
        R = Z @ Q.T
        V, Y = np.empty_like(R), np.empty_like(R)
        peak, total, dual = (np.empty(active.size) for _ in range(3))
        lp_newton.weigh(R, p, V, Y, peak, total)
        H = grams(V)
        h = Y @ Q
        y_scale = 1.0 / (peak * total)
        rest = c - y_scale[:, None] * h
        B = np.stack([c, h, rest], axis=1)
        lp_newton.solve(H, B)
        Y = y_scale[:, None] * Y + V * (B[:, 2] @ Q.T)
        missing = _refined(Q, H, V, c, Y)
        lp_newton.norms(Y, q, dual)
        dual += norm_ratio(n, q) * missing
        primal = peak * total ** (1.0 / p)
        better = np.stack([primal, dual]) < best[:, active]
        at = active[better[0]]
        best_Z[at], best[0, at] = Z[better[0]], primal[better[0]]
        at = active[better[1]]
        best_Y[at], best[1, at] = Y[better[1]], dual[better[1]]
        stuck[active] = np.where(better.any(axis=0), 0, stuck[active] + 1)
        go = (best[0, active] * best[1, active] - 1.0 > rtol) & (stuck[active] < _PATIENCE)
        if not go.any():
            break
        steps[active[go]] += 1
        D = -(B[:, 1] - B[:, 0] * ((c * B[:, 1]).sum(1) / (c * B[:, 0]).sum(1))[:, None])
        D = (D * peak[:, None])[go]
        active, Z, R, c, peak = active[go], Z[go], R[go], c[go], peak[go]
        t = np.empty(active.size)
        lp_newton.line_search(R, D @ Q.T, p, peak, np.full(active.size, 1.0 / (p - 1.0)), t)
        Z = Z + t[:, None] * D
        Z = Z / (c * Z).sum(axis=1)[:, None]
    return best_Z, best_Y, steps


def _refined(
    Q: np.ndarray, H: np.ndarray, V: np.ndarray, c: np.ndarray, Y: np.ndarray
) -> np.ndarray:
    """Make rows of Y feasible, in place, where H was ill conditioned; return ||c - Q^T y||."""
    from linsub.sensitivity._kernels import lp_newton

    E = c - Y @ Q
    missing = np.sqrt(np.square(E).sum(axis=1))
    size = np.sqrt(np.square(c).sum(axis=1))
    for _ in range(2):
        i = np.flatnonzero(missing > _FEASIBLE * size)
        if i.size == 0:
            break
        B = E[i, None, :].copy()
        lp_newton.solve(H[i], B)
        turned = Y[i] + V[i] * (B[:, 0] @ Q.T)
        E[i] = c[i] - turned @ Q
        left = np.sqrt(np.square(E[i]).sum(axis=1))
        gained = left < missing[i]
        Y[i[gained]], missing[i[gained]] = turned[gained], left[gained]
        E[i[~gained]] = 0.0
        if not gained.any():
            break
    return np.asarray(missing)
