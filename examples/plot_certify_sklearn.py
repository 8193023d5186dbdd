"""
Certify scikit-learn's own answer
=================================

scikit-learn's ``randomized_svd`` stops after a fixed number of iterations and returns three
arrays. How good they are depends on the spectrum, which is what one wanted to know in the
first place. ``low_rank_error`` certifies any factorization, whoever computed it; and
``truncated_svd`` certifies each singular value, so that the two can be compared. The data are
handwritten digits, where all goes well, and a matrix whose singular values decay slowly,
where it does not.

Run it with ``python examples/plot_certify_sklearn.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from linsub import low_rank_error, truncated_svd
from linsub.errors import MissingExtraError
from linsub.results import Bound
from linsub.svd import SVDResult
from linsub.testing import load_digits

RANK = 20
BLUE, RED, YELLOW = "#0072B2", "#D55E00", "#E69F00"
GREEN, GREY = "#009E73", "#5f6b76"
FLOOR = 1e-17  # what is drawn for a shortfall of zero
COLOURS = (RED, YELLOW, GREEN, BLUE)
DOTS = "dots: true; bars: certified, by the enclosures of truncated_svd"
NORMS = ("frobenius", "spectral")


class Answer(NamedTuple):
    """A factorization with bounds on its two errors and the two errors themselves."""

    S: np.ndarray
    bounds: dict[str, Bound]
    true: dict[str, float]


class Study(NamedTuple):
    """One matrix: its spectrum, everybody's answers, and our record with its certificate."""

    truth: np.ndarray
    answers: dict[str, Answer]
    certified: SVDResult


def slowly_decaying(m: int = 1200, n: int = 600) -> np.ndarray:
    """Return a matrix whose singular values are 1, 1/sqrt(2), 1/sqrt(3), ..."""
    rng = np.random.default_rng(7)
    U = np.linalg.qr(rng.standard_normal((m, n)))[0]
    V = np.linalg.qr(rng.standard_normal((n, n)))[0]
    return (U / np.sqrt(np.arange(1, n + 1))) @ V.T


def sklearn_svd() -> Any:
    """Return scikit-learn's randomized_svd, or say how to get it."""
    try:
        from sklearn.utils.extmath import randomized_svd
    except ImportError as error:
        raise MissingExtraError(
            'this example certifies scikit-learn: pip install "linsub[sklearn]"'
        ) from error
    return randomized_svd


def judge(A: np.ndarray, U: np.ndarray, S: np.ndarray, Vh: np.ndarray) -> Answer:
    """Certify a factorization, and measure what the certificate bounds."""
    E = A - U * S @ Vh
    true = {"frobenius": np.linalg.norm(E), "spectral": np.linalg.norm(E, 2)}
    return Answer(S, {norm: low_rank_error(A, U, S, Vh, norm=norm, rng=1) for norm in NORMS}, true)


def study(A: np.ndarray) -> Study:
    """Let scikit-learn and linsub answer, and certify all of it in the same way."""
    randomized_svd = sklearn_svd()
    certified = truncated_svd(A, RANK, certify="tight", rng=0)
    answers = {
        "scikit-learn, n_iter=0": judge(A, *randomized_svd(A, RANK, n_iter=0, random_state=0)),
        "scikit-learn, n_iter=2": judge(A, *randomized_svd(A, RANK, n_iter=2, random_state=0)),
        "scikit-learn, default": judge(A, *randomized_svd(A, RANK, random_state=0)),
        "linsub": judge(A, *certified),
    }
    return Study(np.linalg.svd(A, compute_uv=False), answers, certified)


def report(name: str, result: Study) -> None:
    """Print certified, true and least possible errors, and the values that were missed."""
    truth, certificate = result.truth, result.certified.certificate
    least = {"frobenius": np.linalg.norm(truth[RANK:]), "spectral": truth[RANK]}
    print(f"{name}: rank {RANK}; errors relative to the least possible ones")
    heads = f"{'certified F':>12}{'true F':>9}{'certified 2':>13}{'true 2':>9}"
    print(f"{'':24}{heads}  values proven low")
    lower = np.asarray(certificate.sigma_lower)
    for who, answer in result.answers.items():
        row = []
        for norm in NORMS:
            row += [float(answer.bounds[norm]) / least[norm], answer.true[norm] / least[norm]]
        low = int(np.count_nonzero(lower > answer.S))
        print(f"{who:24}{row[0]:12.4f}{row[1]:9.4f}{row[2]:13.4f}{row[3]:9.4f}  {low} of {RANK}")
    print()


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(studies: dict[str, Study]) -> Any:
    """Return the figure: for each matrix the claimed values and the certified errors."""
    figure = pyplot().figure(figsize=(12, 7.6), dpi=110, layout="constrained")
    figure.suptitle(f"What scikit-learn claims, what is certified, what is true (rank {RANK})")
    axes = figure.subplots(2, 2, width_ratios=(1.15, 1))
    for (left, right), (name, result) in zip(axes, studies.items(), strict=True):
        _draw_values(left, name, result)
        _draw_errors(right, result)
    return figure


