"""Cases: a matrix of the gallery in some size, precision, scale and memory layout."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError
from linsub.testing.gallery import matrices
from linsub.testing.gallery.entries import ENTRIES

__all__ = ["LAYOUTS", "SCALES", "MatrixCase", "arrange", "case", "cases"]

# Sizes of LAPACK's own tests; other sizes are drawn as well.
_SIDES = (0, 1, 2, 3, 10, 16, 30, 40)
SCALES = (1e-300, 1e-150, 1e-20, 1.0, 1e20, 1e150, 1e300)
LAYOUTS = {
    "C": "contiguous rows",
    "F": "contiguous columns",
    "S": "every second row and column of a larger array",
    "N": "both axes reversed: negative strides",
    "R": "read-only",
}
# Exponents of 2 by bytes of a real number: norms of a large matrix stay finite at the upper
# one, and rounding errors of its largest entries are normal numbers at the lower one.
_EXPONENTS = {4: (-100, 100), 8: (-997, 997)}


@dataclasses.dataclass(frozen=True, eq=False)
class MatrixCase:
    """A matrix with the truth about it, made from ``(seed, index)`` alone.

    Attributes
    ----------
    A : ndarray of shape (m, n)
        Maybe strided or read-only. Each case has an array of its own.
    sigma : ndarray of shape (min(m, n),), float64
        Reference singular values, descending: the closed form where the entries of A are
        exact, LAPACK in double precision (after scaling by a power of two) elsewhere.
    label : str
        What it is, in words.
    seed : tuple of int
        The arguments that made it.
    rank : int
        A rank to truncate at, from 0 to min(m, n).
    """

    A: np.ndarray
    sigma: np.ndarray
    label: str
    seed: tuple[int, ...]
    rank: int
    real: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of A."""
        return self.A.dtype

    @property
    def rng(self) -> np.random.Generator:
        """A fresh generator at every access, independent of what built A."""
        return np.random.default_rng((*self.seed, 1))

    def __repr__(self) -> str:
        return f"MatrixCase({self.label}, seed={self.seed})"


def arrange(A: np.ndarray, layout: str) -> np.ndarray:
    """Return a copy of A in a memory layout.

    Parameters
    ----------
    A : ndarray
    layout : {"C", "F", "S", "N", "R"}
        Rows contiguous, columns contiguous, strided, negative strides, read-only.
    """
    if layout not in LAYOUTS:
        raise InvalidInputError(f"layout must be one of {', '.join(LAYOUTS)}; got {layout!r}")
    if layout == "S":
        m, n = A.shape
        # What lies between must not matter: make it nan.
        wide = np.full((2 * m + 1, 2 * n + 1), np.nan, A.dtype)
        wide[: 2 * m : 2, : 2 * n : 2] = A
        return wide[: 2 * m : 2, : 2 * n : 2]
    if layout == "N":
        return np.array(A[::-1, ::-1], order="C")[::-1, ::-1]
    B = np.array(A, order="F" if layout == "F" else "C")
    B.flags.writeable = layout != "R"
    return B


def scale_to(A: np.ndarray, scale: float) -> tuple[np.ndarray, int]:
    """Bring max |a_ij| near `scale` by a power of two, within the precision's range.

    Returns the matrix and the exponent that was added. A scale of 1 leaves A alone.
    """
    peak = _peak(A)
    if scale == 1.0 or peak == 0.0:
        return A, 0
    low, high = _EXPONENTS[A.real.dtype.itemsize]
    wanted = int(np.clip(np.log2(scale), low, high))
    added = wanted - int(np.frexp(peak)[1])
    return shift(A, added), added


def shift(A: np.ndarray, exponent: int) -> np.ndarray:
    """Return A times 2^exponent; the power itself need not be a number of the dtype."""
    if A.dtype.kind != "c":
        return np.asarray(np.ldexp(A, exponent))
    B = np.empty_like(A)
    B.real, B.imag = np.ldexp(A.real, exponent), np.ldexp(A.imag, exponent)
    return B


def _peak(A: np.ndarray) -> float:
    return float(max(np.abs(A.real).max(initial=0.0), np.abs(A.imag).max(initial=0.0)))


def reference_values(A: np.ndarray) -> np.ndarray:
    """Return singular values by LAPACK in double precision, at any scale."""
    if min(A.shape) == 0:
        return np.zeros(0)
    exponent = int(np.frexp(_peak(A))[1])
    wide = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64)
    return np.asarray(np.ldexp(np.linalg.svd(shift(wide, -exponent), compute_uv=False), exponent))


