"""Leverage scores of ``diag(e^l) X`` for changing l: what an iteration on row weights needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from linsub._core import arrays
from linsub._core.dense import norms
from linsub._core.dense.cholesky import cholesky_r
from linsub._core.dense.pivoted_qr import pivoted_r
from linsub._core.dense.qr import r_factor
from linsub._core.dense.triangular import multiply_rows
from linsub._core.dense.wy import invert_triangle
from linsub._core.random import Streams
from linsub.errors import RankDeficientError
from linsub.sensitivity.orthonormalizer import orthonormalizer
from linsub.sensitivity.rows import BLOCK, Rows

__all__ = ["ScaledRows", "Scores"]

# || |R| |R^-1| ||_F up to which a Gram matrix gives scores with all but four digits; beyond it
# they are corrected once, and beyond the second QR with pivoting takes its place.
_ONE_PASS = 100.0
_CORRECTABLE = 1e6

# The default of rcond, in units of d eps.
_RCOND = 10.0


# An exponent below all others.
_FAR = 1 << 20


class Scores(NamedTuple):
    """Logarithms of the leverage scores, and log det of the Gram matrix."""

    log_tau: np.ndarray
    log_det: float


class ScaledRows:
    """The rows of A at one size, their sizes as logarithms, and columns that span the range.

    Attributes
    ----------
    X : ndarray of shape (k, r)
        The rows that are not zero, times powers of two that bring their largest entries near 1;
        of the columns, those that a pivoted QR factorization keeps.
    log_size : ndarray of shape (k,)
        Logarithms of the powers that were taken out.
    rows : ndarray of int
        Which rows they are, of n.
    given, given_size
        The same rows of A itself; X may be `given` times a triangle, for which the scores are the
        same, and rounding is less.
    """

    def __init__(self, A: Any, *, name: str = "A", rcond: float | None = None) -> None:
        self.home = arrays.Home() if sparse.issparse(A) else arrays.home(A)
        rows = Rows(A, name=name)
        given = rows.given()
        self.n = int(given.shape[0])
        self.rows = np.flatnonzero(_row_peaks(given))
        X = given[self.rows]
        row_powers, column_powers = _balance(X)
        X = norms.ldexp(X, -row_powers[:, None] - column_powers)
        floor = _RCOND * X.shape[1] * rows.eps if rcond is None else rcond
        X = np.ascontiguousarray(X[:, _spanning(X, floor)])
        kept = np.flatnonzero(_row_peaks(X))
        self.given, self.rows = X[kept], self.rows[kept]
        self.given_size = row_powers[kept] * np.log(2.0)
        self.X, self.log_size = _orthonormal(self.given, self.given_size)
        self.rank = int(self.X.shape[1])

    def scaled(self, scale: np.ndarray) -> np.ndarray:
        """Return ``diag(e^scale)`` times the given rows."""
        return np.asarray(np.exp(scale)[:, None] * self.given)

    def scores(self, scale: np.ndarray) -> Scores:
        """Return the scores of ``diag(e^scale) X``; the largest scale should be 0."""
        found = self._by_gram(scale)
        return self._by_qr(scale) if found is None else found

    def _blocks(self, scale: np.ndarray) -> Iterator[np.ndarray]:
        for i in range(0, self.X.shape[0], BLOCK):
            yield np.exp(scale[i : i + BLOCK])[:, None] * self.X[i : i + BLOCK]

    def _by_gram(self, scale: np.ndarray) -> Scores | None:
        G = sum(B.conj().T @ B for B in self._blocks(scale))
        first = _inverse(np.asarray(G), _CORRECTABLE)
        if first is None:
            return None
        T, log_det, growth = first
        if growth > _ONE_PASS:
            G = np.zeros_like(T)
            for B in self._blocks(scale):
                Z = multiply_rows(B, T)
                G += Z.conj().T @ Z
            second = _inverse(G, _ONE_PASS)
            if second is None:
                return None
            T, log_det = np.asfortranarray(T @ second[0]), log_det + second[1]
        return Scores(self._log_tau(self.X, T, scale), log_det)

    def _by_qr(self, scale: np.ndarray) -> Scores:
        order = np.argsort(-scale, kind="stable")
        R, columns = pivoted_r(np.exp(scale[order])[:, None] * self.X[order])
        with np.errstate(all="ignore"):
            T = invert_triangle(R)
            log_det = 2.0 * float(np.log(np.abs(R.diagonal())).sum())
            return Scores(self._log_tau(self.X[:, columns], T, scale), log_det)

    def _log_tau(self, X: np.ndarray, T: np.ndarray, scale: np.ndarray) -> np.ndarray:
        out = np.empty(X.shape[0])
        for i in range(0, X.shape[0], BLOCK):
            Z = multiply_rows(np.array(X[i : i + BLOCK], order="C"), T).view(np.float64)
            np.einsum("ij,ij->i", Z, Z, out=out[i : i + BLOCK])
        with np.errstate(divide="ignore"):
            return np.asarray(np.minimum(np.log(out) + 2.0 * scale, 0.0))


def _inverse(G: np.ndarray, limit: float) -> tuple[np.ndarray, float, float] | None:
    """Return R^-1, log det G and the growth for R^H R = G, or None where it exceeds the limit."""
    diagonal = G.diagonal().real
    if not (np.isfinite(diagonal).all() and diagonal.min() > 1e-250):
        return None
    powers = np.frexp(np.sqrt(diagonal))[1]
    R = cholesky_r(norms.ldexp(G, -powers[:, None] - powers))
    if R is None:
        return None
    T = invert_triangle(R)
    growth = float(np.linalg.norm(np.abs(R) @ np.abs(T)))
    if not growth <= limit:
        return None
    log_det = 2.0 * float(np.log(np.abs(R.diagonal())).sum() + powers.sum() * np.log(2.0))
    return np.asfortranarray(norms.ldexp(T, -powers[:, None])), log_det, growth


def _orthonormal(X: np.ndarray, log_size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows in coordinates where they are far from dependent, at one size, and the sizes.

    Dependent columns of rows of one size stay so under most scales of the rows. Each step would
    round anew, by their condition; like this they are rounded once.
    """
    if X.size == 0:
        return X, log_size
    rows = Rows(X)
    try:
        found = orthonormalizer(rows, rcond=0.0, streams=Streams.replay(0))
    except RankDeficientError:
        return X, log_size
    if found.growth <= _ONE_PASS or found.columns.size < X.shape[1]:
        return X, log_size
    Q = np.empty_like(X)
    for i, Z in rows.products(found.T, found.columns, triangular=True):
        Q[i : i + Z.shape[0]] = Z
    peaks = _row_peaks(Q)
    if not peaks.all():
        return X, log_size
    powers = np.frexp(peaks)[1]
    return norms.ldexp(Q, -powers[:, None]), log_size + powers * np.log(2.0)


