"""
How many dimensions does a problem need?
========================================

Train in a random subspace: ``theta = theta0 + P z`` with ``RandomSubspace``, where only the d
numbers z are free. Ten constraints on a thousand parameters need ten dimensions and not one less,
whatever the subspace; the mean loss before that is known. Softmax regression on handwritten digits
has 650 parameters, and reaches nine tenths of its full accuracy in far fewer dimensions.

Run it with ``python examples/plot_intrinsic_dimension.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from linsub.errors import MissingExtraError
from linsub.sketching import RandomSubspace
from linsub.testing import load_digits

KINDS = ("dense", "sparse", "fastfood")
D, CONSTRAINTS, DRAWS = 1000, 10, 8
TOY_SIZES = tuple(range(2, 15))
SIZES = (5, 15, 30, 60, 100, 140, 180, 220, 300, 450)
SHARE = 0.9


def toy_losses(kind: str, d: int) -> np.ndarray:
    """Return the least losses of "the sum of block k is k" in random subspaces, over that at 0."""
    B = np.kron(np.eye(CONSTRAINTS), np.ones(D // CONSTRAINTS))
    b = np.arange(1.0, CONSTRAINTS + 1.0)
    found = []
    for seed in range(DRAWS):
        P = RandomSubspace(D, d, kind, rng=seed)
        BP = (P.T @ B.T).T
        z = np.linalg.lstsq(BP, b, rcond=None)[0]
        found.append(np.sum((B @ P.point(z) - b) ** 2) / np.sum(b**2))
    return np.array(found)


def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return images with a constant and classes, for training and for testing."""
    data, target = load_digits().data / 16, load_digits().target
    X = np.column_stack([data, np.ones(len(data))])
    return X[::4], target[::4], X[1::4], target[1::4]


def loss(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the cross entropy of softmax regression with weight decay, and its gradient."""
    W = theta.reshape(X.shape[1], 10)
    scores = X @ W
    scores -= scores.max(axis=1, keepdims=True)
    p = np.exp(scores)
    p /= p.sum(axis=1, keepdims=True)
    value = -np.log(p[np.arange(len(y)), y]).mean() + 5e-4 * np.sum(theta**2)
    p[np.arange(len(y)), y] -= 1.0
    return float(value), (X.T @ p / len(y)).ravel() + 1e-3 * theta


def train(P: Any, data: tuple[np.ndarray, ...]) -> float:
    """Return the accuracy on the test images after training in a subspace, or in all of R^D."""
    X, y, X_test, y_test = data
    parameters = X.shape[1] * 10
    if P is None:
        result = minimize(
            loss, np.zeros(parameters), (X, y), method="L-BFGS-B", jac=True, options={"maxiter": 60}
        )
        theta = result.x
    else:

        def in_subspace(z: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = loss(P.point(z), X, y)
            return value, P.T @ gradient

        start = np.zeros(P.shape[1])
        options = {"maxiter": 30}
        theta = P.point(
            minimize(in_subspace, start, method="L-BFGS-B", jac=True, options=options).x
        )
    guesses = (X_test @ theta.reshape(X.shape[1], 10)).argmax(axis=1)
    return float((guesses == y_test).mean())


def measure() -> tuple[dict[str, np.ndarray], np.ndarray, float]:
    """Return losses of the toy by kind (sizes, draws), accuracies by size, and that of R^650."""
    losses = {kind: np.array([toy_losses(kind, d) for d in TOY_SIZES]) for kind in KINDS}
    print(f"{'d':>3}  {'expected':>9}  " + "  ".join(f"{kind:>10}" for kind in KINDS))
    for row, d in enumerate(TOY_SIZES):
        expected = max(0.0, 1.0 - d / CONSTRAINTS)
        means = "  ".join(f"{losses[kind][row].mean():10.3e}" for kind in KINDS)
        print(f"{d:3d}  {expected:9.3f}  {means}")
    data = digits()
    whole = train(None, data)
    accuracy = np.array(
        [[train(RandomSubspace(650, d, rng=s), data) for s in range(2)] for d in SIZES]
    )
    for d, row in zip(SIZES, accuracy, strict=True):
        print(f"digits, d = {d:4d}: accuracy {row.mean():.4f}")
    needed = next(d for d, row in zip(SIZES, accuracy, strict=True) if row.mean() >= SHARE * whole)
    print(f"digits, all 650 parameters: accuracy {whole:.4f}; {SHARE:.0%} of it at d = {needed}")
    return losses, accuracy, whole


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(losses: dict[str, np.ndarray], accuracy: np.ndarray, whole: float) -> Any:
    """Return the figure: the step of the toy, and the accuracy on digits."""
    figure, (left, right) = pyplot().subplots(
        1, 2, figsize=(12, 5.2), dpi=110, layout="constrained"
    )
    for kind, marker in zip(KINDS, "osv", strict=True):
        mean = np.maximum(losses[kind].mean(axis=1), 1e-31)
        left.semilogy(TOY_SIZES, mean, marker + "-", label=kind)
    expected = [1.0 - d / CONSTRAINTS for d in TOY_SIZES if d < CONSTRAINTS]
    left.semilogy(TOY_SIZES[: len(expected)], expected, "k--", label="1 - d/10, its mean")
    left.axvline(CONSTRAINTS, color="gray", lw=0.8)
    left.set(
        title=f"{CONSTRAINTS} constraints on {D} parameters",
        xlabel="dimensions of the random subspace",
        ylabel="least loss over that at the start",
    )
    left.legend()
    right.semilogx(SIZES, accuracy, "o", color="tab:green", alpha=0.5)
    right.semilogx(SIZES, accuracy.mean(axis=1), "-", color="tab:green", label="random subspace")
    right.axhline(whole, color="k", ls="--", label="all 650 parameters")
    right.axhline(SHARE * whole, color="gray", ls=":", label=f"{SHARE:.0%} of that")
    right.set(
        title="Softmax regression on digits",
        xlabel="dimensions of the random subspace",
        ylabel="accuracy on images not seen",
    )
    right.legend(loc="lower right")
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Measure, print, and draw where wanted."""
    losses, accuracy, whole = measure()
    if show or save is not None:
        figure = draw(losses, accuracy, whole)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
