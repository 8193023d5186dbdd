"""
A regression from few of its rows
=================================

A cubic fit (least sum of cubed residuals) of the digit that an image shows on its 61 pixels, from a
sample of the images. Nearly all images are alike, and some are not: the few that ink a pixel that
no other does decide its coefficient alone. Uniform samples miss them now and then. Leverage, Lewis
weights and sensitivities know them.

Run it with ``python examples/plot_regression_coreset.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import MissingExtraError
from linsub.sensitivity import (
    leverage_scores,
    lewis_weights,
    lp_regression,
    lp_sensitivities,
    sample_rows,
)
from linsub.testing import load_digits

P = 3.0
SIZES = (150, 200, 300, 450, 700)
DRAWS = 5
SHOWN = 12
METHODS = ("uniform", "leverage", "Lewis", "sensitivity")


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Return pixels that are inked at all, from 0 to 1, and the digits."""
    data, target = load_digits()
    return data[:, data.any(axis=0)] / 16, target.astype(float)


def scores(whole: np.ndarray) -> dict[str, np.ndarray]:
    """Return how much each row of [A b] matters, by each of the methods."""
    return {
        "uniform": np.ones(len(whole)),
        "leverage": leverage_scores(whole).scores,
        "Lewis": lewis_weights(whole, P).weights,
        "sensitivity": lp_sensitivities(whole, P, method="bracket").upper,
    }


def loss(A: np.ndarray, b: np.ndarray, x: np.ndarray) -> float:
    """Return ||A x - b||_p."""
    return float((np.abs(A @ x - b) ** P).sum() ** (1 / P))


def compare(
    A: np.ndarray, b: np.ndarray, by: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return median and largest excess of the loss by method and size."""
    least = lp_regression(A, b, P, rtol=1e-6).value
    print(f"{len(A)} images, {A.shape[1]} pixels, least loss {least:.4f}")
    print(f"{'rows':>5}  " + "  ".join(f"{name:>17}" for name in METHODS) + "   (median, largest)")
    excess = np.zeros((len(METHODS), len(SIZES), DRAWS))
    whole = np.column_stack([A, b])
    for column, size in enumerate(SIZES):
        for row, name in enumerate(METHODS):
            for seed in range(DRAWS):
                sample = sample_rows(whole, P, size, scores=by[name], rng=(size, seed))
                S = sample.indices
                x = lp_regression(A[S], b[S], P, weights=sample.weights, rtol=1e-4).x
                excess[row, column, seed] = loss(A, b, x) / least - 1
        cells = [f"{np.median(e):8.4f} {e.max():8.4f}" for e in excess[:, column]]
        print(f"{size:5d}  " + "  ".join(cells))
    return np.median(excess, axis=2), excess.max(axis=2)


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(by: dict[str, np.ndarray], median: np.ndarray, largest: np.ndarray) -> Any:
    """Return the figure: excess of the loss by rows, and the images that matter most and least."""
    figure = pyplot().figure(figsize=(12, 5.6), dpi=110, layout="constrained")
    figure.suptitle("A cubic fit from few of its rows", fontsize=13)
    panels = figure.subplot_mosaic("LRA;LRB", width_ratios=(1, 1, 1.5))
    panels["R"].sharey(panels["L"])
    for axes, values, title in zip(
        (panels["L"], panels["R"]),
        (median, largest),
        ("median of draws", "largest of draws"),
        strict=True,
    ):
        for name, row in zip(METHODS, values, strict=True):
            axes.loglog(SIZES, row, "o-", label=name)
        axes.set(title=title, xlabel="rows of 1797")
        axes.set_xticks(SIZES, [str(size) for size in SIZES])
        axes.minorticks_off()
    panels["L"].set_ylabel("loss over the least one, less 1")
    panels["L"].legend(fontsize=9)
    order = np.argsort(-by["sensitivity"])
    images = load_digits().data
    for axes, title, chosen in zip(
        (panels["A"], panels["B"]),
        ("the images that matter most", "and least"),
        (order[:SHOWN], order[-SHOWN:]),
        strict=True,
    ):
        axes.set_title(title, fontsize=10)
        axes.imshow(mosaic(images[chosen]), cmap="gray_r", vmin=0, vmax=16)
        axes.set_axis_off()
    return figure


def mosaic(images: np.ndarray) -> np.ndarray:
    """Return images of 8 x 8 in two lines, with a thin gray frame around each."""
    framed = np.pad(images.reshape(2, SHOWN // 2, 8, 8), ((0, 0),) * 2 + ((1, 1),) * 2,
                    constant_values=4.0)  # fmt: skip
    return framed.transpose(0, 2, 1, 3).reshape(2 * 10, SHOWN // 2 * 10)


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Compare the samples, print what they lose, and draw it where wanted."""
    A, b = problem()
    by = scores(np.column_stack([A, b]))
    print(
        "sums: "
        + ", ".join(f"{name} {by[name].sum():.1f}" for name in METHODS[1:])
        + f"; {np.count_nonzero(by['sensitivity'] > 0.5)} images of sensitivity above 1/2"
    )
    median, largest = compare(A, b, by)
    if show or save is not None:
        figure = draw(by, median, largest)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
