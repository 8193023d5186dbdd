"""
Handwritten digits as subspaces
===============================

The images of one digit, as vectors of pixels, lie near a subspace of few dimensions. How far are
the ten subspaces from each other? What is the mean of subspaces that were found from small parts of
one class? And which class is a new image nearest to? Training turns the ten subspaces, each step
along a geodesic, until they tell the digits apart (Grassmann class representation).

Run it with ``python examples/plot_digit_subspaces.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import MissingExtraError
from linsub.geometry import (
    flag_mean,
    karcher_mean,
    principal_angles,
    rank_one_geodesic_step,
    subspace_distance,
)
from linsub.svd import truncated_svd
from linsub.testing import load_digits

TEN = 10
RANK = 3  # dimensions of a class
PARTS = 5  # of a class, whose subspaces are averaged
GAMMA, RATE, EPOCHS = 25.0, 0.005, 4
ENOUGH = 0.02  # a class whose probability is this near to right is left alone


def load() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return images of length 1, half of them to train with, and the digits that they show."""
    data, digits = load_digits()
    images = data / np.linalg.norm(data, axis=1, keepdims=True)
    order = np.random.default_rng(0).permutation(len(images))
    train, test = np.array_split(order, 2)
    return images[train], digits[train], images[test], digits[test]


def principal_subspaces(images: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """Return the leading left singular vectors of each class, one class a page."""
    return np.stack([truncated_svd(images[digits == c].T, RANK, rng=0).U for c in range(TEN)])


def compare(classes: np.ndarray) -> np.ndarray:
    """Return the distances between classes, and print the nearest and the farthest pair."""
    apart = np.array([[subspace_distance(A, B) for B in classes] for A in classes])
    pairs = [(apart[a, b], a, b) for a in range(TEN) for b in range(a)]
    for name, (distance, a, b) in (("nearest", min(pairs)), ("farthest", max(pairs))):
        angles = np.degrees(principal_angles(classes[a], classes[b]))
        print(
            f"{name} classes: {b} and {a}, distance {distance:.3f}, "
            f"angles {', '.join(f'{angle:.1f}' for angle in angles)} degrees"
        )
    return apart


def average(images: np.ndarray, digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the Riemannian and the flag mean of lines found from parts of each class."""
    karcher, flag = [], []
    worst = off = 0.0
    for c in range(TEN):
        parts = np.array_split(images[digits == c], PARTS)
        lines = [truncated_svd(part.T, 1, rng=0).U for part in parts]
        mean = karcher_mean(lines)
        karcher.append(mean.X)
        flag.append(flag_mean(lines, 1).X)
        worst = max(worst, float(mean.angles.max()))
        off = max(off, float(subspace_distance(karcher[-1], flag[-1])))
    print(
        f"means of lines from {PARTS} parts of a class: parts within {worst:.3f} of their mean, "
        f"the two kinds of mean within {off:.1e} of each other"
    )
    return np.stack(karcher), np.stack(flag)


def accuracy(classes: np.ndarray, images: np.ndarray, digits: np.ndarray) -> float:
    """Return how often the longest projection is that onto the right class."""
    lengths = np.linalg.norm(images @ classes, axis=2)
    return float(np.mean(lengths.argmax(axis=0) == digits))


def train(
    classes: np.ndarray, images: np.ndarray, digits: np.ndarray, test: Any
) -> tuple[np.ndarray, list[float], list[float]]:
    """Return classes that descend the cross-entropy of ``GAMMA ||S_c^T x||``, and accuracies."""
    classes = classes.copy()
    rng = np.random.default_rng(1)
    on_train = [accuracy(classes, images, digits)]
    on_test = [accuracy(classes, *test)]
    for _ in range(EPOCHS):
        for i in rng.permutation(len(images)):
            logits = GAMMA * np.linalg.norm(images[i] @ classes, axis=1)
            slope = np.exp(logits - logits.max())
            slope /= slope.sum()
            slope[digits[i]] -= 1.0
            for c in np.flatnonzero(np.abs(slope) > ENOUGH):
                step = -RATE * GAMMA * slope[c]
                classes[c] = rank_one_geodesic_step(classes[c], images[i], step)
        on_train.append(accuracy(classes, images, digits))
        on_test.append(accuracy(classes, *test))
    defect = np.abs(np.swapaxes(classes, 1, 2) @ classes - np.eye(RANK)).max()
    print(f"accuracy on new images: {on_test[0]:.4f} with principal subspaces,")
    print(f"                        {on_test[-1]:.4f} after {EPOCHS} epochs of geodesic steps")
    print(f"orthonormal after all steps to {defect:.1e}")
    return classes, on_train, on_test


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(apart: np.ndarray, after: np.ndarray, means: Any, curves: Any) -> Any:
    """Return the figure: distances before and after, means as images, accuracies."""
    figure = pyplot().figure(figsize=(12, 7.6), dpi=110, layout="constrained")
    figure.suptitle("Handwritten digits as subspaces", fontsize=13)
    above, below = figure.subfigures(2, 1, height_ratios=(1.7, 1))
    left, middle, right = above.subplots(1, 3)
    peak = max(apart.max(), after.max())
    for axes, matrix, title in (
        (left, apart, "distances of principal subspaces"),
        (middle, after, "after training"),
    ):
        image = axes.imshow(matrix, cmap="viridis", vmin=0.0, vmax=peak)
        axes.set_title(title, fontsize=10)
        axes.set(xticks=range(TEN), yticks=range(TEN), xlabel="digit")
    above.colorbar(image, ax=[left, middle], shrink=0.7, label="||angles||")
    for curve, label in zip(curves, ("images to train with", "new images"), strict=True):
        right.plot(range(len(curve)), curve, "o-", label=label)
    right.set(xlabel="epochs", ylabel="accuracy", xticks=range(EPOCHS + 1))
    right.set_title(f"{RANK} dimensions a class, steps of rank one", fontsize=10)
    right.legend()
    below.suptitle("means of five lines of each digit: Riemannian, flag", fontsize=10)
    for row, (axes, lines) in enumerate(zip(below.subplots(2, TEN), means, strict=True)):
        for c, ax in enumerate(axes):
            line = lines[c].ravel()
            ax.imshow((line * np.sign(line.sum())).reshape(8, 8), cmap="gray_r")
            ax.set(xticks=[], yticks=[])
            if row == 0:
                ax.set_title(str(c), fontsize=9)
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Compare the classes, average, train, print the findings, and draw them where wanted."""
    images, digits, *test = load()
    classes = principal_subspaces(images, digits)
    apart = compare(classes)
    means = average(images, digits)
    trained, *curves = train(classes, images, digits, test)
    after = np.array([[subspace_distance(A, B) for B in trained] for A in trained])
    if show or save is not None:
        figure = draw(apart, after, means, curves)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
