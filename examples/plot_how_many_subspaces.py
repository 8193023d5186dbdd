"""
How many subspaces, and of which dimension
==========================================

Neither is given with the data. The number: a graph of neighbours by angle has as many eigenvalues
near 1 as there are subspaces, and a gap after them. The dimension: the cost of K-subspaces falls
steeply until the dimension is right, and slowly, by the noise that one more direction takes up,
afterwards. Too small a dimension is worse than too large a one, and is noticed without labels: the
nearest subspace is then hardly nearer than the second.

Run it with ``python examples/plot_how_many_subspaces.py --save picture.png``.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from linsub.clustering import clustering_accuracy
from linsub.errors import AccuracyWarning, MissingExtraError
from linsub.sklearn import TSC, KSubspaces
from linsub.testing import gallery

SUBSPACES, DIMENSION, FEATURES, POINTS = 6, 4, 30, 60
NOISE = 0.2
MOST = 9  # dimensions that are tried


def by_dimension(X: np.ndarray, truth: np.ndarray, n_clusters: int) -> np.ndarray:
    """Return cost, accuracy and nearness of fits with 1 .. MOST dimensions."""
    rows = []
    for dim in range(1, MOST + 1):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", AccuracyWarning)
            model = KSubspaces(n_clusters, dim=dim, n_init=10).fit(X)
        right = clustering_accuracy(truth, model.labels_)
        said = "  doubted" if caught else ""
        print(f"{dim:>9}  {model.cost_:8.3f}  {model.nearness_:.3f}  {right:.3f}{said}")
        rows.append((model.cost_, right, model.nearness_))
    return np.array(rows)


def elbow(costs: np.ndarray) -> int:
    """Return the dimension at which the logarithm of the cost bends most."""
    bend = np.diff(np.log(costs), 2)
    return 2 + int(np.argmax(bend))


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(graph: Any, fits: np.ndarray) -> Any:
    """Return the figure: eigenvalues and gaps, costs and their elbow, accuracy and nearness."""
    figure, axes = pyplot().subplots(1, 3, figsize=(13, 5), dpi=100, layout="constrained")
    values = graph.eigenvalues_[:12]
    axes[0].bar(range(1, values.size), values[:-1] - values[1:], color="0.7", label="gap after it")
    axes[0].plot(range(1, values.size + 1), values, "o-", label="eigenvalue")
    axes[0].axvline(graph.n_clusters_ + 0.5, color="tab:red", linestyle="--")
    axes[0].set(title="how many: eigenvalues of the graph", xlabel="index")
    axes[0].legend()
    dims = np.arange(1, MOST + 1)
    axes[1].semilogy(dims, fits[:, 0], "o-")
    axes[1].axvline(elbow(fits[:, 0]), color="tab:red", linestyle="--")
    axes[1].set(title="of which dimension: cost of K-subspaces", xlabel="dimension")
    axes[2].plot(dims, fits[:, 1], "o-", label="labels that are right (unknown)")
    axes[2].plot(dims, fits[:, 2], "o-", label="nearest over second distance (known)")
    axes[2].set(title="too small is worse than too large", xlabel="dimension", ylim=(0, 1.05))
    axes[2].legend()
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Find number and dimension, print how, and draw it where wanted."""
    X, truth, _ = gallery.union_of_subspaces(
        SUBSPACES, DIMENSION, FEATURES, POINTS, noise=NOISE, rng=0
    )
    graph = TSC("eigengap").fit(X)
    gaps = -np.diff(graph.eigenvalues_)
    print(f"subspaces by the gap of eigenvalues: {graph.n_clusters_}")
    print(f"that gap is {gaps[graph.n_clusters_ - 1]:.3f}")
    print("dimension      cost  near   right")
    fits = by_dimension(X, truth, graph.n_clusters_)
    found = elbow(fits[:, 0])
    print(f"dimension by the elbow of the cost: {found}")
    assert graph.n_clusters_ == SUBSPACES
    assert found == DIMENSION
    if show or save is not None:
        figure = draw(graph, fits)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
