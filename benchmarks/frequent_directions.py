"""Sketches of rows that come once: Frequent Directions beside scikit-learn and the covariance."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.incremental import allow
from benchmarks.summaries import pivot
from linsub.bench import Contender, Probe, Report, Task
from linsub.bench.report import Row, milliseconds

TITLE = "Sketches of rows that come once"

SIZE, SIZE_QUICK = 50, 8
ROWS = 500
# Features of the tasks and rows of each, and those of quick runs: the crossover is among them.
CASES = ((250, 8000), (1000, 8000), (4000, 2500))
CASES_QUICK = ((40, 300),)
# The file of the memory task, and what the process that reads it may allocate.
FILE, FILE_QUICK = (100_000, 1000), (3000, 100)
LIMIT, LIMIT_QUICK = 192 << 20, 96 << 20

# B, or A^T A itself, and what the method says of the error.
Answer = tuple[np.ndarray, float | None]


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another; in quick runs at tiny sizes."""
    for d, n in CASES_QUICK if quick else CASES:
        yield Plan(f"d={d}", _in_memory, (d, n, SIZE_QUICK if quick else SIZE))
    yield Plan("merge", _merge, (quick,))
    yield Plan("file", _on_disk, (quick,))


def summary(report: Report) -> str:
    """Return times with errors and certificates, and megabytes where they were measured."""
    head = (
        "Best time; ||A^T A - B^T B||_2 over ||A||_F^2 and, in parentheses, the bound on it that "
        "the method states; megabytes allocated:\n"
    )
    tasks = [task for task in report.tasks if any(row.timing.times for row in task.rows)]
    return f"{head}\n{pivot(tasks, _cell)}\n" if tasks else ""


def _cell(row: Row) -> str:
    if row.skipped or row.failure:
        return "skipped" if row.skipped else "failed"
    text = f"{milliseconds(row.timing.best)} ms"
    if "error" in row.errors:
        stated = f" ({row.errors['stated']:.1e})" if "stated" in row.errors else " (none)"
        text += f", {row.errors['error']:.1e}{stated}"
    return text if row.peak is None else f"{text}, {row.peak / 1e6:.0f} MB"


# ---------------------------------------------------------------------- who takes part


def fd(blocks: Iterable[np.ndarray], size: int) -> Answer:
    """Frequent Directions with its certificate."""
    from linsub.streaming import FrequentDirections

    stream = FrequentDirections(sketch_size=size)
    for block in blocks:
        stream.update(block)
    B, _, error = stream.result()
    return B, error


def covariance(blocks: Iterable[np.ndarray], size: int) -> Answer:
    """The exact matrix, whatever the size."""
    from linsub.streaming import StreamingCovariance

    stream = StreamingCovariance()
    for block in blocks:
        stream.update(block)
    result = stream.result()
    assert result.certificate is not None
    return result.gram, float(result.certificate.spectral_error.value)  # type: ignore[union-attr]


def incremental(blocks: Iterable[np.ndarray], size: int) -> Answer:
    """linsub's incremental SVD of the same rank, which is about the rows and not their squares."""
    from linsub.svd import IncrementalSVD

    stream = IncrementalSVD(size, keep_left=False)
    for block in blocks:
        stream.update(block)
    _, S, Vh = stream.result()
    return S[:, None] * Vh, None


def sklearn_pca(blocks: Iterable[np.ndarray], size: int, rows: int) -> Answer:
    """scikit-learn's estimator in batches of so many rows; it centres."""
    from sklearn.decomposition import IncrementalPCA

    pca = IncrementalPCA(size)
    for block in blocks:
        for i in range(0, len(block), rows):
            if len(block[i : i + rows]) >= size:
                pca.partial_fit(block[i : i + rows])
    return pca.singular_values_[:, None] * pca.components_, None


STREAMS: Mapping[str, tuple[Callable[..., Answer], tuple[str, ...]]] = {
    "linsub FrequentDirections": (fd, ()),
    "linsub StreamingCovariance": (covariance, ()),
    "linsub IncrementalSVD": (incremental, ()),
    "sklearn IncrementalPCA, 100": (partial(sklearn_pca, rows=100), ("sklearn",)),
    "sklearn IncrementalPCA, 250": (partial(sklearn_pca, rows=250), ("sklearn",)),
    "sklearn IncrementalPCA, 500": (partial(sklearn_pca, rows=500), ("sklearn",)),
}


