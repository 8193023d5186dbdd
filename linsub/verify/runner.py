"""Run claims over their cases: the loop, the clock, the interrupt and the replay."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import os
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from linsub._core.scalars import as_integer
from linsub.errors import AccuracyWarning, ConvergenceWarning, InvalidInputError
from linsub.verify import state as _state
from linsub.verify.cases import CaseSource, case_source, input_ranks, takes_input
from linsub.verify.decide import Judged, judge
from linsub.verify.inputs import UserMatrix, read_matrix
from linsub.verify.registry import Claim, all_claims, get
from linsub.verify.report import Report, Row, environment
from linsub.verify.tally import Tally

__all__ = ["Replay", "check_mutants", "evaluate", "replay", "run"]

# A claim that skips most cases stops looking after this many times its number of cases.
PATIENCE = 5
# Seconds are multiplied by this for mutants: on a loaded machine a mutant must not survive
# because the clock ran out.
MUTANT_PATIENCE = 4.0
# On the user's matrix, cases of a deterministic claim at each rank.
INPUT_REPEATS = 2
TRACE_LINES = 12


@dataclasses.dataclass(frozen=True)
class Plan:
    """How many cases of a claim are run, and for how long."""

    seed: int
    full: bool = False
    budget: float | None = None
    matrix: UserMatrix | None = None

    def limits(self, made: Claim) -> tuple[int, int]:
        """Return the least number of cases, whatever the time, and the largest."""
        if self.full:
            return made.min_cases, made.full_cases
        if self.matrix is None:
            return made.min_cases, made.max_cases
        ranks = len(input_ranks(self.matrix.A.shape))
        if made.kind in ("probability", "expectation"):
            return made.min_cases, max(made.max_cases, ranks)
        return min(made.min_cases, ranks), INPUT_REPEATS * ranks

    def seconds(self, made: Claim) -> float:
        """Return the time after which no further case is begun."""
        if self.budget is not None:
            return self.budget
        return math.inf if self.full else made.budget


def evaluate(made: Claim, case: Any, subject: Any) -> list[Judged]:
    """Judge one case; an exception is a violation and keeps its traceback."""
    with warnings.catch_warnings():
        # what these warn about is what the claim measures
        warnings.simplefilter("ignore", AccuracyWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            if made.requires is not None and not made.requires(case):
                return []
            return judge(made, case, made.function(case, subject))
        except Exception as error:
            return [_raised(error)]


def _raised(error: Exception) -> Judged:
    lines = "".join(traceback.format_exception(error)).splitlines()
    note = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    trace = "\n".join(lines[-TRACE_LINES:])
    return Judged(math.nan, math.nan, math.inf, "error", None, note[:200], None, trace)


def _step(made: Claim, source: CaseSource, subject: Any, tally: Tally) -> list[Judged]:
    """Run the next case and count it."""
    index = tally.next_index
    label, real = "", False
    try:
        case = source(index)
        label = str(getattr(case, "label", "") or "")
        real = bool(getattr(case, "real", False))
    except Exception as error:
        judged = [_raised(error)]
    else:
        judged = evaluate(made, case, subject)
    tally.add(index, label, judged, real)
    return judged


def run_claim(
    made: Claim,
    plan: Plan,
    subject: Any,
    *,
    tally: Tally | None = None,
    checkpoint: Callable[[Tally], None] | None = None,
    enough: Callable[[Tally], bool] | None = None,
) -> tuple[Tally, str]:
    """Run one claim; return its totals and why it stopped.

    The clock starts after the first case, which may have compiled kernels.
    """
    least, most = plan.limits(made)
    seconds = plan.seconds(made)
    source = case_source(made, plan.seed, plan.matrix)
    tally = Tally() if tally is None else tally
    before = tally.seconds
    start = time.perf_counter()
    clock: float | None = None
    try:
        while tally.cases < most and tally.next_index < PATIENCE * most:
            _step(made, source, subject, tally)
            now = time.perf_counter()
            tally.seconds = before + now - start
            clock = now if clock is None else clock
            if enough is not None and enough(tally):
                return tally, "enough"
            if now - clock > seconds and tally.next_index >= least:
                return tally, "time"
            if checkpoint is not None:
                checkpoint(tally)
    except KeyboardInterrupt:
        return tally, "interrupt"
    return tally, "cases"


def run(
    ids: str | Iterable[str] | None = None,
    *,
    family: str | None = None,
    subject: Any = None,
    input: Any = None,
    key: str | None = None,
    force: bool = False,
    full: bool = False,
    seed: int = 0,
    budget: float | None = None,
    state: str | os.PathLike[str] | bool | None = None,
    fresh: bool = False,
    progress: bool = True,
    json: str | os.PathLike[str] | None = None,
    plots: str | os.PathLike[str] | None = None,
    jobs: int = 1,
) -> Report:
    """Hold claims against their algorithms, or against yours.

    Parameters
    ----------
    ids : str or iterable of str, optional
        The claims; all by default.
    family : str, optional
        All claims of that family.
    subject : callable, optional
        Your function in the place of the algorithm, with the same signature.
    input : array_like or path, optional
        Your matrix, or its ``.npy``, ``.npz`` or ``.csv`` file; the claims about a
        single matrix are tried on it, at several ranks.
    key : str, optional
        The array's name in an ``.npz`` archive.
    force : bool, optional
        Take an input over the size limit.
    full : bool, optional
        The large numbers of cases, without a time limit. The run keeps a record and
        continues from it after an interrupt.
    seed : int, optional
        Cases are a function of the seed and their index alone.
    budget : float, optional
        Seconds a claim, instead of each claim's own.
    state : path or False, optional
        The record's file; by default ``.linsub-verify/full-seed<seed>.jsonl`` with
        `full` and none otherwise. False keeps no record.
    fresh : bool, optional
        Forget the record and begin again.
    progress : bool, optional
        Show progress on stderr when it is a terminal; never when it is not.
    json, plots : path, optional
        Write the report as JSON to a file, and pictures into a folder.
    jobs : int, optional
        Run that many claims at a time, each in a process of its own.

    Returns
    -------
    Report
        ``report.ok`` is True when every claim held. An interrupt (Ctrl-C) returns
        what was found until then, with ``report.interrupted``.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        For an unknown id, or an input that cannot be used.
    """
    seed = as_integer(seed, name="seed", low=0)
    jobs = as_integer(jobs, name="jobs", low=1)
    chosen = _select(ids, family, subject)
    matrix = None if input is None else read_matrix(input, key=key, force=force)
    if matrix is not None and ids is None:
        chosen = [made for made in chosen if takes_input(made)]
    plan = Plan(seed, full, budget, matrix)
    record = _record(state, plan, subject)
    if record is not None and fresh:
        record.clear()
    if jobs > 1:
        from linsub.verify.parallel import in_parallel
    start = time.perf_counter()
    report = Report(rows=[], meta=_environment(plan, subject, record, force))
    with _progress(sum(plan.limits(made)[1] for made in chosen), progress) as advance:
        rows = _serial if jobs == 1 else functools.partial(in_parallel, jobs)
        for row, stopped in rows(chosen, plan, subject, record, advance):
            report.interrupted |= stopped == "interrupt"
            if row is not None:
                report.rows.append(row)
    report.meta["seconds"] = round(time.perf_counter() - start, 3)
    report.meta["planned"] = len(chosen)
    if json is not None:
        report.write_json(json)
    if plots is not None:
        from linsub.verify.plots import draw

        draw(report, plots)
    return report


def _serial(
    chosen: list[Claim],
    plan: Plan,
    subject: Any,
    record: _state.StateFile | None,
    advance: Callable[[int, str], None],
) -> Iterator[tuple[Row | None, str]]:
    for made in chosen:
        row, stopped = row_of(made, plan, subject, record, advance)
        yield row, stopped
        if stopped == "interrupt":
            return


def _environment(
    plan: Plan, subject: Any, record: _state.StateFile | None, force: bool
) -> dict[str, Any]:
    matrix = plan.matrix
    name = None if subject is None else getattr(subject, "__qualname__", repr(subject))
    return environment(
        seed=plan.seed,
        full=plan.full,
        subject=name,
        input=None if matrix is None else f"{matrix.name} {matrix.A.shape} {matrix.A.dtype}",
        input_argument=None if matrix is None else matrix.argument,
        force=force,
        record=None if record is None else str(record.path),
    )


def _select(ids: str | Iterable[str] | None, family: str | None, subject: Any) -> list[Claim]:
    if ids is None:
        if subject is not None:
            raise InvalidInputError(
                "subject= replaces the algorithm of the claims that you name; pass ids= too"
            )
        return all_claims(family)
    names = [ids] if isinstance(ids, str) else list(ids)
    chosen = [get(name) for name in dict.fromkeys(names)]
    for made in chosen:
        if family is not None and made.family != family:
            raise InvalidInputError(f"{made.id!r} is a claim of {made.family!r}, not {family!r}")
    return chosen


def _record(state: Any, plan: Plan, subject: Any) -> _state.StateFile | None:
    if state is False or subject is not None:
        return None  # nothing tells two subjects apart, so their record is not resumed
    if state is None or state is True:
        return _state.StateFile(_state.default_path(plan.seed, plan.matrix)) if plan.full else None
    return _state.StateFile(state)


def row_of(
    made: Claim,
    plan: Plan,
    subject: Any,
    record: _state.StateFile | None = None,
    advance: Callable[[int, str], None] = lambda count, text: None,
) -> tuple[Row, str]:
    """Run a claim, continuing its record if there is one, and say why it stopped."""
    on_input = plan.matrix is not None
    if on_input and not takes_input(made):
        return Row.of(made, Tally(), "cases", on_input=True, applies=False), "cases"
    tally, stopped, resumed = Tally(), "cases", 0
    most = plan.limits(made)[1]
    key = "" if record is None else _state.run_key(made, plan.seed, most, plan.matrix)
    done = False
    if record is not None and (kept := record.load(key)) is not None:
        tally, done = kept
        resumed = tally.cases
    count = _Counter(made, advance, record, key, plan.seed)
    if not done:
        chosen = made.subject if subject is None else subject
        tally, stopped = run_claim(made, plan, chosen, tally=tally, checkpoint=count)
        if record is not None:
            # a run cut short by its budget is continued by the next one, like an
            # interrupted one
            record.save(key, made, plan.seed, tally, stopped == "cases")
    count.finish(most)
    return Row.of(made, tally, stopped, on_input=on_input, resumed=resumed), stopped


class _Counter:
    """Advance the progress display, and keep a checkpoint now and then."""

    def __init__(
        self,
        made: Claim,
        advance: Callable[[int, str], None],
        record: _state.StateFile | None = None,
        key: str = "",
        seed: int = 0,
    ) -> None:
        self.made, self.advance = made, advance
        self.record, self.key, self.seed = record, key, seed
        self.shown = 0
        self.saved = time.monotonic()

    def __call__(self, tally: Tally) -> None:
        if tally.cases > self.shown:
            self.advance(tally.cases - self.shown, self.made.id)
            self.shown = tally.cases
        due = time.monotonic() - self.saved > _state.CHECKPOINT_SECONDS
        if self.record is not None and due:
            self.record.save(self.key, self.made, self.seed, tally, False)
            self.saved = time.monotonic()

    def finish(self, most: int) -> None:
        self.advance(most - self.shown, self.made.id)


@contextlib.contextmanager
def _progress(total: int, wanted: bool) -> Iterator[Callable[[int, str], None]]:
    if not wanted:
        yield lambda count, text: None
        return
    from linsub._core.progress import Progress

    with Progress(total, "verify") as shown:
        yield shown.advance


@dataclasses.dataclass
class Replay:
    """One case of a claim again: the case, what the claim returned, the judgement."""

    claim: Claim
    index: int
    seed: int
    case: Any
    judged: list[Judged]

    @property
    def ok(self) -> bool:
        """Whether nothing failed in this case (for a probability: no trial)."""
        return all(item.state not in ("failed", "error", "suspect") for item in self.judged)

    def __str__(self) -> str:
        label = getattr(self.case, "label", "")
        lines = [f"{self.claim.id}, case {self.index}, seed {self.seed}: {label}"]
        lines.append(f"  {self.claim.statement}")
        if not self.judged:
            lines.append("  skipped: outside the hypotheses")
        for item in self.judged:
            text = (
                f"  {item.state}: measured {item.measured:.17g}, bound {item.bound:.17g}, "
                f"ratio {item.ratio:.3g}"
            )
            if item.p_value is not None:
                text += f", p = {item.p_value:.2g}"
            lines.append(text + (f" ({item.note})" if item.note else ""))
            lines.extend(f"    {line}" for line in item.trace.splitlines())
        return "\n".join(lines)


def replay(
    id: str,
    index: int,
    seed: int = 0,
    *,
    subject: Any = None,
    input: Any = None,
    key: str | None = None,
    force: bool = False,
) -> Replay:
    """Run one case of a claim again, as the report named it.

    Parameters
    ----------
    id, index, seed
        What the report printed.
    subject, input, key, force : optional
        As they were given to :func:`run`.

    Returns
    -------
    Replay
        With ``.case`` to look into and ``.judged``.
    """
    made = get(id)
    index = as_integer(index, name="index", low=0)
    seed = as_integer(seed, name="seed", low=0)
    matrix = None if input is None else read_matrix(input, key=key, force=force)
    if matrix is not None and not takes_input(made):
        raise InvalidInputError(f"{id!r} does not take a matrix of the user's")
    case = case_source(made, seed, matrix)(index)
    judged = evaluate(made, case, made.subject if subject is None else subject)
    return Replay(made, index, seed, case, judged)


def check_mutants(id: str, *, seed: int = 0, budget: float | None = None) -> dict[str, bool]:
    """Tell for each mutant of a claim whether the claim catches it.

    A mutant is caught by what is measured; one that only raises is not caught, for a
    mistake in the mutant itself would look the same.
    """
    made = get(id)
    plan = Plan(seed, budget=(made.budget if budget is None else budget) * MUTANT_PATIENCE)

    def caught(tally: Tally) -> bool:
        return tally.measured_only().verdict(made).word == "VIOLATED"

    # a rate is a matter of all sizes, and a statistic one of all draws
    at_once = caught if made.kind in ("exact", "always") else None
    return {
        name: caught(run_claim(made, plan, mutant, enough=at_once)[0])
        for name, mutant in made.mutants.items()
    }
