"""`matrix` and what it knows about the matrices that it makes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.testing.gallery import hard, named  # noqa: F401  (they fill the registry)
from linsub.testing.gallery.entries import ENTRIES, Builder, Entry
from linsub.testing.gallery.factors import Draw
from linsub.testing.gallery.spectra import SPECTRA, spectrum

__all__ = ["describe", "fits", "matrix", "names", "singular_values"]

DTYPES = tuple(np.dtype(c) for c in "fdFD")


def _with_shape(name: str) -> Builder:
    def build(m: int, n: int, draw: Draw) -> np.ndarray:
        return draw.with_spectrum(spectrum(name, min(m, n), draw.cond, rng=draw.rng), m, n)

    return build


for _name, (_, _about) in SPECTRA.items():
    ENTRIES[_name] = Entry(_name, _with_shape(_name), _about, frozenset({"spectrum"}))


def _entry(name: str) -> Entry:
    if name not in ENTRIES:
        raise InvalidInputError(f"name must be one of {', '.join(sorted(ENTRIES))}; got {name!r}")
    return ENTRIES[name]


def names(tags: str | Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the names that :func:`matrix` takes.

    Parameters
    ----------
    tags : str or iterable of str, optional
        Only the matrices that have them all: ``spectrum`` (Haar factors and a named
        shape), ``named`` (of the literature), ``dlatb4``, ``randlapack``, ``exact``
        (entries that every precision holds), ``closed_form`` (known singular values),
        ``square`` (not every shape exists), ``triangular``, ``deficient``, ``scaled``.

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> "kahan" in gallery.names("triangular")
    True
    """
    wanted = {tags} if isinstance(tags, str) else set(tags or ())
    known = set().union(*(entry.tags for entry in ENTRIES.values()))
    if wanted - known:
        raise InvalidInputError(
            f"tags must be among {', '.join(sorted(known))}; got {', '.join(sorted(wanted))}"
        )
    return tuple(name for name, entry in ENTRIES.items() if wanted <= entry.tags)


def describe(name: str) -> str:
    """Return one line on what a named matrix is and what it is good for."""
    return _entry(name).about


def fits(name: str, m: int, n: int) -> bool:
    """Tell whether a named matrix exists in a shape."""
    entry = _entry(name)
    return entry.fits is None or entry.fits(m, n)


def _checked(name: str, m: int, n: int | None, cond: float) -> tuple[Entry, int, int]:
    entry = _entry(name)
    n = m if n is None else n
    if m < 0 or n < 0:
        raise InvalidInputError(f"m and n must be >= 0, got {m} and {n}")
    if entry.fits is not None and not entry.fits(m, n):
        raise InvalidInputError(f"{name!r} is not defined for the shape ({m}, {n}): {entry.about}")
    if not 1 <= cond < np.inf:
        raise InvalidInputError(f"cond must be >= 1 and finite, got {cond}")
    return entry, m, n


def matrix(
    name: str,
    m: int,
    n: int | None = None,
    *,
    cond: float = 1e6,
    scale: float = 1.0,
    dtype: Any = float,
    rng: Any = None,
) -> np.ndarray:
    """Return a named test matrix.

    Parameters
    ----------
    name : str
        One of :func:`names`; :func:`describe` says what it is.
    m, n : int
        Shape; n = m by default. ``lauchli`` is (n + 1, n), ``rosser`` (8, 8), those
        tagged ``square`` are square.
    cond : float, optional
        Condition, or the ratio of the largest and smallest part, where the matrix leaves
        it open. ``lauchli`` rounds it to a power of two.
    scale : float, optional
        Every entry is multiplied by it; a power of two is exact.
    dtype : dtype, optional
        float32, float64, complex64 or complex128. A real matrix becomes complex by a
        similarity (square) or an equivalence with diagonal factors of 1, i, -1 and -i,
        which are exact and leave the singular values alone.
    rng : seed or Generator, optional
        For the random ones.

    Returns
    -------
    A : ndarray of shape (m, n)
        Computed in double precision and rounded to `dtype`.

    Notes
    -----
    After Higham's toolbox [1]_, LAPACK's generators [2]_ and RandLAPACK's [3]_.

    References
    ----------
    .. [1] N. J. Higham, The Test Matrix Toolbox for MATLAB, 1995.
    .. [2] E. Anderson et al., LAPACK Users' Guide (dlatb4, ddrvbd), 1999.
    .. [3] R. Murray et al., Randomized numerical linear algebra, 2023 (RandLAPACK).

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.matrix("minij", 3)
    array([[1., 1., 1.],
           [1., 2., 2.],
           [1., 2., 3.]])
    """
    entry, m, n = _checked(name, m, n, cond)
    dtype = np.dtype(dtype)
    if dtype not in DTYPES:
        raise InvalidTypeError(
            f"dtype must be float32, float64, complex64 or complex128, got {dtype}"
        )
    info = np.finfo(dtype)
    rng = np.random.default_rng(rng)
    draw = Draw(float(cond), float(info.eps), float(info.tiny), dtype.kind == "c", rng)
    A = entry.build(m, n, draw)
    if dtype.kind == "c" and A.dtype.kind != "c":
        A = _with_phases(A, rng)
    return np.ascontiguousarray((A if scale == 1.0 else A * scale).astype(dtype))


def _with_phases(A: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    m, n = A.shape
    units = np.array([1, 1j, -1, -1j])
    left = rng.choice(units, m)
    # The same phases on both sides of a square matrix: a symmetric one becomes Hermitian.
    right = left.conj() if m == n else rng.choice(units, n)
    return np.asarray(left[:, None] * A * right)


def singular_values(
    name: str, m: int, n: int | None = None, *, cond: float = 1e6, scale: float = 1.0
) -> np.ndarray | None:
    """Return the singular values of a named matrix in closed form.

    Parameters
    ----------
    name, m, n, cond, scale
        As for :func:`matrix`.

    Returns
    -------
    sigma : ndarray of shape (min(m, n),), float64, or None
        Descending; None where no closed form is known. The matrices tagged ``exact``
        have these singular values in every precision; ``clement``, ``sine`` and
        ``projector`` to within the rounding of their entries.

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.singular_values("pei", 4).tolist()
    [5.0, 1.0, 1.0, 1.0]
    """
    entry, m, n = _checked(name, m, n, cond)
    if entry.values is None:
        return None
    small = float(np.ldexp(1.0, -round(np.log2(cond))))
    values = np.asarray(entry.values(m, n, small), dtype=np.float64)
    return np.ascontiguousarray(np.sort(values)[::-1] * scale)
