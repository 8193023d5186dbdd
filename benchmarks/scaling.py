"""Time against size, in memory and out of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import Plan
from benchmarks.peers import ARPACK, DASK, LAPACK, LINSUB, PROPACK, SKLEARN
from benchmarks.summaries import speed_tables
from linsub.bench import Report, Task, spectrum_matrix, svd_task

TITLE = "Time against size"

SOLVERS = (LINSUB, LAPACK, ARPACK, PROPACK, SKLEARN)
SQUARE, SQUARE_QUICK = (500, 1000, 2000, 4000), (100, 150)
TALL, TALL_QUICK = (2500, 10000, 40000), (300, 600)
TALL_WIDTH, TALL_WIDTH_QUICK = 300, 70
# Larger than any cache and, in MB, than what the solvers need besides.
MAPPED, MAPPED_QUICK = (60000, 1000), (600, 100)
PANEL = 2000  # rows that are written at a time


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for n in SQUARE_QUICK if quick else SQUARE:
        yield Plan(f"{n}x{n}", _task, ("square", n, n, n, quick))
    width = TALL_WIDTH_QUICK if quick else TALL_WIDTH
    for m in TALL_QUICK if quick else TALL:
        yield Plan(f"{m}x{width}", _task, ("tall", m, width, m, quick))
    yield Plan("memory-mapped", _mapped, (quick,))


def summary(report: Report) -> str:
    """Return the tables over all tasks."""
    return speed_tables(report)


def _task(series: str, m: int, n: int, size: int, quick: bool) -> Task:
    A, sigma = spectrum_matrix(m, n, "1/i")
    return svd_task(
        f"{m}x{n}",
        A,
        6 if quick else 20,
        sigma=sigma,
        solvers=SOLVERS,
        title=f"σ = 1/i, {m} x {n}",
        size=size,
        series=series,
    )


def _mapped(quick: bool) -> Task:
    m, n = MAPPED_QUICK if quick else MAPPED
    folder = tempfile.TemporaryDirectory(prefix="linsub-benchmark-")
    path = Path(folder.name) / "matrix.npy"
    sigma = _write(path, m, n)
    A = np.load(path, mmap_mode="r")
    task = svd_task(
        "memory-mapped",
        A,
        6 if quick else 20,
        sigma=sigma,
        solvers=(LINSUB, SKLEARN, DASK),
        title=f"memory-mapped {m} x {n}, {A.nbytes / 1e6:.0f} MB",
        kind="memmap",
        curves=True,
        memory=True,
    )
    # The file goes when the task does.
    object.__setattr__(task, "_folder", folder)
    return task


def _write(path: Path, m: int, n: int) -> np.ndarray:
    """Write a matrix by panels of rows and return its singular values.

    Every panel has orthogonal rows times the same diag(1/i) Q^T, so that the whole has
    singular values that are known without ever being in memory.
    """
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    right = (Q / np.arange(1.0, n + 1.0)).T
    A = np.lib.format.open_memmap(path, mode="w+", dtype=np.float64, shape=(m, n))
    count = 0
    for start in range(0, m, max(PANEL, n)):
        rows = slice(start, min(m, start + max(PANEL, n)))
        height = rows.stop - rows.start
        if height >= n:  # orthonormal columns: A^T A grows by right^T right
            A[rows] = np.linalg.qr(rng.standard_normal((height, n)))[0] @ right
            count += 1
        else:
            A[rows] = 0.0
    A.flush()
    return np.sqrt(count) / np.arange(1.0, n + 1.0)
