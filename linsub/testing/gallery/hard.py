"""Matrices that break careless methods, and LAPACK's and RandLAPACK's test types."""

from __future__ import annotations

import numpy as np

from linsub.testing.gallery.entries import register, square
from linsub.testing.gallery.factors import Draw, haar
from linsub.testing.gallery.spectra import spectrum

__all__: list[str] = []


def _full(k: int, value: float) -> np.ndarray:
    return np.full(k, value)


@register("zero", "exact", values=lambda m, n, c: _full(min(m, n), 0.0))
def _zero(m: int, n: int, draw: Draw) -> np.ndarray:
    """All zeros."""
    return np.zeros((m, n))


@register("identity", "exact", values=lambda m, n, c: _full(min(m, n), 1.0))
def _identity(m: int, n: int, draw: Draw) -> np.ndarray:
    """Ones on the diagonal."""
    return np.eye(m, n)


def _ones_values(m: int, n: int, c: float) -> np.ndarray:
    return np.r_[np.sqrt(1.0 * m * n), np.zeros(min(m, n) - 1)] if min(m, n) else np.zeros(0)


@register("ones", "exact", values=_ones_values)
def _ones(m: int, n: int, draw: Draw) -> np.ndarray:
    """All ones: rank one."""
    return np.ones((m, n))


@register("gaussian")
def _gaussian(m: int, n: int, draw: Draw) -> np.ndarray:
    """Independent standard Gaussian entries."""
    return draw.gaussian(m, n)


def _diagonal_of(sigma: np.ndarray, m: int, n: int, draw: Draw) -> np.ndarray:
    A = np.zeros((m, n))
    k = range(min(m, n))
    A[k, k] = sigma * draw.rng.choice([-1.0, 1.0], len(k))
    return A


@register("diagonal", "dlatb4")
def _diagonal(m: int, n: int, draw: Draw) -> np.ndarray:
    """A geometric diagonal with random signs."""
    return _diagonal_of(spectrum("geometric", min(m, n), draw.cond), m, n, draw)


@register("reversed_diagonal")
def _reversed_diagonal(m: int, n: int, draw: Draw) -> np.ndarray:
    """A geometric diagonal with random signs, smallest first: the reversed mode of dlatm1."""
    sigma = spectrum("geometric", min(m, n), draw.cond, reverse=True)
    return _diagonal_of(sigma, m, n, draw)


@register("upper", "dlatb4", "triangular")
def _upper(m: int, n: int, draw: Draw) -> np.ndarray:
    """The upper triangle of a Gaussian matrix."""
    return np.triu(draw.gaussian(m, n))


@register("lower", "dlatb4", "triangular")
def _lower(m: int, n: int, draw: Draw) -> np.ndarray:
    """The lower triangle of a Gaussian matrix."""
    return np.tril(draw.gaussian(m, n))


def _conditioned(m: int, n: int, cond: float, draw: Draw) -> np.ndarray:
    return draw.with_spectrum(spectrum("geometric", min(m, n), max(cond, 1.0)), m, n)


@register("well_conditioned", "dlatb4")
def _well_conditioned(m: int, n: int, draw: Draw) -> np.ndarray:
    """Condition 2."""
    return _conditioned(m, n, 2.0, draw)


@register("root_conditioned", "dlatb4")
def _root_conditioned(m: int, n: int, draw: Draw) -> np.ndarray:
    """Condition sqrt(0.1 / eps) of the precision: just within reach of squaring."""
    return _conditioned(m, n, np.sqrt(0.1 / draw.eps), draw)


@register("badly_conditioned", "dlatb4")
def _badly_conditioned(m: int, n: int, draw: Draw) -> np.ndarray:
    """Condition 0.1 / eps of the precision."""
    return _conditioned(m, n, 0.1 / draw.eps, draw)


@register("near_underflow", "dlatb4", "scaled")
def _near_underflow(m: int, n: int, draw: Draw) -> np.ndarray:
    """Condition 2, at tiny / eps of the precision: every square underflows."""
    return _conditioned(m, n, 2.0, draw) * (draw.tiny / draw.eps)


@register("near_overflow", "dlatb4", "scaled")
def _near_overflow(m: int, n: int, draw: Draw) -> np.ndarray:
    """Condition 2, at eps / tiny of the precision: every square overflows."""
    return _conditioned(m, n, 2.0, draw) * (draw.eps / draw.tiny)


