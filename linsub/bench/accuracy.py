"""How wrong a truncated SVD is, whoever computed it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["SVDJudge"]

# Entries of a residual that are formed at a time: 64 MiB of float64.
CHUNK_ENTRIES = 1 << 23
# Errors up to this many eps are rounding: no method is better than another below it.
FLOOR_EPS = 100.0


@dataclasses.dataclass(frozen=True, eq=False)
class SVDJudge:
    """Measures the error of ``U, S, Vh`` against known singular values.

    Calling it with a triple returns

    ``sigma``
        the largest relative error of a singular value, max |S_i - sigma_i| / sigma_i
        (of values at the level of rounding: absolute, over sigma_1);
    ``residual``
        the largest ||A v_i - s_i u_i|| or ||A^H u_i - s_i v_i||, over sigma_1;
    ``orthogonality``
        max(||U^H U - I||_2, ||Vh Vh^H - I||_2);
    ``excess``
        ||A - U S Vh||_F over the least that this rank allows, minus 1 (over ||A||_F where
        the least is at the level of rounding);
    ``missed``
        1 when the values look converged and one of the leading ones is not among them.

    All of it is computed in float64, whatever the triple's type.

    Parameters
    ----------
    A : ndarray or sparse matrix
        The matrix; a memory-mapped array is read in blocks of rows.
    rank : int
        The number of triplets that was asked for; a triple with fewer is judged as if
        the rest were zero.
    sigma : ndarray or None
        At least `rank` reference singular values, or None if there is no reference:
        then only the residual and the orthogonality are known.
    norm : float or None
        ||A||_F, computed if None.
    eps : float, optional
        The precision to compare at, by default that of the dtype of `A`.
    """

    A: Any
    rank: int
    sigma: np.ndarray | None
    norm: float | None = None
    eps: float | None = None

    @property
    def floor(self) -> float:
        """Errors up to this are rounding."""
        if self.eps is not None:
            return FLOOR_EPS * self.eps
        dtype = np.dtype(self.A.dtype)
        return FLOOR_EPS * float(np.finfo(dtype if dtype.kind in "fc" else np.float64).eps)

    def __call__(self, triple: Any) -> Mapping[str, float]:
        U, S, Vh = (np.asarray(part) for part in triple)
        wide = np.complex128 if U.dtype.kind == "c" or Vh.dtype.kind == "c" else np.float64
        U, S, Vh = U.astype(wide), S.astype(np.float64), Vh.astype(wide)
        order = np.argsort(-S, kind="stable")[: self.rank]
        U, S, Vh = U[:, order], S[order], Vh[order]
        AV, AhU = self._products(U, Vh)
        top = self._top(S)
        each = np.maximum(
            np.linalg.norm(AV - U * S, axis=0), np.linalg.norm(AhU - Vh.conj().T * S, axis=0)
        )
        errors = {
            "residual": float(each.max(initial=0.0)) / top,
            "orthogonality": max(_departure(U.conj().T @ U), _departure(Vh @ Vh.conj().T)),
        }
        if self.sigma is not None:
            errors["sigma"] = self._sigma_error(S, top)
            errors["excess"] = self._excess(U, S, Vh, AV)
            errors["missed"] = float(self._missed(S, each, top))
        return errors

    def _top(self, S: np.ndarray) -> float:
        values = S if self.sigma is None else self.sigma
        top = float(np.max(values, initial=0.0))
        return top if top > 0.0 else 1.0

    def _reference(self, size: int) -> np.ndarray:
        assert self.sigma is not None
        known = np.zeros(size)
        part = np.asarray(self.sigma, dtype=np.float64)[:size]
        known[: part.size] = part
        return known

    def _products(self, U: np.ndarray, Vh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        V = Vh.conj().T
        if not isinstance(self.A, np.ndarray):
            return np.asarray(self.A @ V), np.asarray(self.A.conj().T @ U)
        AV = np.empty((self.A.shape[0], V.shape[1]), dtype=V.dtype)
        AhU = np.zeros((self.A.shape[1], U.shape[1]), dtype=V.dtype)
        for rows in self._chunks():
            block = np.asarray(self.A[rows])
            AV[rows] = block @ V
            AhU += block.conj().T @ U[rows]
        return AV, AhU

    def _chunks(self) -> list[slice]:
        m, n = self.A.shape
        height = max(1, CHUNK_ENTRIES // max(1, n))
        return [slice(start, start + height) for start in range(0, m, height)]

    def _sigma_error(self, S: np.ndarray, top: float) -> float:
        known = self._reference(self.rank)
        found = np.zeros(self.rank)
        found[: S.size] = S
        # A value below the rounding of the largest has no relative accuracy to speak of.
        unit = np.where(known > self.floor * top, known, top)
        return float(np.max(np.abs(found - known) / unit, initial=0.0))

    def _missed(self, S: np.ndarray, each: np.ndarray, top: float) -> bool:
        # With residuals of norm r a complete set has S_i >= sigma_i - r (Weyl); a value
        # further below shows that a larger one is in the complement.
        slack = float(np.linalg.norm(each)) + self.floor * top
        return bool(np.any(self._reference(S.size) - S > slack))

    def _excess(self, U: np.ndarray, S: np.ndarray, Vh: np.ndarray, AV: np.ndarray) -> float:
        norm = self.frobenius()
        if norm == 0.0:
            return float(np.linalg.norm(S))
        reached = self._error(U, S, Vh, AV, norm)
        optimum = self._optimum(norm)
        if optimum <= self.floor * norm:
            return max(0.0, reached - optimum) / norm
        return max(0.0, reached / optimum - 1.0)

    def frobenius(self) -> float:
        """Return ||A||_F."""
        if self.norm is not None:
            return self.norm
        if isinstance(self.A, np.ndarray):
            parts = [
                float(np.linalg.norm(_wide(np.asarray(self.A[rows])))) for rows in self._chunks()
            ]
            return math.hypot(*parts)
        return float(np.linalg.norm(_wide(self.A.data)))

    def _optimum(self, norm: float) -> float:
        assert self.sigma is not None
        sigma = np.asarray(self.sigma, dtype=np.float64)
        if sigma.size >= min(self.A.shape):  # all are known: no cancellation
            return float(np.linalg.norm(sigma[self.rank :]))
        kept = float(np.linalg.norm(sigma[: self.rank]))
        return math.sqrt(max(0.0, (norm - kept) * (norm + kept)))

    def _error(
        self, U: np.ndarray, S: np.ndarray, Vh: np.ndarray, AV: np.ndarray, norm: float
    ) -> float:
        if isinstance(self.A, np.ndarray):
            parts = [
                float(np.linalg.norm(np.asarray(self.A[rows]) - (U[rows] * S) @ Vh))
                for rows in self._chunks()
            ]
            return math.hypot(*parts)
        # ||A - M||^2 = ||A||^2 - 2 Re <A, M> + ||M||^2: the difference itself is dense.
        M_norm2 = float(np.real(np.sum((U.conj().T @ U * S * S[:, None]) * (Vh @ Vh.conj().T).T)))
        inner = float(np.real(np.sum(U.conj() * AV, axis=0) @ S))
        return math.sqrt(max(0.0, norm**2 - 2.0 * inner + M_norm2))


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _departure(gram: np.ndarray) -> float:
    if gram.size == 0:
        return 0.0
    if not np.isfinite(gram).all():
        return math.nan
    return float(np.linalg.norm(gram - np.eye(gram.shape[0]), 2))
