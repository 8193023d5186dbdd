"""The report of a run: rows, a table, the failures with their replay, JSON, Markdown."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import shlex
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import linsub
from linsub.verify.registry import Claim
from linsub.verify.tally import Tally, decode, encode

__all__ = ["Report", "Row", "environment"]

FORMAT = 1
# Columns of a table that is not printed on a terminal.
WIDTH = 150


@dataclasses.dataclass
class Row:
    """What a run found out about one claim.

    `worst` is the largest ratio measured/bound; for an ``exact`` claim the largest
    error over its tolerance. `where` tells in which case; `real` is the largest on the
    real data that ships with the package. `violations` counts
    observations against the claim; `failing` holds the first of them in full.
    """

    id: str
    family: str
    statement: str
    source: str
    kind: str
    verdict: str
    violations: int
    detail: str
    cases: int
    skipped: int
    observations: int
    worst: float | None
    real: float | None
    where: dict[str, Any] | None
    failing: list[dict[str, Any]]
    points: list[list[float]]
    failure_prob: float | None = None
    interval: list[float] | None = None
    p_value: float | None = None
    slope: float | None = None
    tight: bool | None = None
    stopped: str = "cases"
    resumed: int = 0
    seconds: float = 0.0

    @classmethod
    def of(
        cls,
        made: Claim,
        tally: Tally,
        stopped: str,
        *,
        on_input: bool = False,
        applies: bool = True,
        resumed: int = 0,
    ) -> Row:
        """Make the row of a claim from its totals."""
        found = tally.verdict(made)
        word, detail = found.word, found.detail
        if not applies:
            word, detail = "does not apply", "not a claim about a single matrix"
        elif word == "not tested" and on_input:
            word = "does not apply"
        worst = None if tally.worst is None else float(tally.worst["ratio"])
        tight = None if made.tight is None or worst is None else worst >= made.tight
        if tight is False and not on_input:
            detail = "; ".join(filter(None, (detail, f"never above {made.tight:g} of the bound")))
        if stopped == "interrupt":
            detail = "; ".join(filter(None, (detail, "interrupted")))
        return cls(
            id=made.id,
            family=made.family,
            statement=made.statement,
            source=made.source,
            kind=made.kind,
            verdict=word,
            violations=found.violations,
            detail=detail,
            cases=tally.cases,
            skipped=tally.skipped,
            observations=tally.observations,
            worst=worst,
            real=tally.real,
            where=tally.worst,
            failing=tally.failing,
            points=tally.points,
            failure_prob=made.failure_prob,
            interval=None if found.interval is None else list(found.interval),
            p_value=found.p_value,
            slope=found.slope,
            tight=tight,
            stopped=stopped,
            resumed=resumed,
            seconds=round(tally.seconds, 4),
        )

    @property
    def ok(self) -> bool:
        """False when the claim was violated or could not be tested."""
        return self.verdict not in ("VIOLATED", "not tested")

    def _ratio(self, value: float | None) -> str:
        return "-" if value is None or self.kind == "rate" else f"{value:.3g}"

    def cells(self) -> list[str]:
        """Return the texts of the row of the table."""
        return [
            self.id,
            self.statement,
            self.kind,
            str(self.cases),
            self._ratio(self.worst),
            self._ratio(self.real),
            str(self.violations),
            self.verdict,
            _where(self.where),
        ]


def _where(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return ""
    size = f", {entry['size']:.6g}" if entry.get("size") else ""
    return f"{entry['label'] or 'case'}{size} (#{entry['index']})"


HEAD = ["claim", "statement", "kind", "cases", "worst", "real", "viol.", "verdict", "worst at"]
_RIGHT = (3, 4, 5, 6)


@dataclasses.dataclass
class Report:
    """The rows of a run and what it ran on; ``print(report)`` shows the table."""

    rows: list[Row]
    meta: dict[str, Any] = dataclasses.field(default_factory=dict)
    interrupted: bool = False

    @property
    def ok(self) -> bool:
        """True when every claim held and the run was not interrupted."""
        return not self.interrupted and bool(self.rows) and all(row.ok for row in self.rows)

    def __getitem__(self, id: str) -> Row:
        for row in self.rows:
            if row.id == id:
                return row
        raise KeyError(id)

    def summary(self) -> str:
        """Return the line under the table."""
        cases = sum(row.cases for row in self.rows)
        violations = sum(row.violations for row in self.rows)
        text = (
            f"{_plural(len(self.rows), 'claim')}, {_plural(cases, 'case')}, "
            f"{_plural(violations, 'violation')}"
        )
        for word in ("not tested", "does not apply"):
            count = sum(row.verdict == word for row in self.rows)
            text += f", {count} {word}" if count else ""
        if "seconds" in self.meta:
            text += f"; {self.meta['seconds']:.1f} s, seed {self.meta['seed']}"
        resumed = sum(row.resumed for row in self.rows)
        if resumed:
            text += f"; {resumed} cases from the record {self.meta['record']}"
        if self.interrupted:
            missing = int(self.meta.get("planned", 0)) - len(self.rows)
            text += f"; INTERRUPTED, {_plural(missing, 'claim')} not begun"
            if self.meta.get("record"):
                text += " (run the same command again to continue)"
        return text

    def table(self, width: int | None = None) -> str:
        """Return the table alone, in at most `width` columns where that is possible."""
        if width is None:
            width = shutil.get_terminal_size((WIDTH, 24)).columns if _on_terminal() else WIDTH
        rows = [HEAD, *(row.cells() for row in self.rows)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
        spare = sum(widths) + 2 * (len(widths) - 1) - width
        for column, least in ((1, 24), (8, 16), (1, 12)):
            cut = max(0, min(spare, widths[column] - least))
            widths[column] -= cut
            spare -= cut
        lines = [_line(row, widths) for row in rows]
        return "\n".join([lines[0], "  ".join("-" * size for size in widths), *lines[1:]])

    def failures(self) -> str:
        """Return the failing claims with their first failures and how to replay them."""
        return "\n".join(self._failure(row) for row in self.rows if not row.ok)

    def _failure(self, row: Row) -> str:
        lines = [f"{row.verdict}: {row.id} ({row.source})", f"  {row.statement}"]
        if row.detail:
            lines.append(f"  {row.detail}")
        traced = False
        for entry in row.failing:
            text = f"measured {entry['measured']:.10g}, bound {entry['bound']:.10g}"
            if entry["trace"]:
                text = "raised"
            note = f" ({entry['note']})" if entry["note"] else ""
            lines.append(f"  {_where(entry)}: {text}{note}")
            if not traced:  # the others mostly repeat the first, and replay shows them
                lines.extend(f"    {line}" for line in entry["trace"].splitlines())
                traced = bool(entry["trace"])
            lines.append(f"    replay: {self.replay_command(row.id, entry['index'])}")
        return "\n".join(lines)

    def replay_command(self, id: str, index: int) -> str:
        """Return what runs one case again: a command, or Python for a user's subject."""
        seed = self.meta.get("seed", 0)
        subject, source = self.meta.get("subject"), self.meta.get("input_argument")
        if subject or (self.meta.get("input") and not source):
            extra = f", subject={subject}" if subject else ""
            extra += ", input=A" if self.meta.get("input") else ""
            return f'linsub.verify.replay("{id}", {index}, {seed}{extra})'
        extra = f" --input {shlex.quote(source)}" if source else ""
        extra += " --force" if source and self.meta.get("force") else ""
        return f"python -m linsub verify {id} --seed {seed} --case {index}{extra}"

    def notes(self) -> str:
        """Return what the table has no column for, of the claims that did not fail."""
        rows = [row for row in self.rows if row.ok and row.detail]
        return "\n".join(f"{row.id}: {row.detail}" for row in rows)

    def __str__(self) -> str:
        parts = [self.table(), self.notes(), self.failures(), self.summary()]
        return "\n\n".join(part for part in parts if part)

    def to_markdown(self) -> str:
        """Return the table and the summary as Markdown."""
        lines = ["| " + " | ".join(HEAD) + " |"]
        marks = ["---:" if column in _RIGHT else "---" for column in range(len(HEAD))]
        lines.append("| " + " | ".join(marks) + " |")
        for row in self.rows:
            cells = [cell.replace("|", r"\|") for cell in row.cells()]
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join([*lines, "", self.summary(), ""])

    def to_json(self) -> str:
        """Return the report as JSON; nan and infinities are the strings "nan", "inf"."""
        content = {
            "format": FORMAT,
            "ok": self.ok,
            "interrupted": self.interrupted,
            "summary": self.summary(),
            "meta": self.meta,
            "rows": [dataclasses.asdict(row) for row in self.rows],
        }
        return json.dumps(encode(content), indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Make a report from what :meth:`to_json` returned."""
        content = decode(json.loads(text))
        rows = [Row(**row) for row in content["rows"]]
        return cls(rows, content["meta"], content["interrupted"])

    def write_json(self, path: str | os.PathLike[str]) -> None:
        """Write :meth:`to_json` into a file, which is replaced in one step."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=target.name, delete=False, encoding="utf-8"
        ) as handle:
            handle.write(self.to_json())
        os.chmod(handle.name, 0o644)
        os.replace(handle.name, target)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _on_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _line(cells: list[str], widths: list[int]) -> str:
    texts = []
    for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        text = cell if len(cell) <= width else cell[: width - 3] + "..."
        texts.append(text.rjust(width) if column in _RIGHT else text.ljust(width))
    return "  ".join(texts).rstrip()


def environment(**choices: Any) -> dict[str, Any]:
    """Return what a report must say about the run besides its rows."""
    import scipy

    return {
        **choices,
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "linsub": linsub.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }
