"""Pairs of subspaces with prescribed principal angles."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = ["ANGLE_SETS", "subspace_pair"]

_RIGHT = np.pi / 2

# What loses half of the digits, or all, where cosines or sines alone are asked.
ANGLE_SETS: dict[str, tuple[float, ...]] = {
    "equal": (0.0, 0.0, 0.0),
    "tiny": (1e-15, 1e-12, 1e-9, 1e-7, 1e-6),
    "nearly right": (_RIGHT - 1e-5, _RIGHT - 1e-8, _RIGHT - 1e-10, _RIGHT - 1e-13),
    "right": (_RIGHT, _RIGHT, _RIGHT),
    "clusters": (1e-8, 1e-8, 1e-8, _RIGHT - 1e-8, _RIGHT - 1e-8),
    "half way": (_RIGHT / 2 - 1e-9, _RIGHT / 2, _RIGHT / 2 + 1e-9, _RIGHT / 2 + 1e-3),
    "mixed": (0.0, 1e-9, 0.5, _RIGHT - 1e-9, _RIGHT),
    "plain": (0.1, 0.4, 0.9, 1.3),
}


def subspace_pair(
    n: int, angles: Any, *, p: int | None = None, rng: Any = None, dtype: Any = np.float64
) -> tuple[np.ndarray, np.ndarray]:
    """Return orthonormal X (n, p) and Y (n, k) with the k principal angles `angles`.

    Parameters
    ----------
    n : int
        At least p and as many dimensions more as there are angles that are not 0.
    angles : array_like of shape (k,)
        In [0, pi/2], in any order.
    p : int, optional
        At least k, the default.
    rng : {None, int, Generator}, optional
    dtype : {float64, complex128, float32, complex64}, optional
        The bases are made in double precision and rounded at the end.

    Raises
    ------
    InvalidInputError
        If the sizes do not fit, or an angle is outside of [0, pi/2].

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.testing import gallery
    >>> X, Y = gallery.subspace_pair(5, [0.0, 0.3], rng=0)
    >>> np.linalg.svd(X.T @ Y)[1].round(12).tolist() == np.cos([0.0, 0.3]).round(12).tolist()
    True
    """
    theta = np.asarray(angles, dtype=np.float64).ravel()
    if not np.all((theta >= 0.0) & (theta <= _RIGHT)):
        raise InvalidInputError(f"angles must be in [0, pi/2], got {theta.tolist()}")
    k = theta.size
    p = k if p is None else p
    apart = np.flatnonzero(theta)
    if not k <= p <= n - apart.size:
        raise InvalidInputError(
            f"n={n}, p={p} and {k} angles, {apart.size} of them not 0, do not fit: "
            f"k <= p <= n - {apart.size}"
        )
    rng = np.random.default_rng(rng)
    dtype = np.dtype(dtype)
    Q = _frame(n, p + apart.size, rng, dtype)
    X = Q[:, :p] @ _frame(p, p, rng, dtype)
    Y = Q[:, :k] * np.cos(theta)
    Y[:, apart] += Q[:, p:] * np.sin(theta[apart])
    Y = Y @ _frame(k, k, rng, dtype)
    return X.astype(dtype), Y.astype(dtype)


def _frame(n: int, k: int, rng: np.random.Generator, dtype: np.dtype) -> np.ndarray:
    G = rng.standard_normal((n, k))
    if dtype.kind == "c":
        G = G + 1j * rng.standard_normal((n, k))
    Q, _ = np.linalg.qr(G)
    return np.asarray(Q)
