"""
A stream of patches, merged and reduced
=======================================

The 4 x 4 patches of a photograph come row by row and are forgotten. What is kept of them are a few
weighted patches from which ``||A x||`` of all of them is known for every filter x, within an
interval that is carried along and certified, though most of the patches are gone. At the end the
principal components of the kept patches are held against those of all.

Run it with ``python examples/plot_patch_stream.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import MissingExtraError
from linsub.sensitivity import MergeReduceCoreset, RowSample, embedding_distortion
from linsub.testing import load_image

SIDE, STEP = 4, 2
SIZE = 2000
SHOWN = 6


def patches(image: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the patches of one row of positions after another, less a half of full white."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (SIDE, SIDE))[::STEP, ::STEP]
    for row in windows:
        yield row.reshape(len(row), SIDE * SIDE) / 255 - 0.5


def follow(image: np.ndarray) -> tuple[MergeReduceCoreset, list[tuple[float, ...]]]:
    """Return the stream after all rows, and what was known and true on the way."""
    blocks = list(patches(image))
    stream = MergeReduceCoreset(SIZE, scores="leverage", rng=0)
    print(f"{'patches':>8}  {'kept':>6}  {'certified ratios':>18}  {'true ratios':>16}")
    known = []
    for k, block in enumerate(blocks, 1):
        stream.update(block)
        if k % 30 and k != len(blocks):
            continue
        found = stream.result()
        A = np.concatenate(blocks[:k])
        kept = RowSample(found.indices, found.weights, np.ones(len(A)), 2.0)
        true = embedding_distortion(A, kept)
        lower, upper = float(found.certificate.lower), float(found.certificate.upper)
        known.append((len(A), found.indices.size, lower, upper, true.lower, true.upper))
        print(
            f"{len(A):8d}  {found.indices.size:6d}  {lower:8.4f} {upper:8.4f}   "
            f"{true.lower:7.4f} {true.upper:7.4f}"
        )
    return stream, known


def components(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the singular values and the right singular vectors, one a row."""
    _, S, Vh = np.linalg.svd(rows, full_matrices=False)
    return S, Vh


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(image: np.ndarray, stream: MergeReduceCoreset, known: list[tuple[float, ...]]) -> Any:
    """Return the figure: the photograph with what was kept, the interval, and components."""
    found = stream.result()
    across = len(next(patches(image)))
    figure = pyplot().figure(figsize=(12, 7), dpi=110, layout="constrained")
    figure.suptitle(f"{stream.n_rows} patches, {found.indices.size} of them kept", fontsize=13)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1.9, 1))
    left, right = top.subplots(1, 2, width_ratios=(1.25, 1))
    left.imshow(image, cmap="gray")
    # The last rows wait for more and were not reduced.
    reduced = found.weights > 1
    y, x = np.divmod(found.indices[reduced], across)
    colours = -np.log(found.weights[reduced])
    left.scatter(STEP * x + SIDE / 2, STEP * y + SIDE / 2, s=2, c=colours, cmap="autumn_r")
    left.set(title="kept for others too: the yellower the more", xticks=[], yticks=[])
    n, _, lower, upper, low, high = np.array(known).T
    right.fill_between(n, lower, upper, alpha=0.25, label="certified")
    right.fill_between(n, low, high, alpha=0.8, label="true")
    right.set(title="||S A x|| / ||A x|| for all x", xlabel="patches that came")
    right.legend()
    whole = components(np.concatenate(list(patches(image))))[1]
    few = components(found.scaled)[1]
    grid = bottom.subplots(2, SHOWN)
    for row, vectors, name in zip(grid, (whole, few), ("all", "kept"), strict=True):
        for axes, v, w in zip(row, vectors[:SHOWN], whole, strict=False):
            axes.imshow((v * np.sign(v @ w)).reshape(SIDE, SIDE), cmap="RdBu", vmin=-0.6, vmax=0.6)
            axes.set_xticks([])
            axes.set_yticks([])
        row[0].set_ylabel(name)
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Follow the stream, print what is known of it, and draw it where wanted."""
    image = load_image()
    stream, known = follow(image)
    whole, _ = components(np.concatenate(list(patches(image))))
    few, _ = components(stream.result().scaled)
    print(f"singular values: kept over all from {(few / whole).min():.4f} to "
          f"{(few / whole).max():.4f}")  # fmt: skip
    if show or save is not None:
        figure = draw(image, stream, known)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
