"""Robustness: multiplicities, scales, graded and zero matrices, the full rank."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.peers import ALL, GESVD, TRUNCATED
from benchmarks.summaries import pivot
from linsub.bench import Report, SVDJudge, Task
from linsub.bench.contenders import solver_contenders
from linsub.bench.report import Row

TITLE = "Truncated SVD: what goes wrong, and for whom"

# A power of two, so that nothing but the exponent changes.
HUGE = 2.0**531  # 7e159
TOLERANCE = 1e-6  # for the singular values (relative), residuals and orthogonality
WRONG = 0.2  # beyond any inaccuracy of a converging method: a value was missed or made up
# TruncatedSVD keeps U S, which says nothing of U where a singular value is zero.
SOLVERS = (*(solver for solver in ALL if solver is not TRUNCATED), GESVD)


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another; the matrices are small either way."""
    yield Plan("identity(50), k=5", _task, ("identity(50), k=5", _identity, 5))
    yield Plan("multiplicity 12, k=10", _task, ("multiplicity 12, k=10", _multiple, 10))
    yield Plan("Gauss 60x40 at 1e160, k=5", _task, ("Gauss 60x40 at 1e160, k=5", _gauss, 5, HUGE))
    yield Plan(
        "Gauss 60x40 at 1e-160, k=5", _task, ("Gauss 60x40 at 1e-160, k=5", _gauss, 5, 1.0 / HUGE)
    )
    yield Plan("graded 1 ... 1e-9, k=4", _task, ("graded 1 ... 1e-9, k=4", _graded, 4))
    yield Plan("zero 30x20, k=3", _task, ("zero 30x20, k=3", _zero, 3))
    yield Plan("Gauss 60x40, k=40", _task, ("Gauss 60x40, k=40", _gauss, 40))


def summary(report: Report) -> str:
    """Return who passes what."""
    tasks_run = [task for task in report.tasks if task.rows]
    text = (
        f"ok: every singular value within {TOLERANCE:g} (relative), residuals over σ₁ and "
        f"orthogonality within {TOLERANCE:g}. Otherwise the worst of the three, returned "
        f"without an error: inaccurate, or WRONG above {WRONG:g}.\n"
    )
    return f"{text}\n{pivot(tasks_run, verdict)}\n"


def verdict(row: Row) -> str:
    """Return ``ok``, ``inaccurate`` or ``WRONG`` with the error, or the exception's name."""
    if row.skipped:
        return "skipped"
    if row.failure:
        return f"raises {row.failure.partition(':')[0]}"
    worst = max((row.errors[name] for name in ("sigma", "residual", "orthogonality")), key=_order)
    if worst <= TOLERANCE:
        return "ok"
    return f"{'inaccurate' if worst <= WRONG else 'WRONG'} {worst:.0e}"


def _order(value: float) -> float:
    return value if value == value else float("inf")


def _task(name: str, make: Callable[[], np.ndarray], rank: int, scale: float = 1.0) -> Task:
    A = make()
    judge = SVDJudge(A, rank, np.linalg.svd(A, compute_uv=False))

    def accuracy(triple: Any) -> Mapping[str, float]:
        U, S, Vh = triple
        return judge((U, np.asarray(S) / scale, Vh))

    return Task(
        name=name,
        contenders=solver_contenders(A * scale, rank, SOLVERS, kind="dense", curves=False),
        accuracy=accuracy,
        measures=("sigma", "residual"),
        floor=TOLERANCE,
        budget=0.2,
    )


def _identity() -> np.ndarray:
    return np.eye(50)


def _orthogonal(rng: np.random.Generator, m: int, n: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((m, n)))[0]


def _multiple() -> np.ndarray:
    rng = np.random.default_rng(0)
    sigma = np.concatenate([np.ones(12), 0.5 * 0.95 ** np.arange(88.0)])
    return (_orthogonal(rng, 100, 100) * sigma) @ _orthogonal(rng, 100, 100).T


def _gauss() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((60, 40))


def _graded() -> np.ndarray:
    rng = np.random.default_rng(0)
    sigma = np.zeros(40)
    sigma[:4] = [1.0, 1e-3, 1e-6, 1e-9]
    return (_orthogonal(rng, 60, 40) * sigma) @ _orthogonal(rng, 40, 40).T


def _zero() -> np.ndarray:
    return np.zeros((30, 20))
