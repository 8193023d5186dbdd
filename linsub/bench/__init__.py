"""Time contenders side by side, with the errors that their answers have.

``python -m linsub bench --input FILE`` compares LAPACK, ARPACK and PROPACK with linsub on
your own matrix. From Python, the harness times anything:

>>> from linsub.bench import Contender, Task, run_task
>>> task = Task("sum", [Contender("builtin", lambda: sum(range(100)))],
...             accuracy=lambda answer: {"error": abs(answer - 4950)})
>>> result = run_task(task, repeats=3)
>>> result.rows[0].errors["error"], len(result.rows[0].timing)
(0, 3)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from linsub.bench.curves import Curve, Match, Point, at_equal_accuracy
from linsub.bench.memory import Peak, Probe, peak_memory

if TYPE_CHECKING:
    from linsub.bench.accuracy import SVDJudge
    from linsub.bench.command import main, spectrum_matrix
    from linsub.bench.contenders import Contender, Solver, Task, Work, svd_task
    from linsub.bench.limits import Limits, measure_limits
    from linsub.bench.plots import draw
    from linsub.bench.report import Report, Row, TaskResult
    from linsub.bench.runner import run, run_task

__all__ = [
    "Contender",
    "Curve",
    "Limits",
    "Match",
    "Peak",
    "Point",
    "Probe",
    "Report",
    "Row",
    "SVDJudge",
    "Solver",
    "Task",
    "TaskResult",
    "Work",
    "at_equal_accuracy",
    "draw",
    "main",
    "measure_limits",
    "peak_memory",
    "run",
    "run_task",
    "spectrum_matrix",
    "svd_task",
]

# A child process that measures memory imports this package and should stay small.
_LATER = {
    "Contender": "contenders",
    "Limits": "limits",
    "Report": "report",
    "Row": "report",
    "SVDJudge": "accuracy",
    "Solver": "contenders",
    "Task": "contenders",
    "TaskResult": "report",
    "Work": "contenders",
    "draw": "plots",
    "main": "command",
    "measure_limits": "limits",
    "run": "runner",
    "run_task": "runner",
    "spectrum_matrix": "command",
    "svd_task": "contenders",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
