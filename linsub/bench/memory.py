"""Peak resident memory of one call, in a fresh process.

A process's high-water mark never goes down, so each measurement needs a process of its
own, whose mark is reset (on Linux) or noted (elsewhere) after everything has been loaded,
compiled and warmed up, and before the call.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from linsub.errors import NumericalError

__all__ = ["Peak", "Probe", "peak_memory"]

TIMEOUT = 600.0
# The child answers on a line of its own: what it calls may print.
_MARK = "linsub-peak-memory:"


@dataclasses.dataclass(frozen=True)
class Probe:
    """What a child process is to call.

    Parameters
    ----------
    target : str
        ``"module:function"``. The function is called with `arguments`, prepares
        everything that is not to be counted, and returns the call to be measured.
    arguments : mapping
        Keyword arguments that JSON can hold.
    """

    target: str
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Peak:
    """Resident bytes before a call, and the most while it ran."""

    before: int
    peak: int

    @property
    def added(self) -> int:
        """What the call needed on top."""
        return max(0, self.peak - self.before)


def peak_memory(probe: Probe, *, threads: int = 1, timeout: float = TIMEOUT) -> Peak:
    """Run a probe in a fresh process and return the resident memory it needed.

    Parameters
    ----------
    probe : Probe
    threads : int
        BLAS threads of the child: each thread has buffers of its own.
    timeout : float
        Seconds after which the child is ended.

    Raises
    ------
    NumericalError
        If the child fails; with its last words.
    """
    count = str(threads)
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    settings = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), count)
    command = [sys.executable, "-c", "from linsub.bench import memory; memory.child()"]
    request = json.dumps({"target": probe.target, "arguments": dict(probe.arguments)})
    try:
        done = subprocess.run(
            command,
            input=request,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **settings, "PYTHONPATH": path},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NumericalError(f"{probe.target} took more than {timeout:g} s") from error
    answers = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode != 0 or not answers:
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise NumericalError(f"{probe.target} failed in its own process: {words[-1]}")
    return Peak(**json.loads(answers[-1].removeprefix(_MARK)))


def child() -> None:
    """Read a request from standard input, run it, print the answer: the child's main."""
    request = json.loads(sys.stdin.read())
    module, _, name = request["target"].partition(":")
    prepare: Callable[..., Callable[[], Any]] = getattr(importlib.import_module(module), name)
    call = prepare(**request["arguments"])
    _reset()
    before = resident()
    result = call()
    answer = {"before": before, "peak": max(before, high_water())}
    del result
    print(f"\n{_MARK}{json.dumps(answer)}")


def _reset() -> None:
    # Linux: brings the high-water mark down to what is resident now.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _status(field: str) -> int | None:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("utf-8").splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    return None


def high_water() -> int:
    """Return the most bytes that this process has had resident."""
    # ru_maxrss of a child starts at its parent's mark on Linux; VmHWM is its own.
    own = _status("VmHWM")
    if own is not None:
        return own
    try:
        import resource
    except ImportError:  # no such module on Windows
        return 0
    mark = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return mark if sys.platform == "darwin" else mark * 1024


def resident() -> int:
    """Return the bytes resident now, or the high-water mark where that is unknown."""
    now = _status("VmRSS")
    return high_water() if now is None else now


def allocate(megabytes: int) -> Callable[[], Any]:
    """Prepare a call that touches so many megabytes: the measurement's own check."""
    return lambda: bytearray(b"x") * (megabytes * 1_000_000)
