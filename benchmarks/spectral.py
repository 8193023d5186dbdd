"""Labels from graphs: linsub beside scikit-learn, and what graphs of digits are good for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks import Plan
from benchmarks.summaries import pivot
from linsub.bench import Contender, Report, Task
from linsub.bench.report import Row, milliseconds

TITLE = "Labels from graphs"

# You, Robinson and Vidal (2016): five subspaces of dimension 6 in R^9.
SUBSPACES, DIMENSION, AMBIENT = 5, 6, 9


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    n = 200 if quick else 5000
    yield Plan(f"{n} samples, pursuit", _stage, (f"{n} samples, pursuit", n, "omp"))
    yield Plan(f"{n} samples, thresholding", _stage, (f"{n} samples, thresholding", n, "tsc"))
    yield Plan("digits", _digits, (quick,))


def union(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return unit samples in equal parts from the subspaces, and their labels."""
    rng = np.random.default_rng(0)
    each = n // SUBSPACES
    parts = []
    for _ in range(SUBSPACES):
        U = np.linalg.qr(rng.standard_normal((AMBIENT, DIMENSION)))[0]
        parts.append(rng.standard_normal((each, DIMENSION)) @ U.T)
    X = np.concatenate(parts)
    return X / np.linalg.norm(X, axis=1, keepdims=True), np.repeat(np.arange(SUBSPACES), each)


def _quiet(call: Callable[[], Any]) -> Callable[[], Any]:
    """Calls without warnings of graphs that show no clusters: the tables say what came of it."""

    def run() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call()

    return run


def _judge(truth: np.ndarray) -> Callable[[Any], Mapping[str, float]]:
    def judge(answer: Any) -> Mapping[str, float]:
        from linsub.clustering import clustering_accuracy, normalized_mutual_info

        labels = getattr(answer, "labels", answer)
        found = {
            "accuracy": clustering_accuracy(truth, labels),
            "nmi": normalized_mutual_info(truth, labels),
        }
        if hasattr(answer, "labels"):
            details = answer.info.details
            found |= {
                "clusters seen": float(details["informative"]),
                "degree": details["effective_degree"],
                "cut": float(answer.certificate.cut),
                "no cut below": float(answer.certificate.least_cut),
            }
        return found

    return judge


def _stage(name: str, n: int, graph: str) -> Task:
    from linsub.clustering import self_expressive_omp, threshold_neighbors

    X, truth = union(n)
    if graph == "omp":
        W = self_expressive_omp(X, n_nonzero=DIMENSION).affinity()
    else:
        W = threshold_neighbors(X, n_neighbors=DIMENSION).affinity()
    # scikit-learn takes indices of 32 bits only.
    parts = (W.data, W.indices.astype(np.int32), W.indptr.astype(np.int32))
    W = sparse.csr_array(parts, shape=W.shape)

    def ours(**options: Any) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.clustering import spectral_labels

            return spectral_labels(W, SUBSPACES, rng=0, **options)

        return _quiet(run)

    def theirs(**options: Any) -> Callable[[], Any]:
        def run() -> Any:
            from sklearn.cluster import SpectralClustering

            model = SpectralClustering(SUBSPACES, affinity="precomputed", random_state=0, **options)
            return model.fit_predict(W)

        return _quiet(run)

    return Task(
        name=name,
        title=f"{name}: {W.nnz // 2} edges, {SUBSPACES} clusters",
        contenders=[
            Contender("linsub", ours()),
            Contender("linsub, cluster_qr", ours(assign="cluster_qr")),
            Contender("scikit-learn", theirs(), requires=("sklearn",)),
            Contender(
                "scikit-learn, cluster_qr",
                theirs(assign_labels="cluster_qr"),
                requires=("sklearn",),
            ),
            Contender("scikit-learn, lobpcg", theirs(eigen_solver="lobpcg"), requires=("sklearn",)),
        ],
        accuracy=_judge(truth),
        measures=(),
    )


def _digits(quick: bool) -> Task:
    from linsub.testing import load_digits

    loaded = load_digits()
    X, truth = np.asarray(loaded.data, dtype=np.float64), loaded.target
    if quick:
        X, truth = X[:200], truth[:200]
    X = X / np.linalg.norm(X, axis=1, keepdims=True)

    def by(make: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.clustering import spectral_labels

            return spectral_labels(make(), 10, rng=0)

        return _quiet(run)

    def graph(name: str, **options: Any) -> Callable[[], Any]:
        def make() -> Any:
            from linsub import clustering

            return getattr(clustering, name)(X, **options).affinity()

        return by(make)

    def kmeans() -> Any:
        from sklearn.cluster import KMeans

        return KMeans(10, n_init=10, random_state=0).fit_predict(X)

    return Task(
        name="digits",
        title=f"digits: {len(X)} images, rows of norm 1; the graph and its labels",
        contenders=[
            Contender("averaged_omp", graph("averaged_omp", rng=0), method="linsub"),
            Contender("self_expressive_omp, 3", graph("self_expressive_omp", n_nonzero=3)),
            Contender("self_expressive_omp, 10", graph("self_expressive_omp", n_nonzero=10)),
            Contender("threshold_neighbors, 5", graph("threshold_neighbors", n_neighbors=5)),
            Contender("threshold_neighbors, 10", graph("threshold_neighbors", n_neighbors=10)),
            Contender(
                "self_expressive_ridge, 10 kept",
                graph("self_expressive_ridge", alpha=100.0, top=10),
            ),
            Contender("k-means (scikit-learn)", _quiet(kmeans), requires=("sklearn",)),
        ],
        accuracy=_judge(truth),
        measures=(),
    )


def summary(report: Report) -> str:
    """Return times, accuracies and the ratio of scikit-learn's time to ours."""
    stages = [task for task in report.tasks if task.name != "digits"]
    parts = []
    if stages:
        parts += ["Best time, share of labels that are right:\n", pivot(stages, _cell) + "\n"]
    for task in stages:
        best = {row.contender: row.timing.best for row in task.rows if row.timing.times}
        if "linsub" in best and "scikit-learn" in best:
            ratio = best["scikit-learn"] / best["linsub"]
            parts.append(f"{task.name}: scikit-learn's default takes {ratio:.0f} times as long.\n")
    images = [task for task in report.tasks if task.name == "digits"]
    if images:
        parts += [
            "The graph included; clusters that the graph shows beside one without any, of 10 "
            "(fewer is a warning):\n",
            pivot(images, _seen, "graph") + "\n",
        ]
    return "\n".join(parts)


def _cell(row: Row) -> str:
    if row.skipped or row.failure:
        return "skipped" if row.skipped else "failed"
    return f"{milliseconds(row.timing.best)} ms, {100 * row.errors['accuracy']:.1f} %"


def _seen(row: Row) -> str:
    if row.skipped or row.failure:
        return "skipped" if row.skipped else "failed"
    seen = row.errors.get("clusters seen")
    shown = "" if seen is None else f", {seen:.0f} seen"
    return f"{_cell(row)}, nmi {100 * row.errors['nmi']:.1f}{shown}"
