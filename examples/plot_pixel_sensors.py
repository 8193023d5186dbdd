"""
Which pixels see a whole digit?
===============================

A camera may read only a few of the 64 pixels of a handwritten digit. Which ones, so that the
rest can be filled in? Half of the images teach: their leading singular vectors and k pixels with
weights, by ``row_subset``. The other half is then filled in from its k pixels alone, with pixels
chosen with certainty, by lot, by the pivots of QR, and uniformly.

Run it with ``python examples/plot_pixel_sensors.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import MissingExtraError
from linsub.selection import row_subset
from linsub.testing import load_digits

PIXELS = (4, 8, 12, 16, 20, 24)
SHOWN = 16
DRAWS = 25
METHODS = ("Osinsky", "ARP, median", "QR pivots", "uniform, median")


def halves() -> tuple[np.ndarray, np.ndarray]:
    """Return the images that teach and those that test, one a column, from 0 to 1."""
    data = load_digits().data.T / 16
    return data[:, ::2], data[:, 1::2]


def error(A: np.ndarray, W: np.ndarray, S: np.ndarray) -> float:
    """Return the relative error of images that are filled in from their pixels S."""
    return float(np.linalg.norm(A - W @ A[S]) / np.linalg.norm(A))


def uniform(train: np.ndarray, k: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return k pixels that are inked at all, uniformly, with their best weights."""
    S = rng.choice(np.flatnonzero(train.any(axis=1)), k, replace=False)
    return S, train @ np.linalg.pinv(train[S])


def compare(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return errors on the test images by method and k, and the least of rank k."""
    errors = np.zeros((len(METHODS), len(PIXELS)))
    least = np.zeros(len(PIXELS))
    U = np.linalg.svd(train, full_matrices=False)[0]
    print(f"{'pixels':>6}  {'subspace':>8}  " + "  ".join(f"{m:>15}" for m in METHODS))
    for column, k in enumerate(PIXELS):
        rng = np.random.default_rng(k)
        chosen = row_subset(train, k, method="osinsky", interp="projection")
        pivots = row_subset(train, k, method="cpqr", Q=U[:, :k], interp="projection")
        drawn = [row_subset(train, k, interp="projection", rng=rng) for _ in range(DRAWS)]
        lots = [uniform(train, k, rng) for _ in range(DRAWS)]
        errors[:, column] = (
            error(test, chosen.W, chosen.indices),
            np.median([error(test, found.W, found.indices) for found in drawn]),
            error(test, pivots.W, pivots.indices),
            np.median([error(test, W, S) for S, W in lots]),
        )
        Q = U[:, :k]
        least[column] = np.linalg.norm(test - Q @ (Q.T @ test)) / np.linalg.norm(test)
        print(
            f"{k:6d}  {least[column]:8.4f}  " + "  ".join(f"{e:15.4f}" for e in errors[:, column])
        )
        certificate = chosen.certificate
        norm = np.linalg.norm(train)
        print(
            f"        on the images that teach: certified {certificate.relative_error:.4f}, "
            f"at most {float(certificate.error_bound) / norm:.4f}"
        )
    return errors, least


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(train: np.ndarray, test: np.ndarray, errors: np.ndarray, least: np.ndarray) -> Any:
    """Return the figure: errors by the number of pixels, the pixels, and images filled in."""
    figure = pyplot().figure(figsize=(12, 6.4), dpi=110, layout="constrained")
    figure.suptitle("Digits from a few of their 64 pixels", fontsize=13)
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.15))
    axes = left.subplots()
    for method, row in zip(METHODS, errors, strict=True):
        axes.plot(PIXELS, row, "o-", label=method)
    axes.plot(PIXELS, least, "k--", label="all pixels, subspace of that dimension")
    axes.set(xlabel="pixels", ylabel="relative error on images that taught nothing")
    axes.legend(fontsize=9)
    chosen = row_subset(train, SHOWN, method="osinsky", interp="projection")
    lots = uniform(train, SHOWN, np.random.default_rng(0))
    grid = right.subplots(3, 7)
    images = test[:, :6]
    pictures = ((images, "true"), (chosen.W @ images[chosen.indices], "Osinsky"))
    for row, (filled, label) in zip(
        grid, (*pictures, (lots[1] @ images[lots[0]], "uniform")), strict=True
    ):
        S = {"Osinsky": chosen.indices, "uniform": lots[0]}.get(label, [])
        mask = np.zeros(64)
        mask[S] = 1.0
        row[0].imshow((mask if label != "true" else train.mean(axis=1)).reshape(8, 8), cmap="Blues")
        row[0].set_ylabel(label)
        for axis, image in zip(row[1:], filled.T, strict=True):
            axis.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
    for axis in grid.flat:
        axis.set_xticks([])
        axis.set_yticks([])
    grid[0, 0].set_title("mean", fontsize=9)
    grid[1, 0].set_title(f"{SHOWN} pixels", fontsize=9)
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Compare the choices of pixels, print the errors, and draw them where wanted."""
    train, test = halves()
    errors, least = compare(train, test)
    if show or save is not None:
        figure = draw(train, test, errors, least)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
