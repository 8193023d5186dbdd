"""The top eigenvector in one pass: Oja's rule beside reading alone, and what learns more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.summaries import pivot
from linsub.bench import Contender, Report, Task
from linsub.bench.report import Row, milliseconds

TITLE = "One eigenvector from one pass"

# Rows x features, quick shape.
SHAPE, QUICK = (20_000, 1000), (400, 30)
BLOCK = 100


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another; in quick runs at tiny sizes."""
    for dtype in ("float64", "float32"):
        yield Plan(dtype, _one_pass, (QUICK if quick else SHAPE, dtype))


def summary(report: Report) -> str:
    """Return times, rates of reading and errors."""
    tasks = [task for task in report.tasks if any(row.timing.times for row in task.rows)]
    if not tasks:
        return ""
    head = (
        "Best time, gigabytes of rows a second, and sin² to the top eigenvector, for so many rows "
        "of so many entries:\n"
    )
    return f"{head}\n{pivot(tasks, _cell(tasks))}\n"


def _cell(tasks: Any) -> Callable[[Row], str]:
    sizes = {id(row): _bytes(task.name) for task in tasks for row in task.rows}

    def cell(row: Row) -> str:
        if row.skipped or row.failure:
            return "skipped" if row.skipped else "failed"
        text = f"{milliseconds(row.timing.best)} ms"
        if not row.errors:
            return text
        if row.errors["share of rows"] == 1.0:
            text += f", {sizes[id(row)] / row.timing.best / 1e9:.1f} GB/s"
        if row.errors["sin2"] < 1.0:
            text += f", {row.errors['sin2']:.0e}"
        return text

    return cell


def _bytes(name: str) -> int:
    n, _, d, dtype = name.split()
    return int(n) * int(d) * np.dtype(dtype).itemsize


def _one_pass(shape: tuple[int, int], dtype: str) -> Task:
    n, d = shape
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, d))
    X[:, 0] *= 4.0
    X = X.astype(dtype)
    top = np.eye(d)[0]
    # The best of the constant rates for so many rows, about ln(n) over n times the gap.
    eta = float(np.log(n) / (n * 15.0))

    def ours() -> np.ndarray:
        from linsub.streaming import oja

        return np.asarray(oja(X, eta, rng=0).vector)

    def loop() -> np.ndarray:
        v = np.random.default_rng(0).standard_normal(d)
        for x in X[: n // 10]:
            v += (eta * (x @ v)) * x
        return v

    def blocks(make: Callable[[], Any]) -> Callable[[], np.ndarray]:
        def run() -> np.ndarray:
            stream = make()
            for i in range(0, n, BLOCK):
                stream.update(X[i : i + BLOCK])
            return np.asarray(stream.result().components[0])

        return run

    peers: dict[str, tuple[Callable[[], Any], float, tuple[str, ...]]] = {
        "linsub oja": (ours, 1.0, ()),
        "X.sum(), reading alone": (lambda: X.sum(), 1.0, ()),
        "X @ v, one product": (lambda: float((X @ top.astype(dtype))[0]), 1.0, ()),
        "NumPy loop, a tenth of the rows": (loop, 0.1, ()),
        "linsub OjaPCA, adagrad": (blocks(_adagrad), 1.0, ()),
        "linsub HistoryPCA": (blocks(_history), 1.0, ()),
        "linsub BlockPowerPCA": (blocks(_power), 1.0, ()),
        "linsub SubspaceTracker, opast": (blocks(_opast), 1.0, ()),
        "sklearn IncrementalPCA, k=1": (lambda: _sklearn(X), 1.0, ("sklearn",)),
    }
    return Task(
        name=f"{n} x {d} {dtype}",
        title=f"{n} rows of {d} in {dtype}, eigenvalues 16, 1, 1, ...; blocks of {BLOCK}",
        contenders=[
            Contender(name, call, _judge(share), requires=requires)
            for name, (call, share, requires) in peers.items()
        ],
        measures=("sin2", "share of rows"),
    )


def _judge(share: float) -> Callable[[Any], Mapping[str, float]]:
    """Judge a vector by its angle to the first axis."""

    def accuracy(answer: Any) -> Mapping[str, float]:
        if np.ndim(answer) == 0:
            return {"sin2": 1.0, "share of rows": share}
        v = np.asarray(answer, np.float64)
        v = v / np.linalg.norm(v)
        return {"sin2": float(np.sum(v[1:] ** 2)), "share of rows": share}

    return accuracy


def _adagrad() -> Any:
    from linsub.streaming import OjaPCA

    return OjaPCA(1, batch=BLOCK, rng=0)


def _history() -> Any:
    from linsub.streaming import HistoryPCA

    return HistoryPCA(1, batch=BLOCK, rng=0)


def _power() -> Any:
    from linsub.streaming import BlockPowerPCA

    return BlockPowerPCA(1, rng=0)


def _opast() -> Any:
    from linsub.streaming import SubspaceTracker

    return SubspaceTracker(1, rng=0)


def _sklearn(X: np.ndarray) -> np.ndarray:
    from sklearn.decomposition import IncrementalPCA

    return np.asarray(IncrementalPCA(1, batch_size=BLOCK).fit(X).components_[0])
