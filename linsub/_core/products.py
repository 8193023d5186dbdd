"""A X, A^H Y, and A^H (A X) in one reading of A, for few columns.

A gemm with 8 columns on the right costs OpenBLAS about as much as 8 gemv. Two things are
faster. With the narrow operand on the *left*, transposed, the same library is twice as
fast, and panels of A small enough for its small-matrix kernels (AVX-512 builds have them)
are faster again and stay in cache for the second product. Elsewhere our own kernels, which
hold 4 x 4 accumulators in registers, win. Both orders of summation are fixed: the result
does not depend on the number of threads.

Narrow operands come back in Fortran order, which is the transposed layout that the next
product wants.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core import threads

__all__ = ["both", "fusable", "matmat", "normal", "rmatmat", "scan", "warmup"]

# Beyond this many columns a plain gemm reaches its peak, and reading A twice is cheap.
WIDE = 32

# OpenBLAS takes its small-matrix path up to m n k = 10^6 (interface/gemm.c).
SMALL_GEMM = 1_000_000

# Builds whose small-matrix kernels beat ours; measured at 1500 x 1500 and 8 columns: 1.4 ms
# for panels of gemm and 1.6 to 1.9 ms for our kernel on SkylakeX, 3.1 and 1.8 ms on Haswell.
SMALL_GEMM_ARCHITECTURES = ("SkylakeX", "Cooperlake", "SapphireRapids")

# Rows of A that a kernel takes through both products before the next ones; 8 to 64 measure
# alike, and 32 rows of 3000 doubles fit the second-level cache.
PANEL = 32

# Smallest part of A, in entries, worth a thread of its own: a pool costs about 50 us.
PART = 1 << 19
PARTS = 8


@functools.cache
def _gemm_panels() -> bool:
    return threads.blas_architecture() in SMALL_GEMM_ARCHITECTURES


def fusable(A: Any) -> bool:
    """Whether :func:`normal` reads A once: C-ordered, or CSR, and real."""
    if isinstance(A, np.ndarray):
        return A.flags.c_contiguous and A.dtype.kind == "f"
    return bool(A.format == "csr" and A.dtype.kind == "f")


def scan(A: np.ndarray) -> tuple[float, float, bool]:
    """Return (bounds max|a_ij| within sqrt(size), sum of squares, whether all is finite).

    One reading of A where the sum of squares is an ordinary number, as it nearly always
    is: then all entries are finite and their size is known well enough to scale by.
    """
    from linsub._core.dense import norms

    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        total = _squares(A)
    if 1e-200 < total < 1e200:
        return float(np.sqrt(total)), total, True
    peak = norms.max_abs(A)
    return peak, total, bool(np.isfinite(peak))


def _squares(A: np.ndarray) -> float:
    x = A.T if A.flags.f_contiguous and not A.flags.c_contiguous else A
    if not x.flags.c_contiguous:
        x = np.ascontiguousarray(x)
    x = x.reshape(-1)
    if x.dtype.kind == "c":
        x = x.view(x.real.dtype)
    if x.dtype == np.float64:
        return float(x @ x)
    # float32: sums of 4096 squares in single precision, their sum in double.
    whole = x.size - x.size % 4096
    rows = x[:whole].reshape(-1, 4096)
    head = np.einsum("ij,ij->i", rows, rows).sum(dtype=np.float64)
    tail = x[whole:].astype(np.float64)
    return float(head + tail @ tail)


# --- dense -------------------------------------------------------------------------------


def _narrow(X: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return X^T, C-ordered."""
    return np.ascontiguousarray(X.T, dtype=dtype)


def _padded(Xt: np.ndarray) -> np.ndarray:
    """Return Xt with zero rows up to a multiple of four, as the kernels want it."""
    extra = -Xt.shape[0] % 4
    return np.pad(Xt, ((0, extra), (0, 0))) if extra else Xt


