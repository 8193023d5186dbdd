"""Interleaved repeats: every contender is called once in each round of the same run.

Times taken minutes apart differ by the machine's other work, often by a factor of two.
Within one round the contenders meet the same conditions, so their ratios hold even where
their absolute times do not.
"""

from __future__ import annotations

import dataclasses
import gc
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["LEAST_ROUNDS", "MOST_ROUNDS", "Timing", "interleave", "plan_rounds"]

# A median of fewer than 3 says nothing, and the minimum settles long before 30.
LEAST_ROUNDS = 3
MOST_ROUNDS = 30
# A contender whose single call takes more than this multiple of the budget is not repeated.
SLOW_MULTIPLE = 2.0

Clock = Callable[[], float]


@dataclasses.dataclass(frozen=True)
class Timing:
    """The seconds that one contender took, in the order of the rounds."""

    times: tuple[float, ...] = ()

    @property
    def best(self) -> float:
        """The minimum: what the code takes when nothing disturbs it; nan without times."""
        return min(self.times, default=math.nan)

    @property
    def median(self) -> float:
        """The median: what a user sees; nan without times."""
        return statistics.median(self.times) if self.times else math.nan

    def __len__(self) -> int:
        return len(self.times)


def plan_rounds(
    first: Mapping[str, float], *, budget: float, repeats: int | None = None
) -> tuple[int, set[str]]:
    """Decide how many rounds fit into a budget, and who is too slow to take part.

    Parameters
    ----------
    first : mapping of str to float
        Seconds of the first, untimed call of each contender.
    budget : float
        Seconds for all rounds together.
    repeats : int, optional
        Exactly so many rounds with everybody in, whatever they cost.

    Returns
    -------
    rounds : int
        Between `LEAST_ROUNDS` and `MOST_ROUNDS`, or `repeats`.
    slow : set of str
        Contenders whose first call alone took more than `SLOW_MULTIPLE` budgets: that
        call stands for them, and the others are not kept waiting.
    """
    if repeats is not None:
        return repeats, set()
    slow = {name for name, seconds in first.items() if seconds > SLOW_MULTIPLE * budget}
    one_round = sum(seconds for name, seconds in first.items() if name not in slow)
    if one_round <= 0.0:
        return MOST_ROUNDS, slow
    return max(LEAST_ROUNDS, min(MOST_ROUNDS, int(budget / one_round))), slow


def interleave(
    calls: Mapping[str, Callable[[], Any]],
    rounds: int,
    *,
    times: dict[str, list[float]],
    failures: dict[str, str] | None = None,
    clock: Clock = time.perf_counter,
    after: Callable[[str], None] | None = None,
) -> None:
    """Call every contender once in each of `rounds` rounds and append the seconds to `times`.

    The order rotates by one from round to round, so that nobody always runs on the
    caches that the same neighbour left. What a call returns is freed after the clock has
    stopped; the garbage collector is off while it runs.

    Parameters
    ----------
    calls : mapping of str to callable
        The contenders.
    rounds : int
        Number of rounds.
    times : dict of str to list of float
        Filled in place, so that an interrupted run keeps what it has.
    failures : dict of str to str, optional
        Filled with the error of a contender that raised; it is not called again. Without
        it errors propagate.
    clock : callable, optional
        Returns seconds.
    after : callable, optional
        Called with the contender's name after each call, outside of the clock.
    """
    names = list(calls)
    for name in names:
        times.setdefault(name, [])
    for index in range(rounds):
        for name in _rotated(names, index):
            if failures is not None and name in failures:
                continue
            try:
                seconds = _timed(calls[name], clock)
            except Exception as error:
                if failures is None:
                    raise
                failures[name] = describe(error)
                continue
            times[name].append(seconds)
            if after is not None:
                after(name)


def _rotated(names: Sequence[str], index: int) -> list[str]:
    shift = index % len(names) if names else 0
    return [*names[shift:], *names[:shift]]


def _timed(call: Callable[[], Any], clock: Clock) -> float:
    enabled = gc.isenabled()
    gc.disable()
    try:
        start = clock()
        result = call()
        seconds = clock() - start
        del result  # freed here: giving memory back is not part of the answer
    finally:
        if enabled:
            gc.enable()
    return seconds


def describe(error: BaseException) -> str:
    """Return one line that says what was raised."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
