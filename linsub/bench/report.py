"""The report of a run: rows, Markdown, JSON."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linsub.bench.curves import Curve, Match, Point, at_equal_accuracy
from linsub.bench.environment import warnings_for
from linsub.bench.limits import Limits
from linsub.bench.timing import Timing

__all__ = ["Report", "Row", "TaskResult", "markdown_table"]

_MEASURES = {
    "sigma": "σ error",
    "residual": "residual / σ₁",
    "orthogonality": "orthogonality",
    "excess": "excess error",
    "subspace": "subspace error",
    "missed": "missed",
    "error": "error",
}


@dataclasses.dataclass
class Row:
    """One contender of one task."""

    contender: str
    method: str = ""
    setting: str = ""
    default: bool = True
    timing: Timing = dataclasses.field(default_factory=Timing)
    certified: Timing | None = None
    errors: dict[str, float] = dataclasses.field(default_factory=dict)
    gflops: float | None = None
    share: float | None = None
    peak: int | None = None
    ratios: dict[str, float | None] = dataclasses.field(default_factory=dict)
    matched: dict[str, str] = dataclasses.field(default_factory=dict)
    failure: str = ""
    skipped: str = ""
    notes: list[str] = dataclasses.field(default_factory=list)
    details: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def certificate(self) -> float | None:
        """Seconds that the certificate adds: the difference of the two minima."""
        if self.certified is None or not self.certified.times or not self.timing.times:
            return None
        return self.certified.best - self.timing.best

    def as_dict(self) -> dict[str, Any]:
        found = dataclasses.asdict(self)
        found["times"] = found.pop("timing")["times"]
        found["certified_times"] = (found.pop("certified") or {}).get("times")
        found["best"], found["median"] = self.timing.best, self.timing.median
        found["certificate"] = self.certificate
        return found


@dataclasses.dataclass
class TaskResult:
    """The rows of one task."""

    name: str
    title: str
    rows: list[Row]
    ours: str = "linsub"
    measures: tuple[str, ...] = ("error",)
    comparisons: tuple[tuple[str, ...], ...] = ()
    floor: float = 0.0
    size: float | None = None
    series: str = ""
    interrupted: bool = False

    def curves(self, measure: str) -> list[Curve]:
        """Return the error-against-time curve of each method, in one measure."""
        found: dict[str, list[Point]] = {}
        for row in self.rows:
            if row.timing.times and not row.failure and measure in row.errors:
                point = Point(row.timing.best, row.errors, row.setting)
                found.setdefault(row.method, []).append(point)
        return [Curve(name, tuple(points)) for name, points in found.items()]

    def rivals(self, measures: Sequence[str]) -> list[tuple[str, Match]]:
        """Return every other method's fastest setting that is as good as our default.

        A match's ``theirs`` is our default, and its ``ours`` the other method's point.
        """
        default = [
            Point(row.timing.best, row.errors, row.setting)
            for row in self.rows
            if row.method == self.ours and row.default and row.timing.times and not row.failure
        ]
        return [
            (curve.name, match)
            for curve in self.curves(measures[0])
            if curve.name != self.ours
            for match in at_equal_accuracy(
                curve, Curve(self.ours, tuple(default)), measures=measures, floor=self.floor
            )
        ]

    def _rivals_line(self, measures: Sequence[str]) -> str:
        words = [
            f"{name} {match.ours.setting or 'default'} {match.ours.time / match.theirs.time:.2f}"
            for name, match in self.rivals(measures)
            if match.ours is not None and match.theirs.time > 0.0
        ]
        if not words:
            return ""
        label = " + ".join(measures)
        return f"- times over {self.ours}'s default, at its {label} or better: {', '.join(words)}"

    def to_markdown(self) -> str:
        """Return the table of the default settings, failures and skips below it."""
        rows = [row for row in self.rows if row.default]
        shown = [row for row in rows if row.timing.times and not row.failure]
        lines = [f"**{self.title}**", ""]
        if shown:
            lines += [markdown_table(*self._table(shown)), ""]
        if len(self.rows) > len(rows):  # knobs were turned
            lines += [line for line in map(self._rivals_line, self.comparisons) if line]
        lines += [f"- {row.contender}: failed, {row.failure}" for row in rows if row.failure]
        lines += [f"- {row.contender}: skipped, {row.skipped}" for row in rows if row.skipped]
        lines += [f"- {row.contender}: {note}" for row in self.rows for note in row.notes]
        if self.interrupted:
            lines.append("- interrupted")
        return "\n".join(lines).rstrip() + "\n"

    def _table(self, rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
        found = dict.fromkeys(name for row in rows for name in row.errors)
        measures = [name for name in _MEASURES if name in found]
        measures += [name for name in found if name not in _MEASURES]
        columns: list[tuple[str, list[str]]] = [
            ("method", [row.contender for row in rows]),
            ("best ms", [milliseconds(row.timing.best) for row in rows]),
            ("median ms", [milliseconds(row.timing.median) for row in rows]),
            ("certificate ms", [_certificate(row) for row in rows]),
            *(
                (_MEASURES.get(name, name), [_measure(name, row) for row in rows])
                for name in measures
            ),
            *(
                (f"× {self.ours} at equal {label}", [_ratio(row, label) for row in rows])
                for label in dict.fromkeys(label for row in rows for label in row.ratios)
            ),
            ("of the limit", ["" if r.share is None else f"{100 * r.share:.0f} %" for r in rows]),
            ("peak MB", ["" if r.peak is None else f"{r.peak / 1e6:.0f}" for r in rows]),
            ("rounds", [str(len(row.timing)) for row in rows]),
        ]
        kept = [(name, cells) for name, cells in columns if any(cells)]
        body = [[cells[i] for _, cells in kept] for i in range(len(rows))]
        return [name for name, _ in kept], body


@dataclasses.dataclass
class Report:
    """What a run found, where it ran, and what the machine allowed."""

    name: str = "bench"
    tasks: list[TaskResult] = dataclasses.field(default_factory=list)
    environment: dict[str, Any] = dataclasses.field(default_factory=dict)
    limits: Limits | None = None
    interrupted: bool = False

    def __str__(self) -> str:
        return self.to_markdown()

    def to_markdown(self) -> str:
        """Return the environment and a table for each task."""
        parts = [self.header()]
        parts += [task.to_markdown() for task in self.tasks]
        if self.interrupted:
            parts.append("Interrupted: the rows above are those that were finished.\n")
        return "\n".join(parts)

    def header(self) -> str:
        """Return what is known of the machine, as Markdown lines."""
        env = self.environment
        lines = []
        if env:
            blas = "; ".join(
                f"{pool['library']} {pool['version']} {pool['architecture']} ({pool['owner']}), "
                f"{pool['threads']} thread{'s' * (pool['threads'] != 1)}"
                for pool in env["blas"]
            )
            packages = ", ".join(f"{name} {value}" for name, value in env["packages"].items())
            load = ", ".join(map(str, env["load"])) or "unknown"
            lines += [
                f"- {env['processor']}, {env['processors']} usable; {env['system']}; load {load}",
                f"- BLAS: {blas}",
                f"- Python {env['python']}, {packages}",
            ]
        if self.limits is not None:
            lines.append(f"- limits of this run: {self.limits}")
        lines += [f"- **warning**: {text}" for text in warnings_for(env)]
        return "\n".join(lines) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Return everything, in types that JSON holds; what is not finite becomes None."""
        found = {
            "name": self.name,
            "interrupted": self.interrupted,
            "environment": self.environment,
            "limits": None if self.limits is None else dataclasses.asdict(self.limits),
            "tasks": [
                {
                    **{
                        key: getattr(task, key)
                        for key in (
                            "name",
                            "title",
                            "ours",
                            "measures",
                            "comparisons",
                            "size",
                            "series",
                        )
                    },
                    "rows": [row.as_dict() for row in task.rows],
                }
                for task in self.tasks
            ],
        }
        plain: dict[str, Any] = _plain(found)
        return plain

    def write_json(self, path: str | os.PathLike[str]) -> None:
        """Write the report to a file; a file that is there is replaced at once."""
        target = Path(path)
        scratch = target.with_name(target.name + ".part")
        text = json.dumps(self.as_dict(), indent=1, allow_nan=False)
        scratch.write_text(text + "\n", "utf-8")
        scratch.replace(target)


