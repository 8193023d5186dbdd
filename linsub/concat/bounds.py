"""The theorems of the family as formulas of numbers: spectra, norms, widths and heights.

``M = [A_1 ... A_N]`` has blocks of one height m, and ``E_r(M)`` is its relative error at
rank r, ``(sum_{i>r} sigma_i^2)^(1/2) / ||M||_F``, with E_r(0) = 0. No formula here rests
on an algorithm of the family. docs/theory/concat.md has the statements with their proofs.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = [
    "centroid_radius",
    "gram_error",
    "gram_rounding",
    "gram_shift",
    "joint_error",
    "merge_rounding",
    "reconstruction_rounding",
    "relative_enclosure",
    "residual_error",
    "shift_radius",
    "shifted_values",
    "storage",
    "two_sided_error",
    "two_sided_sigma",
    "two_sided_tails",
    "weyl_error",
]

# Roundings of one backward stable step (a projection, a QR factorization, an SVD) in units of
# sqrt(length) eps times the Frobenius norm: Higham & Mary 2019 for the sums, a few sums each.
_STEP = 4.0


def gram_shift(norms: Any, perturbations: Any) -> float:
    """Delta, the most that perturbed blocks can move the Gram matrix ``M M^H``.

    ``||(M + E)(M + E)^H - M M^H||_2 <= Delta = sum_i (2 ||A_i||_2 ||E_i||_2 + ||E_i||_2^2)``.

    Parameters
    ----------
    norms : array_like (N,)
        ``||A_i||_2`` or bounds on them.
    perturbations : array_like (N,)
        ``||E_i||_2`` or bounds on them.

    Notes
    -----
    ``M M^H = sum_i A_i A_i^H``, and each term moves by ``A_i E_i^H + E_i A_i^H + E_i E_i^H``.

    References
    ----------
    Shamrai, arXiv 2505.01427, lemma 2.

    Examples
    --------
    >>> from linsub.concat.bounds import gram_shift
    >>> gram_shift([3.0, 2.0], [0.0, 1.0])
    5.0
    """
    a, e = _sizes(norms, "norms"), _sizes(perturbations, "perturbations")
    if a.shape != e.shape:
        raise InvalidInputError(
            f"norms has {a.size} entries and perturbations {e.size}; give one each a block"
        )
    with np.errstate(over="ignore", under="ignore"):
        return float(np.sum(np.where(e > 0.0, e * (2.0 * a + e), 0.0)))


def shift_radius(sigma: Any, delta: float) -> np.ndarray:
    """How far singular values move: by at most ``min(Delta / sigma_k, sqrt(Delta))``.

    Theorem 2 of the paper bounds ``|sigma_k(M + E) - sigma_k(M)|`` so. Beyond the rank of M,
    where sigma_k = 0, the second branch is the bound on ``sigma_k(M + E)`` itself.
    :func:`shifted_values` is never wider.

    Parameters
    ----------
    sigma : array_like (n,)
        Singular values of M, descending.
    delta : float
        As from :func:`gram_shift`; +inf says nothing.

    References
    ----------
    Shamrai, arXiv 2505.01427, theorem 2.
    """
    s, d = _spectrum(sigma), _size(delta, "delta")
    root = float(np.sqrt(d))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        linear = np.where(s > 0.0, root * (root / s), np.inf)
    return np.minimum(linear, root)


def shifted_values(sigma: Any, delta: float, norm: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    """Where ``sigma_k(M + E)`` can lie, by the best of all branches at each index.

    Weyl's inequality for M, ``sigma_k -+ ||E||_2``, and for the Gram matrix,
    ``sqrt(sigma_k^2 -+ Delta)``. Neither contains the other: the first is better for a
    perturbation spread over all blocks, the second where it sits in blocks that are small
    (an appended block moves sigma_k by ``||E||^2 / (2 sigma_k)`` at most). Both branches of
    :func:`shift_radius` follow from the second.

    Parameters
    ----------
    sigma : array_like (n,)
        Singular values of M, descending; zeros for what is beyond its rank.
    delta : float
        Bound on ``||(M + E)(M + E)^H - M M^H||_2``, as from :func:`gram_shift`.
    norm : float, optional
        Bound on ``||E||_2``.

    Returns
    -------
    lower, upper : ndarray (n,)

    Examples
    --------
    >>> from linsub.concat.bounds import shifted_values
    >>> lower, upper = shifted_values([5.0, 0.0], 9.0, 10.0)
    >>> lower.round(3).tolist(), upper.round(3).tolist()
    ([4.0, 0.0], [5.831, 3.0])
    """
    s = _spectrum(sigma)
    root, size = float(np.sqrt(_size(delta, "delta"))), _size(norm, "norm")
    upper = np.minimum(s + size, np.hypot(s, root))
    with np.errstate(invalid="ignore"):
        drop = np.where(s > root, np.sqrt(np.maximum(s - root, 0.0)) * np.sqrt(s + root), 0.0)
    return np.minimum(np.maximum(np.maximum(s - size, 0.0), drop), s), upper


def centroid_radius(sigma: Any, copies: int, delta: float) -> np.ndarray:
    """How far the singular values of perturbed copies are from those of exact ones.

    The distance of ``sigma_k([C + E_1 ... C + E_N])`` from ``sqrt(N) sigma_k(C)`` is at most
    ``Delta / (sqrt(N) sigma_k(C))`` with
    ``Delta = sum_i (2 ||C|| ||E_i|| + ||E_i||^2)``, and never more than sqrt(Delta):
    N copies of C have the singular values ``sqrt(N) sigma_k(C)``.

    Parameters
    ----------
    sigma : array_like (n,)
        Singular values of C, descending.
    copies : int
        N, at least 1.
    delta : float

    References
    ----------
    Shamrai, arXiv 2505.01427, corollary 1.
    """
    count = _count(copies, "copies", 1)
    return shift_radius(np.sqrt(float(count)) * _spectrum(sigma), delta)


def weyl_error(
    squares: Any, widths: Any, height: int, rank: int, *, rounding: float = 0.0
) -> float:
    """Bound E_r(M) from the norms and widths of the blocks alone (B1).

    Any r columns of M hold their whole energy in r singular values, and appended columns
    lower none of these, so ``sum_{i<=r} sigma_i(M)^2`` is at least the energy of the best r
    columns. Of a block of which only c of its w columns have room, c/w of the energy counts.

    Parameters
    ----------
    squares : array_like (N,)
        ``||A_i||_F^2``.
    widths : array_like of int (N,)
        Columns of each block. The condition that blocks fit into the rank is essential: a
        block wider than r does not count in full.
    height : int
        Rows m; rows serve as well as columns, so that r/m of the whole energy counts too.
    rank : int
        r, not negative.
    rounding : float, optional
        Relative error of each of the squares.

    Returns
    -------
    float
        In [0, 1].

    Notes
    -----
    Filling up with columns in the order of ``||A_i||^2 / w_i`` is the fractional knapsack,
    hence at least as good as packing whole blocks, as the paper does.

    Examples
    --------
    >>> from linsub.concat.bounds import weyl_error
    >>> round(weyl_error([9.0, 16.0], [2, 2], 10, 2), 12)
    0.6
    >>> round(weyl_error([2.0, 0.0], [10, 1], 10, 3) ** 2, 12)  # a wide block: 3 of 10 columns
    0.7
    """
    energy, w = _sizes(squares, "squares"), np.asarray(widths)
    m, r = _count(height, "height"), _count(rank, "rank")
    if w.shape != energy.shape or (w.size and (w.dtype.kind not in "iu" or w.min() < 0)):
        raise InvalidInputError("widths must hold one integer, not negative, for each block")
    peak = float(energy.max(initial=0.0))
    if peak == 0.0:
        return 0.0
    energy, w = (energy / peak)[w > 0], w[w > 0].astype(np.float64)
    order = np.argsort(-energy / w, kind="stable")
    energy, w = energy[order], w[order]
    room = np.clip(r - (np.cumsum(w) - w), 0.0, w)
    rest = float(np.sum(energy * ((w - room) / w)))
    total = float(np.sum(energy))
    rest = min(rest, total * (max(m - r, 0) / m if m else 0.0))
    grown = 1.0 + _size(rounding, "rounding") + 4.0 * np.finfo(float).eps * energy.size
    return float(min(1.0, np.sqrt(rest / total) * grown))


def residual_error(values: Any, spanned: float, rank: int, *, rounding: float = 0.0) -> float:
    """Bound E_r(M) from the spectra of the blocks, or of what each adds to the others (B2).

    With T the multiset of all singular values of ``A_1, ..., A_N``, in descending order,
    ``sum_{i<=r} sigma_i(M)^2 >= sum_{i<=r} T_i^2`` for every r. The published bound takes
    those of ``A_1, R_2, ..., R_N``, with ``R_j = A_j - Q_{j-1} Q_{j-1}^H A_j`` and Q_j a basis
    of the first j blocks; they are smaller, so that it follows.

    Parameters
    ----------
    values : array_like (t,)
        T, in any order.
    spanned : float
        The energy of M that is not in `values`: what was projected out,
        ``sum_j ||Q_{j-1}^H A_j||_F^2``, and what was left out because it is not among the r
        largest. With it the error is a sum and not a difference.
    rank : int
    rounding : float, optional
        Error of all of this relative to ``||M||_F``.

    Returns
    -------
    float
        In [0, 1].

    Notes
    -----
    The sums are ordered, the values are not: ``sigma_i(M) >= T_i`` is false. For
    ``M = [[1, 1], [0, 1]]`` the residual values are {1, 1} and sigma_2 is 0.618.

    Examples
    --------
    >>> from linsub.concat.bounds import residual_error
    >>> round(residual_error([1.0, 1.0], 1.0, 1) ** 2, 12)
    0.666666666667
    """
    t = np.sort(_sizes(values, "values"))[::-1]
    r, inside = _count(rank, "rank"), _size(spanned, "spanned")
    peak = max(float(t[0]) if t.size else 0.0, float(np.sqrt(inside)))
    if peak == 0.0:
        return 0.0
    with np.errstate(under="ignore"):
        energy = np.square(t / peak)
        inside = (np.sqrt(inside) / peak) ** 2
    rest = float(np.sum(energy[r:][::-1])) + inside
    total = rest + float(np.sum(energy[:r][::-1]))
    return float(min(1.0, np.sqrt(rest / total) + _size(rounding, "rounding")))


def two_sided_error(
    S: Any, discarded: float, rank: int, *, top: float | None = None, rounding: float = 0.0
) -> tuple[float, float]:
    """Enclose E_r(M) by what a truncating chain or tree of merges kept and discarded (T2).

    ``M M^H = U S^2 U^H + D`` with D positive semidefinite of trace `discarded` and norm at
    most `top`, hence ``S_i^2 <= sigma_i(M)^2 <= S_i^2 + top``, and

        rest - min(discarded, r top) <= E_r(M)^2 ||M||_F^2 <= rest,
        rest = sum_{i>r} S_i^2 + discarded,  ||M||_F^2 = ||S||^2 + discarded.

    Parameters
    ----------
    S : array_like (k,)
        Singular values that were kept, descending.
    discarded : float
        Sum of the squares of all that were discarded.
    rank : int
        At most k, unless nothing was discarded.
    top : float, optional
        Sum over the truncations of the square of the largest value discarded; `discarded`
        by default.
    rounding : float, optional
        Backward error of the merges relative to ``||M||_F``. Singular values, and the norm
        of a tail of them, move by no more than the matrix.

    Returns
    -------
    lower, upper : float

    Examples
    --------
    >>> from linsub.concat.bounds import two_sided_error
    >>> lower, upper = two_sided_error([4.0, 2.0], 5.0, 1, top=1.0)
    >>> round(lower**2, 3), round(upper**2, 3)
    (0.32, 0.36)
    """
    s, mass, r = _spectrum(S, "S"), _size(discarded, "discarded"), _count(rank, "rank")
    worst = mass if top is None else min(mass, _size(top, "top"))
    slack = _size(rounding, "rounding")
    if r > s.size and mass > 0.0:
        raise InvalidInputError(
            f"rank is {r}, but only {s.size} values were kept and something was discarded"
        )
    peak = max(float(s[0]) if s.size else 0.0, float(np.sqrt(mass)))
    if peak == 0.0:
        return 0.0, 0.0
    with np.errstate(under="ignore"):
        mass, worst = (np.sqrt(mass) / peak) ** 2, (np.sqrt(worst) / peak) ** 2
        low, high = two_sided_tails(s / peak, mass, min(r, s.size), top=worst)
    lower, upper = np.sqrt(low[-1] / high[0]) - slack, np.sqrt(high[-1] / high[0]) + slack
    return float(max(lower, 0.0)), float(min(upper, 1.0))


def two_sided_sigma(S: Any, top: float, *, rounding: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Enclose sigma_i(M) by kept values: ``S_i <= sigma_i(M) <= sqrt(S_i^2 + top)``.

    Parameters
    ----------
    S : array_like (k,)
        Descending.
    top : float
        Bound on the norm of ``M M^H - U S^2 U^H``, which is positive semidefinite: as in
        :func:`two_sided_error`, or ``||(I - U U^H) M||_2^2`` for the singular values S of
        ``U^H M``.
    rounding : float, optional
        Absolute backward error, in the unit of S.

    Returns
    -------
    lower, upper : ndarray (k,)
    """
    s, slack = _spectrum(S, "S"), _size(rounding, "rounding")
    root = float(np.sqrt(_size(top, "top")))
    return np.maximum(s - slack, 0.0), np.hypot(s, root) + slack


