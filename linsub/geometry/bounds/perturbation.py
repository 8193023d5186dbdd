"""How far invariant and singular subspaces turn when a matrix is perturbed.

Each theorem divides a size by a gap between two parts of a spectrum. A gap that is not
positive gives infinity: the theorem then says nothing. The keyword `rounding` takes from the
gap, and adds to the size, what rounding may have done to both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = [
    "block_gap",
    "davis_kahan",
    "davis_kahan_double_sin",
    "davis_kahan_double_tan",
    "davis_kahan_tan",
    "distance_gap",
    "general_separation",
    "interval_gap",
    "one_sided_gap",
    "singular_block_gap",
    "wedin",
    "wedin_gap",
    "yu_wang_samworth",
    "yu_wang_samworth_basis",
    "yu_wang_samworth_singular",
]


def interval_gap(kept: Any, other: Any) -> float:
    """Largest d with one set in an interval [b, a] and the other outside of (b - d, a + d).

    Parameters
    ----------
    kept, other : array_like
        Two sets of real numbers; either may play either part.

    Returns
    -------
    float
        Infinity if one set is empty; 0 if neither has an interval free of the other.

    Examples
    --------
    >>> from linsub.geometry.bounds import interval_gap
    >>> interval_gap([4.0, 5.0], [1.0, 7.0])
    2.0
    """
    x, y = _numbers(kept, "kept"), _numbers(other, "other")
    if not x.size or not y.size:
        return np.inf
    return max(_outside(x, y), _outside(y, x), 0.0)


def one_sided_gap(kept: Any, other: Any) -> float:
    """Largest d with `other` on one side of the interval of `kept`, a distance d away.

    Not positive if the two intervals meet; infinity if one set is empty.
    """
    x, y = _numbers(kept, "kept"), _numbers(other, "other")
    if not x.size or not y.size:
        return np.inf
    return float(max(x.min() - y.max(), y.min() - x.max()))


def distance_gap(kept: Any, other: Any) -> float:
    """``min |x - y|`` over the two sets, interlaced or not; infinity if one is empty."""
    x, y = _numbers(kept, "kept"), np.sort(_numbers(other, "other"))
    if not x.size or not y.size:
        return np.inf
    i = np.searchsorted(y, x)
    right = y[np.minimum(i, y.size - 1)] - x
    left = x - y[np.maximum(i - 1, 0)]
    return float(np.minimum(np.abs(right), np.abs(left)).min())


def wedin_gap(kept: Any, other: Any) -> float:
    """``min kept - max other`` for singular values, 0 being always among the others.

    Where one side of the matrix is longer, the longer side has a null space too, so that 0
    belongs to what is separated, and it costs nothing to count it in a square matrix.
    """
    x, y = _singular(kept, "kept"), _singular(other, "other")
    return float(x.min(initial=np.inf) - y.max(initial=0.0))


def block_gap(eigenvalues: Any, first: int, last: int) -> float:
    """``min(lambda_{r-1} - lambda_r, lambda_s - lambda_{s+1})`` of the block r..s.

    Parameters
    ----------
    eigenvalues : array_like (n,)
        Descending. Beyond both ends of the list there is nothing, at infinite distance.
    first, last : int
        r and s, counted from 1: ``1 <= r <= s <= n``.
    """
    lam = _numbers(eigenvalues, "eigenvalues")
    r, s = _block(first, last, lam.size)
    above = lam[r - 2] - lam[r - 1] if r > 1 else np.inf
    below = lam[s - 1] - lam[s] if s < lam.size else np.inf
    return float(min(above, below))


def singular_block_gap(sigma: Any, first: int, last: int, dim: int) -> tuple[float, float]:
    """Gap of a block of singular values, and the sums that turn it into a gap of squares.

    ``min(sigma_{r-1}^2 - sigma_r^2, sigma_s^2 - sigma_{s+1}^2)`` with the right convention at
    the end: past the rank ``sigma_j = 0``, and only past the *ambient* dimension there is
    nothing. (The paper puts -infinity already past the rank, which is false.)

    Parameters
    ----------
    sigma : array_like (min(m, n),)
        All singular values, descending.
    first, last : int
        r and s, counted from 1.
    dim : int
        Dimension of the space that the vectors live in: n for the right ones, m for the left.

    Returns
    -------
    difference, total : float
        Their product is the gap of squares; they are apart so that rounding can be taken from
        the difference. ``(inf, 1)`` if the block is the whole space.

    References
    ----------
    Yu, Wang and Samworth, Biometrika 102 (2015), theorem 3, with the convention corrected.

    Examples
    --------
    >>> from linsub.geometry.bounds import singular_block_gap
    >>> singular_block_gap([1.0, 0.0], 1, 1, 2)
    (1.0, 1.0)
    >>> singular_block_gap([1.0], 1, 1, 1)
    (inf, 1.0)
    """
    s = _singular(sigma, "sigma")
    if dim < s.size:
        raise InvalidInputError(f"dim={dim} is less than the {s.size} singular values")
    s = np.append(s, np.zeros(dim - s.size))
    i, j = _block(first, last, s.size)
    pairs = [(s[i - 2], s[i - 1])] if i > 1 else []
    if j < s.size:
        pairs.append((s[j - 1], s[j]))
    if not pairs:
        return np.inf, 1.0
    high, low = min(pairs, key=lambda pair: (pair[0] - pair[1]) * (pair[0] + pair[1]))
    return float(high - low), float(high + low)


def davis_kahan(residual: float, kept: Any, other: Any, *, rounding: float = 0.0) -> float:
    """Bound ``||sin Theta|| <= ||R|| / d`` in every unitarily invariant norm.

    Parameters
    ----------
    residual : float
        ``||R||``, ``R = B X - X M`` for orthonormal X and a Hermitian M.
    kept : array_like
        Eigenvalues of M.
    other : array_like
        Eigenvalues of B other than those of the subspace that X is compared with; d is
        their :func:`interval_gap`.

    References
    ----------
    Davis and Kahan, SIAM J. Numer. Anal. 7 (1970), the sin theta theorem.

    Examples
    --------
    >>> from linsub.geometry.bounds import davis_kahan
    >>> davis_kahan(0.5, [3.0], [1.0, 0.0])
    0.25
    """
    return _over(residual, interval_gap(kept, other), rounding)


def davis_kahan_tan(residual: float, kept: Any, other: Any, *, rounding: float = 0.0) -> float:
    """Bound ``||tan Theta|| <= ||R|| / d`` for Ritz values `kept`, with a :func:`one_sided_gap`.

    ``R = B X - X (X^H B X)``: the theorem needs both, Ritz values and one side.

    References
    ----------
    Davis and Kahan, SIAM J. Numer. Anal. 7 (1970), the tan theta theorem.
    """
    return _over(residual, one_sided_gap(kept, other), rounding)


def davis_kahan_double_sin(norm: float, kept: Any, other: Any, *, rounding: float = 0.0) -> float:
    """Bound ``||sin 2 Theta|| <= 2 ||E|| / d`` by the spectrum of A alone.

    Parameters
    ----------
    norm : float
        ``||E||``.
    kept, other : array_like
        The two parts of the spectrum of A; d is their :func:`interval_gap`.

    References
    ----------
    Davis and Kahan, SIAM J. Numer. Anal. 7 (1970), the sin 2 theta theorem.
    """
    return 2.0 * _over(norm, interval_gap(kept, other), rounding)


def davis_kahan_double_tan(norm: float, kept: Any, other: Any, *, rounding: float = 0.0) -> float:
    """Bound ``||tan 2 Theta|| <= 2 ||F|| / d`` for a perturbation that is off-diagonal.

    In a basis of the subspace and its complement, ``A = diag(A_1, A_2)`` and
    ``E = [[0, F^H], [F, 0]]``; `kept` and `other` are the spectra of A_1 and A_2, and d their
    :func:`one_sided_gap`.

    References
    ----------
    Davis and Kahan, SIAM J. Numer. Anal. 7 (1970), the tan 2 theta theorem.
    """
    return 2.0 * _over(norm, one_sided_gap(kept, other), rounding)


def general_separation(
    residual: float, kept: Any, other: Any, *, norm: float = 2.0, rounding: float = 0.0
) -> float:
    """Bound ``||sin Theta|| <= c ||R|| / d`` for spectra at a distance, interlaced or not.

    Parameters
    ----------
    residual, kept, other
        As in :func:`davis_kahan`, but d is the :func:`distance_gap`.
    norm : float, optional
        2 for the Frobenius norm, where c = 1; inf for the spectral norm, where c = pi/2, as
        in every unitarily invariant norm.

    References
    ----------
    Bhatia, Davis and McIntosh, Linear Algebra Appl. 52/53 (1983); McEachin, Linear Algebra
    Appl. 174 (1992), for pi/2 being sharp.
    """
    constant = 1.0 if norm == 2.0 else 0.5 * np.pi
    return constant * _over(residual, distance_gap(kept, other), rounding)


def wedin(residual: float, kept: Any, other: Any, *, rounding: float = 0.0) -> float:
    """Bound the sines of both singular subspaces by ``residual / d``.

    ``max(||sin U||, ||sin V||) <= max(||R||, ||S||) / d`` in every unitarily invariant norm,
    and ``(||sin U||_F^2 + ||sin V||_F^2)^(1/2) <= (||R||_F^2 + ||S||_F^2)^(1/2) / d``.

    Parameters
    ----------
    residual : float
        One of the two right sides, for ``R = A V~ - U~ S~`` and ``S = A^H U~ - V~ S~``.
    kept : array_like
        Singular values of the perturbed triple.
    other : array_like
        Those of A other than the k that are meant; d is the :func:`wedin_gap`.

    References
    ----------
    Wedin, BIT 12 (1972).
    """
    return _over(residual, wedin_gap(kept, other), rounding)


def yu_wang_samworth(
    spectral: float,
    frobenius: float,
    eigenvalues: Any,
    first: int,
    last: int,
    *,
    rounding: float = 0.0,
) -> float:
    """Bound ``||sin Theta||_F <= 2 min(d^(1/2) ||E||_2, ||E||_F) / gap``.

    Parameters
    ----------
    spectral, frobenius : float
        ``||E||_2`` and ``||E||_F``.
    eigenvalues : array_like (n,)
        Of A, all, descending.
    first, last : int
        The block r..s of d = s - r + 1 eigenvalues; the gap is :func:`block_gap`.

    References
    ----------
    Yu, Wang and Samworth, Biometrika 102 (2015), theorem 2.
    """
    size = _size(spectral, frobenius, last - first + 1)
    return 2.0 * _over(size, block_gap(eigenvalues, first, last), rounding)


def yu_wang_samworth_basis(
    spectral: float,
    frobenius: float,
    eigenvalues: Any,
    first: int,
    last: int,
    *,
    rounding: float = 0.0,
) -> float:
    """Bound ``min_O ||V~ O - V||_F`` over orthogonal O: sqrt(2) :func:`yu_wang_samworth`.

    For d = 1 both vectors are *unit* vectors, which the paper's corollary leaves out.
    """
    sine = yu_wang_samworth(spectral, frobenius, eigenvalues, first, last, rounding=rounding)
    return float(np.sqrt(2.0)) * sine


def yu_wang_samworth_singular(
    spectral: float,
    frobenius: float,
    sigma: Any,
    first: int,
    last: int,
    dim: int,
    *,
    rounding: float = 0.0,
) -> float:
    """Bound the sines of singular subspaces by the singular values of A alone.

    ``||sin Theta||_F <= 2 (2 sigma_1 + ||E||_2) min(d^(1/2) ||E||_2, ||E||_F) / gap`` with the gap
    of squares of :func:`singular_block_gap`.

    References
    ----------
    Yu, Wang and Samworth, Biometrika 102 (2015), theorem 3, with the convention corrected.

    Examples
    --------
    >>> from linsub.geometry.bounds import yu_wang_samworth_singular
    >>> yu_wang_samworth_singular(1.0, 2.0**0.5, [1.0, 0.0], 1, 1, 2)  # printed: 0
    6.0
    """
    s = _singular(sigma, "sigma")
    difference, total = singular_block_gap(s, first, last, dim)
    size = _size(spectral, frobenius, last - first + 1)
    top = float(s[0]) if s.size else 0.0
    factor = 2.0 * (2.0 * (top + rounding) + float(spectral) + rounding)
    once = _over(size, difference, rounding)
    # In two steps, so that no square of its own under- or overflows.
    return once if once == 0.0 or once == np.inf else _over(factor, total, 2.0 * rounding) * once


def _over(size: float, gap: float, rounding: float) -> float:
    top, bottom = float(size) + rounding, float(gap) - rounding
    if not (top >= 0.0 and rounding >= 0.0):
        raise InvalidInputError(f"a norm and a rounding are not negative, got {size}, {rounding}")
    if not bottom > 0.0:
        return np.inf
    with np.errstate(over="ignore", under="ignore"):
        return 0.0 if bottom == np.inf else float(np.float64(top) / np.float64(bottom))


def _size(spectral: float, frobenius: float, count: int) -> float:
    return min(float(np.sqrt(max(count, 1))) * float(spectral), float(frobenius))


def _outside(inner: np.ndarray, outer: np.ndarray) -> float:
    """Return how far `outer` stays from the interval of `inner`, 0 if some of it is inside."""
    low, high = inner.min(), inner.max()
    return float(np.maximum(low - outer, outer - high).min())


def _numbers(values: Any, name: str) -> np.ndarray:
    x = np.asarray(values, dtype=np.float64).ravel()
    if not np.isfinite(x).all():
        raise InvalidInputError(f"{name} holds eigenvalues or singular values: finite numbers")
    return x


def _singular(values: Any, name: str) -> np.ndarray:
    x = _numbers(values, name)
    if x.size and x.min() < 0.0:
        raise InvalidInputError(f"{name} holds singular values: not negative, got {x.min()}")
    return x


def _block(first: int, last: int, count: int) -> tuple[int, int]:
    if not 1 <= first <= last <= count:
        raise InvalidInputError(
            f"the block {first}..{last} must lie within 1..{count}, the numbers that there are"
        )
    return first, last
