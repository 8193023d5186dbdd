"""A X, A^H Y, and A^H (A X) in one reading of A, for few columns.

A gemm with 8 columns on the right costs OpenBLAS about as much as 8 gemv. Two things are
faster, and alike where the library has AVX-512 kernels: our own loops, which hold 4 x 3
accumulators in registers (``_kernels/skinny.py``), and panels of A small enough for the
library's small-matrix path, with the narrow operand transposed on the left (``panels.py``).
Both keep a panel in cache for the second product. The rows of A are cut into parts by its
shape alone and the parts are added in order: the result does not depend on `n_threads`.

Dense results come back in Fortran order, which is the transposed layout that the next
product wants; sparse ones in C order, for the same reason.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core import panels, threads
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["both", "fusable", "matmat", "normal", "rmatmat", "scan", "warmup"]

# Beyond this many columns a plain gemm with the narrow operand on the left is as fast as
# the kernels: at 1500 x 1500 and 32 columns 4.8 ms both on SkylakeX, 7.2 and 4.5 ms on
# Haswell, where the kernels lose their lead past 64. Panels of gemm fall behind from 20 on.
WIDE = 32
WIDE_PANELS = 16

# A smaller matrix stays in the second-level cache: at 128 x 128 and 8 columns a plain gemm
# takes 11 us (SkylakeX) or 25 us (Haswell) and the kernels 20 us, most of it overhead.
SMALL = 1 << 15

# Builds whose panels of gemm come so near our kernels that no compiler need be loaded
# (0.5 s). A^H (A X) at 1500 x 1500 and 8 columns: 1.1 ms for panels and 1.2 ms for the
# kernel on SkylakeX, 3.2 and 1.7 ms on Haswell; a plain A.T @ (A @ X) takes 2.1 and 3.4 ms.
SMALL_GEMM_ARCHITECTURES = ("SkylakeX", "Cooperlake", "SapphireRapids")

# A panel goes through both products while it is in the second-level cache; 16 to 32 rows
# of 1500 doubles measure alike.
PANEL = 32
PANEL_BYTES = 1 << 19

# With more columns even 4 rows fall out of the second-level cache between the products.
FUSED_BYTES = 1 << 18

# A single column gains from one reading where A falls out of the last cache between two:
# 20% at 20000 x 1000, against a loss of 15% at 1500 x 1500.
LAST_CACHE = 1 << 25

# Smallest part of A, in entries, worth a thread of its own: a pool costs about 50 us, and
# each part brings an accumulator of its own.
PART = 1 << 21
PARTS = 8

# A vector load that crosses a cache line costs two: worth 5% at 1500 x 1500.
ALIGNMENT = 64


@functools.cache
def _gemm_panels() -> bool:
    return threads.blas_architecture() in SMALL_GEMM_ARCHITECTURES


def _engine() -> Any:
    """Return the module that has forward, normal and both on rows of A."""
    if _gemm_panels():
        return panels
    from linsub._core._kernels import skinny

    return skinny


def _pays(A: np.ndarray, *columns: int) -> bool:
    """Whether the engine beats a plain gemm for C-ordered A."""
    wide = WIDE_PANELS if _gemm_panels() else WIDE
    few = all(1 <= b <= wide for b in columns) and max(columns) > 1
    return bool(few and A.dtype.kind == "f" and A.size >= SMALL and A.flags.c_contiguous)


def fusable(A: Any) -> bool:
    """Return whether :func:`normal` reads A once: a real C-ordered array with rows that fit."""
    if not isinstance(A, np.ndarray) or A.dtype.kind != "f" or not A.flags.c_contiguous:
        return False
    return bool(A.shape[1] * A.itemsize <= FUSED_BYTES)


def matmat(A: Any, X: np.ndarray, n_threads: int = 1) -> np.ndarray:
    """Return A X.

    Parameters
    ----------
    A : (m, n) ndarray or scipy.sparse CSR or CSC matrix
        float32, float64, complex64 or complex128.
    X : (n, b) ndarray
        Of any layout; cast to the dtype of A.
    n_threads : int, optional
        Threads for our own loops over rows; BLAS has its own setting.

    Returns
    -------
    (m, b) ndarray
        Of A's dtype; in Fortran order for an array, in C order for a sparse matrix.

    Raises
    ------
    InvalidInputError
        If the shapes do not match.
    InvalidTypeError
        If X is complex and A is not.
    """
    X = _operand(A, X, "X", 1)
    if not isinstance(A, np.ndarray):
        return np.asarray(A @ X)
    Xt = np.ascontiguousarray(X.T)
    return (_forward(A, Xt, n_threads) if _by_rows(A) else _backward(A.T, Xt, n_threads)).T


def rmatmat(A: Any, Y: np.ndarray, n_threads: int = 1) -> np.ndarray:
    """Return A^H Y, (n, b), for Y of shape (m, b); otherwise like :func:`matmat`."""
    Y = _operand(A, Y, "Y", 0)
    if not isinstance(A, np.ndarray):
        return np.asarray(A.T @ Y if A.dtype.kind == "f" else (A.T @ Y.conj()).conj())
    Yt = np.ascontiguousarray(Y.T)
    if A.dtype.kind == "c":  # A^H Y = (Y^H A)^H, so that A is never conjugated
        return np.asarray(np.conj((Yt.conj() @ A).T, order="F"))
    return (_backward(A, Yt, n_threads) if _by_rows(A) else _forward(A.T, Yt, n_threads)).T


def normal(A: Any, X: np.ndarray, n_threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return A^H (A X) and A X; A is read once where :func:`fusable` says so.

    Parameters and layouts are those of :func:`matmat`.
    """
    X = _operand(A, X, "X", 1)
    single = X.shape[1] == 1
    if not fusable(A) or not (A.nbytes > LAST_CACHE if single else _pays(A, X.shape[1])):
        Y = matmat(A, X, n_threads)
        return rmatmat(A, Y, n_threads), Y
    engine = panels if single else _engine()
    Xt = _aligned(np.ascontiguousarray(X.T), engine)
    Yt = np.empty((Xt.shape[0], A.shape[0]), A.dtype)
    A, rows = _locked(A), _panel_rows(A)
    Zt = _summed(
        A,
        Xt.shape[0],
        lambda i, j, Zt: engine.normal(A, Xt, Yt, Zt, i, j, rows),
        n_threads,
    )
    b = X.shape[1]
    return Zt[:b].T, Yt[:b].T