def markdown_table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up in plain text too."""
    rows = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in [head, *body]]
    widths = [max(3, *(len(row[j]) for row in rows)) for j in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        return f"| {' | '.join(cells)} |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def milliseconds(seconds: float) -> str:
    """Return a time with three digits."""
    value = 1e3 * seconds
    if not math.isfinite(value):
        return ""
    return f"{value:.0f}" if value >= 100.0 else f"{value:.3g}"


def _certificate(row: Row) -> str:
    if row.certificate is None:
        return ""
    share = 100.0 * row.certificate / row.timing.best if row.timing.best > 0.0 else math.nan
    return f"{milliseconds(row.certificate)} ({share:+.0f} %)"


def _measure(name: str, row: Row) -> str:
    if name not in row.errors:
        return ""
    value = row.errors[name]
    if name == "missed":
        return "YES" if value else "no"
    if name not in _MEASURES:  # a finding rather than an error: all of its digits
        return f"{value:.9g}"
    return f"{value:.0e}" if 0.0 < abs(value) < 1e-2 or abs(value) >= 1e4 else f"{value:.3g}"


def _ratio(row: Row, label: str) -> str:
    if label not in row.ratios:
        return ""
    ratio = row.ratios[label]
    return "not reached" if ratio is None else f"{ratio:.2f}"


def _plain(value: Any) -> Any:
    """Return `value` in types of JSON, with None for what is not finite."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(entry) for entry in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if hasattr(value, "item"):  # a number of NumPy's
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) else str(value)
