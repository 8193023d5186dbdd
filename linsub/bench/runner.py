"""Run tasks: first calls and their errors, interleaved rounds, certificates, memory."""

from __future__ import annotations

import dataclasses
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from linsub._core.progress import Progress
from linsub.bench.contenders import Contender, Task, Work
from linsub.bench.curves import Curve, Point, at_equal_accuracy
from linsub.bench.environment import blas_threads, describe_environment
from linsub.bench.limits import Limits, measure_limits
from linsub.bench.memory import peak_memory
from linsub.bench.report import Report, Row, TaskResult
from linsub.bench.timing import Clock, Timing, describe, interleave, plan_rounds

__all__ = ["BUDGET", "run", "run_task"]

BUDGET = 5.0  # seconds for the rounds of one task
_CERTIFIED = " (certified)"


def run(
    tasks: Iterable[Task | Callable[[], Task]],
    *,
    name: str = "bench",
    budget: float = BUDGET,
    repeats: int | None = None,
    threads: int = 1,
    memory: bool = True,
    quick: bool = False,
    limits: bool = True,
    clock: Clock = time.perf_counter,
    on_start: Callable[[Report], None] | None = None,
    on_task: Callable[[TaskResult], None] | None = None,
) -> Report:
    """Run tasks one after another and return the report.

    Parameters
    ----------
    tasks : iterable of Task or of callables that return one
        A callable is called when its turn comes, so that only one matrix is held. One
        that fails becomes a row with its error, under its ``name`` or ``__name__``.
    name : str, optional
        Heading of the report.
    budget : float, optional
        Seconds for the timed rounds of each task; see :func:`plan_rounds`.
    repeats : int, optional
        Exactly so many rounds instead.
    threads : int, optional
        BLAS and OpenMP threads of everything in the run.
    memory : bool, optional
        Measure peak memory on the tasks that are flagged for it.
    quick : bool, optional
        A coarse measurement of the machine's limits.
    limits : bool, optional
        Measure the machine's limits at the start.
    clock : callable, optional
        Returns seconds.
    on_start : callable, optional
        Called with the report once the environment and the limits are known.
    on_task : callable, optional
        Called with each task's rows as soon as they are there.

    Returns
    -------
    Report
        After an interrupt it holds what was finished, and ``report.interrupted`` is True.
    """
    report = Report(name=name)
    with blas_threads(threads):
        report.environment = describe_environment(threads)
        try:
            if limits:
                report.limits = measure_limits(quick=quick, clock=clock)
            if on_start is not None:
                on_start(report)
            for task in tasks:
                result = _guarded(task, report.limits, budget, repeats, threads, memory, clock)
                report.tasks.append(result)
                if on_task is not None:
                    on_task(result)
                if result.interrupted:
                    report.interrupted = True
                    break
        except KeyboardInterrupt:
            report.interrupted = True
    return report


def _guarded(
    task: Task | Callable[[], Task],
    limits: Limits | None,
    budget: float,
    repeats: int | None,
    threads: int,
    memory: bool,
    clock: Clock,
) -> TaskResult:
    if not isinstance(task, Task):
        label = _label(task)
        try:
            task = task()
        except Exception as error:
            row = Row(contender="(set-up)", failure=describe(error))
            return TaskResult(name=label, title=label, rows=[row])
    result = run_task(task, budget=budget, repeats=repeats, limits=limits, clock=clock)
    if memory and task.probes is not None and not result.interrupted:
        _measure_memory(task, result, threads)
    return result


def _label(make: Callable[[], Task]) -> str:
    return str(getattr(make, "name", "") or getattr(make, "__name__", "set-up"))


@dataclasses.dataclass
class _State:
    """What is known so far of the contenders of one task."""

    rows: dict[str, Row]
    calls: dict[str, Callable[[], Any]]
    first: dict[str, float]
    times: dict[str, list[float]]
    failures: dict[str, str]
    work: dict[str, Work]
    interrupted: bool = False


def run_task(
    task: Task,
    *,
    budget: float = BUDGET,
    repeats: int | None = None,
    limits: Limits | None = None,
    clock: Clock = time.perf_counter,
) -> TaskResult:
    """Run one task: an untimed call of each contender, whose answer is judged, then rounds.

    The first call compiles kernels and fills caches; it counts only for a contender that
    is too slow to be repeated. Contenders that fail keep their row, with the error.
    """
    state = _State({c.name: _row(c) for c in task.contenders}, {}, {}, {}, {}, {})
    with Progress(None, task.name) as progress, warnings.catch_warnings():
        # Peers warn about their own convergence; their error is in the table.
        warnings.simplefilter("ignore")
        try:
            _first_calls(task, state, clock, progress)
            seconds = task.budget if task.budget is not None else budget
            rounds, slow = plan_rounds(state.first, budget=seconds, repeats=repeats)
            interleave(
                {name: call for name, call in state.calls.items() if name not in slow},
                rounds,
                times=state.times,
                failures=state.failures,
                clock=clock,
                after=lambda name: progress.advance(note=name),
            )
        except KeyboardInterrupt:
            state.interrupted = True
    return _finish(task, state, limits)


