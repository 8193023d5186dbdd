"""Spaces over the reals: orthonormal bases, and ranks decided by cosines and sines.

V and the coordinate space of S have principal angles. An angle of 0 is a vector of V x S, a
right one a vector of V x Q, and each angle in between is one column of a least link.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linsub._core.dense.qr import complement
from linsub._core.dense.svd import svd
from linsub.geometry import (
    cs_decomposition,
    orth,
    principal_angles,
    subspace_complement,
    subspace_intersection,
    subspace_sum,
)
from linsub.spaces.rows import Pieces, Positions, Rows

__all__ = ["RealEngine"]

_EPS = float(np.finfo(np.float64).eps)

# Rounding of entries turns a space by eps over its least singular value; the factor is for the
# factorizations that follow, as in linsub.geometry.
_ROUNDINGS = 10.0

# Spaces farther apart than this are different, however little their data tell.
_SAME = 0.1


class RealEngine:
    """Orthonormal rows in double precision."""

    def span(self, M: np.ndarray) -> Rows:
        return self.found(M, None, None)

    def found(self, M: np.ndarray, rtol: float | None, atol: float | None) -> Rows:
        """Return the row space of M, as a user gives it."""
        (m, n), eps = M.shape, float(np.finfo(M.dtype).eps)
        if m == 0 or n == 0:
            return Rows(np.zeros((0, n)), most=float(np.sqrt(eps)), atol=atol)
        Q, rank = result = orth(M.astype(np.float64).T, rtol=_as_given(rtol, M, eps))
        assert result.info is not None
        details = result.info.details
        low, high = float(details["sigma_dropped"]), float(details["sigma_min"]) if rank else 1.0
        noise = _ROUNDINGS * max(m, n) * eps / high
        # A tolerance beyond sqrt(eps) would take for zero what half the digits still tell.
        most = float(np.sqrt(eps))
        return Rows(np.ascontiguousarray(np.asarray(Q).T), None, low, high, noise, most, atol)

    def public(self, rows: Rows) -> np.ndarray:
        return rows.basis

    def tolerance(self, *rows: Rows) -> float:
        given = [r.atol for r in rows if r.atol is not None]
        if given:
            return float(max(given))
        least: float = _ROUNDINGS * max(r.basis.shape[1] for r in rows) * _EPS
        return max([least, *(min(r.most, r.noise) for r in rows)])

    def reordered(self, rows: Rows, order: Positions) -> Rows:
        return rows._replace(basis=np.ascontiguousarray(rows.basis[:, list(order)]))

    def negated(self, rows: Rows, P: Positions) -> Rows:
        M = rows.basis.copy()
        M[:, list(P)] *= -1.0
        return rows._replace(basis=M)

    def restricted(self, rows: Rows, S: Positions, Q: Positions) -> Rows:
        cs = self._apart(rows, S, Q)
        seen = np.count_nonzero(cs.c > cs.tol)
        return _decided(rows, cs.V[:seen], cs.c[seen:], cs.c[:seen])

    def contracted(self, rows: Rows, S: Positions, Q: Positions) -> Rows:
        # The cosines to Q, which restriction to Q would look at: r(V) = r(V.Q) + r(VxS) always.
        cs = self._apart(rows, Q, S)
        seen = np.count_nonzero(cs.c > cs.tol)
        return _decided(rows, np.concatenate([cs.W[seen:], cs.rest]), cs.c[seen:], cs.c[:seen])

    def dual(self, rows: Rows) -> Rows:
        n = rows.basis.shape[1]
        if rows.rank in (0, n):
            return rows._replace(basis=np.eye(n)[: n - rows.rank])
        basis = np.asarray(subspace_complement(rows.basis.T).basis).T
        # Nothing is decided here: its rank is as much in doubt as that of V.
        return rows._replace(basis=np.ascontiguousarray(basis))

    def total(self, a: Rows, b: Rows) -> Rows:
        if not a.rank or not b.rank:
            return _joined(a, b, a.basis if a.rank else b.basis, 0.0, 1.0)
        tol = self.tolerance(a, b)
        found = subspace_sum(a.basis.T, b.basis.T, atol=tol, orthonormal=True)
        return _joined(a, b, np.asarray(found.basis).T, *found.gap)

    def common(self, a: Rows, b: Rows) -> Rows:
        if not a.rank or not b.rank:
            return _joined(a, b, a.basis[:0], 0.0, 1.0)
        tol = self.tolerance(a, b)
        found = subspace_intersection(a.basis.T, b.basis.T, atol=tol, orthonormal=True)
        return _joined(a, b, np.asarray(found.basis).T, *found.gap)

    def contains(self, a: Rows, b: Rows) -> bool:
        return b.rank <= a.rank and self._farthest(a, b) <= self._nearby(a, b)

    def distance(self, a: Rows, b: Rows) -> float:
        return self._farthest(a, b) if a.rank == b.rank else 1.0

    def same(self, a: Rows, b: Rows, atol: float | None) -> bool:
        if np.array_equal(a.basis, b.basis):
            return True  # even where nothing but zero counts as zero
        return self.distance(a, b) <= (self._nearby(a, b) if atol is None else atol)

    def composed(self, a: Rows, b: Rows, p: int, skew: bool) -> Rows:
        """Match the coordinates of P, then look at what is left of the others.

        With orthonormal rows both singular values have 1 for a natural unit: those of the
        stacked parts on P are at most sqrt(2), those of what comes out at most 1.
        """
        A, B, tol = a.basis, b.basis, self.tolerance(a, b)
        s, q = A.shape[1] - p, B.shape[1] - p
        parts = np.concatenate([A[:, s:], B[:, :p] if skew else -B[:, :p]])
        U, sigma, _ = svd(parts)
        kept = int(np.count_nonzero(sigma > tol))
        N = complement(np.ascontiguousarray(U[:, :kept])).T
        F = np.concatenate([N[:, : a.rank] @ A[:, :s], N[:, a.rank :] @ B[:, p:]], axis=1)
        _, size, Vh = svd(F)
        rank = int(np.count_nonzero(size > tol))
        low = max(np.max(sigma[kept:], initial=0.0), np.max(size[rank:], initial=0.0))
        high = min(np.min(sigma[:kept], initial=1.0), np.min(size[:rank], initial=1.0))
        return _joined(a, b, Vh[:rank].reshape(rank, s + q), float(low), float(high))

    def overlap(self, rows: Rows, S: Positions, Q: Positions) -> int:
        return self._apart(rows, S, Q).between.size

    def taken_apart(self, rows: Rows, S: Positions, Q: Positions) -> Pieces:
        """Give each angle in between one column, ``(c u, 1) <-> (1, s w)``."""
        cs = self._apart(rows, S, Q)
        i = cs.between
        k, (c, s) = i.size, (cs.c[i], cs.s[i])
        within = cs.V[: i[0] if k else cs.inside]
        beyond = np.concatenate([cs.W[cs.inside + k :], cs.rest])
        one = np.eye(k)
        left = np.concatenate([c[:, None] * cs.V[i], one], axis=1) / np.hypot(1.0, c)[:, None]
        right = np.concatenate([one, s[:, None] * cs.W[i]], axis=1) / np.hypot(1.0, s)[:, None]
        left = np.concatenate([np.pad(within, ((0, 0), (0, k))), left])
        right = np.concatenate([right, np.pad(beyond, ((0, 0), (k, 0)))])
        unclear = np.minimum(cs.c, cs.s)
        low = float(np.max(np.delete(unclear, i), initial=0.0))
        high = float(np.min(unclear[i], initial=1.0))
        zeros, others = np.array([low]), np.array([high])
        made = [_decided(rows, M, zeros, others) for M in (left, right)]
        return Pieces(made[0], made[1], k, None, np.arctan2(s, c))

    def minimized(self, a: Rows, b: Rows, p: int) -> Pieces:
        s, q = a.basis.shape[1] - p, b.basis.shape[1] - p
        whole = self.composed(a, b, p, False)
        return self.taken_apart(whole, range(s), range(s, s + q))

    def _nearby(self, a: Rows, b: Rows) -> float:
        if a.atol is not None or b.atol is not None:
            return self.tolerance(a, b)
        # No end at sqrt(eps): a direction that its data do not tell may be turned by more.
        return min(_SAME, 2.0 * max(self.tolerance(a, b), a.noise, b.noise))

    def _farthest(self, a: Rows, b: Rows) -> float:
        """Return the sine of the largest angle of the smaller space to the other one."""
        if not a.rank or not b.rank:
            return 0.0
        angles = principal_angles(a.basis.T, b.basis.T, orthonormal=True)
        return float(np.sin(angles[-1]))

    def _apart(self, rows: Rows, S: Positions, Q: Positions) -> _Apart:
        """Return the principal vectors of V and of the coordinate space of S."""
        B, tol = rows.basis, self.tolerance(rows)
        (r, n), S, Q = B.shape, list(S), list(Q)
        if r == 0 or not S:
            none = np.zeros(0)
            return _Apart(none, none, np.zeros((0, len(S))), np.zeros((0, len(Q))), B[:, Q], 0, tol)
        axes = np.eye(n)[:, S]
        found = cs_decomposition(B.T, axes)
        c, s = np.asarray(found.c), np.asarray(found.s)
        X = (np.asarray(found.Ux).T @ B)[:, Q]
        # Of small angles the part in Q is lost in X, and Qs has its direction; of large ones
        # the other way round.
        Qs = -np.asarray(found.Qs).T[:, Q]
        W = np.where((s < c)[:, None], Qs, X)
        size = np.sqrt(np.square(W).sum(axis=1))
        W = W / np.where(size > 0.0, size, 1.0)[:, None]
        rest = (complement(np.ascontiguousarray(found.Ux)).T @ B)[:, Q]
        inside = max(int(np.count_nonzero(s <= tol)), r + len(S) - n)
        return _Apart(c, s, np.asarray(found.V).T, W, rest, inside, tol)


class _Apart(NamedTuple):
    """Cosines descending, sines, unit vectors on S and on Q, and what of V is on Q alone."""

    c: np.ndarray
    s: np.ndarray
    V: np.ndarray
    W: np.ndarray
    rest: np.ndarray
    inside: int
    tol: float

    @property
    def between(self) -> np.ndarray:
        """Return the angles that are neither 0 nor right."""
        return np.arange(self.inside, np.count_nonzero(self.c > self.tol))


def _as_given(rtol: float | None, M: np.ndarray, eps: float) -> float:
    """Return the threshold: by default what orth would take for the type of M."""
    if rtol is not None:
        return rtol
    return min(float(max(M.shape)) * eps, float(np.sqrt(eps)))


def _decided(rows: Rows, basis: np.ndarray, zeros: np.ndarray, others: np.ndarray) -> Rows:
    low, high = float(np.max(zeros, initial=0.0)), float(np.min(others, initial=1.0))
    basis = np.ascontiguousarray(basis)
    return Rows(basis, None, low, high, rows.noise / high, rows.most, rows.atol)


def _joined(a: Rows, b: Rows, basis: np.ndarray, low: float, high: float) -> Rows:
    atol = None if a.atol is None and b.atol is None else max(a.atol or 0.0, b.atol or 0.0)
    high = high if high > 0.0 else 1.0
    noise = (a.noise + b.noise) / high
    most = max(a.most, b.most)
    return Rows(np.ascontiguousarray(basis), None, low, high, noise, most, atol)
