"""One table of the families' public names: a valid call of each, by argument.

It drives tests/test_family_inputs.py. Each part of a family lists its own calls in
tests/<family>/calls_<part>.py, as CALLS; records that only functions make are in RECORDS.
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


def _parts(family: str) -> list[Any]:
    folder = Path(__file__).parent / family
    names = [m.name for m in pkgutil.iter_modules([str(folder)]) if m.name.startswith("calls_")]
    return [importlib.import_module(f"tests.{family}.{name}") for name in sorted(names)]


def calls(family: str) -> list[Call]:
    return [call for part in _parts(family) for call in part.CALLS]


def records(family: str) -> set[str]:
    """Names of records, which have no call of their own."""
    return {name for part in _parts(family) for name in getattr(part, "RECORDS", ())}


def leaves(result: Any) -> list[np.ndarray]:
    """Return all arrays and numbers of a result, in order."""
    if isinstance(result, dict):
        return [x for value in result.values() for x in leaves(value)]
    if isinstance(result, tuple | list):
        return [x for value in result for x in leaves(value)]
    if isinstance(result, np.ndarray | float | int | np.generic):
        return [np.asarray(result)]
    return []
