"""
Principal component regression without an SVD
=============================================

Which digit does an image show? Eighty images teach: ten regressions at once on their 64 pixels, of
which the components of small singular values are noise and do harm. Keeping the
components above a threshold is a polynomial of the centred matrix, which is known by its products
alone. Beside it, how far the degree of such polynomials is from the least that there is.

Run it with ``python examples/plot_principal_regression.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator

from linsub.errors import MissingExtraError
from linsub.svt import bounds, cheb_sign, principal_regression
from linsub.testing import load_digits

TRAIN = 80
BINS = ((2, 4), (5, 8), (9, 11), (12, 15), (16, 20))
DELTA = 0.1


def data() -> tuple[np.ndarray, ...]:
    """Return images and indicators of their digits, of few to teach and many to test."""
    X, target = load_digits().data / 16, load_digits().target
    Y = np.eye(10)[target]
    return X[:TRAIN], Y[:TRAIN], X[TRAIN:], target[TRAIN:]


def centred(X: np.ndarray) -> LinearOperator:
    """Return X less the mean of its rows, by its products: a sparse X would stay sparse."""
    mean = X.mean(axis=0)
    return LinearOperator(
        X.shape,
        dtype=float,
        matvec=lambda v: X @ v - mean @ v,
        rmatvec=lambda u: X.T @ u - mean * u.sum(),
        matmat=lambda V: X @ V - mean @ V,
        rmatmat=lambda U: X.T @ U - np.outer(mean, U.sum(axis=0)),
    )


def accuracies() -> list[tuple[int, float]]:
    """Return components and accuracy on the test images, threshold by threshold."""
    X, Y, X_test, target = data()
    A, mean = centred(X), X.mean(axis=0)
    U, s, Vh = np.linalg.svd(X - mean, full_matrices=False)
    found = []
    print("components  threshold  degree  certified      true  accuracy")
    for low, high in BINS:
        # Thresholds stand where singular values are far apart, so that the SVD has the same answer.
        k = low + int(np.argmax(s[low - 1 : high] / s[low : high + 1]))
        threshold = 0.5 * (s[k - 1] + s[k])
        gap = 0.95 * (s[k - 1] - s[k]) / (s[k - 1] + s[k])
        W, degree, _, bound = principal_regression(
            A, Y - Y.mean(axis=0), threshold, gap=gap, tol=1e-5, norm=1.001 * s[0]
        )
        exact = Vh[:k].T @ ((U[:, :k].T @ (Y - Y.mean(axis=0))) / s[:k, None])
        true = np.linalg.norm(W - exact, axis=0)
        guesses = ((X_test - mean) @ W + Y.mean(axis=0)).argmax(axis=1)
        accuracy = float((guesses == target).mean())
        worst = int(np.argmax(true / bound))
        print(
            f"{k:10d} {threshold:10.3f} {degree:7d} {bound[worst]:10.2e} {true[worst]:9.2e} "
            f"{accuracy:9.4f}"
        )
        found.append((k, accuracy))
    rank = int(np.count_nonzero(s > 1e-12 * s[0]))
    W = np.linalg.lstsq(X - mean, Y - Y.mean(axis=0), rcond=1e-12)[0]
    guesses = ((X_test - mean) @ W + Y.mean(axis=0)).argmax(axis=1)
    accuracy = float((guesses == target).mean())
    print(f"all {rank} components: accuracy {accuracy:.4f}")
    return [*found, (rank, accuracy)]


def degrees() -> tuple[np.ndarray, ...]:
    """Return degrees, and errors of polynomials for the sign, certified ones, and the least."""
    x = np.linspace(DELTA, 1.0, 4001)
    rows = []
    for tol in np.geomspace(0.3, 1e-10, 24):
        p = cheb_sign(DELTA, float(tol))
        m = (p.degree - 1) // 2
        rows.append((p.degree, np.abs(p(x) - 1.0).max(), p.error_bound, m))
    degree, error, bound, m = np.array(rows).T
    least = np.array([bounds.sign_optimum(int(n), DELTA) for n in np.maximum(m, 1)])
    ratio = float(np.max((error / least)[4:]))
    print(f"sign at {DELTA}: error over the asymptotically least one {ratio:.3f} at most")
    return degree, error, bound, least


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(found: list[tuple[int, float]], lines: tuple[np.ndarray, ...]) -> Any:
    """Return the figure: accuracy by components, and errors of the sign by degree."""
    figure, (left, right) = pyplot().subplots(
        1, 2, figsize=(12, 5.2), dpi=110, layout="constrained"
    )
    left.plot(*np.array(found).T, "o-", color="tab:green")
    left.set(
        title=f"Digits from {TRAIN} images, by a polynomial",
        xlabel="components kept",
        ylabel="accuracy on images not seen",
    )
    degree, error, bound, least = lines
    right.semilogy(degree, bound, "-", color="tab:orange", lw=4, alpha=0.5, label="certified")
    right.semilogy(degree, error, ".", color="tab:blue", label="the series, measured")
    right.semilogy(
        degree, least, "k--", lw=1, label="least, asymptotically (Eremenko and Yuditskii)"
    )
    right.set(
        title=f"Odd polynomials for the sign on [{DELTA}, 1]",
        xlabel="degree",
        ylabel="largest error",
    )
    right.legend()
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Regress, print, and draw where wanted."""
    found, lines = accuracies(), degrees()
    if show or save is not None:
        figure = draw(found, lines)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
