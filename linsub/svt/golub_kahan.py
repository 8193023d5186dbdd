"""Functions of singular values from Golub-Kahan-Lanczos spaces, one for each column."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from linsub._core.dense.norms import ldexp
from linsub._core.dense.svd import svd
from linsub._core.operators import Operator
from linsub.errors import ConvergenceError, InvalidInputError
from linsub.svt.interpolant import values_of
from linsub.svt.polynomial import SVTPolynomial

__all__ = ["Krylov", "krylov"]

# The function of the bidiagonal matrix is evaluated whenever the space has grown by this much:
# its SVD costs as the cube of its order, and the change between two evaluations is the estimate.
_GROWTH = 1.15
_FIRST = 4

# Remainders below this multiple of eps times the norm so far are rounding: the space is whole.
_NOISE = 16.0

# Rounding of the products relative to ||A||, over sqrt(n) eps, as for the Chebyshev recurrence.
_MULTIPLE = 4.0

# Singular values of the small matrix below this multiple of eps, the size of A and its norm are 0.
_KERNEL = 16.0


@dataclasses.dataclass
class Krylov:
    """`Y` (n or m, b), the last change of each column, and the products of the longest one.

    `Y` and `changes` are to be multiplied by ``2^exponent``, which keeps them near 1 for every f;
    `left` says by column that a Ritz value below the interval of a polynomial was met.
    """

    Y: np.ndarray
    changes: np.ndarray
    degree: int
    left: np.ndarray
    exponent: int


def krylov(
    op: Operator,
    f: Any,
    X: np.ndarray,
    odd: bool,
    interval: tuple[float, float] | None,
    tol: float,
    max_degree: int,
) -> Krylov:
    """Return f(A) x for each column of X; f takes singular values in the unit of A.

    An odd f is ``f(s) / s`` of A A^H on A x, so that the kernel of A is left out at once and no
    singular value of the small matrix wanders towards 0 for its sake.
    """
    W = op.matmat(X) if odd else X
    space = op.adjoint if odd else op
    sizes = np.linalg.norm(X, axis=0)
    Y = np.zeros(W.shape, W.dtype)
    changes, degree = np.zeros(W.shape[1]), 0
    left = np.zeros(W.shape[1], bool)
    exponents = np.zeros(W.shape[1], int)
    met = np.zeros(W.shape[1], bool)
    for j in range(W.shape[1]):
        size = float(np.linalg.norm(W[:, j]))
        if size > 0.0:
            small = _Small(f, odd, interval, op.scale, float(sizes[j]))
            Y[:, j], changes[j], taken = _column(space, small, W[:, j], size, tol, max_degree - odd)
            degree = max(degree, taken + odd)
            left[j], exponents[j], met[j] = small.left, small.exponent, small.largest > 0.0
    exponent = int(exponents[met].max()) if met.any() else 0
    shifts = np.minimum(exponents - exponent, 0)
    return Krylov(ldexp(Y, shifts), np.ldexp(changes, shifts), degree, left, exponent)


def _column(
    op: Operator, small: _Small, w: np.ndarray, size: float, tol: float, max_degree: int
) -> tuple[np.ndarray, float, int]:
    space = _Space(op, w / size)
    before, unit = np.zeros(0), 0
    following = _FIRST
    while True:
        whole = space.extend()
        k = space.order
        whole = whole or (small.odd and k >= min(op.shape))
        if not whole and k < following and 2 * k < max_degree:
            continue
        values = size * small.values(space)
        padded = np.zeros_like(values)
        padded[: before.size] = np.ldexp(before, unit - small.exponent)
        change = float(np.linalg.norm(values - padded))
        limit = small.largest * small.size
        if whole:  # nothing is left out but rounding
            change = 64.0 * k * op.eps * max(limit, float(np.linalg.norm(values)))
        if whole or change <= tol * limit:
            break
        if 2 * k >= max_degree:
            raise ConvergenceError(
                f"the last change is {change / max(limit, 1e-300):.2g} of the largest |f| after "
                f"{2 * k} products; raise tol or max_degree"
            )
        before, unit = values, small.exponent
        following = max(k + 2, math.ceil(_GROWTH * k))
    y = space.right.vectors[:, : values.size] @ values
    unit_error = _MULTIPLE * math.sqrt(max(op.shape)) * op.eps
    return y, change + unit_error * small.slope * small.size, 2 * k


class _Basis:
    """Columns that are appended one by one."""

    def __init__(self, rows: int, dtype: np.dtype) -> None:
        self.count = 0
        self._room = np.zeros((rows, 2 * _FIRST), dtype, order="F")

    @property
    def vectors(self) -> np.ndarray:
        return self._room[:, : self.count]

    def append(self, v: np.ndarray) -> None:
        if self.count == self._room.shape[1]:
            wider = np.zeros((v.size, 2 * self.count), v.dtype, order="F")
            wider[:, : self.count] = self._room
            self._room = wider
        self._room[:, self.count] = v
        self.count += 1


class _Space:
    """``A V = U B`` with B upper bidiagonal, both bases orthogonal to rounding."""

    def __init__(self, op: Operator, v: np.ndarray) -> None:
        self.op = op
        self.right, self.left = _Basis(v.size, v.dtype), _Basis(op.shape[0], v.dtype)
        self.right.append(v)
        self.diagonal: list[float] = []
        self.above: list[float] = []
        self.size = 0.0

    @property
    def order(self) -> int:
        return len(self.diagonal)

    def extend(self) -> bool:
        """Take one step with A and one with A^H; return whether nothing is left."""
        u = self.op.matmat(self.right.vectors[:, -1:])[:, 0]
        noise = _NOISE * self.op.eps * max(self.size, float(np.linalg.norm(u)))
        u, alpha = self._cleaned(u, self.left, noise)
        self.diagonal.append(alpha)
        self.left.append(u)
        self.size = max(self.size, alpha)
        if alpha == 0.0:
            return True
        v = self.op.rmatmat(u[:, None])[:, 0]
        noise = _NOISE * self.op.eps * max(self.size, float(np.linalg.norm(v)))
        v, beta = self._cleaned(v, self.right, noise)
        self.size = max(self.size, beta)
        if beta == 0.0 or self.right.count >= self.op.shape[1]:
            return True
        self.above.append(beta)
        self.right.append(v)
        return False

    def _cleaned(self, w: np.ndarray, basis: _Basis, noise: float) -> tuple[np.ndarray, float]:
        """Return the unit vector of what the basis does not hold of w, and its size."""
        Q = basis.vectors
        for _ in range(2):
            w = w - Q @ (Q.conj().T @ w)
        norm = float(np.linalg.norm(w))
        if norm <= noise or basis.count >= w.size:
            return np.zeros_like(w), 0.0
        return w / norm, norm


@dataclasses.dataclass
class _Small:
    """f of the bidiagonal matrix: `largest` is the largest |f| met, `size` the norm of x.

    `slope` is the largest difference quotient of f over the Ritz values and, where odd, their
    negatives, times ||A||: by as much does f enlarge the rounding of A.
    What is returned, `largest` and `slope` are in the unit of ``2^exponent``, of the last
    evaluation.

    `left`: a Ritz value lies below the interval of f.
    """

    f: Any
    odd: bool
    interval: tuple[float, float] | None
    scale: float
    size: float
    largest: float = 0.0
    left: bool = False
    exponent: int = 0
    slope: float = 0.0

    def values(self, space: _Space) -> np.ndarray:
        """Return f(B) e_1, or f(B) B^-1 e_1 where odd, both as functions of B^T B."""
        k = space.order
        B = np.diag(np.array(space.diagonal))
        B[np.arange(k - 1), np.arange(1, k)] = space.above[: k - 1]
        _, S, Qh = svd(B)
        with np.errstate(over="ignore", under="ignore"):
            ritz = S / self.scale
        f, end = self.f, math.inf
        if isinstance(f, SVTPolynomial):
            end = f.end
        elif self.interval is not None:
            end = self.interval[1]
        if ritz[0] > end * (1.0 + 1e-10):
            raise InvalidInputError(
                f"A has a singular value of at least {float(ritz[0]):.6g}, beyond the interval "
                f"that ends at {end:.6g}; pass a larger one, or polynomial.stretched(factor)"
            )
        # What a space holds beyond the range, by rounding alone, has singular values near 0.
        eps, rows = space.op.eps, max(space.op.shape)
        kept = _KERNEL * eps * rows * S[0] < S if self.odd else np.ones(k, bool)
        found = np.zeros(k)
        if kept.any():
            found[kept] = (
                f(ritz[kept]) if isinstance(f, SVTPolynomial) else values_of(f, ritz[kept])
            )
        largest = float(np.abs(found).max(initial=0.0))
        self.largest, self.exponent = math.frexp(largest)
        found = np.ldexp(found, -self.exponent)
        self.slope = _slope(S[kept], found[kept], self.odd) * float(S[0])
        if isinstance(f, SVTPolynomial) and kept.any():
            self.left = bool(ritz[kept].min() < f.interval[0] * (1.0 - 1e-10))
        if self.odd:
            found[kept] /= S[kept]
        return np.asarray(Qh.T @ (found * Qh[:, 0]))


def _slope(S: np.ndarray, values: np.ndarray, odd: bool) -> float:
    """Return the largest difference quotient of neighbours; S descends."""
    if odd and S.size:
        S, values = np.append(S, -S[-1]), np.append(values, -values[-1])
    lengths, rises = -np.diff(S), np.abs(np.diff(values))
    apart = lengths > 0.0
    with np.errstate(over="ignore"):
        return float((rises[apart] / lengths[apart]).max(initial=0.0))