def _parts(A: np.ndarray) -> list[tuple[int, int]]:
    """Cut the rows of A into parts that depend on its shape alone."""
    m = A.shape[0]
    count = max(1, min(PARTS, A.size // PART))
    size = -(-m // count) if m else 0
    size += -size % 4
    return [(i, min(m, i + size)) for i in range(0, m, size)] if m else []


def _kernels_pay(A: np.ndarray, columns: int) -> bool:
    return 1 < columns <= WIDE and A.dtype.kind == "f" and A.size > 1024 and not _gemm_panels()


def _rows_of_panel(columns: int, n: int) -> int:
    rows = SMALL_GEMM // max(1, columns * n)
    return max(16, rows - rows % 16)


def _forward(A: np.ndarray, Xt: np.ndarray, n_threads: int) -> np.ndarray:
    """Xt A^T for C-ordered A."""
    if not _kernels_pay(A, Xt.shape[0]):
        return np.asarray(Xt @ A.T)
    from linsub._core._kernels import skinny

    padded = _padded(Xt)
    Yt = np.empty((padded.shape[0], A.shape[0]), A.dtype)
    tasks = [
        functools.partial(skinny.forward, A[i:j], padded, Yt[:, i:j], PANEL) for i, j in _parts(A)
    ]
    threads.run_parts(tasks, n_threads)
    return Yt[: Xt.shape[0]]


def _backward(A: np.ndarray, Yt: np.ndarray, n_threads: int) -> np.ndarray:
    """Yt A for C-ordered A."""
    if not _kernels_pay(A, Yt.shape[0]):
        return np.asarray(Yt @ A)
    from linsub._core._kernels import skinny

    padded = _padded(Yt)

    def task(A: np.ndarray, i: int, j: int, Zt: np.ndarray) -> None:
        skinny.backward(A[i:j], padded[:, i:j], Zt, PANEL)

    return _summed(A, padded.shape[0], task, n_threads)[: Yt.shape[0]]


def _summed(
    A: np.ndarray, columns: int, task: Callable[..., None], n_threads: int
) -> np.ndarray:
    """Run `task` on each part of A with an accumulator of its own; add them in order."""
    parts = _parts(A)
    sums = [np.zeros((columns, A.shape[1]), A.dtype) for _ in parts]
    threads.run_parts(
        [functools.partial(task, A, i, j, Zt) for (i, j), Zt in zip(parts, sums, strict=True)],
        n_threads,
    )
    total = sums[0] if sums else np.zeros((columns, A.shape[1]), A.dtype)
    for Zt in sums[1:]:
        total += Zt
    return total


def matmat(A: Any, X: np.ndarray, n_threads: int = 1) -> np.ndarray:
    """Return A X, in Fortran order."""
    if not isinstance(A, np.ndarray):
        return _sparse_matmat(A, X)
    Xt = _narrow(X, A.dtype)
    if A.flags.c_contiguous:
        return _forward(A, Xt, n_threads).T
    return _backward(A.T, Xt, n_threads).T


def rmatmat(A: Any, Y: np.ndarray, n_threads: int = 1) -> np.ndarray:
    """Return A^H Y, in Fortran order."""
    if not isinstance(A, np.ndarray):
        return _sparse_rmatmat(A, Y)
    Yt = _narrow(Y, A.dtype)
    if A.dtype.kind == "c":  # A^H Y = (Y^H A)^H, so that A is never conjugated
        Yh = Yt.conj()
        Zh = Yh @ A if A.flags.c_contiguous else _forward(A.T, Yh, 1)
        return np.asarray(Zh.conj()).T
    if A.flags.c_contiguous:
        return _backward(A, Yt, n_threads).T
    return _forward(A.T, Yt, n_threads).T


def normal(A: Any, X: np.ndarray, n_threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return A^H (A X) and A X, in Fortran order."""
    if not isinstance(A, np.ndarray):
        return _sparse_normal(A, X)
    if not fusable(A) or X.shape[1] > WIDE or A.size == 0:
        Y = matmat(A, X, n_threads)
        return rmatmat(A, Y, n_threads), Y
    Xt = _narrow(X, A.dtype)
    if not _kernels_pay(A, Xt.shape[0]):
        return _normal_by_panels(A, Xt)
    from linsub._core._kernels import skinny

    padded = _padded(Xt)
    Yt = np.empty((padded.shape[0], A.shape[0]), A.dtype)

    def task(A: np.ndarray, i: int, j: int, Zt: np.ndarray) -> None:
        skinny.normal(A[i:j], padded, Yt[:, i:j], Zt, PANEL)

    Zt = _summed(A, padded.shape[0], task, n_threads)
    return Zt[: Xt.shape[0]].T, Yt[: Xt.shape[0]].T


def _normal_by_panels(A: np.ndarray, Xt: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    b, n = Xt.shape
    Yt = np.empty((b, A.shape[0]), A.dtype)
    Zt = np.zeros((b, n), A.dtype)
    step = _rows_of_panel(b, n)
    for i in range(0, A.shape[0], step):
        panel = A[i : i + step]
        part = Xt @ panel.T
        Yt[:, i : i + step] = part
        Zt += part @ panel
    return Zt.T, Yt.T


def both(
    A: Any, X: np.ndarray, Y: np.ndarray, n_threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return A X and A^H Y, in Fortran order; one reading of A where it is fusable."""
    wide = max(X.shape[1], Y.shape[1]) > WIDE
    if not isinstance(A, np.ndarray) or not fusable(A) or wide or A.size == 0:
        return matmat(A, X, n_threads), rmatmat(A, Y, n_threads)
    Xt, Yt = _narrow(X, A.dtype), _narrow(Y, A.dtype)
    if not _kernels_pay(A, min(Xt.shape[0], Yt.shape[0])):
        return _both_by_panels(A, Xt, Yt)
    from linsub._core._kernels import skinny

    xt, yt = _padded(Xt), _padded(Yt)
    Wt = np.empty((xt.shape[0], A.shape[0]), A.dtype)

    def task(A: np.ndarray, i: int, j: int, Zt: np.ndarray) -> None:
        skinny.both(A[i:j], xt, Wt[:, i:j], yt[:, i:j], Zt, PANEL)

    Zt = _summed(A, yt.shape[0], task, n_threads)
    return Wt[: Xt.shape[0]].T, Zt[: Yt.shape[0]].T


def _both_by_panels(
    A: np.ndarray, Xt: np.ndarray, Yt: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    m, n = A.shape
    Wt = np.empty((Xt.shape[0], m), A.dtype)
    Zt = np.zeros((Yt.shape[0], n), A.dtype)
    step = _rows_of_panel(max(Xt.shape[0], Yt.shape[0]), n)
    for i in range(0, m, step):
        panel = A[i : i + step]
        Wt[:, i : i + step] = Xt @ panel.T
        Zt += Yt[:, i : i + step] @ panel
    return Wt.T, Zt.T


# --- sparse ------------------------------------------------------------------------------


def _groups(X: np.ndarray) -> list[tuple[slice, np.ndarray]]:
    """Cut X into C-ordered groups of four columns, the last one padded with zeros."""
    out = []
    for c in range(0, X.shape[1], 4):
        part = X[:, c : c + 4]
        group = np.zeros((X.shape[0], 4), X.dtype)
        group[:, : part.shape[1]] = part
        out.append((slice(c, c + part.shape[1]), group))
    return out


def _csr(A: Any) -> tuple[Any, bool] | None:
    """Return (CSR arrays, whether they are those of A^T), or None for complex entries."""
    if A.dtype.kind != "f":
        return None
    return ((A.indptr, A.indices, A.data), A.format == "csc")


def _sparse_product(A: Any, X: np.ndarray, rows: int, adjoint: bool) -> np.ndarray:
    from linsub._core._kernels import csr

    found = _csr(A)
    if found is None:
        product = A.conj().T @ X if adjoint else A @ X
        return np.asfortranarray(product)
    arrays, transposed = found
    out = np.empty((rows, X.shape[1]), A.dtype, order="F")
    for columns, group in _groups(X.astype(A.dtype, copy=False)):
        part = np.zeros((rows, 4), A.dtype)
        (csr.add4 if adjoint != transposed else csr.dot4)(*arrays, group, part)
        out[:, columns] = part[:, : columns.stop - columns.start]
    return out


def _sparse_matmat(A: Any, X: np.ndarray) -> np.ndarray:
    return _sparse_product(A, X, A.shape[0], adjoint=False)


def _sparse_rmatmat(A: Any, Y: np.ndarray) -> np.ndarray:
    return _sparse_product(A, Y, A.shape[1], adjoint=True)


def _sparse_normal(A: Any, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not fusable(A):
        Y = _sparse_matmat(A, X)
        return _sparse_rmatmat(A, Y), Y
    from linsub._core._kernels import csr

    m, n = A.shape
    Y = np.empty((m, X.shape[1]), A.dtype, order="F")
    Z = np.empty((n, X.shape[1]), A.dtype, order="F")
    for columns, group in _groups(X.astype(A.dtype, copy=False)):
        image, part = np.empty((m, 4), A.dtype), np.zeros((n, 4), A.dtype)
        csr.normal4(A.indptr, A.indices, A.data, group, image, part)
        width = columns.stop - columns.start
        Y[:, columns], Z[:, columns] = image[:, :width], part[:, :width]
    return Z, Y


def warmup() -> None:
    """Run every kernel once for both precisions and both index types."""
    from linsub._core._kernels import csr, skinny

    for dtype in (np.float64, np.float32):
        A, X = np.ones((8, 4), dtype), np.ones((4, 4), dtype)
        Y, Z = np.ones((4, 8), dtype), np.zeros((4, 4), dtype)
        skinny.forward(A, X, Y, PANEL)
        skinny.backward(A, Y, Z, PANEL)
        skinny.normal(A, X, Y, Z, PANEL)
        skinny.both(A, X, Y.copy(), Y, Z, PANEL)
        for index in (np.int32, np.int64):
            indptr, indices = np.arange(5, dtype=index), np.arange(4, dtype=index)
            data, x = np.ones(4, dtype), np.ones((4, 4), dtype)
            csr.dot4(indptr, indices, data, x, Z)
            csr.add4(indptr, indices, data, x, Z)
            csr.normal4(indptr, indices, data, x, Z, np.zeros((4, 4), dtype))