def _balance(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return powers r and c for which 2^-(r_i + c_j) x_ij is at most 1, and near it in each row.

    In exponents alone, which neither overflow nor underflow on the way.
    """
    powers = np.frexp(np.maximum(np.abs(X.real), np.abs(X.imag)))[1].astype(np.int64)
    powers[X == 0.0] = -_FAR
    columns = powers.max(axis=0, initial=-_FAR)
    for _ in range(2):
        rows = (powers - columns).max(axis=1, initial=-_FAR)
        columns = (powers - rows[:, None]).max(axis=0, initial=-_FAR)
    rows = (powers - columns).max(axis=1, initial=-_FAR)
    return rows, columns


def _row_peaks(X: np.ndarray) -> np.ndarray:
    if X.dtype.kind == "c":
        return np.asarray(np.maximum(_row_peaks(X.real), _row_peaks(X.imag)))
    if X.shape[1] == 0:
        return np.zeros(X.shape[0])
    return np.asarray(np.maximum(X.max(axis=1), -X.min(axis=1)))


def _spanning(X: np.ndarray, floor: float) -> np.ndarray:
    """Return the columns, in order, that pivoted QR keeps."""
    sizes = norms.column_norms(X)
    columns = np.flatnonzero(sizes)
    if columns.size == 0:
        return columns
    R, order = pivoted_r(r_factor(X[:, columns] / sizes[columns]))
    diagonal = np.abs(R.diagonal())
    rank = int(np.count_nonzero(diagonal > floor * diagonal[0]))
    return np.asarray(columns[np.sort(order[:rank])])
