"""Sparse test matrices: random ones, and graph Laplacians with known spectra."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from scipy import sparse

from linsub.errors import InvalidInputError

__all__ = ["GRAPHS", "graph_laplacian", "graph_spectrum", "sparse_random"]

GRAPHS = ("path", "cycle", "star", "complete", "grid")


def sparse_random(
    m: int,
    n: int,
    density: float = 0.05,
    *,
    cond: float = 1.0,
    dtype: Any = float,
    format: Literal["csr", "csc", "coo"] = "csr",
    rng: Any = None,
) -> Any:
    """Return a sparse array with Gaussian entries at random places.

    Parameters
    ----------
    m, n : int
        Shape.
    density : float, optional
        Share of the entries that are stored, from 0 to 1; places that are drawn twice
        are summed, so that the share is slightly smaller.
    cond : float, optional
        Columns shrink geometrically by it from the first to the last.
    dtype : dtype, optional
        float32, float64, complex64 or complex128.
    format : {"csr", "csc", "coo"}, optional
    rng : seed or Generator, optional

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.sparse_random(100, 50, 0.1, rng=0).shape
    (100, 50)
    """
    if not 0 <= density <= 1:
        raise InvalidInputError(f"density must be from 0 to 1, got {density}")
    rng = np.random.default_rng(rng)
    dtype = np.dtype(dtype)
    count = round(density * m * n)
    rows, columns = rng.integers(max(m, 1), size=count), rng.integers(max(n, 1), size=count)
    values = rng.standard_normal(count).astype(dtype)
    if dtype.kind == "c":
        values = values + 1j * rng.standard_normal(count)
    values = values * cond ** -(columns / max(n - 1, 1))
    A = sparse.coo_array((values.astype(dtype), (rows, columns)), shape=(m, n))
    A.sum_duplicates()
    return A.asformat(format)


def _edges(kind: str, n: int) -> np.ndarray:
    """Return the edges, one a row."""
    i = np.arange(n)
    if kind == "path":
        return np.stack([i[:-1], i[1:]], 1)
    if kind == "cycle":
        return np.stack([i, (i + 1) % n], 1)
    if kind == "star":
        return np.stack([np.zeros(n - 1, int), i[1:]], 1)
    if kind == "complete":
        return np.stack(np.triu_indices(n, 1), 1)
    side = _side(n)
    cell = i.reshape(side, side)
    across = np.stack([cell[:, :-1].ravel(), cell[:, 1:].ravel()], 1)
    down = np.stack([cell[:-1].ravel(), cell[1:].ravel()], 1)
    return np.concatenate([across, down])


def _side(n: int) -> int:
    side = math.isqrt(n)
    if side * side != n:
        raise InvalidInputError(f"a grid needs a square number of vertices, got {n}")
    return side


def _check(kind: str, n: int) -> None:
    if kind not in GRAPHS:
        raise InvalidInputError(f"kind must be one of {', '.join(GRAPHS)}; got {kind!r}")
    if n < 3:
        raise InvalidInputError(f"n must be >= 3, got {n}")


def graph_laplacian(kind: str, n: int, *, dtype: Any = float) -> Any:
    """Return the Laplacian D - W of a graph as a CSR array; its entries are whole numbers.

    Parameters
    ----------
    kind : {"path", "cycle", "star", "complete", "grid"}
        ``grid`` is a square grid.
    n : int
        Vertices, 3 or more; a square number for ``grid``.
    dtype : dtype, optional

    See Also
    --------
    graph_spectrum : its singular values in closed form.

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.graph_laplacian("path", 3).toarray()
    array([[ 1., -1.,  0.],
           [-1.,  2., -1.],
           [ 0., -1.,  1.]])
    """
    _check(kind, n)
    a, b = _edges(kind, n).T
    W = sparse.coo_array((np.ones(a.size), (a, b)), shape=(n, n)).tocsr()
    W = W + W.T
    degrees = sparse.diags_array(np.asarray(W.sum(axis=1)).ravel())
    return (degrees - W).tocsr().astype(np.dtype(dtype))


def graph_spectrum(kind: str, n: int) -> np.ndarray:
    """Return the singular values of :func:`graph_laplacian`, descending, in closed form.

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.graph_spectrum("complete", 4).tolist()
    [4.0, 4.0, 4.0, 0.0]
    """
    _check(kind, n)
    k = np.arange(n)
    if kind == "path":
        values = 4.0 * np.sin(np.pi * k / (2 * n)) ** 2
    elif kind == "cycle":
        values = 4.0 * np.sin(np.pi * k / n) ** 2
    elif kind == "star":
        values = np.r_[float(n), np.ones(n - 2), 0.0]
    elif kind == "complete":
        values = np.r_[np.full(n - 1, float(n)), 0.0]
    else:
        line = 4.0 * np.sin(np.pi * np.arange(_side(n)) / (2 * _side(n))) ** 2
        values = np.add.outer(line, line).ravel()
    return np.ascontiguousarray(np.sort(values)[::-1])
