"""Samples of projection DPPs beside DPPy, with set-up and the check of orthonormality."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task
from linsub.bench.report import milliseconds

TITLE = "Projection DPPs"

SHAPES = ((5000, 20), (5000, 100), (50_000, 100), (5000, 500))
SHAPES_QUICK = ((200, 10),)

# DPPy's modes for projection kernels but KuTa12, which takes N m^3 operations.
MODES = ("GS", "GS_bis")
MANY = 100


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for N, m in SHAPES_QUICK if quick else SHAPES:
        yield Plan(f"{N}x{m}", _task, (N, m))


def _task(N: int, m: int) -> Task:
    U = np.linalg.qr(np.random.default_rng(0).standard_normal((N, m)))[0]
    seeds = iter(range(10**9))

    def ours(**options: Any) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.dpp import projection_dpp

            return projection_dpp(U, rng=next(seeds), **options)

        return run

    def judge(S: Any) -> Mapping[str, float]:
        rows = np.atleast_2d(np.asarray(S))
        return {"rows missing": float(max(m - len(set(row.tolist())) for row in rows))}

    contenders = [
        Contender("linsub", ours()),
        Contender("linsub, columns contiguous", _by_columns(U, seeds)),
        Contender("linsub, no check", ours(orthonormal="assume")),
        Contender("linsub, gs", ours(method="gs")),
        Contender(f"linsub, {MANY} samples", ours(n_samples=MANY if m < 300 else 4)),
    ]
    for mode in MODES:
        contenders.append(Contender(f"DPPy {mode}", _dppy(U, mode, seeds), requires=("dppy",)))
    return Task(
        name=f"{N}x{m}",
        title=f"m = {m} of N = {N} rows, U by a QR factorization of normal numbers",
        contenders=contenders,
        accuracy=judge,
        measures=(),
    )


def _by_columns(U: np.ndarray, seeds: Iterator[int]) -> Callable[[], Any]:
    F = np.asfortranarray(U)

    def run() -> Any:
        from linsub.dpp import projection_dpp

        return projection_dpp(F, rng=next(seeds))

    return run


def _dppy(U: np.ndarray, mode: str, seeds: Iterator[int]) -> Callable[[], Any]:
    def run() -> Any:
        from dppy.finite_dpps import FiniteDPP

        with contextlib.redirect_stdout(io.StringIO()):
            kernel = {"K_eig_dec": (np.ones(U.shape[1]), U)}
            process = FiniteDPP("correlation", projection=True, **kernel)
            process.sample_exact(mode=mode, random_state=next(seeds))
        return process.list_of_samples[-1]

    return run


def summary(report: Report) -> str:
    """Return best times, and how many times as long DPPy's best mode takes."""
    names = list(dict.fromkeys(row.contender for task in report.tasks for row in task.rows))
    lines = [
        "Best times of one sample in milliseconds, set-up included (DPPy's constructor too); "
        f"{MANY} samples are 4 at m = 500. Last column: DPPy's best mode over linsub.\n",
        f"| N x m | {' | '.join(names)} | ratio |",
        "|---" * (len(names) + 2) + "|",
    ]
    for task in report.tasks:
        best = {row.contender: row.timing.best for row in task.rows if row.timing.times}
        peers = [best[f"DPPy {mode}"] for mode in MODES if f"DPPy {mode}" in best]
        ratio = f"{min(peers) / best['linsub']:.0f}" if peers and "linsub" in best else "-"
        cells = [milliseconds(best[name]) if name in best else "skipped" for name in names]
        lines.append(f"| {task.name} | {' | '.join(cells)} | {ratio} |")
    return "\n".join(lines) + "\n"
