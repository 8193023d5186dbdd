"""A set of large determinant, item by item: greedy maximization of det L_S."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix
from linsub._core.dense import norms
from linsub.dpp.kernel_checks import as_hermitian, widened
from linsub.dpp.spectrum import squared_sizes
from linsub.errors import InvalidInputError
from linsub.results import Record

__all__ = ["GreedyMAP", "dpp_map_greedy"]

# A diagonal that falls this far below zero, in units of N eps times its largest entry, is not
# rounding: L has a negative eigenvalue.
_NEGATIVE = 100.0


class GreedyMAP(Record):
    """A set and what each of its items brought; unpacks as ``indices, gains``.

    Attributes
    ----------
    indices : ndarray of int64 (k,)
        In the order in which they were chosen.
    gains : ndarray (k,)
        det L_S with the item over det L_S without it: the pivots of L, not increasing. Their
        product is det L_S.
    """

    _fields = ("indices", "gains")
    indices: np.ndarray
    gains: np.ndarray


def dpp_map_greedy(
    L: Any = None, *, features: Any = None, k: int | None = None, tol: float | None = None
) -> GreedyMAP:
    """Choose items one after another, each the one that makes det L_S largest.

    Parameters
    ----------
    L : array_like (N, N), optional
        Hermitian positive semidefinite; or
    features : array_like (N, r), optional
        B with L = B B^H.
    k : int, optional
        How many; without it as long as det L_S grows, that is while the gain exceeds 1.
    tol : float, optional
        What is left of an item counts for nothing up to `tol` times the largest diagonal entry
        (of features, `tol` times the largest norm of a row). N eps by default.

    Returns
    -------
    GreedyMAP
        ``indices, gains``.

    Raises
    ------
    InvalidInputError
        If k exceeds the numerical rank, L has a negative eigenvalue that is met, or not exactly
        one of `L` and `features` is given.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Cholesky factorization with diagonal pivoting (Chen, Zhang & Zhou 2018); of
    features Gram-Schmidt with pivoting, twice, which does not square their condition.
    The first of equal items is taken. There is no constant factor to the largest determinant:
    det L_S is at least 1 / (k!)^2 of it (Civril & Magdon-Ismail 2009). *Cost.* N k^2 flops and
    N k numbers; 4 N r k with features.

    References
    ----------
    Chen, Zhang & Zhou, arXiv 1709.05135; Civril & Magdon-Ismail, Theoret. Comput. Sci. 410
    (2009).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import dpp_map_greedy
    >>> indices, gains = dpp_map_greedy(np.diag([1.0, 3.0, 2.0]), k=2)
    >>> indices.tolist(), gains.tolist()
    ([1, 2], [3.0, 2.0])
    """
    if (L is None) == (features is None):
        met = "neither is there" if L is None else "both are there"
        raise InvalidInputError(f"give one of L and features; {met}")
    if features is None:
        matrix, eps = as_hermitian(L, "L")
        power = 1
    else:
        given = as_matrix(features, name="features")
        matrix, eps = widened(given), float(np.finfo(given.dtype).eps)
        power = 2
    N = matrix.shape[0]
    if k is not None:
        k = scalars.as_integer(k, name="k", low=0, high=N)
    floor = N * eps if tol is None else scalars.as_real(tol, name="tol", low=0.0, high=1.0)
    alpha = norms.power_of_two_scale(norms.max_abs(matrix), matrix.dtype, always=True)
    enough = power * math.log(alpha) if k is None else -math.inf
    engine = _from_kernel if power == 1 else _from_features
    found, pivots = engine(matrix * alpha, N if k is None else k, floor, enough, eps)
    if k is not None and len(found) < k:
        raise InvalidInputError(
            f"k is {k} and the numerical rank {len(found)} (what is left of every other item is "
            f"within {floor:.3g} of the largest diagonal entry): no further item has a volume; "
            "lower k or tol"
        )
    with np.errstate(over="ignore", under="ignore"):
        gains = np.array(pivots) / alpha if power == 1 else np.array(pivots) / alpha / alpha
    return GreedyMAP(np.array(found, np.int64), gains)


def _from_kernel(
    L: np.ndarray, most: int, floor: float, enough: float, eps: float
) -> tuple[list[int], list[float]]:
    """Return indices and pivots, down to `floor` times the first or exp(enough)."""
    left = L.diagonal().real.copy()
    top, negative = float(np.max(left, initial=0.0)), float(np.min(left, initial=0.0))
    rows = np.zeros((0, L.shape[0]), L.dtype)
    found: list[int] = []
    pivots: list[float] = []
    while len(found) < most:
        rounding = _NEGATIVE * L.shape[0] * eps * top
        if negative < -rounding:
            raise InvalidInputError(
                "L is not positive semidefinite: a pivot of it is "
                f"{negative:.3g} times a power of two near the largest entry"
            )
        i = int(np.argmax(left))
        pivot = float(left[i])
        if not pivot > floor * top or not math.log(pivot) > enough:
            break
        row = (L[i] - rows[:, i].conj() @ rows) / math.sqrt(pivot)
        rows = np.concatenate([rows, row[None, :]])
        left -= squared_sizes(row)
        left[i] = -np.inf
        negative = float(np.min(left[np.isfinite(left)], initial=0.0))
        found.append(i)
        pivots.append(pivot)
    return found, pivots


def _from_features(
    B: np.ndarray, most: int, floor: float, enough: float, eps: float
) -> tuple[list[int], list[float]]:
    """Do the same for B B^H: what is left of each row beyond those that were chosen."""
    rest = B.copy()
    left = squared_sizes(rest).sum(axis=1)
    top = float(np.max(left, initial=0.0))
    # Sizes are those of vectors here: floor is for their squares, whose rounding is squared too.
    within = floor * floor * top
    Q = np.zeros((0, B.shape[1]), B.dtype)
    found: list[int] = []
    pivots: list[float] = []
    while len(found) < min(most, B.shape[1]):
        i = int(np.argmax(left))
        pivot = float(left[i])
        if not pivot > within or not math.log(pivot) > enough:
            break
        q = rest[i] - (rest[i] @ Q.conj().T) @ Q
        q = q / math.sqrt(float(squared_sizes(q).sum()))
        rest -= np.outer(rest @ q.conj(), q)
        Q = np.concatenate([Q, q[None, :]])
        left = squared_sizes(rest).sum(axis=1)
        found.append(i)
        left[found] = -np.inf
        pivots.append(pivot)
    return found, pivots
