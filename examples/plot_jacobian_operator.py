"""
A Jacobian known only by its products
=====================================

Which changes of its weights change the predictions of a neural network most? These are the
leading right singular vectors of the Jacobian of all its outputs with respect to all its
weights. Nobody forms that matrix (here it has 17970 rows and 2410 columns, for a network of
practical size it would not fit anywhere), but its products are cheap: J X is forward-mode
differentiation (jvp) and J^T Y is backpropagation (vjp). A frame that differentiates gives
both; here they are written by hand for a network that reads digits. Given as a SciPy
``LinearOperator`` they are all that ``truncated_svd`` needs.

A hand-written vjp may be wrong. The certificate notices: its residuals hold U, S and Vh
against both products.

Run it with ``python examples/plot_jacobian_operator.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator

from linsub import truncated_svd
from linsub.errors import MissingExtraError
from linsub.svd import SVDResult
from linsub.testing import load_digits

HIDDEN, CLASSES, PIXELS = 32, 10, 64
RANK, SHOWN = 20, 6
BLUE, RED, GREY = "#0072B2", "#D55E00", "#5f6b76"


class Network:
    """Two layers, tanh between them: logits = tanh(x W1 + b1) W2 + b2.

    The weights are one vector, as a Jacobian wants them.
    """

    sizes = (PIXELS * HIDDEN, HIDDEN, HIDDEN * CLASSES, CLASSES)
    size = sum(sizes)

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights

    @classmethod
    def parts(cls, weights: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return W1, b1, W2, b2 for each column of an array (size, b), b leading."""
        W1, b1, W2, b2 = np.split(weights.T, np.cumsum(cls.sizes)[:-1], axis=1)
        return W1.reshape(-1, PIXELS, HIDDEN), b1, W2.reshape(-1, HIDDEN, CLASSES), b2

    def forward(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the hidden units and the logits of each row of X."""
        W1, b1, W2, b2 = (part[0] for part in self.parts(self.weights[:, None]))
        hidden = np.tanh(X @ W1 + b1)
        return hidden, hidden @ W2 + b2

    def jvp(self, X: np.ndarray, changes: np.ndarray) -> np.ndarray:
        """Return the change of all logits for each column of changes of the weights."""
        hidden, _ = self.forward(X)
        W2 = self.parts(self.weights[:, None])[2][0]
        dW1, db1, dW2, db2 = self.parts(changes)
        dhidden = (1 - hidden**2) * (X @ dW1 + db1[:, None])
        dlogits = dhidden @ W2 + hidden @ dW2 + db2[:, None]
        return dlogits.reshape(changes.shape[1], -1).T

    def vjp(self, X: np.ndarray, cotangents: np.ndarray, *, wrong: bool = False) -> np.ndarray:
        """Return J^T times each column; if `wrong`, with the derivative of tanh left out."""
        hidden, _ = self.forward(X)
        W2 = self.parts(self.weights[:, None])[2][0]
        G = cotangents.T.reshape(-1, X.shape[0], CLASSES)
        dhidden = G @ W2.T
        if not wrong:
            dhidden = dhidden * (1 - hidden**2)
        pieces = (X.T @ dhidden, dhidden.sum(axis=1), hidden.T @ G, G.sum(axis=1))
        return np.concatenate([piece.reshape(G.shape[0], -1) for piece in pieces], axis=1).T

    def jacobian(self, X: np.ndarray, *, wrong: bool = False) -> LinearOperator:
        """Return the derivative of all logits with respect to all weights as an operator."""
        return LinearOperator(
            (X.shape[0] * CLASSES, self.size),
            matvec=lambda x: self.jvp(X, x.reshape(-1, 1)),
            rmatvec=lambda y: self.vjp(X, y.reshape(-1, 1), wrong=wrong),
            matmat=lambda Y: self.jvp(X, Y),
            rmatmat=lambda Y: self.vjp(X, Y, wrong=wrong),
            dtype=np.float64,
        )


def train(X: np.ndarray, labels: np.ndarray, steps: int = 150) -> Network:
    """Return a network trained by Adam on the whole set at once."""
    rng = np.random.default_rng(0)
    net = Network(0.2 * rng.standard_normal(Network.size))
    target = np.eye(CLASSES)[labels]
    mean, square = np.zeros(Network.size), np.zeros(Network.size)
    for step in range(1, steps + 1):
        logits = net.forward(X)[1]
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        slope = net.vjp(X, ((chances - target) / len(X)).reshape(-1, 1))[:, 0]
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        rate = 0.03 / (1 - 0.9**step)
        net.weights = net.weights - rate * mean / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return net


def report(label: str, result: SVDResult) -> float:
    """Print what the certificate says; return the largest residual relative to sigma_1."""
    certificate = result.certificate
    residual = float(np.max(certificate.residuals.value) / result.S[0])
    print(f"{label}: sigma_1 = {result.S[0]:.4g}, sigma_{RANK} = {result.S[-1]:.4g}")
    print(f"  largest residual / sigma_1: {residual:.1e}   converged: {result.info.converged}")
    print(f"  no other value exceeds {float(certificate.complement_norm):.4g}")
    print(f"  {result.info.products} products with J or its transpose ({result.info.method})")
    return residual


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def pixel_pattern(direction: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the image behind a change of W1: its leading factor, and the share it holds."""
    dW1 = Network.parts(direction[:, None])[0][0]
    U, S, _ = truncated_svd(dW1, 1)
    return (U[:, 0] * S[0]).reshape(8, 8), float(S[0] ** 2 / np.sum(direction**2))


def draw(result: SVDResult, wrong: SVDResult, labels: np.ndarray) -> Any:
    """Return the figure: the leading directions, what they do, and the certificate."""
    figure = pyplot().figure(figsize=(12, 7.6), dpi=110, layout="constrained")
    m, n = result.U.shape[0], result.Vh.shape[1]
    figure.suptitle(f"Leading singular triplets of a {m} × {n} Jacobian that was never formed")
    top, below = figure.subfigures(2, 1, height_ratios=(1.25, 1))
    axes = top.subplots(2, SHOWN)
    for i in range(SHOWN):
        image, share = pixel_pattern(result.Vh[i])
        size = np.abs(image).max()
        axes[0, i].imshow(image, cmap="RdBu_r", vmin=-size, vmax=size)
        axes[0, i].set_title(f"σ{i + 1} = {result.S[i]:.1f}\n{share:.0%} in this image", fontsize=9)
        axes[0, i].set(xticks=[], yticks=[])
        effect = result.U[:, i].reshape(-1, CLASSES)
        effect = np.stack([effect[labels == digit].mean(axis=0) for digit in range(CLASSES)])
        size = np.abs(effect).max()
        axes[1, i].imshow(effect, cmap="PuOr_r", vmin=-size, vmax=size)
        axes[1, i].set(xticks=range(0, 10, 3), yticks=range(0, 10, 3), xlabel="logit")
    axes[0, 0].set_ylabel("pixels whose weights\nit changes")
    axes[1, 0].set_ylabel("effect on images\nof this digit")
    left, right = below.subplots(1, 2)
    _draw_spectrum(left, result)
    _draw_residuals(right, result, wrong)
    return figure


def _draw_spectrum(ax: Any, result: SVDResult) -> None:
    certificate = result.certificate
    i = np.arange(1, RANK + 1)
    low, high = np.asarray(certificate.sigma_lower), np.asarray(certificate.sigma_upper)
    ax.fill_between(i, low, high, color=BLUE, alpha=0.3, lw=3, label="certified enclosure")
    ax.plot(i, result.S, ".", color=BLUE, ms=6, label="truncated_svd")
    ax.axhline(
        float(certificate.complement_norm), color=BLUE, ls="--", lw=1.2,
        label="no value beyond the rank is larger",
    )  # fmt: skip
    ax.set(xlabel="index i", ylabel="singular value σᵢ", xticks=range(0, RANK + 1, 5))
    ax.set_title("Spectrum of the Jacobian", fontsize=10)
    ax.legend(fontsize=8, frameon=False)


def _draw_residuals(ax: Any, result: SVDResult, wrong: SVDResult) -> None:
    for record, colour, label in (
        (wrong, RED, "vjp without the derivative of tanh"),
        (result, BLUE, "correct vjp"),
    ):
        residuals = np.asarray(record.certificate.residuals) / record.S[0]
        ax.semilogy(np.arange(1, RANK + 1), residuals, ".", color=colour, ms=6, label=label)
    ax.axhline(float(np.sqrt(np.finfo(float).eps)), color=GREY, lw=1, ls=":", label="tolerance")
    ax.set(xlabel="index i", ylabel="certified residual / σ₁", xticks=range(0, RANK + 1, 5))
    ax.set_title("A wrong vjp cannot pass", fontsize=10)
    ax.legend(fontsize=8, frameon=False)


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Train, find the leading directions with a right and a wrong vjp, and draw them."""
    digits = load_digits()
    X, labels = np.asarray(digits.data, dtype=np.float64) / 16, np.asarray(digits.target)
    X = X - X.mean(axis=0)
    net = train(X, labels)
    right = float(np.mean(net.forward(X)[1].argmax(axis=1) == labels))
    print(f"the network reads {right:.1%} of the digits right")
    J = net.jacobian(X)
    print(f"Jacobian: {J.shape[0]} x {J.shape[1]}, never formed")
    result = truncated_svd(J, RANK, certify="tight", rng=0)
    report("correct vjp", result)
    # Without on_fail="return" this raises ConvergenceError, which is how one would notice.
    wrong = truncated_svd(net.jacobian(X, wrong=True), RANK, maxiter=30, on_fail="return", rng=0)
    report("wrong vjp", wrong)
    if show or save is not None:
        figure = draw(result, wrong, labels)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
