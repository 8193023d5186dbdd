"""Saved streams: the state of a StreamingTopEigenvector in one file, bit for bit."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from linsub._core import state as files
from linsub._core.random import Streams
from linsub.errors import InvalidInputError
from linsub.streaming.streaming_top import StreamingTopEigenvector
from linsub.streaming.top_state import TopState

__all__ = ["read", "write"]

_KIND, _VERSION = "streaming-top-eigenvector", 1

_OPTIONS = (
    "n_features",
    "method",
    "order",
    "sketch_size",
    "heavy_rows",
    "heavy_threshold",
    "n_rates",
    "n_chains",
    "n_sampled",
    "covariance_limit",
    "nan_policy",
)
_PARTS = ("grid", "chains", "sample")


def write(stream: StreamingTopEigenvector, path: str | os.PathLike[str]) -> None:
    """Write the stream."""
    files.check_writable(path, "path")
    state, waiting = stream._kept
    content: dict[str, Any] = {name: getattr(stream, name) for name in _OPTIONS}
    content |= {"entropy": stream._streams.entropy, "waiting": waiting, "begun": state is not None}
    if state is not None:
        content |= _plain("state", state)
        for name in _PARTS:
            part = getattr(state, name)
            if part is not None:
                content |= _plain(name, part)
    files.save(path, _KIND, _VERSION, content)


def _plain(prefix: str, part: Any) -> dict[str, Any]:
    """Return the numbers and arrays among the attributes."""
    kinds = (np.ndarray, np.generic, int, float, type(None))
    return {
        f"{prefix}_{name}": value for name, value in vars(part).items() if isinstance(value, kinds)
    }


def read(path: str | os.PathLike[str]) -> StreamingTopEigenvector:
    """Return the stream in a file."""
    _, content = files.load(path, _KIND, {_VERSION})
    try:
        stream = StreamingTopEigenvector(**{name: content[name] for name in _OPTIONS})
        stream._streams = Streams.replay(content["entropy"])
        state = None
        if content["begun"]:
            state = stream._begin(content["n_features"])
            _restore("state", state, content)
            for name in _PARTS:
                if getattr(state, name) is not None:
                    _restore(name, getattr(state, name), content)
        stream._kept = (state, content["waiting"])
    except KeyError as error:
        raise InvalidInputError(f"{path} is damaged: it has no {error}") from error
    return stream


def _restore(prefix: str, part: TopState | Any, content: dict[str, Any]) -> None:
    for name, value in _plain(prefix, part).items():
        short = name.removeprefix(f"{prefix}_")
        # What was an array stays one: an exponent of None, or a number, may have become another.
        setattr(part, short, content.get(name, value))