def gram_error(values: Any, rank: int, shift: float) -> tuple[float, float]:
    """Enclose E_r(M) by the eigenvalues of a computed Gram matrix, ``G ~ M M^H``.

    ``|sum_{i>r} lambda_i(G) - sum_{i>r} sigma_i(M)^2| <= ||G - M M^H||_*`` for every r, and
    likewise for all of them.

    Parameters
    ----------
    values : array_like (m,)
        Eigenvalues of G, descending; those below zero count as zero.
    rank : int
    shift : float
        Bound on the nuclear norm ``||G - M M^H||_*``.

    Returns
    -------
    lower, upper : float
        In [0, 1]; far apart where the error is below ``(shift / ||M||^2)^(1/2)``.

    Notes
    -----
    Ky Fan: ``sum_i |lambda_i(G) - lambda_i(H)| <= ||G - H||_*`` for Hermitian G and H.

    Examples
    --------
    >>> from linsub.concat.bounds import gram_error
    >>> lower, upper = gram_error([3.0, 1.0], 1, 0.0)
    >>> lower, upper
    (0.5, 0.5)
    """
    energy = _spectrum(np.maximum(np.asarray(values, np.float64), 0.0), "values")
    r, off = _count(rank, "rank"), _size(shift, "shift")
    tail = float(np.sum(energy[r:][::-1]))
    total = tail + float(np.sum(energy[:r][::-1]))
    if total == 0.0 and off == 0.0:
        return 0.0, 0.0
    lower = np.sqrt(max(tail - off, 0.0) / (total + off))
    upper = np.sqrt((tail + off) / (total - off)) if total > off else 1.0
    return float(lower), float(min(upper, 1.0))


