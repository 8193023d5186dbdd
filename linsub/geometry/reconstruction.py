"""Householder vectors of given orthonormal columns, by one LU factorization without pivoting."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.triangular import solve

__all__ = ["reconstruct"]

# Columns that are eliminated one by one before the rest is updated by a product.
_WIDTH = 32


def reconstruct(Q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Y (n, b), unit lower trapezoidal, and signs s with Q = H_1 ... H_b [diag(s); 0].

    ``H_j = I - 2 y_j y_j^H / ||y_j||^2``; every one is a proper reflector.

    Notes
    -----
    ``Q - [diag(s); 0] = Y U`` with s_i the opposite of the sign (the phase) of the pivot at the
    moment when it is met: no pivot is below 1 in size, and nothing is pivoted (Ballard, Demmel,
    Grigori, Jacquelin, Knight and Nguyen 2015).
    """
    A = np.array(Q, order="C")
    b = A.shape[1]
    signs = np.ones(b, A.dtype)
    for start in range(0, b, _WIDTH):
        stop = min(start + _WIDTH, b)
        for j in range(start, stop):
            pivot = A[j, j]
            size = abs(pivot)
            signs[j] = -(pivot / size) if size > 0.0 else -1.0
            A[j + 1 :, j] /= pivot - signs[j]
            A[j + 1 :, j + 1 : stop] -= np.outer(A[j + 1 :, j], A[j, j + 1 : stop])
        if stop < b:
            lower = np.tril(A[start:stop, start:stop], -1) + np.eye(stop - start, dtype=A.dtype)
            A[start:stop, stop:] = solve(lower, A[start:stop, stop:], lower=True)
            A[stop:, stop:] -= A[stop:, start:stop] @ A[start:stop, stop:]
    Y = np.tril(A, -1)
    np.fill_diagonal(Y, 1.0)
    return Y, signs
