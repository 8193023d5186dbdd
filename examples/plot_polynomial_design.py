"""
A function from few values
==========================

Where should a function be evaluated so that a polynomial fits it well? Nouy and Michel's
experiment: twenty Legendre polynomials, Runge's function, and weighted least squares on random
points of three designs with the same number of points and the same density: independent ones,
volume sampling, and repeated determinantal processes, whose points keep apart. The last is well
conditioned far more often. Redrawn until it is, it can then be thinned to hardly more points
than there are coefficients.

Run it with ``python examples/plot_polynomial_design.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.design import (
    Design,
    Features,
    christoffel_sample,
    legendre,
    repeated_dpp_sample,
    rescaled_volume_sample,
    stable_sample,
    weighted_lstsq,
)
from linsub.errors import MissingExtraError

M, REPEATS, DRAWS = 20, 4, 300
DESIGNS = ("i.i.d.", "volume", "repeated DPP")
COLOURS = {"i.i.d.": "#D55E00", "volume": "#E69F00", "repeated DPP": "#0072B2"}


def runge(x: np.ndarray) -> np.ndarray:
    """Return the function, which is costly in real life."""
    return np.asarray(1.0 / (1.0 + 25.0 * x**2))


def best(features: Features) -> tuple[np.ndarray, float]:
    """Return the coefficients of the best approximation, and its squared error."""
    x, w = np.polynomial.legendre.leggauss(400)
    coef = features(x).T @ (0.5 * w * runge(x))
    return coef, float(0.5 * w @ (runge(x) - features(x) @ coef) ** 2)


def draw(name: str, features: Features, rng: Any) -> Design:
    """Return a design of M * REPEATS points."""
    if name == "repeated DPP":
        return repeated_dpp_sample(features, REPEATS, rng=rng)
    sample = christoffel_sample if name == "i.i.d." else rescaled_volume_sample
    return sample(features, M * REPEATS, rng=rng)


def study(features: Features) -> dict[str, np.ndarray]:
    """Return lambda_min and the squared error over the least one, draw by draw."""
    optimum, least = best(features)
    found = {}
    for name in DESIGNS:
        rng = np.random.default_rng(0)
        rows = []
        for _ in range(DRAWS):
            x, weights, Phi = draw(name, features, rng)
            coef, lambda_min, _ = weighted_lstsq(Phi, runge(x), weights)
            # Pythagoras: what the best approximation leaves, and the distance from it.
            rows.append((lambda_min, 1.0 + float(np.square(coef - optimum).sum()) / least))
        found[name] = np.array(rows)
        stable = 100.0 * np.mean(found[name][:, 0] >= 0.5)
        print(
            f"{name:<13} lambda_min >= 1/2 in {stable:5.1f}% of {DRAWS} draws, median "
            f"{np.median(found[name][:, 0]):.3f}; median error {np.median(found[name][:, 1]):.3f}"
        )
    return found


def thinned(features: Features) -> tuple[Design, np.ndarray]:
    """Return a design that was redrawn until it was stable, then thinned, and its fit."""
    design = stable_sample(
        lambda rng: repeated_dpp_sample(features, REPEATS, rng=rng), subsample=True, rng=1
    )
    coef, lambda_min, _ = weighted_lstsq(design.Phi, runge(design.points), design.weights)
    optimum, least = best(features)
    error = 1.0 + float(np.square(coef - optimum).sum()) / least
    print(
        f"redrawn and thinned: {design.points.size} of {M * REPEATS} points after "
        f"{design.info.details['draws']} draws, lambda_min {lambda_min:.3f}, error {error:.3f}"
    )
    return design, coef


def pyplot() -> Any:
    """Return matplotlib's pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError(
            'the picture needs matplotlib: pip install "linsub[plot]"'
        ) from error
    return plt


def picture(
    features: Features, found: dict[str, np.ndarray], design: Design, coef: np.ndarray
) -> Any:
    """Return the figure: points, lambda_min, errors and the fit."""
    figure, axes = pyplot().subplots(2, 2, figsize=(11, 7.5), layout="constrained", dpi=100)
    rng = np.random.default_rng(3)
    for row, name in enumerate(reversed(DESIGNS)):
        x = draw(name, features, rng).points
        axes[0, 0].plot(x, np.full(x.size, row), "|", ms=22, color=COLOURS[name])
    axes[0, 0].set_yticks(range(3), DESIGNS[::-1])
    axes[0, 0].set_ylim(-0.6, 2.6)
    axes[0, 0].set_title(f"{M * REPEATS} points of each design")
    for name in DESIGNS:
        low, error = found[name].T
        share = np.arange(1, DRAWS + 1) / DRAWS
        axes[0, 1].plot(np.sort(low), share, color=COLOURS[name], lw=2, label=name)
        axes[1, 0].plot(np.sort(error - 1.0), share, color=COLOURS[name], lw=2, label=name)
    axes[0, 1].axvline(0.5, color="#5f6b76", lw=1, ls=":")
    axes[0, 1].set_title(r"distribution of $\lambda_{\min}(G)$: to the right is better")
    axes[0, 1].legend()
    axes[1, 0].set_xscale("log")
    axes[1, 0].set_title("squared error beyond the least one: to the left is better")
    axes[1, 0].legend()
    t = np.linspace(-1.0, 1.0, 800)
    axes[1, 1].plot(t, runge(t), color="#5f6b76", lw=3, alpha=0.5, label="f")
    axes[1, 1].plot(t, features(t) @ coef, color=COLOURS["repeated DPP"], lw=1.5, label="fit")
    axes[1, 1].plot(design.points, runge(design.points), "o", ms=4, color="black", label="values")
    axes[1, 1].set_title(f"{design.points.size} values, redrawn and thinned: degree {M - 1}")
    axes[1, 1].legend()
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Compare the designs, print the findings, and draw them where wanted."""
    features = legendre(M)
    found = study(features)
    design, coef = thinned(features)
    if show or save is not None:
        figure = picture(features, found, design, coef)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
