"""A progress line for people: on a terminal only, and gone when the work is done."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType
from typing import TextIO

__all__ = ["Progress"]

# Often enough to look alive, rare enough to cost nothing; work that is done sooner than
# this shows nothing at all.
_INTERVAL = 0.2


class Progress:
    """Show how far a loop has come, as a context manager.

    Nothing is ever written unless the stream is a terminal: output that is piped,
    redirected or captured stays clean.

    Parameters
    ----------
    total : int or None
        Number of steps, if known.
    label : str
        What is going on.
    stream : text stream, optional
        Where to write; ``sys.stderr`` by default.

    Examples
    --------
    >>> with Progress(3, "squaring") as progress:
    ...     for i in range(3):
    ...         progress.advance(note=f"{i}")
    """

    def __init__(self, total: int | None, label: str, stream: TextIO | None = None) -> None:
        self.total = total
        self.label = label
        self.done = 0
        self._stream = stream
        self._shown = 0
        self._next = 0.0
        self._active = False

    def __enter__(self) -> Progress:
        if self._stream is None:
            self._stream = sys.stderr  # looked up late: it may have been redirected
        self._active = _is_terminal(self._stream)
        self._next = time.monotonic() + _INTERVAL
        return self

    def advance(self, steps: int = 1, note: str = "") -> None:
        """Count `steps` more as done, and show it if the last line is old enough."""
        self.done += steps
        if not self._active:
            return
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _INTERVAL
            self._write(self._line(note))

    def clear(self) -> None:
        """Erase the line, before something else is printed."""
        if self._active and self._shown:
            self._write("")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()
        self._active = False

    def _line(self, note: str) -> str:
        count = f"{self.done}" if self.total is None else f"{self.done}/{self.total}"
        line = " ".join(part for part in (self.label, count, note) if part)
        # A line that wraps could not be erased, and the last column makes some wrap.
        return line.replace("\n", " ")[: shutil.get_terminal_size().columns - 1]

    def _write(self, line: str) -> None:
        assert self._stream is not None
        # Blanks rather than an escape sequence, which not every terminal knows.
        rest = " " * (self._shown - len(line))
        try:
            self._stream.write(f"\r{line}{rest}" + ("" if line else "\r"))
            self._stream.flush()
        except (OSError, ValueError):  # the terminal is gone: the work goes on
            self._active = False
        self._shown = len(line)


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):  # a stand-in for a stream, or a closed one
        return False
