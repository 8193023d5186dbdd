from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.verify.conftest import DRIVER, ROOT

BAD = "toys.register_eckart_young(); registry.get('toy-eckart-young').__dict__['subject'] = toys.{}"


def test_success_is_silent_on_stderr_and_exits_0(command, tmp_path):
    done = command("verify", "--json", tmp_path / "r.json", "--seed", 3)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 claim, 70 cases, 0 violations" in done.stdout
    assert json.loads((tmp_path / "r.json").read_text())["meta"]["seed"] == 3


def test_a_violation_exits_1_and_its_replay_runs(command):
    done = command("verify", setup=BAD.format("off_by_one"))
    assert done.returncode == 1
    line = next(line for line in done.stdout.splitlines() if "replay:" in line)
    arguments = line.split("python -m linsub ")[1].split()
    again = command(*arguments, setup=BAD.format("off_by_one"))
    assert again.returncode == 1
    assert "failed: measured" in again.stdout
    assert command(*arguments, setup="toys.register_eckart_young()").returncode == 0


def test_usage_and_bad_input_exit_2(command, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("1,2\n3,x\n")
    for arguments, said in [
        (["verify", "toy-nrom"], "did you mean 'toy-norm'"),
        (["verify", "--seed", "-1"], "--seed"),
        (["verify", "--input", file], "line 2, column 2"),
        (["verify", "--input", tmp_path / "none.npy"], "no such file"),
        (["verify", "--case", "1"], "exactly one claim"),
        (["frobnicate"], "no command 'frobnicate'"),
    ]:
        done = command(*arguments)
        assert done.returncode == 2, done
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_an_input_file_is_verified(command, tmp_path):
    file = tmp_path / "mine.npy"
    np.save(file, np.random.default_rng(0).standard_normal((8, 5)))
    done = command("verify", "--input", file)
    assert done.returncode == 0, done.stderr
    assert "mine.npy 8x5 rank" in done.stdout


def test_list_mutants_markdown_and_help(command):
    done = command("verify", "--list")
    assert "toy-norm" in done.stdout
    assert command("verify", "--mutants").returncode == 0
    survived = command("verify", "--mutants", setup="toys.register_eckart_young()")
    assert survived.returncode == 1
    assert "SURVIVED  no change" in survived.stdout
    assert command("verify", "--markdown").stdout.startswith("| claim |")
    assert "exit codes" in command("verify", "--help").stdout
    assert command("--version").stdout.startswith("linsub ")


def test_info_says_what_a_bug_report_needs(command):
    done = command("info")
    assert done.returncode == 0
    for word in ("linsub", "numpy", "blas", "threads", "kernel cache", "gallery"):
        assert word in done.stdout


def test_a_reader_that_leaves_early_is_no_crash():
    code = DRIVER.format(setup="toys.register_norm()")
    with subprocess.Popen(
        [sys.executable, "-c", code, "verify"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""


def test_an_interrupt_prints_what_was_found_and_exits_130(tmp_path):
    setup = """
from linsub.verify import state
state.CHECKPOINT_SECONDS = 0.3
toys.register_norm(full_cases=10**9)
"""
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER.format(setup=setup), "verify", "--full"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        record = tmp_path / ".linsub-verify" / "full-seed0.jsonl"
        until = time.monotonic() + 30.0
        # a checkpoint: the run is in the middle of its cases
        while not record.exists() and time.monotonic() < until:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "INTERRUPTED" in out
    assert "toy-norm" in out
    assert err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_is_shown_on_a_terminal():
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    setup = """
import time
toys.register_norm(requires=lambda case: time.sleep(0.01) is None)
"""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER.format(setup=setup), "verify"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=60,
        check=False,
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "/70 toy-norm" in shown
