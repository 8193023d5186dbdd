"""Hypothesis strategies that draw a seed and a structure instead of raw floats.

Examples stay hard (graded, tied, deficient, at the edge of the range) and shrink to small
sides, plain structures, a scale of 1 and a plain layout. Needs ``linsub[test]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, MissingExtraError
from linsub.testing.gallery import arrange, fits, matrix, names
from linsub.testing.gallery.matrix_case import scale_to

__all__ = ["LAYOUTS", "MODES", "SCALES", "layouts", "matrices", "ranks", "shapes"]

# What shrinks comes first. Rosser's matrix has one size only.
MODES = (
    "zero",
    "identity",
    *names("spectrum"),
    *(n for n in names() if n not in {*names("spectrum"), "zero", "identity", "rosser"}),
)
SCALES = (1.0, 1e-20, 1e20, 1e-150, 1e150, 1e-300, 1e300)
LAYOUTS = "CFSNR"


def _hypothesis() -> Any:
    try:
        from hypothesis import strategies
    except ImportError as error:
        raise MissingExtraError(
            'linsub.testing.strategies needs Hypothesis: pip install "linsub[test]"'
        ) from error
    return strategies


def shapes(max_side: int = 12, min_side: int = 0) -> Any:
    """Return a strategy for shapes (m, n), square ones often among them."""
    st = _hypothesis()
    side = st.integers(min_side, max_side)
    return st.one_of(st.tuples(side, side), side.map(lambda n: (n, n)))


def layouts(among: str = LAYOUTS) -> Any:
    """Return a strategy for memory layouts, the letters of :func:`gallery.arrange`."""
    return _hypothesis().sampled_from(list(among))


def ranks(shape: tuple[int, int], low: int = 0) -> Any:
    """Return a strategy for ranks from `low` to min(m, n)."""
    return _hypothesis().integers(low, max(min(shape), low))


def matrices(
    max_side: int = 12,
    dtypes: str = "fdFD",
    modes: Sequence[str] = MODES,
    scales: Sequence[float] = SCALES,
    layouts: str = "CFSR",
    min_side: int = 0,
) -> Any:
    """Return a strategy for matrices of the gallery.

    Parameters
    ----------
    max_side, min_side : int, optional
        Largest and smallest m and n; n + 1 by n matrices may have one row more.
    dtypes : str, optional
        Type characters: f, d, F, D.
    modes : sequence of str, optional
        Names of the gallery; a square one gets a square shape.
    scales : sequence of float, optional
        Sizes of the largest entry, rounded to powers of two and cut to the range of the
        dtype; 1.0 leaves the matrix as the gallery makes it.
    layouts : str, optional
        Memory layouts: C, F, S(trided), N(egative strides), R(ead-only).

    Returns
    -------
    strategy : hypothesis SearchStrategy of ndarray

    Raises
    ------
    MissingExtraError
        If Hypothesis is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from hypothesis import given
    >>> from linsub.testing import ratios, strategies
    >>> @given(A=strategies.matrices())
    ... def test_svd(A):
    ...     assert ratios.svd_ratios(A, *np.linalg.svd(A, full_matrices=False)).passed
    """
    st = _hypothesis()
    unknown = [name for name in modes if name not in MODES]
    if unknown:
        raise InvalidInputError(f"modes must be among {', '.join(MODES)}; got {unknown}")

    def draw_matrix(draw: Any) -> np.ndarray:
        name = draw(st.sampled_from(list(modes)))
        m, n = _fitted(name, *draw(shapes(max_side, min_side)))
        dtype = np.dtype(draw(st.sampled_from(list(dtypes))))
        # A whole exponent: 0 to 16 digits, or as many as the precision has.
        digits = draw(st.integers(0, 16 if dtype.char in "dD" else 7))
        scale = draw(st.sampled_from(list(scales)))
        layout = draw(st.sampled_from(list(layouts)))
        seed = draw(st.integers(0, 2**16 - 1))
        with np.errstate(under="ignore"):
            A = matrix(name, m, n, cond=10.0**digits, dtype=dtype, rng=seed)
            A = A if name.startswith("near_") else scale_to(A, scale)[0]
        return arrange(A, layout)

    return st.composite(draw_matrix)()


def _fitted(name: str, m: int, n: int) -> tuple[int, int]:
    """Return the drawn shape, or the next one that the matrix exists in."""
    return next(shape for shape in ((m, n), (n, n), (n + 1, n)) if fits(name, *shape))
