"""
One pass, one vector: which method finds it, and which proves it
================================================================

Streams on which one-pass methods go wrong: a flat tail below the leading direction, few heavy rows
among many light ones, first, last or anywhere, and rows sorted by their part along the answer. Each
method that must not form the covariance gets the same memory of some 40 rows. The picture shows the
squared cosine to the truth, and a ring where the method proves a sine below 1.

Run it with ``python examples/plot_stream_methods.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import MissingExtraError
from linsub.streaming import HistoryPCA, OjaPCA, StreamingTopEigenvector
from linsub.testing import gallery

D, N, BLOCK = 80, 4000, 250

STREAMS = (
    "flat, R = 1.5",
    "flat, R = 4",
    "flat, R = 4, sorted",
    "heavy",
    "heavy first",
    "heavy last",
)

METHODS: dict[str, Any] = {
    "AdaGrad Oja": lambda: OjaPCA(1, rng=0),
    "History PCA": lambda: HistoryPCA(1, rng=0),
    "Frequent Directions": lambda: _top("fd"),
    "Oja's rule, 16 rates": lambda: _top("oja_grid"),
    "block power": lambda: _top("block_power"),
    "auto, no covariance": lambda: _top("auto"),
    "auto (exact here)": lambda: StreamingTopEigenvector(rng=0),
}


def _top(method: Any) -> StreamingTopEigenvector:
    return StreamingTopEigenvector(
        method=method, sketch_size=20, heavy_rows=20, covariance_limit=0, rng=0
    )


def stream(name: str) -> np.ndarray:
    """Return a stream, turned so that nothing lies along an axis."""
    rng = np.random.default_rng(1)
    if name.startswith("flat"):
        R = 1.5 if "1.5" in name else 4.0
        return gallery.spiked(N, D, R, "sorted" if "sorted" in name else "random", rng=rng)
    A = gallery.hard_fixed_rate(D, 3, N // D)
    heavy, light = A[:3], rng.permutation(A[3:])
    parts = {"heavy first": (heavy, light), "heavy last": (light, heavy)}
    A = np.vstack(parts[name]) if name in parts else rng.permutation(A)
    return np.asarray(A @ np.linalg.qr(rng.standard_normal((D, D)))[0])


def study() -> tuple[np.ndarray, np.ndarray]:
    """Return the squared cosine and the proved sine of every method on every stream."""
    cosines = np.zeros((len(METHODS), len(STREAMS)))
    sines = np.ones_like(cosines)
    for j, name in enumerate(STREAMS):
        A = stream(name)
        truth = np.linalg.eigh(A.T @ A)[1][:, -1]
        for i, make in enumerate(METHODS.values()):
            method = make()
            for k in range(0, len(A), BLOCK):
                method.update(A[k : k + BLOCK])
            result = method.result()
            vector = np.asarray(result[0]).ravel()
            cosines[i, j] = float(vector @ truth) ** 2
            sines[i, j] = getattr(result, "sin_bound", 1.0)
            assert np.sqrt(max(0.0, 1.0 - cosines[i, j])) <= sines[i, j] + 1e-7
    return cosines, sines


def report(cosines: np.ndarray, sines: np.ndarray) -> None:
    """Print squared cosines, with the proved sine where there is one."""
    for j, name in enumerate(STREAMS):
        for i, method in enumerate(METHODS):
            proved = f"{sines[i, j]:.1e}" if sines[i, j] < 1.0 else "-"
            print(f"{name:<22}{method:<24}cos^2 {cosines[i, j]:.3f}   proved {proved}")


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(cosines: np.ndarray, sines: np.ndarray) -> Any:
    """Return the figure: a table in colours."""
    figure, ax = pyplot().subplots(figsize=(10, 6), dpi=110, layout="constrained")
    image = ax.imshow(cosines, cmap="viridis", vmin=0.0, vmax=1.0, aspect="auto")
    for (i, j), value in np.ndenumerate(cosines):
        ink = "black" if value > 0.6 else "white"
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", color=ink)
        if sines[i, j] < 1.0:
            ax.plot(j, i, "o", ms=34, mfc="none", mec=ink)
    ax.set_xticks(range(len(STREAMS)), STREAMS, rotation=20, ha="right")
    ax.set_yticks(range(len(METHODS)), METHODS)
    ax.set_title(f"{N} rows, d = {D}: squared cosine to the leading direction (ring: certified)")
    figure.colorbar(image, ax=ax, label="cos²")
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Run every method on every stream, print the table, and draw it where wanted."""
    cosines, sines = study()
    report(cosines, sines)
    if show or save is not None:
        figure = draw(cosines, sines)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
