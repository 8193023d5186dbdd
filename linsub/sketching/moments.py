"""Sums over pairs of rows that the second moments of sketches are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core.dense import norms
from linsub.sketching.inputs import is_sparse

__all__ = ["paired_sums", "row_squares", "second_moments", "sums"]


def second_moments(X: Any, Y: Any, variance: Callable[[Any, Any], float]) -> float:
    """Return variance(X, Y), of degree two in each of X and Y, whatever their scale."""
    (X, p), (Y, q) = _near_one(X), _near_one(Y)
    value = max(0.0, float(variance(X, Y)))
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(value, -2 * (p + q)))


def _near_one(A: Any) -> tuple[Any, int]:
    """Return (2**p A, p) in double precision, the largest entry near 1."""
    kind = np.complex128 if A.dtype.kind == "c" else np.float64
    A = A.astype(kind)  # a copy
    if not is_sparse(A):
        return norms.near_one(A)
    if not A.has_canonical_format:  # duplicates are sums, and their squares are not
        A.sum_duplicates()
    data, p = norms.near_one(A.data)
    return type(A)((data, A.indices, A.indptr), shape=A.shape), p


def row_squares(A: Any) -> np.ndarray:
    """||a_i||^2 of each row."""
    if is_sparse(A):
        squares = type(A)((np.square(np.abs(A.data)), A.indices, A.indptr), shape=A.shape)
        return np.asarray(squares.sum(axis=1)).ravel()
    return np.asarray(np.einsum("ij,ij->i", A, A.conj()).real)


def sums(X: Any, Y: Any) -> tuple[float, float, float]:
    """Return ||X||_F^2 ||Y||_F^2, ||X^T Y||_F^2 and sum_i ||x_i||^2 ||y_i||^2.

    X^T and not X^H: the pairs (i, j) and (j, i) of a real sketch's collisions meet so.
    """
    x, y = row_squares(X), row_squares(Y)
    product = X.T @ Y
    product = product.data if is_sparse(product) else product
    T = float(np.square(np.abs(product)).sum())
    return float(x.sum() * y.sum()), T, float(x @ y)


def paired_sums(X: Any, Y: Any, first: int, n: int) -> tuple[float, float]:
    """Return the sums over i, with i' = n - 1 - i, of what the cosines see of mirrored rows.

    They are of ||x_i||^2 ||y_i'||^2, and of Re(<x_i, x_i'> <y_i, y_i'>) and its conjugate pair
    where i' differs from i, halved; X and Y have the rows ``first ...`` of n.
    """
    stop = first + X.shape[0]
    low, high = max(first, n - stop), min(stop, n - first)  # i and i' both within
    if low >= high:
        return 0.0, 0.0
    i = np.arange(low, high) - first
    mirror = n - 1 - np.arange(low, high) - first
    x, y = row_squares(X), row_squares(Y)
    inner_x, inner_y = _inner(X[i], X[mirror]), _inner(Y[i], Y[mirror])
    pairs = 0.5 * (inner_x * inner_y + inner_x * inner_y.conj()).real
    return float(x[i] @ y[mirror]), float(pairs[i != mirror].sum())


def _inner(A: Any, B: Any) -> np.ndarray:
    """<a_i, b_i> of each pair of rows."""
    if is_sparse(A):
        return np.asarray(A.multiply(B.conj()).sum(axis=1)).ravel()
    return np.asarray(np.einsum("ij,ij->i", A, B.conj()))
