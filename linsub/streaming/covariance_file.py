"""Saved covariances: the state of a StreamingCovariance in one file, bit for bit."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from linsub._core import state as files
from linsub.errors import InvalidInputError
from linsub.streaming.covariance import StreamingCovariance
from linsub.streaming.covariance_state import GramState

__all__ = ["read", "write"]

_KIND, _VERSION = "streaming-covariance", 1

_SCALARS = ("count", "exponent", "peak", "rounding", "folded_rows", "folds", "n_omitted")


def write(stream: StreamingCovariance, path: str | os.PathLike[str]) -> None:
    """Write the stream."""
    files.check_writable(path, "path")
    content: dict[str, Any] = {
        "n_features": stream.n_features,
        "center": stream.center,
        "nan_policy": stream.nan_policy,
        "begun": stream._state is not None,
    }
    state = stream._state
    if state is not None:
        content |= {name: getattr(state, name) for name in _SCALARS}
        content |= {"G": state.G, "mean": state.mean, "P": state.P[: state.count]}
    files.save(path, _KIND, _VERSION, content)


def read(path: str | os.PathLike[str]) -> StreamingCovariance:
    """Return the stream in a file."""
    _, content = files.load(path, _KIND, {_VERSION})
    try:
        stream = StreamingCovariance(
            content["n_features"], center=content["center"], nan_policy=content["nan_policy"]
        )
        if content["begun"]:
            stream._state = GramState(
                np.asfortranarray(content["G"]),
                content["mean"],
                content["P"],
                **{name: content[name] for name in _SCALARS},
            )
    except KeyError as error:
        raise InvalidInputError(f"{path} is damaged: it has no {error}") from error
    return stream
