"""Random factors and matrices of prescribed singular values."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = ["Draw", "gaussian", "haar", "with_spectrum"]


@dataclasses.dataclass(frozen=True)
class Draw:
    """What a builder may use: the wanted condition, the precision, and random numbers."""

    cond: float
    eps: float
    tiny: float
    complex: bool
    rng: np.random.Generator

    def gaussian(self, m: int, n: int) -> np.ndarray:
        """Return an m by n Gaussian matrix, complex where the request is."""
        return gaussian(m, n, self.complex, self.rng)

    def with_spectrum(self, sigma: np.ndarray, m: int, n: int) -> np.ndarray:
        """Return an m by n matrix with Haar factors and these singular values."""
        return _compose(sigma, m, n, self.complex, self.rng)

    def small(self) -> float:
        """Return 1 / cond as a power of two, which every precision holds exactly."""
        return float(np.ldexp(1.0, -round(np.log2(self.cond))))


def gaussian(m: int, n: int, complex_: bool, rng: np.random.Generator) -> np.ndarray:
    """Return an m by n standard Gaussian matrix, real or complex with E|x|^2 = 1."""
    X = rng.standard_normal((m, n))
    return (X + 1j * rng.standard_normal((m, n))) * np.sqrt(0.5) if complex_ else X


def haar(n: int, k: int, complex_: bool, rng: np.random.Generator) -> np.ndarray:
    """Return k <= n orthonormal columns, uniformly distributed.

    Householder's R has a diagonal of arbitrary signs, which would bias Q: they are moved
    into Q (Mezzadri 2007).
    """
    if min(n, k) == 0:
        return np.zeros((n, k), complex if complex_ else float)
    Q, R = np.linalg.qr(gaussian(n, k, complex_, rng))
    d = np.diag(R)
    return np.asarray(Q * (d / np.abs(d)))


def _compose(
    sigma: np.ndarray, m: int, n: int, complex_: bool, rng: np.random.Generator
) -> np.ndarray:
    k = sigma.size
    if k > min(m, n):
        raise InvalidInputError(f"{k} singular values do not fit into a {m} x {n} matrix")
    return np.asarray((haar(m, k, complex_, rng) * sigma) @ haar(n, k, complex_, rng).conj().T)


def with_spectrum(
    sigma: Any, m: int, n: int | None = None, *, dtype: Any = float, rng: Any = None
) -> np.ndarray:
    """Return a random matrix with given singular values.

    Parameters
    ----------
    sigma : array_like of shape (k,)
        Singular values, in any order, k <= min(m, n); the others are zero.
    m, n : int
        Shape; n = m by default.
    dtype : dtype, optional
        float32, float64, complex64 or complex128.
    rng : seed or Generator, optional

    Returns
    -------
    A : ndarray of shape (m, n)
        ``U diag(sigma) V^H`` with Haar-distributed U and V [1]_, computed in double precision
        and rounded to `dtype`: its singular values are sigma to within a few
        ``eps * sigma.max()``.

    References
    ----------
    .. [1] F. Mezzadri, How to generate random matrices from the classical compact groups,
       Notices of the AMS 54, 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.testing import gallery
    >>> A = gallery.with_spectrum([3.0, 2.0, 1.0], 5, 3, rng=0)
    >>> bool(np.allclose(np.linalg.svd(A, compute_uv=False), [3, 2, 1]))
    True
    """
    dtype = np.dtype(dtype)
    values = np.asarray(sigma, dtype=np.float64)
    if values.ndim != 1 or not np.all(values >= 0):
        raise InvalidInputError(f"sigma must be a vector of numbers >= 0, got {sigma!r}")
    n = m if n is None else n
    return _compose(values, m, n, dtype.kind == "c", np.random.default_rng(rng)).astype(dtype)