@register("spiked_rows", "randlapack")
def _spiked_rows(m: int, n: int, draw: Draw) -> np.ndarray:
    """Orthonormal columns with a few rows far larger: high coherence (RandLAPACK's spiked)."""
    A = np.asarray(haar(m, min(m, n), draw.complex, draw.rng) @ draw.gaussian(min(m, n), n))
    rows = draw.rng.permutation(m)[: max(n // 2, 1)]
    A[rows] *= np.sqrt(draw.cond)
    return A


@register("cholesky_breaker", "randlapack")
def _cholesky_breaker(m: int, n: int, draw: Draw) -> np.ndarray:
    """Columns in small and large halves that nearly agree: Cholesky of A^H A fails."""
    half = (n + 1) // 2
    A = draw.gaussian(m, n)
    A[:, half:] = A[:, : n - half] + np.sqrt(draw.eps) * 0.1 * A[:, half:]
    return A * np.where(np.arange(n) < half, 1.0, 1.0 / np.sqrt(draw.cond))


def _lauchli_values(m: int, n: int, c: float) -> np.ndarray:
    if min(m, n) == 0:
        return np.zeros(0)
    return np.asarray(np.r_[np.sqrt(n + c * c), _full(n - 1, c)])


@register("lauchli", "exact", fits=lambda m, n: m == n + 1, values=_lauchli_values)
def _lauchli(m: int, n: int, draw: Draw) -> np.ndarray:
    """A row of ones above mu I, with mu = 1 / cond (n + 1 by n): A^H A forgets mu."""
    return np.vstack([np.ones((1, n)), draw.small() * np.eye(n)])


@register("dominant_row")
def _dominant_row(m: int, n: int, draw: Draw) -> np.ndarray:
    """One row larger than the others by cond: leverage 1."""
    A = draw.gaussian(m, n)
    if m:
        A[draw.rng.integers(m)] *= draw.cond
    return A


@register("graded_rows")
def _graded_rows(m: int, n: int, draw: Draw) -> np.ndarray:
    """Rows that shrink geometrically, by cond in all."""
    return np.asarray(draw.gaussian(m, n) * spectrum("geometric", m, draw.cond)[:, None])


@register("graded_columns")
def _graded_columns(m: int, n: int, draw: Draw) -> np.ndarray:
    """Columns that shrink geometrically, by cond in all."""
    return np.asarray(draw.gaussian(m, n) * spectrum("geometric", n, draw.cond))


@register("duplicate_columns", "deficient")
def _duplicate_columns(m: int, n: int, draw: Draw) -> np.ndarray:
    """Every column twice, bit by bit."""
    return draw.gaussian(m, (n + 1) // 2)[:, np.arange(n) // 2]


@register("zero_rows", "deficient")
def _zero_rows(m: int, n: int, draw: Draw) -> np.ndarray:
    """Gaussian, with every second row and the last column zero."""
    A = draw.gaussian(m, n)
    A[::2] = 0.0
    A[:, n - 1 :] = 0.0
    return A


@register("low_rank_noise")
def _low_rank_noise(m: int, n: int, draw: Draw) -> np.ndarray:
    """A matrix of low rank under Gaussian noise smaller by cond."""
    rank = max(min(m, n) // 4, 1)
    signal = draw.gaussian(m, rank) @ draw.gaussian(rank, n)
    return np.asarray(signal + draw.gaussian(m, n) / draw.cond)


@register("projector", fits=square, values=lambda m, n, c: 1.0 * (np.arange(n) < n // 2))
def _projector(m: int, n: int, draw: Draw) -> np.ndarray:
    """An orthogonal projector of rank n // 2."""
    Q = haar(n, n // 2, draw.complex, draw.rng)
    return np.asarray(Q @ Q.conj().T)


@register("multi_scale")
def _multi_scale(m: int, n: int, draw: Draw) -> np.ndarray:
    """Three diagonal blocks of sizes 1, 1 / sqrt(cond) and 1 / cond."""
    A = np.zeros((m, n), complex if draw.complex else float)
    rows, columns = np.arange(4) * m // 3, np.arange(4) * n // 3
    for b in range(3):
        height, width = rows[b + 1] - rows[b], columns[b + 1] - columns[b]
        block = draw.gaussian(height, width) * draw.cond ** (-0.5 * b)
        A[rows[b] : rows[b + 1], columns[b] : columns[b + 1]] = block
    return A


@register("signed_permutation", "exact", fits=square, values=lambda m, n, c: _full(n, 1.0))
def _signed_permutation(m: int, n: int, draw: Draw) -> np.ndarray:
    """A random signed permutation: every singular value is 1."""
    return np.asarray(np.eye(n)[draw.rng.permutation(n)] * draw.rng.choice([-1.0, 1.0], n))


@register("integers", "integer")
def _integers(m: int, n: int, draw: Draw) -> np.ndarray:
    """Small whole numbers with many zeros, as counts are."""
    return draw.rng.poisson(0.7, (m, n)).astype(np.float64)
