"""The synthetic unions of You, Robinson and Vidal: every method, the note's figures beside ours."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.summaries import pivot
from linsub.bench import Contender, Report, Task
from linsub.bench.report import Row

TITLE = "Random unions of five subspaces of dimension 6 in 9 dimensions"

SUBSPACES, DIM, AMBIENT = 5, 6, 9

# Samples -> the number of seeds, as many as in the figures that ours are held against.
TRIALS = {150: 20, 500: 10, 1000: 8, 2500: 4, 5000: 2}

# Seconds after which a method gets no further seed.
PATIENCE = 20.0

# What a run that was recorded before this package existed found by the same recipe: SPR, SRE,
# connectivity and accuracy, in per cent but for the connectivity; not run here.
RECORDED: dict[str, dict[str, str]] = {
    "N=150": {
        "SSC-OMP": "5.2 / 49.2 / .023 / 41.2 ± 5.1",
        "SSC-BP": "1.2 / 44.7 / .118 / 66.3 ± 7.4",
        "EnSC": "64.2",
        "TSC": "1.5 / - / - / 39.0",
        "k-means": "30.1",
    },
    "N=500": {
        "SSC-OMP": "19.9 / 30.6 / .037 / 72.7 ± 6.0",
        "SSC-BP": "11.2 / 24.5 / .141 / 94.4 ± 1.0",
        "EnSC": "93.6",
        "TSC": "10.7 / - / - / 46.8",
        "K-subspaces": "100",
        "EKSS": "98.2",
        "k-means": "25.8",
    },
    "N=1000": {
        "SSC-OMP": "29.6 / 23.8 / .023 / 84.4 ± 3.0",
        "SSC-BP": "21.2 / 16.6 / .137 / 96.9 ± 0.6",
        "EnSC": "96.4",
        "TSC": "20.4 / - / - / 57.7",
        "k-means": "24.0",
    },
    "N=2500": {
        "SSC-OMP": "51.3 / 13.7 / .030 / 92.6 ± 1.3",
        "SSC-BP": "41.9 / 8.2 / .134 / 98.9 ± 0.1",
        "EnSC": "98.8",
        "TSC": "41.7 / - / - / 87.0",
        "k-means": "22.7",
    },
    "N=5000": {
        "SSC-OMP": "59.6 / 10.3 / .019 / 94.5 ± 0.1",
        "SSC-BP": "51.7 / 5.4 / .113 / 99.3 ± 0.1",
        "EnSC": "99.2",
        "TSC": "51.4 / - / - / 90.3",
        "k-means": "21.6",
    },
}

# The representation, or None, and labels.
Answer = tuple[Any, np.ndarray]


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan a number of samples; in quick runs a single small one of one seed."""
    if quick:
        yield Plan("N=60", _task, (60, 1))
        return
    for n, trials in TRIALS.items():
        yield Plan(f"N={n}", _task, (n, trials))


