"""
A growing matrix with a certified error
=======================================

Images of handwritten digits come in blocks: first all zeros, then all ones, and so on, so that
each class brings directions that nobody has seen before. An incremental SVD takes a block and
forgets it. Its error bound needs none of the images that are gone, and beside the true error
(the example keeps the images to see) it is the same number. One stream has a fixed rank, and its
error grows with each class; the other has an error that it may make, and its rank adapts.

Run it with ``python examples/plot_growing_matrix.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from linsub.errors import MissingExtraError
from linsub.svd import IncrementalSVD
from linsub.testing import load_digits

ERROR, RANK = 0.25, 12
BLOCK = 25  # images
BLUE, RED, GREY = "#0072B2", "#D55E00", "#5f6b76"


class Moment(NamedTuple):
    """What is known after a block: relative errors, certified, true and least possible."""

    images: int
    rank: int
    certified: float
    true: float
    least: float


class Study(NamedTuple):
    """Two streams over the same images, and one late image as the adaptive one sees it."""

    ends: list[int]  # images so far when a class is complete
    adaptive: list[Moment]
    fixed: list[Moment]
    late: list[tuple[str, np.ndarray]]


def measure(svd: IncrementalSVD, seen: np.ndarray, norm: float, tails: np.ndarray) -> Moment:
    """Return the certified error of a stream beside the true one."""
    U, S, Vh = result = svd.result()
    true = np.linalg.norm(seen - U * S @ Vh) / norm
    return Moment(len(seen), S.size, result.certificate.relative_error, true, tails[S.size] / norm)


def study() -> Study:
    """Stream the images class by class."""
    digits = load_digits()
    order = np.argsort(digits.target, kind="stable")
    A, target = digits.data[order], digits.target[order]
    ends = [int(np.count_nonzero(target <= digit)) for digit in range(10)]
    adaptive, fixed = IncrementalSVD(error=ERROR), IncrementalSVD(RANK)
    last = A[-1:]
    found = Study(ends, [], [], [("a 9, the last image", last)])
    for digit, (start, stop) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        for i in range(start, stop, BLOCK):
            block = A[i : min(i + BLOCK, stop)]
            adaptive.update(block)
            fixed.update(block)
            seen = A[: i + len(block)]
            S = np.linalg.svd(seen, compute_uv=False)
            tails = np.append(np.sqrt(np.cumsum(S[::-1] ** 2))[::-1], 0.0)
            found.adaptive.append(measure(adaptive, seen, tails[0], tails))
            found.fixed.append(measure(fixed, seen, tails[0], tails))
        if digit in (0, 4, 9):
            name = "in the basis of the zeros" if digit == 0 else f"in that of 0 to {digit}"
            found.late.append((name, adaptive.reconstruct(adaptive.project(last))))
    return found


def report(found: Study) -> None:
    """Print both streams at the end of every class."""
    print(f"error at most {ERROR:g}{'':18}rank {RANK}")
    head = f"{'certified':>13}{'true':>14}"
    print(f"{'digits':>6}{'images':>8}{'rank':>6}{head}  |{head}{'least':>10}")
    for digit, end in enumerate(found.ends):
        a, f = (
            next(moment for moment in moments if moment.images == end)
            for moments in (found.adaptive, found.fixed)
        )
        print(
            f"{f'0-{digit}':>6}{end:>8}{a.rank:>6}{a.certified:>13.9f}{a.true:>14.9f}  |"
            f"{f.certified:>13.9f}{f.true:>14.9f}{f.least:>10.6f}"
        )
    both = found.adaptive + found.fixed
    apart = max(moment.certified / moment.true - 1 for moment in both)
    print(f"largest excess of a certified error over the true one: {apart:.1e}")


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(found: Study) -> Any:
    """Return the figure: errors and ranks as the images come, and one image in three bases."""
    figure = pyplot().figure(figsize=(11, 7.2), dpi=110, layout="constrained")
    figure.suptitle("Handwritten digits, class after class, in two incremental SVDs", fontsize=13)
    above, below = figure.subfigures(2, 1, height_ratios=(2.4, 1))
    left, right = above.subplots(1, 2)
    for colour, moments, name in (
        (BLUE, found.fixed, f"rank {RANK}"),
        (RED, found.adaptive, f"error at most {ERROR:g}"),
    ):
        images = [moment.images for moment in moments]
        certified = [moment.certified for moment in moments]
        true = [moment.true for moment in moments]
        left.plot(images, certified, color=colour, lw=3, alpha=0.4, label=f"{name}: certified")
        left.plot(images, true, ".", color=colour, ms=3, label=f"{name}: true")
        right.step(images, [m.rank for m in moments], color=colour, where="post", label=name)
    least = [moment.least for moment in found.fixed]
    left.plot(images, least, color=GREY, lw=0.8, label=f"least possible of rank {RANK}")
    left.axhline(ERROR, color=RED, ls="--", lw=0.8)
    left.set(ylabel="‖A − U S Vh‖ / ‖A‖ (Frobenius)", ylim=(0, 1.45 * max(ERROR, *least)))
    right.set(ylabel="rank k", ylim=(0, None))
    left.set_title("Error of all images so far", fontsize=10)
    right.set_title("Directions that are kept", fontsize=10)
    for ax in (left, right):
        for digit, (start, end) in enumerate(zip([0, *found.ends[:-1]], found.ends, strict=True)):
            ax.axvline(end, color=GREY, lw=0.4)
            ax.annotate(
                str(digit), ((start + end) / 2, 0.01), xycoords=("data", "axes fraction"),
                ha="center", fontsize=8, color=GREY,
            )  # fmt: skip
        ax.set(xlabel="images so far (and their digit)", xlim=(0, found.ends[-1]))
        ax.legend(fontsize=8, frameon=False, loc="upper left", ncols=2)
    for ax, (name, image) in zip(below.subplots(1, len(found.late)), found.late, strict=True):
        ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        ax.set_title(name, fontsize=9)
        ax.set_axis_off()
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Stream the digits, print the table, and draw it where wanted."""
    found = study()
    report(found)
    if show or save is not None:
        figure = draw(found)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
