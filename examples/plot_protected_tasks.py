"""
Learning one task after another without forgetting
==================================================

One linear classifier on random features learns to tell 0 from 1, then 2 from 3, up to 8 from 9,
with one set of weights, and never sees an earlier task again. Trained plainly it forgets. After
each task the directions that hold most of the energy of its features are protected, and later steps
are projected away from them: what it answers to old images then stays nearly what it was. Adam is
given projected gradients, and its step is projected once more: it rescales the entries, which
leaves the complement again.

Run it with ``python examples/plot_protected_tasks.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import MissingExtraError
from linsub.streaming import ProtectedSubspace
from linsub.testing import load_digits

TASKS = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
FEATURES = 1500
THRESHOLD = 0.99  # share of the energy of the features that is protected
STEPS, RATE = 200, 0.1
MODES = ("no projection", "gradients projected", "gradients and steps")

Task = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def load() -> list[Task]:
    """Return features and labels of each task, half of the images to train with."""
    data, digits = load_digits()
    rng = np.random.default_rng(2)
    mixed = data / 16.0 @ rng.standard_normal((64, FEATURES)) + 2.0 * rng.standard_normal(FEATURES)
    features = np.maximum(mixed, 0.0) / np.sqrt(FEATURES)
    order = rng.permutation(len(data))
    found = []
    for first, second in TASKS:
        chosen = order[np.isin(digits[order], (first, second))]
        train, test = np.array_split(chosen, 2)
        label = (digits == second).astype(float)
        found.append((features[train], label[train], features[test], label[test]))
    return found


def accuracy(w: np.ndarray, X: np.ndarray, label: np.ndarray) -> float:
    """Return the share of images on the right side."""
    return float(np.mean((X @ w > 0.0) == label[:, None]))


def train(w: np.ndarray, task: Task, kept: ProtectedSubspace, mode: str) -> np.ndarray:
    """Return the weights, a column, after Adam on the logistic loss of one task."""
    X, label = task[0], task[1][:, None]
    mean, square = np.zeros_like(w), np.zeros_like(w)
    for t in range(1, STEPS + 1):
        G = X.T @ (1.0 / (1.0 + np.exp(-X @ w)) - label) / len(X)
        if mode != MODES[0]:
            G = kept.project(G)
        mean = 0.9 * mean + 0.1 * G
        square = 0.999 * square + 0.001 * G**2
        step = mean / (1.0 - 0.9**t) / (np.sqrt(square / (1.0 - 0.999**t)) + 1e-8)
        if mode == MODES[2]:
            step = kept.project_update(step).update
        w = w - RATE * step
    return w


def learn(tasks: list[Task], mode: str) -> tuple[np.ndarray, list[int], float]:
    """Return accuracies (after task i, on task j), protected ranks and the basis's defect."""
    w = np.zeros((FEATURES, 1))
    kept = ProtectedSubspace(FEATURES, THRESHOLD)
    table = np.full((len(TASKS), len(TASKS)), np.nan)
    ranks = []
    for i, task in enumerate(tasks):
        w = train(w, task, kept, mode)
        table[i, : i + 1] = [accuracy(w, *other[2:]) for other in tasks[: i + 1]]
        kept.update(task[0].T)
        ranks.append(kept.rank)
    return table, ranks, float(kept.certificate.orthogonality)


def report(mode: str, table: np.ndarray, ranks: list[int], defect: float) -> None:
    """Print the accuracies in the end, the forgetting and the ranks."""
    last = table[-1]
    forgotten = float(np.mean(np.diag(table)[:-1] - last[:-1]))
    shown = " ".join(f"{value:.3f}" for value in last)
    print(f"{mode:<20} {shown}   mean {last.mean():.3f}   forgotten {forgotten:.3f}")
    if mode == MODES[2]:
        print(f"protected directions of {FEATURES}: {', '.join(map(str, ranks))}")
        print(f"basis orthonormal to {defect:.1e}")


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(found: dict[str, tuple[np.ndarray, list[int], float]]) -> Any:
    """Return the figure: accuracies by task, and how many directions they took."""
    figure, grid = pyplot().subplots(2, 2, figsize=(9.6, 8.6), dpi=110, layout="constrained")
    axes = grid.ravel()
    names = [f"{a} or {b}" for a, b in TASKS]
    for ax, (mode, (table, _, _)) in zip(axes[:3], found.items(), strict=True):
        image = ax.imshow(table, cmap="viridis", vmin=0.4, vmax=1.0)
        ax.set_title(mode, fontsize=10)
        ax.set_xticks(range(len(TASKS)), names, fontsize=8)
        ax.set_yticks(range(len(TASKS)), names, fontsize=8)
        ax.set(xlabel="accuracy on", ylabel="after learning")
        for i in range(len(TASKS)):
            for j in range(i + 1):
                color = "white" if table[i, j] < 0.8 else "black"
                ax.text(j, i, f"{table[i, j]:.2f}", ha="center", va="center", color=color)
    figure.colorbar(image, ax=list(grid[0]), shrink=0.6)
    axes[3].bar(range(1, len(TASKS) + 1), found[MODES[2]][1], color="tab:blue")
    axes[3].set(xlabel="tasks learned", ylabel=f"protected directions of {FEATURES}")
    axes[3].set_title(f"for {THRESHOLD:.0%} of the energy of each task", fontsize=10)
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Learn the tasks in three ways, print the findings, and draw them where wanted."""
    tasks = load()
    found = {mode: learn(tasks, mode) for mode in MODES}
    for mode, figures in found.items():
        report(mode, *figures)
    if show or save is not None:
        figure = draw(found)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    arguments = parser.parse_args()
    main(show=arguments.save is None, save=arguments.save)
