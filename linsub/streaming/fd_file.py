"""Saved sketches: the state of a FrequentDirections in one file, bit for bit."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import state as files
from linsub.errors import InvalidInputError
from linsub.streaming.fd_state import State
from linsub.streaming.frequent_directions import FrequentDirections

__all__ = ["read", "write"]

_KIND, _VERSION = "frequent-directions", 1

_SCALARS = (
    "exponent",
    "shrinkage",
    "rounding",
    "squares",
    "shrinks",
    "n_samples",
    "n_omitted",
    "n_updates",
)


def write(stream: FrequentDirections, path: str | os.PathLike[str]) -> None:
    """Write the stream; sparse rows stay sparse."""
    files.check_writable(path, "path")
    content: dict[str, Any] = stream._options() | {"begun": stream._state is not None}
    state = stream._state
    if state is not None:
        content |= {name: getattr(state, name) for name in _SCALARS}
        content |= {"rows": state.rows, "heavy": state.heavy.rows}
        content["heavy_squares"] = state.heavy.squares
        if state.waiting:
            S = sparse.vstack(state.waiting, format="csr")
            content |= {"data": S.data, "indices": S.indices, "indptr": S.indptr}
    files.save(path, _KIND, _VERSION, content)


def read(path: str | os.PathLike[str]) -> FrequentDirections:
    """Return the stream in a file."""
    _, content = files.load(path, _KIND, {_VERSION})
    try:
        stream = FrequentDirections()
        stream = FrequentDirections(**{name: content[name] for name in stream._options()})
        if content["begun"]:
            stream._state = _state(stream, content)
    except KeyError as error:
        raise InvalidInputError(f"{path} is damaged: it has no {error}") from error
    return stream


def _state(stream: FrequentDirections, content: dict[str, Any]) -> State:
    rows: np.ndarray = content["rows"]
    empty = stream._begin(rows.shape[1])
    waiting: tuple[Any, ...] = ()
    if "data" in content:
        parts = tuple(content[name] for name in ("data", "indices", "indptr"))
        waiting = (sparse.csr_array(parts, shape=(parts[2].size - 1, rows.shape[1])),)
    heavy = dataclasses.replace(
        empty.heavy, rows=content["heavy"], squares=content["heavy_squares"]
    )
    return dataclasses.replace(
        empty,
        K=rows,
        count=rows.shape[0],
        waiting=waiting,
        heavy=heavy,
        **{name: content[name] for name in _SCALARS},
    )
