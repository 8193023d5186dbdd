"""Sampling access to a vector: entries in proportion to their squares, and cheap changes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core.arrays import as_vector
from linsub._core.dense import norms
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.sensitivity.forest import Forest, as_indices, as_size, as_uniforms, relative_squares

__all__ = ["SampleQueryVector", "new_entries"]

# The tree's total, at its power of two, is kept within these by building the tree afresh: then
# an entry's square is a normal number unless it is below 1e-247 of the total.
_LOW, _HIGH = 2.0**-200, 2.0**200


class SampleQueryVector:
    """A vector that can be sampled: index i with probability ``|v_i|^2 / ||v||^2``.

    Parameters
    ----------
    v : array_like of shape (n,)
        Real or complex; copied.
    check_finite : bool, optional
        Refuse nan and inf.

    Attributes
    ----------
    size : int
    dtype : dtype
    norm : float
        ``||v||``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* A binary tree whose leaves are the squares and whose nodes are the sums of their
    children. A sample descends it with one uniform number. A change recomputes the sums above
    its leaf, so that no rounding gathers: after any changes the tree is that of the new
    vector. All squares are taken at one power of two; the tree is built anew where
    changes move its total by more than sixty digits. An entry whose square is below 1e-300 of the
    largest one has no mass. *Cost.* n to build, log2 n a sample or a change, 2 n numbers in
    double precision beside v. *Accuracy.* A tree of depth L gives each index its probability up
    to ``2 (L + 2) eps`` in absolute size (``sensitivity-tree``); what is zero is never drawn.

    References
    ----------
    Chia, Gilyen, Li, Lin, Tang and Wang, JACM 69 (2022), arXiv 1910.06151.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import SampleQueryVector
    >>> v = SampleQueryVector([3.0, 0.0, 4.0])
    >>> v.norm, v.probability([0, 1, 2]).tolist()
    (5.0, [0.36, 0.0, 0.64])
    >>> v.quantile([0.0, 0.3, 0.4, 1.0]).tolist(), v.sample(5, rng=0).shape
    ([0, 0, 2, 2], (5,))
    >>> v.update(1, 12.0)
    >>> v.norm
    13.0
    """

    def __init__(self, v: Any, *, check_finite: bool = True) -> None:
        self._v = np.array(as_vector(v, name="v", check_finite=check_finite))
        self._exponent, squares = self._scaled(self._v)
        self._forest = Forest.single(squares)

    @staticmethod
    def _scaled(v: np.ndarray) -> tuple[int, np.ndarray]:
        exponent = math.frexp(norms.max_abs(v))[1]
        return exponent, relative_squares(v, exponent)

    @property
    def size(self) -> int:
        return int(self._v.size)

    @property
    def dtype(self) -> np.dtype:
        return self._v.dtype

    @property
    def norm(self) -> float:
        """``||v||``."""
        with np.errstate(over="ignore", under="ignore"):
            return float(np.ldexp(math.sqrt(self._forest.root()), self._exponent))

    @property
    def scaled_norm(self) -> tuple[float, int]:
        """``(x, e)`` with ``||v|| = 2^e x``, where the norm itself might be too large or small."""
        return math.sqrt(self._forest.root()), self._exponent

    def query(self, i: Any) -> Any:
        """Return ``v_i``, for an index or an array of them."""
        return self._v[as_indices(i, self.size)]

    def probability(self, i: Any) -> Any:
        """Return ``|v_i|^2 / ||v||^2``, of the shape of i; 0 if v = 0."""
        at = as_indices(i, self.size)
        squares = relative_squares(self._v[at], self._exponent)
        total = self._forest.root()
        found = squares / total if total > 0.0 else np.zeros(at.shape)
        return float(found) if at.ndim == 0 else found

    def quantile(self, u: Any) -> Any:
        """Return the least index whose probabilities up to it add to more than u.

        Parameters
        ----------
        u : float or array_like of shape (k,)
            From 0 to 1; numbers that are spread evenly give a stratified sample.

        Returns
        -------
        int, or ndarray of shape (k,), int64
        """
        uniforms, single = as_uniforms(u)
        found = self._at(uniforms)
        return int(found[0]) if single else found

    def sample(self, size: int | None = None, *, rng: RNGLike = None) -> Any:
        """Draw indices independently, i with probability ``|v_i|^2 / ||v||^2``.

        Parameters
        ----------
        size : int, optional
            How many; by default one index is returned by itself.
        rng : None, int, Generator, ..., optional
            Seed or generator, as taken by :func:`numpy.random.default_rng`.

        Returns
        -------
        int, or ndarray of shape (size,), int64

        Raises
        ------
        InvalidInputError
            If v = 0, which has no index to draw.
        """
        count = as_size(size)
        found = self._at(Streams(rng).generator("sample").random(1 if count is None else count))
        return int(found[0]) if count is None else found

    def update(self, i: Any, value: Any) -> None:
        """Set ``v[i] = value``; of an index that comes more than once the last value counts.

        Parameters
        ----------
        i : int or array_like of int, shape (k,)
        value : scalar or array_like of shape (k,)

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            Then nothing has changed.
        """
        if type(i) is int and type(value) is float and self._v.dtype == np.float64:
            if 0 <= i < self.size and math.isfinite(value):  # a frequent case, without arrays
                self._v[i] = value
                self._forest.set(0, i, _square(value, self._exponent))
                self._within_range()
                return
        at = np.atleast_1d(as_indices(i, self.size))
        if at.ndim > 1:
            raise InvalidInputError(f"i must be an index or have shape (k,), got {at.shape}")
        new = new_entries(value, at.size, self._v.dtype)
        self._v[at] = new
        with np.errstate(over="ignore"):
            masses = relative_squares(self._v[at], self._exponent)
            if at.size * (1 + self.size.bit_length()) > 2 * self.size:
                masses = relative_squares(self._v, self._exponent)
                self._forest.set_all(0, masses)
            else:
                for item, mass in zip(at.tolist(), masses.tolist(), strict=True):
                    self._forest.set(0, item, mass)
        if at.size:
            self._within_range()

    def toarray(self) -> np.ndarray:
        """Return the vector, as a copy."""
        return self._v.copy()

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return f"SampleQueryVector(size={self.size}, dtype={self.dtype}, norm={self.norm:.6g})"

    def _within_range(self) -> None:
        """Build the tree afresh where its total has left the range of its power of two."""
        if not _LOW <= self._forest.root() <= _HIGH:
            self._exponent, squares = self._scaled(self._v)
            self._forest.set_all(0, squares)

    def _at(self, uniforms: np.ndarray) -> np.ndarray:
        found, bad = self._forest.at(uniforms)
        if bad >= 0:
            what = "has no entries" if self.size == 0 else "is zero"
            raise InvalidInputError(f"v {what}: there is no index to draw")
        return found


def _square(value: float, exponent: int) -> float:
    """Return (2^-exponent value)^2, inf where it is too large."""
    try:
        scaled = math.ldexp(value, -exponent)
    except OverflowError:
        return math.inf
    return scaled * scaled


def new_entries(value: Any, count: int, dtype: np.dtype) -> np.ndarray:
    """Return `value` as `count` finite numbers of a type, or refuse it."""
    given = as_vector(np.atleast_1d(value) if np.ndim(value) == 0 else value, name="value")
    if given.size not in (1, count) or (np.ndim(value) == 1 and given.size != count):
        raise InvalidInputError(f"value must be a number or have shape ({count},)")
    if given.dtype.kind == "c" and dtype.kind != "c":
        raise InvalidTypeError(f"value is complex and the entries are {dtype}")
    with np.errstate(over="ignore", under="ignore"):
        new = given.astype(dtype)
    if not np.isfinite(new).all():
        bad = given[~np.isfinite(new)][0]
        raise InvalidInputError(f"value has {bad}, which is too large for the dtype {dtype}")
    return np.broadcast_to(new, (count,))
