"""Reach a given error with the smallest rank: nobody else takes the error as an argument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.peers import arpack_doubling, sklearn_doubling, sklearn_randomized
from benchmarks.table_4_5 import data
from linsub.bench import Contender, Task, spectrum_matrix

TITLE = "The rank that an error needs"

# Name, shape, quick shape, spectrum, relative Frobenius error.
CASES = (
    ("1500² .95^i, error 1e-1", (1500, 1500), (150, 150), "0.95^i", 1e-1),
    ("1500² .95^i, error 1e-3", (1500, 1500), (150, 150), "0.95^i", 1e-3),
    ("1500² 1/i, error 1e-1", (1500, 1500), (150, 150), "1/i", 1e-1),
    ("20000x1000 1/i, error 1e-1", (20000, 1000), (1000, 120), "1/i", 1e-1),
)


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for name, shape, small, spectrum, error in CASES:
        yield Plan(name, _synthetic, (name, small if quick else shape, spectrum, error))
    yield Plan("digits, error 0.05", _digits, (0.05,))


def _synthetic(name: str, shape: tuple[int, int], spectrum: str, error: float) -> Task:
    A, sigma = spectrum_matrix(*shape, spectrum)
    return _task(name, A, sigma, error)


def _digits(error: float) -> Task:
    A = data("digits")
    return _task(f"digits, error {error:g}", A, np.linalg.svd(A, compute_uv=False), error)


def _task(name: str, A: np.ndarray, sigma: np.ndarray, error: float) -> Task:
    norm = float(np.linalg.norm(A))
    tails = np.sqrt(np.append(np.cumsum(sigma[::-1] ** 2)[::-1], 0.0)) / norm
    best = int(np.argmax(tails <= error))

    def accuracy(triple: Any) -> Mapping[str, float]:
        U, S, Vh = triple
        reached = float(np.linalg.norm(A - (U * S) @ Vh)) / norm
        return {"rank": len(S), "least rank": best, "error / target": reached / error}

    def ours(certify: bool) -> Any:
        from linsub.svd import truncated_svd

        return truncated_svd(A, error=error, certify=certify, rng=0)

    return Task(
        name=name,
        title=f"{name}: {A.shape[0]} x {A.shape[1]}",
        contenders=[
            Contender("linsub", lambda: ours(False), certified=lambda: ours(True)),
            Contender("numpy gesdd, cut", lambda: _cut(A, error)),
            Contender(
                "sklearn, rank doubled",
                lambda: sklearn_doubling(A, error),
                requires=("sklearn",),
            ),
            Contender(
                "sklearn, rank known",
                lambda: sklearn_randomized(A, best),
                requires=("sklearn",),
            ),
            Contender("scipy arpack, rank doubled", lambda: arpack_doubling(A, error)),
        ],
        accuracy=accuracy,
        measures=("error / target",),
        floor=1.0,  # everybody who reaches the target counts as equal
    )


def _cut(A: np.ndarray, error: float) -> Any:
    U, S, Vh = np.linalg.svd(A, full_matrices=False)
    squares = np.append(np.cumsum(S[::-1] ** 2)[::-1], 0.0)
    rank = int(np.argmax(squares <= error**2 * squares[0]))
    return U[:, :rank], S[:rank], Vh[:rank]
