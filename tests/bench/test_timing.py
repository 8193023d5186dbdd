"""Interleaved rounds, on a clock that only moves when a contender works."""

import gc
import math

import pytest

from linsub.bench.timing import LEAST_ROUNDS, MOST_ROUNDS, Timing, interleave, plan_rounds


class FakeClock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def work(self, seconds):
        self.now += seconds


def workers(clock, log, **seconds):
    def make(name, duration):
        def call():
            log.append(name)
            clock.work(duration)

        return call

    return {name: make(name, duration) for name, duration in seconds.items()}


def test_every_round_has_everybody_once_and_rotates():
    clock, log, times = FakeClock(), [], {}
    interleave(workers(clock, log, a=1.0, b=2.0, c=4.0), 4, times=times, clock=clock)
    assert log == list("abc") + list("bca") + list("cab") + list("abc")
    assert times == {"a": [1.0] * 4, "b": [2.0] * 4, "c": [4.0] * 4}


def test_a_failure_ends_only_the_contender_that_failed():
    clock, log, times, failures = FakeClock(), [], {}, {}
    calls = workers(clock, log, a=1.0, b=1.0)
    rounds = iter([None, RuntimeError("boom\nand more")])

    def fragile():
        error = next(rounds)
        if error:
            raise error
        clock.work(3.0)

    interleave({**calls, "c": fragile}, 3, times=times, failures=failures, clock=clock)
    assert times == {"a": [1.0] * 3, "b": [1.0] * 3, "c": [3.0]}
    assert failures == {"c": "RuntimeError: boom and more"}


def test_an_interrupt_keeps_the_times_taken():
    clock, log, times = FakeClock(), [], {}

    def stop():
        if len(log) > 2:
            raise KeyboardInterrupt
        clock.work(1.0)

    calls = {**workers(clock, log, a=1.0, b=1.0), "stop": stop}
    with pytest.raises(KeyboardInterrupt):
        interleave(calls, 5, times=times, failures={}, clock=clock)
    assert times["stop"] == [1.0]
    assert times["a"]


def test_collection_is_off_while_the_clock_runs_and_on_again_after():
    seen = []
    interleave({"a": lambda: seen.append(gc.isenabled())}, 1, times={})
    assert seen == [False]
    assert gc.isenabled()


def test_what_is_freed_is_freed_after_the_clock_stopped():
    clock = FakeClock()

    class Costly:
        def __del__(self):
            clock.work(100.0)

    times = {}
    interleave({"a": Costly}, 2, times=times, clock=clock)
    assert times == {"a": [0.0, 0.0]}


@pytest.mark.parametrize(
    ("first", "budget", "rounds", "slow"),
    [
        ({"a": 1.0, "b": 1.0}, 10.0, 5, set()),
        ({"a": 1e-9}, 10.0, MOST_ROUNDS, set()),
        ({"a": 4.0, "b": 5.0}, 10.0, LEAST_ROUNDS, set()),
        ({"a": 1.0, "b": 21.0}, 10.0, 10, {"b"}),
        ({"a": 21.0}, 10.0, MOST_ROUNDS, {"a"}),
    ],
)
def test_rounds_fit_the_budget(first, budget, rounds, slow):
    assert plan_rounds(first, budget=budget) == (rounds, slow)


def test_repeats_are_taken_literally():
    assert plan_rounds({"a": 1e9}, budget=0.0, repeats=7) == (7, set())


def test_timing_reports_minimum_and_median():
    assert Timing((3.0, 1.0, 2.0)).best == 1.0
    assert Timing((3.0, 1.0, 2.0)).median == 2.0
    assert math.isnan(Timing().best)
    assert math.isnan(Timing().median)
