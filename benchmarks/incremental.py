"""Matrices that come in blocks of rows: linsub beside scikit-learn, dask, gensim and IncSVD."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.peers import DASK, dask_compressed
from benchmarks.summaries import pivot
from linsub.bench import Contender, Probe, Report, Task, spectrum_matrix
from linsub.bench.report import Row, milliseconds

TITLE = "Matrices that come in blocks of rows"

# Name, samples x features, quick shape, rank, quick rank, rows a block, quick rows.
CASES = (
    ("2000x4000, k=20, blocks of 50", (2000, 4000), (200, 300), 20, 20, 50, 40),
    ("20000x1000 1/i, k=50, blocks of 500", (20000, 1000), (900, 100), 50, 10, 500, 90),
)
# What the process that streams the file may allocate, and the shape of the file.
LIMIT, LIMIT_QUICK = 192 << 20, 96 << 20
FILE, FILE_QUICK = (131_072, 1000), (4000, 100)
FILE_RANK, FILE_ROWS = 20, 2000
NOISE = 1e-3

Blocks = Callable[[], Iterable[np.ndarray]]
Answer = tuple[np.ndarray, np.ndarray]  # singular values and right singular vectors, in rows


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another; in quick runs at tiny sizes."""
    for entry in CASES:
        yield Plan(entry[0], _in_memory, (entry, quick))
    yield Plan("memory map", _on_disk, (quick,))


def summary(report: Report) -> str:
    """Return times with errors, and megabytes where they were measured."""
    head = (
        "Best time, largest relative error of a singular value (sine of the largest angle "
        "between the subspaces) against LAPACK on the whole, megabytes allocated:\n"
    )
    tasks = [task for task in report.tasks if any(row.timing.times for row in task.rows)]
    return f"{head}\n{pivot(tasks, _cell)}\n" if tasks else ""


def _cell(row: Row) -> str:
    if row.skipped or row.failure:
        return "skipped" if row.skipped else "failed"
    text = f"{milliseconds(row.timing.best)} ms"
    if "sigma" in row.errors:
        text += f", {row.errors['sigma']:.0e} ({row.errors['subspace']:.0e})"
    return text if row.peak is None else f"{text}, {row.peak / 1e6:.0f} MB"


# ---------------------------------------------------------------------- who takes part


def linsub_svd(blocks: Iterable[np.ndarray], rank: int, center: bool = False) -> Answer:
    """linsub's stream, with the side that does not grow."""
    from linsub.svd import IncrementalSVD

    stream = IncrementalSVD(rank, center=center, keep_left=False)
    for block in blocks:
        stream.update(block)
    _, S, Vh = stream.result()
    return S, Vh


def linsub_centred(blocks: Iterable[np.ndarray], rank: int) -> Answer:
    """linsub's stream about the mean: what PCA is."""
    return linsub_svd(blocks, rank, center=True)


def linsub_pca(blocks: Iterable[np.ndarray], rank: int) -> Answer:
    """linsub's estimator."""
    from linsub.sklearn import IncrementalPCA

    return _estimator(IncrementalPCA(rank), blocks)


def sklearn_pca(blocks: Iterable[np.ndarray], rank: int) -> Answer:
    """scikit-learn's estimator."""
    from sklearn.decomposition import IncrementalPCA

    return _estimator(IncrementalPCA(rank), blocks)


def _estimator(pca: Any, blocks: Iterable[np.ndarray]) -> Answer:
    for block in blocks:
        pca.partial_fit(block)
    return pca.singular_values_, pca.components_


def gensim_lsi(blocks: Iterable[np.ndarray], rank: int) -> Answer:
    """gensim's LsiModel; a document is a row, and the terms are the features."""
    from gensim.models import LsiModel
    from scipy import sparse

    model = None
    for block in blocks:
        if model is None:
            terms = {i: str(i) for i in range(block.shape[1])}
            model = LsiModel(id2word=terms, num_topics=rank, random_seed=0)
        model.add_documents(sparse.csc_matrix(block.T))
    assert model is not None
    return model.projection.s, model.projection.u.T


