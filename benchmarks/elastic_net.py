"""Elastic-net self-expression: linsub beside scikit-learn and SPAMS, by time and objective."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.table_4_5 import data
from linsub.bench import Contender, Report, Task
from linsub.testing import gallery

TITLE = "Elastic-net self-expression"

# The peers are called for so many samples, evenly spaced; times are those of one sample.
SUBSET = 40
GAMMA = 50.0
LINSUB, SKLEARN, SPAMS = "linsub", "scikit-learn ElasticNet", "spams.lasso"
MANY = "100000 x 100 by exemplars"


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield synthetic samples and digits, by lasso and elastic net, and very many samples."""
    for l1_ratio in (1.0, 0.9):
        size = 20 if quick else 400
        yield Plan(f"synthetic, {l1_ratio}", _task, ("synthetic", size, l1_ratio, quick))
        yield Plan(f"digits, {l1_ratio}", _task, ("digits", size, l1_ratio, quick))
    yield Plan(MANY, _many, (500 if quick else 10_000,))


def _samples(name: str, size: int, quick: bool) -> np.ndarray:
    if name == "synthetic":
        return np.asarray(gallery.union_of_subspaces(5, 6, 9, size, rng=0)[0])
    A = data("digits")
    A = A[:100] if quick else A
    return np.asarray(A / np.linalg.norm(A, axis=1)[:, None])


def _task(name: str, size: int, l1_ratio: float, quick: bool) -> Task:
    X = _samples(name, size, quick)
    n = len(X)
    some = np.unique(np.linspace(0, n - 1, min(n, SUBSET)).astype(int))
    G = np.abs(X @ X.T)
    np.fill_diagonal(G, 0.0)
    gamma = GAMMA * l1_ratio / G.max(axis=1)

    def judge(C: np.ndarray) -> Mapping[str, float]:
        rest = X[some] - C @ X
        fit = 0.5 * gamma[some] * np.square(rest).sum(axis=1)
        values = l1_ratio * np.abs(C).sum(axis=1) + 0.5 * (1 - l1_ratio) * np.square(C).sum(axis=1)
        return {"objective": float((fit + values).mean())}

    return Task(
        name=f"{name}, {l1_ratio}",
        title=f"{name}: {n} samples with {X.shape[1]} features, l1_ratio {l1_ratio}",
        contenders=[
            Contender(LINSUB, _linsub(X, l1_ratio, some), setting=f"all {n} samples"),
            Contender(
                SKLEARN, _sklearn(X, l1_ratio, gamma, some), setting=f"{some.size} samples",
                requires=("sklearn",),
            ),
            Contender(
                SPAMS, _spams(X, l1_ratio, gamma, some), setting=f"{some.size} samples",
                requires=("spams",),
            ),
        ],
        accuracy=judge,
        measures=(),
    )  # fmt: skip


def _linsub(X: np.ndarray, l1_ratio: float, some: np.ndarray) -> Callable[[], Any]:
    def call() -> Any:
        from linsub.clustering import self_expressive_elastic_net

        return self_expressive_elastic_net(X, l1_ratio=l1_ratio, gamma=GAMMA).C[some].toarray()

    return call


def _sklearn(
    X: np.ndarray, l1_ratio: float, gamma: np.ndarray, some: np.ndarray
) -> Callable[[], Any]:
    def call() -> Any:
        from sklearn.linear_model import ElasticNet

        n, d = X.shape
        C = np.zeros((some.size, n))
        for row, i in enumerate(some):
            others = np.arange(n) != i
            model = ElasticNet(
                alpha=1.0 / (gamma[i] * d), l1_ratio=l1_ratio, fit_intercept=False, tol=1e-8,
                max_iter=100_000,
            )  # fmt: skip
            C[row, others] = model.fit(X[others].T, X[i]).coef_
        return C

    return call


def _spams(
    X: np.ndarray, l1_ratio: float, gamma: np.ndarray, some: np.ndarray
) -> Callable[[], Any]:
    def call() -> Any:
        import spams

        n = len(X)
        C = np.zeros((some.size, n))
        for row, i in enumerate(some):
            others = np.arange(n) != i
            found = spams.lasso(
                np.asfortranarray(X[i][:, None]), D=np.asfortranarray(X[others].T),
                lambda1=l1_ratio / gamma[i], lambda2=(1 - l1_ratio) / gamma[i], mode=2,
                numThreads=1,
            )  # fmt: skip
            C[row, others] = found.toarray()[:, 0]
        return C

    return call


def _many(each: int) -> Task:
    X, labels, _ = gallery.union_of_subspaces(10, 5, 100, each, noise=0.1, rng=0)

    def call() -> Any:
        from linsub.clustering import exemplar_expression, spectral_labels

        return spectral_labels(exemplar_expression(X, 100, rng=0).W, 10).labels

    def judge(found: Any) -> Mapping[str, float]:
        from linsub.clustering import clustering_accuracy

        # Kilobytes on Linux; of the whole process, the samples and other tasks included.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2.0**20
        return {"accuracy": float(clustering_accuracy(labels, found)), "peak GiB": peak}

    return Task(
        name=MANY,
        title=f"10 subspaces of dimension 5 in R^100, noise 0.1, {10 * each} samples",
        contenders=[Contender(LINSUB, call, setting="100 exemplars")],
        accuracy=judge,
        measures=(),
    )


def summary(report: Report) -> str:
    """Return milliseconds a sample and the mean objective of each contender."""
    names = (LINSUB, SKLEARN, SPAMS)
    lines = [
        f"Milliseconds a sample / mean objective, gamma = {GAMMA:g} gamma_0. linsub solves all "
        f"samples, its Gram matrix and certificate counted; the peers are called for {SUBSET} of "
        "them, one at a time, their copy of the others counted.\n",
        f"| samples | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    last = []
    for task in report.tasks:
        if task.name == MANY:
            last = [_of_many(task.title, row) for row in task.rows]
            continue
        cells = {row.method: _cell(row) for row in task.rows}
        lines.append(f"| {task.title} | {' | '.join(cells.get(x, '') for x in names)} |")
    return "\n".join([*lines, "", *last]) + "\n"


def _cell(row: Any) -> str:
    if row.failure or not row.timing.times:
        return "not run"
    count = float("".join(c for c in row.setting if c.isdigit()))
    return f"{1e3 * row.timing.best / count:.3g} / {row.errors['objective']:.9g}"


def _of_many(title: str, row: Any) -> str:
    if row.failure or not row.timing.times:
        return f"{title}: not run"
    e = row.errors
    return (
        f"{title}: {row.timing.best:.0f} s, accuracy {e['accuracy']:.4f}, "
        f"process at most {e['peak GiB']:.2f} GiB"
    )
