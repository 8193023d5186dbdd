"""Tables over several tasks of one report."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from linsub.bench.report import Report, Row, TaskResult, markdown_table, milliseconds

Cell = Callable[[Row], str]


def methods(tasks: Sequence[TaskResult]) -> list[str]:
    """Return the contenders at their defaults, in the order of first appearance."""
    rows = (row for task in tasks for row in task.rows if row.default)
    return list(dict.fromkeys(row.contender for row in rows if row.contender != "(set-up)"))


def pivot(tasks: Sequence[TaskResult], cell: Cell, corner: str = "method") -> str:
    """Return a table with one line a contender and one column a task."""
    body = []
    for name in methods(tasks):
        line = [name]
        for task in tasks:
            found = [row for row in task.rows if row.contender == name]
            line.append(cell(found[0]) if found else "")
        body.append(line)
    return markdown_table([corner, *(task.name for task in tasks)], body)


def time_and_error(row: Row) -> str:
    """``12.3 ms, 2e-15 (1e-9)``: time, error of the values, residual."""
    if row.skipped:
        return "skipped"
    if row.failure:
        return "failed"
    text = f"{milliseconds(row.timing.best)} ms"
    if row.certificate is not None:
        text += f" + {milliseconds(row.certificate)}"
    if "sigma" in row.errors:
        text += f", {row.errors['sigma']:.0e} ({row.errors['residual']:.0e})"
    return text


def ratio_at(label: str) -> Cell:
    """Return the cell with the ratio at equal accuracy in the measures of `label`."""

    def cell(row: Row) -> str:
        if label not in row.ratios:
            return ""
        ratio = row.ratios[label]
        return "–" if ratio is None else f"{ratio:.2f}"

    return cell


def speed_tables(report: Report) -> str:
    """Times with errors, and then the ratios at equal accuracy."""
    tasks = [task for task in report.tasks if any(row.timing.times for row in task.rows)]
    if not tasks:
        return ""
    groups = [tasks[i : i + 4] for i in range(0, len(tasks), 4)]  # what a page's width holds
    parts = [
        "Best time (+ certificate), largest relative error of a singular value (largest "
        "residual over σ₁), each method with its defaults:\n",
        *(pivot(group, time_and_error) + "\n" for group in groups),
    ]
    for measures in dict.fromkeys(m for task in tasks for m in task.comparisons):
        label = " + ".join(measures)
        parts.append(
            f"Time over linsub's at equal {label} (linsub's fastest setting whose error is no "
            "larger; – where no setting reaches it):\n"
        )
        parts += [pivot(group, ratio_at(label)) + "\n" for group in groups]
    parts += [best_rivals(tasks, measures) for measures in (("sigma",), ("sigma", "residual"))]
    return "\n".join(part for part in parts if part)


def best_rivals(tasks: Sequence[TaskResult], measures: Sequence[str]) -> str:
    """Our defaults beside the fastest setting of anybody else that is as accurate."""
    body = []
    for task in tasks:
        ours = [row for row in task.rows if row.method == task.ours and row.default]
        able = [
            (match.ours.time, f"{name} {match.ours.setting}".strip())
            for name, match in task.rivals(measures)
            if match.ours is not None
        ]
        if not ours or not able or ours[0].failure:
            continue
        seconds, name = min(able)
        best, extra = ours[0].timing.best, ours[0].certificate
        share = "" if extra is None else f"{100.0 * extra / best:+.0f} %"
        body.append(
            [
                *(task.name, milliseconds(best), share),
                *(name, milliseconds(seconds), f"{seconds / best:.2f}"),
            ]
        )
    if not body:
        return ""
    head = ["matrix", "linsub ms", "certificate", "best of the others", "ms", "over linsub's"]
    return (
        f"linsub's defaults beside the fastest setting of any other method that is at least as "
        f"accurate in {' and '.join(measures)}:\n\n{markdown_table(head, body)}\n"
    )