def both(A: Any, X: np.ndarray, Y: np.ndarray, n_threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return A X and A^H Y; A is read once where :func:`fusable` says so.

    Parameters and layouts are those of :func:`matmat` and :func:`rmatmat`.
    """
    X, Y = _operand(A, X, "X", 1), _operand(A, Y, "Y", 0)
    if not fusable(A) or not _pays(A, X.shape[1], Y.shape[1]):
        return matmat(A, X, n_threads), rmatmat(A, Y, n_threads)
    engine = _engine()
    Xt = _aligned(np.ascontiguousarray(X.T), engine)
    Yt = _padded(np.ascontiguousarray(Y.T), engine)
    Wt = np.empty((Xt.shape[0], A.shape[0]), A.dtype)
    A, rows = _locked(A), _panel_rows(A)
    Zt = _summed(
        A,
        Yt.shape[0],
        lambda i, j, Zt: engine.both(A, Xt, Wt, Yt, Zt, i, j, rows),
        n_threads,
    )
    return Wt[: X.shape[1]].T, Zt[: Y.shape[1]].T


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


def _operand(A: Any, X: np.ndarray, name: str, axis: int) -> np.ndarray:
    """Return X in the dtype of A; kernels trust its shape, so it is checked here."""
    if X.ndim != 2 or X.shape[0] != A.shape[axis]:
        raise InvalidInputError(
            f"{name} must have shape ({A.shape[axis]}, b) to match A of shape {A.shape}, "
            f"got {X.shape}"
        )
    if X.dtype.kind == "c" and A.dtype.kind != "c":
        raise InvalidTypeError(f"{name} is complex and A is real; multiply {name}.real and .imag")
    return X.astype(A.dtype, copy=False)


def _by_rows(A: np.ndarray) -> bool:
    return bool(A.flags.c_contiguous or not A.flags.f_contiguous)


def _locked(A: np.ndarray) -> np.ndarray:
    """Return a read-only view, so that kernels are compiled for one kind of A and not two."""
    view = A.view(np.ndarray)
    view.flags.writeable = False
    return view


def _panel_rows(A: np.ndarray) -> int:
    rows = PANEL_BYTES // max(1, A.shape[1] * A.itemsize)
    return int(max(4, min(PANEL, rows - rows % 4)))


def _padded(Xt: np.ndarray, engine: Any) -> np.ndarray:
    """Return Xt with zero rows up to the multiple that the engine wants."""
    extra = -Xt.shape[0] % engine.MULTIPLE
    return np.pad(Xt, ((0, extra), (0, 0))) if extra else Xt


def _aligned_zeros(rows: int, n: int, dtype: np.dtype) -> np.ndarray:
    """Return zeros (rows, at least n), each row at the beginning of a cache line."""
    size = -(-n * dtype.itemsize // ALIGNMENT) * ALIGNMENT
    if size % 4096 == 0:  # rows a multiple of a page apart would compete for one cache set
        size += ALIGNMENT
    raw = np.zeros(rows * size + ALIGNMENT, np.uint8)
    first = -raw.ctypes.data % ALIGNMENT
    return raw[first : first + rows * size].view(dtype).reshape(rows, size // dtype.itemsize)


def _aligned(Xt: np.ndarray, engine: Any) -> np.ndarray:
    if engine is panels:
        return Xt
    b, n = Xt.shape
    out = _aligned_zeros(b + -b % engine.MULTIPLE, n, Xt.dtype)
    out[:b, :n] = Xt
    return out


def _parts(A: np.ndarray) -> list[tuple[int, int]]:
    """Cut the rows of A into parts that depend on its shape alone."""
    m = A.shape[0]
    count = max(1, min(PARTS, A.size // PART))
    size = -(-m // count)
    size += -size % PANEL
    return [(i, min(m, i + size)) for i in range(0, m, size)]


def _forward(A: np.ndarray, Xt: np.ndarray, n_threads: int) -> np.ndarray:
    """Xt A^T."""
    if not _pays(A, Xt.shape[0]):
        return np.asarray(Xt @ A.T)
    b, engine = Xt.shape[0], _engine()
    Xt = _aligned(Xt, engine)
    Yt = np.empty((Xt.shape[0], A.shape[0]), A.dtype)
    A = _locked(A)
    tasks = [functools.partial(engine.forward, A, Xt, Yt, i, j, PANEL) for i, j in _parts(A)]
    threads.run_parts(tasks, n_threads)
    return Yt[:b]


def _backward(A: np.ndarray, Yt: np.ndarray, n_threads: int) -> np.ndarray:
    """Yt A."""
    # Where panels are fast, so is the whole: this product needs no transpose.
    if _gemm_panels() or not _pays(A, Yt.shape[0]):
        return np.asarray(Yt @ A)
    from linsub._core._kernels import skinny

    b = Yt.shape[0]
    Yt = _padded(Yt, skinny)
    A = _locked(A)

    def add(i: int, j: int, Zt: np.ndarray) -> None:
        skinny.backward(A, Yt, Zt, i, j, PANEL)

    return _summed(A, Yt.shape[0], add, n_threads)[:b]


def _summed(
    A: np.ndarray, columns: int, add: Callable[[int, int, np.ndarray], None], n_threads: int
) -> np.ndarray:
    """Let `add` work on each part of A with an accumulator of its own; sum them in order."""
    parts, n = _parts(A), A.shape[1]
    sums = [_aligned_zeros(columns, n, A.dtype) for _ in parts]
    tasks = [functools.partial(add, i, j, Zt) for (i, j), Zt in zip(parts, sums, strict=True)]
    threads.run_parts(tasks, n_threads)
    total = np.ascontiguousarray(sums[0][:, :n])
    for Zt in sums[1:]:
        total += Zt[:, :n]
    return total


def warmup() -> None:
    """Run every kernel once for both precisions."""
    from linsub._core._kernels import skinny

    for name in ("float64", "float32"):
        dtype = np.dtype(name)
        A, X, Y = _locked(np.ones((5, 4), dtype)), np.ones((3, 4), dtype), np.ones((3, 5), dtype)
        Z = np.zeros((3, 4), dtype)
        skinny.forward(A, X, Y, 0, 5, PANEL)
        skinny.backward(A, Y, Z, 0, 5, PANEL)
        skinny.normal(A, X, Y, Z, 0, 5, PANEL)
        skinny.both(A, X, Y.copy(), Y, Z, 0, 5, PANEL)
