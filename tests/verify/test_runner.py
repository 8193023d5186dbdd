from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading

import numpy as np
import pytest

from linsub import verify
from linsub.errors import InvalidInputError, LinsubError
from linsub.verify import Observation, claim, registry, runner, state
from tests.verify import toys


def test_a_true_claim_holds_and_is_counted(toy):
    toys.register_eckart_young()
    row = verify.run("toy-eckart-young", budget=60.0)["toy-eckart-young"]
    assert (row.verdict, row.violations, row.cases) == ("held", 0, 70)
    assert row.worst <= 1.0
    assert row.where["label"].startswith("gauss")


def test_real_data_has_a_ratio_of_its_own(toy):
    toys.register_norm()
    row = verify.run(budget=60.0).rows[0]
    ratios = [verify.replay("toy-norm", index).judged[0].ratio for index in (3, 4)]
    assert row.real == max(ratios) < row.worst
    assert f"{row.real:.3g}" in row.cells()


def test_the_same_seed_gives_the_same_report(toy):
    toys.register_eckart_young()
    toys.register_expectation()
    first, again, other = (verify.run(seed=seed, budget=60.0) for seed in (3, 3, 4))
    assert [row.points for row in first.rows] == [row.points for row in again.rows]
    assert [row.points for row in first.rows] != [row.points for row in other.rows]


def test_a_users_own_subject_is_judged(toy):
    toys.register_eckart_young()
    good = verify.run("toy-eckart-young", subject=lambda A, rank: toys.truncate(A, rank))
    bad = verify.run("toy-eckart-young", subject=toys.off_by_one)
    assert good.ok
    assert not bad.ok
    assert "subject=off_by_one" in str(bad)
    with pytest.raises(InvalidInputError, match="subject="):
        verify.run(subject=toys.off_by_one)


def test_an_exception_is_a_violation_with_its_traceback(toy):
    toys.register_eckart_young()
    report = verify.run("toy-eckart-young", subject=toys.broken)
    assert report.rows[0].verdict == "VIOLATED"
    assert "RuntimeError: this subject always fails" in str(report)
    assert "in broken" in str(report)


def test_nan_is_a_violation(toy):
    toys.register_eckart_young()
    report = verify.run("toy-eckart-young", subject=toys.not_a_number)
    assert report.rows[0].verdict == "VIOLATED"


