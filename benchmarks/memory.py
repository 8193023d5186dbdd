"""Peak resident memory on top of the matrix, each solver in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks import Plan
from benchmarks.peers import ALL, ARPACK, FBPCA, LINSUB, PROPACK, SKLEARN
from benchmarks.summaries import pivot
from linsub.bench import Report, Task, spectrum_matrix, svd_task
from linsub.bench.report import Row

TITLE = "Peak memory"

# Name, shape, quick shape, rank, quick rank.
CASES = (
    ("2000² 1/i", (2000, 2000), (300, 300), 20, 5),
    ("20000x500 1/i", (20000, 500), (900, 90), 20, 5),
    ("20000x1000 1/i", (20000, 1000), (900, 100), 50, 5),
)


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another; in quick runs the first alone."""
    for entry in CASES[:1] if quick else CASES:
        yield Plan(entry[0], _dense, (entry, quick))
    if not quick:
        yield Plan("sparse 30000x8000 j^-.5", _sparse)


def summary(report: Report) -> str:
    """Return megabytes by solver and matrix."""
    sizes = ", ".join(f"{task.title}" for task in report.tasks)
    head = f"Megabytes resident on top of the matrix ({sizes}):\n"
    return f"{head}\n{pivot(report.tasks, _megabytes)}\n"


def _megabytes(row: Row) -> str:
    if row.peak is not None:
        return f"{row.peak / 1e6:.1f}"
    return "skipped" if row.skipped else "failed"


def _dense(entry: tuple[str, tuple[int, int], tuple[int, int], int, int], quick: bool) -> Task:
    name, shape, small, rank, few = entry
    A, sigma = spectrum_matrix(*(small if quick else shape), "1/i")
    return svd_task(
        name,
        A,
        few if quick else rank,
        sigma=sigma,
        solvers=(LINSUB, SKLEARN) if quick else ALL,
        title=f"{name} {A.nbytes / 1e6:.0f} MB",
        memory=True,
        budget=0.0,
    )


def _sparse() -> Task:
    import scipy.sparse as sp

    A = sp.random(30000, 8000, 1e-3, random_state=0, format="csr")
    A = (A @ sp.diags(np.arange(1.0, 8001.0) ** -0.5)).tocsr()
    megabytes = (A.data.nbytes + A.indices.nbytes + A.indptr.nbytes) / 1e6
    return svd_task(
        "sparse 30000x8000 j^-.5",
        A,
        20,
        sigma=None,
        solvers=(LINSUB, ARPACK, PROPACK, SKLEARN, FBPCA),
        title=f"sparse {megabytes:.0f} MB",
        kind="sparse",
        memory=True,
        budget=0.0,
    )
