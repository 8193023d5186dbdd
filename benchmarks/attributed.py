"""Graphs with attributes: Citeseer, where its file is at hand, and block models."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks import Plan
from benchmarks.summaries import pivot
from linsub.bench import Contender, Report, Task
from linsub.bench.report import Row, milliseconds

TITLE = "Graphs with attributes"

# Folders with citeseer.mat (fea, W, gnd): the environment's, then one beside the checkout.
FOLDERS = (os.environ.get("LINSUB_DATA", ""), str(Path(__file__).parents[2] / "shared" / "data"))

METHODS: dict[str, dict[str, Any]] = {
    "S2CAG": {"order": 60, "alpha": 0.8},
    "S2CAG, first vector kept": {"order": 60, "alpha": 0.8, "skip_first": False},
    "M-S2CAG": {"order": 40, "alpha": 0.8, "modularity": 0.9},
    "S2CAG, defaults": {},
    "M-S2CAG, gamma 1": {"modularity": 1.0},
    "M-S2CAG, k-means alone": {"order": 40, "alpha": 0.8, "modularity": 0.9, "assign": "kmeans"},
}

# Recorded runs of the authors' rounding on an exact decomposition, not run here: accuracy, NMI,
# and ARI. It starts from the signs of singular vectors, which are arbitrary.
RECORDED = {
    "S2CAG": "66.2 / 42.3",
    "S2CAG, first vector kept": "68.1 / 42.4",
    "M-S2CAG": "72.4 / 45.5 / 48.4",
}


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    yield Plan("citeseer", _citeseer, (quick,))
    for n in (500,) if quick else (10_000, 100_000):
        yield Plan(f"{n} nodes", _block_model, (n,))


def _file() -> Path | None:
    places = (Path(folder) / "citeseer.mat" for folder in FOLDERS if folder)
    return next((place for place in places if place.is_file()), None)


def _citeseer(quick: bool) -> Task:
    place = None if quick else _file()
    if place is None:
        why = "quick" if quick else "citeseer.mat is absent: name its folder in LINSUB_DATA"
        skipped = Contender("linsub", lambda: None, skip=why)
        return Task(name="citeseer", contenders=[skipped], measures=())
    from scipy.io import loadmat

    data = loadmat(place)
    X, W = sparse.csr_array(data["fea"]), sparse.csr_array(data["W"])
    A = sparse.csr_array(((W + W.T) > 0).astype(float))
    return _task("citeseer", A, X, data["gnd"].ravel(), METHODS)


def _block_model(n: int) -> Task:
    from linsub.testing import gallery

    A, X, truth = gallery.attributed_graph(n, 10, rng=0)
    # The largest within a minute, all rounds together.
    chosen = ("S2CAG, defaults", "M-S2CAG, gamma 1")[: 1 if n > 10_000 else 2]
    return _task(f"{n} nodes", A, X, truth, {name: METHODS[name] for name in chosen})


def _task(name: str, A: Any, X: Any, truth: np.ndarray, methods: Mapping[str, Any]) -> Task:
    k = int(np.unique(truth).size)

    def ours(options: Mapping[str, Any]) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.clustering import attributed_subspace_clustering

            return attributed_subspace_clustering(A, X, k, rng=0, **options).labels

        return run

    def edges_alone() -> Any:
        import warnings

        from linsub.clustering import spectral_labels

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return spectral_labels(A, k, rng=0).labels

    def attributes_alone() -> Any:
        from sklearn.cluster import KMeans
        from sklearn.feature_extraction.text import TfidfTransformer

        rows = TfidfTransformer().fit_transform(sparse.csr_matrix(X))
        return KMeans(k, n_init=3, random_state=0).fit_predict(rows)

    contenders = [Contender(label, ours(options)) for label, options in methods.items()]
    contenders += [
        Contender("edges alone (spectral_labels)", edges_alone),
        Contender("attributes alone (k-means)", attributes_alone, requires=("sklearn",)),
    ]
    return Task(
        name=name,
        title=f"{name}: {A.nnz // 2} edges, {X.shape[1]} attributes, {k} clusters",
        contenders=contenders,
        accuracy=lambda labels: _errors(truth, labels),
        measures=(),
    )


def _errors(truth: np.ndarray, labels: Any) -> Mapping[str, float]:
    from linsub.clustering import adjusted_rand, clustering_accuracy, normalized_mutual_info

    return {
        "accuracy": clustering_accuracy(truth, labels),
        "nmi": normalized_mutual_info(truth, labels),
        "ari": adjusted_rand(truth, labels),
    }


def summary(report: Report) -> str:
    """Return accuracy, mutual information, Rand index and time, and recorded figures."""
    tasks = [task for task in report.tasks if any(row.timing.times for row in task.rows)]
    if not tasks:
        return ""
    recorded = "; ".join(f"{name} {figures}" for name, figures in RECORDED.items())
    return (
        "Accuracy / NMI / adjusted Rand index in percent, best time:\n\n"
        f"{pivot(tasks, _cell)}\n\n"
        f"Recorded on Citeseer with the authors' rounding, not run here: {recorded}.\n"
    )


def _cell(row: Row) -> str:
    if row.skipped or row.failure:
        return "skipped" if row.skipped else "failed"
    figures = " / ".join(f"{100 * row.errors[name]:.1f}" for name in ("accuracy", "nmi", "ari"))
    return f"{figures}, {milliseconds(row.timing.best)} ms"