def test_a_case_that_cannot_be_built_is_a_violation(toy):
    toys.register_norm(cases=lambda index, rng: 1 // 0)
    assert verify.run().rows[0].verdict == "VIOLATED"


def test_a_claim_whose_cases_are_all_skipped_was_not_tested(toy):
    toys.register_norm(requires=lambda case: False)

    @claim("toy-none", source="folklore", kind="always", domain="matrix")
    def nothing(case, subject):
        """nothing"""
        return None

    @claim("toy-vacuous", source="folklore", kind="always", domain="matrix")
    def vacuous(case, subject):
        """0 <= inf"""
        return Observation(0.0, np.inf)

    report = verify.run()
    assert [row.verdict for row in report.rows] == ["not tested"] * 3
    assert not report.ok
    on_input = verify.run(input=np.eye(3))
    assert [row.verdict for row in on_input.rows] == ["does not apply"] * 3
    assert on_input.ok


def test_requires_is_counted_as_skipped(toy):
    toys.register_norm(requires=lambda case: case.A.shape[0] > 12)
    row = verify.run(budget=60.0).rows[0]
    assert row.cases == 70
    assert 20 < row.skipped < 280


def test_probability_counts_failures_against_what_is_allowed(toy):
    toys.register_probability()
    row = verify.run(budget=60.0).rows[0]
    assert row.verdict == "held"
    assert row.violations == 0
    assert 0 < sum(point[1] > 0.9 for point in row.points) < 15
    assert row.interval[0] < 0.1 < row.interval[1]
    bad = verify.run("toy-tail", subject=lambda rng: 2.0 * rng.random()).rows[0]
    assert bad.verdict == "VIOLATED"
    assert bad.p_value < 1e-6
    nan = verify.run("toy-tail", subject=lambda rng: np.nan if rng.random() < 0.02 else 0.0)
    assert nan.rows[0].verdict == "VIOLATED"


def test_expectations_are_tested(toy):
    toys.register_expectation()
    assert verify.run(budget=60.0).rows[0].verdict == "held"
    bad = verify.run("toy-mean", subject=lambda rng: 1.33 * toys.squares(rng)).rows[0]
    assert (bad.verdict, bad.violations) == ("VIOLATED", bad.cases)


@pytest.mark.parametrize(
    ("slope", "verdict"), [(None, "shown"), ((1.9, 2.1), "held"), ((0.0, 1.0), "VIOLATED")]
)
def test_a_rate_is_fitted_and_asserted_only_on_demand(toy, slope, verdict):
    toys.register_rate(slope)
    row = verify.run().rows[0]
    assert row.verdict == verdict
    assert row.slope == pytest.approx(2.0)


def test_tightness_is_reported(toy):
    toys.register_norm(tight=0.9999)
    row = verify.run(budget=60.0).rows[0]
    assert row.tight is True  # 1 x n matrices have rank 1
    toys.register_norm(tight=2.0)
    row = verify.run().rows[0]
    assert row.tight is False
    assert "never above 2" in row.detail


def test_mutants_are_caught_by_what_they_measure(toy):
    toys.register_eckart_young()
    assert verify.check_mutants("toy-eckart-young") == {
        "off by one": True,
        "nan": True,
        "raises": False,
        "no change": False,
    }


def test_mutants_of_statistical_claims_are_caught(toy):
    toys.register_expectation()
    toys.register_probability()
    toys.register_rate((1.9, 2.1))
    assert verify.check_mutants("toy-mean") == {"a third too large": True}
    assert verify.check_mutants("toy-tail") == {"twice as wide": True}
    assert verify.check_mutants("toy-rate") == {"cubic": True}


def test_a_replay_shows_the_case_of_the_report(toy):
    toys.register_eckart_young()
    report = verify.run("toy-eckart-young", subject=toys.off_by_one, seed=5)
    entry = report.rows[0].failing[0]
    again = verify.replay("toy-eckart-young", entry["index"], 5, subject=toys.off_by_one)
    assert not again.ok
    assert again.judged[0].measured == entry["measured"]
    assert again.case.label == entry["label"]
    assert "failed: measured" in str(again)
    assert verify.replay("toy-eckart-young", entry["index"], 5).ok


def test_the_budget_stops_a_claim_but_not_before_its_least_cases(toy):
    toys.register_norm(min_cases=5, max_cases=60)
    row = verify.run(budget=0.0).rows[0]
    assert (row.cases, row.stopped) == (5, "time")


def test_an_input_is_tried_at_several_ranks(toy):
    toys.register_eckart_young()
    toys.register_rate(None)
    A = np.random.default_rng(0).standard_normal((30, 12)).astype(np.float32)
    before = A.copy()
    report = verify.run(input=A, budget=60.0)
    assert [row.id for row in report.rows] == ["toy-eckart-young"]
    assert report.rows[0].verdict == "held"
    assert report.rows[0].cases == 2 * len({1, 2, 5, 6, 10, 11, 12})
    assert np.array_equal(A, before)
    named = verify.run(["toy-rate"], input=A)
    assert named.rows[0].verdict == "does not apply"
    assert "input=A" in str(verify.run("toy-eckart-young", input=A, subject=toys.off_by_one))
    with pytest.raises(InvalidInputError, match="does not take"):
        verify.replay("toy-rate", 0, input=A)


class Interrupter:
    """A subject that is interrupted at its n-th call."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def __call__(self, A):
        self.calls -= 1
        if self.calls == 0:
            raise KeyboardInterrupt
        return toys.norm(A)


def test_an_interrupt_keeps_what_was_found(toy):
    toys.register_norm(max_cases=30)
    toys.register_eckart_young()
    report = verify.run(["toy-norm", "toy-eckart-young"], subject=Interrupter(11))
    assert report.interrupted
    assert not report.ok
    assert [row.cases for row in report.rows] == [10]
    assert "INTERRUPTED, 1 claim not begun" in report.summary()


@pytest.fixture
def recorded(toy, tmp_path, monkeypatch):
    """A long claim whose own subject is interrupted once."""
    monkeypatch.chdir(tmp_path)
    toys.register_norm(full_cases=200)
    return toy["toy-norm"]


def interrupted_by(made, monkeypatch, calls):
    monkeypatch.setitem(made.__dict__, "subject", Interrupter(calls))


def test_a_full_run_continues_after_an_interrupt(recorded, monkeypatch, tmp_path):
    whole = verify.run(full=True, state=False).rows[0]
    assert whole.cases == 200
    interrupted_by(recorded, monkeypatch, 121)
    first = verify.run(full=True)
    assert first.interrupted
    assert first.rows[0].cases == 120
    record = tmp_path / ".linsub-verify" / "full-seed0.jsonl"
    assert record.exists()
    assert (record.parent / ".gitignore").read_text() == "*\n"
    counted = Interrupter(10**6)
    monkeypatch.setitem(recorded.__dict__, "subject", counted)
    second = verify.run(full=True)
    assert 10**6 - counted.calls == 80
    assert (second.rows[0].cases, second.rows[0].resumed) == (200, 120)
    assert second.rows[0].points == whole.points
    assert "120 cases from the record" in second.summary()
    third = verify.run(full=True)
    assert 10**6 - counted.calls == 80
    assert third.rows[0].worst == whole.worst
    fresh = verify.run(full=True, fresh=True)
    assert fresh.rows[0].resumed == 0


def test_a_torn_record_is_read_up_to_the_tear(recorded, tmp_path):
    file = tmp_path / "record.jsonl"
    verify.run(state=file)
    lines = file.read_text().split("\n")
    file.write_text("\n".join(lines) + '{"key": "torn')
    assert verify.run(state=file).rows[0].resumed == 70
    store = state.StateFile(file)
    assert store.load("no such key") is None
    for line in filter(None, lines):
        json.loads(line)


def test_another_seed_does_not_continue_the_record(recorded, tmp_path):
    file = tmp_path / "record.jsonl"
    verify.run(state=file)
    assert verify.run(state=file, seed=1).rows[0].resumed == 0


def test_checkpoints_are_kept_while_a_claim_runs(recorded, monkeypatch, tmp_path):
    monkeypatch.setattr(state, "CHECKPOINT_SECONDS", -1.0)
    saved = []
    keep = state.StateFile.save
    monkeypatch.setattr(
        state.StateFile, "save", lambda self, *args: (saved.append(args[-1]), keep(self, *args))
    )
    verify.run(state=tmp_path / "r.jsonl")
    assert saved.count(False) == 70
    assert saved[-1] is True


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True])
def test_a_bad_seed_is_refused(toy, seed):
    with pytest.raises(LinsubError, match="seed"):
        verify.run(seed=seed)


def test_a_bad_case_index_is_refused(toy):
    toys.register_norm()
    with pytest.raises(InvalidInputError, match="index"):
        verify.replay("toy-norm", -1)


def test_the_totals_stay_small(toy):
    toys.register_norm(full_cases=3000)
    tally, _ = runner.run_claim(
        toy["toy-norm"], runner.Plan(0, full=True), lambda A: float(np.linalg.norm(A))
    )
    assert tally.cases == 3000
    assert 500 <= len(tally.points) <= 1000


PARALLEL = """
import time
from linsub.verify import Observation, claim

def make(name, pause):
    @claim(name, source="folklore", kind="always", domain="formula", max_cases=20,
           cases=lambda index, rng: {"label": str(index), "size": 1.0})
    def hold(case, subject):
        '''u < 1'''
        time.sleep(pause)
        return Observation(case.rng.random(), 1.0)

for number in range(3):
    make(f"parallel-{number}", 0.0)
make("parallel-slow", 60.0)
"""


@pytest.fixture
def parallel_claims(toy, tmp_path, monkeypatch):
    (tmp_path / "parallel_claims.py").write_text(PARALLEL)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "_DISCOVERY", False)
    monkeypatch.delitem(sys.modules, "parallel_claims", raising=False)
    importlib.import_module("parallel_claims")
    return [f"parallel-{number}" for number in range(3)]


def test_jobs_change_nothing_but_the_time(parallel_claims, tmp_path):
    alone = verify.run(parallel_claims)
    together = verify.run(parallel_claims, jobs=2, state=tmp_path / "r.jsonl")
    assert [row.id for row in together.rows] == parallel_claims
    assert [row.points for row in together.rows] == [row.points for row in alone.rows]
    again = verify.run(parallel_claims, state=tmp_path / "r.jsonl")
    assert [row.resumed for row in again.rows] == [20, 20, 20]


def test_an_interrupt_ends_the_jobs(parallel_claims):
    timer = threading.Timer(3.0, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        report = verify.run(["parallel-0", "parallel-slow"], jobs=2)
    finally:
        timer.cancel()
    assert report.interrupted
    assert "parallel-slow" not in [row.id for row in report.rows]


def test_jobs_need_a_subject_that_can_be_sent(toy):
    toys.register_norm()
    with pytest.raises(InvalidInputError, match="define it in a module"):
        verify.run("toy-norm", subject=lambda A: 0.0, jobs=2)
