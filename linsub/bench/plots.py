"""Pictures of a run: error against time, and time against size."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linsub.bench.curves import Curve
from linsub.bench.report import Report, TaskResult
from linsub.errors import MissingExtraError

__all__ = ["draw"]

# Okabe & Ito's colours, which the colour-blind can tell apart; ours is always the first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5f6b76", "#000000")
MARKERS = "osD^vP*X"
DPI = 120
LEAST_ERROR = 1e-17  # where a logarithm shows an error of 0


def draw(report: Report, folder: str | os.PathLike[str]) -> list[Path]:
    """Write ``<task>.png`` for each task with curves, ``<series>.png`` for each series.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        figure_class = importlib.import_module("matplotlib.figure").Figure
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for task in report.tasks:
        measures = [name for name in task.measures if task.curves(name)]
        if measures:
            figure = figure_class(figsize=(5.2 * len(measures), 4.2), dpi=DPI, layout="constrained")
            figure.suptitle(task.title, fontsize=11)
            for axes, measure in zip(
                figure.subplots(1, len(measures), squeeze=False)[0], measures, strict=True
            ):
                _error_against_time(axes, task, measure)
            written.append(_save(figure, target, f"{report.name}-{task.name}"))
    for name, tasks in _series(report).items():
        figure = figure_class(figsize=(5.6, 4.4), dpi=DPI, layout="constrained")
        _time_against_size(figure.subplots(), name, tasks)
        written.append(_save(figure, target, f"{report.name}-{name}"))
    return written


def _series(report: Report) -> dict[str, list[TaskResult]]:
    found: dict[str, list[TaskResult]] = {}
    for task in report.tasks:
        if task.series and task.size is not None:
            found.setdefault(task.series, []).append(task)
    return {name: tasks for name, tasks in found.items() if len(tasks) > 1}


def _style(name: str, ours: str, names: Sequence[str]) -> dict[str, Any]:
    others = [other for other in names if other != ours]
    place = 0 if name == ours else 1 + others.index(name)
    return {
        "color": COLOURS[place % len(COLOURS)],
        "marker": MARKERS[place % len(MARKERS)],
        "linewidth": 2.2 if name == ours else 1.2,
        "zorder": 3 if name == ours else 2,
        "label": name,
    }


def _error_against_time(axes: Any, task: TaskResult, measure: str) -> None:
    curves: list[Curve] = task.curves(measure)
    names = [curve.name for curve in curves]
    for curve in curves:
        points = sorted(curve.points, key=lambda point: point.time)
        errors = [max(point.error(measure), LEAST_ERROR) for point in points]
        times = [point.time for point in points]
        axes.plot(times, errors, **_style(curve.name, task.ours, names), markersize=5)
    axes.set(xscale="log", yscale="log", xlabel="seconds", ylabel=f"{measure} error")
    _tidy(axes)


def _time_against_size(axes: Any, name: str, tasks: list[TaskResult]) -> None:
    found: dict[str, list[tuple[float, float]]] = {}
    for task in tasks:
        assert task.size is not None
        for row in task.rows:
            if row.default and row.timing.times and not row.failure:
                found.setdefault(row.contender, []).append((task.size, row.timing.best))
    for method, points in found.items():
        x, y = zip(*sorted(points), strict=True)
        axes.plot(x, y, **_style(method, tasks[0].ours, list(found)), markersize=5)
    axes.set(xscale="log", yscale="log", xlabel="size", ylabel="seconds (best)", title=name)
    _tidy(axes)


def _tidy(axes: Any) -> None:
    axes.grid(True, which="major", linewidth=0.4, alpha=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)


def _save(figure: Any, folder: Path, name: str) -> Path:
    path = folder / (re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-") + ".png")
    figure.savefig(path, format="png", metadata={"Software": None})
    return path