def union(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return samples of norm 1 and their labels: for each subspace a basis, then its samples."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(SUBSPACES):
        Q = np.linalg.qr(rng.standard_normal((AMBIENT, DIM)))[0]
        parts.append(rng.standard_normal((n // SUBSPACES, DIM)) @ Q.T)
    X = np.vstack(parts)
    X /= np.linalg.norm(X, axis=1)[:, None]
    return X, np.repeat(np.arange(SUBSPACES), n // SUBSPACES)


# ---------------------------------------------------------------------- who takes part


def _by_graph(found: Any) -> Answer:
    from linsub.clustering import spectral_labels

    return found.C, spectral_labels(found.affinity(), SUBSPACES, assign="kmeans", rng=0).labels


def omp(X: np.ndarray) -> Answer:
    """Orthogonal matching pursuit, six samples each."""
    from linsub.clustering import self_expressive_omp

    return _by_graph(self_expressive_omp(X, n_nonzero=DIM, tol=1e-6))


def lasso(X: np.ndarray) -> Answer:
    """The lasso at 500 times the least weight that leaves anything."""
    clustering: Any = importlib.import_module("linsub.clustering")
    return _by_graph(clustering.self_expressive_elastic_net(X, l1_ratio=1.0, gamma=500.0))


def elastic_net(X: np.ndarray) -> Answer:
    """The elastic net at its defaults."""
    clustering: Any = importlib.import_module("linsub.clustering")
    return _by_graph(clustering.self_expressive_elastic_net(X, l1_ratio=0.9, gamma=50.0))


def thresholding(X: np.ndarray) -> Answer:
    """The six samples at the smallest angles."""
    from linsub.clustering import threshold_neighbors

    return _by_graph(threshold_neighbors(X, n_neighbors=6))


def neighbours(X: np.ndarray) -> Answer:
    """Nearest subspace neighbours, twice as many as dimensions."""
    from linsub.clustering import nsn_neighbors

    return _by_graph(nsn_neighbors(X, 2 * DIM, DIM))


def subspaces(X: np.ndarray) -> Answer:
    """K-subspaces, the best of 200 starts."""
    from linsub.clustering import k_subspaces

    return None, k_subspaces(X, SUBSPACES, DIM, n_init=200, rng=0).labels


def ensemble(X: np.ndarray) -> Answer:
    """The agreement of 200 runs of K-subspaces, ten neighbours each."""
    from linsub.clustering import ensemble_k_subspaces

    return None, ensemble_k_subspaces(X, SUBSPACES, DIM, n_runs=200, n_neighbors=10, rng=0).labels


def means(X: np.ndarray) -> Answer:
    """scikit-learn's k-means, ten starts."""
    from sklearn.cluster import KMeans

    return None, KMeans(SUBSPACES, n_init=10, random_state=0).fit_predict(X)


METHODS: dict[str, Callable[[np.ndarray], Answer]] = {
    "SSC-OMP": omp,
    "SSC-BP": lasso,
    "EnSC": elastic_net,
    "TSC": thresholding,
    "NSN": neighbours,
    "K-subspaces": subspaces,
    "EKSS": ensemble,
    "k-means": means,
}


def _task(n: int, trials: int) -> Task:
    X, _ = union(n, 0)
    return Task(
        name=f"N={n}",
        title=f"{n} samples, up to {trials} seeds; times are of seed 0, graph and labels",
        contenders=[
            Contender(
                name,
                lambda method=method: method(X),  # type: ignore[misc]
                accuracy=_judge(method, n, trials),
                requires=("sklearn",) if name == "k-means" else (),
                skip=_absent(name),
            )
            for name, method in METHODS.items()
        ],
        ours="K-subspaces",
        measures=(),
        budget=2.0,
    )


def _absent(name: str) -> str:
    from linsub import clustering

    if name in ("SSC-BP", "EnSC") and not hasattr(clustering, "self_expressive_elastic_net"):
        return "self_expressive_elastic_net is not there"
    return ""


def _judge(method: Callable[[np.ndarray], Answer], n: int, trials: int) -> Any:
    """Return what judges the answer for seed 0, and those for more seeds while there is time."""

    def judge(answer: Answer) -> Mapping[str, float]:
        stop = time.monotonic() + PATIENCE
        found = [_measures(answer, union(n, 0)[1])]
        for seed in range(1, trials):
            if time.monotonic() > stop:
                break
            X, truth = union(n, seed)
            found.append(_measures(method(X), truth))
        named = {name: float(np.mean([x[name] for x in found])) for name in found[0]}
        named["spread"] = float(np.std([x["ACC"] for x in found]))
        named["seeds"] = float(len(found))
        return named

    return judge


def _measures(answer: Answer, truth: np.ndarray) -> dict[str, float]:
    from linsub.clustering import (
        clustering_accuracy,
        connectivity,
        subspace_preserving_error,
        subspace_preserving_rate,
    )

    C, labels = answer
    found = {"ACC": 100.0 * clustering_accuracy(truth, labels)}
    if C is not None:
        size = abs(C)
        found["SPR"] = 100.0 * subspace_preserving_rate(C, truth)
        found["SRE"] = 100.0 * subspace_preserving_error(C, truth)
        size = size + size.T
        # As in the recorded run: without samples that nothing of their class is linked to.
        inside = size.multiply(truth[:, None] == truth).tocsr()
        linked = np.flatnonzero(inside.sum(axis=1) > 0)
        found["CONN"] = connectivity(size[linked][:, linked], truth[linked])
    return found


def summary(report: Report) -> str:
    """Return rates and accuracy by method and size, and the recorded figures in brackets."""
    head = (
        "SPR / SRE / CONN / accuracy ± its spread over the seeds, or the accuracy alone where "
        "there is no representation, per cent but for CONN; in square brackets the figures of "
        "a recorded run by the same recipe, not run here:\n"
    )
    lines = []
    for task in report.tasks:
        for row in task.rows:
            row.details["recorded"] = RECORDED.get(task.name, {}).get(row.contender, "")
    lines.append(pivot(report.tasks, _cell))
    return f"{head}\n" + "\n".join(lines) + "\n"


def _cell(row: Row) -> str:
    if row.skipped or row.failure:
        return "skipped" if row.skipped else "failed"
    e = row.errors
    text = f"{e['ACC']:.1f} ± {e['spread']:.1f}"
    if "SPR" in e:
        text = f"{e['SPR']:.1f} / {e['SRE']:.1f} / {e['CONN']:.3f} / {text}"
    recorded = row.details.get("recorded", "")
    return f"{text} [{recorded}]" if recorded else text
