"""Named matrices of the literature, most of them from Higham's Test Matrix Toolbox."""

from __future__ import annotations

import numpy as np

from linsub.testing.gallery.entries import register, square
from linsub.testing.gallery.factors import Draw

__all__: list[str] = []


def _grid(m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the row and column numbers, from 1."""
    return np.arange(1.0, m + 1)[:, None], np.arange(1.0, n + 1)[None, :]


@register("hilb", "named")
def _hilb(m: int, n: int, draw: Draw) -> np.ndarray:
    """Hilbert's 1 / (i + j - 1): singular values that decay exponentially."""
    i, j = _grid(m, n)
    return np.asarray(1.0 / (i + j - 1.0))


@register("lotkin", "named")
def _lotkin(m: int, n: int, draw: Draw) -> np.ndarray:
    """Hilbert's matrix with a first row of ones: not symmetric, ill conditioned."""
    A = _hilb(m, n, draw)
    A[:1] = 1.0
    return A


@register("vand", "named")
def _vand(m: int, n: int, draw: Draw) -> np.ndarray:
    """Vandermonde's, of m equispaced points in [0, 1]."""
    return np.vander(np.linspace(0.0, 1.0, m), n)


@register("kahan", "named", "triangular")
def _kahan(m: int, n: int, draw: Draw) -> np.ndarray:
    """Kahan's, whose near rank deficiency QR with column pivoting does not see."""
    theta = 1.2
    A = np.triu(np.full((m, n), -np.cos(theta)), 1)
    A[range(min(m, n)), range(min(m, n))] = 1.0
    A *= np.sin(theta) ** np.arange(m)[:, None]
    # Higham's perturbation: rounding would otherwise decide the pivots.
    A[range(min(m, n)), range(min(m, n))] += 25 * draw.eps * np.arange(min(m, n), 0, -1)
    return A


@register("moler", "named", "exact", fits=square)
def _moler(m: int, n: int, draw: Draw) -> np.ndarray:
    """Moler's: positive definite, one tiny eigenvalue."""
    i, j = _grid(m, n)
    return np.where(i == j, i, np.minimum(i, j) - 2.0)


@register("clement", "named", fits=square, values=lambda m, n, c: abs(np.arange(1.0 - n, n, 2.0)))
def _clement(m: int, n: int, draw: Draw) -> np.ndarray:
    """Clement's symmetric tridiagonal: eigenvalues n-1, n-3, ..., 1-n, in pairs of a size."""
    i, j = _grid(m, n)
    k = np.minimum(i, j)
    return np.where(np.abs(i - j) == 1, np.sqrt(k * (n - k)), 0.0)


def _pei_values(m: int, n: int, c: float) -> np.ndarray:
    return np.r_[np.ones(n - 1), n + 1.0] if n else np.zeros(0)


@register("pei", "named", "exact", fits=square, values=_pei_values)
def _pei(m: int, n: int, draw: Draw) -> np.ndarray:
    """Pei's: ones plus the identity, so that n - 1 singular values are equal."""
    return np.ones((n, n)) + np.eye(n)


@register("frank", "named", "exact", fits=square)
def _frank(m: int, n: int, draw: Draw) -> np.ndarray:
    """Frank's upper Hessenberg: determinant 1 and ill-conditioned small eigenvalues."""
    i, j = _grid(m, n)
    return np.where(j >= i - 1, n + 1 - np.maximum(i, j), 0.0)


@register("grcar", "named", "exact")
def _grcar(m: int, n: int, draw: Draw) -> np.ndarray:
    """Grcar's Toeplitz: far from normal, well conditioned."""
    i, j = _grid(m, n)
    return np.where(i == j + 1, -1.0, np.where((j >= i) & (j <= i + 3), 1.0, 0.0))


@register("lehmer", "named")
def _lehmer(m: int, n: int, draw: Draw) -> np.ndarray:
    """Lehmer's min(i, j) / max(i, j)."""
    i, j = _grid(m, n)
    return np.asarray(np.minimum(i, j) / np.maximum(i, j))


def _minij_values(m: int, n: int, c: float) -> np.ndarray:
    k = np.arange(1, n + 1)
    return np.asarray(0.25 / np.sin((2 * k - 1) * np.pi / (4 * n + 2)) ** 2)


@register("minij", "named", "exact", fits=square, values=_minij_values)
def _minij(m: int, n: int, draw: Draw) -> np.ndarray:
    """The minimum of i and j: the inverse of a second difference, eigenvalues in sines."""
    i, j = _grid(m, n)
    return np.asarray(np.minimum(i, j))


@register("parter", "named")
def _parter(m: int, n: int, draw: Draw) -> np.ndarray:
    """Parter's 1 / (i - j + 1/2): most singular values within rounding of pi."""
    i, j = _grid(m, n)
    return np.asarray(1.0 / (i - j + 0.5))


@register("prolate", "named", fits=square)
def _prolate(m: int, n: int, draw: Draw) -> np.ndarray:
    """The prolate Toeplitz matrix: eigenvalues cluster at 0 and 1."""
    i, j = _grid(m, n)
    return np.asarray(0.5 * np.sinc(0.5 * (i - j)))


# The signed eigenvalues are +-10 sqrt(10405), 510 +- 100 sqrt(26), 1020, 1000 twice and 0.
_ROSSER = np.array(
    [
        [611, 196, -192, 407, -8, -52, -49, 29],
        [196, 899, 113, -192, -71, -43, -8, -44],
        [-192, 113, 899, 196, 61, 49, 8, 52],
        [407, -192, 196, 611, 8, 44, 59, -23],
        [-8, -71, 61, 8, 411, -599, 208, 208],
        [-52, -43, 49, 44, -599, 411, 208, 208],
        [-49, -8, 8, 59, 208, 208, 99, -911],
        [29, -44, 52, -23, 208, 208, -911, 99],
    ],
    dtype=np.float64,
)


def _rosser_values(m: int, n: int, c: float) -> np.ndarray:
    big, near = 10 * np.sqrt(10405.0), 100 * np.sqrt(26.0)
    # 510 - near cancels: 100 / (510 + near) is the same number.
    return np.array([big, big, 510 + near, 1020.0, 1000.0, 1000.0, 100.0 / (510 + near), 0.0])


@register("rosser", "named", "exact", fits=lambda m, n: (m, n) == (8, 8), values=_rosser_values)
def _rosser(m: int, n: int, draw: Draw) -> np.ndarray:
    """Rosser's, 8 by 8: a double, a tiny and a zero eigenvalue, two of opposite sign."""
    return _ROSSER.copy()


@register("wilkinson", "named", "exact", fits=square)
def _wilkinson(m: int, n: int, draw: Draw) -> np.ndarray:
    """Wilkinson's tridiagonal: pairs of nearly equal eigenvalues."""
    return np.asarray(np.diag(np.abs(np.arange(n) - n // 2) * 1.0) + _neighbours(n))


@register("triw", "named", "exact", "triangular")
def _triw(m: int, n: int, draw: Draw) -> np.ndarray:
    """Upper triangular, 1 on the diagonal and -1 above: nearly singular and does not look it."""
    i, j = _grid(m, n)
    return np.where(i == j, 1.0, np.where(j > i, -1.0, 0.0))


def _summation_values(m: int, n: int, c: float) -> np.ndarray:
    return np.asarray(np.sqrt(_minij_values(m, n, c)))


@register("summation", "exact", "triangular", fits=square, values=_summation_values)
def _summation(m: int, n: int, draw: Draw) -> np.ndarray:
    """Lower triangular ones (a cumulative sum), a square root of minij."""
    return np.tri(n)


def _neighbours(n: int) -> np.ndarray:
    return np.eye(n, k=1) + np.eye(n, k=-1)


def _second_difference_values(m: int, n: int, c: float) -> np.ndarray:
    return np.asarray(4.0 * np.sin(np.arange(1, n + 1) * np.pi / (2 * n + 2)) ** 2)


@register("second_difference", "exact", fits=square, values=_second_difference_values)
def _second_difference(m: int, n: int, draw: Draw) -> np.ndarray:
    """Tridiagonal -1, 2, -1: a vibrating string, condition of about (2 n / pi)^2."""
    return np.asarray(2.0 * np.eye(n) - _neighbours(n))


def _path_values(m: int, n: int, c: float) -> np.ndarray:
    return np.asarray(4.0 * np.sin(np.arange(n) * np.pi / (2 * max(n, 1))) ** 2)


@register("path_laplacian", "exact", fits=square, values=_path_values)
def _path_laplacian(m: int, n: int, draw: Draw) -> np.ndarray:
    """The Laplacian of a path of n vertices: one exact zero."""
    A = 2.0 * np.eye(n) - _neighbours(n)
    A[:1, :1] -= 1.0
    A[n - 1 :, n - 1 :] -= 1.0
    return np.asarray(A)


def _circulant_values(m: int, n: int, c: float) -> np.ndarray:
    # Of the first column 1, 2, ..., n the transform is known: n (n + 1) / 2, and
    # n / (2 sin(pi k / n)) in size.
    k = np.arange(1, n)
    rest = 0.5 * n / np.sin(np.pi * k / max(n, 1))
    return np.r_[0.5 * n * (n + 1), rest] if n else np.zeros(0)


@register("circulant", "exact", fits=square, values=_circulant_values)
def _circulant(m: int, n: int, draw: Draw) -> np.ndarray:
    """The circulant of 1, 2, ..., n: singular values in pairs, by the Fourier transform."""
    i, j = _grid(m, n)
    return np.asarray((i - j) % max(n, 1) + 1.0)


@register("sine", fits=square, values=lambda m, n, c: np.ones(n))
def _sine(m: int, n: int, draw: Draw) -> np.ndarray:
    """The discrete sine transform: symmetric and orthogonal."""
    i, j = _grid(m, n)
    return np.asarray(np.sqrt(2.0 / (n + 1)) * np.sin(i * j * np.pi / (n + 1)))
