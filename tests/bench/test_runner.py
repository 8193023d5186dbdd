"""A run: rows of every kind, certificates in a column, interrupts, the report's forms."""

import json
import math
import sys

import numpy as np
import pytest

from linsub.bench import Contender, Probe, Task, Work, run, run_task, svd_task
from linsub.bench.contenders import ARPACK, LAPACK, PROPACK, SOLVERS
from linsub.bench.limits import Limits


class FakeClock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def worker(self, seconds, error=0.0):
        def call():
            self.now += seconds
            return {"error": error}

        return call


def broken():
    raise ValueError("no such thing\nat all")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def task(clock):
    return Task(
        "t",
        [
            Contender(
                "linsub",
                clock.worker(2.0, 1e-9),
                certified=clock.worker(2.5),
                work=lambda _: Work(flops=4e9, bytes=1e9),
            ),
            Contender(
                "linsub rough",
                clock.worker(1.0, 1e-3),
                method="linsub",
                setting="tol=0.1",
                default=False,
            ),
            Contender("peer", clock.worker(6.0, 1e-6)),
            Contender("rough peer", clock.worker(3.0, 1e-1)),
            Contender("broken", broken),
            Contender("absent", clock.worker(1.0), requires=("no_such_module_at_all",)),
        ],
        accuracy=dict,
    )


def rows(result):
    return {row.contender: row for row in result.rows}


def test_rows_of_every_kind(task, clock):
    limits = Limits(gemm=1e10, gemm32=2e10, copy=1e9, triad=1e9, gemv=1e9)
    found = rows(run_task(task, repeats=3, clock=clock, limits=limits))
    assert found["linsub"].timing.times == (2.0,) * 3
    assert found["linsub"].certificate == pytest.approx(0.5)
    assert found["linsub"].gflops == pytest.approx(2.0)
    assert found["linsub"].share == pytest.approx(0.5)  # by its bytes rather than its flops
    assert found["peer"].ratios == {"error": 3.0}
    assert found["peer"].matched == {"error": ""}
    assert found["rough peer"].ratios == {"error": 3.0}
    assert found["rough peer"].matched == {"error": "tol=0.1"}
    assert found["broken"].failure == "ValueError: no such thing at all"
    assert found["absent"].skipped == "no_such_module_at_all not installed"
    assert not found["absent"].timing.times


def test_markdown_is_well_formed_and_names_what_is_missing(task, clock):
    text = run_task(task, repeats=2, clock=clock).to_markdown()
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + 3  # the rough setting belongs to the curve
    assert len({line.count("|") for line in table}) == 1
    assert "500 (+25 %)" in text
    assert "- broken: failed, ValueError: no such thing at all" in text
    assert "- absent: skipped, no_such_module_at_all not installed" in text
    assert "times over linsub's default, at its error or better" not in text  # no peer is


def test_json_holds_everything_and_nothing_that_json_lacks(task, clock, tmp_path):
    extra = Contender("nan", clock.worker(1.0, math.nan))
    report = run(
        [Task("t", [*task.contenders, extra], accuracy=dict)],
        repeats=2,
        limits=False,
        clock=clock,
    )
    report.write_json(tmp_path / "report.json")
    found = json.loads((tmp_path / "report.json").read_text("utf-8"))
    (entry,) = found["tasks"]
    by_name = {row["contender"]: row for row in entry["rows"]}
    assert by_name["linsub"]["times"] == [2.0, 2.0]
    assert by_name["linsub"]["certificate"] == pytest.approx(0.5)
    assert by_name["nan"]["errors"] == {"error": None}
    assert found["environment"]["threads"] == 1
    assert found["environment"]["packages"]["numpy"] == np.__version__
    assert not list(tmp_path.glob("*.part"))


def test_a_slow_contender_is_timed_once(clock):
    slow = Task(
        "t", [Contender("slow", clock.worker(50.0)), Contender("fast", clock.worker(0.125))]
    )
    found = rows(run_task(slow, budget=1.0, clock=clock))
    assert found["slow"].timing.times == (50.0,)
    assert len(found["fast"].timing) == 8


