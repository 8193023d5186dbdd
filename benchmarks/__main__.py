"""``python -m benchmarks [names] [--list] [--quick] [--json F] [--plots DIR] [--write-docs]``."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import BENCHMARKS, pages
from linsub.bench import Report, TaskResult, draw, run
from linsub.errors import LinsubError

BUDGET, QUICK_BUDGET = 20.0, 0.05
QUICK_REPEATS = 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="linsub beside its peers: times at equal accuracy, errors, memory.",
        epilog="Exit codes: 0 done; 1 linsub failed on a row; 2 wrong arguments; 130 interrupted.",
    )
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="benchmarks to run; all by default")
    add("--list", action="store_true", help="list the benchmarks and run nothing")
    add("--quick", action="store_true", help="tiny sizes: see that everything runs")
    add("--only", metavar="TEXT", help="the tasks whose name contains the text")
    add("--budget", type=float, metavar="S", help="seconds for the rounds of a task (default 20)")
    add("--repeats", type=int, metavar="N", help="exactly N rounds")
    add("--threads", type=int, default=1, metavar="N", help="BLAS threads (default 1)")
    add("--json", metavar="FILE", help="write everything as JSON")
    add("--plots", metavar="DIR", help="write pictures into a folder (needs matplotlib)")
    add("--write-docs", action="store_true", help="fill the tables of docs/benchmarks.md")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        print(f"benchmarks: there is no {', '.join(unknown)}; see --list", file=sys.stderr)
        return 2
    if arguments.list:
        for name, module in BENCHMARKS.items():
            print(f"{name:<23} {importlib.import_module(module).TITLE}")
        return 0
    if arguments.write_docs and (arguments.quick or arguments.only):
        print("benchmarks: --write-docs takes whole runs at full size", file=sys.stderr)
        return 2
    try:
        return _run(arguments)
    except (LinsubError, OSError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2


def _run(arguments: argparse.Namespace) -> int:
    reports: dict[str, Report] = {}
    code = 0
    for name in arguments.names or BENCHMARKS:
        module = importlib.import_module(BENCHMARKS[name])
        print(f"# {module.TITLE}\n", flush=True)
        report = _one(name, module, arguments)
        reports[name] = report
        text = _summary(module, report)
        if text:
            print(text, flush=True)
        if arguments.plots:
            for path in draw(report, arguments.plots):
                print(f"wrote {path}", file=sys.stderr)
        if arguments.write_docs and not report.interrupted:
            pages.write(name, pages.page(report, text))
        if arguments.json:  # after each one: a later failure loses nothing
            _write_json(arguments.json, reports)
        if _failed(report):
            code = 1
        if report.interrupted:
            print("Interrupted: the rows above are those that were finished.")
            return 130
    return code


def _one(name: str, module: Any, arguments: argparse.Namespace) -> Report:
    plans = (p for p in module.tasks(arguments.quick) if (arguments.only or "") in p.name)
    budget = arguments.budget
    if budget is None:
        budget = QUICK_BUDGET if arguments.quick else BUDGET
    repeats = arguments.repeats
    if repeats is None and arguments.quick:
        repeats = QUICK_REPEATS
    return run(
        plans,
        name=name,
        budget=budget,
        repeats=repeats,
        threads=arguments.threads,
        quick=arguments.quick,
        on_start=lambda report: print(report.header(), flush=True),
        on_task=_print_task,
    )


def _print_task(result: TaskResult) -> None:
    print(result.to_markdown(), flush=True)


def _summary(module: Any, report: Report) -> str:
    make = getattr(module, "summary", None)
    return str(make(report)) if make is not None and report.tasks else ""


def _failed(report: Report) -> bool:
    rows = [row for task in report.tasks for row in task.rows if row.default]
    return any(row.failure and row.method in ("linsub", "") for row in rows)


def _write_json(path: str, reports: dict[str, Report]) -> None:
    target = Path(path)
    scratch = target.with_name(target.name + ".part")
    found = {name: report.as_dict() for name, report in reports.items()}
    scratch.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", "utf-8")
    scratch.replace(target)


if __name__ == "__main__":
    sys.exit(main())
