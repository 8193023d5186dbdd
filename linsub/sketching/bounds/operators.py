"""Second moments of sketches as numbers, and the sizes that follow from them."""

from __future__ import annotations

import math

import numpy as np

__all__ = [
    "collision_rate",
    "cosine_variance",
    "fastfood_singular_values",
    "gaussian_deviation",
    "gaussian_size",
    "gaussian_variance",
    "hashed_failure",
    "hashed_size",
    "hashed_variance",
    "sampled_variance",
    "sign_variance",
    "transform_rounding",
]


def collision_rate(m: int, sparsity: int = 1) -> float:
    """Mean of the squared inner product of two different columns of a sketch by hashes.

    With s blocks of the sizes m_k it is sum_k 1 / (s^2 m_k): 1 / m where s divides m, or where
    s is 1.
    """
    s = sparsity
    sizes = [m * (k + 1) // s - m * k // s for k in range(s)]
    return math.fsum(1.0 / size for size in sizes) / s**2


def hashed_variance(F: float, T: float, pairs: float, rate: float) -> float:
    """E||X^H S^T S Y - X^H Y||_F^2 for CountSketch and OSNAP: rate (F + T - 2 pairs).

    F = ||X||_F^2 ||Y||_F^2, T = ||X^T Y||_F^2, pairs = sum_i ||x_i||^2 ||y_i||^2, and the rate
    of collisions is that of :func:`collision_rate`.
    """
    return rate * (F + T - 2.0 * pairs)


def sign_variance(F: float, T: float, pairs: float, density: float, m: int) -> float:
    """Return the same for independent signs of density q: (F + T + (1/q - 3) pairs) / m."""
    return (F + T + (1.0 / density - 3.0) * pairs) / m


def gaussian_variance(F: float, T: float, m: int, *, is_complex: bool = False) -> float:
    """Return the same for Gaussian entries: (F + T) / m, or F / m where S is complex."""
    return (F if is_complex else F + T) / m


def sampled_variance(F: float, T: float, pairs: float, m: int, N: int) -> float:
    """Return the same for m of the N rows of a Hadamard transform after random signs.

    (N - m) / (m (N - 1)) (F + T - 2 pairs): that of CountSketch, and 0 at m = N.
    """
    return (N - m) / (m * max(1, N - 1)) * (F + T - 2.0 * pairs)


def cosine_variance(
    F: float, T: float, Th: float, pairs: float, mirrored: float, crossed: float, m: int, n: int
) -> float:
    """Return the same for m of the n rows of a cosine transform (DCT-II) after random signs.

    Th = ||X^H Y||_F^2, mirrored = sum_i ||x_i||^2 ||y_i'||^2 for i' = n - 1 - i, and crossed =
    sum over i != i' of Re(<x_i, x_i'> Re<y_i, y_i'>).
    """
    mean = (n - 1) / n * (F + T + Th - 2.0 * pairs) + 0.5 * (pairs + mirrored) + crossed
    return (n - m) / (m * max(1, n - 1)) * (mean - Th)


def hashed_failure(d: int, m: float, eps: float, leverage_squares: float = 0.0) -> float:
    """Bound P(||U^H S^T S U - I||_2 > eps) for U (n, d) orthonormal and a sketch by hashes.

    min(1, (d^2 + d - 2 sum_i tau_i^2) / (m eps^2)) with the leverages tau_i, where 1 / m is the
    rate of collisions.
    """
    return min(1.0, (d * d + d - 2.0 * leverage_squares) / (m * eps * eps))


def hashed_size(d: int, eps: float, delta: float) -> int:
    """Outputs of a CountSketch that embeds a d-dimensional space: failure at most `delta`.

    The least m with (d^2 + d) / (m eps^2) <= delta.
    """
    return max(1, math.ceil((d * d + d) / (eps * eps * delta)))


def gaussian_deviation(d: int, m: int, delta: float) -> float:
    """Bound max |s - 1| over the singular values s of S U, for a Gaussian S.

    sqrt(d / m) + sqrt(2 ln(2 / delta) / m), which fails with probability at most `delta`.
    """
    return math.sqrt(d / m) + math.sqrt(2.0 * math.log(2.0 / delta) / m)


def gaussian_size(d: int, eps: float, delta: float) -> int:
    """Outputs of a Gaussian sketch with :func:`gaussian_deviation` at most `eps`."""
    root = math.sqrt(d) + math.sqrt(2.0 * math.log(2.0 / delta))
    return max(1, math.ceil((root / eps) ** 2))


def fastfood_singular_values(g: np.ndarray, m: int) -> np.ndarray:
    """Return the singular values of a whole Fastfood block: N |g_i| / (sqrt(m) ||g||), descending.

    N is the number of the g_i and m the number of outputs of the sketch.
    """
    size = np.sort(np.abs(np.asarray(g, dtype=float)))[::-1]
    return np.asarray(size.size * size / (math.sqrt(m) * np.sqrt(np.square(size).sum())))


def transform_rounding(N: int, eps: float) -> float:
    """Bound the rounding of a fast transform of length N, over sqrt(N) times the norm of the input.

    gamma_k sqrt(N) || x || with k = log2 N additions one after another:
    (1 + u)^k - 1 with u = eps / 2.
    """
    k = max(0, N - 1).bit_length()
    return math.expm1(k * math.log1p(0.5 * eps))
