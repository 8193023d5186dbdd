"""linsub beside its peers: ``python -m benchmarks``, on the harness of ``linsub.bench``.

A module of this package is one benchmark. It has a ``TITLE`` and a function
``tasks(quick)`` that yields callables, each of which makes one task; with ``summary(report)``
it may put a table of its own above the tables of the tasks.
"""

from __future__ import annotations

# Name on the command line and in docs/benchmarks.md -> module.
BENCHMARKS = {
    "table_4_1": "benchmarks.table_4_1",
    "table_4_2": "benchmarks.table_4_2",
    "table_4_5": "benchmarks.table_4_5",
    "error_rank": "benchmarks.error_rank",
    "memory": "benchmarks.memory",
    "scaling": "benchmarks.scaling",
    "kernels": "benchmarks.kernels",
}
