"""
A kernel matrix from a few of its columns
=========================================

Among 400 handwritten digits nearly all show 0 or 1, and the other digits are rare. k columns of
their Gaussian kernel, the Nystroem approximation, stand for the whole matrix; which ones matters,
since uniform draws pass over what is rare. The trace of what is lost is known
from the diagonal, without the other columns. Columns are drawn uniformly, by leverage, by
adaptive pivoting (``arp``), and by pivots that see no more of the matrix than the columns they take
(``rpcholesky``).

Run it with ``python examples/plot_nystroem_digits.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import MissingExtraError
from linsub.selection import nystroem
from linsub.testing import load_digits

RARE = 5  # images of each digit but 0 and 1
WIDTH = 30.0  # pixels are 0 to 16
SIZES = (10, 20, 40, 60, 80)
DRAWS = 5
METHODS = ("arp", "rpcholesky", "leverage", "uniform")


def unbalanced() -> np.ndarray:
    """Return all images of 0 and 1, and a few of each of the other digits."""
    data, target = load_digits()
    rare = [data[target == digit][:RARE] for digit in range(2, 10)]
    return np.concatenate([data[target < 2], *rare])


def kernel(X: np.ndarray) -> np.ndarray:
    """Return exp(-|x - y|^2 / (2 WIDTH^2)) of all pairs of rows."""
    squares = np.square(X).sum(axis=1)
    distances = squares[:, None] + squares - 2.0 * X @ X.T
    return np.asarray(np.exp(-np.maximum(distances, 0.0) / (2.0 * WIDTH**2)))


def lost(A: np.ndarray, S: np.ndarray) -> float:
    """Return tr(A - A_:S A_SS^+ A_S:)."""
    w, V = np.linalg.eigh(A[np.ix_(S, S)])
    keep = w > 1e-12 * w[-1]
    F = A[:, S] @ V[:, keep] / np.sqrt(w[keep])
    return float(np.trace(A) - np.square(F).sum())


def compare(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return trace errors over the trace by method and k, the least, and the last columns."""
    w, V = np.linalg.eigh(A)
    w, V = w[::-1], V[:, ::-1]
    errors, least = np.zeros((len(METHODS), len(SIZES))), np.zeros(len(SIZES))
    last: dict[str, np.ndarray] = {}
    trace = float(np.trace(A))
    print(f"{'columns':>7}  {'least':>9}  " + "  ".join(f"{m:>10}" for m in METHODS))
    for column, k in enumerate(SIZES):
        leverage = np.square(V[:, :k]).sum(axis=1) / k
        found: dict[str, list[float]] = {method: [] for method in METHODS}
        for seed in range(DRAWS):
            rng = np.random.default_rng((k, seed))
            for method in METHODS:
                if method in ("arp", "rpcholesky"):
                    result = nystroem(A, k, method=method, rng=rng)
                    last[method] = result.indices
                    assert result.certificate is not None
                    found[method].append(float(result.certificate.trace_error))
                else:
                    p = leverage if method == "leverage" else None
                    last[method] = rng.choice(len(A), k, replace=False, p=p)
                    found[method].append(lost(A, last[method]))
        errors[:, column] = [np.median(found[method]) / trace for method in METHODS]
        least[column] = w[k:].sum() / trace
        row = "  ".join(f"{e:10.6f}" for e in errors[:, column])
        print(f"{k:7d}  {least[column]:9.6f}  {row}")
    return errors, least, last


def few_columns(X: np.ndarray) -> None:
    """Approximate without the matrix: columns are evaluated when they are needed."""
    evaluated = 0

    def columns(S: np.ndarray) -> np.ndarray:
        nonlocal evaluated
        evaluated += S.size
        return kernel_columns(X, S)

    found = nystroem(columns, SIZES[-1], diagonal=np.ones(len(X)), rng=0)
    certificate = found.certificate
    assert certificate is not None
    true = lost(kernel(X), found.indices)
    print(
        f"as a function: {evaluated} of {len(X)} columns evaluated, trace error "
        f"{float(certificate.trace_error):.8f}, true {true:.8f}"
    )


def kernel_columns(X: np.ndarray, S: np.ndarray) -> np.ndarray:
    """Return the columns S of the kernel."""
    squares = np.square(X).sum(axis=1)
    distances = squares[:, None] + squares[S] - 2.0 * X @ X[S].T
    return np.asarray(np.exp(-np.maximum(distances, 0.0) / (2.0 * WIDTH**2)))


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(X: np.ndarray, errors: np.ndarray, least: np.ndarray, last: dict[str, np.ndarray]) -> Any:
    """Return the figure: errors by the number of columns, and the first images chosen."""
    figure = pyplot().figure(figsize=(12, 6.2), dpi=110, layout="constrained")
    figure.suptitle(f"The Gaussian kernel of {len(X)} digits from k columns", fontsize=13)
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.1))
    axes = left.subplots()
    for method, row in zip(METHODS, errors, strict=True):
        axes.loglog(SIZES, row, "o-", label=method)
    axes.loglog(SIZES, least, "k--", label="least of rank k")
    axes.set(xlabel="columns k", ylabel="trace error over trace, median of draws")
    axes.legend(fontsize=9)
    right.suptitle("the first images of each choice", fontsize=10)
    grid = right.subplots(len(METHODS), 10)
    for row, method in zip(grid, METHODS, strict=True):
        row[0].set_ylabel(method)
        for axis, i in zip(row, last[method], strict=False):
            axis.imshow(X[i].reshape(8, 8), cmap="gray_r")
            axis.set_xticks([])
            axis.set_yticks([])
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Compare the choices of columns, print the errors, and draw them where wanted."""
    X = unbalanced()
    errors, least, last = compare(kernel(X))
    few_columns(X)
    if show or save is not None:
        figure = draw(X, errors, least, last)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
