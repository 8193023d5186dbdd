"""Spectra of real data: singular values, tails, and the ranks that reach an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.peers import ALL, SKLEARN
from linsub.bench import Contender, Task, svd_task

TITLE = "Spectra of real data"

ENERGY, ERROR = 0.99, 0.05
SEEDS = 10


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another; in quick runs the digits alone."""
    names = ("digits",) if quick else ("digits", "china", "flower")
    for name in names:
        yield Plan(f"{name} spectrum", _facts, (name,))
        yield Plan(f"{name} k=20", _speed, (name,))


def data(name: str) -> np.ndarray:
    """Return a data set as a matrix: the digits, or a picture with its channels side by side."""
    if name == "digits":
        from linsub.testing import load_digits

        loaded = load_digits()
        return np.asarray(getattr(loaded, "data", loaded), dtype=np.float64)
    from sklearn.datasets import load_sample_image  # needs Pillow

    picture = load_sample_image(f"{name}.jpg") / 255.0
    return np.hstack([picture[:, :, channel] for channel in range(3)])


def _facts(name: str) -> Task:
    A = data(name)
    return Task(
        name=f"{name} spectrum",
        title=f"{name}, {A.shape[0]} x {A.shape[1]}: singular values, tails and ranks",
        contenders=[
            Contender("linsub", lambda: _by_linsub(A), accuracy=dict),
            Contender("numpy gesdd", lambda: _by_lapack(A), accuracy=dict),
        ],
        measures=(),
        budget=1.0,
    )


def _by_lapack(A: np.ndarray) -> Mapping[str, float]:
    S = np.linalg.svd(A, full_matrices=False)[1]
    tails = np.sqrt(np.append(np.cumsum(S[::-1] ** 2)[::-1], 0.0) / np.sum(S**2))
    return _named(
        S,
        tails[20],
        tails[50],
        int(np.argmax(tails**2 <= 1.0 - ENERGY)),
        int(np.argmax(tails <= ERROR)),
    )


def _by_linsub(A: np.ndarray) -> Mapping[str, float]:
    from linsub.svd import truncated_svd

    fifty = truncated_svd(A, 50, rng=0)
    twenty = truncated_svd(A, 20, rng=0)
    return _named(
        fifty.S,
        twenty.certificate.relative_error,
        fifty.certificate.relative_error,
        len(truncated_svd(A, energy=ENERGY, rng=0).S),
        len(truncated_svd(A, error=ERROR, rng=0).S),
    )


def _named(S: Any, tail20: Any, tail50: Any, energy: int, error: int) -> Mapping[str, float]:
    values = {f"σ{i}": float(S[i - 1]) for i in (1, 2, 3, 20)}
    return {
        **values,
        "tail 20": float(tail20),
        "tail 50": float(tail50),
        f"rank for {ENERGY:.0%} energy": energy,
        f"rank for error {ERROR:g}": error,
    }


def _speed(name: str) -> Task:
    A = data(name)
    sigma = np.linalg.svd(A, compute_uv=False)
    title = f"{name}, {A.shape[0]} x {A.shape[1]}: rank 20"
    task = svd_task(f"{name} k=20", A, 20, sigma=sigma, solvers=ALL, title=title, curves=True)
    seeds = Contender(
        f"sklearn randomized_svd, median of {SEEDS} seeds",
        lambda: _sklearn_values(A),
        accuracy=lambda answers: {
            "sigma": float(np.median([np.max(np.abs(S / sigma[:20] - 1.0)) for S in answers]))
        },
        method="seeds",
        requires=SKLEARN.requires,
    )
    return Task(**{**vars(task), "contenders": [*task.contenders, seeds]})


def _sklearn_values(A: np.ndarray) -> list[np.ndarray]:
    from sklearn.utils.extmath import randomized_svd

    return [randomized_svd(A, 20, random_state=seed)[1] for seed in range(SEEDS)]
