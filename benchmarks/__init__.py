"""linsub beside its peers: ``python -m benchmarks``, on the harness of ``linsub.bench``.

A module of this package is one benchmark. It has a ``TITLE`` and a function
``tasks(quick)`` that yields a :class:`Plan` for each task; with ``summary(report)`` it may put
a table of its own above the tables of the tasks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

# Name on the command line and in docs/benchmarks.md -> module.
BENCHMARKS = {
    "table_4_1": "benchmarks.table_4_1",
    "table_4_2": "benchmarks.table_4_2",
    "table_4_5": "benchmarks.table_4_5",
    "error_rank": "benchmarks.error_rank",
    "memory": "benchmarks.memory",
    "scaling": "benchmarks.scaling",
    "kernels": "benchmarks.kernels",
    "clustering": "benchmarks.clustering",
    "incremental": "benchmarks.incremental",
    "angles": "benchmarks.angles",
    "grassmann": "benchmarks.grassmann",
    "orthonormal": "benchmarks.orthonormal",
    "cca": "benchmarks.cca",
    "reflectors": "benchmarks.reflectors",
    "ensembles": "benchmarks.dpp_ensembles",
    "selection": "benchmarks.selection",
    "dpp_projection": "benchmarks.dpp_projection",
    "design": "benchmarks.design",
    "sketching": "benchmarks.sketching",
    "sampling_access": "benchmarks.sampling_access",
    "row_sampling": "benchmarks.row_sampling",
    "sensitivities": "benchmarks.sensitivities",
    "leverage": "benchmarks.leverage",
    "row_sketches": "benchmarks.frequent_directions",
    "oja": "benchmarks.oja",
    "streaming_eigenvector": "benchmarks.streaming_eigenvector",
    "tensor": "benchmarks.tensor",
    "bures": "benchmarks.bures",
    "self_calibration": "benchmarks.self_calibration",
    "pursuit": "benchmarks.pursuit",
    "spectral": "benchmarks.spectral",
    "attributed": "benchmarks.attributed",
    "elastic_net": "benchmarks.elastic_net",
    "unions": "benchmarks.union_table",
    "k_subspaces": "benchmarks.k_subspaces",
    "clustering_table": "benchmarks.clustering_table",
    "spaces": "benchmarks.spaces",
    "svt": "benchmarks.svt",
}


@dataclasses.dataclass(frozen=True)
class Plan:
    """A task that is made when its turn comes: ``make(*arguments)``."""

    name: str
    make: Callable[..., Any]
    arguments: tuple[Any, ...] = ()

    def __call__(self) -> Any:
        return self.make(*self.arguments)