def test_an_interrupt_keeps_the_finished_rows(clock):
    def interrupt():
        raise KeyboardInterrupt

    never = Task("never", [Contender("a", clock.worker(1.0))])
    stopped = Task("t", [Contender("done", clock.worker(1.0)), Contender("stop", interrupt)])
    report = run([stopped, never], limits=False, clock=clock)
    assert report.interrupted
    assert [row.contender for task in report.tasks for row in task.rows] == ["done"]
    assert "Interrupted" in report.to_markdown()


def test_a_task_that_cannot_be_made_is_a_row(clock):
    def unmade():
        raise MemoryError("too large")

    report = run([unmade, Task("t", [Contender("a", clock.worker(1.0))])], repeats=1, limits=False)
    assert report.tasks[0].rows[0].failure == "MemoryError: too large"
    assert report.tasks[0].name == "unmade"
    assert report.tasks[1].rows[0].timing.times


def test_a_failing_certificate_shows_in_the_row(clock):
    task = Task("t", [Contender("linsub", clock.worker(1.0), certified=broken)])
    (row,) = run_task(task, repeats=2, clock=clock).rows
    assert row.failure.startswith("ValueError")


def test_the_threads_are_limited_within_the_run_only():
    import threadpoolctl

    seen = []
    task = Task("t", [Contender("a", lambda: seen.extend(threadpoolctl.threadpool_info()))])
    run([task], repeats=1, limits=False)
    assert {pool["num_threads"] for pool in seen if pool["user_api"] == "blas"} == {1}


def test_nothing_is_written_unless_asked(clock, capsys):
    run([Task("t", [Contender("a", clock.worker(1.0))])], limits=False, repeats=1)
    assert capsys.readouterr() == ("", "")


def test_peers_solve_a_real_task():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((50, 30))
    sigma = np.linalg.svd(A, compute_uv=False)
    solvers = (LAPACK, ARPACK, PROPACK)
    task = svd_task("small", A, 4, sigma=sigma, solvers=solvers, curves=True)
    result = run_task(task, repeats=1)
    for name in ("numpy gesdd", "scipy arpack", "scipy propack"):
        row = rows(result)[name]
        assert not row.failure
        assert row.errors["sigma"] < 1e-10
    names = {curve.name for curve in result.curves("sigma")}
    assert names == {"numpy gesdd", "scipy arpack", "scipy propack"}


def test_sparse_matrices_go_only_to_those_who_take_them():
    import scipy.sparse as sp

    A = sp.random(40, 30, 0.2, random_state=0, format="csr")
    task = svd_task("sparse", A, 3, sigma=None, solvers=SOLVERS, kind="sparse")
    assert "numpy gesdd" not in {contender.name for contender in task.contenders}
    assert {c.method for c in task.contenders} == {"linsub", "scipy arpack", "scipy propack"}


def test_a_huge_gesdd_is_left_out_by_name():
    A = np.lib.stride_tricks.as_strided(np.zeros(1), (20000, 20000), (0, 0))
    task = svd_task("huge", A, 3, sigma=None, solvers=(LAPACK,))
    assert "operations" in task.contenders[0].missing()


def test_memory_is_measured_only_where_it_is_asked_for(clock):
    probe = Probe("linsub.bench.memory:allocate", {"megabytes": 20})
    contender = Contender("a", clock.worker(1.0))
    flagged = Task("t", [contender], probes=lambda folder: {"a": probe})
    report = run([flagged, Task("u", [contender])], repeats=1, limits=False, clock=clock)
    assert report.tasks[0].rows[0].peak >= 19_000_000
    assert report.tasks[1].rows[0].peak is None
    assert "peak MB" in report.tasks[0].to_markdown()


def test_pictures(task, clock, tmp_path, monkeypatch):
    from linsub.bench import draw
    from linsub.errors import MissingExtraError

    series = [
        Task(f"n{n}", [Contender("linsub", clock.worker(n, 0.1))], dict, size=n, series="line")
        for n in (10, 20)
    ]
    report = run([task, *series], name="b", repeats=1, limits=False, clock=clock)
    names = {path.name for path in draw(report, tmp_path)}
    assert names == {"b-t.png", "b-n10.png", "b-n20.png", "b-line.png"}
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in names)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match="linsub\\[plot\\]"):
        draw(report, tmp_path)