def rows_of(n: int, d: int, seed: int = 0) -> np.ndarray:
    """Return rows whose directions have the sizes j^-1/2."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.standard_normal((n, d)) / np.sqrt(np.arange(1.0, d + 1.0)))


def judge(M: np.ndarray, total: float, exact: bool, answer: Answer) -> Mapping[str, float]:
    """Return the error of a sketch of M and what was said of it, over ||A||_F^2."""
    from scipy.sparse.linalg import eigsh

    B, stated = answer
    E = M - B if exact else M - B.T @ B
    if exact:  # what is left is rounding, in which no direction stands out
        found = {"error": float(np.linalg.norm(E)) / total}
    else:
        ends = eigsh(E, k=1, which="LM", return_eigenvectors=False)
        found = {"error": float(np.abs(ends).max()) / total}
    return found if stated is None else {**found, "stated": stated / total}


def _in_memory(d: int, n: int, size: int) -> Task:
    A = rows_of(n, d)
    M, total = A.T @ A, float(np.sum(np.square(A)))

    def blocks() -> Iterator[np.ndarray]:
        return (A[i : i + ROWS] for i in range(0, n, ROWS))

    return Task(
        name=f"d={d}",
        title=f"{n} rows of {d} features in blocks of {ROWS}, {size} rows kept",
        contenders=[
            Contender(
                name,
                lambda solve=solve: solve(blocks(), size),  # type: ignore[misc]
                accuracy=partial(judge, M, total, solve is covariance),
                requires=requires,
            )
            for name, (solve, requires) in STREAMS.items()
        ],
        measures=("error", "stated"),
    )


def _merge(quick: bool) -> Task:
    from linsub.streaming import FrequentDirections, StreamingCovariance

    d, size = (40, SIZE_QUICK) if quick else (1000, SIZE)
    contenders = []
    for kind, make in (
        ("linsub FrequentDirections", partial(FrequentDirections, sketch_size=size)),
        ("linsub StreamingCovariance", StreamingCovariance),
    ):
        # Three buffers of rows: neither sketch is exact any more.
        first, second = (make().update(rows_of(9 * size, d, seed)) for seed in (0, 1))
        contenders.append(
            Contender(kind, lambda first=first, second=second: first.copy().merge(second))  # type: ignore[misc]
        )
    return Task(
        name="merge",
        title=f"two sketches of {d} features, {size} rows kept; a copy of the first included",
        contenders=contenders,
    )


# ---------------------------------------------------------------------- on disk


class _File:
    """Rows in a raw file, read back through one map a block, so that its pages go with it."""

    def __init__(self, shape: tuple[int, int]) -> None:
        folder = tempfile.mkdtemp(prefix="linsub-bench-")
        self._finalizer = weakref.finalize(self, rmtree, folder, ignore_errors=True)
        self.shape, self.path = shape, Path(folder) / "rows.f64"
        with self.path.open("wb") as file:
            for i in range(0, shape[0], 10 * ROWS):
                file.write(rows_of(min(10 * ROWS, shape[0] - i), shape[1], i).tobytes())


def _mapped(path: str, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    n, d = shape
    for i in range(0, n, ROWS):
        yield np.memmap(path, np.float64, "r", offset=8 * d * i, shape=(min(ROWS, n - i), d))


def _on_disk(quick: bool) -> Task:
    file = _File(FILE_QUICK if quick else FILE)
    n, d = file.shape
    size, limit = (SIZE_QUICK, LIMIT_QUICK) if quick else (SIZE, LIMIT)
    M, total = np.zeros((d, d)), 0.0
    for block in _mapped(str(file.path), file.shape):
        M += block.T @ block
        total += float(np.sum(np.square(block)))
    contenders = [
        Contender(
            name,
            lambda solve=solve: solve(_mapped(str(file.path), file.shape), size),  # type: ignore[misc]
            accuracy=partial(judge, M, total, solve is covariance),
            requires=requires,
        )
        for name, (solve, requires) in STREAMS.items()
        if "500" not in name
    ]
    return Task(
        name="file",
        title=(
            f"a file of {8 * n * d / 1e6:.0f} MB, {n} x {d}, mapped in blocks of {ROWS} rows, in a "
            f"process that may allocate {limit / 1e6:.0f} MB; {size} rows kept"
        ),
        contenders=contenders,
        measures=("error", "stated"),
        probes=lambda _: {
            c.name: Probe(
                "benchmarks.frequent_directions:prepare",
                {"path": str(file.path), "shape": file.shape, "name": c.name, "limit": limit},
            )
            for c in contenders
            if not c.missing()
        },
    )


def prepare(path: str, shape: tuple[int, int], name: str, limit: int) -> Callable[[], Any]:
    """Return the call whose memory is measured, in a process that may allocate so much."""
    solve, _ = STREAMS[name]
    n, d = shape
    size = SIZE if d > FILE_QUICK[1] else SIZE_QUICK
    warm = rows_of(4 * size, d)
    solve((warm, warm), size)  # imports do not count

    def call() -> Any:
        allow(limit)
        return solve(_mapped(path, (n, d)), size)

    return call
