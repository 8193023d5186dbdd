"""The Bures barycentre of Gaussians: the example's fixed point beside POT's."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.summaries import pivot
from linsub.bench import Contender, Report, Task
from linsub.bench.report import Row, milliseconds

TITLE = "Bures barycentres"

EXAMPLE = Path(__file__).parents[1] / "examples" / "papers" / "bures.py"
# Covariances, their order, whether one is singular, steps of the iteration.
CASES = ((10, 20, False, 25), (10, 100, False, 25), (2, 6, True, 40))
CASES_QUICK = ((3, 4, False, 8),)


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for count, order, singular, steps in CASES_QUICK if quick else CASES:
        name = f"{count} of order {order}" + (", one of rank 1" if singular else "")
        yield Plan(name, _task, (name, count, order, singular, steps))


def _example() -> Any:
    spec = importlib.util.spec_from_file_location("paper_bures", EXAMPLE)
    assert spec is not None and spec.loader is not None  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _task(name: str, count: int, order: int, singular: bool, steps: int) -> Task:
    example = _example()
    rng = np.random.default_rng(0)
    if singular:
        u = np.linalg.qr(rng.standard_normal((order, 1)))[0]
        C = np.array([u @ u.T, np.eye(order)])
    else:
        X = rng.standard_normal((count, order, 2 * order))
        C = X @ X.transpose(0, 2, 1) / (2 * order)
    w = np.full(count, 1.0 / count)

    def pot() -> Any:
        from ot.gaussian import bures_wasserstein_barycenter

        _, S = bures_wasserstein_barycenter(
            np.zeros((count, order)), C, weights=w, num_iter=1000, eps=1e-12
        )
        return S

    def judge(S: np.ndarray) -> Mapping[str, float]:
        """Return the residual of the equation that the barycentre solves."""
        if not np.isfinite(S).all():
            return {"residual": float("nan")}
        half = example.root(S)
        fixed = sum(x * example.root(half @ c @ half) for x, c in zip(w, C, strict=True))
        return {"residual": float(np.linalg.norm(S - fixed) / np.linalg.norm(S))}

    return Task(
        name=name,
        title=f"{name}: {steps} steps of ours, POT to its tolerance of 1e-12",
        contenders=[
            Contender("fixed point", lambda: example.barycentre(C, w, steps)[0]),
            Contender("POT", pot, requires=("ot",)),
        ],
        accuracy=judge,
        measures=("residual",),
        ours="fixed point",
    )


def summary(report: Report) -> str:
    """Return milliseconds and residuals."""

    def cell(row: Row) -> str:
        if row.skipped or row.failure:
            return "skipped" if row.skipped else "failed"
        return f"{milliseconds(row.timing.best)} ms, {row.errors.get('residual', np.nan):.0e}"

    head = "Best time, and by how much the equation of the barycentre is violated:\n"
    return f"{head}\n{pivot(report.tasks, cell)}\n"
