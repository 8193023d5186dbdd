"""Products with few columns by panels of gemm, each small enough for OpenBLAS's short path.

The functions have the signatures of kernels in ``_kernels/skinny.py`` and take their place
where they come near them: they need no compiler, so that the first call is quick.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["MULTIPLE", "both", "forward", "normal"]

# Columns come in any number.
MULTIPLE = 1

# OpenBLAS takes its small-matrix path up to m n k = 10^6 (interface/gemm.c).
SMALL_GEMM = 1_000_000

# Bytes of A that stay in the second-level cache, and the fewest rows of a panel.
CACHE = 1 << 19
ROWS = 16


def _blocks(
    A: np.ndarray, columns: int, start: int, stop: int
) -> Iterator[tuple[slice, list[slice]]]:
    """Yield slices of rows, each with the slices of columns to take its rows by."""
    n = A.shape[1]
    rows = min(SMALL_GEMM // (columns * n), CACHE // (n * A.itemsize))
    rows = max(ROWS, rows - rows % ROWS)
    # Long rows are cut, or the panel of fewest rows would be no small gemm.
    pieces = -(-ROWS * columns * n // SMALL_GEMM)
    width = -(-n // pieces)
    spans = [slice(j, min(n, j + width)) for j in range(0, n, width)]
    for i in range(start, stop, rows):
        yield slice(i, min(stop, i + rows)), spans


def forward(
    A: np.ndarray, Xt: np.ndarray, Yt: np.ndarray, start: int, stop: int, panel: int
) -> None:
    """Yt[:, start:stop] = Xt A[start:stop]^T."""
    for rows, spans in _blocks(A, Xt.shape[0], start, stop):
        _dot(A, rows, spans, Xt, Yt)


def normal(
    A: np.ndarray, Xt: np.ndarray, Yt: np.ndarray, Zt: np.ndarray, start: int, stop: int, panel: int
) -> None:
    """Yt[:, start:stop] = Xt A[start:stop]^T, then Zt += Yt[:, start:stop] A[start:stop]."""
    for rows, spans in _blocks(A, Xt.shape[0], start, stop):
        _dot(A, rows, spans, Xt, Yt)
        _add(A, rows, spans, Yt, Zt)


def both(
    A: np.ndarray,
    Xt: np.ndarray,
    Wt: np.ndarray,
    Yt: np.ndarray,
    Zt: np.ndarray,
    start: int,
    stop: int,
    panel: int,
) -> None:
    """Wt[:, start:stop] = Xt A[start:stop]^T and Zt += Yt[:, start:stop] A[start:stop]."""
    for rows, spans in _blocks(A, max(Xt.shape[0], Yt.shape[0]), start, stop):
        _dot(A, rows, spans, Xt, Wt)
        _add(A, rows, spans, Yt, Zt)


def _dot(A: np.ndarray, rows: slice, spans: list[slice], Xt: np.ndarray, Yt: np.ndarray) -> None:
    Yt[:, rows] = Xt[:, spans[0]] @ A[rows, spans[0]].T
    for span in spans[1:]:
        Yt[:, rows] += Xt[:, span] @ A[rows, span].T


def _add(A: np.ndarray, rows: slice, spans: list[slice], Yt: np.ndarray, Zt: np.ndarray) -> None:
    for span in spans:
        Zt[:, span] += Yt[:, rows] @ A[rows, span]
