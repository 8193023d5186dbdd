"""Targets whose errors are weighed by activations: brought to where the weight is one."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix
from linsub._core.dense import norms
from linsub._core.dense.eigh import eigh
from linsub._core.dense.qr import r_factor
from linsub._core.dense.svd import svd
from linsub.clustering.bounds import dictionary_cost
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["Whitened", "whitened"]

_EPS = float(np.finfo(np.float64).eps)

# A Gram matrix may be that far from symmetric, and have eigenvalues that far below 0.
_ROUNDING = 1e-10


@dataclasses.dataclass(frozen=True)
class Whitened:
    """Targets and the metric, near 1.

    Attributes
    ----------
    Y : ndarray of shape (N, D)
        ``2^exponent`` times what was passed, in float64.
    to, back : ndarray of shape (D, r), (r, D), or None
        ``||E A^T||_F = ||E to||_F`` for the metric A times ``2^weight``, and its pseudo-inverse;
        None without a metric.
    exponent, weight : int
    dtype : dtype
    terms : int
        Dimensions of the metric that were summed over.
    """

    Y: np.ndarray
    to: np.ndarray | None
    back: np.ndarray | None
    exponent: int
    weight: int
    dtype: np.dtype
    terms: int

    @property
    def targets(self) -> np.ndarray:
        """Y where errors have weight one."""
        return self.Y if self.to is None else np.ascontiguousarray(self.Y @ self.to)

    @property
    def rank(self) -> int:
        """How many directions of the features count."""
        return int(self.Y.shape[1] if self.to is None else self.to.shape[1])

    def atoms(self, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return atoms of norm 1 among the features, and by what their codes grow."""
        D = found if self.back is None else found @ self.back
        size = norms.column_norms(D.T)
        return D / np.where(size > 0.0, size, 1.0)[:, None], size

    def cost(self, D: np.ndarray, S: Any) -> tuple[float, float]:
        """Return ``||(Y - S D) A^T||_F`` as it is, and a bound on it with rounding."""
        wide, codes = D.astype(np.float64), S.astype(np.float64)
        codes.data = np.ldexp(codes.data, self.exponent)
        rest = self.Y - codes @ wide
        size = norms.frobenius(self.Y) + norms.frobenius(abs(codes) @ np.abs(wide))
        if self.to is not None:
            rest, size = rest @ self.to, size * norms.frobenius(self.to)
        terms = D.shape[1] + int(np.diff(S.indptr).max(initial=0)) + 2 + self.terms
        cost = norms.frobenius(rest)
        found = [cost, dictionary_cost(cost, size, terms)]
        with np.errstate(over="ignore", under="ignore"):
            value, bound = np.ldexp(found, -self.exponent - self.weight).tolist()
        return value, bound if bound > 0.0 or size == 0.0 else float(np.nextafter(0.0, 1.0))


def whitened(Y: Any, metric: Any, metric_gram: Any, rtol: Any) -> Whitened:
    """Return targets and a metric that are given as users do.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    """
    if rtol is not None:
        rtol = scalars.as_real(rtol, name="rtol", low=0.0, high=1.0, include=(True, False))
    rows = _real(Y, "Y")
    if 0 in rows.shape:
        raise InvalidInputError(f"Y has shape {rows.shape}: there is nothing in it")
    near, exponent = norms.near_one(rows.astype(np.float64))
    near = np.ascontiguousarray(near)
    if metric is None and metric_gram is None:
        return Whitened(near, None, None, exponent, 0, rows.dtype, 0)
    if metric is not None and metric_gram is not None:
        raise InvalidInputError("give metric or metric_gram, got both")
    name = "metric" if metric is not None else "metric_gram"
    A = _real(metric if metric is not None else metric_gram, name)
    # Single precision knows no directions below its own rounding.
    eps = max(float(np.finfo(x.dtype).eps) for x in (A, rows))
    read = _of_activations if metric is not None else _of_gram
    sigma, V, weight, terms = read(A, rows.shape[1], rtol, eps)
    if sigma.size == 0:
        raise InvalidInputError(f"{name} is 0: every dictionary costs the same")
    to, back = V * sigma, (V / sigma).T
    return Whitened(near, to, np.ascontiguousarray(back), exponent, weight, rows.dtype, terms)


def _real(A: Any, name: str) -> np.ndarray:
    matrix = as_matrix(A, name=name)
    if matrix.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; dictionaries are of real targets")
    return matrix


def _of_activations(
    A: np.ndarray, D: int, rtol: float | None, eps: float
) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Return singular values that count, their directions (D, r), the exponent, dimensions."""
    m = A.shape[0]
    if A.shape[1] != D:
        raise InvalidInputError(f"metric has {A.shape[1]} columns and Y has {D}")
    near, weight = norms.near_one(A.astype(np.float64))
    _, sigma, Vh = svd(r_factor(near) if m > D else near)
    floor = max(m, D) * eps if rtol is None else rtol
    kept = sigma > floor * sigma.max(initial=0.0)
    return sigma[kept], Vh[kept].T, weight, m + D


def _of_gram(
    G: np.ndarray, D: int, rtol: float | None, eps: float
) -> tuple[np.ndarray, np.ndarray, int, int]:
    if G.shape != (D, D):
        raise InvalidInputError(f"metric_gram has shape {G.shape} and Y has {D} columns")
    near, weight = norms.near_one(G.astype(np.float64))
    peak = norms.max_abs(near)
    if norms.max_abs(near - near.T) > _ROUNDING * peak:
        raise InvalidInputError("metric_gram is not symmetric; pass A.T @ A")
    values, V = eigh(0.5 * (near + near.T))
    if values[-1] < -_ROUNDING * peak:
        raise InvalidInputError(
            f"metric_gram has the eigenvalue {np.ldexp(values[-1], -weight):.3g}, and no Gram "
            "matrix has a negative one; pass A.T @ A"
        )
    floor = D * eps if rtol is None else max(rtol * rtol, D * _EPS)
    kept = values > floor * values.max(initial=0.0)
    return np.sqrt(values[kept]), V[:, kept], weight // 2, 2 * D
