"""The generated tables of docs/benchmarks.md: text between two comments that name it."""

from __future__ import annotations

from pathlib import Path

from linsub.bench import Report
from linsub.errors import InvalidInputError

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"

# Benchmark -> the name in the comments.
MARKS = {
    "table_4_1": "4.1",
    "table_4_2": "4.2",
    "table_4_5": "4.5",
    "error_rank": "error-rank",
    "memory": "memory",
    "scaling": "scaling",
    "kernels": "kernels",
    "clustering": "clustering",
    "incremental": "incremental",
    "angles": "angles",
    "grassmann": "grassmann",
    "orthonormal": "orthonormal",
    "cca": "cca",
    "reflectors": "reflectors",
    "ensembles": "ensembles",
    "selection": "selection",
    "dpp_projection": "dpp-projection",
    "design": "design",
    "sketching": "sketching",
    "sampling_access": "sampling-access",
    "row_sampling": "row-sampling",
    "sensitivities": "sensitivities",
    "leverage": "leverage",
    "row_sketches": "row-sketches",
    "oja": "oja",
    "streaming_eigenvector": "streaming-eigenvector",
    "tensor": "tensor",
    "bures": "bures",
    "self_calibration": "self-calibration",
    "pursuit": "pursuit",
    "spectral": "spectral",
    "attributed": "attributed",
    "elastic_net": "elastic-net",
    "unions": "unions",
    "k_subspaces": "k-subspaces",
    "clustering_table": "clustering-table",
    "spaces": "spaces",
    "svt": "svt",
}


def page(report: Report, summary: str) -> str:
    """Return the text of one benchmark: its summary, the machine, and each task folded."""
    tasks = "\n".join(task.to_markdown() for task in report.tasks)
    when = report.environment.get("time", "")
    folded = f"<details>\n<summary>Every row</summary>\n\n{tasks}\n</details>\n"
    return "\n".join(part for part in (summary, f"Run {when}:\n", report.header(), folded) if part)


def write(name: str, text: str, path: Path = PAGE) -> None:
    """Replace what stands between the comments of a benchmark.

    Raises
    ------
    InvalidInputError
        If the page lacks the comments.
    """
    mark = MARKS[name]
    begin, end = f"<!-- table:{mark} -->", f"<!-- /table:{mark} -->"
    before, found, rest = path.read_text("utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise InvalidInputError(f"{path} has no {begin} ... {end}")
    path.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", "utf-8")
