import io
import os
import re
import subprocess
import sys

import pytest

from linsub._core import progress as module
from linsub._core.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves by hand."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def screen(text):
    """Return what a terminal's line shows after `text`."""
    line, column = [], 0
    for character in text:
        if character == "\r":
            column = 0
            continue
        line[column : column + 1] = character
        column += 1
    return "".join(line).rstrip()


def test_nothing_is_written_when_it_is_no_terminal(clock):
    stream = io.StringIO()
    with Progress(3, "working", stream) as progress:
        for _ in range(3):
            clock[0] += 1
            progress.advance()
    assert stream.getvalue() == ""
    assert progress.done == 3


def test_shows_and_erases_its_line(clock):
    stream = Terminal()
    with Progress(3, "working", stream) as progress:
        clock[0] += 1
        progress.advance(note="a long note")
        assert screen(stream.getvalue()) == "working 1/3 a long note"
        clock[0] += 1
        progress.advance(note="short")
        assert screen(stream.getvalue()) == "working 2/3 short"
    assert screen(stream.getvalue()) == ""
    assert stream.getvalue().endswith("\r")


def test_quick_work_shows_nothing(clock):
    stream = Terminal()
    with Progress(1000, "working", stream) as progress:
        for _ in range(1000):
            progress.advance()
    assert stream.getvalue() == ""


def test_is_rate_limited(clock):
    stream = Terminal()
    with Progress(None, "working", stream) as progress:
        for _ in range(1000):
            clock[0] += module._INTERVAL / 100
            progress.advance()
        assert stream.getvalue().count("\r") == pytest.approx(10, abs=1)
        assert re.fullmatch(r"working \d+", screen(stream.getvalue()))


def test_a_line_never_wraps(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    with Progress(3, "working", stream) as progress:
        clock[0] += 1
        progress.advance(note="x" * 100)
        assert len(screen(stream.getvalue())) == 19


def test_is_erased_when_the_work_fails(clock):
    stream = Terminal()
    with pytest.raises(KeyError), Progress(3, "working", stream) as progress:  # noqa: PT012
        clock[0] += 1
        progress.advance()
        raise KeyError("work")
    assert screen(stream.getvalue()) == ""


def test_a_terminal_that_goes_away_does_not_stop_the_work(clock):
    stream = Terminal()
    with Progress(3, "working", stream) as progress:
        clock[0] += 1
        progress.advance()
        stream.close()
        clock[0] += 1
        progress.advance()
    assert progress.done == 2


@pytest.mark.parametrize("stream", [None, object()])
def test_missing_streams_are_no_terminals(stream, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress(1, "working") as progress:
        progress.advance()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_on_a_real_terminal():
    script = (
        "import time\n"
        "from linsub._core.progress import Progress\n"
        "with Progress(2, 'counting') as p:\n"
        "    for _ in range(2): time.sleep(0.25); p.advance()\n"
        "print('result')\n"
    )
    master, slave = os.openpty()
    try:
        run = subprocess.run(
            [sys.executable, "-c", script], stderr=slave, stdout=subprocess.PIPE, text=True
        )
        shown = os.read(master, 10_000).decode()
    finally:
        os.close(master)
        os.close(slave)
    assert run.returncode == 0
    assert run.stdout == "result\n"
    assert "counting 1/2" in shown
    assert screen(shown) == ""
