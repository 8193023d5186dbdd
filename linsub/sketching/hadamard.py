"""The fast Walsh-Hadamard transform, and the embeddings that are built on it."""

from __future__ import annotations

import functools
import itertools
from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars, threads
from linsub.errors import InvalidInputError

__all__ = ["fwht", "transform_rows"]

# Rows that are transformed in cache at a time, and the entries of the scratch for them:
# 256 KB, half of a second-level cache.
BLOCK = 1024
_SCRATCH = 1 << 15


def fwht(
    x: Any, *, axis: int = 0, norm: Literal["ortho"] | None = None, check_finite: bool = True
) -> Any:
    """Walsh-Hadamard transform H x, with H[k, i] = (-1)^(number of bits of k & i).

    Parameters
    ----------
    x : array_like of shape (N,) or (N, d)
        N a power of two along `axis`.
    axis : {0, 1}, optional
        The axis that is transformed.
    norm : {"ortho"}, optional
        Divide by sqrt(N): the transform is then orthogonal and its own inverse.
    check_finite : bool, optional
        Refuse nan and inf, and an overflow.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Two levels of butterflies at a time on blocks of 1024 rows that stay in
    cache; levels above that on sets of rows that lie 1024 apart, copied together. Sylvester's
    order. *Cost.* N log2(N) additions a column; a copy of `x`. *Accuracy.* Claim
    ``sketching-fwht``.

    Examples
    --------
    >>> from linsub.sketching import fwht
    >>> fwht([1.0, 0.0, 2.0, 0.0]).tolist()
    [3.0, 3.0, -1.0, -1.0]
    """
    if norm is not None:
        scalars.as_choice(norm, name="norm", choices=("ortho",))
    axis = scalars.as_integer(axis, name="axis", low=0, high=1)
    X = arrays.as_vector_or_matrix(x, name="x", check_finite=check_finite)
    if axis >= X.ndim:
        raise InvalidInputError("x is a vector and has no axis 1")
    N = X.shape[axis]
    if N & (N - 1) or N == 0:
        raise InvalidInputError(
            f"x has {N} entries along axis {axis}, which is no power of two; pad it with zeros"
        )
    out = np.array(X, order="K", copy=True)
    transform_rows(out if axis == 0 else out.T)
    if norm == "ortho":
        out *= out.dtype.type(1.0 / np.sqrt(N))
    if check_finite and not np.isfinite(out).all():
        raise InvalidInputError(
            f"x has entries so near the end of the range of {X.dtype} that its transform "
            "overflows; scale it down first"
        )
    return arrays.home(x).give_back(out)


def transform_rows(X: np.ndarray, n_threads: int = 1) -> None:
    """Transform X (N,) or (N, d) along its first axis in place; C or F contiguous."""
    if X.size == 0:
        return
    if X.ndim == 2 and not X.flags.c_contiguous:
        for column in X.T:
            transform_rows(column, n_threads)
        return
    rows = X.reshape(X.shape[0], -1).view(X.real.dtype)
    N, d = rows.shape
    from linsub.sketching._kernels.hadamard import transform

    def run(low: int, high: int) -> None:
        width = max(1, min(high - low, _SCRATCH // min(N, BLOCK)))
        scratch = np.empty(min(N, BLOCK) * width, rows.dtype)
        step = 1
        while step < N:
            count = min(BLOCK, N // step)
            transform(rows, step, count, low, high, width, scratch)
            step *= count

    threads.run_parts(column_tasks(run, d, n_threads), n_threads)


def column_tasks(run: Any, d: int, n_threads: int) -> list[Any]:
    """Return calls of ``run(low, high)`` on strips of the columns, one a thread."""
    count = min(scalars.as_integer(n_threads, name="n_threads", low=1), max(1, d // 8))
    cuts = [d * k // count for k in range(count + 1)]
    return [functools.partial(run, i, j) for i, j in itertools.pairwise(cuts)]


def padded(n: int) -> int:
    """Return the least power of two that is at least n, and at least 1."""
    return 1 << max(0, n - 1).bit_length()