def incsvd_dense(blocks: Iterable[np.ndarray], rank: int) -> Answer:
    """IncSVD's update of Zha and Simon for dense matrices; it prints, into nowhere here."""
    from IncSVD.EvolvingMatrix import EvolvingMatrix

    matrix = None
    with contextlib.redirect_stdout(io.StringIO()):
        for block in blocks:
            if matrix is None:
                matrix = EvolvingMatrix(block, rank, sparse=False, method="ZhaSimon")
            else:
                matrix.add_row(block)
    assert matrix is not None
    order = np.argsort(-matrix.Sigmak)
    return matrix.Sigmak[order], matrix.Vk.T[order]


PCA_STREAMS: Mapping[str, tuple[Callable[..., Answer], tuple[str, ...]]] = {
    "linsub IncrementalSVD, center": (linsub_centred, ()),
    "linsub IncrementalPCA": (linsub_pca, ()),
    "sklearn IncrementalPCA": (sklearn_pca, ("sklearn",)),
}
SVD_STREAMS: Mapping[str, tuple[Callable[..., Answer], tuple[str, ...]]] = {
    "linsub IncrementalSVD": (linsub_svd, ()),
    "gensim LsiModel": (gensim_lsi, ("gensim",)),
    "IncSVD ZhaSimon": (incsvd_dense, ("IncSVD",)),
}


def _contenders(blocks: Blocks, rank: int, centred: Any, plain: Any) -> list[Contender]:
    """Return who takes part, each judged against what it computes: A, or A less its mean."""
    found = []
    for streams, judge in ((PCA_STREAMS, centred), (SVD_STREAMS, plain)):
        for name, (solve, requires) in streams.items():
            found.append(
                Contender(
                    name,
                    # bound now, not when the loop is over
                    lambda solve=solve: solve(blocks(), rank),  # type: ignore[misc]
                    accuracy=judge,
                    method="linsub" if solve is linsub_centred else name,
                    requires=requires,
                )
            )
    return found


def judge(sigma: np.ndarray, Vh: np.ndarray, answer: Answer) -> Mapping[str, float]:
    """Return the errors of an answer against LAPACK's."""
    S, W = np.asarray(answer[0], np.float64), np.asarray(answer[1], np.float64)
    outside = Vh - (Vh @ W.T) @ W
    return {
        "sigma": float(np.max(np.abs(S - sigma) / sigma)),
        "subspace": float(np.linalg.norm(outside, 2)),
    }


# ---------------------------------------------------------------------- in memory


def _in_memory(entry: tuple[Any, ...], quick: bool) -> Task:
    name, shape, small, rank, few, rows, fewer = entry
    (m, n), k, w = (small, few, fewer) if quick else (shape, rank, rows)
    A = spectrum_matrix(m, n, "1/i")[0] if "1/i" in name else _plateau(m, n)
    plain, centred = _by_lapack(A, k), _by_lapack(A - A.mean(axis=0), k)

    def dask() -> Answer:
        _, S, Vh = dask_compressed(A, k)
        return S, Vh

    return Task(
        name=name,
        title=f"{m} samples of {n} features in blocks of {w}, rank {k}",
        contenders=[
            *_contenders(
                lambda: (A[i : i + w] for i in range(0, m, w)),
                k,
                centred=partial(judge, *centred),
                plain=partial(judge, *plain),
            ),
            Contender(
                f"{DASK.name}, all at once",
                dask,
                accuracy=partial(judge, *plain),
                requires=DASK.requires,
            ),
        ],
        measures=("sigma", "subspace"),
        comparisons=(("sigma",), ("subspace",)),
    )


def _by_lapack(A: np.ndarray, rank: int) -> Answer:
    _, S, Vh = np.linalg.svd(A, full_matrices=False)
    return S[:rank], Vh[:rank]


def _plateau(m: int, n: int) -> np.ndarray:
    """20 values from 10 to 2, 10 of 0.1, and noise."""
    rng = np.random.default_rng(0)
    left, right = _factors(m, n, rng)
    return left @ right + NOISE * rng.standard_normal((m, n))


