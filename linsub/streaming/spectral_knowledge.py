"""Eigenvalues and eigenvectors of a Gram matrix that is known up to a shrinkage."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from linsub._core.dense.eigh import eigh
from linsub._core.dense.svd import svd
from linsub.results import Bound, Info
from linsub.streaming import bounds
from linsub.streaming.fd_shrink import EPS
from linsub.streaming.result import EigCertificate, EigResult

__all__ = ["Knowledge", "down", "of_gram", "of_rows", "up"]

# Rounding of a factorization of r rows, relative to the largest square: as that of a shrink.
_FACTOR = 16.0


@dataclasses.dataclass(frozen=True, eq=False)
class Knowledge:
    """``-rounding I <= 4^exponent A^T A - V^T diag(values) V <= (shrinkage + rounding) I``.

    Attributes
    ----------
    values : ndarray (k,)
        Descending.
    Vh : ndarray (k, d)
    exponent : int
    shrinkage, rounding : float
        The rounding of the factorization included.
    squares : float
        An upper bound on ``4^exponent ||A||_F^2``.
    """

    values: np.ndarray
    Vh: np.ndarray
    exponent: int
    shrinkage: float
    rounding: float
    squares: float

    def first(self, k: int) -> np.ndarray:
        """Return k eigenvalues, zeros beyond those that are there."""
        found = np.zeros(k)
        found[: self.values.size] = self.values[:k]
        return found

    def eigenvalues(self, k: int) -> np.ndarray:
        """Return the intervals of the first k, (k, 2), in the unit of A squared."""
        ends = bounds.eigenvalue_enclosure(
            self.first(k), self.shrinkage, self.rounding, self.squares
        )
        low, high = (end.tolist() for end in ends)
        shift = -2 * self.exponent
        return np.array([(down(a, shift), up(b, shift)) for a, b in zip(low, high, strict=True)])

    def sine(self, k: int = 1) -> float:
        """Return the bound on the sine of the angle to the first k eigenvectors."""
        d = self.Vh.shape[1]
        if k >= d:
            return 0.0
        ends = self.first(k + 1)
        return bounds.eigenvector_certificate(
            float(ends[k - 1]), float(ends[k]), self.shrinkage, self.rounding
        )

    def basis(self, k: int) -> np.ndarray:
        """Return k orthonormal rows: the first eigenvectors, signs fixed."""
        V = self.Vh[:k]
        if V.shape[0] < k:  # any directions that are orthogonal to all rows
            from linsub._core.dense.qr import complement

            rest = complement(np.ascontiguousarray(V.T)) if V.shape[0] else np.eye(V.shape[1])
            V = np.concatenate([V, rest.T[: k - V.shape[0]]])
        largest = np.argmax(np.abs(V), axis=1)
        return np.asarray(V * np.where(V[np.arange(k), largest] < 0.0, -1.0, 1.0)[:, None])

    def top(self, info: Info) -> EigResult:
        """Return the top eigenvector with its certificate."""
        two = self.eigenvalues(min(2, self.Vh.shape[1]))
        second = two[1, 1] if len(two) > 1 else 0.0
        sine = self.sine()
        lower, upper = (float(end) for end in two[0])
        certificate = EigCertificate(
            sine=Bound(sine, "bound", "sin(v, v_1)", origin="carried") if sine < 1.0 else None,
            value_lower=Bound(lower, "bound", "lambda_1 >=", origin="carried"),
            value_upper=Bound(upper, "bound", "lambda_1", origin="carried"),
            second_upper=Bound(float(second), "bound", "lambda_2", origin="carried"),
        )
        return EigResult(
            self.basis(1)[0],
            two[0],
            sine,
            "certified" if sine < 1.0 else "uncertified",
            certificate=certificate,
            info=info,
        )


def of_rows(
    rows: np.ndarray, exponent: int, shrinkage: float, rounding: float, squares: float
) -> Knowledge:
    """Return what rows known up to a shrinkage say."""
    _, values, Vh = svd(rows)
    values = np.square(values)
    top = float(values.max(initial=0.0))
    own = _FACTOR * math.sqrt(max(rows.shape)) * EPS * top
    return Knowledge(values, Vh, exponent, shrinkage, rounding + own, squares)


def of_gram(
    G: np.ndarray, exponent: int, rounding: float, squares: float, k: int | None = None
) -> Knowledge:
    """Return what a Gram matrix says; its lower triangle is read."""
    values, V = eigh(G, k)
    values = np.maximum(values, 0.0)
    own = _FACTOR * math.sqrt(G.shape[0]) * EPS * float(values.max(initial=0.0))
    return Knowledge(values, np.ascontiguousarray(V.T), exponent, 0.0, rounding + own, squares)


def up(value: float, shift: int = 0) -> float:
    """Return ``2^shift value``, or the next number above where that is none."""
    return _scaled(value, shift, math.inf)


def down(value: float, shift: int = 0) -> float:
    """Return ``2^shift value``, or the next number below where that is none."""
    return _scaled(value, shift, 0.0)


def _scaled(value: float, shift: int, towards: float) -> float:
    if value == 0.0 or math.isinf(value):
        return value
    try:
        found = math.ldexp(value, shift)
    except OverflowError:
        return math.nextafter(math.inf, towards)
    exact: Any = math.ldexp(found, -shift) if abs(found) > 0.0 else 0.0
    return found if exact == value else math.nextafter(found, towards)