def _shape(name: str, max_side: int, rng: np.random.Generator) -> tuple[int, int]:
    """Draw sides among LAPACK's and any others, in a shape that the matrix exists in."""
    sides = [side for side in _SIDES if side <= max_side]
    draw = [int(rng.choice(sides)) if rng.random() < 0.5 else int(rng.integers(max_side + 1))]
    # Empty matrices matter, and one in twenty is enough of them.
    first = draw[0] if draw[0] or rng.random() < 0.3 else max_side
    second = int(rng.integers(1, max_side + 1)) if rng.random() < 0.8 else first
    form = int(rng.integers(4))
    tried = [(first, second), (second, first), (first, first), (max_side, first)]
    tried = [*tried[form:], *tried[:form], (first + 1, first), (8, 8)]
    fitting = (shape for shape in tried if matrices.fits(name, *shape))
    return next(fitting)


def _rank(sigma: np.ndarray, rng: np.random.Generator) -> int:
    """Draw a rank: the ends, the numerical rank, the middle (a tie, often) or any."""
    k = sigma.size
    top = float(sigma[0]) if k else 0.0
    numerical = int(np.count_nonzero(sigma > 1e-12 * top))
    choices = (0, 1, k // 2, numerical, max(numerical - 1, 0), k, *rng.integers(k + 1, size=4))
    return min(int(rng.choice(choices)), k)


def case(
    seed: int,
    index: int,
    *,
    dtypes: str = "ddfFD",
    max_side: int = 40,
    scales: Sequence[float] | None = None,
    layouts: str = "CCFFSNR",
) -> MatrixCase:
    """Return one case; the same one for the same arguments.

    Parameters
    ----------
    seed, index : int
        Indices run through all names of the gallery before any comes again.
    dtypes : str, optional
        Type characters to draw from: f, d, F, D. A repeated one is drawn more often.
    max_side : int, optional
        Largest m and n; 8 by 8 and n + 1 by n matrices may exceed it.
    scales : sequence of float, optional
        Sizes of the largest entry to draw from, rounded to powers of two and cut to the
        range of the dtype; 1.0 leaves the matrix alone. By default half of the cases are
        left alone and the others are spread from 1e-300 to 1e300.
    layouts : str, optional
        Memory layouts to draw from: those of :func:`arrange`.

    Returns
    -------
    case : MatrixCase

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> case = gallery.case(0, 3)
    >>> case.sigma.size == min(case.A.shape) and 0 <= case.rank <= case.sigma.size
    True
    """
    rng = np.random.default_rng((seed, index, 0))
    known = matrices.names()
    turn, place = divmod(index, len(known))
    # A new order for each turn: the first few cases, all that a quick run sees, vary too.
    name = known[np.random.default_rng((seed, turn, 2)).permutation(len(known))[place]]
    dtype = np.dtype(str(rng.choice(list(dtypes))))
    cond = float(10.0 ** rng.integers(0, 17 if dtype.char in "dD" else 8))
    m, n = _shape(name, max_side, rng)
    with np.errstate(under="ignore"):
        A = matrices.matrix(name, m, n, cond=cond, dtype=dtype, rng=rng)
        drawn = (*(1.0 for _ in SCALES), *SCALES) if scales is None else tuple(scales)
        scale = 1.0 if name.startswith("near_") else float(rng.choice(drawn))
        A, added = scale_to(A, scale)
        exact = "exact" in ENTRIES[name].tags
        known_values = matrices.singular_values(name, m, n, cond=cond) if exact else None
        sigma = reference_values(A) if known_values is None else np.ldexp(known_values, added)
    layout = str(rng.choice(list(layouts)))
    label = f"{name} {m}x{n} {dtype.name} cond {cond:.0e} scale {scale:.0e} layout {layout}"
    return MatrixCase(arrange(A, layout), sigma, label, (seed, index), _rank(sigma, rng))


def cases(
    count: int | None = None,
    *,
    seed: int = 0,
    dtypes: str = "ddfFD",
    max_side: int = 40,
    scales: Sequence[float] | None = None,
    layouts: str = "CCFFSNR",
) -> Iterator[MatrixCase]:
    """Yield cases 0, 1, 2, ... of a seed.

    Parameters
    ----------
    count : int, optional
        How many; without end by default. ``len(gallery.names())`` of them hold every
        matrix of the gallery once.
    seed : int, optional
    dtypes, max_side, scales, layouts
        As for :func:`case`.

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> [case.A.dtype.char for case in gallery.cases(3, dtypes="f")]
    ['f', 'f', 'f']
    """
    index = 0
    while count is None or index < count:
        yield case(seed, index, dtypes=dtypes, max_side=max_side, scales=scales, layouts=layouts)
        index += 1