def joint_error(errors: Any) -> float:
    """Frobenius error of the concatenation from those of its blocks: they add as squares.

    ``||M - U C||_F^2 = sum_i ||A_i - U C_i||_F^2``, whatever U and C are.

    Parameters
    ----------
    errors : array_like (N,)
    """
    e = np.sort(_sizes(errors, "errors"))
    peak = float(e[-1]) if e.size else 0.0
    if peak == 0.0 or not np.isfinite(peak):
        return peak
    with np.errstate(under="ignore", over="ignore"):
        return peak * float(np.sqrt(np.sum(np.square(e / peak))))


def gram_rounding(length: int, height: int, eps: float, *, complex_entries: bool = False) -> float:
    """Rounding of the Gram matrix ``sum_i A_i A_i^H`` and its eigenvalues, over ``||M||_F^2``.

    Parameters
    ----------
    length : int
        Terms in the longest chain of additions: columns of the widest panel plus the number
        of panels.
    height : int
        Order m of the Gram matrix.
    eps : float
        Of the arithmetic.
    complex_entries : bool, optional

    Notes
    -----
    ``gamma_length`` of the sums (Higham 2002, section 3.5; sqrt(2) gamma_{2 length} for complex
    entries) in the worst case, and m eps for the eigensolver, which is 1 in LAPACK's own ratio
    ``||G - Z W Z^H|| / (m eps ||G||)``, of which 30 passes its tests and 0.1 is usual.
    """
    unit = _count(length, "length") * (2 if complex_entries else 1) * 0.5 * _size(eps, "eps")
    if unit >= 1.0:
        return np.inf
    sums = (np.sqrt(2.0) if complex_entries else 1.0) * unit / (1.0 - unit)
    return float(sums + _count(height, "height") * eps)


