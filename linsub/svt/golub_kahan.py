"""Functions of singular values from Golub-Kahan-Lanczos spaces, one for each column."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

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


@dataclasses.dataclass
class Krylov:
    """`Y` (n or m, b), the last change of each column, and the products of the longest one."""

    Y: np.ndarray
    changes: np.ndarray
    degree: int


def krylov(
    op: Operator,
    f: Any,
    X: np.ndarray,
    odd: bool,
    interval: tuple[float, float] | None,
    tol: float,
    max_degree: int,
) -> Krylov:
    """Return f(A) x for each column of X; f takes singular values in the unit of A."""
    rows = op.shape[0] if odd else op.shape[1]
    Y = np.zeros((rows, X.shape[1]), X.dtype)
    changes, degree = np.zeros(X.shape[1]), 0
    for j in range(X.shape[1]):
        Y[:, j], changes[j], taken = _column(op, f, X[:, j], odd, interval, tol, max_degree)
        degree = max(degree, taken)
    return Krylov(Y, changes, degree)


def _column(
    op: Operator,
    f: Any,
    x: np.ndarray,
    odd: bool,
    interval: tuple[float, float] | None,
    tol: float,
    max_degree: int,
) -> tuple[np.ndarray, float, int]:
    size = float(np.linalg.norm(x))
    space = _Space(op, x / size if size > 0.0 else x, odd)
    rows = op.shape[0] if odd else op.shape[1]
    if size == 0.0:
        return np.zeros(rows, x.dtype), 0.0, 0
    before = np.zeros(0, x.dtype)
    following, change = _FIRST, math.inf
    while True:
        whole = space.extend()
        k = space.order
        if not whole and k < following and 2 * k < max_degree:
            continue
        values, largest = _small(space, f, odd, interval, op.scale)
        padded = np.zeros_like(values)
        padded[: before.size] = before
        change = float(np.linalg.norm(values - padded))
        if whole:  # nothing is left out but rounding
            change = 64.0 * k * op.eps * max(largest, float(np.linalg.norm(values)))
        if whole or change <= tol * largest:
            break
        if 2 * k >= max_degree:
            raise ConvergenceError(
                f"the last change is {change / max(largest, 1e-300):.2g} of the largest |f| after "
                f"{2 * k} products; raise tol or max_degree"
            )
        before, following = values, max(k + 2, math.ceil(_GROWTH * k))
    basis = space.left if odd else space.right
    y = np.stack(basis, axis=1)[:, : values.size] @ values
    return size * y, size * change, 2 * k - (not odd and whole)


class _Space:
    """``A V = U B`` with B upper bidiagonal, both bases orthogonal to rounding."""

    def __init__(self, op: Operator, v: np.ndarray, odd: bool) -> None:
        self.op, self.odd = op, odd
        self.right, self.left = [v], []
        self.diagonal: list[float] = []
        self.above: list[float] = []
        self.size = 0.0

    @property
    def order(self) -> int:
        return len(self.diagonal)

    def extend(self) -> bool:
        """Take one step with A and one with A^H; return whether nothing is left."""
        u = self.op.matmat(self.right[-1][:, None])[:, 0]
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
        if beta == 0.0 or len(self.right) >= self.op.shape[1]:
            return True
        self.above.append(beta)
        self.right.append(v)
        return False

    def _cleaned(
        self, w: np.ndarray, basis: list[np.ndarray], noise: float
    ) -> tuple[np.ndarray, float]:
        """Return the unit vector of what the basis does not hold of w, and its size."""
        if basis:
            Q = np.stack(basis, axis=1)
            for _ in range(2):
                w = w - Q @ (Q.conj().T @ w)
        norm = float(np.linalg.norm(w))
        if norm <= noise or len(basis) >= w.size:
            return np.zeros_like(w), 0.0
        return w / norm, norm


def _small(
    space: _Space, f: Any, odd: bool, interval: tuple[float, float] | None, scale: float
) -> tuple[np.ndarray, float]:
    """Return f of the bidiagonal matrix on its first unit vector, and the largest |f|."""
    k = space.order
    B = np.diag(np.array(space.diagonal))
    B[np.arange(k - 1), np.arange(1, k)] = space.above[: k - 1]
    P, S, Qh = svd(B)
    with np.errstate(over="ignore", under="ignore"):
        ritz = S / scale
    if isinstance(f, SVTPolynomial):
        if ritz[0] > f.end * (1.0 + 1e-10):
            raise InvalidInputError(
                f"A has a singular value of at least {float(ritz[0]):.6g}, beyond the interval "
                f"{f.interval}; use polynomial.stretched(factor)"
            )
        values = f(ritz)
    else:
        if interval is not None and ritz[0] > interval[1] * (1.0 + 1e-10):
            raise InvalidInputError(
                f"A has a singular value of at least {float(ritz[0]):.6g}, beyond the interval "
                f"{interval}; pass a larger one"
            )
        kept = ritz > 0.0 if odd else np.ones(k, bool)
        values = np.zeros(k)
        if kept.any():
            values[kept] = values_of(f, ritz[kept])
    first = Qh[:, 0].conj()
    # Qh[:, 0] holds the first entries of the right vectors; real for a real B.
    out = (P if odd else Qh.T) @ (values * (Qh[:, 0] if odd else first))
    return out.astype(space.right[0].dtype), float(np.abs(values).max(initial=0.0))
