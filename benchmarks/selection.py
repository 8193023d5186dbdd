"""Rows, columns and columns of kernels: error over the optimum beside the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.table_4_5 import data
from linsub.bench import Contender, Report, Task

TITLE = "Rows and columns for a whole matrix"

SIZES = (10, 20, 40)
DRAWS = 25
RMS = f"rms of {DRAWS} draws"


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    side = 8 if quick else 30
    for k in (5,) if quick else SIZES:
        yield Plan(f"rows k={k}", _rows, (side, k))
    yield Plan("columns k=20", _columns, (100 if quick else 2000, 5 if quick else 20))
    yield Plan("kernel k=100", _kernel, (80 if quick else 1500, 10 if quick else 100))


def neighbours(side: int) -> np.ndarray:
    """Return 1 / |x - y| between the points of two squares side by side."""
    g = np.arange(side) / side
    X = np.stack(np.meshgrid(g, g), axis=-1).reshape(-1, 2)
    Y = X + np.array([1.0, 0.0])
    return np.asarray(1.0 / np.linalg.norm(X[:, None] - Y, axis=2))


def _least(A: np.ndarray, k: int) -> float:
    return float(np.linalg.norm(np.linalg.svd(A, compute_uv=False)[k:]))


def _projected(A: np.ndarray, S: np.ndarray) -> float:
    """Return the error of the rows S, with the best weights."""
    Q = np.linalg.qr(A[S].conj().T)[0]
    return float(np.linalg.norm(A - (A @ Q) @ Q.conj().T))


def _judged_by_draws(
    A: np.ndarray, least: float, draw: Callable[[np.random.Generator], np.ndarray]
) -> Callable[[Any], Mapping[str, float]]:
    """Judge a law by the root of the mean square of its draws, not by the one that was timed."""

    def judge(answer: Any) -> Mapping[str, float]:
        rng = np.random.default_rng(1)
        squares = [(_projected(A, draw(rng)) / least) ** 2 for _ in range(DRAWS)]
        return {"error": float(np.sqrt(np.mean(squares)))}

    return judge


def _rows(side: int, k: int) -> Task:
    A = neighbours(side)
    least = _least(A, k)
    U = np.linalg.svd(A, full_matrices=False)[0][:, :k]

    def ours(**options: Any) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.selection import row_subset

            return row_subset(A, k, rng=0, **options)

        return run

    def pivots() -> np.ndarray:
        from scipy.linalg import qr

        return np.asarray(qr(A.T, mode="r", pivoting=True)[1][:k])

    def leverages() -> np.ndarray:
        from linsub.svd import truncated_svd

        Q = truncated_svd(A, k, rng=0, certify=False).U
        p = np.square(np.asarray(Q)).sum(axis=1)
        return np.random.default_rng(0).choice(len(A), k, replace=False, p=p / p.sum())

    def judge(answer: Any) -> Mapping[str, float]:
        if isinstance(answer, np.ndarray):
            return {"error": _projected(A, answer) / least}
        return {"error": float(np.linalg.norm(A - answer.W @ A[answer.indices])) / least}

    def arp(rng: np.random.Generator) -> np.ndarray:
        from linsub.dpp import projection_dpp

        return projection_dpp(U, rng=rng)

    def iid(rng: np.random.Generator) -> np.ndarray:
        return rng.choice(len(A), k, replace=False, p=np.square(U).sum(axis=1) / k)

    return Task(
        name=f"rows k={k}",
        title=f"{k} rows of a kernel between neighbouring squares, {A.shape[0]} x {A.shape[1]}",
        contenders=[
            Contender("linsub", ours(method="osinsky"), judge, setting="osinsky, oblique"),
            Contender(
                "linsub osinsky, projection", ours(method="osinsky", interp="projection"), judge
            ),
            Contender(
                f"linsub arp, projection ({RMS})",
                ours(method="arp", interp="projection"),
                _judged_by_draws(A, least, arp),
            ),
            Contender("linsub srrqr", ours(method="srrqr"), judge),
            Contender("scipy qr, pivoting", pivots, judge),
            Contender(
                f"leverages, no repulsion ({RMS})", leverages, _judged_by_draws(A, least, iid)
            ),
        ],
    )


def _columns(m: int, k: int) -> Task:
    rng = np.random.default_rng(0)
    n = max(m // 20, 2 * k)
    A = rng.standard_normal((m, n)) @ np.diag(0.93 ** np.arange(n)) @ rng.standard_normal((n, n))
    least = _least(A, k)

    def ours(method: str) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.selection import row_subset

            return row_subset(A.T, k, method=method, rng=0).indices

        return run

    def skmatter() -> Any:
        from skmatter.feature_selection import CUR

        return np.asarray(CUR(n_to_select=k, progress_bar=False).fit(A).selected_idx_)

    return Task(
        name=f"columns k={k}",
        title=f"{k} columns of {m} x {n}, spectrum about 0.93^i; errors with the best weights",
        contenders=[
            Contender("linsub", ours("osinsky"), setting="osinsky"),
            Contender("linsub arp", ours("arp")),
            Contender("linsub cpqr", ours("cpqr")),
            Contender("skmatter CUR", skmatter, requires=("skmatter",)),
        ],
        accuracy=lambda S: {"error": _projected(A.T, np.asarray(S)) / least},
    )


def _kernel(N: int, k: int) -> Task:
    X = np.asarray(data("digits"))[:N]
    gamma = 1.0 / (2.0 * 30.0**2)
    squares = np.square(X).sum(axis=1)

    def columns(S: np.ndarray) -> np.ndarray:
        off = squares[:, None] + squares[S] - 2.0 * X @ X[S].T
        return np.asarray(np.exp(-gamma * np.maximum(off, 0.0)))

    A = columns(np.arange(len(X)))
    least = float(np.linalg.eigvalsh(A)[::-1][k:].sum())

    def pivoted() -> Any:
        from linsub.selection import nystroem

        return nystroem(columns, k, diagonal=np.ones(len(X)), rng=0).F

    def arp() -> Any:
        from linsub.selection import nystroem

        return nystroem(A, k, method="arp", rng=0).F

    def sklearn() -> Any:
        from sklearn.kernel_approximation import Nystroem

        return Nystroem(gamma=gamma, n_components=k, random_state=0).fit_transform(X)

    return Task(
        name=f"kernel k={k}",
        title=f"{k} columns of the Gaussian kernel of {len(X)} digits; trace error over the least",
        contenders=[
            Contender("linsub", pivoted, setting="rpcholesky from a function"),
            Contender("linsub arp, whole matrix", arp),
            Contender("sklearn Nystroem, uniform", sklearn, requires=("sklearn",)),
        ],
        accuracy=lambda F: {"error": float(np.trace(A) - np.square(np.asarray(F)).sum()) / least},
    )


def summary(report: Report) -> str:
    """Return the errors over the optimum and the best milliseconds, task by task."""
    lines = ["Error over the least of rank k / best milliseconds.\n"]
    for task in report.tasks:
        lines += [f"**{task.title}**\n", "| method | error / least | ms |", "|---|---|---|"]
        for row in task.rows:
            if row.failure or not row.timing.times:
                lines.append(f"| {row.contender} | failed | |")
            else:
                error, best = row.errors["error"], 1e3 * row.timing.best
                lines.append(f"| {row.contender} | {error:.3f} | {best:.2f} |")
        lines.append("")
    return "\n".join(lines)
