"""K-subspaces: many restarts on few samples, and one hundred thousand samples."""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.union_table import AMBIENT, DIM, SUBSPACES, union
from linsub.bench import Contender, Probe, Report, Task, Work
from linsub.bench.report import Row, markdown_table, milliseconds

TITLE = "K-subspaces: restarts, ensembles, and many samples"

# Samples, restarts and voters of the first task; in quick runs those behind.
FEW, STARTS, VOTERS = 500, 100, 200
FEW_QUICK, STARTS_QUICK, VOTERS_QUICK = 60, 5, 9

# Samples, features, subspaces, dimension and noise of the second.
MANY = (100_000, 100, 10, 5, 0.1)
MANY_QUICK = (600, 20, 3, 2, 0.1)


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield the two tasks; in quick runs at tiny sizes."""
    yield Plan("restarts", _restarts, (quick,))
    yield Plan("many samples", _many, (quick,))


# ---------------------------------------------------------------------- who takes part


def numpy_loop(
    X: np.ndarray, K: int, d: int, n_init: int, maxiter: int = 100
) -> tuple[np.ndarray, float, int]:
    """K-subspaces as it is usually written: one run after another, an SVD a cluster."""
    rng = np.random.default_rng(0)
    best = (np.zeros(X.shape[0], dtype=np.int64), np.inf, 0)
    squares = np.square(X).sum(axis=1)
    for _ in range(n_init):
        bases = [np.linalg.qr(rng.standard_normal((X.shape[1], d)))[0] for _ in range(K)]
        labels = np.full(X.shape[0], -1)
        steps = 0
        for _ in range(maxiter):
            steps += 1
            gaps = np.stack([squares - np.square(X @ U).sum(axis=1) for U in bases], axis=1)
            before, labels = labels, gaps.argmin(axis=1)
            if (labels == before).all():
                break
            for k in range(K):
                rows = X[labels == k]
                if rows.shape[0] >= d:
                    bases[k] = np.linalg.svd(rows, full_matrices=False)[2][:d].T
        cost = float(np.maximum(gaps.min(axis=1), 0.0).sum())
        if cost < best[1]:
            best = (labels, cost, steps)
    return best


def kspaces_em(X: np.ndarray, K: int, d: int, how: str) -> tuple[np.ndarray, None, int]:
    """Expectation and maximization over affine spaces by the package kspaces, ten starts."""
    run_EM: Any = importlib.import_module("kspaces.EM").run_EM

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, probabilities = run_EM(X, [d] * K, assignment=how, initializations=10, silent=True)
    return np.argmax(probabilities, axis=1), None, 0


def ours(X: np.ndarray, K: int, d: int, n_init: int) -> tuple[np.ndarray, float, int]:
    """linsub's, with what the judge and the limits need."""
    from linsub.clustering import k_subspaces

    found = k_subspaces(X, K, d, n_init=n_init, rng=0)
    assert found.info is not None
    return found.labels, found.cost, int(found.info.iterations or 0)


def ensemble(X: np.ndarray, K: int, d: int, n_runs: int) -> tuple[np.ndarray, None, int]:
    """The agreement of many runs."""
    from linsub.clustering import ensemble_k_subspaces

    labels = ensemble_k_subspaces(X, K, d, n_runs=n_runs, n_neighbors=10, rng=0).labels
    return labels, None, 0


# ---------------------------------------------------------------------- few samples


def _restarts(quick: bool) -> Task:
    n, starts, voters = (FEW_QUICK, STARTS_QUICK, VOTERS_QUICK) if quick else (FEW, STARTS, VOTERS)
    X, truth = union(n, 0)
    size = (X, SUBSPACES, DIM)
    return Task(
        name="restarts",
        title=(
            f"{n} samples on {SUBSPACES} subspaces of dimension {DIM} in {AMBIENT} dimensions, "
            f"{starts} starts, {voters} voters"
        ),
        contenders=[
            Contender("linsub", lambda: ours(*size, starts)),
            Contender("NumPy loop", lambda: numpy_loop(*size, starts)),
            Contender("linsub, ensemble", lambda: ensemble(*size, voters)),
            *(
                Contender(
                    f"kspaces, {how}, 10 starts",
                    lambda how=how: kspaces_em(*size, how),  # type: ignore[misc]
                    requires=("kspaces", "sklearn"),
                )
                for how in ("soft", "hard", "closest")  # soft is its default
            ),
        ],
        accuracy=_judge(truth),
        measures=("errors",),
    )


