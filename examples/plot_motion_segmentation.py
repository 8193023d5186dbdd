"""
Which points move together
==========================

A camera follows points on three moving objects. In an affine camera the image coordinates of the
points of one rigid object, over all frames, lie in a subspace of four dimensions, whatever its
shape and its motion (Costeira and Kanade 1998): objects are told apart by clustering trajectories,
without any model of what they are. New points are assigned to the subspaces afterwards, and a point
that belongs to no object is far from all of them.

Run it with ``python examples/plot_motion_segmentation.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.clustering import clustering_accuracy
from linsub.errors import MissingExtraError
from linsub.sklearn import KSubspaces
from linsub.testing import gallery

OBJECTS, FRAMES, POINTS = 3, 24, 120
NOISE = 0.01  # of the size of an object
DIMENSION = 4
STRAYS = 20


def load() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return trajectories and their objects, half of them to fit, and points that just jitter."""
    X, objects = gallery.camera_trajectories(OBJECTS, FRAMES, POINTS, noise=NOISE, rng=3)
    rng = np.random.default_rng(0)
    strays = rng.uniform(-4.0, 4.0, (STRAYS, 1, 2)) + rng.standard_normal((STRAYS, FRAMES, 2))
    return X[::2], objects[::2], X[1::2], objects[1::2], strays.reshape(STRAYS, -1)


def singular_values(X: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """Return the leading singular values of each object's trajectories, relative."""
    S = np.stack([np.linalg.svd(X[objects == k], compute_uv=False)[:8] for k in range(OBJECTS)])
    return np.asarray(S / S[:, :1])


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(X: np.ndarray, model: Any, S: np.ndarray, gaps: np.ndarray, far: np.ndarray) -> Any:
    """Return the figure: tracks by found object, singular values, distances."""
    figure = pyplot().figure(figsize=(12, 6), dpi=110, layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.2, 1))
    axes = left.subplots()
    for row, label in zip(X, model.labels_, strict=True):
        axes.plot(row[::2], row[1::2], color=f"C{label}", alpha=0.35, linewidth=0.8)
        axes.plot(row[-2], row[-1], "o", color=f"C{label}", markersize=3)
    axes.set_title("tracks of points, by the object that was found", fontsize=10)
    axes.set_aspect("equal", adjustable="datalim")
    above, below = right.subplots(2, 1)
    for k, values in enumerate(S):
        above.semilogy(range(1, values.size + 1), values, "o-", color="0.3", alpha=0.4 + 0.3 * k)
    above.axvline(DIMENSION + 0.5, color="tab:red", linestyle="--")
    above.set(title="singular values of each object's tracks", xlabel="index")
    bins = np.geomspace(1e-3, 1.0, 60)
    below.hist(np.sort(gaps, axis=1)[:, 0], bins=bins, label="new points, nearest object")
    below.hist(np.sort(gaps, axis=1)[:, 1], bins=bins, alpha=0.6, label="second object")
    below.hist(far.min(axis=1), bins=bins, alpha=0.8, label="strays, nearest object")
    below.set(xscale="log", xlabel="distance to the subspace, of points of norm 1")
    below.legend(fontsize=8)
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Segment the motions, assign new points, print the findings, and draw them where wanted."""
    X, objects, fresh, theirs, strays = load()
    S = singular_values(X, objects)
    print(f"singular value 5 of each object, relative: at most {S[:, 4].max():.1e}")
    model = KSubspaces(OBJECTS, dim=DIMENSION).fit(X)
    print(model.report_)
    accuracy = clustering_accuracy(objects, model.labels_)
    again = clustering_accuracy(theirs, model.predict(fresh))
    gaps, far = model.transform(fresh), model.transform(strays)
    own, other = gaps.min(axis=1), np.sort(gaps, axis=1)[:, 1]
    print(f"tracks in the right object: {accuracy:.3f}, new tracks: {again:.3f}")
    print(
        f"distance to their object at most {own.max():.4f}, to another at least {other.min():.4f}"
    )
    print(f"strays are at least {far.min():.4f} from every object")
    assert accuracy > 0.98
    assert far.min() > own.max()
    if show or save is not None:
        figure = draw(X, model, S, gaps, far)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
