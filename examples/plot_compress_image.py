"""
Compress an image to a tolerance
================================

A photograph is a matrix of brightness. Its truncated SVD is the best approximation of its
rank, so the question is never *which* rank k matrix to store but *how large k must be*.
Here the error is given and the rank follows, and the certificate of each answer says what
was really reached, without a look at the whole spectrum.

Run it with ``python examples/plot_compress_image.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub import truncated_svd
from linsub.errors import MissingExtraError
from linsub.svd import SVDResult
from linsub.testing import load_image

ERRORS = (0.2, 0.1, 0.05)
SPECTRUM = 60  # values of the spectrum that are shown with their enclosure
LOW_HIGH = ("lower", "upper")
BLUE, RED, YELLOW, GREY = "#0072B2", "#D55E00", "#E69F00", "#5f6b76"


def compress(image: np.ndarray) -> list[SVDResult]:
    """Return one truncated SVD for each error, and print what each of them costs and gives."""
    print(f"{'error asked':>11}  {'rank':>4}  {'storage':>7}  {'certified':>10}  {'true':>10}")
    results = []
    for error in ERRORS:
        U, S, Vh = result = truncated_svd(image, error=error, rng=0)
        certified = result.certificate.relative_error
        true = np.linalg.norm(image - U * S @ Vh) / np.linalg.norm(image)
        print(
            f"{error:>11.2f}  {S.size:>4}  {storage(result):>7.1%}  "
            f"{certified:>10.6f}  {true:>10.6f}"
        )
        results.append(result)
    return results


def enclose(image: np.ndarray) -> dict[str, SVDResult]:
    """Return the leading singular values with the default and with the tight certificate."""
    answers = {
        "default": truncated_svd(image, SPECTRUM, rng=0),
        "certify='tight'": truncated_svd(image, SPECTRUM, certify="tight", rng=0),
    }
    print(f"\nrank {SPECTRUM}: how wide the enclosures of the singular values are")
    for label, result in answers.items():
        low, high = (np.asarray(getattr(result.certificate, f"sigma_{x}")) for x in LOW_HIGH)
        width = (high - low) / result.S
        print(
            f"{label:>16}: median {np.median(width):.1e}, widest {width.max():.1e}; no value "
            f"beyond the rank exceeds {float(result.certificate.complement_norm):.3g}; "
            f"{result.info.products} products ({result.info.method})"
        )
    return answers


def storage(result: SVDResult) -> float:
    """Return the numbers in U, S and Vh over those in the image."""
    (m, k), n = result.U.shape, result.Vh.shape[1]
    return k * (m + n + 1) / (m * n)


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(image: np.ndarray, results: list[SVDResult], spectra: dict[str, SVDResult]) -> Any:
    """Return the figure: the image, its compressions and the leading singular values."""
    m, n = image.shape
    figure = pyplot().figure(figsize=(12, 6.8), dpi=110, layout="constrained")
    figure.suptitle(f"Compressing a photograph ({m} × {n}) to a tolerance", fontsize=13)
    pictures, below = figure.subfigures(2, 1, height_ratios=(1, 1.3))
    axes = pictures.subplots(1, 4)
    axes[0].set_title(f"original\n{m * n:,} numbers\n", fontsize=9)
    axes[0].imshow(image, cmap="gray", vmin=0, vmax=1)
    for ax, error, result in zip(axes[1:], ERRORS, results, strict=True):
        certified = result.certificate.relative_error
        ax.imshow(result.U * result.S @ result.Vh, cmap="gray", vmin=0, vmax=1)
        ax.set_title(
            f"asked for error {error:g}\nrank {result.S.size}, {storage(result):.0%} of the "
            f"numbers\ncertified error {certified:.4f}",
            fontsize=9,
        )
    for ax in axes:
        ax.set_axis_off()
    left, right = below.subplots(1, 2, width_ratios=(1.5, 1))
    truth = np.linalg.svd(image, compute_uv=False)
    _draw_spectrum(left, truth, spectra)
    _draw_errors(right, truth, results)
    return figure


def _draw_spectrum(ax: Any, truth: np.ndarray, spectra: dict[str, SVDResult]) -> None:
    shown = min(truth.size, 3 * SPECTRUM // 2)
    ax.semilogy(np.arange(1, shown + 1), truth[:shown], color=GREY, lw=1, label="NumPy's full SVD")
    for colour, (label, result) in zip((YELLOW, BLUE), spectra.items(), strict=True):
        certificate = result.certificate
        i = np.arange(1, result.S.size + 1)
        low, high = np.asarray(certificate.sigma_lower), np.asarray(certificate.sigma_upper)
        ax.fill_between(i, low, high, color=colour, alpha=0.4, lw=2, label=f"enclosure, {label}")
        ax.axhline(
            float(certificate.complement_norm), color=colour, ls="--", lw=1.2,
            label="no value beyond the rank is larger",
        )  # fmt: skip
    ax.plot(i, result.S, ".", color="black", ms=3, label=f"truncated_svd(image, {SPECTRUM}).S")
    ax.set(xlabel="index i", ylabel="singular value σᵢ (unit of brightness)", xlim=(0, shown))
    ax.set_title(f"Spectrum with the certificate of rank {SPECTRUM}", fontsize=10)
    ax.set_ylim(truth[shown - 1] / 1.5, 2 * truth[0])
    ax.legend(fontsize=8, frameon=False)


def _draw_errors(ax: Any, truth: np.ndarray, results: list[SVDResult]) -> None:
    tails = np.sqrt(np.cumsum(np.square(truth)[::-1])[::-1]) / np.linalg.norm(truth)
    ax.semilogy(np.arange(truth.size), tails, color=GREY, lw=1, label="least error of each rank")
    ranks = [result.S.size for result in results]
    ax.plot(ranks, ERRORS, "_", color=RED, ms=16, mew=1.5, label="error asked for")
    certified = [result.certificate.relative_error for result in results]
    ax.plot(ranks, certified, "o", color=BLUE, ms=5, label="certified error of the answer")
    ticks = (*ERRORS, 0.5, 0.02)
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="rank k", ylabel="‖A − U S Vh‖ / ‖A‖ (Frobenius)", ylim=(0.02, 0.5))
    ax.set_xlim(-2, min(truth.size, 2 * ranks[-1]))
    ax.set_title("Error against rank", fontsize=10)
    ax.legend(fontsize=8, frameon=False)


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Compress the image, print the table, and draw it where wanted."""
    image = load_image() / 255  # 0 is black, 1 is white
    results = compress(image)
    spectra = enclose(image)
    if show or save is not None:
        figure = draw(image, results, spectra)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
