"""One table of the family's public names: a valid call of each, by argument.

It drives tests/geometry/test_inputs.py. Each part of the family lists its own calls in
tests/geometry/calls_<part>.py, as CALLS; records that only functions make are in RECORDS.
"""

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Call", "calls", "leaves", "records"]


@dataclasses.dataclass(frozen=True)
class Call:
    """A valid call.

    Attributes
    ----------
    name : str
        The public name, or ``Class.method``.
    call : callable
        ``call(**arrays)``, deterministic.
    arrays : callable
        No arguments; returns a fresh dict of valid float64 arrays by the argument's name, which
        is what error messages call it.
    complex : bool
        Whether complex arrays are accepted; if not they are refused by name.
    """

    name: str
    call: Callable[..., Any]
    arrays: Callable[[], dict[str, np.ndarray]]
    complex: bool = True


def _parts() -> list[Any]:
    here = Path(__file__).parent
    names = [m.name for m in pkgutil.iter_modules([str(here)]) if m.name.startswith("calls_")]
    return [importlib.import_module(f"tests.geometry.{name}") for name in sorted(names)]


def calls() -> list[Call]:
    return [call for part in _parts() for call in part.CALLS]


def records() -> set[str]:
    """Names of records, which have no call of their own."""
    return {name for part in _parts() for name in getattr(part, "RECORDS", ())}


def leaves(result: Any) -> list[np.ndarray]:
    """Return all arrays and numbers of a result, in order."""
    if isinstance(result, dict):
        return [x for value in result.values() for x in leaves(value)]
    if isinstance(result, tuple | list):
        return [x for value in result for x in leaves(value)]
    if isinstance(result, np.ndarray | float | int | np.generic):
        return [np.asarray(result)]
    return []