def merge_rounding(height: int, steps: int, eps: float) -> float:
    """Backward error, over ``||M||_F``, of a chain of merges or projections by QR and SVD.

    Each step is backward stable on a matrix no larger than M; their errors add.

    Parameters
    ----------
    height : int
        Rows m: the length of the sums.
    steps : int
    eps : float
        Of the arithmetic.
    """
    length = max(_count(height, "height"), 1)
    return float(_STEP * np.sqrt(length) * (_count(steps, "steps") + 1) * _size(eps, "eps"))


def two_sided_tails(
    S: Any, discarded: float, rank: int, *, top: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Enclose ``sum_{i>k} sigma_i(M)^2`` for every k = 0 .. rank at once (T2).

    The squares of :func:`two_sided_error` times ``||M||_F^2``, without rounding: for the
    search of a rank, whose error is then measured.

    Parameters
    ----------
    S, discarded, top
        As in :func:`two_sided_error`; values that were not kept are zero if nothing was
        discarded.
    rank : int

    Returns
    -------
    lower, upper : ndarray (rank + 1,)

    Examples
    --------
    >>> from linsub.concat.bounds import two_sided_tails
    >>> lower, upper = two_sided_tails([4.0, 2.0], 5.0, 2, top=1.0)
    >>> lower.tolist(), upper.tolist()
    ([25.0, 8.0, 3.0], [25.0, 9.0, 5.0])
    """
    s, mass, r = _spectrum(S, "S"), _size(discarded, "discarded"), _count(rank, "rank")
    worst = mass if top is None else _size(top, "top")
    squares = np.append(np.square(s), np.zeros(max(r + 1 - s.size, 0)))
    rest = np.append(np.cumsum(squares[::-1])[::-1], 0.0)[: r + 1]
    hidden = np.minimum(mass, np.arange(r + 1) * worst)
    return rest + (mass - hidden), rest + mass


def storage(height: int, width: int, rank: int | None) -> int:
    """Numbers that store m x K: ``min(k (m + K), m K)``, or m K where there is no basis.

    Parameters
    ----------
    height, width : int
        m and K.
    rank : int or None
        k, the columns of a basis that meets the budget.
    """
    m, K = _count(height, "height"), _count(width, "width")
    return m * K if rank is None else min(_count(rank, "rank") * (m + K), m * K)


def reconstruction_rounding(
    shape: tuple[int, int, int],
    norm: float,
    basis: float,
    coefficients: float,
    eps: float,
    tiny: float = 0.0,
    scale: float = 1.0,
) -> float:
    """How far ``fl(M - fl(U C))`` is from ``M - U C``, and from ``M`` less another ``fl(U C)``.

    At most ``g (||M||_F + 2 ||U||_F ||C||_F)`` with ``g = p u / (1 - p u)``, u = eps / 2 and
    p = 4 (k + 2): in whatever order the k products are summed, real or complex; and what
    underflows, at most ``tiny`` an operation.

    Parameters
    ----------
    shape : tuple of int
        (m, K, k) for M of shape (m, K) and U of shape (m, k).
    norm, basis, coefficients : float
        ``||M||_F``, ``||U||_F`` and ``||C||_F``.
    eps, tiny : float
        Spacing at 1 and smallest positive number of the arithmetic.
    scale : float
        The matrix in the unit of the user is M / scale, and so are the coefficients.

    Notes
    -----
    Higham (2002), (3.5) and (3.13): ``|fl(U C) - U C| <= g_k |U| |C|`` entry by entry,
    one operation more for the subtraction, and a factor 4 that covers complex products
    (lemma 3.5). ``|| |U| |C| ||_F <= ||U||_F ||C||_F``. Divided by the scale, C loses at
    most tiny an entry.

    References
    ----------
    Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. (2002).
    """
    m, K, k = (_count(size, "shape") for size in shape)
    norm, basis = _size(norm, "norm"), _size(basis, "basis")
    coefficients = _size(coefficients, "coefficients")
    units = 4 * (k + 2) * _size(eps, "eps") / 2.0
    if units >= 1.0:
        return float("inf")
    rounding = units / (1.0 - units) * (norm + 2.0 * basis * coefficients)
    lost = tiny * max(scale, 1.0) * (4.0 * (k + 2) * np.sqrt(m * K) + basis * np.sqrt(k * K))
    return float(rounding + lost)


def relative_enclosure(
    residual: float, slack: float, norm: float, count: int, eps: float = 2.0**-52
) -> tuple[float, float]:
    """Enclosure of ``||E||_F / ||M||_F`` from computed norms of E + F, ``||F||_F <= slack``.

    Parameters
    ----------
    residual, norm : float
        ``||E + F||_F`` and ``||M||_F``, each a sum of `count` squares taken in arithmetic
        of spacing `eps`: right to a relative ``(count + 4) eps``.
    slack : float
    count : int

    Returns
    -------
    lower, upper : float
        Both zero where the norm is: E_r of a zero matrix is zero.
    """
    residual, slack = _size(residual, "residual"), _size(slack, "slack")
    norm = _size(norm, "norm")
    if norm == 0.0:
        return 0.0, 0.0
    drift = (_count(count, "count") + 4) * eps
    upper = (residual * (1.0 + drift) + slack) / norm * (1.0 + 2.0 * drift)
    lower = max(residual * (1.0 - drift) - slack, 0.0) / norm * (1.0 - 2.0 * drift)
    # Where they are subnormal, a step of the last digit is more than the drift.
    top = float(np.nextafter(upper, np.inf)) if residual > 0.0 or slack > 0.0 else 0.0
    return max(float(np.nextafter(lower, 0.0)), 0.0), top


def _spectrum(sigma: Any, name: str = "sigma") -> np.ndarray:
    """Return singular values as a descending float64 vector."""
    values = _sizes(sigma, name)
    if np.any(values[1:] > values[:-1]):
        i = int(np.argmax(values[1:] > values[:-1]))
        raise InvalidInputError(
            f"{name} must descend, but {name}[{i}] = {values[i]} < {name}[{i + 1}] = "
            f"{values[i + 1]}; sort it"
        )
    return values


def _sizes(values: Any, name: str) -> np.ndarray:
    """Return a float64 vector of finite numbers that are not negative."""
    x = np.asarray(values)
    if x.ndim != 1:
        raise InvalidInputError(f"{name} must be a vector, got shape {x.shape}")
    if x.size and x.dtype.kind not in "fiu":
        raise InvalidTypeError(f"{name} must hold real numbers, got {x.dtype}")
    x = x.astype(np.float64)
    if x.size and not (np.isfinite(x).all() and x.min() >= 0.0):
        i = int(np.argmin(np.isfinite(x) & (x >= 0.0)))
        raise InvalidInputError(f"{name}[{i}] is {x[i]}; it must be finite and not negative")
    return x


def _size(value: Any, name: str) -> float:
    """Return a number that is not negative; +inf (unknown) is one of them."""
    number = float(value)
    if not number >= 0.0:
        raise InvalidInputError(f"{name} must not be negative or nan, got {number}")
    return number


def _count(value: Any, name: str, low: int = 0) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidTypeError(f"{name} must be an integer, got {value!r}") from None
    if number < low:
        raise InvalidInputError(f"{name} must be at least {low}, got {number}")
    return number
