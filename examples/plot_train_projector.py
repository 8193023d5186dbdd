"""
Train a Householder projector through its gradient alone
========================================================

A map of rank r with all singular values 1 shall take the upper half of an image of a
handwritten digit to its lower half. Its reflectors are trained by Adam in plain NumPy, which
sees nothing of the problem but ``HouseholderProjector.vjp``; the map stays a partial
isometry in every step. What the best such map does is known in closed form, from the singular
values of the correlation of the halves, so that the end can be judged.

Run it with ``python examples/plot_train_projector.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from linsub.errors import MissingExtraError
from linsub.geometry import HouseholderProjector, Reflectors
from linsub.testing import load_digits

RANK, STEPS, RATE = 4, 800, 0.08
SHOWN = 6


class Halves(NamedTuple):
    """Whitened halves of the images, an image a column, and how to undo the whitening."""

    upper: np.ndarray
    lower: np.ndarray
    colour: np.ndarray
    mean: np.ndarray


def load() -> Halves:
    """Return the halves, of mean zero and with the identity for a covariance."""
    images = load_digits().data.T / 16
    upper, _, _ = whitened(images[:32])
    lower, colour, mean = whitened(images[32:])
    return Halves(upper, lower, colour, mean)


def whitened(X: np.ndarray, energy: float = 0.99) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Z with Z Z' / n = I and L with X ~ L Z + mean, without directions of no energy."""
    mean = X.mean(axis=1, keepdims=True)
    U, S, Vh = np.linalg.svd(X - mean, full_matrices=False)
    k = int(np.searchsorted(np.cumsum(S**2) / np.sum(S**2), energy)) + 1
    scale = np.sqrt(X.shape[1])
    return scale * Vh[:k], U[:, :k] * (S[:k] / scale), mean


def loss(P: HouseholderProjector, halves: Halves) -> tuple[float, np.ndarray]:
    """Return the mean of ||P x - y||^2 / 2 and its gradient in P x."""
    off = P.apply(halves.upper) - halves.lower
    count = halves.upper.shape[1]
    return 0.5 * float(np.sum(off**2)) / count, off / count


def optimum(halves: Halves) -> tuple[float, HouseholderProjector]:
    """Return the least loss, and the projector that attains it.

    For whitened x and y it is (dim y + r) / 2 - sum of the r largest singular values of
    C = E y x', for ||P x||^2 has the mean r and <P, C> is all that is left.
    """
    C = halves.lower @ halves.upper.T / halves.upper.shape[1]
    sigma = np.linalg.svd(C, compute_uv=False)
    least = (len(halves.lower) + RANK) / 2 - float(sigma[:RANK].sum())
    return least, HouseholderProjector(RANK).fit(C)


def train(halves: Halves) -> tuple[HouseholderProjector, list[float], float]:
    """Return the trained projector, its losses, and the largest departure from an isometry."""
    sides = [Reflectors.random(len(Z), RANK, rng=7) for Z in (halves.lower, halves.upper)]
    signs = sides[0].signs, sides[1].signs
    vectors = [side.V for side in sides]
    first, second = ([np.zeros_like(V) for V in vectors] for _ in range(2))
    losses, departure = [], 0.0
    for step in range(1, STEPS + 1):
        P = HouseholderProjector.from_reflectors(*vectors, signs=signs)
        value, G = loss(P, halves)
        losses.append(value)
        U = P.left.columns(RANK)
        departure = max(departure, float(np.abs(U.T @ U - np.eye(RANK)).max()))
        gradients = P.vjp(G, halves.upper)[:2]
        # Adam, with a rate that goes to zero.
        rate = RATE * (1 - step / (STEPS + 1))
        for V, g, m, s in zip(vectors, gradients, first, second, strict=True):
            m += 0.1 * (g - m)
            s += 0.001 * (g * g - s)
            V -= rate * (m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-12)
    P = HouseholderProjector.from_reflectors(*vectors, signs=signs)
    losses.append(loss(P, halves)[0])
    return P, losses, departure


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(P: HouseholderProjector, losses: list[float], least: float, halves: Halves) -> Any:
    """Return the figure: the loss beside its optimum, and images with a predicted half."""
    figure = pyplot().figure(figsize=(11, 6.5), dpi=110, layout="constrained")
    figure.suptitle("A partial isometry trained through its reflectors", fontsize=13)
    left, right = figure.subfigures(1, 2, width_ratios=(1.1, 1))
    ax = left.subplots()
    ax.semilogy(np.array(losses) - least, color="tab:blue")
    ax.set(xlabel="step of Adam", ylabel="loss above the least possible")
    ax.set_title(f"rank {RANK}, {P.left.V.size + P.right.V.size} parameters", fontsize=10)
    ax.grid(alpha=0.3)
    images = load_digits().data.T / 16
    # The best multiple of what P says is the prediction: P keeps lengths, a regression does not.
    said = P.apply(halves.upper)
    factor = np.sum(said * halves.lower) / np.sum(said**2)
    predicted = halves.colour @ (factor * said) + halves.mean
    axes = right.subplots(SHOWN, 3, squeeze=False)
    for row, digit in zip(axes, range(SHOWN), strict=True):
        upper, lower = images[:32, digit], images[32:, digit]
        panels = (lower, predicted[:, digit], np.broadcast_to(halves.mean[:, 0], 32))
        for ax, part in zip(row, panels, strict=True):
            ax.imshow(np.concatenate([upper, part]).reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
            ax.axhline(3.5, color="tab:red", lw=1)
            ax.set_xticks([])
            ax.set_yticks([])
    for ax, title in zip(axes[0], ("image", "lower half by P", "mean lower half"), strict=True):
        ax.set_title(title, fontsize=9)
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Train the projector, print what was reached, and draw it where wanted."""
    halves = load()
    least, best = optimum(halves)
    P, losses, departure = train(halves)
    m, n = P.shape
    print(f"upper half in {n} whitened coordinates, lower half in {m}; rank {RANK}")
    print(f"loss before: {losses[0]:.6f}")
    print(f"loss after {STEPS} steps: {losses[-1]:.6f}")
    print(f"least possible: {least:.6f} (closed form), {loss(best, halves)[0]:.6f} (fit)")
    print(f"largest departure from an isometry on the way: {departure:.1e}")
    off = np.linalg.norm(P.matrix() - best.matrix()) / np.sqrt(RANK)
    print(f"distance of the trained map from the best one: {off:.1e}")
    if show or save is not None:
        figure = draw(P, losses, least, halves)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
