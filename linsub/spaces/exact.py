"""Spaces over the rationals and GF(p): every question is one elimination of a stacked matrix.

Columns that are to vanish come first. The rows whose pivots come after them are, of the row
space, what vanishes there, and they are in canonical form already.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from linsub.errors import InvalidInputError
from linsub.spaces.elimination import reduced
from linsub.spaces.fields import Field
from linsub.spaces.rows import Pieces, Positions, Rows

__all__ = ["ExactEngine"]


class ExactEngine:
    """Arrays of residues (int64), or of Python integers whose rows count up to multiples."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self._dtype = np.dtype(np.int64 if field.p else object)

    def span(self, M: np.ndarray) -> Rows:
        return Rows(*reduced(M, self.field))

    def public(self, rows: Rows) -> np.ndarray:
        """Return the reduced row echelon form; Fractions over the rationals."""
        if self.field.p:
            return rows.basis
        found = np.empty(rows.basis.shape, dtype=object)
        for i, row in enumerate(rows.basis):
            pivot = next(e for e in row if e)
            found[i] = [Fraction(e, pivot) for e in row]
        return found

    def tolerance(self, *rows: Rows) -> float:
        return 0.0

    def reordered(self, rows: Rows, order: Positions) -> Rows:
        return self.span(rows.basis[:, order])

    def negated(self, rows: Rows, P: Positions) -> Rows:
        M = rows.basis.copy()
        M[:, P] = self._minus(M[:, P])
        return self.span(M)

    def restricted(self, rows: Rows, S: Positions, Q: Positions) -> Rows:
        return self.span(rows.basis[:, S])

    def contracted(self, rows: Rows, S: Positions, Q: Positions) -> Rows:
        return self._beyond(rows.basis[:, [*Q, *S]], len(Q))

    def dual(self, rows: Rows) -> Rows:
        R, pivots = rows.basis, self._pivots(rows)
        r, n = R.shape
        others = np.ones(n, dtype=bool)
        others[pivots] = False
        free = np.flatnonzero(others)
        N, scale = self._zeros(n - r, n), 1
        if not self.field.p:  # a free coordinate is a number that clears all pivots
            diagonal = R[np.arange(r), pivots]
            scale = math.lcm(*diagonal)
            R = R * (scale // diagonal)[:, None]
        N[np.arange(n - r), free] = scale
        N[:, pivots] = self._minus(R[:, free].T)
        return self.span(N)

    def total(self, a: Rows, b: Rows) -> Rows:
        return self.span(np.concatenate([a.basis, b.basis]))

    def common(self, a: Rows, b: Rows) -> Rows:
        A, B = a.basis, b.basis
        n = A.shape[1]
        M = self._zeros(a.rank + b.rank, 2 * n)
        M[: a.rank, :n] = M[: a.rank, n:] = A
        M[a.rank :, :n] = B
        return self._beyond(M, n)

    def contains(self, a: Rows, b: Rows) -> bool:
        return self.total(a, b).rank == a.rank

    def distance(self, a: Rows, b: Rows) -> float:
        raise InvalidInputError(
            f"spaces over {self.field.name} are equal or not and have no distance; compare them "
            "with equals, or build them over the reals"
        )

    def same(self, a: Rows, b: Rows, atol: float | None) -> bool:
        if atol is not None:
            raise InvalidInputError(
                f"atol={atol} says nothing over {self.field.name}, where spaces are equal or not"
            )
        return bool(np.array_equal(a.basis, b.basis))

    def composed(self, a: Rows, b: Rows, p: int, skew: bool) -> Rows:
        A, B = a.basis, b.basis
        s, q = A.shape[1] - p, B.shape[1] - p
        matched = B[:, :p] if skew else self._minus(B[:, :p])
        M = self._zeros(a.rank + b.rank, p + s + q)
        M[: a.rank, :p], M[: a.rank, p : p + s] = A[:, s:], A[:, :s]
        M[a.rank :, :p], M[a.rank :, p + s :] = matched, B[:, p:]
        return self._beyond(M, p)

    def overlap(self, rows: Rows, S: Positions, Q: Positions) -> int:
        ranks = self.restricted(rows, S, Q).rank + self.restricted(rows, Q, S).rank
        return ranks - rows.rank

    def taken_apart(self, rows: Rows, S: Positions, Q: Positions) -> Pieces:
        s, q = len(S), len(Q)
        M = self.span(rows.basis[:, [*S, *Q]])
        top = int(self._pivots(M).searchsorted(s))
        within = self.contracted(rows, S, Q)
        # Pivots of V x S are pivots of V.S: the rows of V.S with other ones complete them.
        rest = np.flatnonzero(~np.isin(self._pivots(M)[:top], self._pivots(within)))
        C, k = M.basis[rest], int(rest.size)
        one = self._identity(k)
        left = self._zeros(within.rank + k, s + k)
        left[: within.rank, :s] = within.basis
        left[within.rank :, :s], left[within.rank :, s:] = C[:, :s], one
        right = self._zeros(k + M.rank - top, k + q)
        right[:k, :k], right[:k, k:] = one, C[:, s:]
        right[k:, k:] = M.basis[top:, s:]
        return Pieces(self.span(left), self.span(right), k)

    def minimized(self, a: Rows, b: Rows, p: int) -> Pieces:
        s = a.basis.shape[1] - p
        A = np.concatenate([a.basis[:, s:], a.basis[:, :s]], axis=1)  # P first in both
        A, B = self._meeting(A, b.basis, p), self._meeting(b.basis, A, p)
        K = self.total(self._seen_at(A, p), self._seen_at(B, p))
        A, B = (np.concatenate([M, self._padded(K.basis, M.shape[1])]) for M in (A, B))
        W = self.span(A[:, :p])
        given, base = self._pivots(K).tolist(), self._pivots(W).tolist()
        kept = [c for c in base if c not in given]
        left = self._beyond(A[:, [*given, *range(p, p + s), *kept]], len(given))
        right = self._beyond(B[:, [*given, *kept, *range(p, B.shape[1])]], len(given))
        return Pieces(left, right, len(kept), kept)

    def _meeting(self, A: np.ndarray, B: np.ndarray, p: int) -> np.ndarray:
        """Return the vectors of A whose first p coordinates are those of some vector of B."""
        R = self.span(B[:, :p])
        M = np.concatenate([A[:, :p], A], axis=1)
        return self._beyond(np.concatenate([M, self._padded(R.basis, M.shape[1])]), p).basis

    def _seen_at(self, A: np.ndarray, p: int) -> Rows:
        """Return the vectors of A that vanish beyond the first p coordinates."""
        return self._beyond(np.concatenate([A[:, p:], A[:, :p]], axis=1), A.shape[1] - p)

    def _beyond(self, M: np.ndarray, width: int) -> Rows:
        """Return what of the row space of M vanishes in the first columns, on the others."""
        R, pivots = reduced(M, self.field)
        first = int(pivots.searchsorted(width))
        return Rows(R[first:, width:], pivots[first:] - width)

    def _pivots(self, rows: Rows) -> np.ndarray:
        assert rows.pivots is not None
        return rows.pivots

    def _minus(self, M: np.ndarray) -> np.ndarray:
        return np.asarray(-M % self.field.p if self.field.p else -M)

    def _zeros(self, m: int, n: int) -> np.ndarray:
        return np.zeros((m, n), dtype=self._dtype)

    def _identity(self, k: int) -> np.ndarray:
        return np.eye(k, dtype=np.int64).astype(self._dtype)

    def _padded(self, M: np.ndarray, n: int) -> np.ndarray:
        padded = self._zeros(M.shape[0], n)
        padded[:, : M.shape[1]] = M
        return padded
