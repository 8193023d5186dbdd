"""The T that makes ``Q = A T`` orthonormal, without ever holding Q, and how well it does.

A triangle from a Gram matrix, a sketch or a QR factorization, corrected by the Cholesky factor
of the Gram matrix of what it makes of A: the result does not depend on where the first one came
from, as long as that was no worse than a rough guess.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.cholesky import cholesky_r
from linsub._core.dense.pivoted_qr import pivoted_qr
from linsub._core.dense.qr import r_factor
from linsub._core.dense.wy import invert_triangle
from linsub._core.random import Streams
from linsub.errors import RankDeficientError
from linsub.sensitivity.bounds import corrected_defect, gram_defect, rounding
from linsub.sensitivity.rows import BLOCK, Rows

__all__ = [
    "METHODS",
    "Orthonormalizer",
    "Triangle",
    "default_floor",
    "growth_of",
    "orthonormalizer",
    "rank_revealing",
    "sum_terms",
    "terms_of",
]

METHODS = ("auto", "gram", "sketch", "qr")

# Up to this growth the scores from a Gram matrix alone have all but three or four digits.
_ONE_PASS = 100.0

# What a first triangle may leave to be corrected: the Cholesky factor of its Gram matrix is then
# as good as exact. One from a Gram matrix leaves eps growth^2.
_CORRECTABLE = 1e3
_GRAM_GROWTH = 1e6

# Rows of a sketch, in units of columns, and entries a column of the map. It has only to leave a
# condition below 1000; a tall matrix is one with more rows than twice the sketch.
_SKETCH = 4
_ENTRIES = 4

# The default of rcond in units of d eps: rounding of the entries explains a few eps, and pivots
# may be too small by a factor that is about d at worst in practice.
_RCOND = 10.0

_AT_THE_EDGE = 100.0

# A sketch may underrate a direction; one that it lost altogether is larger than that.
_LOST = 1e4


class Orthonormalizer(NamedTuple):
    """``Q = (A D)[:, columns] T``, T upper triangular (r, r) with the inverse about R.

    `rest` (r, w - r) are the coordinates of the other columns in Q, which differ from them by
    at most `neglected`, relative to their lengths. `growth` bounds ``|| |T^-1| |T| ||_2``.
    """

    columns: np.ndarray
    T: np.ndarray
    R: np.ndarray
    rest: np.ndarray
    growth: float
    defect: float
    neglected: float
    method: str
    passes: int


def orthonormalizer(
    rows: Rows, *, method: str = "auto", rcond: float | None = None, streams: Streams
) -> Orthonormalizer:
    """Return the orthonormalizer of the rows; the rank is that of pivoted QR."""
    if rows.width == 0:
        none = np.zeros((0, 0), rows.dtype)
        return Orthonormalizer(np.arange(0), none, none, none, 0.0, 0.0, 0.0, "none", 0)
    floor = default_floor(rows) if rcond is None else rcond
    passes = 0
    if method in ("auto", "gram") and rows.height >= rows.width:
        passes += 1
        # No pivot is then one that rcond would drop.
        found = _by_gram(rows, _GRAM_GROWTH if floor == 0.0 else min(_GRAM_GROWTH, 1.0 / floor))
        if found is not None:
            return found
    if method == "gram":
        raise RankDeficientError(
            "method='gram' needs columns that are far from dependent, and those of A are not; "
            "pass method='auto'"
        )
    tall = rows.shape[0] > 2 * max(_SKETCH * rows.width, BLOCK)
    if method == "sketch" or (method == "auto" and tall):
        found = _from_columns(rows, _sketched(rows, streams), floor, "sketch", passes + 1)
        if found is not None:
            return found
        passes += 2
    C = _triangle(rows)
    found = _from_columns(rows, C, floor, "qr", passes + 1)
    if found is None and rcond is None:  # pivots at the edge of what rounding explains
        found = _from_columns(rows, C, _AT_THE_EDGE * floor, "qr", passes + 2)
    if found is None:
        raise RankDeficientError(
            f"columns of A are dependent to rounding, and rcond={floor:.1g} counts them all the "
            "same; pass a larger rcond"
        )
    return found


def default_floor(rows: Rows) -> float:
    """Return the pivot, relative to the largest, up to which rounding explains one."""
    return _RCOND * rows.width * rows.eps


def terms_of(rows: Rows) -> int:
    """Return what an inner product of a row counts as."""
    return (4 if rows.dtype.kind == "c" else 1) * rows.width + 4


def growth_of(R: np.ndarray, T: np.ndarray) -> float:
    """Bound ``|| |T^-1| |T| ||_2`` by R, which is the inverse of T up to rounding."""
    M = np.abs(R) @ np.abs(T)
    # ||M||_2^2 <= ||M||_1 ||M||_inf
    about = float(np.sqrt(M.sum(axis=0).max() * M.sum(axis=1).max()))
    about = min(about, float(np.linalg.norm(M)))
    error = float(np.linalg.norm(R @ T - np.eye(R.shape[0])))
    error += rounding(4 * R.shape[0] + 4) * about
    return about * (1.0 + error / (1.0 - error)) if error < 1.0 else float("inf")


def _departure(G: np.ndarray, T: np.ndarray) -> float:
    """Bound ``||T^H G T - I||_F``."""
    size = np.abs(T)
    off = float(np.linalg.norm(T.conj().T @ G @ T - np.eye(T.shape[0])))
    return off + rounding(8 * T.shape[0] + 8) * float(np.linalg.norm(size.T @ np.abs(G) @ size))


def _by_gram(rows: Rows, limit: float) -> Orthonormalizer | None:
    """Return the answer from the Gram matrix of A, or None where the growth exceeds the limit."""
    G, terms = rows.gram()
    powers = np.frexp(np.sqrt(np.maximum(G.diagonal().real, 0.0)))[1]
    G = norms.ldexp(G, -powers[:, None] - powers)
    R = cholesky_r(G)
    if R is None:
        return None
    T = invert_triangle(R)
    growth = growth_of(R, T)
    if growth <= min(_ONE_PASS, limit):
        spread = float(np.linalg.norm(np.sqrt(G.diagonal().real) @ np.abs(T))) * (1.0 + 1e-10)
        defect = gram_defect(_departure(G, T), spread, sum_terms(rows, terms))
        scaled = norms.ldexp(T, -powers[:, None]), norms.ldexp(R, powers)
        empty = np.zeros((rows.width, 0), rows.dtype)
        return Orthonormalizer(
            np.arange(rows.width), *scaled, empty, growth, defect, 0.0, "gram", 1
        )
    if not growth <= limit:
        return None
    none = np.zeros((rows.width, 0), rows.dtype)
    first = Triangle(np.arange(rows.width), np.arange(0), R, none, powers)
    return _corrected(rows, first, "gram", 2)


def sum_terms(rows: Rows, terms: int) -> int:
    """Return what a sum over `terms` rows counts as."""
    return (4 if rows.dtype.kind == "c" else 1) * terms


def _sketched(rows: Rows, streams: Streams) -> np.ndarray:
    """Return few rows that stand for all, those of the ridge below them."""
    from linsub.sketching import OSNAP

    n, d = rows.shape[0], rows.width
    return rows.sketched(OSNAP(n, min(n, _SKETCH * d), sparsity=_ENTRIES, rng=streams))


def _triangle(rows: Rows) -> np.ndarray:
    """Return the R factor, by QR of one block below the R of those before."""
    R = np.zeros((0, rows.width), rows.dtype)
    for X in rows.blocks(max(BLOCK, 4 * rows.width)):
        R = r_factor(np.concatenate([R, X]) if R.size else X)
    return R


class Triangle(NamedTuple):
    """``C 2^-powers = Q [R, rest]``, columns `kept` and then `dropped`, with orthonormal Q."""

    kept: np.ndarray
    dropped: np.ndarray
    R: np.ndarray
    rest: np.ndarray
    powers: np.ndarray

    def inverse(self) -> np.ndarray:
        """Return the T for which ``C[:, kept] T`` is orthonormal."""
        T = norms.ldexp(invert_triangle(self.R), -self.powers[self.kept][:, None])
        return np.asfortranarray(T)


def rank_revealing(C: np.ndarray, floor: float) -> Triangle | None:
    """Return the triangle of the columns that pivoted QR keeps, None where it keeps none."""
    powers = np.frexp(norms.column_norms(C))[1]
    C = norms.ldexp(C, -powers)
    _, R, order = pivoted_qr(C)
    diagonal = np.abs(R.diagonal())
    rank = int(np.count_nonzero(diagonal > floor * diagonal[0])) if diagonal.size else 0
    kept, dropped = np.sort(order[:rank]), np.sort(order[rank:])
    # In the order of the columns: nothing need be gathered where the rank is full.
    R = r_factor(np.concatenate([C[:, kept], C[:, dropped]], axis=1))
    if rank == 0 or not R[:rank].diagonal().all():
        return None
    return Triangle(kept, dropped, np.triu(R[:rank, :rank]), R[:rank, rank:], powers)


def _from_columns(
    rows: Rows, C: np.ndarray, floor: float, method: str, passes: int
) -> Orthonormalizer | None:
    """Return the answer from a C with about the Gram matrix of A, or None if it misleads."""
    first = rank_revealing(C, floor)
    found = None if first is None else _corrected(rows, first, method, passes + 1)
    lost = method == "sketch" and found is not None and found.neglected > _LOST * floor
    return None if lost else found


def _corrected(rows: Rows, first: Triangle, method: str, passes: int) -> Orthonormalizer | None:
    """Return the answer for a first triangle, or None where Z = A R^-1 is ill conditioned."""
    kept, dropped, R, rest, powers = first
    scaled = first.inverse()
    T = norms.ldexp(scaled, powers[kept][:, None])
    growth = growth_of(R, T)
    G = np.zeros_like(R)
    left = np.zeros(dropped.size)
    rest = norms.ldexp(rest, powers[dropped])
    for i, Z in rows.products(scaled, kept, triangular=True, ridge=True):
        G += Z.conj().T @ Z
        if dropped.size:
            left += np.square(np.abs(rows.part(i, dropped) - Z @ rest)).sum(axis=0)
    R2 = cholesky_r(G)
    if R2 is None:
        return None
    T2 = invert_triangle(R2)
    growth2 = growth_of(R2, T2)
    if not growth2 <= _CORRECTABLE * np.sqrt(R.shape[0]):
        return None
    error = rounding(terms_of(rows)) * growth
    gram = float(norms.spectral(G)) * (1.0 + 1e-10), float(np.trace(G).real)
    inverse = float(norms.spectral(T2)) * (1.0 + 1e-10), float(np.linalg.norm(T2))
    defect = corrected_defect(_departure(G, T2), error, inverse, gram, sum_terms(rows, rows.terms))
    growth = growth_of(R2 @ R, T @ T2)
    sizes = np.ldexp(1.0, powers[dropped])
    neglected = float((np.sqrt(left) / sizes).max(initial=0.0))
    T, R = scaled @ T2, norms.ldexp(R2 @ R, powers[kept])
    return Orthonormalizer(
        kept, np.asfortranarray(T), R, R2 @ rest, growth, defect, neglected, method, passes
    )
