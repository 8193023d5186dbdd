"""
Which handwritten digits may share a basis?
===========================================

Ten images of one digit are a matrix with an image a column. Groups of such matrices are looked
for that one basis represents within a budget, at little storage in all; which digit a matrix
shows is not told. The groups turn out to be the digits. Then the classes themselves, in
pairs: at a coarse budget two of them are cheaper together, and most are not.

Run it with ``python examples/plot_digit_classes.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.concat import ClusterResult, cluster_matrices
from linsub.errors import MissingExtraError
from linsub.svd import truncated_svd
from linsub.testing import load_digits

TEN = 10  # digits, and images in a matrix
RANK, ERROR = 10, 0.3
PAIR_ERROR = 0.4


def load() -> list[np.ndarray]:
    """Return the images of each digit, one a column, from 0 (white) to 1."""
    data, target = load_digits()
    return [data[target == digit].T / 16 for digit in range(TEN)]


def group(classes: list[np.ndarray]) -> tuple[ClusterResult, np.ndarray]:
    """Return the clusters of matrices of ten images, and how many show which digit."""
    blocks, digits = [], []
    for digit, images in enumerate(classes):
        for start in range(0, images.shape[1], TEN):
            blocks.append(images[:, start : start + TEN])
            digits.append(digit)
    result = cluster_matrices(blocks, RANK, ERROR)
    table = np.zeros((TEN, result.ranks.size), int)
    np.add.at(table, (digits, result.labels), 1)
    off, size = np.zeros((2, result.ranks.size))
    for i, (block, label) in enumerate(zip(blocks, result.labels, strict=True)):
        off[label] += np.linalg.norm(block - result.reconstruct(i)) ** 2
        size[label] += np.linalg.norm(block) ** 2
    print(
        f"{len(blocks)} matrices, budget {ERROR}: {result.ranks.size} clusters of rank up to "
        f"{result.ranks.max()}, ratio {result.compression_ratio:.2f}"
    )
    print(
        f"largest error of a cluster: certified {result.upper.max():.6f}, "
        f"true {np.sqrt(off / size).max():.6f}"
    )
    commonest = table.max(axis=0).sum() / len(blocks)
    print(f"matrices that show the commonest digit of their cluster: {commonest:.1%}")
    return result, table


def pairs(classes: list[np.ndarray]) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return what each pair of classes saves by one basis, and the pairs that are clusters."""
    numbers = [size([images]) for images in classes]
    saving = np.full((TEN, TEN), np.nan)
    shared = []
    for a in range(TEN):
        for b in range(a):
            together = size([classes[a], classes[b]])
            saving[a, b] = saving[b, a] = 1.0 - together / (numbers[a] + numbers[b])
            result = cluster_matrices([classes[a], classes[b]], RANK, PAIR_ERROR)
            if result.labels[0] == result.labels[1]:
                shared.append((b, a))
    print(f"pairs of classes that share a basis at budget {PAIR_ERROR}:")
    for b, a in shared:
        print(f"  {b} and {a}: {saving[a, b]:.1%} saved")
    return saving, shared


def size(blocks: list[np.ndarray]) -> int:
    """Return the numbers that one basis for these blocks takes at the budget of the pairs."""
    M = np.hstack(blocks)
    return truncated_svd(M, error=PAIR_ERROR, rng=0).S.size * sum(M.shape)


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(
    result: ClusterResult, table: np.ndarray, saving: np.ndarray, shared: list[tuple[int, int]]
) -> Any:
    """Return the figure: clusters against digits, savings of pairs, and the bases."""
    figure = pyplot().figure(figsize=(12, 7.4), dpi=110, layout="constrained")
    figure.suptitle("Handwritten digits that share a basis", fontsize=13)
    above, below = figure.subfigures(2, 1, height_ratios=(1.25, 1))
    left, right = above.subplots(1, 2, width_ratios=(1.6, 1))
    order = np.argsort(table.argmax(axis=0), kind="stable")
    left.imshow(table[:, order], cmap="Blues", aspect="auto")
    for (digit, c), count in np.ndenumerate(table[:, order]):
        if count:
            colour = "white" if count > table.max() / 2 else "black"
            left.text(c, digit, str(count), ha="center", va="center", color=colour, fontsize=8)
    left.set_title(f"matrices of ten images, by digit and cluster (budget {ERROR:g})", fontsize=10)
    left.set(xlabel="cluster, with its rank", ylabel="digit shown")
    left.set_xticks(range(len(order)), [str(k) for k in result.ranks[order]])
    left.set_yticks(range(TEN))
    peak = 100 * np.nanmax(np.abs(saving))
    image = right.imshow(100 * saving, cmap="PuOr_r", vmin=-peak, vmax=peak)
    for pair in shared:
        for x, y in (pair, pair[::-1]):
            right.plot(x, y, "o", color="white", ms=7)
    right.set_title(f"saved by one basis for two classes (budget {PAIR_ERROR:g})", fontsize=10)
    right.set_xlabel("white: cluster_matrices stores them together")
    right.set_xticks(range(TEN))
    right.set_yticks(range(TEN))
    figure.colorbar(image, ax=right, label="%", shrink=0.8)
    _draw_bases(below, result, order)
    return figure


def _draw_bases(figure: Any, result: ClusterResult, order: np.ndarray) -> None:
    figure.suptitle("their bases, the first vector on top", fontsize=10)
    deepest = int(result.ranks.max())
    axes = figure.subplots(deepest, len(order), squeeze=False)
    factors = result.factors()
    for column, c in zip(axes.T, order, strict=True):
        U = factors[c].U
        for j, ax in enumerate(column):
            ax.set_axis_off()
            if U is not None and j < U.shape[1]:
                u = U[:, j] * np.sign(U[:, j].sum() or 1.0)
                peak = np.abs(u).max()
                ax.imshow(u.reshape(8, 8), cmap="RdGy", vmin=-peak, vmax=peak)


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Group the matrices, try the pairs, print the findings, and draw them where wanted."""
    classes = load()
    result, table = group(classes)
    saving, shared = pairs(classes)
    if show or save is not None:
        figure = draw(result, table, saving, shared)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
