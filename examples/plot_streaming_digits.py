"""
A stream of images and what is known of its leading direction
=============================================================

Images of handwritten digits arrive once, in random order, digit after digit, or sorted by their
likeness to the leading direction. Two streams keep a few vectors each: a sketch of 8 rows by
Frequent Directions, and Oja's rule at 16 rates, which takes from such a sketch only a bound on the
second eigenvalue. At any moment they hand out a vector and a number that the sine of its angle to
the leading direction of the images so far cannot exceed, in any order. Oja's proof is the growth of
its own iterate: it improves as images arrive.

Run it with ``python examples/plot_streaming_digits.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from linsub.errors import MissingExtraError
from linsub.streaming import StreamingTopEigenvector, top_eigenvector
from linsub.testing import load_digits

BLOCK = 20  # images
SKETCH = 8
METHODS = ("oja_grid", "fd")
BLUE, RED, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#5f6b76"


class Moment(NamedTuple):
    """What is known after a block: the sine, proved and true, and the interval of lambda_1."""

    images: int
    bound: float
    true: float
    lower: float
    upper: float
    exact: float


class Study(NamedTuple):
    """Every order and method, the vectors in the end, and which orders were doubted."""

    moments: dict[tuple[str, str], list[Moment]]
    vectors: dict[str, np.ndarray]
    exact: np.ndarray
    twice: tuple[float, float]
    doubts: dict[str, bool]


def sine(v: np.ndarray, w: np.ndarray) -> float:
    """Return the sine of the angle between two unit vectors."""
    return float(np.linalg.norm(v - w * (w @ v)))


def watch(A: np.ndarray, method: Any) -> tuple[list[Moment], StreamingTopEigenvector]:
    """Stream the rows and compare with the leading direction of those so far."""
    stream = StreamingTopEigenvector(
        method=method, sketch_size=SKETCH, heavy_rows=0, n_sampled=64, rng=0
    )
    gram, found = np.zeros((A.shape[1], A.shape[1])), []
    for i in range(0, len(A), BLOCK):
        block = A[i : i + BLOCK]
        stream.update(block)
        gram += block.T @ block
        values, vectors = np.linalg.eigh(gram)
        result = stream.result()
        true = sine(np.asarray(result.vector), vectors[:, -1])
        found.append(
            Moment(i + len(block), result.sin_bound, true, *result.value, float(values[-1]))
        )
    return found, stream


def study() -> Study:
    """Stream the images in three orders."""
    digits = load_digits()
    A = digits.data
    exact = np.linalg.eigh(A.T @ A)[1][:, -1]
    exact = exact * np.sign(exact[np.argmax(np.abs(exact))])
    orders = {
        "random order": np.random.default_rng(0).permutation(len(A)),
        "digit after digit": np.argsort(digits.target, kind="stable"),
        "sorted by likeness": np.argsort(A @ exact / np.linalg.norm(A, axis=1), kind="stable"),
    }
    found = Study({}, {}, exact, top_two(A, exact), {})
    for name, order in orders.items():
        for method in METHODS:
            found.moments[name, method], stream = watch(A[order], method)
            result = stream.result()
            if method == "oja_grid":
                found.vectors[name] = np.asarray(result.vector)
                found.doubts[name] = bool(result.info.notes)
    return found


def top_two(A: np.ndarray, exact: np.ndarray) -> tuple[float, float]:
    """Return the sine with a second reading, proved and true."""
    second = top_eigenvector(A, 2, rng=0)
    return second.sin_bound, sine(np.asarray(second.vector), exact)


def report(found: Study) -> None:
    """Print bounds beside true sines."""
    head = f"{'order':<20}{'method':<10}{'images':>7}{'proved':>11}{'true':>11}"
    print(f"{head}{'interval of lambda_1':>24}")
    for (name, method), moments in found.moments.items():
        for m in (moments[9], moments[-1]):
            print(
                f"{name:<20}{method:<10}{m.images:>7}{m.bound:>11.6f}{m.true:>11.6f}"
                f"{m.lower / m.exact:>15.4f}{m.upper / m.exact:>9.4f}"
            )
    print(f"with a second reading: proved {found.twice[0]:.2e}, true {found.twice[1]:.2e}")
    for name, doubt in found.doubts.items():
        print(f"{name}: {'does not look' if doubt else 'looks'} randomly ordered")


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(found: Study) -> Any:
    """Return the figure: sines as images arrive, and the directions as images."""
    figure = pyplot().figure(figsize=(11, 7.2), dpi=110, layout="constrained")
    figure.suptitle(
        "The leading direction of a stream of digits, with its certificate", fontsize=13
    )
    above, below = figure.subfigures(2, 1, height_ratios=(2.4, 1))
    panels = above.subplots(1, 2, sharey=True)
    titles = (
        f"Oja's rule at 16 rates, {SKETCH} rows for λ₂",
        f"Frequent Directions, {SKETCH} rows",
    )
    colours = dict(zip(found.vectors, (BLUE, RED, GREEN), strict=True))
    for ax, method, title in zip(panels, METHODS, titles, strict=True):
        for name, colour in colours.items():
            moments = found.moments[name, method]
            images = [m.images for m in moments]
            ax.semilogy(images, [m.bound for m in moments], color=colour, label=f"{name}: proved")
            ax.semilogy(images, [m.true for m in moments], ".", color=colour, ms=3)
        ax.plot([], [], ".", color=GREY, ms=3, label="true")
        ax.set(xlabel="images so far", ylim=(3e-6, 2.0))
        ax.set_title(title, fontsize=10)
        ax.legend(fontsize=8, frameon=False, loc="lower right")
    panels[0].set(ylabel="sine to the leading direction of the images so far")
    shown = [("all images, exact", found.exact), *found.vectors.items()]
    for ax, (name, image) in zip(below.subplots(1, len(shown)), shown, strict=True):
        ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0.0)
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
