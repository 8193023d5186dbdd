"""Hold the theorems against the algorithms, on shipped matrices or on your own.

``python -m linsub verify`` runs every claim and prints a table; from Python,

>>> from linsub import verify
>>> report = verify.run("eckart-young", subject=my_svd)  # doctest: +SKIP
>>> print(report)  # doctest: +SKIP

A claim is a function of a case and a subject that returns what it measured and what
the theorem allows; :func:`claim` registers it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from linsub.verify.observations import Case, Observation, Sample
from linsub.verify.registry import Claim, all_claims, claim, get

if TYPE_CHECKING:
    from linsub.verify.report import Report, Row
    from linsub.verify.runner import Replay, check_mutants, replay, run

__all__ = [
    "Case",
    "Claim",
    "Observation",
    "Replay",
    "Report",
    "Row",
    "Sample",
    "all_claims",
    "check_mutants",
    "claim",
    "get",
    "replay",
    "run",
]

# A family's claims.py imports this package for `claim` alone: the runner comes later.
_LATER = {
    "Replay": "runner",
    "Report": "report",
    "Row": "report",
    "check_mutants": "runner",
    "replay": "runner",
    "run": "runner",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
