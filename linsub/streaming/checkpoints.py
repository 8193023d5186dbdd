"""What a reduction has done so far, in a folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from linsub._core import state as files
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["Checkpoints"]

_KIND, _VERSION = "reduce-stream", 1
_MANIFEST = "reduction.npz"
_DONE = re.compile(r"done-(\d+)\.npz")


class Checkpoints:
    """One file for all pieces so far, named by their number; the one before it is removed after."""

    def __init__(self, folder: Path, sample: Any, group: int, block_rows: int | None) -> None:
        for name in ("save", "load"):
            if not callable(getattr(sample, name, None)):
                raise InvalidTypeError(
                    f"checkpoint needs sketches with {name}(), which {type(sample).__name__} lacks"
                )
        self.folder, self.sample = folder, sample
        self.plan = {"sketch": type(sample).__name__, "group": group, "block_rows": block_rows}

    def latest(self) -> tuple[Any, int]:
        """Return what is there and how many pieces it has seen; begin the folder if there is none.

        Raises
        ------
        InvalidInputError
            If it belongs to another reduction.
        """
        manifest = self.folder / _MANIFEST
        if not manifest.exists():
            if self.folder.exists() and any(self.folder.iterdir()):
                raise InvalidInputError(
                    f"checkpoint={str(self.folder)!r} holds other files; name a folder of its own"
                )
            self.folder.mkdir(parents=True, exist_ok=True)
            files.save(manifest, _KIND, _VERSION, self.plan)
            return None, 0
        _, plan = files.load(manifest, _KIND, {_VERSION})
        for name, mine in self.plan.items():
            if plan.get(name) != mine:
                raise InvalidInputError(
                    f"checkpoint={str(self.folder)!r} was made with {name}={plan.get(name)!r} and "
                    f"this reduction has {name}={mine!r}; use the same, or another folder"
                )
        done = self._done()
        if not done:
            return None, 0
        state = type(self.sample).load(done[max(done)])
        state.merge(self.sample)  # nothing is in it, but its options are compared
        return state, max(done)

    def save(self, state: Any, done: int) -> None:
        """Write what all pieces so far have given, and forget what was before."""
        earlier = self._done()
        state.save(self.folder / f"done-{done:010d}.npz")
        for number, path in earlier.items():
            if number != done:
                path.unlink(missing_ok=True)

    def _done(self) -> dict[int, Path]:
        found = ((_DONE.fullmatch(path.name), path) for path in self.folder.iterdir())
        return {int(match[1]): path for match, path in found if match}
