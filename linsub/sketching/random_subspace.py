"""Random low-dimensional subspaces of a parameter space, applied and never formed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import arrays, scalars
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.sketching.fastfood import Fastfood

__all__ = ["RandomSubspace"]

KINDS = ("dense", "sparse", "fastfood")

# A dense P of up to so many entries (64 MiB) is kept; a larger one is drawn anew at each product,
# in blocks of rows of that many entries.
_KEPT, _BLOCK = 1 << 23, 1 << 20

# Columns of the identity that are transformed at once for the norms of a last, partial block.
_COLUMNS = 256


class RandomSubspace:
    """Points ``theta0 + P z`` of a random d-dimensional subspace of R^D, P with unit columns.

    Training z instead of theta shows how many dimensions a problem needs: the least d at which the
    loss of all of R^D is reached, to 90 % say, is its intrinsic dimension.

    Parameters
    ----------
    D, d : int
        ``d <= D``.
    kind : {"dense", "sparse", "fastfood"}
        Columns of normal numbers; of ``ceil(sqrt(D))`` equal numbers with random signs; or of
        the structured matrix of :class:`Fastfood`, in memory D and time D log d.
    theta0 : array_like of shape (D,), optional
        Where the subspace passes through; 0 by default.
    rng : None, int, Generator, ..., optional
        Seed or generator, as taken by :func:`numpy.random.default_rng`.

    Attributes
    ----------
    shape : tuple of int
        ``(D, d)``.
    kind : str

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Li and others 2018, with columns that are normalised exactly: of Fastfood all
    columns of a whole block have one norm, and those of the last block, where the power
    of two above d does not divide D, are found by transforming the identity. *Cost.* A product
    takes 2 D d, 2 d sqrt(D) or D log d operations. *Accuracy.* Claims
    ``sketching-random-subspace`` and ``sketching-intrinsic-step``.

    References
    ----------
    Li, Farkhoor, Liu and Yosinski, ICLR 2018, arXiv 1804.08838; Li, Hastie and Church, KDD 2006;
    Le, Sarlos and Smola, ICML 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import RandomSubspace
    >>> P = RandomSubspace(1000, 12, "sparse", rng=0)
    >>> P.point(np.zeros(12)).shape, (P.T @ np.ones(1000)).shape
    ((1000,), (12,))
    >>> bool(np.allclose(np.linalg.norm(P.toarray(), axis=0), 1.0))
    True
    """

    __array_ufunc__ = None
    ndim = 2
    dtype = np.dtype(np.float64)

    def __init__(
        self, D: int, d: int, kind: str = "dense", *, theta0: Any = None, rng: RNGLike = None
    ) -> None:
        D = scalars.as_integer(D, name="D", low=1)
        d = scalars.as_integer(d, name="d", low=0, high=D)
        self.shape = (D, d)
        self.kind = scalars.as_choice(kind, name="kind", choices=KINDS)
        self._theta0 = (
            None if theta0 is None else np.array(arrays.as_vector(theta0, name="theta0", size=D))
        )
        streams = Streams(rng)
        makers: dict[str, Any] = {"dense": _Dense, "sparse": _Sparse, "fastfood": _Structured}
        self._columns = makers[self.kind](D, d, streams)

    @property
    def T(self) -> AdjointSubspace:
        """P^T, of shape (d, D)."""
        return AdjointSubspace(self)

    H = T

    def point(self, z: Any) -> np.ndarray:
        """Return ``theta0 + P z`` for z of shape (d,) or (d, k)."""
        found = self.matmat(z)
        if self._theta0 is None:
            return found
        theta0 = self._theta0 if found.ndim == 1 else self._theta0[:, None]
        return np.asarray(theta0 + found)

    def matmat(self, z: Any) -> np.ndarray:
        """Return P z for z of shape (d,) or (d, k)."""
        return self._product(z, "z", self.shape[1], self._columns.forward)

    def rmatmat(self, g: Any) -> np.ndarray:
        """Return P^T g for g of shape (D,) or (D, k): the gradient in z of one in theta."""
        return self._product(g, "g", self.shape[0], self._columns.adjoint)

    matvec = __matmul__ = matmat
    rmatvec = rmatmat

    def toarray(self) -> np.ndarray:
        """Return P as an array (D, d)."""
        return np.asarray(self._columns.forward(np.eye(self.shape[1])))

    def _product(self, x: Any, name: str, size: int, apply: Any) -> np.ndarray:
        given = arrays.as_vector_or_matrix(x, name=name)
        if given.shape[0] != size:
            raise InvalidInputError(
                f"{name} has shape {given.shape} and P has {self.shape}: {size} rows are needed"
            )
        wide = given.astype(np.complex128 if given.dtype.kind == "c" else np.float64, copy=False)
        columns = wide if wide.ndim == 2 else wide[:, None]
        if columns.dtype.kind == "c":
            found = apply(np.ascontiguousarray(columns.real)) + 1j * apply(
                np.ascontiguousarray(columns.imag)
            )
        else:
            found = apply(columns)
        return np.asarray(found if wide.ndim == 2 else found[:, 0], given.dtype)

    def __repr__(self) -> str:
        return f"<RandomSubspace of shape {self.shape}, {self.kind}>"


class AdjointSubspace:
    """P^T of a :class:`RandomSubspace`."""

    __array_ufunc__ = None
    ndim = 2
    dtype = np.dtype(np.float64)

    def __init__(self, subspace: RandomSubspace) -> None:
        self.T = self.H = subspace
        self.shape = subspace.shape[::-1]
        self.matvec = self.matmat = subspace.rmatmat
        self.rmatvec = self.rmatmat = subspace.matmat

    def __matmul__(self, g: Any) -> np.ndarray:
        return self.matmat(g)


class _Dense:
    """Normal numbers over the norms of their columns, in blocks of rows."""

    def __init__(self, D: int, d: int, streams: Streams) -> None:
        self._shape, self._streams = (D, d), streams
        self._step = max(1, _BLOCK // max(d, 1))
        self._kept: np.ndarray | None = None
        if D * d <= _KEPT:
            self._kept = streams.gaussian("sketch", (D, d))
        squares = np.zeros(d)
        for _, rows in self._blocks():
            squares += np.square(rows).sum(axis=0)
        self._norms = np.sqrt(squares)[:, None]

    def _blocks(self) -> Any:
        D, step = self._shape[0], self._step
        for first in range(0, D, step):
            stop = min(first + step, D)
            if self._kept is not None:
                yield slice(first, stop), self._kept[first:stop]
            else:
                drawn = self._streams.gaussian("sketch", self._shape, rows=(first, stop))
                yield slice(first, stop), drawn

    def forward(self, Z: np.ndarray) -> np.ndarray:
        out = np.empty((self._shape[0], Z.shape[1]))
        scaled = Z / self._norms
        for place, rows in self._blocks():
            out[place] = rows @ scaled
        return out

    def adjoint(self, G: np.ndarray) -> np.ndarray:
        out = np.zeros((self._shape[1], G.shape[1]))
        for place, rows in self._blocks():
            out += rows.T @ G[place]
        return out / self._norms


class _Sparse:
    """Equally many equal numbers with random signs in each column."""

    def __init__(self, D: int, d: int, streams: Streams) -> None:
        k = math.isqrt(D - 1) + 1
        generator = streams.generator("sketch")
        rows = np.empty((d, k), np.int64)
        for column in rows:
            column[:] = np.sort(generator.choice(D, k, replace=False))
        signs = (1.0 - 2.0 * generator.integers(0, 2, rows.size)) / math.sqrt(k)
        self._P = sparse.csc_array((signs, rows.reshape(-1), k * np.arange(d + 1)), shape=(D, d))

    def forward(self, Z: np.ndarray) -> np.ndarray:
        return np.asarray(self._P @ Z)

    def adjoint(self, G: np.ndarray) -> np.ndarray:
        return np.asarray(self._P.T @ G)


class _Structured:
    """Whole blocks of Fastfood, whose columns have one norm, and a last one that is cut."""

    def __init__(self, D: int, d: int, streams: Streams) -> None:
        side = 1 << max(d - 1, 0).bit_length()
        whole = D // side * side
        seeds = [int(seed) for seed in streams.generator("sketch").integers(0, 2**62, 2)]
        self._parts = [
            (first, math.sqrt(m / D), Fastfood(d, m, rng=seed))
            for first, m, seed in zip((0, whole), (whole, D - whole), seeds, strict=True)
            if m
        ]
        self._shape = (D, d)
        squares = np.full(d, whole / D)
        if whole < D:
            _, scale, last = self._parts[-1]
            for first in range(0, d, _COLUMNS):
                unit = np.eye(d, min(_COLUMNS, d - first), -first)
                squares[first : first + _COLUMNS] += np.square(scale * (last @ unit)).sum(axis=0)
        self._norms = np.sqrt(squares)[:, None]

    def forward(self, Z: np.ndarray) -> np.ndarray:
        out = np.empty((self._shape[0], Z.shape[1]))
        scaled = Z / self._norms
        for first, scale, part in self._parts:
            out[first : first + part.shape[0]] = scale * (part @ scaled)
        return out

    def adjoint(self, G: np.ndarray) -> np.ndarray:
        out = np.zeros((self._shape[1], G.shape[1]))
        for first, scale, part in self._parts:
            out += scale * (part.T @ np.ascontiguousarray(G[first : first + part.shape[0]]))
        return np.asarray(out / self._norms)
