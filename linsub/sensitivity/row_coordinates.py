"""Coordinates of the range of A: rows of an orthonormal basis, each to its own precision."""

from __future__ import annotations

import dataclasses

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.pivoted_qr import pivoted_qr
from linsub._core.dense.qr import r_factor
from linsub._core.dense.svd import singular_values
from linsub._core.dense.triangular import solve

__all__ = ["EPS", "Coordinates", "coordinates"]

EPS = float(np.finfo(np.float64).eps)


@dataclasses.dataclass(frozen=True)
class Coordinates:
    """``Z = A X`` with orthonormal columns that span the range of A.

    `rounding` is the relative error that norms of combinations of these columns may have.
    """

    Z: np.ndarray
    columns: np.ndarray
    exponents: np.ndarray
    triangles: tuple[np.ndarray, np.ndarray]
    width: int
    rounding: float

    @property
    def rank(self) -> int:
        return int(self.Z.shape[1])

    def image(self, rows: np.ndarray) -> np.ndarray:
        """Return ``rows X`` for other rows of the width of A."""
        C = norms.ldexp(rows[:, self.columns], -self.exponents)
        first, second = self.triangles
        return solve(second, solve(first, np.asfortranarray(C), side="right"), side="right")

    def preimage(self, z: np.ndarray) -> np.ndarray:
        """Return x with A x parallel to Z z, its largest entry (the first of them) 1."""
        first, second = self.triangles
        x = np.zeros(self.width, z.dtype)
        if z.size == 0 or not z.any():
            return x
        y = solve(first, solve(second, z[:, None]))[:, 0]
        powers = np.frexp(np.abs(y))[1] - self.exponents
        powers = powers[np.abs(y) > 0.0].max()
        with np.errstate(under="ignore"):
            y = norms.ldexp(y, -(self.exponents + powers))
        x[self.columns] = y
        return np.asarray(x / x[np.argmax(np.abs(x))])


def coordinates(A: np.ndarray) -> Coordinates:
    """Return coordinates of A, in double precision, real or complex, of any rank."""
    n, d = A.shape
    A = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64, copy=False)
    peaks = np.array([norms.max_abs(A[:, j]) for j in range(d)])
    # Columns of any units; |entries| <= 1 before any is squared.
    exponents = np.frexp(peaks)[1].astype(np.int64)
    with np.errstate(under="ignore"):
        B = norms.ldexp(A, -exponents)
    # Large rows first: then QR is accurate row by row.
    sizes = np.abs(B).max(axis=1, initial=0.0)
    _, R, order = pivoted_qr(B[np.argsort(-sizes, kind="stable")])
    diagonal = np.abs(R.diagonal())
    floor = max(n, d) * EPS * diagonal.max(initial=0.0)
    rank = int(np.count_nonzero(diagonal > floor))
    first = np.asfortranarray(R[:rank, :rank])
    columns = order[:rank]
    Z = solve(first, np.asfortranarray(B[:, columns]), side="right")
    # Rows of A R^-1 keep their own precision, and lose orthonormality: a second triangle.
    second = np.asfortranarray(r_factor(Z))
    Z = solve(second, Z, side="right")
    rounding = 0.0
    if rank:
        S = singular_values(first)
        defect = norms.frobenius(Z.conj().T @ Z - np.eye(rank))
        rounding = defect + EPS * (n + 20.0 * rank + 4.0 * rank * float(S[0] / S[-1]))
    return Coordinates(Z, columns, exponents[columns], (first, second), d, rounding)
