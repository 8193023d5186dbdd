"""Partial sums of masses in trees, many trees in one array."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_vector
from linsub._core.dense import norms
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["Forest", "as_indices", "as_size", "as_uniforms", "relative_squares"]


class Forest:
    """Trees of the masses of consecutive runs of items; tree r has those from starts[r] on."""

    def __init__(self, masses: np.ndarray, starts: np.ndarray) -> None:
        from linsub.sensitivity._kernels.sample_tree import build

        self.starts = starts
        self.tree = np.zeros(2 * int(starts[-1]))
        build(masses, starts, self.tree)

    @classmethod
    def single(cls, masses: np.ndarray) -> Forest:
        """Return one tree of all masses."""
        return cls(masses, np.array([0, masses.size], np.int64))

    def root(self, r: int = 0) -> float:
        """The mass of tree r."""
        return float(self.tree[2 * self.starts[r] + 1]) if self._leaves(r) else 0.0

    def roots(self) -> np.ndarray:
        """The masses of all trees."""
        filled = np.flatnonzero(np.diff(self.starts))
        found = np.zeros(self.starts.size - 1)
        found[filled] = self.tree[2 * self.starts[filled] + 1]
        return found

    def set(self, r: int, item: int, mass: float) -> None:
        """Give one item of tree r another mass."""
        from linsub.sensitivity._kernels.sample_tree import set_leaf

        set_leaf(self.tree, 2 * int(self.starts[r]), self._leaves(r), item, mass)

    def set_all(self, r: int, masses: np.ndarray) -> None:
        """Build tree r afresh."""
        from linsub.sensitivity._kernels.sample_tree import build

        first, stop = int(self.starts[r]), int(self.starts[r + 1])
        starts = np.array([0, stop - first], np.int64)
        build(masses, starts, self.tree[2 * first : 2 * stop])

    def at(self, uniforms: np.ndarray, which: np.ndarray | None = None) -> tuple[np.ndarray, int]:
        """Return items at quantiles, of the trees `which`, and the first t without mass or -1."""
        from linsub.sensitivity._kernels.sample_tree import draw

        out = np.zeros(uniforms.size, np.int64)
        trees = np.zeros(1, np.int64) if which is None else which
        return out, int(draw(self.tree, self.starts, trees, uniforms, out))

    def _leaves(self, r: int) -> int:
        return int(self.starts[r + 1] - self.starts[r])


def relative_squares(x: np.ndarray, exponent: Any) -> np.ndarray:
    """Return |2^-exponent x|^2 in double precision."""
    wide = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64, copy=False)
    scaled = norms.ldexp(wide, -np.asarray(exponent))
    with np.errstate(under="ignore"):
        squares = np.square(scaled.real)
        if scaled.dtype.kind == "c":
            squares += np.square(scaled.imag)
    return np.asarray(squares)


def as_size(size: Any) -> int | None:
    """Return how many samples are asked for; None is a single one."""
    return None if size is None else scalars.as_integer(size, name="size", low=0)


def as_uniforms(u: Any) -> tuple[np.ndarray, bool]:
    """Return numbers in [0, 1] as a vector, and whether there was a single one."""
    single = np.ndim(u) == 0
    if single:
        x = np.array([scalars.as_real(u, name="u")])
    else:
        x = as_vector(u, name="u")
        if x.dtype.kind == "c":
            raise InvalidTypeError("u is complex; it holds numbers from 0 to 1")
        x = x.astype(np.float64, copy=False)
    bad = ~((x >= 0.0) & (x <= 1.0))
    if bad.any():
        t = int(np.argmax(bad))
        raise InvalidInputError(f"u[{t}] is {x[t]}, which is not from 0 to 1")
    return x, single


def as_indices(i: Any, n: int, name: str = "i") -> np.ndarray:
    """Return an index or an array of them within 0 .. n - 1, as int64 of the same shape."""
    if isinstance(i, np.ma.MaskedArray):
        raise InvalidTypeError(f"{name} is a masked array; pass the indices that are not masked")
    try:
        found = np.asarray(i)
    except ValueError as error:
        raise InvalidInputError(f"{name} is no array of indices: {error}") from error
    if found.size == 0:
        found = found.astype(np.int64)
    if found.dtype.kind not in "iu":
        raise InvalidTypeError(f"{name} must hold integers, got dtype {found.dtype}")
    if found.size and not (found.min() >= 0 and found.max() < n):
        bad = found[(found < 0) | (found >= n)].flat[0]
        raise InvalidInputError(f"{name} holds the index {bad}, which is not in 0 .. {n - 1}")
    return found.astype(np.int64)
