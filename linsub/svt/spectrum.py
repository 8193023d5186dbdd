"""The operator on which polynomials run: in double precision, near one, with its norm's bounds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core.dense.norms import max_abs
from linsub._core.operators import LinearOperatorView, Operator, view
from linsub._core.random import RNGLike
from linsub.errors import InvalidInputError
from linsub.svd import low_rank_error

__all__ = ["Spectrum"]

# Rounding of a product relative to ||A||_F ||x||: the multiple of sqrt(n) eps that the
# certificates of the SVD use, and for the same reason (Higham & Mary 2019).
_MULTIPLE = 4.0


class Spectrum:
    """A seen as an operator whose products are in double precision where its entries are known.

    Attributes
    ----------
    base : Operator
    op : Operator
        The same, or its adjoint where that was asked for.
    given : dtype
        Of A as it came in.
    """

    def __init__(self, A: Any, *, adjoint: bool = False) -> None:
        seen = view(A)
        self.given = seen.dtype
        self.base = _in_double(seen)
        self._adjoint = adjoint

    @property
    def op(self) -> Operator:
        return self.base.adjoint if self._adjoint else self.base

    def set_unit(self, end: float) -> None:
        """Scale an operator that is known by products alone so that `end` is near 1."""
        if isinstance(self.base, LinearOperatorView) and end > 0.0:
            limit = 1000 if _is_double(self.base.dtype) else 120
            exponent = max(-limit, min(limit, -math.frexp(end)[1]))
            self.base.rescale(math.ldexp(1.0, exponent))

    def set_unit_by(self, x: np.ndarray) -> None:
        """Do so by the size of A x, for an operator of which nothing is known."""
        if isinstance(self.base, LinearOperatorView) and self.base.scale == 1.0 and x.size:
            self.set_unit(max_abs(self.op.matmat(x[:, :1])))

    def largest(self, rng: RNGLike) -> tuple[float, float]:
        """Return a bound on ||A||_2 and the probability that it fails; in the unit of A.

        The Frobenius norm where it is known and no larger, otherwise a bound from products.
        """
        op = self.base
        m, n = op.shape
        if min(m, n) == 0:
            return 0.0, 0.0
        frobenius = op.frobenius()
        if frobenius is not None and (min(m, n) == 1 or frobenius == 0.0):
            with np.errstate(over="ignore", under="ignore"):
                return float(np.float64(frobenius * (1.0 + 8.0 * op.eps)) / op.scale), 0.0
        empty = np.zeros((m, 0), op.dtype), None, np.zeros((0, n), op.dtype)
        found = low_rank_error(op, *empty, norm="spectral", rng=rng)
        value = float(found.value)
        with np.errstate(over="ignore", under="ignore"):
            exact = math.inf if frobenius is None else float(np.float64(frobenius) / op.scale)
        if exact <= value:
            return exact * (1.0 + 8.0 * op.eps), 0.0
        return value * (1.0 + 8.0 * op.eps), found.failure_prob

    def certified(self, end: float) -> bool:
        """Whether the Frobenius norm proves ||A||_2 <= end."""
        norm = self.op.frobenius()
        return norm is not None and norm * (1.0 - 8.0 * self.op.eps) <= end * self.op.scale

    def refuse_beyond(self, end: float, outside: Callable[[float], str]) -> None:
        """Raise where the Frobenius norm proves ||A||_2 > end, in the unit of the operator."""
        norm = self.op.frobenius()
        if norm is None:
            return
        least = norm * (1.0 - 8.0 * self.op.eps) / math.sqrt(max(1, min(self.op.shape)))
        if least > end * (1.0 + 1e-12):
            raise InvalidInputError(outside(least / end if end > 0.0 else math.inf))

    def product_rounding(self, end: float) -> tuple[float, float]:
        """Return the rounding of A x and of A^H y over ``end ||x||``, `end` in that unit too."""
        m, n = self.op.shape
        norm = self.op.frobenius()
        size = math.sqrt(max(1, min(m, n)))
        if norm is not None:
            size = min(size, norm / end)
        unit = _MULTIPLE * self.op.eps * max(size, 1.0)
        return unit * math.sqrt(max(1, n)), unit * math.sqrt(max(1, m))


def _is_double(dtype: np.dtype) -> bool:
    return bool(np.finfo(dtype).bits == 64)


def _in_double(op: Operator) -> Operator:
    """Return the operator with entries in double precision, where it has any in memory."""
    if _is_double(op.dtype) or op.kind not in ("dense", "sparse"):
        return op
    array = getattr(op, "array", None)
    if array is None or getattr(op, "mapped", False):
        return op
    wide = array.astype(np.complex128 if op.dtype.kind == "c" else np.float64)
    made = view(wide, check_finite=False)
    made.scale *= op.scale
    made.home = op.home
    return made