def _row(contender: Contender) -> Row:
    return Row(
        contender=contender.name,
        method=contender.method or contender.name,
        setting=contender.setting,
        default=contender.default,
        skipped=contender.missing(),
    )


def _first_calls(task: Task, state: _State, clock: Clock, progress: Progress) -> None:
    for contender in task.contenders:
        row = state.rows[contender.name]
        if row.skipped:
            continue
        try:
            start = clock()
            answer = contender.call()
            state.first[contender.name] = clock() - start
            judge = contender.accuracy or task.accuracy
            if judge is not None:
                row.errors = dict(judge(answer))
            if contender.work is not None:
                state.work[contender.name] = contender.work(answer)
            row.details = _details(answer)
            del answer
            state.calls[contender.name] = contender.call
            if contender.certified is not None:
                _first_certified(contender, state, clock)
        except Exception as error:
            row.failure = describe(error)
            state.calls.pop(contender.name, None)
        progress.advance(note=contender.name)


def _first_certified(contender: Contender, state: _State, clock: Clock) -> None:
    assert contender.certified is not None
    name = contender.name + _CERTIFIED
    start = clock()
    contender.certified()
    state.first[name] = clock() - start
    state.calls[name] = contender.certified


def _details(answer: Any) -> dict[str, Any]:
    info = getattr(answer, "info", None)
    if info is None:
        return {}
    names = ("method", "products", "passes", "iterations", "notes")
    return {name: getattr(info, name) for name in names if hasattr(info, name)}


def _finish(task: Task, state: _State, limits: Limits | None) -> TaskResult:
    for name, row in state.rows.items():
        row.timing = _timing(name, state)
        if name in state.failures:
            row.failure = state.failures[name]
        certified = name + _CERTIFIED
        if certified in state.failures:
            row.failure = f"with its certificate: {state.failures[certified]}"
        elif certified in state.first and row.timing.times:
            extra = _timing(certified, state)
            row.certified = extra
        if row.timing.times and name in state.work:
            _rates(row, state.work[name], limits)
    rows = list(state.rows.values())
    if state.interrupted:
        rows = [row for row in rows if row.timing.times or row.failure or row.skipped]
    _compare(task, rows)
    return TaskResult(
        name=task.name,
        title=task.title or task.name,
        rows=rows,
        ours=task.ours,
        measures=tuple(task.measures),
        comparisons=_comparisons(task),
        floor=task.floor,
        size=task.size,
        series=task.series,
        interrupted=state.interrupted,
    )


def _timing(name: str, state: _State) -> Timing:
    times = state.times.get(name, [])
    if not times and name in state.first and name in state.calls:
        return Timing((state.first[name],))
    return Timing(tuple(times))


def _rates(row: Row, work: Work, limits: Limits | None) -> None:
    seconds = row.timing.best
    if not seconds > 0.0:
        return
    if work.flops:
        row.gflops = work.flops / seconds / 1e9
    if limits is not None:
        row.share = max(work.flops / seconds / limits.gemm, work.bytes / seconds / limits.bandwidth)


def _compare(task: Task, rows: list[Row]) -> None:
    """Give every row its ratios to our fastest setting that is at least as accurate."""
    ours = Curve(task.ours, tuple(_points(row for row in rows if row.method == task.ours)))
    if not ours.points:
        return
    for row in rows:
        if row.method == task.ours:
            continue
        theirs = Curve(row.contender, tuple(_points([row])))
        for measures in _comparisons(task):
            label = " + ".join(measures)
            for match in at_equal_accuracy(ours, theirs, measures=measures, floor=task.floor):
                row.ratios[label] = match.ratio
                row.matched[label] = "" if match.ours is None else match.ours.setting


def _comparisons(task: Task) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(measures) for measures in task.comparisons or (task.measures,) if measures)


def _points(rows: Iterable[Row]) -> Iterable[Point]:
    for row in rows:
        if row.timing.times and not row.failure:
            yield Point(row.timing.best, row.errors, row.setting)


def _measure_memory(task: Task, result: TaskResult, threads: int) -> None:
    assert task.probes is not None
    by_name = {row.contender: row for row in result.rows}
    try:
        with tempfile.TemporaryDirectory() as folder:
            probes: Mapping[str, Any] = task.probes(Path(folder))
            for name, probe in probes.items():
                row = by_name.get(name)
                if row is None or row.failure or row.skipped:
                    continue
                try:
                    row.peak = peak_memory(probe, threads=threads).added
                except Exception as error:
                    row.notes.append(f"memory unknown: {describe(error)}")
    except KeyboardInterrupt:
        result.interrupted = True
