"""Saved streams: the state of an IncrementalSVD in one file, bit for bit."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import numpy as np

from linsub._core import state as files
from linsub.errors import InvalidInputError
from linsub.svd.growing_factor import GrowingFactor
from linsub.svd.incremental import IncrementalSVD
from linsub.svd.incremental_core import Ledger
from linsub.svd.incremental_state import State

__all__ = ["read", "write"]

_KIND, _VERSION = "incremental-svd", 1

_OPTIONS = ("rank", "error", "forget", "center", "keep_left", "keep_right", "missing")


def write(stream: IncrementalSVD, path: str | os.PathLike[str]) -> None:
    """Write the stream; what has been pending in its growing side is multiplied out first."""
    files.check_writable(path, "path")
    content: dict[str, Any] = {name: getattr(stream, name) for name in _OPTIONS}
    content |= {
        "fixed": stream._fixed,
        "dtype": stream._dtype.str,
        "axis": stream._axis,
        "n_updates": stream.n_updates,
        "begun": stream._state is not None,
        "waiting": len(stream._waiting),
    }
    content |= {f"waiting_{i}": part for i, part in enumerate(stream._waiting)}
    state = stream._state
    if state is not None:
        if state.grown is not None:
            state.grown = state.grown.collapse()
            content["grown"] = state.grown.rows
        if state.mean is not None:
            content["mean"] = state.mean
        content |= {
            "P": state.P,
            "scale": state.scale,
            "width": state.width,
            "weight": state.weight,
            "imputed": state.imputed,
            "merges": state.merges,
        }
        content |= {
            f"ledger_{name}": value for name, value in dataclasses.asdict(state.ledger).items()
        }
    files.save(path, _KIND, _VERSION, content)


def read(path: str | os.PathLike[str]) -> IncrementalSVD:
    """Return the stream in a file."""
    _, content = files.load(path, _KIND, {_VERSION})
    try:
        stream = IncrementalSVD(**{name: content[name] for name in _OPTIONS})
        stream._fixed = content["fixed"]
        stream._dtype = np.dtype(content["dtype"])
        stream._axis = content["axis"]
        stream.n_updates = content["n_updates"]
        stream._waiting = tuple(content[f"waiting_{i}"] for i in range(content["waiting"]))
        if content["begun"]:
            stream._state = _state(content)
    except KeyError as error:
        raise InvalidInputError(f"{path} is damaged: it has no {error}") from error
    return stream


def _state(content: dict[str, Any]) -> State:
    names = [field.name for field in dataclasses.fields(Ledger)]
    ledger = Ledger(**{name: content[f"ledger_{name}"] for name in names})
    rest = ("P", "scale", "width", "weight", "imputed", "merges")
    return State(
        ledger=ledger,
        mean=content.get("mean"),
        grown=GrowingFactor.start(content["grown"]) if "grown" in content else None,
        **{name: content[name] for name in rest},
    )
