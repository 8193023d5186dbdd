"""
Compress the tiles of an image together
=======================================

A photograph is cut into tiles, and each tile is the matrix of its 8 x 8 patches. Stored alone
a tile needs a basis of its own; one basis for all must serve sky, leaves and roof alike. In
between, groups of tiles share a basis within an error budget, which the certified error of
every group keeps. Who goes with whom is decided by storage: flat tiles of sky, which are
in every basis, go anywhere, and where they do they leave room for the leaves.

Run it with ``python examples/plot_compress_patches.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.concat import ClusterResult, cluster_matrices
from linsub.errors import MissingExtraError
from linsub.testing import load_image

TILE, PATCH, RANK = 64, 8, 16
ERRORS = (0.2, 0.1, 0.05)
SHOWN = 0.1  # the budget of the pictures
ATOMS = 6  # patches of a basis that are drawn
GREY, BLUE, YELLOW = "#5f6b76", "#0072B2", "#E69F00"


def cut(image: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the tiles as matrices of patches, one a column, and how many there are each way."""
    rows, columns = (side // TILE for side in image.shape)
    p, q = PATCH, TILE // PATCH
    parts = image[: rows * TILE, : columns * TILE].reshape(rows, q, p, columns, q, p)
    return parts.transpose(0, 3, 2, 5, 1, 4).reshape(rows * columns, p * p, q * q), (rows, columns)


def paste(tiles: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Return the image that has these tiles."""
    (rows, columns), p, q = grid, PATCH, TILE // PATCH
    parts = tiles.reshape(rows, columns, p, p, q, q).transpose(0, 4, 2, 1, 5, 3)
    return parts.reshape(rows * TILE, columns * TILE)


def compress(tiles: np.ndarray) -> dict[float, ClusterResult]:
    """Return the clusters for each budget, and print them beside the two extremes."""
    print(
        f"{'budget':>6}  {'clusters':>8}  {'certified':>9}  {'true':>9}  "
        f"{'together':>8}  {'each alone':>10}  {'one basis':>9}"
    )
    results = {}
    for error in ERRORS:
        result = results[error] = cluster_matrices(tiles, RANK, error)
        alone, one = (tiles.size / numbers for numbers in extremes(tiles, error))
        print(
            f"{error:>6.2f}  {result.ranks.size:>8}  {result.upper.max():>9.6f}  "
            f"{worst(tiles, result):>9.6f}  {result.compression_ratio:>7.2f}x  {alone:>9.2f}x  "
            f"{one:>8.2f}x"
        )
    return results


def extremes(tiles: np.ndarray, error: float) -> tuple[int, int]:
    """Return the numbers that store each tile alone, and all tiles by one basis."""
    together = np.hstack(list(tiles))
    return sum(size(tile, error) for tile in tiles), size(together, error)


def size(A: np.ndarray, error: float) -> int:
    """Return the numbers that one matrix takes by itself within the error."""
    sigma = np.linalg.svd(A, compute_uv=False)
    tails = np.sqrt(np.append(np.cumsum(sigma[::-1] ** 2)[::-1], 0.0))
    return min(int(np.argmax(tails <= error * tails[0])) * sum(A.shape), A.size)


def rebuilt(result: ClusterResult) -> np.ndarray:
    """Return all tiles as they are stored."""
    return np.stack([result.reconstruct(i) for i in range(result.labels.size)])


def worst(tiles: np.ndarray, result: ClusterResult) -> float:
    """Return the largest true error of a cluster."""
    off = np.square(tiles - rebuilt(result)).sum(axis=(1, 2))
    size = np.square(tiles).sum(axis=(1, 2))
    sums = (np.bincount(result.labels, weights=x) for x in (off, size))
    return float(np.sqrt(np.divide(*sums)).max())


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(tiles: np.ndarray, grid: tuple[int, int], results: dict[float, ClusterResult]) -> Any:
    """Return the figure: the image, who shares a basis, what comes back, and some bases."""
    result = results[SHOWN]
    image = paste(tiles, grid)
    sizes = np.bincount(result.labels)
    largest = np.argsort(-sizes, kind="stable")[:5]
    figure = pyplot().figure(figsize=(12, 7.2), dpi=110, layout="constrained")
    figure.suptitle(
        f"{len(tiles)} tiles of a photograph, stored together within {SHOWN:g}", fontsize=13
    )
    above, below = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    axes = above.subplots(1, 3)
    names = (
        f"original, {image.size:,} numbers",
        f"{sizes.size} clusters; the five largest in colour",
        f"as stored, {image.size / result.compression_ratio:,.0f} numbers",
    )
    for ax, name in zip(axes, names, strict=True):
        ax.set_title(name, fontsize=10)
        ax.set_axis_off()
    axes[0].imshow(image, cmap="gray", vmin=0, vmax=1)
    axes[1].imshow(image, cmap="gray", vmin=0, vmax=1)
    colours = pyplot().get_cmap("Set1")(range(5))
    overlay = np.zeros((sizes.size, 4))
    overlay[largest] = colours
    overlay[largest, 3] = 0.6
    overlay = overlay[result.labels].reshape(*grid, 4)
    axes[1].imshow(overlay.repeat(TILE, 0).repeat(TILE, 1))
    axes[2].imshow(paste(rebuilt(result), grid), cmap="gray", vmin=0, vmax=1)
    left, right = below.subfigures(1, 2, width_ratios=(1.35, 1))
    _draw_bases(left, result, largest, colours, sizes)
    _draw_ratios(right.subplots(), tiles, results)
    return figure


def _draw_bases(
    figure: Any, result: ClusterResult, largest: np.ndarray, colours: Any, sizes: np.ndarray
) -> None:
    figure.suptitle("first patches of their bases", fontsize=10)
    axes = figure.subplots(len(largest), ATOMS)
    factors = result.factors()
    for row, c, colour in zip(axes, largest, colours, strict=True):
        U = factors[c].U
        for j, ax in enumerate(row):
            ax.set_axis_off()
            if U is not None and j < U.shape[1]:
                peak = np.abs(U[:, j]).max()
                ax.imshow(U[:, j].reshape(PATCH, PATCH), cmap="RdBu", vmin=-peak, vmax=peak)
        row[0].text(
            -0.3, 0.5, f"{sizes[c]} tiles,\nrank {result.ranks[c]}", color=colour, fontsize=9,
            ha="right", va="center", transform=row[0].transAxes,
        )  # fmt: skip


def _draw_ratios(ax: Any, tiles: np.ndarray, results: dict[float, ClusterResult]) -> None:
    place = np.arange(len(ERRORS))
    alone, one = tiles.size / np.array([extremes(tiles, error) for error in ERRORS]).T
    kinds = (
        (-0.27, "each tile alone", GREY, alone),
        (0.0, "one basis for all", YELLOW, one),
        (0.27, "clusters", BLUE, [results[error].compression_ratio for error in ERRORS]),
    )
    for shift, name, colour, ratios in kinds:
        bars = ax.bar(place + shift, ratios, 0.25, color=colour, label=name)
        ax.bar_label(bars, fmt="%.1f", fontsize=8)
    ax.set_xticks(place, [f"{error:g}" for error in ERRORS])
    ax.set(xlabel="error budget", ylabel="compression ratio")
    ax.legend(fontsize=8, frameon=False)


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Compress the tiles, print the table, and draw it where wanted."""
    tiles, grid = cut(load_image() / 255)  # 0 is black, 1 is white
    results = compress(tiles)
    if show or save is not None:
        figure = draw(tiles, grid, results)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
