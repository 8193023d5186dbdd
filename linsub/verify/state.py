"""The record of a long run: one line of JSON a checkpoint, so that it can be resumed."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.resources
import inspect
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

import linsub
from linsub.verify.inputs import UserMatrix
from linsub.verify.registry import Claim
from linsub.verify.tally import Tally, decode, encode

__all__ = ["StateFile", "default_path", "run_key"]

# Seconds between two checkpoints of one claim: what a kill can lose. A checkpoint takes up
# to 60 kB and a millisecond.
CHECKPOINT_SECONDS = 5.0


def default_path(seed: int, matrix: UserMatrix | None) -> Path:
    """Return where a ``--full`` run keeps its record, below the current folder."""
    suffix = "" if matrix is None else f"-{_digest(matrix)[:8]}"
    return Path(".linsub-verify") / f"full-seed{seed}{suffix}.jsonl"


def _digest(matrix: UserMatrix) -> str:
    described = f"{matrix.A.shape}{matrix.A.dtype}".encode()
    return hashlib.sha256(described + matrix.A.tobytes()).hexdigest()


@functools.cache
def _code_digest() -> str:
    """Digest of the package's sources: a record made by other code is not resumed."""
    digest = hashlib.sha256(f"{linsub.__version__} numpy {np.__version__}".encode())
    pending = [importlib.resources.files("linsub")]
    while pending:
        for entry in sorted(pending.pop().iterdir(), key=lambda item: item.name):
            if entry.is_dir() and entry.name not in ("__pycache__", "bench"):
                pending.append(entry)
            elif entry.name.endswith(".py"):
                digest.update(entry.name.encode() + entry.read_bytes())
    return digest.hexdigest()


def run_key(made: Claim, seed: int, limit: int, matrix: UserMatrix | None) -> str:
    """Return what a record must share with a run to be continued by it."""
    parts = [made.id, str(seed), str(limit), _code_digest()]
    if made.family == "user":
        try:
            parts.append(Path(inspect.getfile(made.function)).read_text(encoding="utf-8"))
        except (OSError, TypeError):
            parts.append(str(time.time()))  # typed at a prompt: never resumed
    if matrix is not None:
        parts.append(_digest(matrix))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


class StateFile:
    """An append-only file of checkpoints; the last line of a key counts."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def load(self, key: str) -> tuple[Tally, bool] | None:
        """Return the totals kept under that key and whether they are complete."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None
        for line in reversed(lines):
            if key not in line:
                continue
            try:
                entry = json.loads(line)
                if entry["key"] == key:
                    return Tally(**decode(entry["tally"])), bool(entry["done"])
            except (ValueError, KeyError, TypeError):
                continue  # a line torn by a kill: the one before it counts
        return None

    def save(self, key: str, made: Claim, seed: int, tally: Tally, done: bool) -> None:
        """Append a checkpoint in one write."""
        entry: dict[str, Any] = {
            "key": key,
            "claim": made.id,
            "seed": seed,
            "version": linsub.__version__,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "done": done,
            "tally": encode(dataclasses.asdict(tally)),
        }
        self._prepare()
        # the leading newline ends a line that a kill may have torn
        line = "\n" + json.dumps(entry, allow_nan=False) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def _prepare(self) -> None:
        folder = self.path.parent
        if folder.exists():
            return
        folder.mkdir(parents=True)
        if folder.name == ".linsub-verify":
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")

    def clear(self) -> None:
        """Forget everything."""
        self.path.unlink(missing_ok=True)
