"""The boundary of samples: rows in float64 at a scale near 1, or their Gram matrix."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from linsub._core.arrays import as_matrix
from linsub._core.dense import norms
from linsub.clustering.unit_rows import unit_parts
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["Samples", "as_samples", "slack_of", "squared_residuals"]

# In double precision a Gram matrix may be that far from symmetric, relative to its largest entry,
_SYMMETRY = 1e-10
# and a cosine, an eigenvalue or a squared residual that far beyond its range.
_RANGE = 1e-8
# In single precision so many of its roundings.
_ROUNDINGS = 64.0


@dataclasses.dataclass(frozen=True)
class Samples:
    """N samples, as rows or by their inner products.

    Attributes
    ----------
    X : ndarray of shape (N, D) or None
        ``2^exponent`` times what the user passed, in float64 and C order.
    given_gram : ndarray of shape (N, N) or None
        ``2^(2 exponent)`` times the Gram matrix that the user passed.
    exponent : int
        The largest entry of X is in [1/2, 1).
    dtype : dtype
        Of what is handed back.
    """

    X: np.ndarray | None
    given_gram: np.ndarray | None
    exponent: int
    dtype: np.dtype

    @property
    def size(self) -> int:
        """The number of samples."""
        rows = self.X if self.X is not None else self.given_gram
        assert rows is not None
        return int(rows.shape[0])

    @functools.cached_property
    def gram(self) -> np.ndarray:
        """X X^T."""
        if self.given_gram is not None:
            return self.given_gram
        assert self.X is not None
        return np.asarray(self.X @ self.X.T)

    @functools.cached_property
    def squares(self) -> np.ndarray:
        """The squared norms."""
        if self.X is None:
            return np.ascontiguousarray(self.gram.diagonal())
        return np.asarray(np.einsum("ij,ij->i", self.X, self.X))

    @functools.cached_property
    def unit(self) -> np.ndarray:
        """The rows of X brought to norm 1, each by a scale of its own; zero rows stay."""
        assert self.X is not None
        return unit_parts(self.X)[0]


def as_samples(X: Any = None, gram: Any = None) -> Samples:
    """Return samples given as rows, or by their Gram matrix, or by several that are added up.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        If both or none are given, or what is given is no matrix or not symmetric.
    """
    if (X is None) == (gram is None):
        given = "neither" if X is None else "both"
        raise InvalidInputError(f"give X or gram, got {given}")
    name = "gram" if X is None else "X"
    matrix = as_matrix(gram if X is None else X, name=name)
    if matrix.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; subspace clustering is of real samples")
    if matrix.shape[0] == 0 or matrix.shape[1] == 0:
        raise InvalidInputError(f"{name} has shape {matrix.shape}: there are no samples in it")
    dtype = matrix.dtype
    wide = matrix.astype(np.float64, copy=False)
    exponent = -int(np.frexp(norms.max_abs(wide))[1])
    if X is not None:
        return Samples(np.ascontiguousarray(np.ldexp(wide, exponent)), None, exponent, dtype)
    return Samples(None, _as_gram(np.ldexp(wide, exponent // 2 * 2), dtype), exponent // 2, dtype)


def slack_of(dtype: np.dtype, least: float = _RANGE) -> float:
    """Return how far what is computed from a Gram matrix of a precision may be out of range."""
    return max(least, _ROUNDINGS * float(np.finfo(dtype).eps))


def _as_gram(G: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if G.shape[0] != G.shape[1]:
        raise InvalidInputError(f"gram must be square, got shape {G.shape}")
    off = G - G.T
    near = slack_of(dtype, _SYMMETRY) * norms.max_abs(G)
    if norms.max_abs(off) > near:
        row, column = np.unravel_index(int(np.argmax(np.abs(off))), off.shape)
        raise InvalidInputError(
            f"gram is not symmetric: gram[{row}, {column}] and gram[{column}, {row}] differ; "
            "pass X @ X.T"
        )
    least = float(G.diagonal().min())
    if least < 0.0:
        i = int(np.argmin(G.diagonal()))
        raise InvalidInputError(f"gram[{i}, {i}] is negative and is a squared norm; pass X @ X.T")
    G = np.ascontiguousarray(0.5 * (G + G.T))
    size = np.sqrt(G.diagonal())
    over = np.abs(G) - (1.0 + slack_of(dtype)) * (size[:, None] * size)
    if over.max() > near:
        row, column = np.unravel_index(int(np.argmax(over)), over.shape)
        raise InvalidInputError(
            f"gram is not positive semidefinite: gram[{row}, {column}] is larger than the "
            f"geometric mean of gram[{row}, {row}] and gram[{column}, {column}]; pass X @ X.T"
        )
    return G


def squared_residuals(
    found: np.ndarray, sizes: np.ndarray, slack: float, first: int = 0
) -> np.ndarray:
    """Return squared residuals that came from inner products, rounding below 0 cut off.

    Parameters
    ----------
    found : ndarray of shape (t,)
        Of the samples from `first` on.
    sizes : ndarray of shape (t,)
        The sizes of what cancels: ``||y|| + sum_j |c_j| ||s_j||``.
    slack : float

    Raises
    ------
    InvalidInputError
        If one is negative beyond rounding: then the Gram matrix is not positive semidefinite.
    """
    wrong = found < -slack * sizes * sizes
    if wrong.any():
        i = int(np.argmax(wrong))
        raise InvalidInputError(
            f"gram is not positive semidefinite: by it a residual of sample {first + i} has the "
            f"squared norm {found[i]:.1e} (at the scale at which it is computed); pass X @ X.T"
        )
    return np.asarray(np.maximum(found, 0.0))