def _factors(m: int, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    sigma = np.concatenate([np.linspace(10.0, 2.0, 20), np.full(10, 0.1)])
    U = np.linalg.qr(rng.standard_normal((m, sigma.size)))[0]
    V = np.linalg.qr(rng.standard_normal((n, sigma.size)))[0]
    return U * sigma, V.T


# ---------------------------------------------------------------------- on disk


class _File:
    """A matrix in a file of its own, read back through one map a block.

    The pages of a map count as memory until it is closed, so that each block has its own.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        folder = tempfile.mkdtemp(prefix="linsub-bench-")
        self._finalizer = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.shape = shape
        self.path = Path(folder) / "matrix.f64"
        rng = np.random.default_rng(0)
        left, right = _factors(*shape, rng)
        with self.path.open("wb") as file:
            for i in range(0, shape[0], FILE_ROWS):
                block = left[i : i + FILE_ROWS] @ right
                block += NOISE / np.sqrt(10.0) * rng.standard_normal(block.shape)
                file.write(block.tobytes())

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield the blocks, one map after another."""
        return _mapped(str(self.path), self.shape)


def _mapped(path: str, shape: tuple[int, int]) -> Iterator[np.ndarray]:
    m, n = shape
    for i in range(0, m, FILE_ROWS):
        height = min(FILE_ROWS, m - i)
        yield np.memmap(path, np.float64, "r", offset=8 * n * i, shape=(height, n))


def _on_disk(quick: bool) -> Task:
    file = _File(FILE_QUICK if quick else FILE)
    m, n = file.shape
    limit = LIMIT_QUICK if quick else LIMIT
    mean, gram = np.zeros(n), np.zeros((n, n))
    for block in file.blocks():
        mean += block.sum(axis=0) / m
        gram += block.T @ block
    plain, centred = (_by_eigh(G, FILE_RANK) for G in (gram, gram - m * np.outer(mean, mean)))
    contenders = _contenders(
        file.blocks,
        FILE_RANK,
        centred=partial(judge, *centred),
        plain=partial(judge, *plain),
    )
    contenders = [c for c in contenders if c.name not in ("gensim LsiModel", "IncSVD ZhaSimon")]
    return Task(
        name="memory map",
        title=(
            f"a file of {8 * m * n / 1e6:.0f} MB, {m} x {n}, mapped in blocks of {FILE_ROWS} rows, "
            f"in a process that may allocate {limit / 1e6:.0f} MB; rank {FILE_RANK}; errors "
            "against LAPACK on the Gram matrix"
        ),
        contenders=contenders,
        measures=("sigma", "subspace"),
        comparisons=(("sigma",), ("subspace",)),
        probes=lambda _: {
            name: Probe(
                "benchmarks.incremental:prepare",
                {"path": str(file.path), "shape": file.shape, "name": name, "limit": limit},
            )
            for name in (c.name for c in contenders if not c.missing())
        },
    )


def _by_eigh(G: np.ndarray, rank: int) -> Answer:
    values, vectors = np.linalg.eigh(G)
    return np.sqrt(values[: -rank - 1 : -1]), vectors[:, : -rank - 1 : -1].T


def prepare(path: str, shape: tuple[int, int], name: str, limit: int) -> Callable[[], Any]:
    """Return the call whose memory is measured, in a process that may allocate so much."""
    solve, _ = {**PCA_STREAMS, **SVD_STREAMS}[name]
    m, n = shape
    rng = np.random.default_rng(0)
    warm = rng.standard_normal((2 * FILE_RANK + 20, n))
    solve((warm, warm), FILE_RANK)  # imports and compiled kernels do not count

    def call() -> Any:
        allow(limit)
        return solve(_mapped(path, (m, n)), FILE_RANK)

    return call


def allow(limit: int) -> None:
    """Let this process allocate so many bytes more, where the system can be told."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        status = Path("/proc/self/status").read_text("utf-8")
        data = next(line for line in status.splitlines() if line.startswith("VmData:"))
        most = int(data.split()[1]) * 1024 + limit
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