def _draw_values(ax: Any, name: str, result: Study) -> None:
    truth, certificate = result.truth[:RANK], result.certified.certificate
    i = np.arange(1, RANK + 1)
    for (who, answer), colour in zip(result.answers.items(), COLOURS, strict=True):
        low, high = (
            np.maximum((np.asarray(b) - answer.S) / truth, FLOOR)
            for b in (certificate.sigma_lower, certificate.sigma_upper)
        )
        shift = 0.2 if who == "linsub" else 0.0
        ax.vlines(i + shift, low, high, color=colour, lw=4, alpha=0.35)
        ax.plot(i + shift, np.maximum((truth - answer.S) / truth, FLOOR), ".", color=colour, ms=6)
        ax.plot([], [], ".-", color=colour, lw=3, label=who)
    ax.set_yscale("log")
    ax.set_ylim(FLOOR / 3, 1e6)  # room for the legend
    ticks = 10.0 ** np.arange(-15, 1, 3)
    ax.set_yticks([FLOOR, *ticks], ["rounding", *(f"$10^{{{e}}}$" for e in range(-15, 1, 3))])
    ax.minorticks_off()
    ax.set(
        ylabel="(σᵢ − claimed) / σᵢ",
        xlabel="index i",
        xticks=range(0, RANK + 1, 5),
        xlim=(0, RANK + 1),
    )
    ax.set_title(f"{name}: how far too low the values are", fontsize=10)
    ax.legend(fontsize=8, frameon=False, ncols=2, loc="upper left", title=DOTS, title_fontsize=8)


def _draw_errors(ax: Any, result: Study) -> None:
    truth = result.truth
    least = {"frobenius": np.linalg.norm(truth[RANK:]), "spectral": truth[RANK]}
    labels, place = [], 0.0
    for norm in NORMS:
        for who, answer in result.answers.items():
            true = answer.true[norm] / least[norm]
            bound = float(answer.bounds[norm]) / least[norm]
            ax.barh(place, true, color=GREY, alpha=0.55, height=0.6)
            ax.plot([bound], [place], "|", color=BLUE, ms=17, mew=2.5)
            ax.annotate(
                f"{bound:.3f}", (bound, place), (5, 0), textcoords="offset points", va="center",
                fontsize=8, color=BLUE,
            )  # fmt: skip
            labels.append((place, f"{who}\n{norm}"))
            place += 1.0
        place += 0.5
    ax.set_yticks([y for y, _ in labels], [text for _, text in labels], fontsize=8)
    ax.invert_yaxis()
    bar, mark = (
        ax.barh(-9, 0, color=GREY, alpha=0.55),
        ax.plot([], [], "|", color=BLUE, ms=10, mew=2.5)[0],
    )
    ax.legend(
        [bar, mark], ["true", "certified"], fontsize=8, frameon=False, ncols=2,
        loc="lower right", bbox_to_anchor=(1, 1),
    )  # fmt: skip
    ax.set_ylim(place - 0.9, -0.6)
    top = max(float(a.bounds[n]) / least[n] for a in result.answers.values() for n in NORMS)
    ax.set(xlabel="error / least possible error of this rank", xlim=(0.9, 1.0 + 1.25 * (top - 1)))
    ax.axvline(1.0, color="black", lw=0.8, ls=":")
    ax.set_title("‖A − U S Vh‖", fontsize=10, loc="left")


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Certify both matrices, print the tables, and draw them where wanted."""
    matrices = {
        "handwritten digits": np.asarray(load_digits().data, dtype=np.float64),
        "slow decay, σᵢ = i^(−1/2)": slowly_decaying(),
    }
    studies = {name: study(A) for name, A in matrices.items()}
    for name, result in studies.items():
        report(name, result)
    if show or save is not None:
        figure = draw(studies)
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
