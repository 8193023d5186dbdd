"""Collections of matrices stored together within a budget: four methods, three collections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.table_4_5 import data
from linsub.bench import Contender, Report, Task

TITLE = "Clusters that share a basis"

Blocks = list[np.ndarray]

# Name in the tables -> options.
METHODS: dict[str, dict[str, str]] = {
    "linsub": {},
    "incremental, residual": {"method": "incremental", "order": "residual"},
    "incremental, norm": {"method": "incremental", "order": "norm"},
    "residual, residual": {"method": "residual", "order": "residual"},
    "weyl, norm": {"method": "weyl", "order": "norm"},
}

# What the authors' code (github.com/mshamrai/concatenated-matrix-svd, Apache-2.0; arXiv
# 2601.11626) gave on the same collections: clusters and ratio. Quoted from a run that was
# recorded before this package existed, not run here. Its "approximate" is `incremental`.
PUBLISHED = {
    "union r=4": "approximate/residual 12, 8.18; every other variant 1.0",
    "union r=8": "approximate/residual 6, 5.41; approximate/norm 86, 1.105",
    "china r=20": "approximate/residual 38, 2.259; approximate/norm 64, 1.414",
    "digits r=10": "approximate/residual 1, 6.18; approximate/norm 3, 5.78; Weyl/residual 1.00",
}


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another; in quick runs small pieces of the first and the last."""
    if quick:
        yield Plan("small union", _task, ("small union", lambda: union(3, 4), 4, 0.1))
        yield Plan("60 digits", _task, ("60 digits", lambda: digits()[:60], 10, 0.3))
        return
    yield Plan("union r=4", _task, ("union r=4", union, 4, 0.1))
    yield Plan("union r=8", _task, ("union r=8", union, 8, 0.1))
    yield Plan("china r=20", _task, ("china r=20", china, 20, 0.05))
    yield Plan("digits r=10", _task, ("digits r=10", digits, 10, 0.3))
    yield Plan("5000 blocks", _task, ("5000 blocks", lambda: union(50, 100), 8, 0.1))


def union(subspaces: int = 10, each: int = 20) -> Blocks:
    """Return blocks of four columns from random 4-dimensional subspaces of R^64, with noise."""
    rng = np.random.default_rng(0)
    bases = [np.linalg.qr(rng.standard_normal((64, 4)))[0] for _ in range(subspaces)]
    return [
        Q @ rng.standard_normal((4, 4)) + 0.01 * rng.standard_normal((64, 4))
        for Q in bases
        for _ in range(each)
    ]


def china() -> Blocks:
    """Return the channels of a photograph side by side, cut every eight columns."""
    A = data("china")
    return [A[:, i : i + 8] for i in range(0, A.shape[1], 8)]


def digits() -> Blocks:
    """Return the digits, each image one column."""
    A = data("digits").T / 16.0
    return [A[:, i : i + 1] for i in range(A.shape[1])]


def _task(name: str, make: Callable[[], Blocks], rank: int, error: float) -> Task:
    blocks = make()
    height, width = blocks[0].shape[0], sum(A.shape[1] for A in blocks)

    def call(options: Mapping[str, str]) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.concat import cluster_matrices

            return cluster_matrices(blocks, rank, error, **options)

        return run

    def judge(result: Any) -> Mapping[str, float]:
        labels, ranks = np.asarray(result.labels), np.asarray(result.ranks)
        return {
            "clusters": int(ranks.size),
            "shared": int(np.count_nonzero(np.bincount(labels) > 1)),
            "ratio": float(result.compression_ratio),
            "max true error": _worst(blocks, result),
            "max certified": float(np.asarray(result.upper).max()),
            "blocks lost": float(np.count_nonzero((labels < 0) | (labels >= ranks.size))),
        }

    return Task(
        name=name,
        title=f"{name}: {len(blocks)} blocks, {height} x {width} in all, error {error:g}",
        contenders=[
            Contender(label, call(options), setting="agglomerative" if not options else "")
            for label, options in METHODS.items()
        ],
        accuracy=judge,
        measures=(),
    )


def _worst(blocks: Blocks, result: Any) -> float:
    """Return the largest relative error of a cluster, from the blocks as they come back."""
    labels = np.asarray(result.labels)
    off, size = np.zeros(labels.max() + 1), np.zeros(labels.max() + 1)
    for i, A in enumerate(blocks):
        off[labels[i]] += np.linalg.norm(A - result.reconstruct(i)) ** 2
        size[labels[i]] += np.linalg.norm(A) ** 2
    return float(np.sqrt(np.divide(off, size, out=np.zeros_like(off), where=size > 0)).max())


def summary(report: Report) -> str:
    """Return clusters, ratio, largest true error and seconds by method, and published figures."""
    names = [label.replace("linsub", "agglomerative") for label in METHODS]
    lines = [
        "Clusters / ratio / largest true error / seconds. The last column is quoted from a "
        "recorded run of the authors' code, and was not run here.\n",
        f"| collection | {' | '.join(names)} | published: clusters, ratio |",
        "|---" * (len(names) + 2) + "|",
    ]
    for task in report.tasks:
        cells = [_cell(row) for row in task.rows]
        lines.append(f"| {task.title} | {' | '.join(cells)} | {PUBLISHED.get(task.name, '')} |")
    return "\n".join(lines) + "\n"


def _cell(row: Any) -> str:
    if row.failure or not row.timing.times:
        return "failed"
    e = row.errors
    return (
        f"{e['clusters']:.0f} / {e['ratio']:.3f} / {e['max true error']:.4f} / "
        f"{row.timing.best:.2f}"
    )