def _judge(truth: np.ndarray) -> Callable[[Any], Mapping[str, float]]:
    def judge(answer: Any) -> Mapping[str, float]:
        from linsub.clustering import clustering_accuracy

        labels, cost, _ = answer
        wrong = {"errors": 1.0 - clustering_accuracy(truth, labels)}
        return wrong if cost is None else {**wrong, "cost": float(cost)}

    return judge


# ---------------------------------------------------------------------- many samples


def _samples(quick: bool) -> tuple[np.ndarray, np.ndarray]:
    from linsub.testing import gallery

    n, D, K, d, noise = MANY_QUICK if quick else MANY
    X, truth, _ = gallery.union_of_subspaces(K, d, D, n // K, noise=noise, rng=0)
    return X, truth


def _many(quick: bool) -> Task:
    n, D, K, d, noise = MANY_QUICK if quick else MANY
    X, truth = _samples(quick)

    def work(answer: Any) -> Work:
        # A step multiplies by all bases, and forms half of each cluster's Gram matrix.
        return Work(flops=float(answer[2]) * (2.0 * n * D * K * d + 1.0 * n * D * D))

    counts = (1,) if quick else (1, 10)
    found = [
        Contender(
            "linsub" if starts == 1 else f"linsub, {starts} starts",
            lambda starts=starts: ours(X, K, d, starts),  # type: ignore[misc]
            work=work if starts == 1 else None,
        )
        for starts in counts
    ]
    return Task(
        name="many samples",
        title=(
            f"{n} samples of {D} features near {K} subspaces of dimension {d}, noise {noise:g}; "
            "one start where nothing else is said"
        ),
        contenders=[*found, Contender("NumPy loop", lambda: numpy_loop(X, K, d, 1), work=work)],
        accuracy=_judge(truth),
        measures=("errors",),
        probes=lambda _: {
            name: Probe("benchmarks.k_subspaces:prepare", {"quick": quick, "starts": starts})
            for name, starts in zip((c.name for c in found), counts, strict=True)
        },
        budget=60.0,
    )


def prepare(quick: bool, starts: int) -> Callable[[], Any]:
    """Return the call whose memory is measured, with the samples made and all imported."""
    X, _ = _samples(quick)
    _, _, K, d, _ = MANY_QUICK if quick else MANY
    ours(X[: 20 * K], K, d, 1)
    return lambda: ours(X, K, d, starts)


def summary(report: Report) -> str:
    """Return seconds, wrong labels, cost, share of the limit and megabytes of each row."""
    parts = [
        "Best time, share of wrong labels, cost, share of the time in which the products alone "
        "could be done, and megabytes on top of the samples:\n"
    ]
    for task in report.tasks:
        rows = [[row.contender, *_cells(row)] for row in task.rows]
        head = ["method", "ms", "wrong", "cost", "of GEMM", "MB"]
        parts.append(f"{task.title}\n\n{markdown_table(head, rows)}\n")
    return "\n".join(parts)


def _cells(row: Row) -> list[str]:
    if row.skipped or row.failure:
        return ["skipped" if row.skipped else "failed", "", "", "", ""]
    cost = f"{row.errors['cost']:.3g}" if "cost" in row.errors else ""
    return [
        milliseconds(row.timing.best),
        f"{row.errors['errors']:.1%}",
        cost,
        "" if row.share is None else f"{row.share:.0%}",
        "" if row.peak is None else f"{row.peak / 1e6:.0f}",
    ]
