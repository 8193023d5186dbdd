"""Extremes of ``||B z||_p / ||Z z||_p`` exactly, and from the outside."""

from __future__ import annotations

import itertools
import math

import numpy as np

from linsub._core.dense.qr import complement
from linsub._core.dense.svd import svd
from linsub.sensitivity.ratio_search import Extremes, log_ratios
from linsub.sensitivity.row_coordinates import EPS, coordinates

__all__ = [
    "by_rays",
    "by_singular_values",
    "lift_order",
    "lifted_rows",
    "lifted_values",
    "lost",
    "rays_fit",
]

# Evaluations |a_i z| that the enumeration of rays may cost (about a second), and numbers of the
# factorization of lifted rows (about two).
_RAYS_COST, _LIFT_COST = 3e8, 4e9
_BLOCK = 4096


def by_singular_values(B: np.ndarray) -> Extremes:
    """Return the extremes of ||B z||_2 for z of norm 1."""
    r = B.shape[1]
    _, S, Vh = svd(B)
    high, z_high = (float(S[0]), Vh[0].conj()) if S.size else (0.0, np.eye(r, dtype=B.dtype)[0])
    if B.shape[0] < r:
        return Extremes(0.0, complement(Vh.conj().T)[:, 0], high, z_high)
    return Extremes(float(S[-1]), Vh[-1].conj(), high, z_high)


def lost(B: np.ndarray) -> np.ndarray | None:
    """Return z with B z = 0 but for rounding where B has lost rank, else None."""
    found = by_singular_values(B)
    if found.low <= max(B.shape) * EPS * found.high:
        return found.z_low
    return None


def rays_fit(hyperplanes: int, rows: int, r: int) -> bool:
    """Tell whether the rays in r dimensions can be enumerated."""
    return r <= 3 and math.comb(hyperplanes, r - 1) * rows <= _RAYS_COST


def by_rays(Z: np.ndarray, B: np.ndarray, hyperplanes: np.ndarray) -> Extremes:
    """Return the extremes for p = 1 and r <= 3, real.

    Between the hyperplanes a_i z = 0 numerator and denominator are linear, and their quotient has
    its extremes where r - 1 of them meet.
    """
    sizes = np.abs(hyperplanes).max(axis=1, initial=0.0)
    H = hyperplanes[sizes > 0.0] / sizes[sizes > 0.0, None]
    best = Extremes(math.inf, Z[0], -math.inf, Z[0])
    for points in _rays(H):
        points = points[:, np.abs(points).max(axis=0) > 0.0]
        if points.shape[1] == 0:
            continue
        ratios = np.exp(log_ratios(Z, B, 1.0, points))
        i, j = int(np.argmin(ratios)), int(np.argmax(ratios))
        if ratios[i] < best.low:
            best = best._replace(low=float(ratios[i]), z_low=points[:, i])
        if ratios[j] > best.high:
            best = best._replace(high=float(ratios[j]), z_high=points[:, j])
    return best


def _rays(H: np.ndarray):  # type: ignore[no-untyped-def]
    n, r = H.shape
    if r == 1:
        yield np.ones((1, 1))
    elif r == 2:
        yield np.stack([-H[:, 1], H[:, 0]])
    else:
        for i in range(n - 1):
            yield np.cross(H[i], H[i + 1 :]).T


def lift_order(p: float) -> int | None:
    """Return k where p = 2 k is an even number, else None."""
    return int(p) // 2 if p >= 2.0 and p == int(p) and int(p) % 2 == 0 else None


def lift_fits(n: int, r: int, k: int) -> bool:
    """Tell whether n rows lifted to order k are few enough to be factored."""
    return n * float(math.comb(r + k - 1, k)) ** 2 <= _LIFT_COST


def lifted_rows(M: np.ndarray, k: int) -> np.ndarray:
    """Return rows b_i with ``(a_i z)^k = b_i (z x ... x z)``: monomials times root multinomials."""
    n, r = M.shape
    terms = list(itertools.combinations_with_replacement(range(r), k))
    found = np.empty((n, len(terms)), order="F")
    for column, term in enumerate(terms):
        count = math.factorial(k)
        for j in set(term):
            count //= math.factorial(term.count(j))
        found[:, column] = math.sqrt(count) * M[:, term].prod(axis=1)
    return found


def lifted_values(
    Z: np.ndarray, B: np.ndarray, k: int, rows: tuple[np.ndarray, np.ndarray] | None
) -> tuple[float, float] | None:
    """Return an interval that holds every ``||B z||_p/||Z z||_p``, p = 2 k.

    ``(a z)^(2k)`` is the square of a linear form of the symmetric tensor ``z x ... x z``; over all
    symmetric tensors the extremes are singular values. `rows` are indices and scales with
    B = scales Z[indices], where that is so. None where nothing is proved: some tensor that the
    rows of Z do not see may be seen by those of B.
    """
    lifted = lifted_rows(Z, k)
    basis = coordinates(lifted)
    if rows is not None:
        indices, scales = rows
        C = scales[:, None] ** k * basis.Z[indices]
    elif basis.rank == lifted.shape[1]:
        C = basis.image(lifted_rows(B, k))
    else:
        return None
    found = by_singular_values(C)
    low = max(0.0, found.low - basis.rounding * found.high)
    return low ** (1.0 / k), (found.high * (1.0 + basis.rounding)) ** (1.0 / k)
