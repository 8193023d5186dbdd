"""
Digits clustered by their subspaces
===================================

Images of one digit, as vectors of pixels, lie near a subspace. Four ways to find the ten of them
without any label: neighbours by angle (TSC), least squares (LSRSC), its doubly stochastic
projection (DSSC), and a fit of ten subspaces (KSubspaces). The first three make a graph, which is
drawn with the images in the order of their digits: what is right is in the blocks. The fourth finds
no union of subspaces, and says so, without knowing the digits.

Run it with ``python examples/plot_cluster_digits.py --save picture.png``.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from linsub.clustering import clustering_accuracy, normalized_mutual_info
from linsub.errors import AccuracyWarning, MissingExtraError
from linsub.sklearn import DSSC, LSRSC, TSC, KSubspaces
from linsub.testing import load_digits

TEN = 10
METHODS = (TSC(TEN), LSRSC(TEN), DSSC(TEN), KSubspaces(TEN, n_init=4))
CELL = 20  # images a side of what is drawn as one point


def fit(model: Any, images: np.ndarray, digits: np.ndarray) -> tuple[float, bool]:
    """Return how many images are labelled rightly, and whether the model doubts it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AccuracyWarning)
        labels = model.fit(images).labels_
    accuracy = clustering_accuracy(digits, labels)
    shared = normalized_mutual_info(digits, labels)
    name = type(model).__name__
    doubts = "doubts its labels" if caught else "sees ten clusters"
    print(f"{name:<10}  accuracy {accuracy:.3f}, mutual information {shared:.3f}, {doubts}")
    return accuracy, bool(caught)


def within(model: Any, digits: np.ndarray) -> float:
    """Return the share of the affinity that joins images of one digit."""
    edges = model.affinity_.tocoo()
    right = digits[edges.row] == digits[edges.col]
    return float(edges.data[right].sum() / edges.data.sum())


def coarse(model: Any, order: np.ndarray) -> np.ndarray:
    """Return the affinity in the order of the digits, summed over cells."""
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    edges = model.affinity_.tocoo()
    size = -(-order.size // CELL)
    picture = np.zeros((size, size))
    np.add.at(picture, (place[edges.row] // CELL, place[edges.col] // CELL), edges.data)
    return picture


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def confusion(labels: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """Return how many images of a digit are in a cluster, clusters by their main digit."""
    counts = np.zeros((TEN, TEN))
    np.add.at(counts, (digits, labels), 1.0)
    return counts[:, np.argsort(counts.argmax(axis=0), kind="stable")]


def draw(digits: np.ndarray, found: list[tuple[float, bool]]) -> Any:
    """Return the figure: affinities above, digits by clusters below."""
    figure, axes = pyplot().subplots(2, 4, figsize=(13, 7), dpi=100, layout="constrained")
    order = np.argsort(digits, kind="stable")
    for (above, below), model, (accuracy, doubts) in zip(axes.T, METHODS, found, strict=True):
        name = type(model).__name__
        if hasattr(model, "affinity_"):
            above.imshow(np.sqrt(coarse(model, order)), cmap="magma")
            above.set_title(f"{name}: affinity in the order of the digits", fontsize=9)
        else:
            gaps = np.sort(model.transform(load_digits().data), axis=1)
            above.hist(gaps[:, 0] / gaps[:, 1], bins=40, color="tab:orange")
            above.set_title(f"{name}: nearest over second distance", fontsize=9)
            above.set_box_aspect(1)
        below.imshow(confusion(model.labels_, digits), cmap="Blues")
        said = ", doubted" if doubts else ""
        below.set_title(f"{100 * accuracy:.0f} % right{said}", fontsize=9)
        below.set(xlabel="cluster", ylabel="digit", yticks=range(TEN))
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Cluster the digits by all methods, print what came out, and draw it where wanted."""
    images, digits = load_digits()
    found = [fit(model, images, digits) for model in METHODS]
    shares = [within(model, digits) for model in METHODS[:3]]
    print(f"affinity within digits: {', '.join(f'{share:.2f}' for share in shares)}")
    # Who sees clusters is mostly right, who is mostly wrong doubts.
    assert all((accuracy > 0.794) != doubts for accuracy, doubts in found)
    if show or save is not None:
        figure = draw(digits, found)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
